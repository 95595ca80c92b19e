"""Exercises of the chapter "The max-margin view"."""

import math

import torch
from torch import Tensor

from ncbook import experiments, metrics, readings
from ncbook.exercises._exercise import Exercise, Trial, Written


def _area() -> float:
    """Median over the seeds of the rank correlation of area and test accuracy where the number of images differs."""
    found = readings.margins.correlations(experiments.margins.load())
    return float(found[found.family == "number of images"].area.median())


EXERCISES = {
    "margins/collapsed": Exercise(
        lambda: metrics.simplex_margins(10, weight_norm=10**-0.5).margin,
        "with features alpha m_k and rows beta m_k the margin is alpha beta K/(K-1); the norm of W is beta sqrt(K), "
        "and the features have the length alpha",
    ),
    "margins/half": Exercise(
        lambda: 10 * math.log((1 + math.sqrt(5)) / 2),
        "with u = e^(c/10) the three terms are u, u^2 and u^3; the largest probability is 1/2 when u^3 = u + u^2",
        tolerance=0.005,
    ),
    "margins/exponent": Exercise(
        lambda: metrics.simplex_margins(3).exponent / 0.25,
        "the exponents are K/(4(K-1)) and 1/4, and log error is minus the exponent over sigma squared",
    ),
    "margins/images": Exercise(
        _area,
        "readings.margins.correlations(run) has a row a family and seed: choose the family, and take the median of "
        "its column area",
    ),
}


def _relative(features: Tensor, labels: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    means = torch.stack([features[labels == each].mean(0) for each in range(len(weight))])
    length = (features - means.mean(0)).square().sum(1).mean().sqrt()
    margins = metrics.margins(features @ weight.T + bias, labels)
    return margins / ((weight - weight.mean(0)).norm() * length)


def _classifier(favor: float = 0.0, shift: float = 0.0, unequal: bool = False) -> tuple[Tensor, ...]:
    """Features [24, 5] of three classes, labels, weight [3, 5] and bias; `shift` moves features and not decisions."""
    chance = torch.Generator().manual_seed(0)
    labels = (torch.arange(24).sqrt().long() % 3) if unequal else torch.arange(24) % 3
    weight = torch.randn(3, 5, generator=chance, dtype=torch.float64)
    features = weight[labels] + torch.randn(24, 5, generator=chance, dtype=torch.float64)
    bias = torch.tensor([favor, 0.0, 0.0], dtype=torch.float64) - shift * weight.sum(1)
    return features + shift, labels, weight, bias


FUNCTIONS = {
    "margins/write-relative": Written(
        _relative,
        (
            Trial("a classifier without bias", _classifier, "the best other logit leaves out the point's own class"),
            Trial("a bias that favors one class", lambda: _classifier(2.0), "the bias counts in the logits"),
            Trial(
                "features moved far away, and the bias with them",
                lambda: _classifier(0.0, 10.0),
                "the length is that of features from which their center is subtracted",
            ),
            Trial(
                "classes of unequal size",
                lambda: _classifier(unequal=True),
                "the center is the mean of the class means, each of which counts once",
            ),
        ),
    ),
}
