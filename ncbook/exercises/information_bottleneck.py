"""Exercises of the chapter "The information bottleneck"."""

import math

from ncbook import experiments, readings
from ncbook.exercises._exercise import Exercise


def _scaled_fall() -> float:
    """Median over the seeds of the fall of I(X; T) with ReLU at scaled noise, nats."""
    found = readings.information_bottleneck.compression(experiments.information_bottleneck.load())
    return float(found[(found.estimator == "scaled noise") & (found.activation == "relu")].fall.median())


EXERCISES = {
    "bottleneck/correlation": Exercise(
        lambda: math.sqrt(3) / 2, "one bit is log 2 nats; solve -1/2 log(1 - rho^2) = log 2 for rho"
    ),
    "bottleneck/two-points": Exercise(
        lambda: math.sqrt(-2 * math.log(math.sqrt(2) - 1)),
        "with two points the inner sum has the terms 1 and exp(-D^2 / 2): what must their mean be?",
    ),
    "bottleneck/transition": Exercise(
        lambda: 1.25, "Sigma_B is the variance of the class means: which lambda, and which 1 / (1 - lambda)?"
    ),
    "bottleneck/scaled-fall": Exercise(
        _scaled_fall,
        "take the rows of `readings.information_bottleneck.compression(run)` with estimator 'scaled noise' and "
        "activation 'relu'",
    ),
}
