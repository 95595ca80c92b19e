"""Exercises of the chapter "Deep unconstrained features"."""

import torch
from torch import Tensor

from ncbook import experiments, readings
from ncbook.exercises._exercise import Exercise, Trial, Written

_schatten = experiments.deep_unconstrained.schatten


def _octahedron() -> float:
    """Its penalty over that of the simplex, both with gap 1 and three factors."""
    corners = torch.cat([torch.eye(3), -torch.eye(3)]).double()
    simplex = torch.eye(6, dtype=torch.float64) - 1 / 6
    return (_schatten(corners @ corners.T, 3) / _schatten(simplex, 3)).item()


def _gain() -> float:
    """By how many percent the best start is below collapse, with six classes and two matrices in the linear model."""
    found = readings.deep_unconstrained.problems(experiments.deep_unconstrained.load())
    best = found.set_index(["arm", "num_classes", "num_layers"]).best["deep linear", 6, 2]
    return float(100 * (1 - best))


EXERCISES = {
    "deep_unconstrained/octahedron": Exercise(
        _octahedron,
        "the octahedron has the logits corners @ corners.T with the six corners +e_i and -e_i; its singular values are "
        "2, three times; those of the simplex are 1, five times",
    ),
    "deep_unconstrained/gain": Exercise(
        _gain,
        "readings.deep_unconstrained.problems(run) has a row a problem: choose the linear model, six classes and two "
        "matrices, and take 1 minus its column best, in percent",
    ),
}


def _logits(seed: int, symmetric: bool) -> Tensor:
    """[5, 5], of full rank."""
    chance = torch.Generator().manual_seed(seed)
    root = torch.randn(5, 5, generator=chance, dtype=torch.float64)
    return root @ root.T + torch.eye(5, dtype=torch.float64) if symmetric else root


FUNCTIONS = {
    "deep_unconstrained/write-price": Written(
        _schatten,
        (
            Trial(
                "two factors",
                lambda: (_logits(0, symmetric=True), 2),
                "with two factors it is twice the sum of the singular values",
            ),
            Trial(
                "four factors",
                lambda: (_logits(0, symmetric=True), 4),
                "each factor has the singular values s ** (1 / factors); square them, and count all factors",
            ),
            Trial(
                "logits that are not symmetric",
                lambda: (_logits(1, symmetric=False), 3),
                "singular values are not eigenvalues: torch.linalg.svdvals",
            ),
        ),
    )
}
