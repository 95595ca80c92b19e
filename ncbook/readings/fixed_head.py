"""Runs of `fixed_head`: a row a network at its end, heads beside the learned one, and parameters that are saved."""

import numpy as np
import pandas as pd

from ncbook.readings import _rows, moments
from ncbook.readings.measures import Measure
from ncbook.readings.words import cell, spread, two_digits
from ncbook.runs import Run

LEARNED, SIMPLEX, TURNED, RANDOM = "learned", "simplex", "simplex, turned", "random"
ALIKE, EQUAL, LEARNED_K, RANDOM_K = "two pairs alike", "two pairs equal", "learned, d = K", "random, d = K"
CORNERED, MAPPED, LEARNED_2, CIRCLE = "simplex, cornered", "simplex after a map", "learned, d = 2", "circle, d = 2"
EVERYWHERE = (LEARNED, SIMPLEX, RANDOM, ALIKE, CIRCLE)  # on each data set
FIRST_ALONE = (TURNED, MAPPED, LEARNED_K, RANDOM_K, EQUAL, LEARNED_2, CORNERED)  # on the first one
IMBALANCED = (LEARNED, SIMPLEX)
MARGIN = 1.0  # percentage points of test error that count as no loss
FIXED_RANGE = (8.0, 50.0)  # percent of the parameters that the survey reports as saved by a fixed simplex
KEYS = ("dataset", "arm", "row_length", "ratio", "seed")
COLUMNS: dict[str, Measure] = {
    "row_length": Measure("length of the rows", "root mean square length of the rows of a fixed head"),
    "head_length": Measure("length of the rows of W", "root mean square length of the rows of the head"),
    "rare_error_test": Measure("test error, rare classes", "share of test points of the rare classes decided wrongly"),
    "frequent_error_test": Measure("test error, frequent classes", "of the other classes"),
    "rare_cos_means_train": Measure("cosine of rare means", "mean cosine of two centered means of rare classes"),
    "rare_cos_head_train": Measure("cosine of rare rows", "mean cosine of two centered rows of W of rare classes"),
}
MEASURES = (
    "train_loss", "test_error", "rare_error_test", "frequent_error_test", "nc1_train", "nc2_norms_train",
    "nc2_angles_train", "nc3_train", "rare_cos_means_train", "rare_cos_head_train", "head_length",
)  # fmt: skip


def outcomes(run: Run) -> pd.DataFrame:
    """One row a training, told apart by `KEYS`: dim, terminal phase, zero_error_step, and measures at the last step."""
    return moments.by_training(run.to_frame(), KEYS, _outcome)


def _outcome(rows: pd.DataFrame) -> dict[str, float | bool]:
    last = rows.iloc[-1]
    found: dict[str, float | bool] = {"dim": int(last.dim), "zero_error_step": moments.zero_error(rows)}
    found |= {"train_error": float(last.train_error)} | {name: float(last[name]) for name in MEASURES}
    return found | moments.terminal_phase(rows)


def usual(run: Run, table: pd.DataFrame) -> pd.DataFrame:
    """The rows of balanced trainings whose fixed heads have the usual length."""
    return _rows.chosen(table, ratio=1.0, row_length=run.config["length"])


def beside_learned(run: Run) -> pd.DataFrame:
    """`usual` rows of `outcomes`, with `lost`: percentage points of test error above the learned head of the same
    data set and seed, and with `learned_...` the measures of that one."""
    table = usual(run, outcomes(run))
    base = table[table.arm == LEARNED].drop(columns=["arm", "row_length", "ratio"])
    both = table.merge(base, on=["dataset", "seed"], suffixes=("", "_learned"), validate="many_to_one")
    return both.assign(lost=(100 * (both.test_error - both.test_error_learned)).round(9))


def lengths(run: Run) -> pd.DataFrame:
    """Balanced trainings with the simplex, of every length of its rows, on the first data set."""
    return _rows.chosen(outcomes(run), ratio=1.0, arm=SIMPLEX, dataset=run.config["datasets"][0])


def imbalance(run: Run) -> pd.DataFrame:
    """Trainings on the first data set at every ratio, with the learned head and with the simplex."""
    table = _rows.chosen(outcomes(run), dataset=run.config["datasets"][0], row_length=run.config["length"])
    return table[table.arm.isin(IMBALANCED)]


def savings(run: Run) -> pd.DataFrame:
    """One row an architecture and number of classes: parameters, and the shares of them that are saved.

    fits: whether a simplex has room in the features; narrowed: the share that d = K leaves out, nan where there is none
    """
    names, counts = run.config["architectures"], run.config["class_counts"]
    arrays = run.arrays
    return pd.DataFrame([
        {
            "architecture": name, "classes": count, "dim": arrays["feature_dim"][row],
            "total": arrays["total"][row, column], "head": arrays["head"][row, column],
            "fits": arrays["feature_dim"][row] >= count - 1,
            "fixed": arrays["head"][row, column] / arrays["total"][row, column],
            "narrowed": _left_out(arrays["narrowed"][row, column], arrays["total"][row, column]),
        }
        for row, name in enumerate(names) for column, count in enumerate(counts)
    ])  # fmt: skip


def _left_out(narrowed: int, total: int) -> float:
    return np.nan if narrowed < 0 else 1 - narrowed / total


def heads_table(run: Run) -> pd.DataFrame:
    """A row a head on the first data set, balanced: test error with its range, and medians at the last step."""
    table = beside_learned(run)
    table = table[table.dataset == run.config["datasets"][0]]
    return pd.DataFrame([
        {
            "head": arm, "features": int(own.dim.iloc[0]), "test error, %": spread(100 * own.test_error, "{:.1f}"),
            "no training error from step": moments.when(own.phase_start.median()),
            "training loss": own.train_loss.median(), "NC1": own.nc1_train.median(),
            "NC2, angles": own.nc2_angles_train.median(), "NC3": own.nc3_train.median(),
        }
        for arm, own in table.groupby("arm", sort=False)
    ])  # fmt: skip


def lengths_table(run: Run) -> pd.DataFrame:
    """A row a length of the rows of the simplex, on the first data set: medians at the last step."""
    return pd.DataFrame([
        {
            "length of the rows": cell(length, "{:g}"), "test error, %": spread(100 * own.test_error, "{:.1f}"),
            "training loss": own.train_loss.median(), "NC1": own.nc1_train.median(),
            "NC2, angles": own.nc2_angles_train.median(),
        }
        for length, own in lengths(run).groupby("row_length")
    ])  # fmt: skip


def savings_table(run: Run) -> pd.DataFrame:
    """A row an architecture: d, and in percent what a fixed head and d = K save, with few classes and with many."""
    table, counts = savings(run), run.config["class_counts"]
    rows = []
    for name, own in table.groupby("architecture", sort=False):
        by = own.set_index("classes")
        row: dict[str, object] = {"network": name, "d": int(own["dim"].iloc[0])}
        row |= {f"fixed, K = {count}": cell(100 * by.fixed[count], two_digits) for count in counts}
        row |= {f"d = K, K = {count}": cell(100 * by.narrowed[count], two_digits) for count in counts}
        rows.append(row)
    return pd.DataFrame(rows)
