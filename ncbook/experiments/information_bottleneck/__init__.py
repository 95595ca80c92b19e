"""Information in the layers of a network, as several estimators see it, and what collapse makes of it.

Five parts. `estimators`: kernels and bins on points of a normal law. `plane`: the information plane of a small
network on 12 bits, tanh and ReLU. `digits`: information, NC1 and critical betas while a perceptron collapses. `vib`: a
variational bottleneck at several strengths. `frames`: the Gaussian bottleneck around a simplex and random means.
"""

from functools import partial

from ncbook.experiments._experiment import Arrays, Experiment, Rows, Sample
from ncbook.experiments._sweep import sweep
from ncbook.experiments.information_bottleneck import digits, estimators, frames, plane, vib
from ncbook.experiments.information_bottleneck.arm import Arm, Result
from ncbook.experiments.information_bottleneck.claims import CLAIMS
from ncbook.experiments.information_bottleneck.config import Config
from ncbook.experiments.information_bottleneck.estimators import binned_entropy, channel, population_bounds
from ncbook.experiments.information_bottleneck.frames import critical_betas
from ncbook.readings.information_bottleneck import KEYS

__all__ = [
    "CLAIMS",
    "EXPERIMENT",
    "Config",
    "binned_entropy",
    "channel",
    "critical_betas",
    "load",
    "population_bounds",
    "run",
]  # fmt: skip


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Every part. arrays: frames/KIND [S, K-1], the critical betas of every seed."""
    results = sweep(partial(measure_arm, config, device), arms(config))
    rows = [row for rows, _ in results for row in rows]
    arrays = {name: array for _, arrays in results for name, array in arrays.items()}
    return rows, arrays


def arms(config: Config) -> list[Arm]:
    """Everything that is run."""
    return [
        Arm("estimators"),
        *(Arm("plane", activation) for activation in plane.ACTIVATIONS),
        *(Arm("digits", weight_decay=decay) for decay in config.decays),
        *(Arm("vib") for _ in config.betas[:1]),
        Arm("frames"),
    ]


def measure_arm(config: Config, device: str, arm: Arm) -> Result:
    """History rows and arrays of one arm."""
    parts = {"estimators": estimators.estimators, "plane": plane.plane, "digits": digits.digits, "vib": vib.vib,
             "frames": frames.frames}  # fmt: skip
    return parts[arm.part](config, device, arm)


EXPERIMENT = Experiment(
    "information_bottleneck", "The information bottleneck", 1, Config, train, keys=KEYS, claims=CLAIMS,
    exact=("weight_decay", "beta"),
    # vib: its members share the draws of one generator, so that all 24 would be needed
    sample=Sample({"estimator_seeds": 1, "counts": (250,), "betas": ()}, apart=("vib",)),
)  # fmt: skip
run, load = EXPERIMENT.run, EXPERIMENT.load
