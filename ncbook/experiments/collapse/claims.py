"""Claims that `collapse` decides, and the rules by which it does."""

import pandas as pd

from ncbook.claims import read
from ncbook.evidence import SIGN, Evidence
from ncbook.readings.collapse import falls
from ncbook.readings.moments import COLLAPSED, FOLLOWS, log_slope
from ncbook.runs import Run


def _trials(run: Run) -> pd.DataFrame:
    """The networks and seeds at the first weight decay, as `falls` reads them."""
    table = falls(run)
    return table[table.weight_decay == run.config["weight_decays"][0]]


def _variability(run: Run) -> Evidence:
    table = _trials(run)
    fall, unit = table.phase_fall_train, "fold fall of NC1 on train"
    return Evidence.compared(table.seed, fall, ">=", COLLAPSED, unit, table.phase_tells)


def _halved(run: Run, *columns: str, unit: str) -> Evidence:
    """The end as a share of the start of the terminal phase, the largest among `columns`."""
    table = _trials(run)
    ratios = pd.DataFrame({name: table[f"{name}_end"] / table[f"{name}_start"] for name in columns})
    return Evidence.compared(table.seed, ratios.max(axis=1), "<=", 0.5, unit, table.phase_tells)


def _simplex(run: Run) -> Evidence:
    return _halved(run, "nc2_norms_train", "nc2_angles_train", unit="of the start: the slower of lengths and angles")


def _duality(run: Run) -> Evidence:
    return _halved(run, "nc3_train", unit="of NC3 at the start")


def _decisions(run: Run) -> Evidence:
    table = _trials(run)
    unit = "% of training points decided otherwise"
    return Evidence.compared(table.seed, 100 * table.nc4_train_end, "<=", 0.0, unit, table.phase_tells)


def _past_zero(run: Run) -> Evidence:
    """At the full rate throughout, so that nothing but time passes between the two readings."""
    table = _trials(run)
    change = 100 * (table.test_error_held - table.test_error_start)
    unit = "points change of test error in the terminal phase, at the full learning rate"
    return Evidence.compared(table.seed, change, "<", 0.0, unit, table.phase_at_full_rate, chance=SIGN)


def _no_test_collapse(run: Run) -> Evidence:
    """Only where the training set has collapsed can one ask whether the test set follows."""
    table = _trials(run)
    slope = log_slope(table.phase_fall_test, table.phase_fall_train)
    asked = table.phase_tells & (table.phase_fall_train >= COLLAPSED)
    return Evidence.compared(table.seed, slope, "<", FOLLOWS, "log-slope of NC1 on test against train", asked)


CLAIMS = read(
    __file__,
    {
        "variability-collapses": _variability,
        "class-means-form-a-simplex": _simplex,
        "classifier-meets-the-means": _duality,
        "nearest-mean-decides": _decisions,
        "training-past-zero-error-helps": _past_zero,
        "no-collapse-on-test": _no_test_collapse,
    },
)
