"""Exercises of the chapter "What makes a network collapse"."""

import math

import torch

from ncbook import experiments, readings
from ncbook.exercises._exercise import Exercise, Trial, Written


def _decay_factor() -> float:
    run = experiments.settings.load()
    config, table = run.config, readings.settings.outcomes(run)
    decays = {"dataset": config["datasets"][0], "weight_decay": config["weight_decays"]}
    base = readings.settings.around_base(table, run, **decays)
    ends = base.groupby("weight_decay").nc1_train_end.median()
    return float(ends[0.0] / ends[config["weight_decays"][0]])


def _focal_pull(p: float = 0.9, gamma: float = 3.0) -> float:
    """How many times weaker focal loss pulls at the logit of the true class than cross-entropy does."""
    focal = (1 - p) ** gamma * (1 - p) - gamma * (1 - p) ** (gamma - 1) * math.log(p) * p * (1 - p)
    return float((1 - p) / focal)


EXERCISES = {
    "settings/smoothing": Exercise(
        lambda: math.log(0.955 / 0.005),
        "at the minimum the softmax is the target: 1 - e + e/K for the true class, e/K for each other one; a logit "
        "gap is the logarithm of the ratio of two probabilities",
    ),
    "settings/focal": Exercise(
        _focal_pull,
        "differentiate -(1-p)^3 log p with respect to p, multiply by dp/dz = p (1-p), and divide the 1-p of "
        "cross-entropy by its size",
    ),
    "settings/off-means": Exercise(
        lambda: 2 - 2 * math.sqrt(1 - 0.36),
        "expand the square: NC3 is 2 - 2 cos, where cos is between W and M as long vectors; the part of W outside "
        "the span of the means adds to the length of W and to nothing else",
    ),
    "settings/decay": Exercise(
        _decay_factor,
        "take the median of nc1_train_end over the seeds of the MLP with cross-entropy on the digits, once for weight "
        "decay 0 and once for 0.005, and divide",
    ),
}


def _rows(shift: float = 0.0, equal: bool = True, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight [5, 12], with rows of equal length or not, and class means [5, 12], `shift`ed from a mean of zero."""
    chance = torch.Generator().manual_seed(seed)
    weight, means = torch.randn(2, 5, 12, generator=chance, dtype=torch.float64)
    lengths = torch.ones(5, 1) if equal else torch.arange(1.0, 6.0)[:, None]
    return lengths * torch.nn.functional.normalize(weight), means - means.mean(dim=0) + shift


FUNCTIONS = {
    "settings/write-outside": Written(
        experiments.settings.outside_span,
        (
            Trial(
                "means that add up to zero",
                _rows,
                "centered means of K classes span K - 1 directions, not K: project with their pseudo-inverse, and "
                "measure what the projection leaves",
            ),
            Trial("the same means moved away from the origin", lambda: _rows(shift=3.0), "center the means first"),
            Trial(
                "rows of different lengths",
                lambda: _rows(equal=False),
                "the squared Frobenius norm is a sum over all rows: divide one sum by the other",
            ),
        ),
    ),
}
