"""Exercises of the chapter "Grokking"."""

import math

import torch

from ncbook import data, experiments, metrics, models, readings
from ncbook.exercises._exercise import Exercise


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
