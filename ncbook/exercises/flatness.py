"""Exercises of the chapter "Relative flatness"."""

import torch

from ncbook import experiments, metrics, readings
from ncbook.exercises._exercise import Exercise


def _by_hand() -> float:
    """p = (0.9, 0.1), rows (1, 0) and (-1, 0), ||phi|| = 2: 4 * 0.9 * 0.1 * 2^2."""
    return 4 * 0.9 * 0.1 * 4


def _peak() -> float:
    """lambda delta at which the exact kappa is largest, for K = 4, from the closed form on a fine grid."""
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
        "kappa of one point is ||phi||^2 times the sum over pairs of classes of p_j p_l ||w_j - w_l||^2; there is one "
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
        "evaluate metrics.collapsed_flatness(4, 1.0, alignments).exact on a grid, with lambda = strength (K - 1) / K",
    ),
    "flatness/factor": Exercise(
        _factor,
        "compare log10_relative_flatness of the arm random, for each scale, with that of the arm trained at scale 1, "
        "both of the first seed",
    ),
}
