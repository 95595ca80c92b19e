"""Two arms of the experiment `image_interventions` against each other, on either task, over the epochs."""

import pandas as pd

from ncbook import runs
from ncbook.explorables import _arms, _page

# column -> name on the page, and whether its axis is logarithmic
_MEASURES = {
    "val_acc": ("Validation accuracy", False),
    "train_acc": ("Train accuracy", False),
    "kappa": ("Relative flatness κ", True),
    "paper_kappa": ("κ_τ, as the regularizer has it", True),
    "variance_ratio_train": ("Variance ratio R", True),
    "train_loss": ("Train loss", True),
    "head_norm": ("Norm of W", True),
}
_LABELS = {
    "baseline": "baseline",
    "baseline_schedule": "baseline, new schedule",
    "encouraged": "collapse encouraged",
    "prevented": "collapse prevented",
    "flatter": "flatness encouraged",
    "anti_released": "anti-flatness, released",
    "released_schedule": "anti-flatness released, new schedule",
    "anti_kept": "anti-flatness, kept",
    "kept_schedule": "anti-flatness kept, new schedule",
    "anti_pinned": "anti-flatness, head from the cap",
    "confidence": "low confidence",
    "confidence_pinned": "low confidence, head from the cap",
    "pinned": "head from the cap",
    "norms": "large head",
    "flooding": "flooding",
    "smoothing": "label smoothing",
}
_UNCHANGED = ("baseline", "encouraged", "prevented", "flatter", "anti_kept", "pinned")


def image_interventions(run: runs.Run) -> _page.Explorable:
    """Any one or two arms of `run`, one of `experiments.image_interventions`, over the epochs, in one of 7 measures.

    Raises ValueError, naming it, for a column that the run lacks.
    """
    _arms.require_columns(run, ("task", "arm", "seed", "epoch", *_MEASURES), "image_interventions")
    groups = dict(iter(run.to_frame().groupby(["task", "arm"], sort=False)))
    release = run.config["release"]
    arms = [
        _arms.arm(_label(*key), rows, _MEASURES, "epoch", None if key[1] in _UNCHANGED else release)
        for key, rows in groups.items()
    ]
    second = list(groups).index((run.config["tasks"][0], "kept_schedule"))
    text = " ".join(_told(_label(*key), rows) for key, rows in groups.items())
    return _arms.page(run, "Two interventions on images, compared", arms, _MEASURES, "epoch", second, text)


def _label(task: str, arm: str) -> str:
    return f"{task.replace('_', ' ')}: {_LABELS.get(arm, arm)}"


def _told(label: str, rows: pd.DataFrame) -> str:
    """What a reader learns of one arm where no HTML is shown."""
    last = rows[rows.epoch == rows.epoch.max()].val_acc.median()
    return f"{label}: median validation accuracy {last:.3f} at the end."
