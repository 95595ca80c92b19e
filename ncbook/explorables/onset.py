"""When each measure of the experiment `onset` crosses, under a rule that the reader chooses."""

import numpy as np
import pandas as pd

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings.onset import ADDITION, leads, scaled

# column -> name on the page, its kind (a mark of core.js), and whether its way is measured in the logarithm
_MEASURES = {
    "relative_flatness": ("Relative flatness κ", 1, True),
    "train_loss": ("Training loss", 1, True),
    "fourier_gini": ("Gini coefficient", 2, True),
    "weight_norm": ("Norm of all weights", 2, True),
    "ncc_acc_test": ("Center accuracy, test", 2, False),
    "cdnv_train": ("CDNV", 0, True),
    "variance_ratio_train": ("Variance ratio R", 0, True),
    "nc1_train": ("NC1", 0, True),
    "rnc1_train": ("RNC1", 0, True),
}


def onset(run: runs.Run) -> _page.Explorable:
    """The lead of nine measures over the test accuracy in each seed of `run`, one of `experiments.onset`.

    Raises ValueError, naming it, for a column that the run lacks.
    """
    _page.require(run, "onset", history=("part", "seed", "step", "train_acc", "test_acc", *_MEASURES))
    frame, found = run.to_frame(), leads(run)
    frame = frame[frame.part == ADDITION]
    data = {
        "steps": np.sort(frame.step.unique()).tolist(),
        "measures": [{"label": text, "kind": kind, "log": log} for text, kind, log in _MEASURES.values()],
        "seeds": found.index.tolist(),
        **{name: found[name].tolist() for name in ("memorized", "generalized", "onset")},
        "curves": [_page.pack(_table(frame, name, found.memorized)) for name in _MEASURES],
        "last": run.config["last"],
        "least": [float(np.log(run.config["least_fold"])), run.config["least_change"]],
    }
    title = "Who comes first, under your rule"
    body = _page.body("onset", run, seeds=len(found))
    return _page.Explorable("onset", title, body, data, f"{title}. {_summary(run, found)}")


def _table(frame: pd.DataFrame, name: str, memorized: pd.Series) -> np.ndarray:
    """[S, P] of the seeds that generalize: logarithms, less the one at memorization, or the accuracy."""
    table = frame.pivot(index="seed", columns="step", values=name).loc[memorized.index]
    values: np.ndarray = scaled(table.to_numpy(dtype=float), name)
    if not _MEASURES[name][2]:
        return values
    starts = np.searchsorted(table.columns.to_numpy(), memorized.to_numpy())
    values -= values[np.arange(len(values)), starts][:, None]
    return values


def _summary(run: runs.Run, found: pd.DataFrame) -> str:
    """What a reader learns where no HTML is shown."""
    told = [f"{label} {_median(found[name])}." for name, (label, *_) in _MEASURES.items()]
    how = "Half of the way to the end of training: median steps by which a measure crosses before the test accuracy."
    return " ".join([how, *told, runs.provenance_line(run)])


def _median(own: pd.Series) -> str:
    return f"{own.median():.0f}" if own.notna().any() else "hardly changes"
