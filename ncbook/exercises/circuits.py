"""Exercises of the chapter "The circuit inside"."""

from functools import cache

import torch

from ncbook import data, experiments, metrics, models, readings
from ncbook.exercises._exercise import Exercise


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
