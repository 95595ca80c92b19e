"""Exercises of the chapter "Relative flatness"."""

import torch
from torch import Tensor

from ncbook import experiments, metrics, readings
from ncbook.exercises._exercise import Exercise, Trial, Written


def _by_hand() -> float:
    """p = (0.9, 0.1), rows (1, 0) and (-1, 0), ||h|| = 2: 4 * 0.9 * 0.1 * 2^2."""
    return 4 * 0.9 * 0.1 * 4


def _peak() -> float:
    """The confidence at which the exact kappa is largest, for K = 4, from the closed form on a fine grid."""
    strengths = torch.linspace(0.5, 10, 20_000, dtype=torch.float64)
    return strengths[metrics.collapsed_flatness(4, 1.0, strengths * 3 / 4).exact.argmax()].item()


def _factor() -> float:
    """The smallest s at which the first network on random labels is flatter than the first on true ones at s = 1."""
    run = experiments.flatness.load()
    seed = run.config["seeds"][0]
    wrong = readings.flatness.rows(run, "scale", arm="random", seed=seed)
    good = readings.flatness.rows(run, "scale", arm="trained", seed=seed, scale=1.0)
    flatter = wrong.log10_relative_flatness < good.log10_relative_flatness.item()
    return float(wrong.scale[flatter].min())


EXERCISES = {
    "flatness/by-hand": Exercise(
        _by_hand,
        "kappa of one point is ||h||^2 times the sum over pairs of classes of p_j p_l ||w_j - w_l||^2; there is one "
        "pair here",
        tolerance=1e-3,
    ),
    "flatness/gauge": Exercise(
        lambda: 1 + 10 * 2**2 / 3**2,
        "the probabilities stay, so only ||W||_F^2 changes: expand the square of w_j + v, and use that the rows sum to "
        "zero",
        tolerance=1e-3,
    ),
    "flatness/noise": Exercise(
        lambda: 0.2**2 * 3.2 / (2 * 64),
        "to second order the rise is r^2 kappa / (2 d), with r the noise as a share of the features' length",
        tolerance=1e-3,
    ),
    "flatness/ceiling": Exercise(
        lambda: 150**2 * (1 - 1 / 100),
        "with unit features the bound is ||W||_F^2 (1 - ||p||^2): how small can ||p||^2 be with 100 classes?",
        tolerance=1e-3,
    ),
    "flatness/peak": Exercise(
        _peak,
        "evaluate metrics.collapsed_flatness(4, 1.0, beta).exact on a grid of beta; with alpha = 1 the confidence is "
        "beta K / (K - 1)",
    ),
    "flatness/factor": Exercise(
        _factor,
        "compare log10_relative_flatness of the arm random, for each scale, with that of the arm trained at scale 1, "
        "both of the first seed",
    ),
}


def _head(scale: float = 1.0, bias: float = 0.0, features: float = 1.0, turn: float = 0.0) -> tuple[Tensor, ...]:
    """Features [20, 6], weight [4, 6] and bias [4] of a made-up classifier; `turn` is added to every row of W."""
    chance = torch.Generator().manual_seed(0)
    h, weight = (torch.randn(*shape, generator=chance, dtype=torch.float64) for shape in ((20, 6), (4, 6)))
    lengths = torch.linspace(1, 3, 20, dtype=torch.float64)[:, None]
    return features * lengths * h, scale * weight + turn, bias * torch.arange(4, dtype=torch.float64)


FUNCTIONS = {
    "flatness/write-relative": Written(
        metrics.relative_flatness,
        (
            Trial(
                "twenty points, four classes, no bias",
                _head,
                "for each point: the squared length of its features times sum_j p_j ||w_j||^2 - ||sum_j p_j w_j||^2; "
                "then the mean over the points",
            ),
            Trial(
                "a bias that favors one class",
                lambda: _head(bias=1.0),
                "the bias changes the probabilities, and only them",
            ),
            Trial(
                "rows that are all moved by one vector",
                lambda: _head(turn=5.0),
                "the second term, with the mean row, takes away what all rows have in common",
            ),
            Trial(
                "a network so confident that every probability rounds to 0 or 1",
                lambda: _head(scale=200.0),
                "the two terms of the variance are equal to all digits: use sum_{j<l} p_j p_l ||w_j - w_l||^2, in "
                "which nothing is subtracted",
            ),
        ),
    ),
}
