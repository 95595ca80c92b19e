"""Numbers of the chapter on relative flatness."""

import math
from functools import cache

import torch

from ncbook import experiments, metrics
from ncbook.claims import QUOTES
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


def _reach_on_random_labels(_):
    reach = reading.under_noise(_shaken()[0], arm="random", noise=10).groupby("seed").reach
    return reach.first().median(), reach.last().median()


def _survived(run):
    """How many of the changes leave kappa alone in every network, and how many there are."""
    still = [(reading.changed(run, change).relative_flatness - 1).abs().max() < 1e-9 for change in reading.CHANGES]
    return sum(still), len(still)


def _toy(shift=0.0):
    """The twenty points of the chapter, and their classifier with `shift` added to every entry."""
    torch.manual_seed(0)
    features = torch.randn(20, 7, dtype=torch.float64).relu()
    return features, torch.randn(5, 7, dtype=torch.float64) + shift


def _gauge(_):
    before, after = (metrics.relative_flatness_bound(*_toy(shift)).item() for shift in (0, 1))
    return metrics.relative_flatness(*_toy(1)).item(), before, after


def _ceiling(_):
    """The value of the source, its share of its ceiling in percent, and the ceiling."""
    reported, most = float(QUOTES["anti-flatness-kappa"].text), 50**2 * (1 - 1 / 10)
    return reported, 100 * reported / most, most


def _peaks(curve):
    strengths = torch.linspace(0.5, 10, 100_000, dtype=torch.float64)
    forms = [metrics.collapsed_flatness(count, 1.0, strengths * (count - 1) / count) for count in (3, 10, 97)]
    return [strengths[getattr(form, curve).argmax()].item() for form in forms]


def _front(_):
    bounds = [metrics.relative_flatness_generalization_bound(2 * d, 1000, d, 0.05, c1=0, c2=0) for d in (2, 128)]
    return [float(each) for each in bounds]


def _wrong(run):
    error = 100 * reading.rows(run, "scale", arm="random").test_error
    return error.min(), error.max()


FACTS = {
    "The exact $ survives {three} of the {four}": _survived,
    "of random labels is more than {three} times that of true ones": _at_equal_loss,
    "stays at {11.079}, and $ grows from {59.98} to {99.72}": _gauge,
    "they report {2209.94}, which is {98.2} % of the ceiling of {2250}": _ceiling,
    "it is {0.1} in a plane and {0.9} in 128 dimensions": _front,
    "{0.95} of their length on our digits, and {0.91} on the sums": lambda _: (1000 ** (-1 / 132), 505 ** (-1 / 68)),
    "at a confidence of {2.58} for three classes, {3.25} for ten and {4.85} for 97": lambda _: _peaks("exact"),
    "those of proposition 5.3 at {2.65}, {3.50} and {5.35}": lambda _: _peaks("proposition"),
    "the test error is {86} to {94} %": _wrong,
    "**holds**, in {eight} of {nine} seeds of two runs": lambda _: seeds("flatness", "softmax-collapse"),
    "every network, within a factor of {1.4}": _off,
    "(**holds**, in {ten} of {ten} seeds), within a factor of {1.4}": (
        lambda _: (*seeds("flatness", "flat-features-are-robust"), _off(_))
    ),
    "and robustness is {0.1} % of the gap": lambda _: 100 * (_learning().rise_then / _learning().gap_then).median(),
    "a hundredth of the gap (**holds**, in {ten} of {ten} seeds)": (
        lambda _: seeds("flatness", "robustness-is-little-of-the-gap")
    ),
    "still tells the rise under noise of their own length **fails**, in all {ten} seeds": (
        lambda _: no_seed("flatness", "flat-features-bear-wide-noise")
    ),
    "falls from {ten} nats to a millionth": lambda _: _learning().representativeness_then.median(),
    "of their estimate by densities (**holds**, in {ten} of {ten} seeds)": (
        lambda _: seeds("flatness", "features-become-representative")
    ),
    "so does the reach (**holds**, in {ten} of {ten} seeds)": lambda _: seeds("flatness", "features-come-within-reach"),
    "It falls from {0.9} to {0.1}, and": lambda _: (_learning().reach_then.median(), _learning().reach_end.median()),
    "on random labels it grows from {0.4} to {0.9}": _reach_on_random_labels,
}
GIVEN = [
    "would raise it 32 times as much",
    'to zero when validation accuracy reaches 100 %"',
]
