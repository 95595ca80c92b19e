"""Exercises of the chapter "Deep unconstrained features"."""

import torch

from ncbook import experiments
from ncbook.exercises._exercise import Exercise


def _octahedron() -> float:
    """Its penalty over that of the simplex, both with gap 1 and three factors."""
    corners = torch.cat([torch.eye(3), -torch.eye(3)]).double()
    simplex = torch.eye(6, dtype=torch.float64) - 1 / 6
    return (
        experiments.deep_unconstrained.schatten(corners @ corners.T, 3)
        / experiments.deep_unconstrained.schatten(simplex, 3)
    ).item()


EXERCISES = {
    "deep_unconstrained/octahedron": Exercise(
        _octahedron,
        "the octahedron has the logits corners @ corners.T with the six corners +e_i and -e_i; its singular values are "
        "2, three times; those of the simplex are 1, five times",
    ),
}
