"""Questions to the arms of the experiment `image_interventions`, on either task: one measure over the epochs."""

import pandas as pd

from ncbook import runs
from ncbook.explorables import _arms, _page
from ncbook.explorables._arms import Question
from ncbook.readings.image_interventions import ARMS, UNCHANGED, outcomes
from ncbook.readings.words import cell

# column -> name on the page, and whether its axis is logarithmic
_MEASURES = {
    "test_acc": ("Test accuracy", False),
    "train_acc": ("Training accuracy", False),
    "relative_flatness": ("Relative flatness κ", True),
    "unit_flatness_bound": ("κ_τ, as the regularizer has it", True),
    "variance_ratio_train": ("Variance ratio R", True),
    "train_loss": ("Training loss", True),
    "head_norm": ("Norm of W", True),
}
# key -> question, the arms that answer it, and the measure that is drawn
_QUESTIONS = {
    "flatness": ("Does sharpness cost accuracy?", ("baseline", "anti_released"), "test_acc"),
    "collapse": ("Is collapse necessary?", ("baseline", "prevented"), "test_acc"),
    "encouraged": ("Does collapse help?", ("baseline", "encouraged"), "test_acc"),
    "norm": ("Is it the norm?", ("anti_released", "norms"), "test_acc"),
    "loss": ("Is it the loss?", ("anti_released", "flooding", "smoothing"), "test_acc"),
    "confidence": ("Is it the low confidence?", ("anti_released", "confidence"), "test_acc"),
    "schedule": ("Is it the schedule?", ("anti_released", "released_schedule", "kept_schedule"), "test_acc"),
    "sharp": ("Is a network that is right also flat?", ("baseline", "kept_schedule", "norms"), "relative_flatness"),
}


def image_interventions(run: runs.Run) -> _page.Explorable:
    """Up to three arms of `run`, one of `experiments.image_interventions`, over the epochs, in one of seven measures.

    The questions are asked of the first task, which has all arms. Raises ValueError, naming it, for a column that the
    run lacks.
    """
    _page.require(run, "image_interventions", history=("task", "arm", "seed", "epoch", *_MEASURES))
    groups = dict(iter(run.to_frame().groupby(["task", "arm"], sort=False)))
    release = run.config["release"]
    arms = {
        key: _arms.arm(_label(*key), rows, _MEASURES, "epoch", None if key[1] in UNCHANGED else release)
        for key, rows in groups.items()
    }
    text = " ".join(_told(_label(*key), rows) for key, rows in groups.items())
    return _arms.page(run, "Interventions on images, and controls", arms, _MEASURES, "epoch", _questions(run), text)


def _questions(run: runs.Run) -> dict[str, Question]:
    task = run.config["tasks"][0]
    return {
        key: Question(text, tuple((task, arm) for arm in arms), measure, _answer(run, task, arms, measure))
        for key, (text, arms, measure) in _QUESTIONS.items()
    }


def _answer(run: runs.Run, task: str, arms: tuple[str, ...], measure: str) -> str:
    """Of each arm the medians over the seeds, at the release and at the end."""
    table = outcomes(run)
    then = table[table.task == task].groupby("arm").median(numeric_only=True)
    told = [
        f"{ARMS[arm]} {_percent(then.release_test_acc[arm])}, then {_percent(then.final_test_acc[arm])}"
        + (f" with κ at {cell(then.final_relative_flatness[arm])}" if measure == "relative_flatness" else "")
        for arm in arms
    ]
    return f"Median test accuracy at epoch {run.config['release']} and at the end: {'; '.join(told)}."


def _percent(share: float) -> str:
    return cell(100 * share, "{:.0f} %")


def _label(task: str, arm: str) -> str:
    return f"{task.replace('_', ' ')}: {ARMS.get(arm, arm)}"


def _told(label: str, rows: pd.DataFrame) -> str:
    """What a reader learns of one arm where no HTML is shown."""
    last = rows[rows.epoch == rows.epoch.max()].test_acc.median()
    return f"{label}: median test accuracy {last:.3f} at the end."
