"""Relative flatness of the last layer: under exact collapse, and in trained networks under changes of scale.

`family`: features and classifiers on a simplex, at growing confidence. Networks on true labels (trained to the end, or
stopped at zero training error) and on random ones, of which `scale` multiplies the last layer, `matched` brings them
to one training loss, and `change` rewrites their parameters without changing what they compute. A run of its own has
their features under `noise`, and those of networks that memorize modular addition before they generalize.
"""

from functools import partial

import numpy as np
import torch

from ncbook import metrics
from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.flatness.claims import CLAIMS
from ncbook.experiments.flatness.config import Config, Noise
from ncbook.experiments.flatness.parts import Arm, measure_arm
from ncbook.readings.flatness import ADDITION, NETWORKS

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "load", "run"]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Measure every arm: the rows that `readings.flatness.rows` tells apart.

    arrays: family/strengths [200], lambda delta, and for each K family/K/exact, bound, proposition, cross_entropy
    [200]: closed forms at class means of norm 1. With `Noise` no arrays, and rows of the part "noise" alone.
    """
    shaken = isinstance(config, Noise)
    arms = [Arm(ADDITION if shaken else "family"), *(Arm(name, seed) for name in NETWORKS for seed in config.seeds)]
    found = [row for rows in sweep(partial(measure_arm, config, device), arms) for row in rows]
    return found, {} if shaken else _curves(config)


def _curves(config: Config) -> Arrays:
    strengths = np.geomspace(0.3, 40, 200)
    curves = {"family/strengths": strengths}
    for num_classes in config.classes:
        alignments = torch.from_numpy(strengths * (num_classes - 1) / num_classes)
        closed = metrics.collapsed_flatness(num_classes, 1.0, alignments)
        for name in ("exact", "bound", "proposition", "cross_entropy"):
            curves[f"family/{num_classes}/{name}"] = getattr(closed, name).numpy()
    return curves


EXPERIMENT = Experiment(
    "flatness", "Relative flatness", 1, Config, train, keys=("arm", "strength", "seed"), claims=CLAIMS,
    exact=(  # these are compared within a millionth or less, or have exponents that float32 lacks
        "strength", "scale", "relative_flatness", "relative_flatness_bound", "hessian_trace", "train_loss",
        "proposition", "normalized_relative_flatness", "largest_slope_float64",
    ),
)  # fmt: skip
run, load = EXPERIMENT.run, EXPERIMENT.load
