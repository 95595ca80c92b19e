"""The grokking lab without a browser: its widgets are driven from here, and the page's ticks are imitated."""

import io
import time
from dataclasses import replace
from functools import partial

import ipywidgets as widgets
import numpy as np
import pytest
from lab_driving import SECONDS, fill, stop_all, tick_until, ticking, tip, train
from matplotlib.image import imread

from ncbook import labs, trainers
from ncbook.experiments import interventions
from ncbook.experiments.grokking.training import accuracies, build, datasets
from ncbook.labs._grokking import curves
from ncbook.labs._grokking.settings import ARMS, LONGEST, Settings
from ncbook.labs._grokking.training import Training
from ncbook.readings.moments import NEVER

MEASURES = ("train_acc", "test_acc", "relative_flatness", "variance_ratio_train", "fourier_gini")
SMALL = {"p": "11", "width": "16", "steps": "60"}


@pytest.fixture
def lab():
    """A lab with small networks; whatever still trains at the end is stopped."""
    lab = labs.grokking()
    fill(lab, **SMALL)
    yield lab
    stop_all(lab)


def test_a_fresh_lab_has_trained_nothing_and_shows_empty_panels(lab):
    assert lab.runs == []
    assert "No run yet" in lab.status.value
    assert imread(io.BytesIO(lab.picture.value)).ndim == 3
    assert lab.stop.disabled
    assert lab.resume.disabled
    assert not lab.train.disabled


def test_it_starts_with_the_settings_of_the_chapter():
    """And so `Train` does what the chapter shows, from other seeds."""
    typed = labs.GrokkingLab().form.typed()
    assert Settings.read(typed) == Settings()
    asked = interventions.Config()
    assert (Settings().p, Settings().width, Settings().fraction) == (asked.p, asked.width, asked.fraction)
    assert Settings().network().dim == asked.embedding_dim
    recipe = Settings().recipe()
    expected = interventions.recipe_of(replace(asked, arms=("baseline",), steps=(LONGEST,)), "baseline")
    assert recipe == expected


def test_a_finished_run_is_told_in_full(lab):
    train(lab)
    rows = lab.runs[0].rows
    assert [row["step"] for row in rows] == [0, 10, 20, 25, 30, 40, 50, 60]
    assert all(len(row[name]) == 4 for row in rows for name in MEASURES)
    for part in ('role="status"', "Step 60 of 60", "4 seeds", "accuracy", "relative flatness", "variance ratio"):
        assert part in lab.status.value
    assert lab.progress.value == lab.progress.max == 60
    assert lab.pace.value.startswith("done")
    assert lab.message.value == ""
    assert "of 4" in lab.table.value
    assert not lab.train.disabled
    assert not lab.resume.disabled


def test_curves_words_and_pace_grow_while_it_trains(lab):
    pictures, words = {lab.picture.value}, {lab.status.value}

    def seen_enough() -> bool:
        pictures.add(lab.picture.value)
        words.add(lab.status.value)
        return len(pictures) > 2 and len(words) > 3

    fill(lab, steps=str(LONGEST))
    lab.train.click()
    assert lab.resume.disabled
    tick_until(lab, seen_enough)
    assert lab.running
    assert " left" in lab.pace.value
    assert " ms a step" in lab.pace.value


def test_stop_keeps_what_was_reached_and_continue_gives_what_one_training_gives(lab):
    fill(lab, steps="20000")
    lab.train.click()
    tick_until(lab, lambda: lab.runs[0].done > 30)
    lab.stop.click()
    tick_until(lab, lambda: not ticking(lab))
    run = lab.runs[0]
    assert run.state == "stopped"
    assert "stopped" in lab.pace.value
    assert "stopped" in lab.table.value
    reached, before = run.done, list(run.rows)
    fill(lab, steps="100")
    lab.resume.click()
    tick_until(lab, lambda: not ticking(lab))
    assert lab.runs == [run]
    assert (run.state, run.done) == ("done", reached + 100)
    assert run.rows[: len(before)] == before
    train(lab, steps=str(reached + 100))
    assert [row["step"] for row in lab.runs[1].rows] == [row["step"] for row in run.rows]
    for stopped, whole in zip(run.rows, lab.runs[1].rows, strict=True):
        for name in MEASURES:
            np.testing.assert_array_equal(stopped[name], whole[name])
    assert run.rows[0]["relative_flatness"] != run.rows[-1]["relative_flatness"]


def test_continue_also_goes_on_after_the_last_step_and_counts_time_in_training_only(lab):
    train(lab, steps="10")
    run = lab.runs[0]
    first = run.seconds
    time.sleep(0.3)
    assert run.seconds == first
    lab.resume.click()
    tick_until(lab, lambda: not ticking(lab))
    assert run.done == run.planned == lab.progress.max == 20
    assert first < run.seconds
    assert "Step 20 of 20" in lab.status.value


def test_continue_does_nothing_without_a_run_or_while_one_trains(lab):
    lab.resume.click()
    assert lab.runs == []
    fill(lab, steps="20000")
    lab.train.click()
    lab.resume.click()
    assert lab.runs[0].planned == 20000


def test_a_wrong_number_of_steps_to_continue_is_named(lab):
    train(lab, steps="10")
    for text in ("0", "many", str(LONGEST)):
        fill(lab, steps=text)
        lab.resume.click()
        assert "Not continued. steps: " in lab.message.value, text
        assert text in lab.message.value or str(LONGEST - 10) in lab.message.value
        assert not lab.running
        assert lab.runs[0].planned == 10


def test_stop_ends_within_a_step(lab):
    fill(lab, steps="20000")
    lab.train.click()
    tick_until(lab, lambda: lab.runs[0].done > 1)
    lab.stop.click()
    asked = lab.runs[0].done
    lab.runs[0].thread.join(SECONDS)
    assert lab.runs[0].done <= asked + 1


def test_earlier_runs_stay_until_reset(lab):
    empty = lab.picture.value
    train(lab, weight_decay="0.5", steps="10")
    first = lab.picture.value
    train(lab, weight_decay="0")
    assert len(lab.runs) == 2
    assert lab.picture.value != first
    assert lab._png(lab.runs[:1]) == first  # nothing is left of what was drawn in between
    assert ">0.5<" in lab.table.value
    lab.reset.click()
    assert lab.runs == []
    assert lab.picture.value == empty
    assert lab.table.value == ""
    assert lab.resume.disabled


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p", "4"), ("p", "114"), ("p", "7.5"), ("fraction", "0"), ("fraction", "1"), ("fraction", "1e-4"),
        ("fraction", "nan"), ("learning_rate", "0"), ("learning_rate", "abc"), ("weight_decay", "-1"),
        ("weight_decay", "inf"), ("width", "3"), ("width", "513"), ("strength", "0"), ("strength", "inf"),
        ("release", "0"), ("release", "soon"), ("steps", "0"), ("steps", str(LONGEST + 1)), ("seed", "-1"),
        ("seed", "<b>"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_and_nothing_trains(lab, name, text):
    fill(lab, **{name: text})
    lab.train.click()
    assert lab.runs == []
    assert f"Not trained. {name}: " in lab.message.value
    assert 'role="alert"' in lab.message.value
    assert "<b>" not in lab.message.value
    assert not lab.train.disabled


def test_divergence_is_a_message_and_cannot_be_continued(lab):
    train(lab, learning_rate="1e6")
    assert "Training diverged" in lab.message.value
    assert "learning_rate=1e+06" in lab.message.value
    assert "diverged" in lab.table.value
    assert lab.resume.disabled
    assert not lab.train.disabled


def test_a_dear_run_is_announced_with_its_cost_and_the_usual_one_is_not(lab):
    assert Settings().warning() == ""
    assert Settings(p=97).warning() != ""
    # 0.6 p^2 width (width + p): (97/29)^2 * 2 * (128 + 97)/(64 + 29) = 54
    assert "about 54 times" in Settings(p=97, width=128).warning()
    # by the same formula 13 times, which is trained in a quarter of the time
    fill(lab, p="53", width="128", steps="20000")
    lab.train.click()
    assert "about 13 times" in lab.message.value
    assert lab.running


def recipes() -> dict[str, trainers.Recipe]:
    return {name: Settings(regularizer=name, strength=0.7, release=40).recipe() for name in ARMS}


def test_every_regularizer_is_that_of_its_arm_with_its_strength_until_its_release():
    for name, recipe in recipes().items():
        arm, _ = ARMS[name]
        config = interventions.Config(
            arms=(arm,), steps=(LONGEST,), release=40, collapse_strength=0.7, flatness_strength=0.7
        )
        expected = interventions.recipe_of(config, arm)
        assert [term.measure for term in recipe.regularizers] == [term.measure for term in expected.regularizers]
        assert recipe.head_norm == expected.head_norm
        for term in recipe.regularizers:
            assert (term.coefficient, term.start, term.stop) == (0.7, 0, 40)
    assert [len(recipe.regularizers) for recipe in recipes().values()] == [0, 1, 1, 1, 1, 1]


def test_what_is_pushed_moves_until_the_release_and_not_after(lab):
    """The spread is kept up to its floor, 3, to step 150; without a push it has fallen by then."""
    train(lab, regularizer="collapse prevented", strength="5", release="150", steps="250")
    train(lab, regularizer="none", steps="125")
    pushed, free = ({row["step"]: np.median(row["variance_ratio_train"]) for row in run.rows} for run in lab.runs)
    assert pushed[125] > 2.8
    assert pushed[150] > 2.8
    assert free[125] < 2.2
    assert pushed[250] < 2.5
    assert "collapse prevented, 5, to step 150" in lab.table.value


def test_the_dotted_line_is_at_the_release(lab, monkeypatch):
    lines = []
    monkeypatch.setattr(curves.Axes, "axvline", lambda self, at, **_: lines.append(at))
    train(lab, regularizer="anti-flatness", release="7", steps="10")
    assert set(lines) == {7}
    lines.clear()
    train(lab, regularizer="none")
    assert lines == []


def test_a_regularizer_brings_its_own_strength(lab):
    lab.form.fields["regularizer"].value = "collapse encouraged"
    assert lab.form.fields["strength"].value == f"{interventions.Config().collapse_strength:g}"
    lab.form.fields["regularizer"].value = "anti-flatness"
    assert lab.form.fields["strength"].value == f"{interventions.Config().flatness_strength:g}"


def test_the_numbers_are_those_of_a_training_by_the_package():
    asked = Settings(p=11, width=16, steps=60, seed=5)
    run = Training(asked, lambda run: b"")
    run.start()
    run.thread.join(SECONDS)
    sets = datasets(asked.network(), asked.seeds, "cpu")
    recipe = replace(asked.recipe(), steps=60)
    members = [trainers.Member(seed) for seed in (5, 6, 7, 8)]
    fitted = trainers.fit_ensemble(partial(build, asked.network()), [each.train for each in sets], recipe, members)
    expected = accuracies(fitted.ensemble, [each.test for each in sets])
    np.testing.assert_allclose(run.rows[-1]["test_acc"], expected)
    assert run.rows[-1]["train_acc"] == accuracies(fitted.ensemble, [each.train for each in sets]).tolist()


def test_a_seed_generalizes_at_the_first_measured_step_with_99_percent_or_never():
    run = Training(Settings(), lambda run: b"")
    run.rows = [{"step": step, "test_acc": [0.0, step / 100, 0.99, 0.989]} for step in (0, 98, 99, 100)]
    assert run.generalized() == [NEVER, 99, 0, NEVER]


def test_even_and_composite_moduli_train(lab):
    train(lab, p="12", steps="10")
    assert lab.runs[0].state == "done"


def test_every_control_says_what_it_is(lab):
    for control in (*lab.form.fields.values(), lab.train, lab.stop, lab.resume, lab.reset):
        assert control.description
        assert tip(control)


def test_a_page_without_a_kernel_gets_a_note_and_no_widget(monkeypatch, chapters_address):
    monkeypatch.setenv("NCBOOK_STATIC", "1")
    monkeypatch.setattr(widgets.Widget, "__init__", lambda *_, **__: pytest.fail("a widget was made"))
    bundle = labs.grokking()._repr_mimebundle_()
    for text in bundle.values():
        assert f"https://colab.research.google.com/github/{chapters_address}/4-grokking/grokking.ipynb" in text
        assert "make lab" in text
        assert "four networks" in text
