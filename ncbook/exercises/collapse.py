"""Exercises of the chapter "Watching a network collapse"."""

import math

import torch

from ncbook import experiments, metrics, readings
from ncbook.exercises._exercise import Exercise


def flat_crosses() -> tuple[torch.Tensor, torch.Tensor]:
    """Two classes of two points each in the plane, spread across the line that joins their means."""
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
