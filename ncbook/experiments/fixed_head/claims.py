"""What is claimed of heads that are not trained, and the rules by which a run decides."""

from functools import partial

import pandas as pd

from ncbook.claims import read
from ncbook.evidence import SIGN, Evidence
from ncbook.readings.fixed_head import (
    ALIKE,
    CIRCLE,
    FIXED_RANGE,
    LEARNED,
    LEARNED_K,
    MARGIN,
    RANDOM,
    SIMPLEX,
    beside_learned,
    imbalance,
    savings,
)
from ncbook.runs import Run

_NAMED = ("resnet", "densenet", "shufflenet")  # families of architectures that the survey names
_SHARE = 0.5  # of the learned head's distance from the simplex, that counts as nearer


def _beside(run: Run, arm: str) -> pd.DataFrame:
    """`beside_learned` of one head, with `circle`, the points that the circle loses on the same images, and `tells`.

    A trial can answer where the learned head ends without a training error, and the circle is so much worse that a
    loss of this size was there to be seen.
    """
    table = beside_learned(run)
    circle = table[table.arm == CIRCLE].set_index(["dataset", "seed"]).lost.rename("circle")
    found = table[table.arm == arm].join(circle, on=["dataset", "seed"])
    return found.assign(tells=(found.train_error_learned == 0) & (found.circle > MARGIN))


def _costs_nothing(arm: str, run: Run) -> Evidence:
    table = _beside(run, arm)
    return Evidence.compared(table.seed, table.lost, "<=", MARGIN, "points above the learned head", table.tells)


def _simplex_beats_random(run: Run) -> Evidence:
    keys = ["dataset", "seed"]
    pairs = _beside(run, SIMPLEX).merge(_beside(run, RANDOM)[[*keys, "lost"]], on=keys, suffixes=("", "_random"))
    ahead = pairs.lost_random - pairs.lost
    return Evidence.compared(pairs.seed, ahead, ">", 0, "points below the random head", pairs.tells, chance=SIGN)


def _nearer(run: Run) -> Evidence:
    table = _beside(run, SIMPLEX)
    share = table.nc2_angles_train / table.nc2_angles_train_learned
    fitted = (table.train_error == 0) & (table.train_error_learned == 0)
    return Evidence.compared(table.seed, share, "<=", _SHARE, "times the learned head's distance", fitted)


def _saves(run: Run) -> Evidence:
    """A trial is an architecture, by its place in the list, which stands where a seed does elsewhere."""
    table = savings(run)
    table = table[table.classes == table.classes.max()].reset_index(drop=True)
    named = table[table.architecture.str.startswith(_NAMED)]
    percent, (low, high) = 100 * named.fixed, FIXED_RANGE
    return Evidence.of(named.index, percent.between(low, high), percent, "% of the parameters", named.fits)


def _rare(run: Run) -> pd.DataFrame:
    """Trainings with rare classes: those with the simplex, with the columns of the learned head as NAME_learned."""
    table = imbalance(run)
    table = table[table.ratio > 1]
    pair = (table[table.arm == arm] for arm in (SIMPLEX, LEARNED))
    both: pd.DataFrame = pd.merge(*pair, on=["ratio", "seed"], suffixes=("", "_learned"), validate="one_to_one")
    return both


def _helps_the_rare(run: Run) -> Evidence:
    table = _rare(run)
    gain = 100 * (table.rare_error_test_learned - table.rare_error_test)
    return Evidence.compared(table.seed, gain, ">", 0, "points fewer errors on rare classes", chance=SIGN)


def _rare_nearer(run: Run) -> Evidence:
    table = _rare(run)
    share = table.nc2_angles_train / table.nc2_angles_train_learned
    return Evidence.compared(table.seed, share, "<=", _SHARE, "times the learned head's distance")


CLAIMS = read(
    __file__,
    {
        "fixed-simplex-classifier": partial(_costs_nothing, SIMPLEX),
        "fixed-random-classifier": partial(_costs_nothing, RANDOM),
        "fixed-bad-classifier": partial(_costs_nothing, ALIKE),
        "fixed-simplex-better-than-random": _simplex_beats_random,
        "as-many-dimensions-as-classes": partial(_costs_nothing, LEARNED_K),
        "fixed-simplex-shapes-features": _nearer,
        "fixed-simplex-savings": _saves,
        "fixed-simplex-shapes-rare-classes": _rare_nearer,
        "fixed-simplex-helps-rare-classes": _helps_the_rare,
    },
)
