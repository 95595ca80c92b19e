"""Numbers of the chapter on classes of unequal size."""

import math

import pandas as pd

from ncbook.readings import imbalance as reading
from ncbook.readings.imbalance import FEW, HEAD, LIMIT, MANY, NETWORK, PLAIN, POOL, SHIFTED
from prose._ledger import every_seed, no_seed
from prose._trials import BOTH, judged, load, trials_of

NAME = "imbalance"
STRONG, WEAK = 5e-3, 5e-4


def _rare(run, arm=PLAIN, rule=HEAD, decay=STRONG, size="rare"):
    """Median accuracy in percent at the ratio of the remedies."""
    return 100 * reading.beside(run, f"{size}_acc_{rule}").loc[decay][arm].median()


def _rows(run, column, ratio, decay=STRONG):
    table = reading.ends(run, NETWORK)
    chosen = table[(table.arm == PLAIN) & (table.ratio == ratio) & (table.weight_decay == decay)]
    return chosen[column].median()


def _limit(run):
    medians = reading.ends(run, LIMIT).groupby("weight_decay").seli_rows.median()
    return medians[1e-3], medians[1e-8]


def _near(run):
    return _rows(run, "seli_rows", 20), _rows(run, "etf_rows", 20)


def _all_below(_run):
    """The largest cosine of two rare rows of the plain networks, rounded up to a tenth."""
    tables = [reading.ends(load(NAME, preset), NETWORK) for preset in BOTH]
    highest = max(table[table.arm == PLAIN].cos_rows_rare.max() for table in tables)
    return math.ceil(10 * highest) / 10


def _times_from_the_simplex(_run):
    """How many times as far as from SELI, at least, with the larger decay."""
    tables = pd.concat([reading.ends(load(NAME, preset), NETWORK) for preset in BOTH])
    rows = tables[(tables.arm == PLAIN) & (tables.ratio > 1) & (tables.weight_decay == STRONG)]
    return math.floor((rows.etf_rows / rows.seli_rows).min())


def _both_runs(claim):
    told = [trials_of(NAME, claim, preset) for preset in BOTH]
    return tuple(sum(each) for each in zip(*told, strict=True))


def _median_effect(claim):
    return (judged(NAME, claim, BOTH[0]) + judged(NAME, claim, BOTH[1])).effect[0]


FACTS = {
    "puts only {72} % of the new images of rare digits right, against {99} % when all": lambda run: (
        _rare(run),
        _rare(run, MANY),
    ),
    "their distance from it is {0.06}, against {0.54} from the simplex": _near,
    "At equal sizes the distance from the simplex is {0.06} too": lambda run: _rows(run, "etf_rows", 1),
    "comes less near: {0.32}, where the simplex is at {0.53}": lambda run: (
        _rows(run, "seli_rows", 20, WEAK),
        _rows(run, "etf_rows", 20, WEAK),
    ),
    "the distance of the rows is {0.13} at a decay of $, and still {0.05} at $": _limit,
    "the cosine of two rare rows is below {0.4} in all networks": _all_below,
    "have a mean cosine of {0.08} at": lambda run: _rows(run, "cos_means_raw", 20),
    "{99} % of their new images are put right when all digits are frequent, {82} % when all are as rare": lambda run: (
        _rare(run, MANY),
        _rare(run, FEW),
    ),
    "and {72} % when they are rare among frequent ones": _rare,
    "afterwards takes them from {72} % to {87} %, while frequent digits fall from {99.4} % to {98.2} %": lambda run: (
        _rare(run),
        _rare(run, rule=SHIFTED),
        _rare(run, size="frequent"),
        _rare(run, rule=SHIFTED, size="frequent"),
    ),
    "it puts {84} % right, and not {99} %": lambda run: (_rare(run, rule=POOL), _rare(run, MANY)),
    "in all {twelve} seeds of two runs, with both weight decays": lambda _: every_seed(NAME, "networks-near-seli"),
    "at least {four} times as far from the simplex": _times_from_the_simplex,
    "have become one at $ **fails**, in no seed of {twelve}": lambda _: no_seed(NAME, "networks-rare-rows-become-one"),
    "in {23} of {24} networks": lambda _: _both_runs("few-images-not-unequal-ones"),
    "in the median they are {64} % of it": lambda _: 100 * _median_effect("few-images-not-unequal-ones"),
    "five points **fails**, in no seed of {twelve}": lambda _: no_seed(NAME, "unequal-images-harm-the-features"),
    "a median of {two} points better than with few": lambda _: -_median_effect("unequal-images-harm-the-features"),
    "at our size, in no seed of {twelve}": lambda _: no_seed(NAME, "fixed-simplex-helps"),
    "gain in mean accuracy is {0} points": lambda _: abs(_median_effect("fixed-simplex-helps")),
    "by a median of {ten} points": lambda _: _median_effect("logits-not-geometry"),
    "All networks take {800} steps": lambda run: run.config["steps"],
}
GIVEN = ["two of the four pairs have the same product"]
