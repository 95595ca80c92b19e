"""Coding rates of arrangements, and networks trained on corrupted labels by cross-entropy and by rate reduction.

Two parts. `rates`: R, R_c and their difference for four arrangements of classes, against closed forms. `training`:
networks on images with labels of which a share is drawn anew, with three classifiers on each, and a validation set
with the same corruption to choose when to stop.
"""

from functools import partial
from typing import Any

import numpy as np

from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.corrupted_labels import rates, training
from ncbook.experiments.corrupted_labels.claims import CLAIMS, outcomes
from ncbook.experiments.corrupted_labels.config import Config

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "load", "outcomes", "run"]

_Arm = tuple[str, Any]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Measure both parts. history columns are those of `COLUMNS`, with nan where a part does not measure one.

    arrays: training/by_rank [networks, ranks] float32, the test accuracy of the nearest subspace by its dimension at
    the end of training, in the order in which networks first occur in the history; training/ranks [ranks].
    """
    arms: list[_Arm] = [("rates", seed) for seed in config.seeds]
    arms += [("training", arm) for arm in training.trainings(config)]
    results = sweep(partial(measure_arm, config, device), arms)
    rows = [row for rows, _ in results for row in rows]
    arrays = {
        "training/by_rank": np.stack([found for _, found in results if found is not None]),
        "training/ranks": np.array(config.ranks),
    }
    return rows, arrays


def measure_arm(config: Config, device: str, arm: _Arm) -> tuple[Rows, np.ndarray | None]:
    """Rows of one arm; of a training also its accuracies by subspaces of several dimensions."""
    kind, what = arm
    return (rates.measure(config, what), None) if kind == "rates" else training.train(config, device, what)


EXPERIMENT = Experiment(
    "corrupted_labels", "Coding rate and corrupted labels", 1, Config, train, keys=("seed",), claims=CLAIMS
)
run, load = EXPERIMENT.run, EXPERIMENT.load
