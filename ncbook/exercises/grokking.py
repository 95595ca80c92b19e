"""Exercises of the chapter "Grokking"."""

import math

import torch
from torch import Tensor

from ncbook import data, experiments, metrics, models, readings
from ncbook.exercises._exercise import Exercise, Trial, Written


def _delay() -> float:
    """Median over the seeds that grok of generalized / memorized, with the first weight decay."""
    found = readings.grokking.followed(experiments.grokking.load())
    return float((found.generalized / found.memorized).median())


def _lost() -> float:
    """Accuracy of the written-down weights with 20 neurons at p = 29."""
    pairs = data.modular_pairs(29)
    with torch.no_grad():
        answers = models.gromov_solution(29, width=20, seed=0)(pairs.inputs).argmax(1)
    return float((answers == pairs.labels).double().mean())


def _two_waves() -> float:
    numbers = torch.arange(29) * 2 * math.pi / 29
    waves = [(k * numbers).cos() for k in (3, 5)] + [(k * numbers).sin() for k in (3, 5)]
    return float(metrics.fourier_gini(torch.stack(waves, dim=1)))


EXERCISES = {
    "grokking/delay": Exercise(
        _delay,
        "take the rows of the first weight decay, divide generalized by memorized in each, and then take the median",
    ),
    "grokking/mirror": Exercise(
        lambda: 0.5,
        "each ordered pair is drawn for itself: does knowing that (a, b) is a test pair tell you much about (b, a)?",
        tolerance=0.04,
    ),
    "grokking/gini": Exercise(
        _two_waves,
        "there are 28 components, 4 of them equal and the rest 0: only pairs of a zero and a wave differ",
    ),
    "grokking/few-neurons": Exercise(
        _lost,
        "build models.gromov_solution(29, width=20, seed=0), and compare its answers on data.modular_pairs(29)",
        tolerance=1e-3,
    ),
}


def _shares(embedding: Tensor) -> Tensor:
    """[p // 2]: share of each frequency but the constant in the power of an embedding [p, d]."""
    power = metrics.fourier_spectrum(embedding)[1:].square()
    return power / power.sum()


def _circles(p: int = 29, shift: float = 0.0) -> tuple[Tensor]:
    """[p, 4]: a circle at frequency 2 and one half as large at frequency 3, moved by `shift` along each axis."""
    angles = 2 * math.pi * torch.arange(p, dtype=torch.float64) / p
    waves = [size * wave(k * angles) for k, size in ((2, 1.0), (3, 0.5)) for wave in (torch.cos, torch.sin)]
    return (torch.stack(waves, dim=1) + shift,)


def _late_waves() -> tuple[Tensor]:
    """[29, 2]: one wave at frequency 2, and one at frequency 3 that begins a quarter of its length later."""
    angles = 2 * math.pi * torch.arange(29, dtype=torch.float64) / 29
    return (torch.stack([(2 * angles).cos(), (3 * angles).sin()], dim=1),)


FUNCTIONS = {
    "grokking/write-shares": Written(
        _shares,
        (
            Trial("two circles of different size", _circles, "a power is the square of a length"),
            Trial("two waves that begin elsewhere", _late_waves, "a frequency has two parts, a cosine and a sine"),
            Trial(
                "circles far from the origin",
                lambda: _circles(shift=3.0),
                "the constant is a wave too, of frequency 0: leave it out, also of the sum",
            ),
            Trial("circles of eleven numbers", lambda: _circles(11), "K is the number of rows"),
        ),
    ),
}
