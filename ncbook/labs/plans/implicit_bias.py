"""Separate points by descent on the logistic loss, and time how its direction nears the one of largest margin."""

from typing import Any

import numpy as np

from ncbook.experiments.implicit_bias import Config, logistic
from ncbook.experiments.implicit_bias.arm import Arm
from ncbook.labs._plan import Choice, Curve, Outcome, Panel, Plan, Real, Rows, Values, Whole

_PROBES = 80


def _config(values: Values) -> Config:
    return Config(
        seeds=(values["seed"],), points=values["points"], clearance=values["clearance"], scaled_steps=values["steps"],
        plain_steps=values["steps"], logistic_probes=_PROBES,
    )  # fmt: skip


def train(**values: Any) -> Rows:
    """One method of the experiment's part on the logistic loss."""
    rows, _ = logistic.logistic(_config(values), Arm("logistic", values["method"], dim=values["dim"]))
    return rows


def _square_loss(values: Values) -> float:
    """How far from the best direction descent on the square loss ends."""
    signed = logistic.separable(_config(values), values["dim"], values["seed"])
    ends = np.stack([logistic.least_squares(signed[None])[0], logistic.max_margin(signed)])
    square, best = ends / np.linalg.norm(ends, axis=1, keepdims=True)
    return float(np.linalg.norm(square - best))


PLAN = Plan(
    name="implicit_bias",
    chapter="2-generalization/implicit_bias",
    question="How long must gradient descent go on until its direction is the one with the largest margin?",
    settings=(
        Choice("method", "Learning rate", "Constant, or a constant over the loss, which takes longer steps as it falls",
               "scaled", (("over the loss", "scaled"), ("constant", "gd"))),
        Whole("dim", "Dimensions", "Of the points", 10, 2, 50),
        Whole("points", "Points", "To be separated, with the signs of both classes", 40, 2, 200),
        Real("clearance", "Gap", "No point is nearer to the plane that gives the labels", 0.5, 0, 1.5,
             usual=(0, 0.1, 0.5, 1)),
        Whole("steps", "Steps", "Of gradient descent from 0", 10_000, 1, 100_000),
        Whole("seed", "Seed", "Fixes the points", 0),
    ),
    train=train,
    panels=(
        Panel("Off the best direction", "distance, log scale", (Curve("direction_distance", "train"),),
              scale="log", level=_square_loss),
        Panel("Margin over the largest", "share", (Curve("margin_ratio", "train"),)),
        Panel("Length of the weights", "norm, log scale", (Curve("weight_norm", "train"),), scale="log"),
    ),
    outcomes=(
        Outcome("distance", "direction_distance"),
        Outcome("margin over the largest", "margin_ratio"),
        Outcome("norm", "weight_norm"),
    ),
    x="log_time",
    unit="log t",
    log_x=True,
)  # fmt: skip
