"""Numbers of the chapter beyond the test set."""

import math

from ncbook.readings import reliability as reading
from ncbook.readings.reliability import FALLING, HIT, NOISE, PLAIN, ROBUST
from prose._ledger import every_seed, no_seed, seeds
from prose._trials import BOTH, judged, trials_of

NAME = "reliability"
STRONG = 5e-3


def _hit(run, column, radius, arm=FALLING, change=HIT, decay=STRONG):
    table = reading.changed(run, change, radius, arm)
    return table[table.weight_decay == decay][column].median()


def _right(run, arm, radius=0.2):
    return 100 * (1 - _hit(run, "hit_error_test", radius, arm))


def _end(run, column, decay=STRONG, arm=PLAIN):
    return reading.beside(run, column, arm)[decay].median()


def _since(run, column, decay=STRONG):
    table = reading.since_fitted(run, [column])
    own = table[table.weight_decay == decay]
    return own[f"{column}_then"].median(), own[f"{column}_end"].median()


def _both_runs(claim):
    told = [trials_of(NAME, claim, preset) for preset in BOTH]
    return tuple(sum(each) for each in zip(*told, strict=True))


def _median_effect(claim):
    return abs((judged(NAME, claim, BOTH[0]) + judged(NAME, claim, BOTH[1])).effect[0])


def _all_that_can(claim):
    """How many seeds can answer, all of them yes, and how many cannot."""
    held, count = seeds(NAME, claim)
    return (count, 12 - count) if held == count else (math.nan, math.nan)


FACTS = {
    "from {0.0004} to {0.92}, and noise of the same size to {0.006}": lambda run: (
        _hit(run, "nc1_clean", 0.2),
        _hit(run, "nc1_hit", 0.2),
        _hit(run, "nc1_hit", 0.2, change=NOISE),
    ),
    "the median image has {37} % of the way left without weight decay, and {20} % with the largest": lambda run: (
        100 * _hit(run, "to_corner", 0.4, decay=0.0),
        100 * _hit(run, "to_corner", 0.4),
    ),
    "of the class decided for in {99} % of the cases": lambda run: 100 * _hit(run, "at_nearest", 0.4, decay=0.0),
    "by the class decided for, NC1 is {0.12}": lambda run: _hit(run, "nc1_decided", 0.4),
    "NC1 is {0.004} under attack and {0.0017} without": lambda run: (
        _hit(run, "nc1_hit", 0.2, ROBUST),
        _hit(run, "nc1_clean", 0.2, ROBUST),
    ),
    "have a cosine of {0.998} with": lambda run: _hit(run, "means_cosine", 0.2, ROBUST),
    "It puts {93} % of attacked new images right, the other network {68} %": lambda run: (
        _right(run, ROBUST),
        _right(run, FALLING),
    ),
    "stays at {0.94} in the median": lambda run: _end(run, "auroc_neco"),
    "NC5 falls from {0.44} to {0.33}": lambda run: _since(run, "nc5"),
    "it rises from {0.26} to {0.30}": lambda run: _since(run, "nc5_centered"),
    "NECO has {0.979} with the largest decay and {0.940} without": lambda run: (
        _end(run, "auroc_neco", arm=FALLING),
        _end(run, "auroc_neco", 0.0, FALLING),
    ),
    "training images, in pixels, has {0.988}": lambda run: reading.baselines(run)["nearest"].median(),
    "the network says {96.4} % and is right in {99.1} % of the cases": lambda run: (
        100 * _end(run, "confidence_test"),
        100 * (1 - _end(run, "test_error")),
    ),
    "its best temperature is {0.64}": lambda run: _end(run, "temperature"),
    "Without decay it is {1.28}": lambda run: _end(run, "temperature", 0.0),
    "falls from {3.3} % to {1.2} %": lambda run: (100 * _end(run, "ece_half"), 100 * _end(run, "ece_mended")),
    "It climbs in {ten} steps": lambda run: run.config["attack_steps"],
    "takes {1500} steps": lambda run: run.config["steps"],
    "break the simplex, in all {twelve} seeds of two runs": lambda _: every_seed(NAME, "attacks-break-the-simplex"),
    "leap to corners, in {19} of {22} trainings": lambda _: _both_runs("attacked-images-leap-to-corners"),
    "with a median of {20} % of the way left": lambda _: 100 * _median_effect("attacked-images-leap-to-corners"),
    "aligned simplices, in all {twelve} seeds": lambda _: every_seed(NAME, "robust-simplices-aligned"),
    "halves after zero error **fails**, in no seed of {twelve}": lambda _: no_seed(
        NAME, "unseen-mean-turns-orthogonal"
    ),
    "it is so in {7} of {34} trainings": lambda _: _both_runs("neco-beats-confidence"),
    "the median difference is {0.00}": lambda _: _median_effect("neco-beats-confidence"),
    "it is so in {9} of {24} comparisons": lambda _: _both_runs("more-collapse-detects-better"),
    "in {16} of {22} trainings, by a median of": lambda _: _both_runs("detection-improves-past-zero-error"),
    "by a median of {0.02}": lambda _: _median_effect("detection-improves-past-zero-error"),
    "in {31} of {34} trainings": lambda _: _both_runs("pixels-detect-better"),
    "in all {eight} seeds that can answer; in the {four} others": lambda _: _all_that_can("decay-decides-confidence"),
}
GIVEN = [
    "Two networks learned eight of the ten digits",
    "0.2 is a bit more than one of the sixteen gray levels",
    "right in 90 % of the cases in which it is 90 % sure",
    "A network of two classes says 99 %",
    "so that it says 90 %",
    "a calibration error below 1 %",
    "four of them right",
    "four of them are right",
    "three of them are right",
    "Each bin holds one half of the images",
]
