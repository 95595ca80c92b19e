"""Coding rates of arrangements, and networks trained on corrupted labels by cross-entropy and by rate reduction.

Four parts. `rates`: R, R_c and their difference for four arrangements of classes, against closed forms. `training`:
networks on images with labels of which a share is drawn anew, with three classifiers on each, and a validation set
with the same corruption to choose when to stop. `ratios`: two of these trainings at other shares. `fitted`: one of
them for so long that it collapses on its wrong labels.
"""

from functools import partial

import numpy as np

from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.corrupted_labels import rates, training
from ncbook.experiments.corrupted_labels.claims import CLAIMS
from ncbook.experiments.corrupted_labels.config import Config
from ncbook.readings.corrupted_labels import KEYS, TRAINING

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "load", "run"]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Measure all parts.

    arrays: training/by_rank [networks, ranks] float32, the test accuracy of the nearest subspace by its dimension at
    the end of the part `training`, in the order in which its networks first occur in the history; training/ranks
    [ranks].
    """
    results = sweep(partial(training.train, config, device), training.trainings(config))
    rows = [row for seed in config.seeds for row in rates.measure(config, seed)]
    rows += [row for rows, _ in results for row in rows]
    by_rank = np.array([found for rows, found in results if rows[0]["part"] == TRAINING], dtype=np.float32)
    return rows, {"training/by_rank": by_rank, "training/ranks": np.array(config.ranks)}


EXPERIMENT = Experiment(
    "corrupted_labels", "Coding rate and corrupted labels", 1, Config, train, keys=KEYS, claims=CLAIMS,
    exact=("label_noise",),
)  # fmt: skip
run, load = EXPERIMENT.run, EXPERIMENT.load
