"""Exercises of the chapter "Targets". TODO: at least three, computed here and never typed in."""

from ncbook import experiments, readings
from ncbook.exercises._exercise import Exercise


def _fall() -> float:
    return float(readings.targets.outcomes(experiments.targets.load()).fall.median())


EXERCISES = {
    "targets/fall": Exercise(
        _fall, "take the median of the column fall of readings.targets.outcomes(run)"
    ),
}
