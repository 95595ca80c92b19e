"""What the literature says of faster grokking and of stuck softmaxes, and the rules by which a run decides.

A training that does not generalize within its steps enters a ratio of times with its last step, a lower bound.
"""

import numpy as np
import pandas as pd

from ncbook.claims import Claim, Evidence
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


CLAIMS = (
    Claim(
        id="grokfast-sooner",
        source="lee2024grokfast",
        where="abstract, and the released code",
        statement="Amplifying the slow part of the gradient makes a network grok in fewer steps.",
        rule="Per seed whose baseline generalizes, with the same weight decay and learning rate: the network whose "
        "gradient has twice its moving average added reaches 99 % test accuracy in fewer steps.",
        control="The baseline from the same weights and split; three times the learning rate, with and without a third "
        "of the weight decay; a longer momentum.",
        judge=_faster,
        cell="fig-speed",
    ),
    Claim(
        id="softmax-collapse-stands-still",
        source="prieto2025grokking",
        where="section on softmax collapse",
        statement="Once the correct class takes the whole softmax in floating point, learning stops.",
        rule="Per seed whose memorized network, its last layer enlarged, has a gradient of exactly 0 in the correct "
        "class of every training pair and at most 10 % test accuracy: no weight changes in the steps that follow, "
        "without weight decay.",
        control="The same network wholly in float64; the same with weight decay.",
        judge=_stands_still,
        cell="fig-thaw",
    ),
    Claim(
        id="softmax-collapse-is-the-obstacle",
        source="prieto2025grokking",
        where="abstract",
        statement="Without weight decay, it is softmax collapse that keeps a network from grokking.",
        rule="Per seed that does not reach 99 % test accuracy without weight decay in float32: with the softmax in "
        "float64, where none of its training pairs ever loses its gradient, it does in as many steps.",
        control="The same seeds with weight decay, which are the baseline of the first part.",
        judge=_only_obstacle,
        cell="fig-stuck",
    ),
    Claim(
        id="stablemax-groks",
        source="prieto2025grokking",
        where="section on StableMax, figure 1",
        statement="With StableMax in the softmax's place a network groks without weight decay.",
        rule="Per seed: it reaches 99 % test accuracy without weight decay in the steps that all these arms have.",
        control="Softmax in float32 and in float64, from the same weights and split.",
        judge=_stablemax,
        cell="fig-stuck",
    ),
    Claim(
        id="orthogonal-gradients-grok",
        source="prieto2025grokking",
        where="section on the orthogonal gradient, figure 1",
        statement="Without the part of its gradient that only scales the weights, a network groks without weight "
        "decay.",
        rule="Per seed and precision of the softmax whose plain training does not: it reaches 99 % test accuracy "
        "without weight decay in as many steps.",
        control="The same training with the whole gradient, in float32 and in float64.",
        judge=_orthogonal,
        cell="fig-stuck",
    ),
    Claim(
        id="slingshots-come-in-cycles",
        source="thilak2022slingshot",
        where="abstract",
        statement="Late in training with Adam and without weight decay, the loss spikes again and again, each time "
        "after the norm of the last layer has grown fast.",
        rule="Per seed in float32: at least two spikes. A spike is a train loss of at least 0.001 and ten times the "
        "smallest of the ten probes before, which was below 0.001, while the last layer's norm grew by 2 % or more.",
        control="The same with the softmax in float64; the same with a larger eps.",
        judge=_cyclic,
        cell="fig-slingshots",
    ),
    Claim(
        id="slingshots-need-a-small-eps",
        source="thilak2022slingshot",
        where="on Adam's eps",
        statement="A larger eps in Adam's denominator makes slingshots rarer.",
        rule="Per seed that has a spike with eps = 1e-8: fewer spikes with eps = 1e-5.",
        control="The same seeds, splits and steps with eps = 1e-8.",
        judge=_small_eps,
        cell="fig-slingshots",
    ),
)
