"""Numbers in words."""

import math

from ncbook import readings
from prose._counts import yes
from prose._trials import FIRST, SECOND, answers

BOUND = readings.bound


def _pairs(run, per_class):
    pairs = BOUND.rows(run, "pair")
    return pairs[pairs.per_class == per_class]


def _times(run):
    """Between which whole numbers the population's CDNV over the training set's is, for the largest sets."""
    means = _pairs(run, max(run.config["sizes"])).groupby("seed")[["cdnv_test", "cdnv_train"]].mean()
    times = means.cdnv_test / means.cdnv_train
    return math.floor(times.min()), math.ceil(times.max())


def _excess(run):
    largest = max(run.config["sizes"])
    pairs = _pairs(run, largest)
    return 100 * (pairs.cdnv_bound / pairs.cdnv_test - 1).mean(), largest


def _falls_of_population(run):
    seen = BOUND.terminal(run)
    small = seen[seen.per_class == min(run.config["sizes"])]
    falls = small.cdnv_test_then / small.cdnv_test_end
    return falls.min(), falls.max()


def _shifts(run):
    """Mean shift over that of fresh points: the mean of the size with the smallest and with the largest."""
    networks = BOUND.rows(run, "network")
    times = (networks["shift"] / networks.shift_if_fresh).groupby(networks.per_class).mean()
    return times.min(), times.max()


def _probability(run):
    return 100 * (1 - run.config["failure"])


def _halves(run):
    pairs = BOUND.rows(run, "pair")
    return 100 * (pairs.half_cdnv / pairs.cdnv_test - 1).abs().mean()


def _rising(_run):
    """Terminal phases of the second run in which B rises, and all; in the first run it rises in all."""
    assert not any(answers("bound", "collapse-shrinks-b", FIRST))
    smaller, phases = yes(answers("bound", "collapse-shrinks-b", SECOND))
    return phases - smaller, phases


FACTS = {
    "with {800} it is {two} to {three} times": lambda run: (max(run.config["sizes"]), *_times(run)),
    "{three} percent at {800}": _excess,
    "{two}- to {threefold}": _falls_of_population,
    "For the training images the shift is {five} to {six} times as large": _shifts,
    "each to hold with probability {95} %": _probability,
    "take the {95} % quantile": _probability,
    "The population is known to about {two} percent": _halves,
    "it rises in all of these phases in the first run, and in {nine} of {thirteen} in the second": _rising,
}
GIVEN = [
    "falls at least tenfold in every terminal phase that is long enough to ask",
    "The bound, in three steps",
    "the three steps lose little",
    "one of three distances must be at least",
]
