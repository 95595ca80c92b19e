"""Exercises of the chapter "Faster grokking, and stuck softmaxes"."""

import math

import torch
from torch import Tensor

from ncbook import experiments, readings
from ncbook.exercises._exercise import Exercise, Trial, Written


def _grokfast_ratio() -> float:
    """Median over the seeds of the steps with amplified slow gradients over those of the baseline."""
    return float(readings.numerics.times(experiments.numerics.load()).grokfast.median())


EXERCISES = {
    "numerics/lead": Exercise(
        lambda: math.log(28 * 2**24),
        "divide the sum of exponentials by exp(z_y): it is 1 + 28 exp(-m), and rounds to 1 where the second term is "
        "below 2**-24",
    ),
    "numerics/stablemax": Exercise(
        lambda: math.log(49 / 21),
        "s(20) = 21 and s(0) = 1, so that the correct class has a share of 21 / (21 + 28)",
    ),
    "numerics/grokfast": Exercise(
        _grokfast_ratio,
        "readings.numerics.times(run) has a row a seed and a column an arm, and has divided by the baseline already: "
        "take the median",
    ),
}


def _across(gradient: Tensor, theta: Tensor) -> Tensor:
    squares = theta.square().sum().clamp(min=1e-30)
    rest = gradient - (theta * gradient).sum() / squares * theta
    return rest * gradient.norm() / rest.norm()


def _weights(*shape: int, length: float = 1.0) -> tuple[Tensor, Tensor]:
    """A gradient and weights of this shape, whose norm is `length`."""
    chance = torch.Generator().manual_seed(0)
    gradient, theta = torch.randn(2, *shape, generator=chance, dtype=torch.float64)
    return gradient, length * theta / theta.norm()


FUNCTIONS = {
    "numerics/write-orthogonal": Written(
        _across,
        (
            Trial(
                "a vector of weights of length 1", lambda: _weights(5), "the rest gets the length of the whole gradient"
            ),
            Trial(
                "a vector of length 3",
                lambda: _weights(5, length=3.0),
                "the part along theta is <theta, g> / |theta|^2 times theta",
            ),
            Trial(
                "a matrix of weights",
                lambda: _weights(4, 3, length=2.0),
                "a tensor has one direction, whatever its shape: the inner product is the sum over all of its entries",
            ),
            Trial(
                "weights that are all 0",
                lambda: _weights(5, length=0.0),
                "a tensor that is 0 has no direction, so that nothing is taken away",
            ),
        ),
    ),
}
