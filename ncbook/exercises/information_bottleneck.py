"""Exercises of the chapter "The information bottleneck"."""

import math

import torch
from torch import Tensor

from ncbook import experiments, metrics, readings
from ncbook.exercises._exercise import Exercise, Trial, Written


def _scaled_fall() -> float:
    """Median over the seeds of the fall of MI(X; T) with ReLU at scaled noise, nats."""
    found = readings.information_bottleneck.compression(experiments.information_bottleneck.load())
    return float(found[(found.estimator == "scaled noise") & (found.activation == "relu")].fall.median())


EXERCISES = {
    "bottleneck/correlation": Exercise(
        lambda: math.sqrt(3) / 2, "one bit is log 2 nats; solve -1/2 log(1 - r^2) = log 2 for r"
    ),
    "bottleneck/two-points": Exercise(
        lambda: math.sqrt(-2 * math.log(math.sqrt(2) - 1)),
        "with two points the inner sum has the terms 1 and exp(-D^2 / 2): what must their mean be?",
    ),
    "bottleneck/transition": Exercise(
        lambda: 1.25, "Sigma_B is the variance of the class means: which lambda, and which 1 / (1 - lambda)?"
    ),
    "bottleneck/scaled-fall": Exercise(
        _scaled_fall,
        "take the rows of `readings.information_bottleneck.compression(run)` with estimator 'scaled noise' and "
        "activation 'relu'",
    ),
}


def _cloud(dim: int, shift: float = 0.0) -> tuple[Tensor, float]:
    """Features [40, dim] around `shift`, and a noise variance that leaves some of them apart."""
    chance = torch.Generator().manual_seed(0)
    return torch.randn(40, dim, generator=chance, dtype=torch.float64) + shift, 0.1


def _upper_bound(features: Tensor, sigma_sq: float) -> Tensor:
    classes = torch.arange(len(features)) % 2  # any two: MI(X; T) does not depend on them
    return metrics.mutual_information_kde(features, classes, sigma_sq).input_upper


FUNCTIONS = {
    "bottleneck/write-bound": Written(
        _upper_bound,
        (
            Trial(
                "points on a line",
                lambda: _cloud(1),
                "the upper bound has 2 sigma^2 below the squared distance; its inner mean is over all points, the "
                "point itself among them, and the logarithm is taken before the outer mean",
            ),
            Trial("points in five dimensions", lambda: _cloud(5), "a squared distance is a sum over all coordinates"),
            Trial(
                "points far from zero",
                lambda: _cloud(3, 1e6),
                "subtract the points before you square: the difference of large squares has lost its digits",
            ),
        ),
    ),
}
