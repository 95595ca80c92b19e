"""What the literature says of implicit bias, and the rules by which a run of `implicit_bias` decides."""

import pandas as pd

from ncbook.claims import Evidence, read
from ncbook.readings.implicit_bias import (
    NETWORKS,
    collapsed,
    completed,
    ends,
    norm_growth,
    rows_of,
    since_zero_error,
    slopes,
)
from ncbook.runs import Run

_SOLVED = 1e-8  # residual of the equations, relative to the targets


def _least_norm(run: Run) -> Evidence:
    last = ends(run, "square")
    last = last[last.method.isin(["gd", "momentum", "sgd"])]
    holds = (last.residual <= _SOLVED) & (last.distance <= 1e-6)
    return Evidence.of(holds, last.distance, "relative distance to the solution of least norm")


def _other_optimizer(run: Run) -> Evidence:
    last = ends(run, "square", method="adam")
    solved = last[last.residual <= _SOLVED]
    return Evidence.of(solved.distance >= 0.1, solved.distance, "relative distance of Adam's solution")


def _max_margin(run: Run) -> Evidence:
    last = ends(run, "logistic", method="scaled")
    holds = (last.direction_distance <= 0.02) & (last.margin_ratio >= 0.99)
    return Evidence.of(holds, last.direction_distance, "distance between unit vectors")


def _rate(run: Run) -> Evidence:
    found = slopes(run)
    return Evidence.of(found.between(-1.2, -0.8), found, "slope of log distance against log log t")


def _norm_growth(run: Run) -> Evidence:
    found = norm_growth(run)
    return Evidence.of((found - 1).abs() <= 0.1, found, "of ||w|| / (||w*|| log t)")


def _low_rank(run: Run) -> Evidence:
    ranks = completed(run, "effective_rank")
    holds = (ranks.depth3 < ranks.depth2) & (ranks.depth2 < ranks.depth1)
    return Evidence.of(holds, ranks.depth3, "effective rank at depth 3")


def _recovery(run: Run) -> Evidence:
    errors = completed(run, "unseen_error")
    holds = (errors.depth3 < errors.depth2) & (errors.depth2 < errors.depth1)
    return Evidence.of(holds, errors.depth3, "relative error on the other entries, depth 3")


def _not_nuclear(run: Run) -> Evidence:
    ranks, norms = completed(run, "effective_rank"), completed(run, "nuclear_norm")
    holds = (ranks.depth3 < ranks.nuclear) & (norms.depth3 > norms.nuclear)
    return Evidence.of(holds, norms.depth3 / norms.nuclear, "of the least nuclear norm, depth 3")


def _norms_grow(run: Run) -> Evidence:
    holds, values = [], []
    for _, own in rows_of(run, "escape", determinant=1).groupby(["method", "seed"], sort=False):
        fitted = own[own.square_loss <= 0.1]
        if len(fitted) < 2:
            continue
        first, last = fitted.iloc[0], fitted.iloc[-1]
        lower = last.square_loss <= first.square_loss / 2 and last.effective_rank < first.effective_rank
        holds.append(lower and last.frobenius_norm > first.frobenius_norm)
        values.append(last.frobenius_norm / first.frobenius_norm)
    return Evidence.of(holds, values, "fold growth of the norm")


def _margins_rise(run: Run) -> Evidence:
    pairs = since_zero_error(run, "network", "true", 0.0)
    holds = (pairs.weight_norm_end > pairs.weight_norm_then) & (
        pairs.normalized_margin_end > pairs.normalized_margin_then
    )
    return Evidence.of(holds, pairs.normalized_margin_end, "normalized margin at the end")


def _collapse_without_decay(run: Run) -> Evidence:
    pairs = pd.concat([since_zero_error(run, part, "true", 0.0) for part in NETWORKS])
    falls = pairs.nc1_train_then / pairs.nc1_train_end
    return Evidence.of(falls >= 2, falls, "fold fall of NC1 after zero error")


def _posit(run: Run) -> Evidence:
    found = collapsed(run, "random")
    return Evidence.of(found.test_error < 0.45, 100 * found.test_error, "% test error of collapsed networks")


CLAIMS = read(
    __file__,
    {
        "square-loss-least-norm": _least_norm,
        "optimizers-choose-solutions": _other_optimizer,
        "logistic-max-margin": _max_margin,
        "logistic-rate": _rate,
        "logistic-norm": _norm_growth,
        "depth-lowers-rank": _low_rank,
        "depth-recovers": _recovery,
        "not-least-nuclear-norm": _not_nuclear,
        "norms-may-grow": _norms_grow,
        "network-margins-rise": _margins_rise,
        "network-collapses-without-decay": _collapse_without_decay,
        "collapse-brings-generalization": _posit,
    },
)
