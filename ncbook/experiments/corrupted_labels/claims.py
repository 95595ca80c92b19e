"""What the literature says of rate reduction and of corrupted labels, and the rules by which a run decides."""

import math

import pandas as pd

from ncbook.claims import read
from ncbook.evidence import SIGN, Evidence, correlation_chance
from ncbook.readings.corrupted_labels import (
    CE,
    FITTED,
    FRAME,
    LONGER,
    MATCHED,
    MCR2,
    RATIOS,
    SIMPLEX,
    SMOOTHED,
    SPHERE,
    SUBSPACES,
    TRAINING,
    arrangements,
    at_top,
    indicators,
    outcomes,
    phases,
)
from ncbook.readings.moments import COLLAPSED
from ncbook.runs import Run

_FAR = 0.05  # a difference of accuracies that counts
_NEAR = 0.01  # one that does not
_ORDERED = 0.5  # a rank correlation that counts


def _table(run: Run, arm: str, column: str, part: str = TRAINING) -> pd.DataFrame:
    """`column` of one arm, [seeds, noises], noises ascending."""
    found = outcomes(run, part)
    return found[found.arm == arm].pivot(index="seed", columns="label_noise", values=column)


def _at_top(run: Run, arm: str, column: str) -> pd.Series:
    """`column` of one arm at the highest noise, by seed."""
    return _table(run, arm, column).iloc[:, -1]


def _gaps(run: Run, part: str = TRAINING) -> pd.DataFrame:
    return _table(run, MCR2, "end", part) - _table(run, CE, "end", part)


def _orders(table: pd.DataFrame) -> float:
    """How often noise puts the columns of a table in one order."""
    return 1 / math.factorial(table.shape[1])


def _more_robust(run: Run) -> Evidence:
    return _growing(_gaps(run))


def _more_robust_between(run: Run) -> Evidence:
    return _growing(_gaps(run, RATIOS))


def _growing(gaps: pd.DataFrame) -> Evidence:
    top = gaps.iloc[:, -1]
    holds = (gaps.diff(axis=1).iloc[:, 1:] > 0).all(axis=1) & (top >= _FAR)
    return Evidence.of(gaps.index, holds, 100 * top, "points more at the highest ratio", chance=_orders(gaps))


def _equal_on_clean(run: Run) -> Evidence:
    gap = _gaps(run).iloc[:, 0]
    return Evidence.of(gap.index, gap.abs() <= _NEAR, 100 * gap, "points more on clean labels")


def _share_left(run: Run, left: pd.Series, unit: str) -> Evidence:
    """Where there is a gap at the highest ratio."""
    gap = _gaps(run).iloc[:, -1]
    return Evidence.compared(gap.index, 100 * left / gap, ">=", 50, unit, gap >= _FAR)


def _in_the_loss(run: Run) -> Evidence:
    left = _at_top(run, MCR2, "end") - _at_top(run, MATCHED, "best_end")
    return _share_left(run, left, "% of the gap left")


def _does_not_fit(run: Run) -> Evidence:
    left = _at_top(run, LONGER, "end") - _at_top(run, CE, "end")
    return _share_left(run, left, "% of the gap left after longer training")


def _not_collapse(run: Run) -> Evidence:
    rates, crossed = (_table(run, arm, "class_rank_end").iloc[:, 0] for arm in (MCR2, CE))
    return Evidence.of(rates.index, (rates >= 3) & (rates >= 2 * crossed), rates, "directions a class")


def _more_than_simplex(run: Run) -> Evidence:
    table = arrangements(run).pivot(index="seed", columns="arm", values="rate_reduction")
    times = table[[FRAME, SUBSPACES, SPHERE]].min(axis=1) / table[SIMPLEX]
    return Evidence.compared(table.index, times, ">", 1, "times the simplex, of the arrangement that has least")


def _indicator(run: Run) -> Evidence:
    networks = at_top(outcomes(run))
    ranks = indicators(networks, "unit_variance_ratio_train_end")
    chance = max(correlation_chance(int(count), _ORDERED) for count in networks.groupby("seed").size().unique())
    return Evidence.compared(ranks.index, ranks, ">=", _ORDERED, "rank correlation", chance=chance)


def _stopping(run: Run) -> Evidence:
    gain = 100 * (_at_top(run, CE, "stopped") - _at_top(run, CE, "end"))
    return Evidence.compared(gain.index, gain, ">=", 100 * _FAR, "points more")


def _stops_before_terminal(run: Run) -> Evidence:
    left = 100 * (1 - _at_top(run, CE, "own_train_stop"))
    reached = _at_top(run, CE, "own_train_end") == 1
    return Evidence.compared(left.index, left, ">", 0, "% of the training labels not fitted at the stop", reached)


def _stops_before(run: Run) -> Evidence:
    nets = outcomes(run, FITTED).set_index("seed")
    fold = nets.unit_variance_ratio_train_stop / nets.unit_variance_ratio_train_end
    found = phases(run, FITTED).set_index("seed").loc[fold.index]
    collapsed = found.phase_tells & (found.ratio_fall >= COLLAPSED)
    return Evidence.compared(fold.index, fold, ">=", COLLAPSED, "times the final variance ratio", collapsed)


def _dilation(run: Run) -> Evidence:
    ratios = _table(run, CE, "unit_variance_ratio_test_end")
    grows = (ratios.diff(axis=1).iloc[:, 1:] > 0).all(axis=1)
    later = ratios.iloc[:, -1] > _at_top(run, CE, "unit_variance_ratio_test_stop")
    times, unit = ratios.iloc[:, -1] / ratios.iloc[:, 0], "times the ratio with clean labels"
    return Evidence.of(ratios.index, grows & later, times, unit, chance=_orders(ratios))


def _smoothing(run: Run) -> Evidence:
    share = _at_top(run, SMOOTHED, "unit_variance_ratio_test_end") / _at_top(run, CE, "unit_variance_ratio_test_end")
    better = _at_top(run, SMOOTHED, "end") > _at_top(run, CE, "end")
    unit = "times the ratio of plain cross-entropy"
    return Evidence.of(share.index, (share < 1) & better, share, unit, chance=SIGN**2)


CLAIMS = read(
    __file__,
    {
        "rate-reduction-not-simplex": _more_than_simplex,
        "rate-reduction-keeps-dimensions": _not_collapse,
        "rate-reduction-equal-on-clean": _equal_on_clean,
        "rate-reduction-more-robust": _more_robust,
        "rate-reduction-more-robust-other-ratios": _more_robust_between,
        "robustness-is-in-the-loss": _in_the_loss,
        "rate-reduction-does-not-fit-labels": _does_not_fit,
        "collapse-indicates-no-robustness": _indicator,
        "early-stopping-against-corruption": _stopping,
        "early-stopping-before-terminal-phase": _stops_before_terminal,
        "early-stopping-before-collapse": _stops_before,
        "memorization-dilates": _dilation,
        "smoothing-dilates-less": _smoothing,
    },
)
