"""Margins: of lines in a plane, of collapsing networks, in families of networks, and of codes under noise.

Four parts. `plane`: lines that separate points of two known densities (survey, figure 3). `training`: margins of
networks along training, against the max-margin classifier of the same features. `families`: networks that differ in
label noise, number of images, settings or seed, with their margins and test errors. `exponent`: errors of the
nearest-mean rule around three frames as the noise vanishes.
"""

from functools import partial
from typing import Any

import numpy as np

from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.margins import exponent, plane, training
from ncbook.experiments.margins.claims import CLAIMS, correlations, milestones
from ncbook.experiments.margins.config import Config

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "correlations", "load", "milestones", "run"]

_Arm = tuple[str, Any]
_Result = tuple[Rows, list[np.ndarray], dict[str, np.ndarray]]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Compute every part. history columns are those of `COLUMNS`, with nan where a part does not measure one.

    arrays: training/curves [rows, 101] float32, the quantiles 0 to 1 of the relative margins, in the order of the
    rows of the part "training"; plane/points [2n, 2], plane/labels [2n], plane/lines [3, 2] (angle, offset) of H1 to
    H3, plane/centres [2, 2, 2] and plane/deviation of the densities.
    """
    results = sweep(partial(measure_arm, config, device), _arms(config))
    rows = [row for rows, _, _ in results for row in rows]
    curves = [curve for rows, curves, _ in results for row, curve in zip(rows, curves, strict=False)
              if row["part"] == "training"]  # fmt: skip
    arrays = {name: array for _, _, found in results for name, array in found.items()}
    arrays["training/curves"] = np.stack(curves)
    return rows, arrays


def _arms(config: Config) -> list[_Arm]:
    frames = [(seed, count) for count in config.frame_classes for seed in config.seeds[: config.frame_seeds]]
    return [
        *(("plane", seed) for seed in config.seeds[: config.plane_seeds]),
        *(("net", net) for net in training.trainings(config) + training.families(config)),
        *(("exponent", arm) for arm in frames),
    ]


def measure_arm(config: Config, device: str, arm: _Arm) -> _Result:
    """Rows, quantile curves of the rows (of networks), and arrays (of the plane)."""
    kind, what = arm
    if kind == "plane":
        rows, arrays = plane.measure(config, what)
        return rows, [], arrays
    if kind == "net":
        return *training.train(config, device, what), {}
    return exponent.measure(config, *what), [], {}


EXPERIMENT = Experiment("margins", "The max-margin view", 1, Config, train, keys=("seed",), claims=CLAIMS)
run, load = EXPERIMENT.run, EXPERIMENT.load
