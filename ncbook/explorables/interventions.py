"""Two arms of the experiment `interventions` against each other: every seed of one measure over the training steps."""

from typing import Any

import pandas as pd

from ncbook import runs
from ncbook.explorables import _arms, _page
from ncbook.readings import interventions as reading
from ncbook.readings import moments

# column -> name on the page, and whether its axis is logarithmic
_MEASURES = {
    "test_acc": ("Test accuracy", False),
    "train_acc": ("Train accuracy", False),
    "relative_flatness": ("Relative flatness κ", True),
    "variance_ratio_train": ("Variance ratio R", True),
    "train_loss": ("Train loss", True),
    "uncertainty_train": ("Uncertainty, mean of 1 - |p|²", True),
    "ncc_acc_test": ("Nearest-center test accuracy", False),
}


def interventions(run: runs.Run) -> _page.Explorable:
    """Any one or two arms of `run`, one of `experiments.interventions`, over the steps, in one of seven measures.

    Raises ValueError, naming it, for a column that the run lacks.
    """
    _page.require(run, "interventions", history=("arm", "seed", "step", *_MEASURES))
    arms = [_arm(name, rows, run.config["release"]) for name, rows in run.to_frame().groupby("arm", sort=False)]
    second = list(run.config["arms"]).index("anti_released")
    return _arms.page(run, "Two interventions, compared", arms, _MEASURES, "step", second, _summary(arms))


def _arm(name: str, rows: pd.DataFrame, release: int) -> dict[str, Any]:
    """One arm for the page; reached, of each seed the moment of 99 % test accuracy, None for never."""
    reached = [moments.generalized(own) for _, own in rows.groupby("seed", sort=False)]
    change = release if name in (*reading.RELEASED, *reading.SCHEDULED) else None
    about = _arms.arm(reading.ARMS.get(name, name), rows, _MEASURES, "step", change)
    return about | {"reached": [None if step == moments.NEVER else int(step) for step in reached]}


def _summary(arms: list[dict[str, Any]]) -> str:
    lines = []
    for arm in arms:
        there = sum(step is not None for step in arm["reached"])
        lines.append(f"{arm['label']}: {there} of {len(arm['reached'])} seeds reach 99 % test accuracy.")
    return " ".join(lines)
