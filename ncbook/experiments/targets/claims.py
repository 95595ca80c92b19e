"""What is claimed of targets that are numbers or sets of labels, and the rules by which a run decides."""

import pandas as pd

from ncbook.claims import read
from ncbook.evidence import Evidence
from ncbook.readings.targets import (
    ALL,
    COLLAPSED_SHARE,
    DIGITS,
    FITTED_SHARE,
    FREE_LABELS,
    FREE_NUMBERS,
    LABELS,
    PICK_ALL,
    REGRESSION,
    SHUFFLED,
    SOME,
    TWO,
    beside_pixels,
    decay_of,
    ends,
    starts,
)
from ncbook.runs import Run

_NEAR_MINIMUM, _NEAR_SHAPE = 1e-6, 1e-3
_AT_START = 0.3  # share outside of the components before training
_TWICE, _HALF = 2.0, 0.5
_OFF_SIMPLEX = 0.1
_POINTS = 10.0  # percentage points more errors on unseen pairs
_THIRD = 1 / 3  # how often the first of three is the smallest by chance


def _free_numbers(run: Run) -> Evidence:
    table = ends(run, FREE_NUMBERS)
    shaped = (table.gram_closed <= _NEAR_SHAPE) | (table.rank_minimum == 0)
    holds = (table.above_minimum.abs() <= _NEAR_MINIMUM) & (table["output_rank"] == table.rank_minimum) & shaped
    return Evidence.of(table.seed, holds, table.above_minimum.abs(), "of the minimum from the closed form")


def _regression(run: Run, decayed: bool, *datasets: str) -> pd.DataFrame:
    """The last rows with the weight decay, or without, that have fitted their targets or not; `began`, at the start."""
    decay = decay_of(run) if decayed else 0.0
    keys = ["dataset", "weight_decay", "seed"]
    before = starts(run, REGRESSION).set_index(keys).outside_components_train.rename("began")
    table = ends(run, REGRESSION).join(before, on=keys)
    table = table[(table.weight_decay == decay) & table.dataset.isin(datasets)]
    return table.assign(fitted=table.unexplained_train <= FITTED_SHARE)


def _fall(run: Run) -> Evidence:
    table = _regression(run, True, TWO, DIGITS)
    worst = table[["outside_components_train", "outside_rows_train"]].max(axis=1)
    told = table.fitted & (table.began > _AT_START)
    return Evidence.compared(table.seed, worst, "<=", COLLAPSED_SHARE, "of the variance outside", told)


def _no_fall(run: Run) -> Evidence:
    table = _regression(run, False, TWO, DIGITS)
    worst = table[["outside_components_train", "outside_rows_train"]].max(axis=1)
    return Evidence.compared(table.seed, worst, ">", COLLAPSED_SHARE, "of the variance outside", table.fitted)


def _new_points(run: Run) -> Evidence:
    table = _regression(run, True, TWO, DIGITS, SHUFFLED)
    times = table.outside_components_test / table.outside_components_train
    told = table.outside_components_train <= COLLAPSED_SHARE
    return Evidence.compared(table.seed, times, "<=", _TWICE, "times the share of the training points", told)


def _without_learning(run: Run) -> Evidence:
    table = _regression(run, True, SHUFFLED)
    worst = table[["outside_components_train", "outside_rows_train"]].max(axis=1)
    told = table.fitted & (table.unexplained_test >= 1)
    return Evidence.compared(table.seed, worst, "<=", COLLAPSED_SHARE, "of the variance outside", told)


def _root(run: Run) -> Evidence:
    table = _regression(run, True, TWO, SHUFFLED)
    others = table[["gram_covariance", "gram_identity"]].min(axis=1)
    share, unit = table.gram_root / others, "times the distance from the nearer of the two"
    return Evidence.compared(table.seed, share, "<", 1, unit, table.fitted, _THIRD)


def _free_labels(run: Run) -> Evidence:
    table = ends(run, FREE_LABELS)
    table = table[table.arm == PICK_ALL]
    near = (table.above_minimum.abs() <= _NEAR_MINIMUM) & (table.average_residual_train <= _NEAR_MINIMUM)
    holds = near & (table.off_simplex <= _NEAR_SHAPE)
    return Evidence.of(table.seed, holds, table.off_simplex, "distance from a simplex")


def _labels(run: Run, dataset: str) -> pd.DataFrame:
    """The last rows with the pick-all-label loss and weight decay."""
    table = beside_pixels(run, ends(run, LABELS))
    return table[(table.dataset == dataset) & (table.arm == PICK_ALL) & (table.weight_decay == decay_of(run))]


def _averages(run: Run) -> Evidence:
    table = _labels(run, ALL)
    left = table.average_residual_train
    holds = (left <= COLLAPSED_SHARE) & (left <= _HALF * table.pixel_residual)
    return Evidence.of(table.seed, holds, left, "of the differences unexplained", table.train_error == 0)


def _simplex(run: Run) -> Evidence:
    table = _labels(run, ALL)
    unit = "from the cosine of a simplex"
    return Evidence.compared(table.seed, table.nc2_angles_train, "<=", _OFF_SIMPLEX, unit, table.train_error == 0)


def _unseen(run: Run) -> Evidence:
    table = _labels(run, SOME)
    more = 100 * (table.unseen_error_test - table.pair_error_test)
    told = (table.train_error == 0) & (table.average_residual_train <= COLLAPSED_SHARE)
    return Evidence.compared(table.seed, more, "<=", _POINTS, "points more errors on unseen pairs", told)


CLAIMS = read(
    __file__,
    {
        "regression-free-minimum": _free_numbers,
        "regression-features-fall": _fall,
        "regression-needs-decay": _no_fall,
        "regression-new-points-fall": _new_points,
        "regression-collapse-without-learning": _without_learning,
        "regression-head-is-the-root": _root,
        "multilabel-free-minimum": _free_labels,
        "multilabel-pairs-are-averages": _averages,
        "multilabel-singles-are-a-simplex": _simplex,
        "multilabel-unseen-pairs": _unseen,
    },
)
