"""Exercises of the chapter "A bound for test collapse"."""

import math

import torch
from torch import Tensor

from ncbook import experiments, metrics, readings
from ncbook.exercises._exercise import Exercise, Trial, Written


def _dependence() -> float:
    """Median over the seeds, at the size nearest to 100 images a class, of the shift over that of fresh points."""
    networks = readings.bound.rows(experiments.bound.load(), "network")
    own = networks[(networks.per_class - 100).abs() == (networks.per_class - 100).abs().min()]
    return float((own["shift"] / own.shift_if_fresh).median())


EXERCISES = {
    "bound/shift": Exercise(
        lambda: 0.75,
        "1 + A = (1 + a)^2, so solve 2a + a^2 = A for a and multiply it by the distance of the population's means",
    ),
    "bound/silent": Exercise(
        lambda: 1 / 396,
        "a bound on an error says nothing from 1 on: for which V is 4 (K-1) V equal to 1?",
    ),
    "bound/dependence": Exercise(
        _dependence,
        "of the rows of the part network with 100 images a class, divide shift by shift_if_fresh and take the median",
    ),
    "bound/images": Exercise(
        lambda: (7 * (1 + math.sqrt(2 * math.log(400))) / 0.625) ** 2,
        "set R (1 + sqrt(2 log(1/delta))) / sqrt(n) to a tenth of the distance, with delta = 0.05/20, and solve for n",
    ),
}


def _clouds(narrow: float = 0.5) -> tuple[Tensor, ...]:
    """Samples of 5 and 8 points and populations of 40 and 30; `narrow` is the spread of the samples."""
    chance = torch.Generator().manual_seed(0)
    sizes, spreads = (5, 8, 40, 30), (narrow, narrow, 1.0, 1.0)
    clouds = [
        spread * torch.randn(size, 4, generator=chance, dtype=torch.float64)
        for size, spread in zip(sizes, spreads, strict=True)
    ]
    clouds[1], clouds[3] = clouds[1] + 3, clouds[3] + 3
    return tuple(clouds)


FUNCTIONS = {
    "bound/write-bound": Written(
        lambda *clouds: metrics.test_collapse_bound(*clouds).bound,
        (
            Trial("clouds of unequal size", _clouds, "a variance divides by the number of points, not by one less"),
            Trial(
                "samples that have collapsed to one point each",
                lambda: _clouds(0.0),
                "V of the sample is 0 here, and B is not: its gaps are the population's variances",
            ),
            Trial(
                "samples that are wider than their populations",
                lambda: _clouds(2.0),
                "the gap is an absolute value: the bound adds it, whichever variance is larger",
            ),
        ),
    ),
}
