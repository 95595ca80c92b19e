"""The grokking lab without a browser: its widgets are driven from here, and the page's ticks are imitated."""

import io
import time
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from lab_driving import SECONDS, fill, picture, press, stop_all, tick_until, ticking, tip, told, train
from matplotlib.image import imread

from ncbook import labs, trainers
from ncbook.experiments import interventions
from ncbook.experiments.grokking.training import accuracies, build, datasets
from ncbook.labs import _addition, _curves, _four
from ncbook.labs._four import ARMS, LONGEST, MEMBERS
from ncbook.readings.moments import NEVER

MEASURES = ["train_acc", "test_acc", "relative_flatness", "variance_ratio_train", "fourier_gini"]
SMALL = {"p": 11, "width": 16, "steps": 60}
PLAN = labs.grokking.plan


def values(**asked):
    return PLAN.values(asked)


@pytest.fixture
def lab():
    """A lab with small networks; whatever still trains at the end is stopped."""
    lab = labs.grokking(**SMALL)
    yield lab
    stop_all(lab)


def test_a_fresh_lab_has_trained_nothing_and_shows_empty_panels(lab):
    assert lab.runs == []
    assert "No run yet" in lab.status.value
    assert imread(io.BytesIO(picture(lab))).ndim == 3
    assert lab.stop.disabled
    assert lab.resume.disabled
    assert not lab.train.disabled


def test_it_starts_with_the_settings_of_the_chapter():
    """And so `Train` does what the chapter shows, from other seeds."""
    usual = PLAN.read(labs.grokking().form.typed())
    assert usual == values()
    asked = interventions.Config()
    assert (usual["p"], usual["width"], usual["fraction"]) == (asked.p, asked.width, asked.fraction)
    assert _four.Four(usual).ensemble.parameters["blocks.hidden1.embedding"].shape[-1] == asked.embedding_dim
    expected = interventions.recipe_of(replace(asked, arms=("baseline",), steps=(LONGEST,)), "baseline")
    assert _four.recipe(usual) == expected


def test_a_run_that_ends_while_it_is_shown_can_be_continued_once_its_end_is_shown(lab, monkeypatch):
    train(lab)
    answers = iter([True])  # it trains when the lab looks, and has ended when the lab has shown it
    monkeypatch.setattr(type(lab.runs[0]), "running", property(lambda _: next(answers, False)))
    lab._refresh()
    assert lab.resume.disabled
    lab._refresh()
    assert not lab.resume.disabled


def test_a_finished_run_is_told_in_full(lab):
    train(lab)
    rows = pd.DataFrame(lab.runs[0].rows)
    for _, own in rows.groupby("seed"):
        assert own["step"].tolist() == [0, 10, 20, 25, 30, 40, 50, 60]
    assert rows["seed"].unique().tolist() == list(range(MEMBERS))
    assert set(MEASURES) <= set(rows)
    for part in ("Step 60", "medians of 4", "accuracy", "relative flatness", "variance ratio"):
        assert part in told(lab)
    last = rows[rows["step"] == 60]
    assert f"test accuracy {100 * last['test_acc'].median():.1f} %" in told(lab)
    assert lab.progress.value == lab.progress.max == 60
    assert lab.pace.value.startswith("done")
    assert lab.message.value == ""
    assert "of 4" in lab.table.value
    assert not lab.train.disabled
    assert not lab.resume.disabled


def test_curves_words_and_pace_grow_while_it_trains(lab):
    pictures, words = {picture(lab)}, {lab.status.value}

    def seen_enough() -> bool:
        pictures.add(picture(lab))
        words.add(lab.status.value)
        return len(pictures) > 2 and len(words) > 3

    fill(lab, steps=str(LONGEST))
    press(lab, lab.train)
    assert lab.resume.disabled
    tick_until(lab, seen_enough)
    assert lab.running
    assert " left" in lab.pace.value
    assert " ms a step" in lab.pace.value


def test_stop_keeps_what_was_reached_and_continue_gives_what_one_training_gives(lab):
    fill(lab, steps="20000")
    press(lab, lab.train)
    tick_until(lab, lambda: lab.runs[0].done > 30)
    lab.stop.click()
    tick_until(lab, lambda: not ticking(lab))
    run = lab.runs[0]
    assert run.state == "stopped"
    assert "stopped" in lab.pace.value
    assert "stopped" in lab.table.value
    reached, before = run.done, list(run.rows)
    fill(lab, steps="100")
    press(lab, lab.resume)
    tick_until(lab, lambda: not ticking(lab))
    assert lab.runs == [run]
    assert (run.state, run.done) == ("done", reached + 100)
    assert run.rows[: len(before)] == before
    train(lab, steps=str(reached + 100))
    stopped, whole = (pd.DataFrame(each.rows) for each in lab.runs)
    pd.testing.assert_frame_equal(stopped, whole, check_exact=True)
    assert stopped["relative_flatness"].iloc[0] != stopped["relative_flatness"].iloc[-1]


def test_continue_also_goes_on_after_the_last_step_and_counts_time_in_training_only(lab):
    train(lab, steps="10")
    run = lab.runs[0]
    first = run.seconds
    time.sleep(0.3)
    assert run.seconds == first
    press(lab, lab.resume)
    tick_until(lab, lambda: not ticking(lab))
    assert run.done == run.planned == lab.progress.max == 20
    assert first < run.seconds
    assert "Step 20" in told(lab)


def test_continue_takes_the_steps_that_were_typed_last(lab):
    train(lab, steps="10")
    lab.resume.click()
    assert not lab.running
    fill(lab, steps="5")
    tick_until(lab, lambda: not ticking(lab))
    assert lab.runs[0].done == 15


def test_continue_does_nothing_without_a_run_or_while_one_trains(lab):
    lab.resume.click()
    assert lab.runs == []
    assert not ticking(lab)
    fill(lab, steps="20000")
    press(lab, lab.train)
    press(lab, lab.resume)
    assert lab.runs[0].planned == 20000


def test_a_wrong_number_of_steps_to_continue_is_named(lab):
    train(lab, steps="10")
    for text in ("0", "many", str(LONGEST)):
        fill(lab, steps=text)
        press(lab, lab.resume)
        assert "Not continued. Steps: must be " in lab.message.value, text
        assert text in lab.message.value or str(LONGEST - 10) in lab.message.value
        assert not lab.running
        assert lab.runs[0].planned == 10


def test_stop_ends_within_a_step(lab):
    fill(lab, steps="20000")
    press(lab, lab.train)
    tick_until(lab, lambda: lab.runs[0].done > 1)
    lab.runs[0].stop()
    asked = lab.runs[0].done
    lab.runs[0].thread.join(SECONDS)
    assert lab.runs[0].done <= asked + 1


def test_earlier_runs_stay_until_reset(lab):
    empty = picture(lab)
    train(lab, weight_decay="0.5", steps="10")
    first = picture(lab)
    train(lab, weight_decay="0")
    assert len(lab.runs) == 2
    assert picture(lab) != first
    assert lab._drawing(lab.runs[:1]) == first  # nothing is left of what was drawn in between
    assert ">0.5<" in lab.table.value
    lab.reset.click()
    assert lab.runs == []
    assert picture(lab) == empty
    assert lab.table.value == ""
    assert lab.resume.disabled


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p", "4"), ("p", "114"), ("p", "7.5"), ("fraction", "0"), ("fraction", "1"), ("fraction", "1e-4"),
        ("fraction", "nan"), ("learning_rate", "0"), ("learning_rate", "abc"), ("weight_decay", "-1"),
        ("weight_decay", "inf"), ("width", "3"), ("width", "513"), ("strength", "0"), ("strength", "inf"),
        ("release", "0"), ("release", "soon"), ("steps", "0"), ("steps", str(LONGEST + 1)), ("seed", "-1"),
        ("seed", str(2**32 - 3)), ("seed", "<b>"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_and_nothing_trains(lab, name, text):
    fill(lab, **{name: text})
    press(lab, lab.train)
    assert lab.runs == []
    (setting,) = (each for each in PLAN.settings if each.name == name)
    assert f"Not trained. {setting.label}: must be " in lab.message.value
    assert 'role="alert"' in lab.message.value
    assert "<b>" not in lab.message.value
    assert not lab.train.disabled


def test_divergence_is_a_message_and_cannot_be_continued(lab):
    train(lab, learning_rate="1e6")
    assert "Training diverged: no seed is finite at step " in lab.message.value
    assert "diverged" in lab.table.value
    assert "1e+06" in lab.table.value
    assert lab.resume.disabled
    assert not lab.train.disabled


def test_a_dear_run_is_announced_with_its_cost_and_the_usual_one_is_not(lab):
    assert PLAN.caution(values()) == ""
    assert PLAN.caution(values(p=97)) != ""
    # 0.6 p^2 width (width + p): (97/29)^2 * 2 * (128 + 97)/(64 + 29) = 54
    assert "about 54 times" in PLAN.caution(values(p=97, width=128))
    # by the same formula 13 times, which is trained in a quarter of the time
    fill(lab, p="53", width="128", steps="20000")
    press(lab, lab.train)
    assert "about 13 times" in lab.message.value
    assert lab.running


def recipes() -> dict[str, trainers.Recipe]:
    return {name: _four.recipe(values(regularizer=name, strength=0.7, release=40)) for name in ARMS}


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
    pushed, free = (pd.DataFrame(run.rows).groupby("step")["variance_ratio_train"].median() for run in lab.runs)
    assert pushed[125] > 2.8
    assert pushed[150] > 2.8
    assert free[125] < 2.2
    assert pushed[250] < 2.5
    for setting in ("collapse prevented", ">5<", ">150<"):
        assert setting in lab.table.value


def test_the_dotted_line_is_at_the_release(lab, monkeypatch):
    lines = []
    monkeypatch.setattr(_curves.Axes, "axvline", lambda self, at, **_: lines.append(at))
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


def test_a_code_restores_the_strength_that_it_says(lab):
    fill(lab, regularizer="anti-flatness", strength="0.3")
    other = labs.grokking()
    other.code.value = lab.code.value
    assert other.form.typed() == lab.form.typed()
    assert other.form.typed()["strength"] == "0.3"


def test_the_numbers_are_those_of_a_training_by_the_package():
    asked = values(**SMALL, seed=5)
    rows = labs.grokking.run(**SMALL, seed=5)
    config = _four.Config(p=11, dim=8, width=16, fraction=asked["fraction"])
    sets = datasets(config, (5, 6, 7, 8), "cpu")
    recipe = replace(_four.recipe(asked), steps=60)
    members = [trainers.Member(seed) for seed in (5, 6, 7, 8)]
    fitted = trainers.fit_ensemble(partial(build, config), [each.train for each in sets], recipe, members)
    last = rows[rows["step"] == 60]
    np.testing.assert_allclose(last["test_acc"], accuracies(fitted.ensemble, [each.test for each in sets]))
    assert last["train_acc"].tolist() == accuracies(fitted.ensemble, [each.train for each in sets]).tolist()


def test_run_gives_the_rows_of_the_lab(lab):
    train(lab)
    rows = pd.DataFrame(lab.runs[0].rows)
    pd.testing.assert_frame_equal(labs.grokking.run(**SMALL), rows, check_exact=True)


def test_a_seed_generalizes_at_the_first_measured_step_with_99_percent_or_never():
    reached = [[0.0, step / 100, 0.99, 0.989] for step in (0, 98, 99, 100)]
    rows = pd.DataFrame(
        [
            {"step": step, "seed": seed, "test_acc": acc}
            for step, accs in zip((0, 98, 99, 100), reached, strict=True)
            for seed, acc in enumerate(accs)
        ]
    )
    assert _addition.generalized(rows) == [NEVER, 99, 0, NEVER]


def test_even_and_composite_moduli_train(lab):
    train(lab, p="12", steps="10")
    assert lab.runs[0].state == "done"


def test_every_control_says_what_it_is(lab):
    for control in (*lab.form.fields.values(), lab.train, lab.stop, lab.resume, lab.reset):
        assert control.description
        assert tip(control)
