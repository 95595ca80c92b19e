"""Features that are free: where gradient descent takes them, with and without regularization.

Four parts. `descent`: the regularised cross-entropy and square loss from random starts, against the closed-form
minimum (Zhu et al. 2021, Zhou et al. 2022). `threshold`: the same minimum as the decays grow past the point where
nothing is learnt. `saddle`: critical points of lower rank, their Hessians, and the way out of them. `flow`: the
cross-entropy without any regularization, whose minimum lies at infinity (Ji et al. 2022).
"""

from functools import partial

import numpy as np

from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.unconstrained.claims import CLAIMS, ends
from ncbook.experiments.unconstrained.config import Config
from ncbook.experiments.unconstrained.parts import measure_arm
from ncbook.experiments.unconstrained.rows import Arm, closed_form

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "ends", "load", "run"]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Go downhill in every part. history columns are those of `COLUMNS`, with nan where a part does not measure one.

    arrays: saddle/eigenvalues [K, seeds, parameters], of the Hessian at the critical points of rank 0 to K-1, and
    saddle/loss, saddle/gradient [K, seeds]; threshold/strengths [200] and threshold/LOSS [200], the norm of W H in
    closed form at these; for each method of the flow in the plane, see `_frames` of the parts.
    """
    results = sweep(partial(measure_arm, config, device), _arms(config))
    rows = [row for rows, _ in results for row in rows]
    arrays = _stacked_saddles([arrays for _, arrays in results]) | _closed_curves(config)
    return rows, arrays


def _closed_curves(config: Config) -> dict[str, np.ndarray]:
    """||W H^T||_F at the minimum, in the first setting of descent with equal decays."""
    num_classes, per_class = config.classes[0], config.per_class[0]
    strengths = np.linspace(0.1, 1.6, 200)
    decays = strengths / num_classes / per_class**0.5
    curves = {"threshold/strengths": strengths}
    for loss in ("cross_entropy", "square"):
        forms = [closed_form(loss, num_classes, num_classes, per_class, (decay, decay)) for decay in decays]
        sizes = [form.singular_value * (num_classes - 1) ** 0.5 for form in forms]
        curves[f"threshold/{loss}"] = np.array(sizes)
    return curves


def _arms(config: Config) -> list[Arm]:
    both, settings = ("cross_entropy", "square"), range(len(config.classes))
    descents = [Arm("descent", loss, way, place) for loss in both for place in settings for way in ("gd", "lbfgs")]
    thresholds = [Arm("threshold", loss, "lbfgs", place) for loss in both for place in range(len(config.strengths))]
    saddles = [Arm("saddle", "cross_entropy", "gd", rank) for rank in range(config.saddle_classes)]
    ways, flows = ("scaled", "gd", "adam"), range(len(config.flow_classes))
    return [
        *descents,
        *thresholds,
        *saddles,
        *(Arm("flow", "cross_entropy", way, place) for place in flows for way in ways),
    ]


def _stacked_saddles(found: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """All arrays; those of the saddles, one dictionary a rank, as one array a name."""
    saddles = [arrays for arrays in found if "saddle/loss" in arrays]
    stacked = {name: np.stack([arrays[name] for arrays in saddles]) for name in saddles[0]}
    return stacked | {name: a for arrays in found if "saddle/loss" not in arrays for name, a in arrays.items()}


EXPERIMENT = Experiment(
    "unconstrained", "Why does it happen? Unconstrained features", 1, Config, train, keys=("seed",), claims=CLAIMS
)
run, load = EXPERIMENT.run, EXPERIMENT.load
