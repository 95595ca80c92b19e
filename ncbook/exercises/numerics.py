"""Exercises of the chapter "Faster grokking, and stuck softmaxes"."""

import math

from ncbook import experiments, readings
from ncbook.exercises._exercise import Exercise


def _grokfast_ratio() -> float:
    """Median over the seeds of the steps with amplified slow gradients over those of the baseline."""
    return float(readings.numerics.times(experiments.numerics.load()).grokfast.median())


EXERCISES = {
    "numerics/lead": Exercise(
        lambda: math.log(28 * 2**24),
        "divide the sum of exponentials by exp(z_y): it is 1 + 28 exp(-m), and rounds to 1 where the second term is "
        "below 2**-24",
    ),
    "numerics/stablemax": Exercise(
        lambda: math.log(49 / 21),
        "s(20) = 21 and s(0) = 1, so that the correct class has a share of 21 / (21 + 28)",
    ),
    "numerics/grokfast": Exercise(
        _grokfast_ratio,
        "readings.numerics.times(run) has a row a seed and a column an arm, and has divided by the baseline already: "
        "take the median",
    ),
}
