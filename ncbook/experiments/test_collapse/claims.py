"""Claims that `test_collapse` decides, and the rules by which it does."""

import math

import numpy as np
import pandas as pd

from ncbook.claims import not_tested, read
from ncbook.evidence import SIGN, Evidence, correlation_chance
from ncbook.readings.moments import COLLAPSED, FOLLOWS, log_slope
from ncbook.readings.test_collapse import CORRELATED, correlations, protocols, read_at, terminal
from ncbook.runs import Run


def _decayed(run: Run) -> pd.DataFrame:
    table = terminal(run)
    return table[table.weight_decay == run.config["weight_decays"][1]]


def _train(run: Run) -> Evidence:
    table = _decayed(run)
    falls = table.variance_ratio_train_phase_fall
    return Evidence.compared(table.seed, falls, ">=", COLLAPSED, "fold fall on train", table.phase_tells)


def _follows_not(run: Run, ratio: str, unit: str) -> Evidence:
    """Only where the training set has collapsed can one ask whether new points follow."""
    table = _decayed(run)
    train = table.variance_ratio_train_phase_fall
    slope = log_slope(table[f"{ratio}_phase_fall"], train)
    return Evidence.compared(table.seed, slope, "<", FOLLOWS, unit, table.phase_tells & (train >= COLLAPSED))


def _no_strong(run: Run) -> Evidence:
    return _follows_not(run, "variance_ratio_test", "log-slope of the fall on new points against train")


def _no_weak(run: Run) -> Evidence:
    return _follows_not(run, "variance_ratio_weak", "log-slope of the fall of the weak ratio against train")


def _by_seed(run: Run, rows: pd.DataFrame, *columns: str) -> pd.Series:
    """The rank correlation over the sizes of every seed, nan where a size did not get there."""
    return correlations(rows, *columns).reindex(run.config["seeds"])


def _chance(run: Run) -> float:
    """That noise has a rank correlation over the sizes that counts as one, of a given sign."""
    return correlation_chance(len(run.config["sizes"]), CORRELATED)


def _equal_loss(run: Run) -> pd.Series:
    return _by_seed(run, read_at(run, *protocols(run)["loss"]))


def _anti_correlation(run: Run) -> Evidence:
    found = _equal_loss(run)
    unit = "rank correlation at equal loss"
    return Evidence.compared(found.index, found, "<=", -CORRELATED, unit, chance=_chance(run))


def _only_equal_loss(run: Run) -> Evidence:
    """Of the seeds with the anti-correlation at equal loss: the correlation at equal epochs."""
    found, unit = _by_seed(run, read_at(run, *protocols(run)["epochs"])), "rank correlation at equal epochs"
    there = _equal_loss(run) <= -CORRELATED
    return Evidence.compared(found.index, found, ">", -CORRELATED, unit, there, chance=1 - _chance(run))


def _ends(run: Run) -> list[tuple[pd.DataFrame, pd.Series]]:
    """Of each weight decay: the last step of every training, and by seed whether one of them ends in a burst."""
    burst = terminal(run).groupby(["weight_decay", "seed"], sort=False).burst.any()
    steps = run.config["steps"]
    return [(read_at(run, "steps", steps, decay), burst.loc[decay]) for decay in run.config["weight_decays"]]


def _slower(run: Run) -> Evidence:
    trials = []
    for end, burst in _ends(run):
        found = _by_seed(run, end, "per_class", "variance_ratio_train")
        trials.append(pd.DataFrame({"found": found, "calm": ~burst.reindex(found.index)}))
    table, unit = pd.concat(trials), "rank correlation with n"
    return Evidence.compared(table.index, table.found, ">=", CORRELATED, unit, table.calm, chance=_chance(run))


def _approach(run: Run) -> Evidence:
    """Of each weight decay and seed: how many times smaller the gap is at the largest size than at the smallest."""
    trials = []
    for end, burst in _ends(run):
        rows = end.set_index(["seed", "per_class"])
        gaps = (rows.variance_ratio_test - rows.variance_ratio_train).unstack()
        falls = (gaps.diff(axis=1).iloc[:, 1:] < 0).all(axis=1)
        shrunk = gaps.iloc[:, 0] / gaps.iloc[:, -1]
        trials.append(pd.DataFrame({"falls": falls, "shrunk": shrunk, "calm": ~burst.reindex(gaps.index)}))
    table, unit = pd.concat(trials), "times smaller at the largest n"
    chance = 1 / math.factorial(len(run.config["sizes"]))  # that noise has this one order of the sizes
    return Evidence.of(table.index, table.falls, table.shrunk, unit, table.calm & np.isfinite(table.shrunk), chance)


def _longer(run: Run) -> Evidence:
    table = terminal(run)
    falls, unit = table.variance_ratio_test_phase_fall, "fold fall on new points"
    return Evidence.compared(table.seed, falls, ">", 1.0, unit, table.phase_tells, chance=SIGN)


CLAIMS = read(
    __file__,
    {
        "train-collapse-at-fixed-size": _train,
        "no-strong-test-collapse": _no_strong,
        "no-weak-test-collapse": _no_weak,
        "train-test-anti-correlation": _anti_correlation,
        "anti-correlation-only-at-equal-loss": _only_equal_loss,
        "more-data-collapses-more-slowly": _slower,
        "test-collapse-approaches-train": _approach,
        "longer-training-tightens-test": _longer,
        "no-test-collapse-at-the-published-size": not_tested,
        "anti-correlation-at-the-published-loss": not_tested,
    },
)
