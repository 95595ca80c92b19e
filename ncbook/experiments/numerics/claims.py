"""What the literature says of faster grokking and of stuck softmaxes, and the rules by which a run decides.

A training that does not generalize within its steps enters a ratio of times with its last step, a lower bound.
"""

import numpy as np
import pandas as pd

from ncbook.claims import Evidence, read
from ncbook.readings.grokking import NOTHING
from ncbook.readings.numerics import FROZEN, SLINGSHOT, SPEED, STUCK, by_arm, part_of, times
from ncbook.runs import Run


def _faster(run: Run) -> Evidence:
    ratios = times(run)
    reached = np.isfinite(by_arm(run, SPEED, "generalized").grokfast).loc[ratios.index]
    return Evidence.of((ratios.grokfast < 1) & reached, ratios.grokfast, "times the baseline's steps, or more")


def _stands_still(run: Run) -> Evidence:
    """Only a seed that has collapsed at the start, with a test accuracy of at most 0.1, can tell."""
    rows = part_of(run, FROZEN)
    rows = rows[rows.arm == "frozen"]
    start = rows[rows.step == 0].set_index("seed")
    stuck = start[(start.zero_float32 == 1) & (start.test_acc <= NOTHING)].index
    moved = rows.groupby("seed").moved.max().loc[stuck]
    return Evidence.of(moved == 0, moved, "largest change of a weight")


def _only_obstacle(run: Run) -> Evidence:
    """Only a seed that does not generalize in float32, and keeps all its gradients in float64, can tell."""
    reached = np.isfinite(by_arm(run, STUCK, "generalized"))
    telling = ~reached.single & (by_arm(run, STUCK, "zero_float64").double == 0)
    accuracy = by_arm(run, STUCK, "final_acc").double[telling]
    return Evidence.of(reached.double[telling], 100 * accuracy, "% test accuracy at the end")


def _stablemax(run: Run) -> Evidence:
    reached, accuracy = np.isfinite(by_arm(run, STUCK, "generalized")), by_arm(run, STUCK, "final_acc")
    return Evidence.of(reached.stablemax, 100 * accuracy.stablemax, "% test accuracy at the end")


def _orthogonal(run: Run) -> Evidence:
    """One trial for each seed and precision; a seed whose plain twin generalizes too cannot tell."""
    reached, accuracy = np.isfinite(by_arm(run, STUCK, "generalized")), by_arm(run, STUCK, "final_acc")
    twins = [(f"orthogonal_{name}", ~reached[name]) for name in ("single", "double")]
    holds, values = (pd.concat([table[arm][telling] for arm, telling in twins]) for table in (reached, 100 * accuracy))
    return Evidence.of(holds, values, "% test accuracy at the end")


def _cyclic(run: Run) -> Evidence:
    counts = by_arm(run, SLINGSHOT, "spikes").single
    return Evidence.of(counts >= 2, counts, "slingshots")


def _small_eps(run: Run) -> Evidence:
    """Only a seed with a slingshot to lose can tell."""
    counts = by_arm(run, SLINGSHOT, "spikes")
    counts = counts[counts.single > 0]
    return Evidence.of(counts.large_eps < counts.single, counts.large_eps, "slingshots with the large eps")


CLAIMS = read(
    __file__,
    {
        "grokfast-sooner": _faster,
        "softmax-collapse-stands-still": _stands_still,
        "softmax-collapse-is-the-obstacle": _only_obstacle,
        "stablemax-groks": _stablemax,
        "orthogonal-gradients-grok": _orthogonal,
        "slingshots-come-in-cycles": _cyclic,
        "slingshots-need-a-small-eps": _small_eps,
    },
)
