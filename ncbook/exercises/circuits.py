"""Exercises of the chapter "The circuit inside"."""

import math
from functools import cache

import torch
from torch import Tensor

from ncbook import data, experiments, metrics, models, readings
from ncbook.exercises._exercise import Exercise, Trial, Written


def _lead() -> float:
    """Median over the seeds of the steps from half restricted accuracy to half test accuracy."""
    found = readings.circuits.phases(experiments.circuits.load())
    return float((found.half - found.formed).median())


@cache
def _three_frequencies() -> float:
    with torch.no_grad():
        logits = models.gromov_solution(29, width=500, seed=0)(data.modular_pairs(29).inputs)
    return metrics.fourier_restricted_accuracy(logits, [1, 2, 3]).item()


EXERCISES = {
    "circuits/noise": Exercise(
        lambda: 1 / 11**0.5,
        "the mean of n independent numbers of standard deviation s has standard deviation s divided by sqrt(n)",
    ),
    "circuits/lead": Exercise(
        _lead,
        "phases(run) has a row a seed: `formed` is the step with restricted accuracy one half, `half` the step with "
        "test accuracy one half; take the median of their difference",
    ),
    "circuits/three-frequencies": Exercise(
        _three_frequencies,
        "metrics.fourier_restricted_accuracy(logits, [1, 2, 3]) with the logits of models.gromov_solution(29, "
        "width=500, seed=0) on all pairs",
    ),
}


def _projected(logits: Tensor, key: int) -> Tensor:
    """The part of logits [K^2, K] on the two waves of frequency `key` in the sum of both numbers."""
    count = logits.shape[1]
    angles = 2 * math.pi * key / count * torch.arange(count, dtype=logits.dtype)
    sums = (angles[:, None] + angles).flatten()  # [K^2]
    waves = torch.stack([sums.cos(), sums.sin()]) * 2**0.5 / count
    return waves.T @ (waves @ logits)


def _logits(kind: str, key: int = 2, count: int = 7) -> tuple[Tensor, int]:
    """Logits modulo 7, and a frequency: a wave of frequency 2 in the sum, with one in the first number, or noise."""
    chance = torch.Generator().manual_seed(0)
    noise = torch.randn(count**2, count, generator=chance, dtype=torch.float64)
    first, second = torch.arange(count).repeat_interleave(count), torch.arange(count).repeat(count)
    turn = 2 * math.pi * 2 / count
    waves = {
        "cosine": (turn * (first + second)).cos()[:, None] * noise[0],
        "sine": (turn * (first + second)).sin()[:, None] * noise[0],
        "noise": noise,
    }
    waves["both"] = waves["cosine"] + (turn * first).cos()[:, None] * noise[1]
    return waves[kind].double(), key


FUNCTIONS = {
    "circuits/write-projection": Written(
        _projected,
        (
            Trial(
                "a cosine in the sum, of frequency 2",
                lambda: _logits("cosine"),
                "all of it is a wave of that frequency, and comes back as it is: scale each wave to length 1 over all "
                "pairs before you project",
            ),
            Trial("a sine in the sum, of frequency 2", lambda: _logits("sine"), "a frequency has two waves"),
            Trial(
                "a cosine in the sum, and one in the first number alone",
                lambda: _logits("both"),
                "the waves of the algorithm depend on the sum of both numbers, so that the second goes",
            ),
            Trial(
                "noise, and frequency 3",
                lambda: _logits("noise", 3),
                "the frequency is the second argument, and the projection keeps its two waves and nothing else",
            ),
        ),
    ),
}
