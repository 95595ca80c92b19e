"""Information in the layers of a network, as several estimators see it, and what collapse makes of it.

Five parts. `estimators`: kernels and bins on points of a normal law. `plane`: the information plane of a small
network on 12 bits, tanh and ReLU. `digits`: information, NC1 and critical betas while a perceptron collapses. `vib`: a
variational bottleneck at several strengths. `frames`: the Gaussian bottleneck around a simplex and random means.
"""

import sys
from functools import partial

from ncbook import runs, trainers
from ncbook.experiments import _history, _loading
from ncbook.experiments._sweep import sweep
from ncbook.experiments.information_bottleneck import digits, estimators, frames, plane, vib
from ncbook.experiments.information_bottleneck.claims import CLAIMS, compression, ends, transitions
from ncbook.experiments.information_bottleneck.config import Config
from ncbook.experiments.information_bottleneck.estimators import binned_entropy, channel, population_bounds
from ncbook.experiments.information_bottleneck.frames import critical_betas
from ncbook.experiments.information_bottleneck.rows import COLUMNS, Arm, Result

NAME = "information_bottleneck"
TITLE = "The information bottleneck"
VERSION = 1

__all__ = [
    "CLAIMS", "NAME", "TITLE", "VERSION", "Config", "binned_entropy", "channel", "compression", "critical_betas",
    "ends", "load", "population_bounds", "run", "transitions",
]  # fmt: skip


def load(preset: str | None = None, live: bool | None = None, device: str | None = None) -> runs.Run:
    """The run of a preset: recorded, else cached, else made now with a progress bar. `live=True` always makes it."""
    return _loading.load(sys.modules[__name__], preset, live, device)


def run(config: Config, device: str | None = None) -> runs.Run:
    """Every part. history columns are those of `COLUMNS`, with nan where a part does not measure one.

    arrays: frames/KIND [S, K-1], the critical betas of every seed.
    """
    watch, place = _loading.Stopwatch(), trainers.pick_device(device)
    results = sweep(partial(measure_arm, config, str(place)), arms(config))
    rows = [row for rows, _ in results for row in rows]
    history = _history.padded(rows, COLUMNS)
    arrays = {name: array for _, arrays in results for name, array in arrays.items()}
    return runs.Run(_loading.plain(config), history, arrays, watch.provenance(NAME, VERSION, config, place))


def arms(config: Config) -> list[Arm]:
    """Everything that is run."""
    return [
        Arm("estimators"),
        *(Arm("plane", activation) for activation in plane.ACTIVATIONS),
        *(Arm("digits", setting=decay) for decay in config.decays),
        Arm("vib"),
        Arm("frames"),
    ]


def measure_arm(config: Config, device: str, arm: Arm) -> Result:
    """History rows and arrays of one arm."""
    parts = {"estimators": estimators.estimators, "plane": plane.plane, "digits": digits.digits, "vib": vib.vib,
             "frames": frames.frames}  # fmt: skip
    return parts[arm.part](config, device, arm)
