"""Margins: of lines in a plane, of collapsing networks, in families of networks, and of codes under noise.

Four parts. `plane`: lines that separate points of two known densities (survey, figure 3). `training`: margins of
networks along training, against the max-margin classifier of the same features. `families`: networks that differ in
label noise, number of images, settings or seed, with their margins and test errors. `exponent`: errors of the
nearest-mean rule around three frames as the noise vanishes.
"""

from functools import partial
from typing import Any

import numpy as np

from ncbook.experiments._experiment import Arrays, Experiment, Rows, Sample
from ncbook.experiments._sweep import sweep
from ncbook.experiments.margins import exponent, plane, training
from ncbook.experiments.margins.claims import CLAIMS
from ncbook.experiments.margins.config import Config

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "load", "run"]

_Arm = tuple[str, Any]
_CURVES = "training/curves"
# What stands in columns of whole numbers, and in that of the label noise, where a part has none.
_NONE = {"step": 0, "label_noise": 0.0, "per_class": 0, "width": 0, "num_classes": 0, "errors": 0}


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Compute every part.

    arrays: training/curves [rows, 101] float32, the quantiles 0 to 1 of the relative margins, in the order of the
    rows of the part "training"; plane/points [2n, 2], plane/labels [2n], plane/lines [3, 2] (angle, offset) of H1 to
    H3, plane/centers [2, 2, 2] and plane/deviation of the densities.
    """
    results = sweep(partial(measure_arm, config, device), _arms(config))
    arrays = {name: array for _, own in results for name, array in own.items()}
    curves = [own[_CURVES] for _, own in results if _CURVES in own]
    return [row for rows, _ in results for row in rows], arrays | ({_CURVES: np.concatenate(curves)} if curves else {})


def _arms(config: Config) -> list[_Arm]:
    frames = [(seed, count) for count in config.frame_classes for seed in config.seeds[: config.frame_seeds]]
    return [
        *(("plane", seed) for seed in config.seeds[: config.plane_seeds]),
        *(("net", net) for net in training.trainings(config) + training.families(config)),
        *(("exponent", arm) for arm in frames),
    ]


def measure_arm(config: Config, device: str, arm: _Arm) -> tuple[Rows, Arrays]:
    """Rows and arrays of one arm."""
    kind, what = arm
    if kind == "net":
        return training.train(config, device, what)
    rows, arrays = plane.measure(config, what) if kind == "plane" else (exponent.measure(config, *what), {})
    return [{**_NONE, **row} for row in rows], arrays


EXPERIMENT = Experiment(
    "margins", "The max-margin view", 1, Config, train, claims=CLAIMS,
    keys=("part", "family", "network", "label_noise", "per_class", "weight_decay", "learning_rate", "width", "frame",
          "num_classes", "sigma", "method", "seed"),
    exact=("label_noise", "weight_decay", "learning_rate", "sigma"),
    # families: recorded at the ends of trainings alone, where another processor ends elsewhere
    sample=Sample({"family_seeds": 0}, probes=4, apart=("families",)),
)  # fmt: skip
run, load = EXPERIMENT.run, EXPERIMENT.load
