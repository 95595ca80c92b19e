"""Exercises of the chapter "What collapses when a network groks"."""

import math

import torch
from torch import Tensor

from ncbook import experiments, readings
from ncbook.exercises._exercise import Exercise, Trial, Written


def _spread_ratio() -> float:
    """Standard deviation over the seeds of kappa's crossing, over that of the onset."""
    found = readings.onset.leads(experiments.onset.load())
    return float((found.onset - found.relative_flatness).std() / found.onset.std())


EXERCISES = {
    "onset/penalty": Exercise(
        lambda: experiments.onset.critical_penalty(53, 1.0),
        "log I_0(1/tau) over the difference of the nuclear norms, sqrt(K (K-1)) - sqrt(2 K); scipy.special.iv(0, x) is "
        "I_0(x), and I_0(1) is about 1.266",
    ),
    "onset/circles": Exercise(
        lambda: math.sqrt(2 * 4 * 29),
        "each circle has two equal singular values; the squares of all eight sum to the squared Frobenius norm, "
        "which is K for unit rows",
    ),
    "onset/spread": Exercise(
        _spread_ratio,
        "the crossing is found.onset - found.relative_flatness; take its standard deviation over the seeds and divide "
        "by that of found.onset",
    ),
}


def _lead(steps: Tensor, measure: Tensor, accuracy: Tensor) -> Tensor:
    return _crossing(steps, accuracy) - _crossing(steps, measure.log())


def _crossing(steps: Tensor, values: Tensor) -> Tensor:
    end = torch.quantile(values[-6:], 0.5)
    return steps[((values - values[0]) / (end - values[0]) >= 0.5).int().argmax()]


def _training(rises: bool = False, noisy_end: bool = False, comes_back: bool = False) -> tuple[Tensor, Tensor, Tensor]:
    """steps, a measure whose logarithm goes evenly to where it stays, and an accuracy that jumps at step 600."""
    steps = torch.arange(50, 2051, 50, dtype=torch.float64)  # [41]
    logs = -torch.linspace(0, 8, len(steps), dtype=torch.float64).clamp(max=7)
    if comes_back:
        logs[4:7] = -7.0
    if noisy_end:
        logs[-1] = -30.0
    accuracy = 0.96 / (1 + torch.exp((600 - steps) / 40))
    return steps, (-logs if rises else logs).exp(), accuracy


FUNCTIONS = {
    "onset/write-lead": Written(
        _lead,
        (
            Trial(
                "a measure that falls evenly in the logarithm",
                _training,
                "the way of the measure is counted in the logarithm, that of the accuracy is not",
            ),
            Trial("one that rises", lambda: _training(rises=True), "the share of the way rises whichever way it goes"),
            Trial(
                "one whose last value is an exception",
                lambda: _training(noisy_end=True),
                "the way ends at the median of the last six values",
            ),
            Trial(
                "one that crosses, comes back and crosses again",
                lambda: _training(comes_back=True),
                "the first step with a share of at least one half counts",
            ),
        ),
    ),
}
