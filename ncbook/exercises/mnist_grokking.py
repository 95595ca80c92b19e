"""Exercises of the chapter "Mnist grokking". TODO: at least three, computed here and never typed in."""

from ncbook import experiments, readings
from ncbook.exercises._exercise import Exercise


def _fall() -> float:
    return float(readings.mnist_grokking.outcomes(experiments.mnist_grokking.load()).fall.median())


EXERCISES = {
    "mnist_grokking/fall": Exercise(
        _fall, "take the median of the column fall of readings.mnist_grokking.outcomes(run)"
    ),
}
