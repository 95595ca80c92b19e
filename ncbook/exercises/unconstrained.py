"""Exercises of the chapter "Why does it happen? Unconstrained features"."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ncbook import experiments, metrics, readings
from ncbook.exercises._exercise import Exercise, Trial, Written


def _confidence() -> float:
    gap = metrics.unconstrained_cross_entropy(10, 10, 5000, 5e-4, 5e-4).logit_gap
    return 1 / (1 + 9 * math.exp(-gap))


def _margin() -> float:
    """Median over the seeds of the normalized margin at which plain gradient descent stopped, for K = 10, n = 20."""
    run = experiments.unconstrained.load()
    last = readings.unconstrained.ends(run, "flow", method="gd")
    setting = run.config["flow_classes"].index(10)
    bound = 1 / metrics.unconstrained_max_margin(10, 16, run.config["flow_per_class"][setting]).loss
    return float(last[last.setting == setting].margin_ratio.median()) * bound


EXERCISES = {
    "ufm/decay": Exercise(
        lambda: 1 / (10 * math.sqrt(5000)),
        "with both decays equal to lambda, r = K sqrt(n lambda_W lambda_H) is K lambda sqrt(n): when is it 1?",
    ),
    "ufm/confidence": Exercise(
        _confidence,
        "find the gap a = log(1/s - K + 1) first, with s = sqrt(n lambda_W lambda_H); the true class then has the "
        "probability e^a / (e^a + K - 1)",
    ),
    "ufm/directions": Exercise(
        lambda: (20 - 1) * (10 - 1 - 1),
        "count the feature dimensions that are still empty, and the directions of the simplex that are still missing",
        tolerance=1e-6,
    ),
    "ufm/margin": Exercise(
        _margin,
        "margin_ratio in the run is the normalized margin over its bound 1/((K-1) sqrt(n)); take the median over the "
        "seeds of K = 10 and multiply it back",
    ),
}


def _objective(features: Tensor, labels: Tensor, weight: Tensor, weight_decay: float, feature_decay: float) -> Tensor:
    price = weight_decay * weight.square().sum() + feature_decay * features.square().sum()
    return cross_entropy(features @ weight.T, labels) + price / 2


def _problem(weight_decay: float, feature_decay: float, scale: float = 1.0) -> tuple[Any, ...]:
    """Random features [12, 5] and weight [3, 5], labels, and the two decays."""
    chance = torch.Generator().manual_seed(0)
    features, weight = (torch.randn(size, 5, generator=chance, dtype=torch.float64) for size in (12, 3))
    return scale * features, torch.arange(12) % 3, weight, weight_decay, feature_decay


FUNCTIONS = {
    "ufm/write-objective": Written(
        _objective,
        (
            Trial("random features without decay", lambda: _problem(0, 0), "the fit is a mean over the points"),
            Trial(
                "the same with two decays",
                lambda: _problem(0.1, 0.02),
                "each penalty is half its decay times the sum of all squares, whatever the number of points",
            ),
            Trial(
                "features a thousand times as long",
                lambda: _problem(0.1, 0.0, 1e3),
                "an exponential of a large logit overflows: subtract the largest logit of each point first",
            ),
        ),
    ),
}
