"""Exercises of the chapter "Grokking on real images"."""

import math

import torch
from torch import Tensor

from ncbook import experiments, metrics, readings
from ncbook.exercises._exercise import Exercise, Trial, Written
from ncbook.readings.mnist_grokking import FAR, NEAR, TWICE


def _later() -> float:
    """Steps by which decay alone takes longer from a start times 10 than from one times 8."""
    config = experiments.mnist_grokking.load().config
    far, usual = (readings.mnist_grokking.settings(config, arm) for arm in (FAR, TWICE))
    return math.log(far["factor"] / usual["factor"]) / far["product"]


def _norms() -> float:
    """Median norm at the onset from a start times 10 over that from one times 6."""
    norms = readings.mnist_grokking.by_arm(experiments.mnist_grokking.load(), "norm", (NEAR, FAR))
    return float(norms[FAR].median() / norms[NEAR].median())


EXERCISES = {
    "mnist_grokking/later": Exercise(
        _later,
        "decay multiplies the weights by about 1 - rate * decay a step: after how many steps is 10 down to 8?",
    ),
    "mnist_grokking/norms": Exercise(
        _norms,
        'readings.mnist_grokking.by_arm(run, "norm", arms) has a row a seed and a column an arm; take medians',
    ),
}


def _three_points() -> tuple[Tensor, Tensor]:
    """Features [3, 2] with mean 0, and a weight [2, 2]."""
    return torch.tensor([[1.0, 2.0], [-4.0, -1.0], [3.0, -1.0]]), torch.tensor([[1.0, -1.0], [0.0, 2.0]])


def _points(count: int, shift: float) -> tuple[Tensor, Tensor]:
    """Features [count, 5], moved by `shift`, and a weight [3, 5]."""
    chance = torch.Generator().manual_seed(0)
    features = torch.randn(count, 5, generator=chance, dtype=torch.float64)
    return features - features.mean(0) + shift, torch.randn(3, 5, generator=chance, dtype=torch.float64)


FUNCTIONS = {
    "mnist_grokking/write-kappa": Written(
        metrics.relative_flatness_mse,
        (
            Trial("three points", _three_points, "it is twice the sum of all squared entries of W, times a mean"),
            Trial(
                "features that lie far from the origin",
                lambda: _points(3, 10.0),
                "the length of a feature is that from the origin: nothing is subtracted",
            ),
            Trial("forty points", lambda: _points(40, 0.0), "the squared lengths are averaged over the points"),
        ),
    ),
}
