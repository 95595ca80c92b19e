"""Exercises of the chapter "Coding rate and corrupted labels"."""

import numpy as np

from ncbook import experiments, readings
from ncbook.exercises._exercise import Exercise
from ncbook.experiments.corrupted_labels import rates
from ncbook.readings.corrupted_labels import CE, MCR2, at_top


def _stopped() -> float:
    """By how many points stopped rate reduction leads stopped cross-entropy: median over the seeds."""
    networks = readings.corrupted_labels.outcomes(experiments.corrupted_labels.load())
    top = at_top(networks).pivot(index="seed", columns="arm", values="stopped")
    return float(100 * (top[MCR2] - top[CE]).median())


EXERCISES = {
    "corrupted/two": Exercise(
        lambda: rates.frame_rate(2, 2, 0.5) - rates.point_rate(2, 0.5),
        "the second moments of the whole have two eigenvalues 1/2, those of a class one eigenvalue 1; each eigenvalue "
        "adds 1/2 log(1 + d eigenvalue / eps^2)",
    ),
    "corrupted/limit": Exercise(
        lambda: float(np.subtract(*rates.subspace_rates(10, 12, 128, 0.5))),
        "R has K r equal eigenvalues 1/(K r), R_c has r equal eigenvalues 1/r; here K = 10, r = 12, d = 128",
    ),
    "corrupted/wrong": Exercise(
        lambda: 0.4 * 9 / 10,
        "a label that is drawn anew is right by chance once in ten times",
    ),
    "corrupted/stopped": Exercise(
        _stopped,
        "readings.corrupted_labels.outcomes(run) has a row a network; take the column stopped at the highest noise, "
        "and the median of the differences seed by seed",
    ),
}
