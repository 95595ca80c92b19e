"""Exercises of the chapter "Beyond one label"."""

import math
from typing import Any

import torch
from torch import Tensor

from ncbook import experiments, metrics, readings
from ncbook.exercises._exercise import Exercise, Trial, Written
from ncbook.readings.targets import FREE_LABELS, PICK_ALL

_COVARIANCE = torch.tensor([[2.25, 0.75], [0.75, 1.0]], dtype=torch.float64)


def _vanishing() -> float:
    """The strength, over that at which the last direction vanishes, at which the first one does."""
    low, high = torch.linalg.eigvalsh(_COVARIANCE).sqrt().tolist()
    return float(low / high)


def _length() -> float:
    """Of the feature of a pair, over that of a single label: free features, pick-all-label loss, largest strength."""
    table = readings.targets.ends(experiments.targets.load(), FREE_LABELS)
    own = table[(table.arm == PICK_ALL) & (table.regularization == table.regularization.max())]
    return float(own.average_scale_train.median()) * math.sqrt((1 - 1 / 4) / 2)


EXERCISES = {
    "targets/vanish": Exercise(
        _vanishing,
        "a direction vanishes when the strength reaches the root of its eigenvalue of the covariance; take one root "
        "over the other, and torch.linalg.eigvalsh for the eigenvalues",
        tolerance=0.002,
    ),
    "targets/length": Exercise(
        _length,
        "the average of two unit vectors with cosine c has length sqrt((1 + c) / 2), and c is -1/4 for five labels; "
        "average_scale_train of readings.targets.ends(run, 'free labels') is the factor on it",
    ),
}


def _outside(features: Tensor, count: int) -> Tensor:
    return torch.tensor(metrics.outside_components(features, count), dtype=torch.float64)


def _thresholded(targets: Tensor, weight_decay: float, feature_decay: float) -> Tensor:
    return metrics.unconstrained_regression(targets, targets.shape[1], weight_decay, feature_decay).singular_values


def _features(shift: float = 0.0, dim: int = 5) -> Tensor:
    chance = torch.Generator().manual_seed(0)
    scales = torch.tensor([3.0, 2.0, 1.0, 0.5, 0.3][:dim], dtype=torch.float64)
    drawn = torch.randn(12, dim, generator=chance, dtype=torch.float64) * scales
    return drawn - drawn.mean(0) + shift


def _targets(weight_decay: float, feature_decay: float, shift: float = 0.0) -> tuple[Any, ...]:
    return _features(dim=2) + shift, weight_decay, feature_decay


FUNCTIONS = {
    "targets/write-outside": Written(
        _outside,
        (
            Trial("twelve points and two targets", lambda: (_features(), 2), "project on two directions"),
            Trial("the same points, moved", lambda: (_features(shift=4.0), 2), "subtract the mean first"),
            Trial("one target", lambda: (_features(), 1), "as many directions as targets, from the largest"),
        ),
    ),
    "targets/write-values": Written(
        _thresholded,
        (
            Trial("weak decays", lambda: _targets(0.01, 0.01), "take N sqrt(weight_decay feature_decay) from each"),
            Trial("two decays", lambda: _targets(0.05, 0.002), "the product of the two decays counts, under a root"),
            Trial("targets with a mean", lambda: _targets(0.01, 0.01, 3.0), "the bias takes the mean of the targets"),
            Trial("strong decays", lambda: _targets(0.6, 0.6), "no singular value is negative"),
        ),
    ),
}  # fmt: skip
