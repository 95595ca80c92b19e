"""Two arms of the experiment `image_interventions` against each other, on either task, over the epochs."""

import pandas as pd

from ncbook import runs
from ncbook.explorables import _arms, _page
from ncbook.readings.image_interventions import ARMS, UNCHANGED

# column -> name on the page, and whether its axis is logarithmic
_MEASURES = {
    "test_acc": ("Test accuracy", False),
    "train_acc": ("Train accuracy", False),
    "relative_flatness": ("Relative flatness κ", True),
    "unit_flatness_bound": ("κ_τ, as the regularizer has it", True),
    "variance_ratio_train": ("Variance ratio R", True),
    "train_loss": ("Train loss", True),
    "head_norm": ("Norm of W", True),
}


def image_interventions(run: runs.Run) -> _page.Explorable:
    """Any one or two arms of `run`, one of `experiments.image_interventions`, over the epochs, in one of 7 measures.

    Raises ValueError, naming it, for a column that the run lacks.
    """
    _page.require(run, "image_interventions", history=("task", "arm", "seed", "epoch", *_MEASURES))
    groups = dict(iter(run.to_frame().groupby(["task", "arm"], sort=False)))
    release = run.config["release"]
    arms = [
        _arms.arm(_label(*key), rows, _MEASURES, "epoch", None if key[1] in UNCHANGED else release)
        for key, rows in groups.items()
    ]
    second = list(groups).index((run.config["tasks"][0], "kept_schedule"))
    text = " ".join(_told(_label(*key), rows) for key, rows in groups.items())
    return _arms.page(run, "Two interventions on images, compared", arms, _MEASURES, "epoch", second, text)


def _label(task: str, arm: str) -> str:
    return f"{task.replace('_', ' ')}: {ARMS.get(arm, arm)}"


def _told(label: str, rows: pd.DataFrame) -> str:
    """What a reader learns of one arm where no HTML is shown."""
    last = rows[rows.epoch == rows.epoch.max()].test_acc.median()
    return f"{label}: median test accuracy {last:.3f} at the end."
