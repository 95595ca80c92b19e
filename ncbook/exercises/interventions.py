"""Exercises of the chapter "Is collapse necessary? Is flatness?"."""

import torch
from torch import Tensor

from ncbook import experiments, metrics, readings, trainers
from ncbook.exercises._exercise import Exercise, Trial, Written


def _encouraged_ratio() -> float:
    """Median over the seeds of kappa with collapse encouraged over kappa of the baseline, when each generalizes."""
    kappa = readings.interventions.by_arm(experiments.interventions.load(), "relative_flatness")
    return float((kappa.encouraged / kappa.baseline).median())


EXERCISES = {
    "interventions/ceiling": Exercise(
        lambda: 30**2 * (1 - 1 / 5),
        "with features of norm 1 the bound is ||W||_F^2 (1 - ||p||^2); the first factor is at most the cap squared, "
        "and 1 - ||p||^2 is largest for the uniform p, where ||p||^2 = 1/K",
    ),
    "interventions/loss-bound": Exercise(
        lambda: 2 * 13**2 * 20**2 * 1e-6,
        "1 - ||p||^2 <= 2 (1 - p_y), and 1 - p_y <= -log p_y; average over the points, with the largest ||phi||^2 and "
        "||W||_F^2 taken out of the mean",
    ),
    "interventions/encouraged": Exercise(
        _encouraged_ratio,
        "readings.interventions.by_arm(run, 'relative_flatness') has a row a seed and a column an arm: divide the "
        "column encouraged by the column baseline and take the median",
    ),
}


def _clouds(spread: float) -> tuple[Tensor, Tensor, float]:
    """Features [90, 6] of four classes of unequal size, their labels, and the level that R is pushed up to."""
    chance = torch.Generator().manual_seed(0)
    labels = torch.arange(90).sqrt().long() % 4
    means = torch.randn(4, 6, generator=chance, dtype=torch.float64)
    noise = torch.randn(90, 6, generator=chance, dtype=torch.float64)
    return means[labels] + spread * noise, labels, 3.0


def _even_clouds(shift: float = 0.0) -> tuple[Tensor, Tensor, float]:
    """As many points in each class, centered before the shift, and a level at which everything is pushed."""
    features, _, _ = _clouds(0.4)
    return features[:88] - features[:88].mean(0) + shift, torch.arange(88) % 4, 100.0


def _push(features: Tensor, labels: Tensor, level: float) -> Tensor:
    return trainers.Floor(level)(metrics.variance_ratio(features, labels))


FUNCTIONS = {
    "interventions/write-push": Written(
        _push,
        (
            Trial(
                "four classes with R below the level",
                _even_clouds,
                "subtract log R from the log of the level, and R is the spread within over the spread between",
            ),
            Trial("wide classes with R above the level", lambda: _clouds(4.0), "the term is never below 0"),
            Trial("classes that lie far from the origin", lambda: _even_clouds(50.0), "subtract the means first"),
            Trial(
                "classes of unequal size",
                lambda: _clouds(0.3),
                "the spread within is a mean over points, that between a mean over class means, which count alike",
            ),
        ),
    ),
}
