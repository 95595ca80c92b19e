"""What the literature says of faster grokking and of stuck softmaxes, and the rules by which a run decides.

A training that does not generalize within its steps is later than they are: inf as a step.
"""

import pandas as pd

from ncbook.claims import not_tested, read
from ncbook.evidence import SIGN, Evidence
from ncbook.readings import moments
from ncbook.readings.grokking import NOTHING
from ncbook.readings.numerics import FROZEN, SLINGSHOT, SPEED, STUCK, by_arm, part_of
from ncbook.runs import Run


def _faster(run: Run) -> Evidence:
    """Only a seed whose baseline generalizes can tell; it has as many steps as the other arm."""
    steps = by_arm(run, SPEED, "generalized")
    ratio = (steps.grokfast / steps.baseline).where(steps.baseline < moments.NEVER)
    return Evidence.compared(ratio.index, ratio, "<", 1.0, "times the baseline's steps", chance=SIGN)


def _stands_still(run: Run) -> Evidence:
    """Only a seed that has collapsed at the start, with a test accuracy of at most 0.1, can tell."""
    rows = part_of(run, FROZEN)
    rows = rows[rows.arm == "frozen"]
    start = rows[rows.step == 0].set_index("seed")
    moved = rows.groupby("seed").moved.max().reindex(start.index)
    stuck = (start.zero_float32 == 1) & (start.test_acc <= NOTHING)
    return Evidence.compared(moved.index, moved, "<=", 0.0, "is the largest change of a weight", stuck)


def _orthogonal(run: Run) -> Evidence:
    """One trial for each seed and precision; a seed whose plain twin generalizes too cannot tell."""
    rows = part_of(run, STUCK)
    best = rows.groupby(["seed", "arm"]).test_acc.max().unstack("arm")
    trials = pd.concat(
        [best[f"orthogonal_{name}"].where(best[name] < moments.GENERALIZED) for name in ("single", "double")]
    )
    unit = "% is the highest test accuracy"
    return Evidence.compared(trials.index, 100 * trials, ">=", 100 * moments.GENERALIZED, unit)


def _cyclic(run: Run) -> Evidence:
    counts = by_arm(run, SLINGSHOT, "spikes").single
    return Evidence.compared(counts.index, counts, ">=", 2.0, "slingshots")


def _small_eps(run: Run) -> Evidence:
    """Only a seed with a slingshot to lose can tell."""
    counts = by_arm(run, SLINGSHOT, "spikes")
    more = counts.large_eps - counts.single
    unit = "slingshots more with the large eps"
    return Evidence.compared(more.index, more, "<", 0.0, unit, counts.single > 0, chance=SIGN)


CLAIMS = read(
    __file__,
    {
        "grokfast-sooner": _faster,
        "softmax-collapse-stands-still": _stands_still,
        "softmax-collapse-is-the-obstacle": not_tested,
        "stablemax-groks": not_tested,
        "orthogonal-gradients-grok": _orthogonal,
        "slingshots-come-in-cycles": _cyclic,
        "slingshots-need-a-small-eps": _small_eps,
    },
)
