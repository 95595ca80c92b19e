"""Exercises of the chapter "A classifier that is not trained"."""

import math
from typing import Any

import torch
from torch import Tensor

from ncbook import experiments, metrics, models, readings
from ncbook.exercises._exercise import Exercise, Trial, Written
from ncbook.readings.fixed_head import CIRCLE


def _lost() -> float:
    """Percentage points of test error that the circle costs on digits: median over the seeds."""
    run = experiments.fixed_head.load()
    table = readings.fixed_head.beside_learned(run)
    return float(table[(table.arm == CIRCLE) & (table.dataset == "digits")].lost.median())


EXERCISES = {
    "fixed_head/saved": Exercise(
        lambda: 100 * models.count_parameters("resnet50", 1000).saved_by_fixing,
        "the head has 2048 weights and a bias for each of the 1000 classes; models.count_parameters('resnet50', 1000) "
        "knows the total",
    ),
    "fixed_head/frame": Exercise(
        lambda: math.sqrt(10 / 9),
        "the logits of the simplex are sqrt(K / (K-1)) times those of a frame with rows of length 1, minus their mean; "
        "the softmax does not see what is subtracted from all logits alike",
        tolerance=0.002,
    ),
    "fixed_head/lost": Exercise(
        _lost,
        "readings.fixed_head.beside_learned(run) has a row a network, with lost, the points above the learned head of "
        "the same seed; take the median of those with arm 'circle, d = 2' and dataset 'digits'",
    ),
}


def _logits(features: Tensor, num_classes: int, length: float) -> Tensor:
    weight = length * metrics.simplex_on_axes(num_classes, features.shape[1])
    return features @ weight.T


def _points(num_classes: int = 4, dim: int = 4, length: float = 1.0) -> tuple[Any, ...]:
    chance = torch.Generator().manual_seed(0)
    return torch.randn(6, dim, generator=chance, dtype=torch.float64).abs(), num_classes, length


FUNCTIONS = {
    "fixed_head/write-logits": Written(
        _logits,
        (
            Trial(
                "four classes and four features", _points, "subtract the mean of the features, which all classes share"
            ),
            Trial(
                "four classes and six features",
                lambda: _points(dim=6),
                "the head reads the first K features alone, also in the mean",
            ),
            Trial("seven classes", lambda: _points(7, 7), "rows have length 1 after multiplying by sqrt(K / (K-1))"),
            Trial("rows of length 3", lambda: _points(length=3.0), "multiply the logits by the length of the rows"),
        ),
    ),
}
