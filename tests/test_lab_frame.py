"""What every lab does, shown with labs that train in no time."""

import io
import re
from pathlib import Path

import api
import numpy as np
import pandas as pd
import pytest
from lab_driving import (
    SECONDS,
    alt,
    downloads,
    fill,
    picture,
    press,
    python,
    stop_all,
    tick,
    tick_until,
    ticking,
    told,
    train,
)
from lab_plans import CURVE, LOSS, SLOPE, STEPS, Held, descend, plan
from matplotlib.image import imread

from ncbook import labs, trainers
from ncbook.labs import _curves


@pytest.fixture
def make():
    """Makes labs; whatever still trains at the end is stopped."""
    made = []

    def lab(declared=None, **more):
        made.append(labs.Lab(declared or plan(), **more))
        return made[-1]

    yield lab
    for each in made:
        stop_all(each)


# What goes wrong


def test_any_failure_is_a_message_and_the_lab_stays_usable(make):
    def fail(steps, slope):
        if slope == 2:
            raise KeyError("missing")
        return descend(steps, slope)

    lab = make(plan(fail))
    train(lab, slope="2")
    assert "Training failed (KeyError): &#x27;missing&#x27;" in lab.message.value
    assert 'role="alert"' in lab.message.value
    assert lab.pace.value.startswith("failed")
    assert "No measurement yet" in told(lab)
    train(lab, slope="1")
    assert [run.state for run in lab.runs] == ["failed", "done"]
    assert lab.message.value == ""
    lab.export.click()
    assert {row.run for row in table(lab).itertuples()} == {2}


def test_divergence_keeps_what_was_measured(make):
    def diverge(steps, slope):
        descend(2, slope)
        raise trainers.Diverged("the loss is nan at step 3")

    lab = make(plan(diverge))
    train(lab)
    assert "Training diverged: the loss is nan at step 3." in lab.message.value
    assert lab.runs[0].state == "diverged"
    assert len(lab.runs[0].rows) == 3
    assert "diverged" in lab.table.value


def test_a_drawing_that_fails_ends_the_run_in_words(make, monkeypatch):
    lab = make()
    right = lab._drawing
    monkeypatch.setattr(lab, "_drawing", lambda runs: 1 / 0 if runs and runs[-1].running else right(runs))
    train(lab)
    assert "Training failed (ZeroDivisionError)" in lab.message.value


def test_stop_ends_before_the_next_step(make):
    hold = Held(at=3)
    lab = make(plan(lambda steps, slope: descend(steps, slope, hold)))
    fill(lab, steps="1000")
    press(lab, lab.train)
    assert hold.reached.wait(SECONDS)
    lab.runs[0].stop()
    hold.go.set()
    lab.runs[0].thread.join(SECONDS)
    assert (lab.runs[0].state, lab.runs[0].done) == ("stopped", 3)
    tick(lab)
    assert lab.pace.value.startswith("stopped")
    assert not lab.train.disabled
    assert lab.progress.value == 3


def test_a_loop_that_tells_no_steps_is_drawn_and_stopped_at_its_probes(make):
    hold = Held(at=3)

    def silent(steps, slope):
        rows = []
        for step in range(steps):
            hold(step)
            rows.append({"step": step, "loss": slope})
            trainers.after_probe(rows)
        return rows

    lab = make(plan(silent))
    fill(lab, steps="1000")
    press(lab, lab.train)
    assert hold.reached.wait(SECONDS)
    assert lab.runs[0].picture
    lab.runs[0].stop()
    hold.go.set()
    lab.runs[0].thread.join(SECONDS)
    assert (lab.runs[0].state, len(lab.runs[0].rows)) == ("stopped", 4)


def test_stop_after_the_last_step_loses_nothing(make):
    hold = Held(at=-1)

    def then_wait(steps, slope):
        rows = descend(steps, slope)
        hold(-1)
        return rows

    lab = make(plan(then_wait))
    press(lab, lab.train)
    assert hold.reached.wait(SECONDS)
    lab.runs[0].stop()
    hold.go.set()
    lab.runs[0].thread.join(SECONDS)
    assert lab.runs[0].state == "done"


def test_a_page_that_does_not_tick_any_more_shows_the_end_when_stop_is_pressed(make):
    """A page that was loaded anew."""
    lab = make()
    press(lab, lab.train)
    lab.runs[0].thread.join(SECONDS)
    lab.stop.click()
    assert lab.pace.value.startswith("done")
    assert not ticking(lab)
    train(lab)
    assert len(lab.runs) == 2


# Several trainings in a run


def two(steps, slope):
    """Of unequal length, and told apart by what they return."""
    return descend(steps, slope, arm="short") + descend(3 * steps, slope / 2, arm="long")


def test_two_trainings_move_the_bar_to_its_end(make):
    lab = make(plan(two, trainings=2, lines=("arm",)))
    seen = []
    run = lab._training({"steps": 5, "slope": 1.0})
    finished = run._finished
    run._finished = lambda done: (seen.append((done, run.planned)), finished(done))
    run.start()
    run.thread.join(SECONDS)
    dones = [done for done, _ in seen]
    assert dones == sorted(dones)
    assert seen[0] == (0, 10)  # as if both were as long
    assert seen[-1] == (20, 20)
    train(lab)
    assert lab.progress.value == lab.progress.max


@pytest.mark.parametrize("declared", [1, 2, 5])
def test_the_bar_of_a_finished_run_is_full_whatever_was_declared(make, declared):
    lab = make(plan(two, trainings=declared))
    train(lab)
    assert lab.progress.value == lab.progress.max
    lab = make(plan(lambda steps, slope: [{"step": 1, "loss": slope}]))  # one that tells nothing
    train(lab)
    assert lab.progress.value == lab.progress.max


def test_what_a_probe_gives_belongs_to_its_training(make):
    """The first of each comes before the first step."""
    lab = make(plan(lambda steps, slope: [*descend(steps, slope), *descend(steps, 2 * slope)], trainings=2))
    run = lab._training({"steps": 2, "slope": 1.0})
    grown, on_probe = [], run._on_probe
    run._on_probe = lambda result: (on_probe(result), grown.append([row["training"] for row in run.rows]))
    run.start()
    run.thread.join(SECONDS)
    assert grown[-1] == [0, 0, 0, 1, 1, 1]
    rows = pd.DataFrame([{"training": 0, "step": 0, "loss": 1.0}, {"training": 1, "step": 0, "loss": 2.0}])
    assert _curves.lines(lab.plan, CURVE, CURVE.curves[0], rows).shape == (1, 2)


def test_rows_are_found_in_whatever_a_probe_returns(make):
    def probe(steps, slope):
        trainers.after_probe([{"step": 0, "loss": 1.0}])
        trainers.after_probe([[{"step": 1, "loss": 0.5}, {"step": 1, "loss": 0.7}]])
        trainers.after_probe([({"step": 2, "loss": 0.2}, np.zeros(3), "no row")])
        raise ValueError("the rows of the probes stay")

    lab = make(plan(probe))
    train(lab)
    assert [row["step"] for row in lab.runs[0].rows] == [0, 1, 1, 2]


# Words


def test_an_outcome_of_a_column_that_has_not_come_yet_is_no_fault(make):
    outcomes = (labs.Outcome("late", lambda rows: rows["late"].max()), labs.Outcome("later", lambda rows: rows.late[0]))
    lab = make(plan(outcomes=outcomes))
    train(lab)
    assert "late –; later –" in told(lab)


def test_the_picture_says_what_the_status_says(make):
    lab = make()
    assert alt(lab) == f"Curves of Loss. {told(lab)}"
    train(lab)
    assert "training loss 0.143" in told(lab)
    assert alt(lab) == f"Curves of Loss. {told(lab)}"


def test_the_picture_says_it_while_a_run_trains_too(make):
    hold = Held(at=3)
    lab = make(plan(lambda steps, slope: descend(steps, slope, hold)))
    press(lab, lab.train)
    assert hold.reached.wait(SECONDS)
    tick(lab)
    assert "Step 2" in told(lab)
    assert alt(lab) == f"Curves of Loss. {told(lab)}"
    hold.go.set()


def test_what_a_plan_says_is_no_html(make):
    bad = "<b>5 & 6</b>?"
    lab = make(
        plan(
            question=bad,
            settings=(STEPS, labs.Real("slope", "<i>", "Of", 1.0)),
            outcomes=(labs.Outcome("<u>", "loss"),),
            panels=(labs.Panel('<s>"', "", CURVE.curves),),
            caution=lambda values: "<q>",
        )
    )
    train(lab)
    for part in (lab.question, lab.status, lab.message, lab.table, lab.picture):
        assert not any(f"<{tag}>" in part.value for tag in "iusq")
    assert "&lt;b&gt;5 &amp; 6" in lab.question.value


def test_several_lines_are_told_as_their_median(make):
    seeds = (1.0, 2.0, 6.0)
    lab = make(plan(lambda steps, slope: [row for at, s in enumerate(seeds) for row in descend(steps, s, seed=at)]))
    train(lab)
    assert "Step 6, medians of 3: training loss 0.286." in told(lab)


def test_a_caution_shows_while_it_trains_and_goes_with_the_next_run(make):
    lab = make(plan(caution=lambda values: "That takes long." if values["steps"] > 10 else ""))
    train(lab, steps="20")
    assert "That takes long." in lab.message.value
    train(lab, steps="5")
    assert lab.message.value == ""


# Curves


def test_a_split_and_a_scale_that_nobody_draws_are_refused_where_they_are_declared():
    with pytest.raises(ValueError, match="split: 'new points' is unknown; use one of train, test"):
        labs.Curve("error", "new points")
    with pytest.raises(ValueError, match="scale: 'logarithmic' is unknown; use one of linear, log, error"):
        labs.Panel("error", "", CURVE.curves, scale="logarithmic")


def test_every_kind_of_panel_is_drawn(make):
    profile = [{"step": step, "layer": layer, "loss": layer + step} for step in (0, 1) for layer in (1, 2, 3)]
    share = lambda steps, slope: [row | {"error": 0.5 / (1 + row["step"])} for row in profile]  # noqa: E731
    panels = (
        labs.Panel("log", "", CURVE.curves, scale="log", level=lambda values: values["slope"]),
        labs.Panel("error", "", (labs.Curve("error", "test"),), percent=True, scale="error"),
        labs.Panel("limits", "", (labs.Curve("loss"),), limits=(0, 1)),
        labs.Panel("profile", "", (labs.Curve("loss"),), x="layer", x_label="layer"),
    )
    lab = make(plan(share, panels=panels, moment=lambda values: 0.5))
    empty = imread(io.BytesIO(picture(lab)))
    train(lab)
    drawn = imread(io.BytesIO(picture(lab)))
    assert drawn.shape == empty.shape
    changed = np.abs(drawn - empty).sum(axis=(0, 2)).reshape(4, -1).sum(axis=1)
    assert (changed > 0).all()
    last = _curves.lines(lab.plan, panels[3], panels[3].curves[0], pd.DataFrame(profile))
    assert last.index.tolist() == [1, 2, 3]
    assert last[0].tolist() == [2, 3, 4]
    percent = _curves.lines(lab.plan, panels[1], panels[1].curves[0], pd.DataFrame([{"step": 0, "error": 0.25}]))
    assert percent.to_numpy().tolist() == [[25]]


def test_a_plan_that_is_changed_in_a_notebook_is_drawn_anew(make):
    one, other = make(plan(unit="step")), make(plan(unit="epoch"))
    assert picture(one) != picture(other)
    assert picture(make(plan(log_x=True))) != picture(one)


def test_what_is_not_finite_leaves_a_gap():
    rows = pd.DataFrame([{"step": step, "loss": loss} for step, loss in enumerate((1.0, np.inf, np.nan, 2.0))])
    values = _curves.lines(plan(), CURVE, CURVE.curves[0], rows)
    assert values[0].dropna().tolist() == [1.0, 2.0]


# A code of the settings


def test_a_code_says_what_is_not_usual_and_restores_it_elsewhere(make):
    lab, other = make(), make()
    assert lab.code.value == "falling?"
    fill(lab, steps=" 12 ", slope="5e-3")
    assert lab.code.value == "falling?steps=12&slope=5e-3"
    other.code.value = f"  {lab.code.value}\n"
    assert plan().read(other.form.typed()) == {"steps": 12, "slope": 0.005}
    assert other.message.value == ""
    other.code.value = "falling?"
    assert plan().read(other.form.typed()) == {"steps": 6, "slope": 1.0}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("collapse?epochs=3", "must begin with"), ("falling", "must begin with"), ("", "must begin with"),
        ("falling?steps", "copy it whole"), ("falling?steps=12&slo", "copy it whole"),
        ("falling?depth=3", "this lab has no setting"), ("falling?steps=0", "Steps: must be a whole number from 1"),
        ("falling?slope=", "Slope: must be a number from 0 to 10"), ("falling?steps=<b>", "&lt;b&gt;"),
    ],
)  # fmt: skip
def test_a_code_that_cannot_be_meant_is_refused_in_words_and_changes_nothing(make, code, words):
    lab = make()
    fill(lab, slope="2")
    before = lab.form.typed()
    lab.code.value = code
    assert "Not restored. " in lab.message.value
    assert words in lab.message.value
    assert lab.form.typed() == before
    train(lab)
    assert lab.message.value == ""


def test_a_code_may_be_pasted_while_it_trains(make):
    hold = Held(at=3)
    lab = make(plan(lambda steps, slope: descend(steps, slope, hold)))
    press(lab, lab.train)
    assert hold.reached.wait(SECONDS)
    lab.code.value = "falling?slope=3"
    assert lab.running
    assert lab.form.typed()["slope"] == "3"
    hold.go.set()
    tick_until(lab, lambda: not ticking(lab))
    assert lab.runs[0].values["slope"] == 1.0


# Export


def table(lab) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(downloads(lab)["ncbook-falling.csv"]))


def test_the_numbers_have_a_line_a_measurement_with_the_run_and_its_settings(make):
    lab = make()
    train(lab, slope="1")
    train(lab, slope="3", steps="2")
    lab.export.click()
    rows = table(lab)
    assert list(rows) == ["run", "steps", "slope", "step", "loss", "test_loss"]
    assert rows.groupby(["run", "steps", "slope"]).size().to_dict() == {(1, 6, 1.0): 7, (2, 2, 3.0): 3}
    measured = [row for run in lab.runs for row in run.rows]
    pd.testing.assert_frame_equal(rows[["step", "loss", "test_loss"]], pd.DataFrame(measured))


def test_a_setting_that_the_rows_tell_themselves_stands_there_once(make):
    declared = plan(
        lambda steps, slope, seed: descend(steps, slope, seed=seed + 1),
        settings=(STEPS, SLOPE, labs.Whole("seed", "Seed", "First", 4)),
    )
    lab = make(declared)
    train(lab)
    lab.export.click()
    assert set(table(lab)["seed"]) == {5}


def test_a_run_that_was_stopped_is_exported_too(make):
    hold = Held(at=3)
    lab = make(plan(lambda steps, slope: descend(steps, slope, hold)))
    press(lab, lab.train)
    assert hold.reached.wait(SECONDS)
    lab.runs[0].stop()
    hold.go.set()
    lab.runs[0].thread.join(SECONDS)
    tick(lab)
    lab.export.click()
    assert list(table(lab)) == ["run", "steps", "slope", "step", "loss", "test_loss"]
    assert "  # run 1, stopped" in python(lab)


def test_the_exported_picture_is_the_one_on_the_page(make):
    lab = make()
    train(lab)
    lab.export.click()
    assert downloads(lab)["ncbook-falling.png"] == picture(lab)


def test_the_printed_lines_train_the_same_again(make):
    lab = make(labs.Lab(plan()).plan)
    train(lab)
    train(lab, slope="0.123456789", steps="3")
    lab.export.click()
    *_, first, second = python(lab).splitlines()
    assert (first, second) == ("plan.run()  # run 1", "plan.run(steps=3, slope=0.123456789)  # run 2")
    for line, run in zip((first, second), lab.runs, strict=True):
        assert eval(line, {"plan": lab.plan}).to_dict("records") == run.rows
    assert "# plan: " in python(lab)


def test_the_printed_lines_of_a_lab_of_the_book_run_by_themselves():
    lab = labs.grokking(p=5, width=4, steps=10)
    train(lab)
    lab.export.click()
    source, names = python(lab), {}
    *head, call = source.splitlines()
    exec("\n".join(head), names)
    rows = eval(call, names)
    expected = pd.DataFrame(lab.runs[0].rows).drop(columns="training", errors="ignore")
    pd.testing.assert_frame_equal(rows, expected, check_exact=True)


def test_export_without_a_run_says_so_and_goes_with_the_next_run(make):
    lab = make()
    lab.export.click()
    assert "Nothing to export yet" in lab.exported.value
    train(lab)
    assert lab.exported.value == ""
    lab.export.click()
    assert downloads(lab)
    lab.reset.click()
    assert lab.exported.value == ""


# The large form, and several labs


def test_the_large_form_has_its_letters_and_a_sharper_picture_without_a_limit(make):
    usual, large = make(), make(large=True)
    assert "20px" in large.question.value
    assert "20px" not in usual.question.value
    assert "nc-lab-large" in large._dom_classes
    assert "max-width:none" in large.picture.value
    assert "max-width:340px" in usual.picture.value
    shapes = [imread(io.BytesIO(picture(lab))).shape for lab in (usual, large)]
    assert shapes[1][1] > 1.5 * shapes[0][1]


def test_settings_to_begin_with_are_in_the_fields_and_in_the_code():
    lab = labs.collapse(epochs=7, network="convnet")
    assert lab.form.typed()["epochs"] == "7"
    assert lab.code.value == "collapse?network=convnet&epochs=7"


def test_two_labs_train_at_once_and_neither_draws_or_stops_the_other(make):
    first, second = Held(at=2), Held(at=2)
    one = make(plan(lambda steps, slope: descend(steps, slope, first)))
    other = make(plan(lambda steps, slope: descend(steps, 2 * slope, second)))
    press(one, one.train)
    press(other, other.train)
    assert first.reached.wait(SECONDS)
    assert second.reached.wait(SECONDS)
    one.runs[0].stop()
    first.go.set()
    second.go.set()
    for lab in (one, other):
        tick_until(lab, lambda lab=lab: not ticking(lab))
    assert (one.runs[0].state, other.runs[0].state) == ("stopped", "done")
    assert {row["loss"] * (1 + row["step"]) for row in other.runs[0].rows} == {2.0}
    assert len(one.runs[0].rows) == 3


def test_an_unknown_setting_is_refused_before_a_lab_is_made():
    with pytest.raises(ValueError, match="falling: has no setting 'depth'; use one of steps, slope"):
        plan().values({"depth": 1})


def test_an_outcome_without_a_value_is_a_dash():
    assert LOSS.told(pd.DataFrame({"step": [1], "loss": [np.nan]}), "step") == "–"


# A lab of one's own


def test_a_lab_of_one_s_own_is_a_cell_and_does_all_that_a_lab_does(make):
    (source,) = re.findall("```python\n(.*?)```", api.OWN_LAB.read_text(encoding="utf-8"), re.DOTALL)
    assert len([line for line in source.splitlines() if line]) <= 25
    names = {}
    exec(source, names)
    lab = make(names["plan"])
    train(lab, width="8", steps="20")
    assert lab.runs[0].state == "done"
    assert [row["step"] for row in lab.runs[0].rows] == [0, 5, 10, 15, 20]
    assert lab.progress.value == lab.progress.max == 20
    assert "Step 20: test error " in told(lab)
    lab.export.click()
    assert eval(python(lab).splitlines()[-1], names).to_dict("records") == lab.runs[0].rows


LONGEST_PLAN = 80  # lines of what a lab declares


def test_a_lab_is_short():
    plans = (Path(labs.__file__).parent / "plans").glob("*.py")
    assert {path.name for path in plans if len(path.read_text().splitlines()) > LONGEST_PLAN} == set()
