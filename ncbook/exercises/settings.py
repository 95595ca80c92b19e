"""Exercises of the chapter "What makes a network collapse"."""

import math

from ncbook import experiments, readings
from ncbook.exercises._exercise import Exercise


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
        "at the minimum the softmax is the target: 1 - a + a/K for the true class, a/K for each other one; a logit "
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
