"""Questions to the arms of the experiment `interventions`: every seed of one measure over the training steps."""

from typing import Any

import pandas as pd

from ncbook import runs
from ncbook.explorables import _arms, _page
from ncbook.explorables._arms import Question
from ncbook.readings import interventions as reading
from ncbook.readings import moments
from ncbook.readings.words import cell, count, spread

# column -> name on the page, and whether its axis is logarithmic
_MEASURES = {
    "test_acc": ("Test accuracy", False),
    "train_acc": ("Training accuracy", False),
    "relative_flatness": ("Relative flatness κ", True),
    "variance_ratio_train": ("Variance ratio R", True),
    "train_loss": ("Training loss", True),
    "uncertainty_train": ("Uncertainty, mean of 1 - |p|²", True),
    "ncc_acc_test": ("Nearest-center test accuracy", False),
}


def interventions(run: runs.Run) -> _page.Explorable:
    """Up to three arms of `run`, one of `experiments.interventions`, over the steps: nine questions, seven measures.

    Raises ValueError, naming it, for a column that the run lacks.
    """
    _page.require(run, "interventions", history=("arm", "seed", "step", *_MEASURES))
    groups = run.to_frame().groupby("arm", sort=False)
    arms = {name: _arm(name, rows, run.config["release"]) for name, rows in groups}
    title = "Collapse, flatness and controls, taken away or pushed"
    return _arms.page(run, title, arms, _MEASURES, "step", _questions(run), _summary(arms))


def _arm(name: str, rows: pd.DataFrame, release: int) -> dict[str, Any]:
    """One arm for the page; reached, of each seed the moment of 99 % test accuracy, None for never."""
    reached = [moments.generalized(own) for _, own in rows.groupby("seed", sort=False)]
    change = release if name in (*reading.RELEASED, *reading.SCHEDULED) else None
    about = _arms.arm(reading.ARMS.get(name, name), rows, _MEASURES, "step", change)
    return about | {"reached": [None if step == moments.NEVER else int(step) for step in reached]}


def _questions(run: runs.Run) -> dict[str, Question]:
    return _of_collapse(run) | _of_flatness(run) | _of_controls(run)


def _of_collapse(run: runs.Run) -> dict[str, Question]:
    centers = reading.by_arm(run, "ncc_acc_test")
    return {
        "collapse": Question(
            "Is collapse necessary?", ("baseline", "prevented"), "test_acc",
            _outcome(run, "prevented", "Kept from collapsing"),
        ),
        "centers": Question(
            "Do they decide by the nearest center?", ("baseline", "prevented"), "ncc_acc_test",
            "When a network first has 99 % test accuracy, the nearest class mean is right for this percentage of the "
            f"test pairs: {_percent(centers.prevented)} where collapse is prevented, {_percent(centers.baseline)} in "
            "the baseline.",
        ),
        "encouraged": Question(
            "Does collapse help?", ("baseline", "encouraged"), "test_acc",
            _outcome(run, "encouraged", "Encouraged to collapse"),
        ),
    }  # fmt: skip


def _of_flatness(run: runs.Run) -> dict[str, Question]:
    kappas = reading.by_arm(run, "relative_flatness")
    return {
        "flatness": Question(
            "Does a push away from flatness delay?", ("baseline", "anti_released"), "test_acc",
            _outcome(run, "anti_released", f"Pushed away from flat solutions until step {run.config['release']}"),
        ),
        "sharp": Question(
            "Is every network that generalizes flat?", ("baseline", "confidence", "flooding"), "relative_flatness",
            f"κ when test accuracy first is 99 %: {spread(kappas.baseline)} in the baseline, "
            f"{spread(kappas.confidence)} with low confidence, {spread(kappas.flooding)} with flooding.",
        ),
    }  # fmt: skip


def _of_controls(run: runs.Run) -> dict[str, Question]:
    return {
        "norm": Question(
            "Is it the norm?", ("anti_released", "norms_released"), "test_acc",
            f"With large norms alone, and no push on κ, networks take {_factor(run, 'norms_released')}. "
            f"With anti-flatness they take {_factor(run, 'anti_released')}.",
        ),
        "loss": Question(
            "Is it the loss?", ("anti_released", "flooding", "smoothing"), "test_acc",
            _at_release(run, "train_loss", "a training loss", "anti_released", "flooding", "smoothing"),
        ),
        "confidence": Question(
            "Is it the low confidence?", ("anti_released", "confidence"), "test_acc",
            _at_release(run, "uncertainty_train", "an uncertainty", "anti_released", "confidence"),
        ),
        "schedule": Question(
            "Is it the schedule?", ("anti_released", "anti_kept", "kept_schedule"), "test_acc",
            f"Released, with the schedule as before, {_there(run, 'anti_released')} networks reach 99 % test "
            f"accuracy. With the push kept on, {_there(run, 'anti_kept')} do; with the push kept on and a new "
            f"schedule, {_there(run, 'kept_schedule')} do.",
        ),
    }  # fmt: skip


def _outcome(run: runs.Run, arm: str, what: str) -> str:
    """How many networks of an arm get to 99 % test accuracy, and how late."""
    return f"{what}, {_there(run, arm)} networks reach 99 % test accuracy. They take {_factor(run, arm)}."


def _there(run: runs.Run, arm: str) -> str:
    """How many reach 99 % test accuracy: "2 of 8"."""
    steps = reading.by_arm(run, "generalized")[arm]
    return count(steps != moments.NEVER)


def _factor(run: runs.Run, arm: str) -> str:
    """How many times the steps of their baselines networks take; a lower bound where some do not get there."""
    times = reading.delays(run)[arm]
    more = " or more" if (reading.by_arm(run, "generalized")[arm][times.index] == moments.NEVER).any() else ""
    return f"{spread(times, '{:.1f}')} times the steps of their baselines{more}"


def _percent(shares: "pd.Series[float]") -> str:
    return spread(100 * shares, "{:.0f}")


def _at_release(run: runs.Run, column: str, name: str, *arms: str) -> str:
    """A measure and the test accuracy of some arms at the release, medians over the seeds."""
    about = [
        f"{reading.ARMS[arm].removesuffix(', released')} has {name} of {cell(_median(run, arm, column), '{:.2f}')} "
        f"and a test accuracy of {cell(100 * _median(run, arm, 'test_acc'), '{:.0f} %')}"
        for arm in arms
    ]
    return f"At step {run.config['release']}, in the median, {'; '.join(about)}."


def _median(run: runs.Run, arm: str, column: str) -> float:
    return float(reading.by_arm(run, f"release_{column}")[arm].median())


def _summary(arms: dict[str, dict[str, Any]]) -> str:
    lines = []
    for arm in arms.values():
        there = sum(step is not None for step in arm["reached"])
        lines.append(f"{arm['label']}: {there} of {len(arm['reached'])} seeds reach 99 % test accuracy.")
    return " ".join(lines)
