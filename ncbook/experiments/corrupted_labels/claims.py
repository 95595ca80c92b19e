"""What the literature says of rate reduction and of corrupted labels, and the rules by which a run decides."""

import pandas as pd

from ncbook.claims import Claim, Evidence
from ncbook.readings.corrupted_labels import (
    CE,
    FRAME,
    LONGER,
    MATCHED,
    MCR2,
    SIMPLEX,
    SMOOTHED,
    SPHERE,
    SUBSPACES,
    arrangements,
    at_top,
    indicators,
    outcomes,
)
from ncbook.runs import Run

_FAR = 0.05  # a difference of accuracies that counts
_NEAR = 0.01  # one that does not


def _table(run: Run, arm: str, column: str) -> pd.DataFrame:
    """`column` of one arm, [seeds, noises], noises ascending."""
    found = outcomes(run)
    return found[found.arm == arm].pivot(index="seed", columns="label_noise", values=column)


def _at_top(run: Run, arm: str, column: str) -> pd.Series:
    """`column` of one arm at the highest noise, by seed."""
    return _table(run, arm, column).iloc[:, -1]


def _gaps(run: Run) -> pd.DataFrame:
    return _table(run, MCR2, "end") - _table(run, CE, "end")


def _more_robust(run: Run) -> Evidence:
    gaps = _gaps(run)
    grows = (gaps.diff(axis=1).iloc[:, 1:] > 0).all(axis=1)
    return Evidence.of(grows & (gaps.iloc[:, -1] >= _FAR), 100 * gaps.iloc[:, -1], "points more at the highest ratio")


def _equal_on_clean(run: Run) -> Evidence:
    gap = _gaps(run).iloc[:, 0]
    return Evidence.of(gap.abs() <= _NEAR, 100 * gap, "points more on clean labels")


def _in_the_loss(run: Run) -> Evidence:
    left = _at_top(run, MCR2, "end") - _at_top(run, MATCHED, "best_end")
    share = left / _gaps(run).iloc[:, -1]
    return Evidence.of((left > 0) & (share >= 0.5), 100 * share, "% of the gap left")


def _does_not_fit(run: Run) -> Evidence:
    kept = (_at_top(run, LONGER, "end") - _at_top(run, CE, "end")) / _gaps(run).iloc[:, -1]
    return Evidence.of(kept >= 0.5, 100 * kept, "% of the gap left after longer training")


def _not_collapse(run: Run) -> Evidence:
    rates, crossed = (_table(run, arm, "class_rank_end").iloc[:, 0] for arm in (MCR2, CE))
    return Evidence.of((rates >= 3) & (rates >= 2 * crossed), rates, "directions a class")


def _more_than_simplex(run: Run) -> Evidence:
    table = arrangements(run).pivot(index="seed", columns="arm", values="rate_reduction")
    holds = table[SIMPLEX] < table[[FRAME, SUBSPACES, SPHERE]].min(axis=1)
    return Evidence.of(holds, table[SUBSPACES] / table[SIMPLEX], "times the simplex")


def _indicator(run: Run) -> Evidence:
    ranks = indicators(at_top(outcomes(run)), "unit_variance_ratio_train_end")
    return Evidence.of(ranks >= 0.5, ranks, "rank correlation")


def _stopping(run: Run) -> Evidence:
    gain = _at_top(run, CE, "stopped") - _at_top(run, CE, "end")
    return Evidence.of(gain >= _FAR, 100 * gain, "points more")


def _stops_before(run: Run) -> Evidence:
    fold = _at_top(run, CE, "unit_variance_ratio_train_stop") / _at_top(run, CE, "unit_variance_ratio_train_end")
    return Evidence.of((_at_top(run, CE, "own_train_stop") < 1) & (fold >= 2), fold, "times the final variance ratio")


def _dilation(run: Run) -> Evidence:
    ratios = _table(run, CE, "unit_variance_ratio_test_end")
    grows = (ratios.diff(axis=1).iloc[:, 1:] > 0).all(axis=1)
    later = ratios.iloc[:, -1] > _at_top(run, CE, "unit_variance_ratio_test_stop")
    return Evidence.of(grows & later, ratios.iloc[:, -1] / ratios.iloc[:, 0], "times the ratio with clean labels")


def _smoothing(run: Run) -> Evidence:
    share = _at_top(run, SMOOTHED, "unit_variance_ratio_test_end") / _at_top(run, CE, "unit_variance_ratio_test_end")
    better = _at_top(run, SMOOTHED, "end") > _at_top(run, CE, "end")
    return Evidence.of((share < 1) & better, share, "times the ratio of plain cross-entropy")


CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="rate-reduction-not-simplex",
        source="agarwal2022what",
        where="section 4.2",
        statement="Neural collapse gives both the parts and the whole a small coding rate, and is not what maximal "
        "coding rate reduction favors.",
        rule="For ten classes of a hundred points of length 1 in 128 dimensions, for each seed: the rate reduction of "
        "a collapsed simplex is lower than that of orthogonal means, of orthogonal subspaces, and of random points.",
        control="Random points, which no classifier can use; other numbers of points and dimensions; closed forms.",
        judge=_more_than_simplex,
        cell="rates-numbers",
    ),
    Claim(
        id="rate-reduction-keeps-dimensions",
        source="yu2020learning",
        where="the theorem on the optimal representation",
        statement="Training for rate reduction gives each class a subspace of several dimensions, not a point.",
        rule="With clean labels, at the last epoch, for each seed: the features of a class fill on average at least "
        "three directions (exponential of the entropy of the eigenvalues of their second moments), and at least twice "
        "as many as after cross-entropy.",
        control="The same network, images and labels trained by cross-entropy.",
        judge=_not_collapse,
        cell="clean-numbers",
    ),
    Claim(
        id="rate-reduction-equal-on-clean",
        source="agarwal2022what",
        where="section 4.2, table",
        statement="With clean labels, networks trained by cross-entropy and by rate reduction classify equally well.",
        rule="For each seed the test accuracies at the last epoch differ by at most one percentage point.",
        control="The same network and images.",
        judge=_equal_on_clean,
        cell="corruption-numbers",
        theirs="corruption-clean",
    ),
    Claim(
        id="rate-reduction-more-robust",
        source="agarwal2022what",
        where="section 4.2, table",
        statement="The more labels are corrupted, the further networks trained by rate reduction are ahead of networks "
        "trained by cross-entropy.",
        rule="For each seed: the difference of the test accuracies at the last epoch grows from each corruption ratio "
        "to the next, and is at least five percentage points at the highest.",
        control="Clean labels; each method in its own common setting, as in the source.",
        judge=_more_robust,
        cell="corruption-numbers",
        theirs="corruption-gap",
    ),
    Claim(
        id="robustness-is-in-the-loss",
        source="agarwal2022what",
        where="section 4.2",
        statement="It is the principle of rate reduction that makes the network robust to corrupted labels.",
        rule="At the highest ratio, for each seed: at least half of the gap is left when cross-entropy is given the "
        "batches, learning rate and epochs of rate reduction, and the best of head, nearest mean and nearest subspace.",
        control="Schedule and classifier are exchanged and the loss is not; the best classifier is taken with the test "
        "set, in favor of cross-entropy.",
        judge=_in_the_loss,
        cell="control-numbers",
    ),
    Claim(
        id="rate-reduction-does-not-fit-labels",
        source="agarwal2022what",
        where="section 4.2",
        statement="Rate reduction learns representations rather than fitting labels.",
        rule="At the highest ratio, for each seed: after three times as many epochs of rate reduction at least half of "
        "the gap to cross-entropy is left.",
        control="The share of wrong labels that each network has memorized.",
        judge=_does_not_fit,
        cell="control-numbers",
    ),
    Claim(
        id="collapse-indicates-no-robustness",
        source="agarwal2022what",
        where="section 4.2",
        statement="Neural collapse on the training set is an indicator that a network is not robust to label noise.",
        rule="Among all networks trained at the highest ratio, for each seed: the rank correlation of the variance "
        "ratio of the training features with the test accuracy at the last epoch is at least one half.",
        control="The networks trained by cross-entropy alone.",
        judge=_indicator,
        cell="indicator-numbers",
    ),
    Claim(
        id="early-stopping-against-corruption",
        source="agarwal2022what",
        where="end of section 4.2, citing Li et al. (2019)",
        statement="Stopping early makes networks more robust to corrupted labels.",
        rule="Cross-entropy at the highest ratio, for each seed: the test accuracy at the epoch that is best on "
        "held-out images with labels corrupted alike is at least five points above that of the last epoch.",
        control="The test set takes no part in the choice; the epoch that it would choose is shown beside it.",
        judge=_stopping,
        cell="stopping-numbers",
    ),
    Claim(
        id="early-stopping-before-collapse",
        source="agarwal2022what",
        where="end of section 4.2",
        statement="A network that is stopped early does not enter the terminal phase and does not collapse.",
        rule="Cross-entropy at the highest ratio, for each seed: at the stop some training labels are not fitted, and "
        "the variance ratio of the training features is at least twice that of the last epoch.",
        control="The last epoch of the same training.",
        judge=_stops_before,
        cell="stopping-numbers",
    ),
    Claim(
        id="memorization-dilates",
        source="nguyen2023memorization",
        where="abstract",
        statement="Memorizing wrong labels dilates the classes of the test set: their collapse is weaker.",
        rule="Cross-entropy, for each seed: the variance ratio of the test features at the last epoch grows from each "
        "corruption ratio to the next, and at the highest it is larger than at the stop.",
        control="Clean labels; the same training before the wrong labels are memorized.",
        judge=_dilation,
        cell="dilation-numbers",
    ),
    Claim(
        id="smoothing-dilates-less",
        source="nguyen2023memorization",
        where="abstract",
        statement="Label smoothing weakens the dilation, and networks trained with it generalize better under noise.",
        rule="At the highest ratio and the last epoch, for each seed: with label smoothing the variance ratio of the "
        "test features is lower and the test accuracy higher than with plain cross-entropy.",
        control="The same network, images, corrupted labels and schedule.",
        judge=_smoothing,
        cell="dilation-numbers",
    ),
)
