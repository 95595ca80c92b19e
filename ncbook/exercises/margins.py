"""Exercises of the chapter "The max-margin view"."""

import math

from ncbook import experiments, metrics, readings
from ncbook.exercises._exercise import Exercise


def _area() -> float:
    """Median over the seeds of the rank correlation of area and test accuracy where the number of images differs."""
    found = readings.margins.correlations(experiments.margins.load())
    return float(found[found.family == "number of images"].area.median())


EXERCISES = {
    "margins/collapsed": Exercise(
        lambda: metrics.simplex_margins(10, weight_norm=10**-0.5).margin,
        "with features alpha m_k and rows beta m_k the margin is alpha beta K/(K-1); the norm of W is beta sqrt(K), "
        "and the features have the length alpha",
    ),
    "margins/half": Exercise(
        lambda: 10 * math.log((1 + math.sqrt(5)) / 2),
        "with u = e^(c/10) the three terms are u, u^2 and u^3; the largest probability is 1/2 when u^3 = u + u^2",
        tolerance=0.005,
    ),
    "margins/exponent": Exercise(
        lambda: metrics.simplex_margins(3).exponent / 0.25,
        "the exponents are K/(4(K-1)) and 1/4, and log error is minus the exponent over sigma squared",
    ),
    "margins/images": Exercise(
        _area,
        "readings.margins.correlations(run) has a row a family and seed: choose the family, and take the median of "
        "its column area",
    ),
}
