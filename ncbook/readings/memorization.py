"""Runs of `memorization`: when each network fits its labels, and its test error then and later."""

import pandas as pd

from ncbook.readings import moments
from ncbook.readings.measures import Measure
from ncbook.runs import Run

COLUMNS: dict[str, Measure] = {}
ARM = ("dataset", "network", "label_noise", "seed")


def interpolations(run: Run) -> pd.DataFrame:
    """One row a training (dataset, network, label_noise, seed), in the order of the run.

    zero_error_epoch, test_error_then, test_error_end, train_error_then, train_error_end: see
    `moments.since_zero_error`. best_epoch, test_error_best: the lowest test error of all probes.
    """
    return moments.by_training(run.to_frame(), ARM, _interpolation)


def _interpolation(rows: pd.DataFrame) -> dict[str, float]:
    best = rows.loc[rows.test_error.idxmin()]
    row = moments.since_zero_error(rows, ("test_error", "train_error"), "epoch")
    return row | {"best_epoch": float(best.epoch), "test_error_best": float(best.test_error)}
