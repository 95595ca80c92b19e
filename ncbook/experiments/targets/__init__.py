"""Targets that are numbers, or sets of labels: what features make of them, beside free features and controls.

Perceptrons learn two or three numbers a point, with and without weight decay, and once numbers that are shuffled.
Others learn images of one digit and of two digits laid over each other, with the pick-all-label loss or a sigmoid a
label, of all pairs or without two of them. Minima of free features are computed in two ways.
"""

from functools import partial
from itertools import product

import numpy as np

from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.targets import free, labels, regression
from ncbook.experiments.targets.claims import CLAIMS
from ncbook.experiments.targets.config import Config
from ncbook.readings.targets import ALL, KEYS, PICK_ALL, SIGMOID, SOME

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "load", "run"]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """A row a minimum, and one a probed step of each network.

    arrays, of the first seed: features [data sets, decays, N, 3] of two numbers and of shuffled ones, in their first
    three principal components, and targets [data sets, N, 2]; cosines [2, K + P, K] between the means of all sets and
    of single labels, of pixels and networks.
    """
    numbers = sweep(partial(regression.train, config, device), product(config.datasets, config.weight_decays))
    sets = sweep(partial(labels.train, config, device), product((ALL, SOME), (PICK_ALL, SIGMOID), config.label_decays))
    rows = [row for found, _ in (*numbers, *sets) for row in found]
    rows += sweep(partial(labels.pixels, config), config.seeds)
    rows += sweep(partial(free.row, config), free.problems(config))
    return rows, _pictured(config, [arrays for _, arrays in (*numbers, *sets)])


def _pictured(config: Config, found: list[Arrays]) -> Arrays:
    """What the trainings have to show: nothing where they ended after their first probes."""
    drawn = [each for each in found if "features" in each]
    if not drawn:
        return {}
    decays = len(config.weight_decays)
    arrays = {name: np.stack([each[name] for each in drawn]) for name in ("features", "targets")}
    arrays = {name: array.reshape(-1, decays, *array.shape[1:]) for name, array in arrays.items()}
    (cosines,) = (each["cosines"] for each in found if "cosines" in each)
    return {"features": arrays["features"], "targets": arrays["targets"][:, 0], "cosines": cosines}


EXPERIMENT = Experiment(
    "targets", "Beyond one label", 1, Config, train, keys=KEYS, claims=CLAIMS,
)  # fmt: skip
run, load = EXPERIMENT.run, EXPERIMENT.load
