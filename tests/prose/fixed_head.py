"""Numbers of the chapter on fixed heads."""

import math

import pandas as pd

from ncbook.readings import fixed_head as reading
from ncbook.readings.fixed_head import (
    ALIKE,
    CIRCLE,
    EQUAL,
    LEARNED,
    RANDOM,
    RANDOM_K,
    SIMPLEX,
    TURNED,
)
from prose._ledger import entry, every_seed, seeds
from prose._trials import BOTH, load

NAME = "fixed_head"
ANGLES = "nc2_angles_train"


def _median(run, arm, column, dataset="digits"):
    table = reading.beside_learned(run)
    return table[(table.arm == arm) & (table.dataset == dataset)][column].median()


def _both(arm):
    """Rows beside the learned head over the seeds of both runs."""
    table = pd.concat([reading.beside_learned(load(NAME, preset)) for preset in BOTH])
    return table[table.arm == arm]


def _circle(run):
    return [round(_median(run, CIRCLE, "lost", name)) for name in ("digits", "mnist5k", "glyphs")]


def _most_on_glyphs(_run):
    """Nobody loses a point elsewhere, and some gain on glyphs too."""
    tables = [_both(arm) for arm in (SIMPLEX, RANDOM, ALIKE)]
    for table in tables:
        assert table[table.dataset != "glyphs"].lost.max() <= 1
        assert table[table.dataset == "glyphs"].lost.min() < 0
        assert abs(table.lost.median()) < 0.3  # the text: close to zero
    return math.floor(max(table.lost.max() for table in tables))


def _random_heads(_run):
    """Heads of ten random rows with a class that cannot win are those that lose most: see test_chapter_fixed_head."""
    lost = _both(RANDOM_K).lost
    return int((lost >= 9).sum()), len(lost), math.floor(lost[lost >= 9].min())


def _share(run, classes, low, high):
    table = reading.savings(run)
    own = 100 * table[table.classes == classes].narrowed
    return int(own.between(low, high).sum())


def _narrowed(run):
    counts = [_share(run, count, 8, 20) for count in run.config["class_counts"]]
    return min(counts), max(counts)


def _rare(run, ratio, column, scale=1.0):
    table = reading.imbalance(run)
    return [scale * table[(table.ratio == ratio) & (table.arm == arm)][column].median() for arm in (SIMPLEX, LEARNED)]


def _err_alike(run):
    simplex, learned = _rare(run, 10, "rare_error_test", 100)
    assert abs(simplex - learned) < 1.5  # the text: alike
    return _rare(run, 50, "rare_error_test", 100)


def _largest_share(run, classes):
    table = reading.savings(run)
    return math.ceil(100 * table[table.classes == classes].fixed.max())


def _smallest_shufflenet(run):
    table = reading.savings(run).set_index(["architecture", "classes"])
    assert round(table.fixed["shufflenet_v2_x0_5", 1000], 2) == 0.75
    return table.dim["resnet18", 1000]


FACTS = {
    "about {two} points on digits, {six} on MNIST, and {thirteen} on glyphs": lambda run: [
        2 if 2 <= _median(run, CIRCLE, "lost") < 2.5 else math.nan,
        6 if 6 <= _median(run, CIRCLE, "lost", "mnist5k") < 7 else math.nan,
        _circle(run)[2],
    ],
    "can lose up to {three} points": _most_on_glyphs,
    "{six} of the {twelve} random heads of both runs do, and just these six lose {nine} points or more": _random_heads,
    "the training loss: {0.29} instead of {0.02}": lambda run: (
        _median(run, EQUAL, "train_loss"),
        _median(run, SIMPLEX, "train_loss"),
    ),
    "end {0.003} from those of a simplex; with the learned head they end {0.04} from it, {fourteen} times as far": (
        lambda run: (
            _median(run, SIMPLEX, ANGLES),
            _median(run, LEARNED, ANGLES),
            round(_median(run, LEARNED, ANGLES) / _median(run, SIMPLEX, ANGLES)),
        )
    ),
    "NC1 ends at {0.004} instead of {0.014}": lambda run: [
        _median(run, arm, "nc1_train") for arm in (SIMPLEX, LEARNED)
    ],
    "(their NC3 is {0.41}, against {0.0002} on the axes)": lambda run: [
        _median(run, arm, "nc3_train") for arm in (TURNED, SIMPLEX)
    ],
    "ended at a length of {1.23}": lambda run: _median(run, LEARNED, "head_length"),
    "{four} of the {five} networks from the survey's families": lambda _: seeds(NAME, "fixed-simplex-savings"),
    "ResNet-18 has {512} features": _smallest_shufflenet,
    "no network saves more than {3} %": lambda run: _largest_share(run, 10),
    "met by {one} or {two} networks at each number of classes": _narrowed,
    "their cosine rises from -{0.11} to {0.11}": lambda run: [
        -_rare(run, 1, "rare_cos_head_train")[1],
        _rare(run, 50, "rare_cos_head_train")[1],
    ],
    "{0.008} from it against {0.08} at the ratio of ten": lambda run: _rare(run, 10, ANGLES),
    "errs on {70} % of them and the learned head on {58} %": _err_alike,
    "in {11} of {twelve} seeds": lambda _: seeds(NAME, "fixed-simplex-classifier"),
    "with {six} of the {twelve} seeds": lambda _: seeds(NAME, "fixed-simplex-better-than-random"),
    "on digits **holds** in all {twelve} seeds": lambda _: every_seed(NAME, "as-many-dimensions-as-classes"),
    "as the learned head does **holds** in all {twelve} seeds": lambda _: every_seed(
        NAME, "fixed-simplex-shapes-features"
    ),
    "in all but {one} trial": lambda _: (
        entry(NAME, "fixed-simplex-shapes-rare-classes").trials
        - round(2 * entry(NAME, "fixed-simplex-shapes-rare-classes").holds)
    ),
    "in {four} of the {twelve} seeds": lambda _: seeds(NAME, "fixed-simplex-helps-rare-classes"),
    "is met by {four} of the {five} networks in question": lambda _: seeds(NAME, "fixed-simplex-savings"),
    "for {800} steps on three sets": lambda run: run.config["steps"],
    "one small perceptron on small images, {800} steps": lambda run: run.config["steps"],
}
GIVEN = [
    "8 to 50 %",
    "8 to 20 %",
    "about 8 %",
    "one of the 797 test digits",
    "Four times shorter or longer rows",
    "ten times and fifty times fewer training images",
]
