"""Exercises of the chapter "Coding rate and corrupted labels"."""

from typing import Any

import numpy as np
import torch

from ncbook import experiments, metrics, readings
from ncbook.exercises._exercise import Exercise, Trial, Written
from ncbook.experiments.corrupted_labels import rates
from ncbook.readings.corrupted_labels import CE, MCR2, at_top


def _stopped() -> float:
    """By how many points stopped rate reduction leads stopped cross-entropy: median over the seeds."""
    networks = readings.corrupted_labels.outcomes(experiments.corrupted_labels.load())
    top = at_top(networks).pivot(index="seed", columns="arm", values="stopped")
    return float(100 * (top[MCR2] - top[CE]).median())


EXERCISES = {
    "corrupted/two": Exercise(
        lambda: rates.frame_rate(2, 2, 0.5) - rates.point_rate(2, 0.5),
        "the second moments of the whole have two eigenvalues 1/2, those of a class one eigenvalue 1; each eigenvalue "
        "adds 1/2 log(1 + d eigenvalue / eps^2)",
    ),
    "corrupted/limit": Exercise(
        lambda: float(np.subtract(*rates.subspace_rates(10, 12, 128, 0.5))),
        "R has K r equal eigenvalues 1/(K r), R_c has r equal eigenvalues 1/r; here K = 10, r = 12, d = 128",
    ),
    "corrupted/wrong": Exercise(
        lambda: 0.4 * 9 / 10,
        "a label that is drawn anew is right by chance once in ten times",
    ),
    "corrupted/stopped": Exercise(
        _stopped,
        "readings.corrupted_labels.outcomes(run) has a row a network; take the column stopped at the highest noise, "
        "and the median of the differences seed by seed",
    ),
}


def _classes(sizes: tuple[int, ...] = (12, 12, 12), eps_sq: float = 1.0, one_side: bool = False) -> tuple[Any, ...]:
    """Features [N, 6] of length 1, half of them opposite to the others or all in one corner; labels; squared radius."""
    chance = torch.Generator().manual_seed(0)
    features = torch.randn(sum(sizes), 6, generator=chance, dtype=torch.float64)
    features[1::2] = -features[::2]  # so that the mean of each class is zero, and only `one_side` moves it
    labels = torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes))
    return torch.nn.functional.normalize(features.abs() if one_side else features, dim=1), labels, eps_sq


FUNCTIONS = {
    "corrupted/write-reduction": Written(
        metrics.rate_reduction,
        (
            Trial(
                "three classes of equal size",
                _classes,
                "the rate of a class divides by the number of its own features, and R_c is an average",
            ),
            Trial(
                "classes of unequal size",
                lambda: _classes((24, 8, 4)),
                "a class counts in R_c with the share of the features that it has",
            ),
            Trial(
                "features that all point to one side",
                lambda: _classes(one_side=True),
                "no mean is subtracted: the second moments are those around the origin",
            ),
            Trial(
                "larger balls",
                lambda: _classes(eps_sq=2.0),
                "eps_sq is the square of the radius already",
            ),
        ),
    ),
}
