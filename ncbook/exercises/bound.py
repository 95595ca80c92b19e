"""Exercises of the chapter "A bound for test collapse"."""

import math

from ncbook import experiments, readings
from ncbook.exercises._exercise import Exercise


def _dependence() -> float:
    """Median over the seeds, at the size nearest to 100 images a class, of the shift over that of fresh points."""
    networks = readings.bound.rows(experiments.bound.load(), "network")
    own = networks[(networks.per_class - 100).abs() == (networks.per_class - 100).abs().min()]
    return float((own["shift"] / own.shift_if_fresh).median())


EXERCISES = {
    "bound/shift": Exercise(
        lambda: 0.75,
        "1 + A = (1 + a)^2, so solve 2a + a^2 = A for a and multiply it by the distance of the population's means",
    ),
    "bound/silent": Exercise(
        lambda: 1 / 396,
        "a bound on an error says nothing from 1 on: for which V is 4 (K-1) V equal to 1?",
    ),
    "bound/dependence": Exercise(
        _dependence,
        "of the rows of the part network with 100 images a class, divide shift by shift_if_fresh and take the median",
    ),
    "bound/images": Exercise(
        lambda: (7 * (1 + math.sqrt(2 * math.log(400))) / 0.625) ** 2,
        "set R (1 + sqrt(2 log(1/delta))) / sqrt(n) to a tenth of the distance, with delta = 0.05/20, and solve for n",
    ),
}
