"""The lab without a browser: its widgets are driven from here, and the page's ticks are imitated."""

import io

import ipywidgets as widgets
import numpy as np
import pytest
import traitlets
from lab_driving import SECONDS, fill, stop_all, tick_until, ticking, tip, train
from matplotlib.image import imread

from ncbook import labs
from ncbook.labs import _lab, _note
from ncbook.labs._collapse.settings import Settings


@pytest.fixture
def lab():
    """A lab with a small network; whatever still trains at the end is stopped."""
    lab = labs.collapse()
    fill(lab, width="16", epochs="8")
    yield lab
    stop_all(lab)


def test_a_fresh_lab_has_trained_nothing_and_shows_empty_panels(lab):
    assert lab.runs == []
    assert "No run yet" in lab.status.value
    assert imread(io.BytesIO(lab.picture.value)).ndim == 3
    assert lab.stop.disabled
    assert not lab.train.disabled


def test_curves_and_words_grow_while_it_trains(lab):
    fill(lab, epochs="10000")
    pictures, words, rows = {lab.picture.value}, {lab.status.value}, set()

    def seen_enough() -> bool:
        pictures.add(lab.picture.value)
        words.add(lab.status.value)
        rows.add(len(lab.runs[-1].rows))
        return len(pictures) > 2 and len(words) > 3

    lab.train.click()
    tick_until(lab, seen_enough)
    assert len(rows) > 2
    assert lab.running
    assert " left" in lab.pace.value
    assert lab.progress.max == 10000
    assert lab.progress.value > 0


def test_a_finished_run_is_told_in_full(lab):
    train(lab)
    assert [row["epoch"] for row in lab.runs[0].rows] == list(range(9))
    assert "Epoch 8 of 8" in lab.status.value
    for part in ('role="status"', "error", "NC1", "NC3", "on train", "on test"):
        assert part in lab.status.value
    assert lab.progress.value == 8
    assert lab.pace.value.startswith("done")
    assert lab.train.disabled is False
    assert lab.message.value == ""


def test_stop_keeps_what_was_reached_and_allows_the_next_run(lab):
    empty = lab.picture.value
    fill(lab, epochs="5000")
    lab.train.click()
    tick_until(lab, lambda: len(lab.runs[0].rows) > 2)
    lab.stop.click()
    tick_until(lab, lambda: not ticking(lab))
    assert lab.runs[0].state == "stopped"
    assert len(lab.runs[0].rows) > 2
    assert lab.picture.value != empty
    assert "stopped" in lab.pace.value
    assert "stopped" in lab.table.value
    assert not lab.train.disabled
    train(lab, epochs="2")
    assert [run.state for run in lab.runs] == ["stopped", "done"]


def test_stop_ends_within_an_epoch(lab):
    fill(lab, epochs="5000")
    lab.train.click()
    tick_until(lab, lambda: lab.runs[0].epoch > 1)
    lab.stop.click()
    asked = lab.runs[0].epoch
    lab.runs[0].thread.join(SECONDS)
    assert lab.runs[0].epoch <= asked + 1


def test_earlier_runs_stay_until_reset(lab):
    empty = lab.picture.value
    train(lab, weight_decay="5e-3")
    first = lab.picture.value
    train(lab, weight_decay="0")
    assert len(lab.runs) == 2
    assert lab.picture.value != first
    assert lab._png(lab.runs[:1]) == first  # nothing is left of what was drawn in between
    for setting in ("<td", "0.005", ">0<", "mlp"):
        assert setting in lab.table.value
    lab.reset.click()
    assert lab.runs == []
    assert lab.picture.value == empty
    assert lab.table.value == ""
    assert "No run yet" in lab.status.value


def test_train_and_reset_do_nothing_while_it_trains(lab):
    fill(lab, epochs="5000")
    lab.train.click()
    assert lab.train.disabled
    assert lab.reset.disabled
    lab.train.click()
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
    lab.train.click()
    assert lab.runs == []
    assert f"Not trained. {name}: " in lab.message.value
    assert text.replace("<b>", "&lt;b&gt;") in lab.message.value
    assert 'role="alert"' in lab.message.value
    assert not lab.train.disabled


def test_the_message_goes_when_the_value_is_mended(lab):
    fill(lab, width="0")
    lab.train.click()
    assert lab.message.value
    train(lab, width="8", epochs="2")
    assert lab.message.value == ""


def test_divergence_is_a_message(lab):
    train(lab, learning_rate="1e6")
    assert "Training diverged" in lab.message.value
    assert "learning_rate=1e+06" in lab.message.value
    assert "diverged" in lab.table.value
    assert not lab.train.disabled


def test_any_other_failure_is_a_message():
    lab = labs.collapse("nothing")
    train(lab)
    assert "Training failed" in lab.message.value
    assert "nothing" in lab.message.value
    train(lab)
    assert len(lab.runs) == 2


def test_two_labs_train_at_once_and_give_the_same_as_one(lab):
    other = labs.collapse()
    fill(other, width="16", epochs="8")
    lab.train.click()
    other.train.click()
    for each in (lab, other):
        tick_until(each, lambda each=each: not ticking(each))
    train(lab)
    first, second, third = (run.rows[-1] for run in (*lab.runs, *other.runs))
    assert first["nc1_test"] == pytest.approx(third["nc1_test"], rel=1e-6)
    assert second["nc1_test"] == pytest.approx(third["nc1_test"], rel=1e-6)


def test_the_sliders_and_the_text_follow_each_other(lab):
    text = lab.form.fields["weight_decay"]
    slider = next(box.children[1] for box in lab.form.children if text in getattr(box, "children", ()))
    slider.value = 1e-2
    assert float(text.value) == pytest.approx(1e-2)
    text.value = "0.00123"
    assert slider.value == pytest.approx(0.00123)
    assert text.value == "0.00123"
    for unreachable in ("-1", "abc", "7", "0"):
        text.value = unreachable
        assert text.value == unreachable
        assert slider.value == pytest.approx(0.00123)


def test_every_control_says_what_it_is(lab):
    for control in (*lab.form.fields.values(), lab.train, lab.stop, lab.reset):
        assert control.description
        assert tip(control)


def test_the_recorded_experiment_gives_the_same_numbers(lab):
    """The lab trains and measures with the experiment's own code."""
    from ncbook import data
    from ncbook.experiments import collapse

    train(lab)
    settings = Settings(width=16, epochs=8)
    rows = collapse.train_arm(settings.config("digits"), data.digits(), "mlp", settings.weight_decay, settings.seed)
    assert np.allclose([row["nc1_train"] for row in rows], [row["nc1_train"] for row in lab.runs[0].rows])


def test_a_page_without_a_kernel_gets_a_note_and_no_widget(monkeypatch, chapters_address):
    monkeypatch.setenv("NCBOOK_STATIC", "1")
    monkeypatch.setattr(widgets.Widget, "__init__", lambda *_, **__: pytest.fail("a widget was made"))
    bundle = labs.collapse()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    notebook = f"{chapters_address}/1-collapse/collapse.ipynb"
    for text in bundle.values():
        assert f"https://colab.research.google.com/github/{notebook}" in text
        assert "make lab" in text
        assert "kernel" in text


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
