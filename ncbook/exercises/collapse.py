"""Exercises of the chapter "Watching a network collapse"."""

import math

import torch

from ncbook import experiments, metrics, readings
from ncbook.exercises._exercise import Exercise, Trial, Written


def flat_crosses() -> tuple[torch.Tensor, torch.Tensor]:
    """Two classes of two points each in the plane, spread across the line that joins their means.

    >>> points, labels = exercises.flat_crosses()
    >>> points.shape, labels
    (torch.Size([4, 2]), tensor([0, 0, 1, 1]))
    """
    features = torch.tensor([[0.0, 1.0], [0.0, -1.0], [4.0, 1.0], [4.0, -1.0]])
    return features, torch.tensor([0, 0, 1, 1])


def _fall(weight_decay: int) -> float:
    run = experiments.collapse.load()
    arms = readings.collapse.falls(run)
    chosen = (arms.network == "mlp") & (arms.weight_decay == run.config["weight_decays"][weight_decay])
    return float(arms[chosen].fall_train.median())


def _cdnv_of_crosses() -> float:
    return metrics.cdnv(*flat_crosses()).item()


EXERCISES = {
    "collapse/angle": Exercise(
        lambda: math.degrees(math.acos(-1 / 9)),
        "in a simplex ETF of K classes the cosine is -1/(K-1); K is 10 here, and an angle is an arccosine",
    ),
    "collapse/noise": Exercise(
        lambda: 0.2**2 * (10 - 1) ** 2 / 10,
        "Sigma_B is I/(K-1) on the K-1 directions of the simplex, so its pseudo-inverse is (K-1) I there",
    ),
    "collapse/blind-spot": Exercise(
        _cdnv_of_crosses, "each class has variance 1, and the means are 4 apart: which fraction is CDNV?"
    ),
    "collapse/control": Exercise(
        lambda: _fall(0) / _fall(1),
        "take the median of fall_train over the seeds of the MLP, once for each weight decay, and divide",
    ),
}


def _clouds(present: int = 4, shift: float = 0.0, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Features [90, 6] of `present` of five classes, unequally many of each, and their labels."""
    chance = torch.Generator().manual_seed(seed)
    labels = torch.arange(90).sqrt().long() % present
    means = torch.randn(present, 6, generator=chance, dtype=torch.float64)
    return means[labels] + 0.3 * torch.randn(90, 6, generator=chance, dtype=torch.float64) + shift, labels


def _gap_in_labels() -> tuple[torch.Tensor, torch.Tensor]:
    features, labels = _clouds()
    return features, labels + (labels >= 2)  # no point has label 2


FUNCTIONS = {
    "collapse/write-nc1": Written(
        lambda features, labels: metrics.nc1(features, labels),
        (
            Trial(
                "four clouds of unequal size",
                _clouds,
                "Sigma_W is a mean over all points, Sigma_B a mean over the class means, each of which counts once",
            ),
            Trial("the same clouds moved far away", lambda: _clouds(shift=100.0), "subtract the means first"),
            Trial(
                "labels among which one is missing",
                _gap_in_labels,
                "a class without points has no mean: take the mean over the classes that are there",
            ),
        ),
    ),
}
