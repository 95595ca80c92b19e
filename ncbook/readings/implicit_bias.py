"""Runs of `implicit_bias`: where each method ends, and what a network gains after it has fitted its labels."""

import numpy as np
import pandas as pd

from ncbook.readings import _rows, moments
from ncbook.readings.measures import Measure
from ncbook.readings.once import once_a_run
from ncbook.runs import Run

# How readers call the methods of the parts "square" and "logistic".
SOLVERS = {"gd": "gradient descent", "momentum": "with momentum", "sgd": "one equation a step", "adam": "Adam"}
PLANES = {
    "square": "square loss",
    "adam": "logistic, Adam",
    "gd": "logistic, plain steps",
    "scaled": "logistic, scaled steps",
}
NETWORKS = ("network", "batch_norm")  # the parts that train perceptrons
KEYS = ("part", "method", "dim", "observed", "scale", "determinant", "labels", "weight_decay", "seed")
COLUMNS: dict[str, Measure] = {
    "observed": Measure("entries observed", "number of entries that are given, 0 outside matrix completion"),
    "determinant": Measure("determinant", "sign of the determinant of the 2 x 2 product at the start, else 0"),
    "labels": Measure("labels", "true, or random: each training label drawn anew"),
    "residual": Measure(
        "relative residual", "norm of the residual of the equations, or the observed entries, over that of the targets"
    ),
    "distance": Measure("distance to least norm / its norm", "to the solution nearest to the start, over its norm"),
    "direction_distance": Measure("‖w/‖w‖ − w*/‖w*‖‖", "between the unit vectors of w and of the max-margin w*"),
    "log_time": Measure("log t", "natural logarithm of the time on the gradient flow"),
    "log_loss": Measure("log loss", "natural logarithm of the mean logistic loss"),
    "unseen_error": Measure("error on the other entries", "relative to the truth, where not observed"),
    "nuclear_norm": Measure("nuclear norm", "of the product, over that of the true matrix"),
    "square_loss": Measure("loss", "half the sum of squared residuals of the 2 x 2 product"),
    "frobenius_norm": Measure("Frobenius norm", "of the 2 x 2 product"),
    "free_entry": Measure("|w₁₁|", "size of the entry that no observation fixes"),
    "normalized_margin": Measure("smallest margin / ‖θ‖ᴸ", "over the training set, with L layers"),
}  # fmt: skip


def rows_of(run: Run, part: str, **values: object) -> pd.DataFrame:
    """The history of one part, of the methods, dimensions, ... that are chosen."""
    return _rows.chosen(run.to_frame(), part=part, **values)


def ends(run: Run, part: str, **values: object) -> pd.DataFrame:
    """The last row of each arm and seed of one part, of the methods, dimensions, ... that are chosen."""
    return _rows.last(rows_of(run, part, **values), KEYS)


def slopes(run: Run) -> pd.Series:
    """Slope of log distance against log log t over the last tenfold of log t, for each dimension and seed."""
    frame = rows_of(run, "logistic", method="scaled")
    found = {keys: _slope(own) for keys, own in frame.groupby(["dim", "seed"], sort=False)}
    return pd.Series(found).rename_axis(["dim", "seed"])


def _slope(own: pd.DataFrame) -> float:
    late = own[own.log_time >= own.log_time.max() / 10]
    return float(np.polyfit(np.log(late.log_time), np.log(late.direction_distance), 1)[0])


def norm_growth(run: Run) -> pd.Series:
    """||w|| over ||w*|| log t at the end of the scaled steps, for each dimension and seed."""
    last = ends(run, "logistic", method="scaled")
    best = {
        (dim, seed): norm
        for dim in run.config["dims"]
        for seed, norm in zip(run.config["seeds"], run.arrays[f"best_norm/{dim}"], strict=True)
    }
    return last.weight_norm / last.log_time / [best[keys] for keys in zip(last.dim, last.seed, strict=True)]


def completed(run: Run, column: str) -> pd.DataFrame:
    """`column` at the ends of small starts and of the least nuclear norm: a row for each `observed` and seed.

    A column a method.
    """
    last = ends(run, "completion")
    last = last[last.scale.isin([0.0, min(run.config["scales"])])]
    return last.pivot_table(index=["observed", "seed"], columns="method", values=column, sort=False)


def since_zero_error(run: Run, part: str, labels: str, weight_decay: float) -> pd.DataFrame:
    """First row without a training error and last row, `_then` and `_end`, for each seed that gets there."""
    rows = rows_of(run, part, labels=labels, weight_decay=weight_decay)

    def both(own: pd.DataFrame) -> dict[str, float]:
        then = moments.at(own, moments.zero_error(own)).add_suffix("_then")
        return dict(then) | dict(own.iloc[-1].add_suffix("_end"))

    return moments.by_training(rows, ("seed",), both).dropna(subset=["step_then"]).set_index("seed")


@once_a_run
def phases(run: Run) -> pd.DataFrame:
    """The terminal phase of each network, as in `moments.terminal_phase`: a row a part, labels, weight decay and seed.

    nc1_fall, nc1_end    by how many times NC1 falls in it, nan without one, and where it ends
    margin_growth        how many times larger the normalized margin is at its end than at its start
    test_error           at the end
    """
    frame = run.to_frame()
    networks = frame[frame.part.isin(NETWORKS)]
    return moments.by_training(networks, ("part", "labels", "weight_decay", "seed"), _phase)


def _phase(own: pd.DataFrame) -> dict[str, float]:
    phase = moments.terminal_phase(own)
    then, end = moments.at(own, phase["phase_start"]), own.iloc[-1]
    return phase | {
        "nc1_fall": float(then.nc1_train / end.nc1_train),
        "nc1_end": float(end.nc1_train),
        "margin_growth": float(end.normalized_margin / then.normalized_margin),
        "test_error": float(end.test_error),
    }


def collapse_falls(run: Run) -> pd.DataFrame:
    """The ends of all networks with `nc1_fall`: how many times lower NC1 is than at the start."""
    both = run.to_frame()
    both = both[both.part.isin(NETWORKS)]
    first = both.groupby(list(KEYS), sort=False).head(1).reset_index(drop=True)
    last = _rows.last(both, KEYS)
    return last.assign(nc1_fall=first.nc1_train / last.nc1_train)


def collapsed(run: Run, labels: str) -> pd.DataFrame:
    """The ends of the networks without a training error whose NC1 fell to a tenth of its value at the start."""
    found = _rows.chosen(collapse_falls(run), labels=labels)
    return found[(found.nc1_fall >= 10) & found.train_error.eq(0)]
