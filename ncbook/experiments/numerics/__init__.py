"""Grokking sped up, and softmaxes that are stuck: Grokfast, softmax collapse and slingshots on modular addition.

Four parts, each with arms of its own; `arms.arms_of` says how each is trained.
"""

import sys
from functools import partial

import numpy as np

from ncbook import runs, trainers
from ncbook.experiments import _history, _loading
from ncbook.experiments._sweep import sweep
from ncbook.experiments.numerics.arms import arms_of
from ncbook.experiments.numerics.claims import CLAIMS, frozen_ends, times
from ncbook.experiments.numerics.config import Config
from ncbook.experiments.numerics.outcomes import by_arm, outcomes, spikes
from ncbook.experiments.numerics.training import train_arm, zero_share

NAME = "numerics"
TITLE = "Faster grokking, and stuck softmaxes"
VERSION = 1

__all__ = [
    "CLAIMS", "NAME", "TITLE", "VERSION", "Config", "arms_of", "by_arm", "frozen_ends", "load", "outcomes", "run",
    "spikes", "times", "zero_share",
]  # fmt: skip


def load(preset: str | None = None, live: bool | None = None, device: str | None = None) -> runs.Run:
    """The run of a preset: recorded, else cached, else trained now with a progress bar. `live=True` always trains."""
    return _loading.load(sys.modules[__name__], preset, live, device)


def run(config: Config, device: str | None = None) -> runs.Run:
    """Train every arm of every part from every seed, the seeds of an arm as one ensemble.

    history columns: part, arm, seed, step; train_acc, test_acc; loss, cross-entropy in nats, with the softmax in
    float64, and loss_single, in float32; zero_single and zero_double, shares of points with a gradient of exactly 0
    in the correct class's logit, in float32 and in float64; kappa_single, relative flatness in float32; head_norm
    ||W||_F; moved, largest change of a parameter since the start of the part. All but test_acc are of the training
    pairs; all but loss are float32. No arrays.
    """
    watch, place = _loading.Stopwatch(), trainers.pick_device(device)
    arms = [(part, name) for part, recipes in arms_of(config).items() for name in recipes]
    rows = [row for rows in sweep(partial(train_arm, config, str(place)), arms) for row in rows]
    exact = np.array([row["loss"] for row in rows])  # that of an enlarged network has no digits left in float32
    history = _history.columns(rows) | {"loss": exact}
    return runs.Run(_loading.plain(config), history, {}, watch.provenance(NAME, VERSION, config, place))
