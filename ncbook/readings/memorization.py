"""Runs of `memorization`: when each network fits its labels, and its test error then and later."""

import numpy as np
import pandas as pd

from ncbook.readings import moments
from ncbook.readings.measures import Measure
from ncbook.readings.once import once_a_run
from ncbook.runs import Run

COLUMNS: dict[str, Measure] = {}
SETTING = ("dataset", "network", "label_noise")
ARM = (*SETTING, "seed")


def labels_of(noise: float) -> str:
    """What readers call the training labels of a label noise.

    >>> [readings.memorization.labels_of(noise) for noise in (0.0, 0.1, 1.0)]
    ['true labels', 'label noise 0.1', 'random labels']
    """
    return {0.0: "true labels", 1.0: "random labels"}.get(noise, f"label noise {noise:g}")


@once_a_run
def interpolations(run: Run) -> pd.DataFrame:
    """One row a training (dataset, network, label_noise, seed), in the order of the run.

    zero_error_epoch, test_error_then, test_error_end, train_error_then, train_error_end: see
    `moments.since_zero_error`. best_epoch, test_error_best: the lowest test error of all probes. phase_start,
    phase_length, phase_tells, test_error_start: see `moments.over_phase`.
    """
    return moments.by_training(run.to_frame(), ARM, _interpolation)


def _interpolation(rows: pd.DataFrame) -> dict[str, float | bool]:
    best = rows.loc[rows.test_error.idxmin()]
    row: dict[str, float | bool] = {}
    row |= moments.since_zero_error(rows, ("test_error", "train_error"), "epoch")
    row |= {"best_epoch": float(best.epoch), "test_error_best": float(best.test_error)}
    return row | moments.over_phase(rows, ["test_error"], "epoch")


def stopped_early(run: Run) -> pd.DataFrame:
    """`interpolations`, with stop_epoch and test_error_stop: where the other seeds say that it is time to stop.

    stop_epoch is the median of `best_epoch` over the other seeds of the arm, moved to the nearest probe, so that the
    test set of a training does not choose its own stop; nan where there is one seed only.
    """
    frame, table = run.to_frame().set_index(list(ARM)).sort_index(), interpolations(run)
    stops = []
    for _, arm in table.groupby(list(SETTING), sort=False):
        for place, row in zip(arm.index, arm.itertuples(index=False), strict=True):
            others, rows = arm.best_epoch.drop(place), frame.loc[tuple(getattr(row, name) for name in ARM)]
            if len(others):
                stop = rows.iloc[moments.nearest(rows.epoch, float(others.median()))]
                stops.append((place, float(stop.epoch), float(stop.test_error)))
            else:
                stops.append((place, np.nan, np.nan))
    found = pd.DataFrame(stops, columns=["place", "stop_epoch", "test_error_stop"]).set_index("place")
    return table.join(found)
