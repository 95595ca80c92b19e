"""Exercises of the chapter "What collapses when a network groks"."""

import math

from ncbook import experiments, readings
from ncbook.exercises._exercise import Exercise


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
