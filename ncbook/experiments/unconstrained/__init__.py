"""Features that are free: where gradient descent takes them, with and without regularization.

Four parts. `descent`: the regularized cross-entropy and square loss from random starts, against the closed-form
minimum (Zhu et al. 2021, Zhou et al. 2022). `threshold`: the same minimum as the decays grow past the point where
nothing is learned. `saddle`: critical points of lower rank, their Hessians, and the way out of them. `flow`: the
cross-entropy without any regularization, whose minimum lies at infinity (Ji et al. 2022).
"""

from functools import partial

import numpy as np

from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.unconstrained.arms import arms
from ncbook.experiments.unconstrained.claims import CLAIMS
from ncbook.experiments.unconstrained.config import Config
from ncbook.experiments.unconstrained.parts import measure_arm

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "load", "run"]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Go downhill in every part.

    arrays: saddle/eigenvalues [K, seeds, parameters], of the Hessian at the critical points of rank 0 to K-1, and
    saddle/loss, saddle/gradient [K, seeds]; for each method of the flow in the plane, see `_frames` of the parts.
    """
    results = sweep(partial(measure_arm, config, device), arms(config))
    arrays = {name: array for _, own in results for name, array in own.items()}
    ranks = {
        name: np.stack([own[name] for _, own in results if name in own])
        for name in arrays
        if name.startswith("saddle/")
    }
    return [row for rows, _ in results for row in rows], arrays | ranks


EXPERIMENT = Experiment(
    "unconstrained", "Why does it happen? Unconstrained features", 1, Config, train,
    keys=("part", "loss_name", "method", "setting", "scale", "seed"), claims=CLAIMS,
    exact=("scale", "margin_ratio"),  # it comes within 1e-8 of 1
)  # fmt: skip
run, load = EXPERIMENT.run, EXPERIMENT.load
