"""Two arms of the experiment `interventions` against each other: every seed of one measure over the training steps."""

from typing import Any

import pandas as pd

from ncbook import runs
from ncbook.explorables import _arms, _page

# column -> name on the page, and whether its axis is logarithmic
_MEASURES = {
    "test_acc": ("Test accuracy", False),
    "train_acc": ("Train accuracy", False),
    "kappa": ("Relative flatness κ", True),
    "variance_ratio_train": ("Variance ratio R", True),
    "train_loss": ("Train loss", True),
    "uncertainty": ("Uncertainty, mean of 1 - |p|²", True),
    "test_centre_acc": ("Nearest-centre test accuracy", False),
}
_LABELS = {
    "baseline": "baseline",
    "encouraged": "collapse encouraged",
    "prevented": "collapse prevented",
    "anti_released": "anti-flatness, released",
    "anti_kept": "anti-flatness, kept",
    "norms_released": "large norms, released",
    "confidence": "low confidence, released",
    "flooding": "flooding",
    "smoothing": "label smoothing",
    "baseline_schedule": "baseline, new schedule",
    "kept_schedule": "anti-flatness kept, new schedule",
}
_CHANGES = ("anti_released", "norms_released", "confidence", "baseline_schedule", "kept_schedule")


def interventions(run: runs.Run) -> _page.Explorable:
    """Any one or two arms of `run`, one of `experiments.interventions`, over the steps, in one of seven measures.

    Raises ValueError, naming it, for a column that the run lacks.
    """
    _arms.require_columns(run, ("arm", "seed", "step", *_MEASURES), "interventions")
    arms = [_arm(name, rows, run.config["release"]) for name, rows in run.to_frame().groupby("arm", sort=False)]
    second = list(run.config["arms"]).index("anti_released")
    return _arms.page(run, "Two interventions, compared", arms, _MEASURES, "step", second, _summary(arms))


def _arm(name: str, rows: pd.DataFrame, release: int) -> dict[str, Any]:
    """One arm for the page; reached, of each seed its first probed step with 99 % test accuracy or None."""
    first = rows[rows.test_acc >= 0.99].groupby("seed").step.first()
    about = _arms.arm(_LABELS.get(name, name), rows, _MEASURES, "step", release if name in _CHANGES else None)
    return about | {"reached": [int(first[seed]) if seed in first.index else None for seed in rows.seed.unique()]}


def _summary(arms: list[dict[str, Any]]) -> str:
    lines = []
    for arm in arms:
        there = sum(step is not None for step in arm["reached"])
        lines.append(f"{arm['label']}: {there} of {len(arm['reached'])} seeds reach 99 % test accuracy.")
    return " ".join(lines)
