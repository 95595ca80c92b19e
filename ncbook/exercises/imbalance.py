"""Exercises of the chapter "When classes are not equal"."""

from typing import Any

import torch
from torch import Tensor

from ncbook import experiments, metrics, readings
from ncbook.exercises._exercise import Exercise, Trial, Written
from ncbook.readings.imbalance import FEW, HEAD, PLAIN


def _unequal() -> float:
    """By how many points rare classes are better off where every class is as rare: median over the seeds."""
    run = experiments.imbalance.load()
    found = readings.imbalance.beside(run, f"rare_acc_{HEAD}").loc[readings.imbalance.strongest(run)]
    return float(100 * (found[FEW] - found[PLAIN]).median())


EXERCISES = {
    "imbalance/threshold": Exercise(
        lambda: metrics.minority_collapse_ratio(10, 5, 100, 3e-3, 3e-3),
        "N = 500 + 500 / R points and n = 100 / R in a rare class: sqrt(n) = N r is a quadratic equation for sqrt(R), "
        "whose larger root counts",
    ),
    "imbalance/reweighted": Exercise(
        lambda: 1 / (10 * 5e-3) ** 2,
        "with weights the loss falls by (m - 1) / (K sqrt(n)) for each unit of s, since every class has the share 1/K "
        "of the loss; compare it with (m - 1) r",
    ),
    "imbalance/unequal": Exercise(
        _unequal,
        "readings.imbalance.beside(run, 'rare_acc_head').loc[5e-3] has a row a seed and a column an arm; take the "
        "median of the differences seed by seed, in percentage points",
    ),
}


def _rows_gram(counts: Any) -> Tensor:
    return metrics.seli(counts).classifier_gram


def _counts(*counts: float) -> tuple[Any, ...]:
    return (torch.tensor(counts, dtype=torch.float64),)


FUNCTIONS = {
    "imbalance/write-seli": Written(
        _rows_gram,
        (
            Trial(
                "equal classes", lambda: _counts(10, 10, 10), "Z Z^T is n C for equal classes, and its root sqrt(n) C"
            ),
            Trial(
                "classes of four sizes",
                lambda: _counts(100, 100, 20, 4, 1),
                "Z Z^T = C diag(n) C, since each class adds as many equal columns as it has points; its root is not "
                "C diag(sqrt(n)) C",
            ),
        ),
    ),
}
