"""Exercises of the chapter "Does the test set collapse?"."""

import torch
from torch import Tensor

from ncbook import experiments, readings
from ncbook.exercises._exercise import Exercise, Trial, Written


def _last_gap() -> float:
    """Median over seeds of the ratio on new images minus that on train: hardest glyphs, largest size, no decay."""
    run = readings.test_collapse.of_difficulty(experiments.test_collapse.load())
    rows = readings.test_collapse.read_at(run, "steps", run.config["steps"])
    largest = rows[rows.per_class == max(run.config["sizes"])]
    return float((largest.variance_ratio_test - largest.variance_ratio_train).median())


EXERCISES = {
    "test-collapse/two-points": Exercise(
        lambda: 4 * 0.05 * 0.95 / 0.9**2,
        "the mean of a class is 1 - 2e away from 0, its variance is 1 minus the square of that, and Tr Sigma_B is the "
        "square of that",
    ),
    "test-collapse/shift": Exercise(
        lambda: 5 * (1 + 1 / 10),
        "n independent points have a mean whose squared distance from the true one is the variance over n on average; "
        "test means of a large sample stand for the true ones",
    ),
    "test-collapse/gap": Exercise(
        _last_gap,
        "of the hardest glyphs, call read_at with the rule steps and the last step, keep the largest size, and take "
        "the median over the seeds of variance_ratio_test - variance_ratio_train",
    ),
}


def _points(new_at: float = 0.0, scatter: float = 1.0, origin: float = 0.0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Twelve training and 30 new points of three classes in 4 dimensions; the new ones are moved by `new_at`."""
    chance = torch.Generator().manual_seed(0)
    means = 3 * torch.eye(3, 4, dtype=torch.float64) + origin
    train_labels, new_labels = torch.arange(3).repeat_interleave(4), torch.arange(3).repeat(10)
    noise = torch.randn(42, 4, generator=chance, dtype=torch.float64)
    train = means[train_labels] + 0.2 * noise[:12]
    return train, train_labels, means[new_labels] + new_at + scatter * noise[12:], new_labels


FUNCTIONS = {
    "test-collapse/write-ratio": Written(
        lambda train, train_labels, new, new_labels: (
            experiments.test_collapse.spreads(train, train_labels, new, new_labels, num_classes=3).test_train_means
        ),
        (
            Trial("scattered new points", _points, "Sigma_B is that of the new means, and not of the training means"),
            Trial(
                "new points that have collapsed elsewhere",
                lambda: _points(new_at=2.0, scatter=0.0),
                "the distance is that from the training means: new points at one other point each are not at 0",
            ),
            Trial(
                "points far from the origin",
                lambda: _points(origin=50.0),
                "Sigma_B measures the new means from their own mean, and not from the origin",
            ),
        ),
    ),
}
