"""What the literature says of faster grokking and of stuck softmaxes, and the rules by which a run decides.

A training that does not generalize within its steps enters a ratio of times with its last step, a lower bound.
"""

import pandas as pd

from ncbook.claims import Claim, Evidence
from ncbook.experiments.numerics.arms import FROZEN, SLINGSHOT, SPEED, STUCK
from ncbook.experiments.numerics.outcomes import by_arm
from ncbook.runs import Run


def times(run: Run) -> pd.DataFrame:
    """Steps to 99 % test accuracy over the baseline's of the same seed; seeds whose baseline is late are left out."""
    steps = by_arm(run, SPEED, "generalized")
    return steps.fillna(by_arm(run, SPEED, "last")).div(steps.baseline, axis=0)[steps.baseline.notna()]


def _faster(run: Run) -> Evidence:
    ratios = times(run)
    reached = by_arm(run, SPEED, "generalized").grokfast.notna().loc[ratios.index]
    return Evidence.of((ratios.grokfast < 1) & reached, ratios.grokfast, "times the baseline's steps, or more")


def frozen_ends(run: Run) -> pd.DataFrame:
    """The last row of every training of the part "frozen", by arm and seed."""
    frame = run.to_frame()
    return frame[frame.part == FROZEN].groupby(["arm", "seed"]).last()


def _stands_still(run: Run) -> Evidence:
    """Only a seed that has collapsed at the start, with a test accuracy of at most 0.1, can tell."""
    frame = run.to_frame()
    frame = frame[(frame.part == FROZEN) & (frame.arm == "frozen")]
    start = frame[frame.step == 0].set_index("seed")
    stuck = start[(start.zero_single == 1) & (start.test_acc <= 0.1)].index
    moved = frame.groupby("seed").moved.max().loc[stuck]
    return Evidence.of(moved == 0, moved, "largest change of a weight")


def _only_obstacle(run: Run) -> Evidence:
    """Only a seed that does not generalize in float32, and keeps all its gradients in float64, can tell."""
    steps = by_arm(run, STUCK, "generalized")
    telling = steps.single.isna() & (by_arm(run, STUCK, "zero_double").double == 0)
    accuracy = by_arm(run, STUCK, "final_acc").double[telling]
    return Evidence.of(steps.double[telling].notna(), 100 * accuracy, "% test accuracy at the end")


def _stablemax(run: Run) -> Evidence:
    accuracy = by_arm(run, STUCK, "final_acc").stablemax
    return Evidence.of(
        by_arm(run, STUCK, "generalized").stablemax.notna(), 100 * accuracy, "% test accuracy at the end"
    )


def _orthogonal(run: Run) -> Evidence:
    """One trial for each seed and precision; a seed whose plain twin generalizes too cannot tell."""
    steps, accuracy = by_arm(run, STUCK, "generalized"), by_arm(run, STUCK, "final_acc")
    twins = [(f"orthogonal_{name}", steps[name].isna()) for name in ("single", "double")]
    holds = pd.concat([steps[arm][telling].notna() for arm, telling in twins])
    return Evidence.of(
        holds, pd.concat([100 * accuracy[arm][telling] for arm, telling in twins]), "% test accuracy at the end"
    )


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
        rule="Per seed whose memorised network, its last layer enlarged, has a gradient of exactly 0 in the correct "
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
