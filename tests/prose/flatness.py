"""Numbers of the chapter on relative flatness."""

import math
from functools import cache

from ncbook import experiments
from ncbook.readings import flatness as reading
from prose._ledger import no_seed, seeds


def _at_equal_loss(run):
    matched = reading.rows(run, "matched").pivot(index="seed", columns="arm", values="relative_flatness")
    return math.floor((matched.random / matched.trained).min())


@cache
def _shaken():
    return [experiments.flatness.load(preset, live=False) for preset in ("laptop-noise", "laptop-noise-again")]


def _off(_):
    """How far kappa is off at little noise, rounded up, in both runs."""
    return math.ceil(10 * max(reading.under_noise(run, noise=10).off.max() for run in _shaken())) / 10


def _learning():
    return reading.over_learning(_shaken()[0])


def _reach(_):
    return (
        _learning().reach_then.median(),
        _learning().reach_end.median(),
        *seeds("flatness", "features-come-within-reach"),
    )


def _reach_on_random_labels(_):
    reach = reading.under_noise(_shaken()[0], arm="random", noise=10).groupby("seed").reach
    return reach.first().median(), reach.last().median()


def _survived(run):
    """How many of the changes leave kappa alone in every network, and how many there are."""
    still = [(reading.changed(run, change).relative_flatness - 1).abs().max() < 1e-9 for change in reading.CHANGES]
    return sum(still), len(still)


FACTS = {
    "The exact $ survives {three} of the {four}": _survived,
    "of random labels is more than {three} times that of true ones": _at_equal_loss,
    "which **holds**, in {eight} of {nine} seeds": lambda _: seeds("flatness", "softmax-collapse"),
    "64 was, in {eight} of {nine} seeds": lambda _: seeds("flatness", "softmax-collapse"),
    "every network, within a factor of {1.4}": _off,
    "that flat features are robust **holds**, in {ten} of {ten} seeds": (
        lambda _: seeds("flatness", "flat-features-are-robust")
    ),
    "is {0.9} lengths away, in the median": lambda _: _learning().reach_then.median(),
    "robustness is then {0.1} % of the gap": lambda _: 100 * (_learning().rise_then / _learning().gap_then).median(),
    "knows nothing (**holds**, in {ten} of {ten} seeds)": (
        lambda _: seeds("flatness", "robustness-is-little-of-the-gap")
    ),
    "still tells the rise **fails**, in all {ten} seeds": (
        lambda _: no_seed("flatness", "flat-features-bear-wide-noise")
    ),
    "falls from {ten} nats to a millionth": lambda _: _learning().representativeness_then.median(),
    "to a millionth (**holds**, in {ten} of {ten} seeds)": (
        lambda _: seeds("flatness", "features-become-representative")
    ),
    "It falls from {0.9} to {0.1} (**holds**, in {ten} of {ten} seeds)": _reach,
    "on random labels it grows from {0.4} to {0.9}": _reach_on_random_labels,
}
GIVEN = [
    "(the features ten times as long",
    "would raise it 32 times as much",
    "with noise of 10 % of the length",
    "At 10 % of the length",
    'to zero when validation accuracy reaches 100 %"',
    "In the end noise of 10 % is long enough",
    "At noise of 10 % it tells",
]
