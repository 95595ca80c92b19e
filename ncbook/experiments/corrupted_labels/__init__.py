"""Coding rates of arrangements, and networks trained on corrupted labels by cross-entropy and by rate reduction.

Two parts. `rates`: R, R_c and their difference for four arrangements of classes, against closed forms. `training`:
networks on images with labels of which a share is drawn anew, with three classifiers on each, and a validation set
with the same corruption to choose when to stop.
"""

import sys
from functools import partial
from typing import Any

import numpy as np

from ncbook import runs, trainers
from ncbook.experiments import _history, _loading
from ncbook.experiments._sweep import sweep
from ncbook.experiments.corrupted_labels import rates, training
from ncbook.experiments.corrupted_labels.claims import CLAIMS, outcomes
from ncbook.experiments.corrupted_labels.config import Config
from ncbook.experiments.corrupted_labels.rows import COLUMNS, Rows

NAME = "corrupted_labels"
TITLE = "Coding rate and corrupted labels"
VERSION = 1

__all__ = ["CLAIMS", "NAME", "TITLE", "VERSION", "Config", "load", "outcomes", "run"]

_Arm = tuple[str, Any]


def load(preset: str | None = None, live: bool | None = None, device: str | None = None) -> runs.Run:
    """The run of a preset: recorded, else cached, else made now with a progress bar. `live=True` always makes it."""
    return _loading.load(sys.modules[__name__], preset, live, device)


def run(config: Config, device: str | None = None) -> runs.Run:
    """Measure both parts. history columns are those of `COLUMNS`, with nan where a part does not measure one.

    arrays: training/by_rank [networks, ranks] float32, the test accuracy of the nearest subspace by its dimension at
    the end of training, in the order in which networks first occur in the history; training/ranks [ranks].
    """
    watch, place = _loading.Stopwatch(), trainers.pick_device(device)
    arms: list[_Arm] = [("rates", seed) for seed in config.seeds]
    arms += [("training", arm) for arm in training.trainings(config)]
    results = sweep(partial(measure_arm, config, str(place)), arms)
    rows = [row for rows, _ in results for row in rows]
    history = _history.padded(rows, COLUMNS)
    arrays = {
        "training/by_rank": np.stack([found for _, found in results if found is not None]),
        "training/ranks": np.array(config.ranks),
    }
    return runs.Run(_loading.plain(config), history, arrays, watch.provenance(NAME, VERSION, config, place))


def measure_arm(config: Config, device: str, arm: _Arm) -> tuple[Rows, np.ndarray | None]:
    """Rows of one arm; of a training also its accuracies by subspaces of several dimensions."""
    kind, what = arm
    return (rates.measure(config, what), None) if kind == "rates" else training.train(config, device, what)
