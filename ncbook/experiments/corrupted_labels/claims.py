"""What the literature says of rate reduction and of corrupted labels, and the rules by which a run decides."""

import pandas as pd

from ncbook.claims import Evidence, read
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


CLAIMS = read(
    __file__,
    {
        "rate-reduction-not-simplex": _more_than_simplex,
        "rate-reduction-keeps-dimensions": _not_collapse,
        "rate-reduction-equal-on-clean": _equal_on_clean,
        "rate-reduction-more-robust": _more_robust,
        "robustness-is-in-the-loss": _in_the_loss,
        "rate-reduction-does-not-fit-labels": _does_not_fit,
        "collapse-indicates-no-robustness": _indicator,
        "early-stopping-against-corruption": _stopping,
        "early-stopping-before-collapse": _stops_before,
        "memorization-dilates": _dilation,
        "smoothing-dilates-less": _smoothing,
    },
)
