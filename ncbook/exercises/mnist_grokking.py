"""Exercises of the chapter "Grokking on real images"."""

import math

import torch

from ncbook import experiments, metrics, readings
from ncbook.exercises._exercise import Exercise
from ncbook.readings.mnist_grokking import FAR, NEAR, TWICE


def three_points() -> tuple[torch.Tensor, torch.Tensor]:
    """Features [3, 2] and the weight [2, 2] of a linear head."""
    return torch.tensor([[1.0, 2.0], [0.0, 1.0], [3.0, 0.0]]), torch.tensor([[1.0, -1.0], [0.0, 2.0]])


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
    "mnist_grokking/kappa": Exercise(
        lambda: metrics.relative_flatness_mse(*three_points()).item(),
        "twice the sum of all squared entries of W, times the mean over the points of the squared length of h",
        tolerance=1e-3,
    ),
    "mnist_grokking/later": Exercise(
        _later,
        "decay multiplies the weights by about 1 - rate * decay a step: after how many steps is 10 down to 8?",
    ),
    "mnist_grokking/norms": Exercise(
        _norms,
        'readings.mnist_grokking.by_arm(run, "norm", arms) has a row a seed and a column an arm; take medians',
    ),
}
