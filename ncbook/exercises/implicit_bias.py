"""Exercises of the chapter "The implicit bias of gradient descent"."""

import math

import torch
from torch import Tensor

from ncbook import experiments, readings
from ncbook.exercises._exercise import Exercise, Trial, Written


def _extra_norm() -> float:
    """Median over the seeds of the norm of Adam's solution over that of gradient descent's."""
    last = readings.implicit_bias.ends(experiments.implicit_bias.load(), "square")
    norms = last.pivot_table(index="seed", columns="method", values="weight_norm")
    return float((norms.adam / norms.gd).median())


EXERCISES = {
    "bias/nearest": Exercise(
        lambda: 2.0,
        "a step changes w by a multiple of x = (3, 4), so w - w_0 is a multiple of x: which multiple solves the "
        "equation, and how long is it?",
    ),
    "bias/patience": Exercise(
        lambda: 100 * math.log10(math.e),
        "0.01 = 1 / log t gives log t = 100: how many decimal digits has e^100?",
    ),
    "bias/extra-norm": Exercise(
        _extra_norm,
        "take `readings.implicit_bias.ends(run, 'square')`, divide weight_norm of method adam by that of gd, seed by "
        "seed, and take the median",
    ),
    "bias/corner": Exercise(
        lambda: (1 - 0.1) ** 2 / 0.1,
        "w_11 w_22 is at least w_12 w_21: how large can w_22 be, and how small w_12 and w_21?",
    ),
}


def _equations(rows: int, start: float) -> tuple[Tensor, Tensor, Tensor, float]:
    """X [rows, 6], y [rows], w [6] of size `start`, and a rate."""
    chance = torch.Generator().manual_seed(0)
    X = torch.randn(rows, 6, generator=chance, dtype=torch.float64)
    y = torch.randn(rows, generator=chance, dtype=torch.float64)
    return X, y, start * torch.randn(6, generator=chance, dtype=torch.float64), 0.1


FUNCTIONS = {
    "bias/write-step": Written(
        lambda X, y, w, rate: w - rate * X.T @ (X @ w - y) / len(y),
        (
            Trial(
                "one equation, from zero",
                lambda: _equations(1, 0.0),
                "a step goes against the gradient, which is X^T (X w - y) / n",
            ),
            Trial("one equation, from elsewhere", lambda: _equations(1, 1.0), "the residual is X w - y, and not y"),
            Trial("four equations", lambda: _equations(4, 1.0), "the loss divides by the number of equations"),
        ),
    ),
}
