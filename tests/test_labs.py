"""The lab of collapse without a browser: its widgets are driven from here, and the page's ticks are imitated."""

import asyncio
import io

import ipywidgets as widgets
import numpy as np
import pytest
import traitlets
from lab_driving import SECONDS, fill, picture, press, stop_all, tick_until, ticking, tip, told, train
from matplotlib.image import imread

from ncbook import data, labs
from ncbook.experiments import collapse
from ncbook.labs import _lab, _note


@pytest.fixture
def lab():
    """A lab with a small network; whatever still trains at the end is stopped."""
    lab = labs.collapse(width=16, epochs=8)
    yield lab
    stop_all(lab)


def test_a_fresh_lab_has_trained_nothing_and_shows_empty_panels(lab):
    assert lab.runs == []
    assert "No run yet" in lab.status.value
    assert imread(io.BytesIO(picture(lab))).ndim == 3
    assert lab.stop.disabled
    assert not lab.train.disabled
    assert labs.collapse.plan.question in lab.question.value


def test_a_click_trains_nothing_before_what_was_typed_has_come(lab):
    """What is typed shortly before a click may reach the kernel after it; the first tick comes after both."""
    lab.train.click()
    assert lab.runs == []
    assert ticking(lab)
    fill(lab, epochs="3")
    press(lab, lab.train)  # a second click before the first tick trains no second run
    tick_until(lab, lambda: not ticking(lab))
    assert [run.values["epochs"] for run in lab.runs] == [3]


def test_curves_and_words_grow_while_it_trains(lab):
    fill(lab, epochs="10000")
    pictures, words, rows = {lab.picture.value}, {lab.status.value}, set()

    def seen_enough() -> bool:
        pictures.add(picture(lab))
        words.add(lab.status.value)
        rows.add(len(lab.runs[-1].rows))
        return len(pictures) > 2 and len(words) > 3

    press(lab, lab.train)
    tick_until(lab, seen_enough)
    assert len(rows) > 2
    assert lab.running
    assert " left" in lab.pace.value
    assert " ms a step" in lab.pace.value
    assert lab.progress.max == lab.runs[-1].planned >= 10000
    assert 0 < lab.progress.value < lab.progress.max


def test_a_finished_run_is_told_in_full(lab):
    train(lab)
    assert [row["epoch"] for row in lab.runs[0].rows] == list(range(9))
    assert 'role="status"' in lab.status.value
    for part in ("Epoch 8", "training error", "test error", "NC1 on train", "NC1 on test", "NC3"):
        assert part in told(lab)
    last = lab.runs[0].rows[-1]
    assert f"test error {100 * last['test_error']:.1f} %" in told(lab)
    assert f"NC1 on test {last['nc1_test']:.3g}" in told(lab)
    assert lab.progress.value == lab.progress.max
    assert lab.pace.value.startswith("done")
    assert lab.train.disabled is False
    assert lab.message.value == ""


def test_stop_keeps_what_was_reached_and_allows_the_next_run(lab):
    empty = picture(lab)
    fill(lab, epochs="5000")
    press(lab, lab.train)
    tick_until(lab, lambda: len(lab.runs[0].rows) > 2)
    lab.stop.click()
    tick_until(lab, lambda: not ticking(lab))
    assert lab.runs[0].state == "stopped"
    assert len(lab.runs[0].rows) > 2
    assert picture(lab) != empty
    assert "stopped" in lab.pace.value
    assert "stopped" in lab.table.value
    assert lab.progress.value < lab.progress.max
    assert not lab.train.disabled
    train(lab, epochs="2")
    assert [run.state for run in lab.runs] == ["stopped", "done"]


def test_stop_ends_within_a_step(lab):
    fill(lab, epochs="5000")
    press(lab, lab.train)
    tick_until(lab, lambda: lab.runs[0].done > 1)
    lab.runs[0].stop()
    asked = lab.runs[0].done
    lab.runs[0].thread.join(SECONDS)
    assert lab.runs[0].done <= asked + 1


def test_earlier_runs_stay_until_reset(lab):
    empty = picture(lab)
    train(lab, weight_decay="5e-3")
    first = picture(lab)
    train(lab, weight_decay="0")
    assert len(lab.runs) == 2
    assert picture(lab) != first
    assert lab._drawing(lab.runs[:1]) == first  # nothing is left of what was drawn in between
    for setting in ("<td", "0.005", ">0<", "multilayer perceptron"):
        assert setting in lab.table.value
    lab.reset.click()
    assert lab.runs == []
    assert picture(lab) == empty
    assert lab.table.value == ""
    assert "No run yet" in lab.status.value


def test_train_and_reset_do_nothing_while_it_trains(lab):
    fill(lab, epochs="5000")
    press(lab, lab.train)
    assert lab.train.disabled
    assert lab.reset.disabled
    assert lab.export.disabled
    press(lab, lab.train)
    lab.reset.click()
    assert len(lab.runs) == 1
    assert lab.running


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("learning_rate", "-1"), ("learning_rate", "0"), ("learning_rate", "abc"), ("learning_rate", "nan"),
        ("weight_decay", "-0.1"), ("weight_decay", "inf"), ("weight_decay", "0,005"), ("weight_decay", ""),
        ("width", "0"), ("width", "2.5"), ("width", "100000"), ("epochs", "0"), ("epochs", "many"),
        ("seed", "-1"), ("seed", "<b>"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_and_nothing_trains(lab, name, text):
    fill(lab, **{name: text})
    press(lab, lab.train)
    assert lab.runs == []
    (setting,) = (each for each in lab.plan.settings if each.name == name)
    assert f"Not trained. {setting.label}: must be " in lab.message.value
    assert text.replace("<b>", "&lt;b&gt;") in lab.message.value
    assert "<b>" not in lab.message.value
    assert f"{setting.lowest:g}" in lab.message.value
    assert 'role="alert"' in lab.message.value
    assert not lab.train.disabled
    assert not ticking(lab)


def test_the_message_goes_when_the_value_is_mended(lab):
    fill(lab, width="0")
    press(lab, lab.train)
    assert lab.message.value
    train(lab, width="8", epochs="2")
    assert lab.message.value == ""


def test_divergence_is_a_message(lab):
    train(lab, learning_rate="1e6")
    assert "Training diverged" in lab.message.value
    assert "learning_rate=1e+06" in lab.message.value
    assert "diverged" in lab.table.value
    assert not lab.train.disabled


def test_two_labs_train_at_once_and_give_the_same_as_one(lab):
    other = labs.collapse(width=16, epochs=8)
    press(lab, lab.train)
    press(other, other.train)
    for each in (lab, other):
        tick_until(each, lambda each=each: not ticking(each))
    train(lab)
    first, second, third = (run.rows for run in (*lab.runs, *other.runs))
    assert len(first) == len(second) == len(third) == 9
    assert first[-1]["nc1_test"] == pytest.approx(third[-1]["nc1_test"], rel=1e-6)
    assert second[-1]["nc1_test"] == pytest.approx(third[-1]["nc1_test"], rel=1e-6)


def test_every_control_says_what_it_is(lab):
    for control in (*lab.form.fields.values(), lab.train, lab.stop, lab.reset, lab.export, lab.code):
        assert control.description
        assert tip(control)
    assert tip(lab.progress)


def test_usual_values_are_offered_while_one_types(lab):
    usual = next(each.usual for each in lab.plan.settings if each.name == "weight_decay")
    assert [float(text) for text in lab.form.fields["weight_decay"].options] == list(usual)


def test_the_recorded_experiment_gives_the_same_numbers(lab):
    """The lab trains and measures with the experiment's own code."""
    train(lab)
    config = collapse.Config(dataset="digits", width=16, epochs=8, probes=150)
    values = lab.runs[0].values
    rows = collapse.train_arm(config, data.digits(), "mlp", values["weight_decay"], values["seed"])
    assert np.allclose([row["nc1_train"] for row in rows], [row["nc1_train"] for row in lab.runs[0].rows])


def test_run_gives_the_rows_of_the_lab(lab):
    train(lab)
    assert labs.collapse.run(width=16, epochs=8).to_dict("records") == lab.runs[0].rows


def test_run_refuses_what_the_lab_refuses():
    with pytest.raises(ValueError, match="Width: must be a whole number from 2 to 2048, got '1'"):
        labs.collapse.run(width=1)
    with pytest.raises(ValueError, match="collapse: has no setting 'depth'; use one of dataset, network"):
        labs.collapse.run(depth=3)
    with pytest.raises(ValueError, match="Epochs: "):
        labs.collapse(epochs=2.5)


def test_a_page_without_a_kernel_gets_a_note_and_no_widget(monkeypatch, chapters_address):
    monkeypatch.setenv("NCBOOK_STATIC", "1")
    monkeypatch.setattr(widgets.Widget, "__init__", lambda *_, **__: pytest.fail("a widget was made"))
    for offer in labs.OFFERS.values():
        bundle = offer()._repr_mimebundle_()
        assert set(bundle) == {"text/html", "text/plain"}
        for text in bundle.values():
            notebook = f"{chapters_address}/{offer.plan.chapter}.ipynb"
            assert f"https://colab.research.google.com/github/{notebook}" in text
            assert "make lab" in text
            assert "kernel" in text
        assert offer.plan.question in bundle["text/plain"]


def test_the_live_lab_shows_as_a_widget(lab):
    if hasattr(lab, "_repr_mimebundle_"):  # version 7 of ipywidgets displays it without one
        assert "application/vnd.jupyter.widget-view+json" in lab._repr_mimebundle_()
    else:
        assert callable(lab._ipython_display_)


@pytest.mark.parametrize(("value", "static"), [(None, False), ("", False), ("0", False), ("1", True)])
def test_when_a_page_is_static(monkeypatch, value, static):
    monkeypatch.delenv("NCBOOK_STATIC", raising=False)
    if value is not None:
        monkeypatch.setenv("NCBOOK_STATIC", value)
    assert _note.static() is static


def test_play_is_set_under_the_name_that_its_version_knows():
    class OldPlay(widgets.Box):  # as in ipywidgets 7
        _playing = traitlets.Bool()

    class NewPlay(widgets.Box):  # as in ipywidgets 8
        playing = traitlets.Bool()

    old, new = OldPlay(), NewPlay()
    _lab._set(old, "playing", True)
    _lab._set(new, "playing", True)
    assert old._playing
    assert new.playing


def test_where_play_cannot_be_started_from_here_the_kernel_ticks(lab):
    """As with version 7 of ipywidgets, whose page counts only where Play itself is pressed."""

    class OldPlay(widgets.Box):
        _playing = traitlets.Bool()

    async def kernel() -> None:
        lab.train.click()
        assert lab.runs == []
        await asyncio.wait_for(lab._ticks, SECONDS)

    lab.heartbeat = OldPlay()
    asyncio.run(kernel())
    assert [run.state for run in lab.runs] == ["done"]
    assert lab.pace.value.startswith("done")
    assert not lab.train.disabled
