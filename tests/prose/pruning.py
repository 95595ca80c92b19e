"""Numbers of the chapter on points that are not needed."""

import math

import numpy as np

from ncbook.readings import pruning as reading
from ncbook.readings.pruning import (
    ALL,
    BASE,
    FEW,
    FEWEST,
    FIRST,
    RANDOM,
    RANDOM_BALANCED,
    RULES,
    SCRATCH,
    SMALLEST,
    SMALLEST_BALANCED,
    STAGES,
    TENTH,
)
from prose._counts import yes
from prose._ledger import every_seed, seeds
from prose._trials import BOTH, load

NAME = "pruning"


def _after(run, arm, share, place=-1, course=reading.GOING_ON):
    """Test accuracy in percent, median over the seeds."""
    return reading.at(reading.accuracies(run, course), run.config["drops"][place], share)[arm].median()


def _stopped(run, place):
    return reading.drops(run).stopped.xs(run.config["drops"][place], level="dropped").median()


def _lost(run, place, share, better, worse):
    table = reading.at(reading.accuracies(run), run.config["drops"][place], share)
    return (table[better] - table[worse]).median()


def _balanced(run):
    """The least of the medians at the last drop, rounded down."""
    table = reading.accuracies(run).xs(run.config["drops"][-1], level="dropped")[list(reading.BALANCED)]
    return math.floor(table.groupby(level="share").median().min(axis=None))


def _classes(run):
    """How many seeds keep eight digits or more among the smallest margins."""
    found = reading.at(reading.classes(run), run.config["drops"][-1], FEW)[SMALLEST]
    return yes(found >= 8)


def _renormed(run):
    """The most that a rule gains at the last drop, in points, rounded up."""
    gain = (reading.renormed(run) - reading.accuracies(run))[list(RULES)].xs(run.config["drops"][-1], level="dropped")
    return math.ceil(gain.groupby(level="share").median().max(axis=None))


def _base(run, column, place):
    rows = reading.part(run, BASE)
    rows = rows[(rows.arm == FIRST) & (rows.epoch == run.config["drops"][place])]
    return rows[column].median()


def _most_frequent(run):
    """Of the fifty smallest margins of the first seed, those of the three most frequent digits, at two drops."""
    found = []
    for place in (0, -1):
        rows = run.arrays["margins"][place].argsort(kind="stable")[:50]
        found.append(int(np.sort(np.bincount(run.arrays["labels"][rows]))[-3:].sum()))
    return found


def _pairs(run, column, place):
    found = reading.pairs(run)
    found = found[(found.arm == SMALLEST) & (found.share == FEW)]
    return found[found.epoch == run.config["drops"][place]][column].median()


def _times_chance(run):
    found = reading.pairs(run)
    found = found[(found.arm == SMALLEST) & (found.share == FEW) & (found.epoch == run.config["drops"][-1])]
    return (found.overlap / found.by_chance).median()


def _below_stopping(run):
    """The largest set, as the text says: below stopping at the median, after the first drop."""
    share = max(run.config["shares"])
    assert _after(run, RANDOM_BALANCED, share, 0) < _stopped(run, 0)
    return reading.kept_points(1000, share)


def _in_stages(run):
    """Smallest margins of each class: in stages, and at once."""
    return [_after(run, SMALLEST_BALANCED, FEWEST, course=course) for course in (STAGES, reading.GOING_ON)]


STEPS = "laptop-small-steps"


def _at_rates(arm, share):
    """Test accuracy in percent, median over the seeds: with small steps, and at the same learning rate."""
    run = load(NAME, STEPS)
    return [_after(run, arm, share, course=course) for course in (reading.SMALL, reading.GOING_ON)]


def _behind(_run):
    run = load(NAME, STEPS)
    return _after(run, RANDOM, FEW, course=reading.SMALL) - _after(run, SMALLEST, FEW, course=reading.SMALL)


def _test_images(_run):
    """How many of the test images of digits are a percentage point."""
    return round((1797 - 1000) / 100)


FACTS = {
    "after epoch {10}, when the last training error is just gone, after epoch {60}, and after epoch {200}, at the": (
        lambda run: run.config["drops"]
    ),
    "Then {20}, {10}, {5}, {2} or {1} % of the points": lambda run: [100 * share for share in run.config["shares"]],
    "The network trains on for {200} steps, each": lambda run: run.config["steps"],
    "at {5} % the accuracy is {98.7} %, and with all points {98.9} %": lambda run: (
        100 * FEW,
        _after(run, RANDOM, FEW),
        _after(run, ALL, 1.0),
    ),
    "The smallest margins fall to {71} % there, and to {33} % when ten points": lambda run: [
        _after(run, SMALLEST, share) for share in (FEW, FEWEST)
    ],
    "all rules end above {98} % at the median": _balanced,
    "{seven} of {eight} have eight digits or more": _classes,
    "gains as much as {one} percentage point at the median": _renormed,
    "The spread of the margins falls from {0.23} of their mean at epoch 10 to {0.028} at epoch 200, and the share "
    "between the classes rises from {6} to {17} %": lambda run: (
        *(_base(run, "spread", place) for place in (0, -1)),
        *(100 * _base(run, "between_classes", place) for place in (0, -1)),
    ),
    "the three most frequent digits have {28} of them, and then {47}": _most_frequent,
    "with all points, {200} more steps raise the accuracy": lambda run: run.config["steps"],
    "What does one image of each digit do in {200} steps": lambda run: run.config["steps"],
    "from {98.0} % to {96.1} %, where all points raise it to {98.3} %": lambda run: (
        _stopped(run, 0),
        _after(run, RANDOM_BALANCED, FEWEST, 0),
        _after(run, ALL, 1.0, 0),
    ),
    "even {200} of the thousand stay below stopping": _below_stopping,
    "ten images teach a network {60} %, and a hundred {90} %": lambda run: [
        _after(run, RANDOM_BALANCED, share, course=SCRATCH) for share in (FEWEST, TENTH)
    ],
    "{20} %, then {10}, {5}, {2} and {1} %, each for a fifth": lambda run: [
        100 * share for share in run.config["shares"]
    ],
    "now cost more than half of the accuracy: {43} % in place of {98} %": _in_stages,
    "their margins is {0.80} at epoch 10": lambda run: _pairs(run, "rank_correlation", 0),
    "At epoch 200 it is {0.41}, and the overlap has fallen from {0.33} to {0.12}": lambda run: (
        _pairs(run, "rank_correlation", -1),
        *(_pairs(run, "overlap", place) for place in (0, -1)),
    ),
    "also about {five} times what chance gives": _times_chance,
    "NC1 falls, from {0.075} to {0.017} to {0.0011}": lambda run: [
        _base(run, "nc1_train", place) for place in range(3)
    ],
    "the loss falls from {6} percentage points to {0.2}": lambda run: [
        _lost(run, place, FEWEST, RANDOM_BALANCED, SMALLEST_BALANCED) for place in (0, -1)
    ],
    "From any class the loss rises from {1} to {28}": lambda run: [
        _lost(run, place, FEW, RANDOM, SMALLEST) for place in (0, -1)
    ],
    "the network of epoch 10 has an accuracy of {90} %, and that of epoch 200 one of {53} %": lambda run: [
        _after(run, RANDOM, FEWEST, place) for place in (0, -1)
    ],
    "from any class leave an accuracy of {94} %, in place of {58} %, and the fifty smallest margins {97} %, in place "
    "of {67} %": lambda _: (*_at_rates(RANDOM, FEWEST), *_at_rates(SMALLEST, FEW)),
    "with ten of them the accuracy is {73} %": lambda _: _at_rates(SMALLEST, FEWEST)[0],
    "at {5} % they are only about {one} point behind random": lambda run: (100 * FEW, _behind(run)),
    "any class lose, in all {sixteen}": lambda _: every_seed(NAME, "small-steps-forget-less"),
    "worse than random at both shares in {four} of the {sixteen}": lambda _: seeds(
        NAME, "smallest-margins-worse-in-small-steps"
    ),
    "is asked of all {sixteen} seeds of two runs": lambda _: sum(
        len(load(NAME, each).config["seeds"]) for each in BOTH
    ),
    "less than one percentage point of test accuracy is lost in all {sixteen} seeds": lambda _: every_seed(
        NAME, "dropping-points-harmless"
    ),
    "{1} % of the points, it is so in {fourteen} of the {sixteen}": lambda _: (
        100 * FEWEST,
        *seeds(NAME, "ninety-nine-percent-can-go"),
    ),
    "at {5} % and at {1} % in {fifteen} of the {sixteen} seeds": lambda _: (
        100 * FEW,
        100 * FEWEST,
        *seeds(NAME, "smallest-margins-worse-than-random"),
    ),
    "at least half of what the smallest margins lose, in all {sixteen} seeds": lambda _: every_seed(
        NAME, "lost-classes-explain-it"
    ),
    "in none of the {eleven} seeds in which all points raise it by a quarter": lambda _: every_seed(
        NAME, "going-on-with-few-is-stopping"
    ),
    "In the other {five} there was less to learn": lambda _: (
        every_seed(NAME, "dropping-points-harmless") - seeds(NAME, "going-on-with-few-is-stopping")[1]
    ),
    "below a third in all {sixteen} seeds": lambda _: every_seed(NAME, "kept-points-differ-between-runs"),
    "at most twice that of chance in {one} of the {sixteen}": lambda _: seeds(NAME, "kept-points-agree-by-chance"),
    "the overlap falls in {fifteen} of the {sixteen} seeds, and so does the harm": lambda _: seeds(
        NAME, "agreement-falls-with-collapse"
    ),
    "than at the first is so in {ten} of the {sixteen}": lambda _: seeds(NAME, "collapse-loses-classes"),
    "a percentage point is {eight} test images": _test_images,
}
GIVEN = [
    "The survey argues in three steps",
    "more than 99 % of the points can be dropped",
    "by one of three rules",
    "Keep the smallest margins, 5 %, and drop after 10, 60 and 200 epochs",
    "and drop after 200 epochs",
]
