"""Claims that `test_collapse` decides, and the rules by which it does."""

import math
from functools import partial

import numpy as np
import pandas as pd

from ncbook.claims import not_tested, read
from ncbook.evidence import SIGN, Evidence, correlation_chance
from ncbook.readings.moments import COLLAPSED, FOLLOWS, log_slope
from ncbook.readings.test_collapse import CORRELATED, KEYS, RULES, all_tell, over_difficulties, terminal
from ncbook.runs import Run

DIFFICULTIES = (55, 65, 75, 85)  # in hundredths: each has a row of its own
_SLOPE = "log-slope of the fall on new points against train"


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
    return _follows_not(run, "variance_ratio_test", _SLOPE)


def _less_than_half(run: Run) -> Evidence:
    """Of every training with weight decay, whether or not it has collapsed on train."""
    table = _decayed(run)
    slope = log_slope(table.variance_ratio_test_phase_fall, table.variance_ratio_train_phase_fall)
    return Evidence.compared(table.seed, slope, "<", FOLLOWS, _SLOPE, table.phase_tells, SIGN)


def _no_weak(run: Run) -> Evidence:
    return _follows_not(run, "variance_ratio_weak", "log-slope of the fall of the weak ratio against train")


def _chance(run: Run) -> float:
    """That noise has a rank correlation over the sizes that counts as one, of a given sign."""
    return correlation_chance(len(run.config["sizes"]), CORRELATED)


def _plain(run: Run) -> pd.DataFrame:
    """The rank correlations without weight decay: a row a difficulty and seed."""
    table = over_difficulties(run).reset_index()
    return table[table.weight_decay == run.config["weight_decays"][0]]


def _opposed(run: Run, table: pd.DataFrame, rule: str) -> Evidence:
    """Train and new images are ordered against each other over the sizes."""
    unit = f"rank correlation at {RULES[rule]}"
    found = table[f"train_new_{rule}"]
    return Evidence.compared(table.seed, found, "<=", -CORRELATED, unit, table.tells, chance=_chance(run))


def _anti_correlation(run: Run) -> Evidence:
    return _opposed(run, _plain(run), "loss")


def _anti_correlation_steps(run: Run) -> Evidence:
    return _opposed(run, _plain(run), "steps")


def _anti_correlation_at(difficulty: float, run: Run) -> Evidence:
    table = _plain(run)
    return _opposed(run, table[table.difficulty == difficulty], "loss")


def _only_equal_loss(run: Run) -> Evidence:
    """Where there is the anti-correlation at equal loss: the correlation at equal epochs."""
    table, unit = _plain(run), "rank correlation at equal epochs"
    there = table.tells & (table.train_new_loss <= -CORRELATED)
    return Evidence.compared(table.seed, table.train_new_epochs, ">", -CORRELATED, unit, there, chance=1 - _chance(run))


def _together(run: Run) -> Evidence:
    """Train and new images are ordered alike over the sizes; before a terminal phase, too."""
    table, unit = _plain(run), f"rank correlation at {RULES['epochs']}"
    return Evidence.compared(table.seed, table.train_new_epochs, ">=", CORRELATED, unit, chance=_chance(run))


def _slower(run: Run) -> Evidence:
    table, unit = over_difficulties(run).reset_index(), "rank correlation with n"
    return Evidence.compared(
        table.seed, table.size_train_steps, ">=", CORRELATED, unit, table.tells, chance=_chance(run)
    )


def _less_at_equal_loss(run: Run) -> Evidence:
    table, unit = _plain(run), "rank correlation with n"
    return Evidence.compared(
        table.seed, table.size_train_loss, ">=", CORRELATED, unit, table.tells, chance=_chance(run)
    )


def _approach(run: Run) -> Evidence:
    """Of each series of sizes: how many times smaller the gap is at the largest size than at the smallest."""
    series = ["weight_decay", "difficulty", "seed"]
    ends = run.to_frame().groupby(KEYS, sort=False).tail(1)
    gap = (ends.variance_ratio_test - ends.variance_ratio_train).rename("gap")
    gaps = ends[KEYS].join(gap).pivot(index=series, columns="per_class", values="gap")
    falls = (gaps.diff(axis=1).iloc[:, 1:] < 0).all(axis=1)
    shrunk = gaps.iloc[:, 0] / gaps.iloc[:, -1]
    tells = all_tell(run).reindex(gaps.index) & np.isfinite(shrunk)
    chance = 1 / math.factorial(len(run.config["sizes"]))  # that noise has this one order of the sizes
    unit = "times smaller at the largest n"
    return Evidence.of(gaps.index.get_level_values("seed"), falls, shrunk, unit, tells, chance)


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
        "anti-correlation-at-equal-steps": _anti_correlation_steps,
        **{
            f"anti-correlation-at-difficulty-{each}": partial(_anti_correlation_at, each / 100) for each in DIFFICULTIES
        },
        "anti-correlation-only-at-equal-loss": _only_equal_loss,
        "more-data-collapses-more-slowly": _slower,
        "more-data-less-collapse-at-equal-loss": _less_at_equal_loss,
        "test-collapse-approaches-train": _approach,
        "longer-training-tightens-test": _longer,
        "mnist-correlation-after-equal-epochs": _together,
        "mnist-new-images-follow-less": _less_than_half,
        "no-test-collapse-at-the-published-size": not_tested,
        "anti-correlation-at-the-published-loss": not_tested,
    },
)
