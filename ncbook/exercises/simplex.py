"""Exercises of the chapter "Four properties"."""

import math

import torch

from ncbook import metrics
from ncbook.exercises._exercise import Exercise, Trial, Written


def _largest_eigenvalue() -> float:
    vertices = metrics.simplex_etf(10, 9)
    return float(torch.linalg.eigvalsh(vertices @ vertices.T)[-1])


def _uncentered_cosine() -> float:
    vertices = metrics.simplex_etf(4, 4) + torch.tensor([0.0, 0.0, 0.0, 2.0])
    return torch.cosine_similarity(vertices[0], vertices[1], dim=0).item()


EXERCISES = {
    "simplex/gram": Exercise(
        _largest_eigenvalue,
        "the Gram matrix is K/(K-1) times a projection on the K-1 dimensions orthogonal to the vector of ones",
    ),
    "simplex/uncentered": Exercise(
        _uncentered_cosine, "the product is 2^2 - 1/(K-1), and each squared length is 2^2 + 1"
    ),
    "simplex/rotated": Exercise(
        lambda: 2 - 2 * math.cos(math.radians(30)),
        "both matrices have Frobenius norm 1: expand the square, and turn each vector by 30 degrees",
    ),
    "simplex/parameters": Exercise(
        lambda: 9 * 128 - 9 * 10 / 2 + 1,
        "choose 9 orthonormal vectors in 128 dimensions, one after the other, and then one length",
        tolerance=1e-4,
    ),
    "simplex/margin": Exercise(
        lambda: metrics.simplex_margins(4, feature_norm=2.0, weight_norm=3.0).distance,
        "the margin is alpha beta K/(K-1); divide it by the length of the difference of two rows",
    ),
}


def _square(shift: float = 0.0) -> tuple[torch.Tensor]:
    """Four means [4, 2] at the corners of a square, `shift` off the origin in both coordinates."""
    return (torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]], dtype=torch.float64) + shift,)


def _unequal() -> tuple[torch.Tensor]:
    """Five means [5, 3] of different lengths."""
    chance = torch.Generator().manual_seed(0)
    return (torch.randn(5, 3, generator=chance, dtype=torch.float64),)


def _angles(means: torch.Tensor) -> float:
    return float(metrics.collapse(means, torch.arange(len(means)), means).nc2_angles)


FUNCTIONS = {
    "simplex/write-angles": Written(
        _angles,
        (
            Trial(
                "a square around the origin",
                _square,
                "deviations of both signs must not cancel, and a vector makes no pair with itself",
            ),
            Trial("the same square moved away", lambda: _square(shift=3.0), "subtract the mean of the means first"),
            Trial("five means of unequal length", _unequal, "a cosine is a product of vectors of length 1"),
        ),
    ),
}
