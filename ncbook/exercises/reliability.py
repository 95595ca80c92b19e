"""Exercises of the chapter "Beyond the test set"."""

import math
from typing import Any

import torch

from ncbook import experiments, metrics, readings
from ncbook.exercises._exercise import Exercise, Trial, Written


def _ahead() -> float:
    """By how much the nearest image detects better than the best score of the most decayed network: median."""
    run = experiments.reliability.load()
    best = readings.reliability.best_score(run, readings.reliability.strongest(run))
    return float((readings.reliability.baselines(run)["nearest"] - best).median())


EXERCISES = {
    "reliability/factor": Exercise(
        lambda: math.log(9) / math.log(99),
        "with two classes the confidence is 1 / (1 + exp(-m)) with m the difference of the logits, and a factor "
        "multiplies m",
    ),
    "reliability/by-hand": Exercise(
        lambda: 0.08,
        "each of the two bins counts one half: five of ten points; its gap is the distance of the share that is right "
        "from the mean confidence",
    ),
    "reliability/ahead": Exercise(
        _ahead,
        "readings.reliability.baselines(run)['nearest'] and readings.reliability.best_score(run, 5e-3) have an entry a "
        "seed; take the median of the differences",
    ),
}


def _spread(count: int, dim: int, seed: int) -> torch.Tensor:
    return torch.randn(count, dim, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _features(offset: float) -> tuple[Any, ...]:
    train = 3 * _spread(4, 6, 1).repeat(10, 1) + 0.3 * _spread(40, 6, 2)
    return _spread(5, 6, 3) + offset, train - train.mean(0) + offset, 3


def _logits(sureness: float) -> tuple[Any, ...]:
    """Decisions are right where the network is less sure than 0.6, and by chance where it is more."""
    logits = sureness * _spread(60, 4, 4)
    confidence, decided = logits.softmax(1).max(1)
    return logits, torch.where(confidence < 0.6, decided, torch.arange(60) % 4)


FUNCTIONS = {
    "reliability/write-neco": Written(
        metrics.neco,
        (
            Trial("features around the origin", lambda: _features(0.0), "both lengths are of the same centered vector"),
            Trial(
                "features far from the origin",
                lambda: _features(20.0),
                "subtract the mean of the training features from both sets: without it the first axis is the mean",
            ),
        ),
    ),
    "reliability/write-ece": Written(
        lambda logits, labels: metrics.calibration_error(logits, labels, 10),
        (
            Trial(
                "logits that all fall into one bin",
                lambda: _logits(0.01),
                "the confidence is the largest probability, right or wrong; with one bin the error is the distance of "
                "its mean from the share of right decisions",
            ),
            Trial(
                "logits of many bins",
                lambda: _logits(3.0),
                "take the gap of the two means within each bin, its absolute value, and a weight of n_b / N",
            ),
        ),
    ),
}
