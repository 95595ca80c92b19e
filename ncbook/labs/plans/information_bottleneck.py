"""A small network on 12 bits, and what its layers keep of the input by an estimator that one chooses."""

import math

import pandas as pd

from ncbook import trainers
from ncbook.experiments import information_bottleneck as experiment
from ncbook.experiments.information_bottleneck.arm import Arm
from ncbook.labs._plan import Choice, Curve, Outcome, Panel, Plan, Real, Rows, Values, Whole
from ncbook.readings import information_bottleneck as reading

_PROBES = 24
_USUAL = experiment.Config()
_ACTIVATIONS = tuple((words, name) for name, words in reading.ACTIVATIONS.items())
_ESTIMATORS = tuple((words, name) for name, words in reading.ESTIMATORS.items())


def train(
    activation: str, estimator: str, noise: float, bin_size: float, bin_count: int, sampled: int, steps: int, seed: int
) -> Rows:
    """One network of the part "plane", measured by all estimators."""
    config = experiment.Config(
        seeds=(seed,), plane_seeds=1, plane_steps=steps, plane_probes=_PROBES, noise=noise, bin_size=bin_size,
        bin_count=bin_count, sampled=sampled,
    )  # fmt: skip
    return experiment.measure_arm(config, str(trainers.pick_device()), Arm("plane", activation))[0]


def view(rows: pd.DataFrame, values: Values) -> pd.DataFrame:
    """What the chosen estimator says, with the last layer in columns of its own."""
    rows = rows[rows.estimator == values["estimator"]]
    last = rows.layer == rows.layer.max()
    return rows.assign(last=rows.information.where(last), last_label=rows.label_information.where(last))


def _cap(values: Values) -> float:
    return math.log(values["sampled"])


def _fall(rows: pd.DataFrame) -> float:
    return reading.rise_and_fall(rows.dropna(subset=["last"]))["fall"]


PLAN = Plan(
    name="information_bottleneck",
    chapter="3-representation/information_bottleneck",
    question="Does a network forget its input while it learns, or does that depend on how one measures?",
    settings=(
        Choice("activation", "Activation", "Of the five hidden layers", "tanh", _ACTIVATIONS),
        Choice("estimator", "Estimator", "How the information is measured", "fixed noise", _ESTIMATORS),
        Real("noise", "Noise variance", "Of a unit; scaled noise has it times the layer's mean variance", _USUAL.noise,
             1e-9, 1e6, usual=(1e-5, 1e-3, 0.1)),
        Real("bin_size", "Bin width", "Of fixed bins", _USUAL.bin_size, 1e-6, 1e6, usual=(0.01, 0.07, 0.5)),
        Whole("bin_count", "Bins", "Of the layer's range, in scaled bins", _USUAL.bin_count, 1, 10_000),
        Whole("sampled", "Words measured", "Of all 4096; no value exceeds its logarithm", _USUAL.sampled, 16, 1024),
        Whole("steps", "Steps", "Of AdamW, each on all training words", _USUAL.plane_steps, 1, 20_000),
        Whole("seed", "Seed", "Fixes the initial weights, and which words are trained on and measured", 0),
    ),
    train=train,
    view=view,
    panels=(
        Panel("Input, last layer", "MI(X; T) (nats)", (Curve("last"),), limits=(-0.2, 7.2), level=_cap),
        Panel("Class, last layer", "MI(Y; T) (nats)", (Curve("last_label"),), limits=(-0.03, 0.8),
              level=lambda values: math.log(2)),
        Panel("Input, every layer", "MI(X; T) (nats)", (Curve("information"),), limits=(-0.2, 7.2), x="layer",
              x_label="hidden layer", level=_cap),
    ),
    outcomes=(
        Outcome("MI(X; T) of the last layer (nats)", "last"),
        Outcome("its fall from the maximum (nats)", _fall),
        Outcome("MI(Y; T) of the last layer (nats)", "last_label"),
        Outcome("training error", "train_error", percent=True),
        Outcome("test error", "test_error", percent=True),
    ),
    log_x=True,
)  # fmt: skip
