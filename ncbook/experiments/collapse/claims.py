"""Claims that `collapse` decides, and the rules by which it does."""

import numpy as np
import pandas as pd

from ncbook.claims import Evidence, read
from ncbook.readings.collapse import COLLAPSED, falls
from ncbook.runs import Run


def _trials(run: Run) -> pd.DataFrame:
    """The networks and seeds at the first weight decay, as `falls` reads them."""
    table = falls(run)
    return table[table.weight_decay == run.config["weight_decays"][0]]


def _variability(run: Run) -> Evidence:
    fall = _trials(run).fall_train.fillna(0.0)
    return Evidence.of(fall >= COLLAPSED, fall, "fold fall of NC1 on train")


def _halved(run: Run, *columns: str, unit: str) -> Evidence:
    """The end as a share of the start, the largest among `columns`; inf without a terminal phase."""
    table = _trials(run)
    ratios = pd.DataFrame({name: table[f"{name}_end"] / table[f"{name}_then"] for name in columns})
    largest = ratios.max(axis=1).fillna(np.inf)
    return Evidence.of(largest <= 0.5, largest, unit)


def _simplex(run: Run) -> Evidence:
    return _halved(run, "nc2_norms_train", "nc2_angles_train", unit="of the start: the slower of lengths and angles")


def _duality(run: Run) -> Evidence:
    return _halved(run, "nc3_train", unit="of NC3 at the start")


def _decisions(run: Run) -> Evidence:
    table = _trials(run)
    ends = 100 * table.nc4_train_end[np.isfinite(table.zero_error_epoch)]
    return Evidence.of(ends.reindex(table.index) == 0, ends, "% of training points decided otherwise")


def _test_error(run: Run) -> Evidence:
    table = _trials(run)
    changes = 100 * (table.test_error_end - table.test_error_then)
    return Evidence.of(changes <= 0, changes.dropna(), "percentage points")


def _no_test_collapse(run: Run) -> Evidence:
    """Without a terminal phase there is no fall to speak of, and nothing that holds."""
    fall = _trials(run).fall_test.fillna(0.0)
    return Evidence.of((fall > 0) & (fall < COLLAPSED), fall, "fold fall of NC1 on test")


CLAIMS = read(
    __file__,
    {
        "variability-collapses": _variability,
        "class-means-form-a-simplex": _simplex,
        "classifier-meets-the-means": _duality,
        "nearest-mean-decides": _decisions,
        "training-past-zero-error-helps": _test_error,
        "no-collapse-on-test": _no_test_collapse,
    },
)
