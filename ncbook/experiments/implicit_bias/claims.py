"""What the literature says of implicit bias, and the rules by which a run of `implicit_bias` decides."""

import pandas as pd

from ncbook.claims import read
from ncbook.evidence import SIGN, Evidence
from ncbook.readings.implicit_bias import completed, ends, norm_growth, phases, rows_of, slopes
from ncbook.readings.moments import COLLAPSED
from ncbook.runs import Run

_SOLVED = 1e-8  # residual of the equations, relative to the targets
_FITTED = 1e-2  # the same of the observed entries of a matrix


def _least_norm(run: Run) -> Evidence:
    last = ends(run, "square")
    last = last[last.method.isin(["gd", "momentum", "sgd"])]
    unit = "relative distance to the solution of least norm"
    return Evidence.compared(last.seed, last.distance, "<=", 1e-6, unit, last.residual <= _SOLVED)


def _other_optimizer(run: Run) -> Evidence:
    last, unit = ends(run, "square", method="adam"), "relative distance of Adam's solution"
    return Evidence.compared(last.seed, last.distance, ">=", 0.1, unit, last.residual <= _SOLVED)


def _max_margin(run: Run) -> Evidence:
    last = ends(run, "logistic", method="scaled")
    holds = (last.direction_distance <= 0.02) & (last.margin_ratio >= 0.99)
    return Evidence.of(last.seed, holds, last.direction_distance, "distance between unit vectors")


def _rate(run: Run) -> Evidence:
    found = slopes(run)
    unit = "slope of log distance against log log t"
    return Evidence.of(found.index.get_level_values("seed"), found.between(-1.2, -0.8), found, unit)


def _norm_growth(run: Run) -> Evidence:
    last, found = ends(run, "logistic", method="scaled"), norm_growth(run)
    return Evidence.of(last.seed, (found - 1).abs() <= 0.1, found, "of ||w|| / (||w*|| log t)")


def _deeper(run: Run, column: str, unit: str) -> Evidence:
    """`column` gets lower with each factor more. Of three numbers one order out of six does."""
    found, residual = completed(run, column), completed(run, "residual")
    depths = [f"depth{depth}" for depth in sorted(run.config["depths"])]
    times = (found[depths] / found[depths].shift(axis=1)).iloc[:, 1:].max(axis=1)
    fitted = (residual[depths] <= _FITTED).all(axis=1)
    seeds = times.index.get_level_values("seed")
    return Evidence.compared(seeds, times, "<", 1, unit, fitted, chance=1 / 6)


def _low_rank(run: Run) -> Evidence:
    return _deeper(run, "effective_rank", "times the effective rank, with the factor more that lowers it least")


def _recovery(run: Run) -> Evidence:
    return _deeper(run, "unseen_error", "times the error on the other entries, with the factor that lowers it least")


def _not_nuclear(run: Run) -> Evidence:
    ranks, norms = completed(run, "effective_rank"), completed(run, "nuclear_norm")
    fitted = (completed(run, "residual")[["depth3", "nuclear"]] <= _FITTED).all(axis=1)
    holds = (ranks.depth3 < ranks.nuclear) & (norms.depth3 > norms.nuclear)
    seeds, times = ranks.index.get_level_values("seed"), norms.depth3 / norms.nuclear
    return Evidence.of(seeds, holds, times, "of the least nuclear norm, depth 3", fitted, chance=SIGN**2)


def _norms_grow(run: Run) -> Evidence:
    seeds, holds, values, fit = [], [], [], []
    for (_, seed), own in rows_of(run, "escape", determinant=1).groupby(["method", "seed"], sort=False):
        fitted = own[own.square_loss <= 0.1]
        fit.append(len(fitted) > 1)
        first, last = (fitted if len(fitted) else own).iloc[[0, -1]].itertuples()
        lower = last.square_loss <= first.square_loss / 2 and last.effective_rank < first.effective_rank
        seeds.append(seed)
        holds.append(lower and last.frobenius_norm > first.frobenius_norm)
        values.append(last.frobenius_norm / first.frobenius_norm)
    return Evidence.of(seeds, holds, values, "fold growth of the norm", fit)


def _true_labels(run: Run, part: str) -> pd.DataFrame:
    """The networks of a part on true labels without weight decay."""
    found = phases(run)
    return found[(found.part == part) & (found.labels == "true") & (found.weight_decay == 0)]


def _margins_rise(run: Run) -> Evidence:
    found, unit = _true_labels(run, "network"), "times the normalized margin where the phase starts"
    return Evidence.compared(found.seed, found.margin_growth, ">", 1, unit, found.phase_tells, chance=SIGN)


def _without_decay(run: Run) -> pd.DataFrame:
    return pd.concat([_true_labels(run, part) for part in ("network", "batch_norm")])


def _collapse_without_decay(run: Run) -> Evidence:
    found, unit = _without_decay(run), "fold fall of NC1 in the terminal phase"
    return Evidence.compared(found.seed, found.nc1_fall, ">=", COLLAPSED, unit, found.phase_tells)


def _nears_without_decay(run: Run) -> Evidence:
    found, unit = _without_decay(run), "fold fall of NC1 in the terminal phase"
    return Evidence.compared(found.seed, found.nc1_fall, ">", 1, unit, found.phase_tells, chance=SIGN)


def _random_labels(run: Run) -> Evidence:
    """Of the networks with batch norm: a trial is a weight decay and a seed."""
    found = phases(run)
    table = found[found.part == "batch_norm"].pivot(index=["weight_decay", "seed"], columns="labels")
    less = table.nc1_fall.random / table.nc1_fall.true
    seeds, unit = less.index.get_level_values("seed"), "times the fall of NC1 with true labels"
    return Evidence.compared(seeds, less, "<", 1, unit, table.phase_tells.all(axis=1), chance=SIGN)


def _posit(run: Run) -> Evidence:
    found = phases(run)
    found = found[found.labels == "random"]
    valid, unit = found.phase_tells & (found.nc1_fall >= COLLAPSED), "% test error of collapsed networks"
    return Evidence.compared(found.seed, 100 * found.test_error, "<", 45, unit, valid)


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
        "network-nears-collapse-without-decay": _nears_without_decay,
        "random-labels-collapse-less": _random_labels,
        "collapse-brings-generalization": _posit,
    },
)
