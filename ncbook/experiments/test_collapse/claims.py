"""Claims that `test_collapse` decides, and the rules by which it does."""

import numpy as np
import pandas as pd

from ncbook.claims import Evidence, read
from ncbook.readings.test_collapse import CORRELATED, TENFOLD, correlations, protocols, read_at, terminal
from ncbook.runs import Run


def _decayed(run: Run) -> pd.DataFrame:
    """The arms with weight decay that reach zero training error."""
    table = terminal(run)
    return table[(table.weight_decay == run.config["weight_decays"][1]) & np.isfinite(table.zero_error)]


def _train(run: Run) -> Evidence:
    falls = _decayed(run).variance_ratio_train_fall
    return Evidence.of(falls >= TENFOLD, falls, "fold fall on train")


def _no_strong(run: Run) -> Evidence:
    falls = _decayed(run).variance_ratio_test_fall
    return Evidence.of(falls < TENFOLD, falls, "fold fall on test")


def _no_weak(run: Run) -> Evidence:
    falls = _decayed(run).variance_ratio_weak_fall
    return Evidence.of(falls < TENFOLD, falls, "fold fall of the weak ratio")


def _equal_loss(run: Run) -> pd.Series:
    return correlations(read_at(run, *protocols(run)["loss"]))


def _anti_correlation(run: Run) -> Evidence:
    found = _equal_loss(run)
    return Evidence.of(found <= -CORRELATED, found, "rank correlation at equal loss")


def _only_equal_loss(run: Run) -> Evidence:
    """Of the seeds with the anti-correlation at equal loss: the correlation at equal epochs."""
    there = _equal_loss(run)
    found = correlations(read_at(run, *protocols(run)["epochs"]))
    found = found[[seed for seed in found.index if there.get(seed, 0.0) <= -CORRELATED]]
    return Evidence.of(found > -CORRELATED, found, "rank correlation at equal epochs")


def _ends(run: Run) -> list[pd.DataFrame]:
    """The last step of every training, a table a weight decay."""
    return [read_at(run, "steps", run.config["steps"], decay) for decay in run.config["weight_decays"]]


def _slower(run: Run) -> Evidence:
    found = pd.concat([correlations(end, "per_class", "variance_ratio_train") for end in _ends(run)])
    return Evidence.of(found >= CORRELATED, found, "rank correlation with n")


def _approach(run: Run) -> Evidence:
    """Of each weight decay and seed: how many times smaller the gap is at the largest size than at the smallest."""
    end = pd.concat(_ends(run)).set_index(["weight_decay", "seed", "per_class"])
    gaps = (end.variance_ratio_test - end.variance_ratio_train).unstack()
    falls = (gaps.diff(axis=1).iloc[:, 1:] < 0).all(axis=1)
    return Evidence.of(falls, gaps.iloc[:, 0] / gaps.iloc[:, -1], "times smaller at the largest n")


def _longer(run: Run) -> Evidence:
    table = terminal(run)
    falls = table[np.isfinite(table.zero_error)].variance_ratio_test_fall
    return Evidence.of(falls > 1, falls, "fold fall on test")


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
    },
)
