"""Fit random features by least squares, from far too few to far more than there are points."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from ncbook import data, trainers
from ncbook.experiments import double_descent as experiment
from ncbook.labs._plan import Curve, Outcome, Panel, Plan, Real, Rows, Whole
from ncbook.readings import double_descent as reading

_CLASSES, _FEWEST, _SIZES = 10, 0.05, 40  # features per point to begin with; sizes, even on the logarithmic axis
_STEEP = np.linspace(0.8, 1.2, 9)  # more of them where the curve is steep


def train(per_class: int, noise: float, ridge: float, largest: float, draws: int, seed: int) -> Rows:
    """The least squares of the experiment, size after size, each for all draws of digits, features and wrong labels."""
    sets = {each: data.digits(per_class, each) for each in range(seed, seed + draws)}
    points, rows = _CLASSES * per_class, list[dict[str, float]]()
    factors = np.concatenate([np.geomspace(_FEWEST, largest, _SIZES), _STEEP])
    counts = sorted({max(1, round(factor * points)) for factor in factors})
    with trainers.progress(len(counts), 0, None) as report:
        for done, count in enumerate(counts, 1):
            curves = {each: experiment.curve(own, [noise], [count], [ridge], each) for each, own in sets.items()}
            rows += [
                {"seed": each, "features_per_point": count / points}
                | {name: array.item() for name, array in curve.items()}
                for each, curve in curves.items()
            ]
            trainers.after_probe([rows[-draws:]])
            report(done)
    return rows


def _shape(name: str) -> Callable[[pd.DataFrame], float]:
    """A number of `readings.double_descent.shape`, of the median of the draws, once the curve is past its peak."""

    def read(rows: pd.DataFrame) -> float:
        curve = rows.groupby("features_per_point").test_error.median()
        return reading.shape(curve.index.to_numpy(), curve.to_numpy())[name] if curve.index[-1] > 1 else float("nan")

    return read


PLAN = Plan(
    name="double_descent",
    chapter="1-collapse/memorization",
    question="Which number of random features does best on new digits: far fewer than points, as many, or far more?",
    settings=(
        Whole("per_class", "Points a class", "Digits of each of the ten classes to fit", 20, 2, 60),
        Real("noise", "Label noise", "Share of the labels that are drawn anew", 0.0, 0, 1, usual=(0, 0.1, 0.2, 0.4)),
        Real("ridge", "Ridge", "Coefficient of the squared norm; 0 asks for the least-squares fit of least norm", 0.0,
             usual=(0, 1e-5, 1e-4, 1e-3, 1e-2)),
        Real("largest", "Largest model", "Its features per point", 12.0, 1.2, 20, usual=(2, 5, 12, 20)),
        Whole("draws", "Draws", "Of digits, features and wrong labels; the thick curve is their median", 5, 1, 10),
        Whole("seed", "First seed", "Fixes the first draw; the next has the next seed", 0, 0, 2**32 - 10),
    ),
    train=train,
    panels=(
        Panel("Error", "error (%)", (Curve("train_error", "train"), Curve("test_error", "test")), percent=True,
              scale="error"),
        Panel("Norm of the solution", "‖Θ‖, log scale", (Curve("norm"),), scale="log"),
        Panel("Squared error of the fit", "per training point", (Curve("residual", "train"),)),
    ),
    outcomes=(
        Outcome("lowest test error, d < N", _shape("first"), percent=True),
        Outcome("highest, d ≥ N/2", _shape("peak"), percent=True),
        Outcome("at d/N", _shape("peak_at")),
        Outcome("test error, largest d", _shape("last"), percent=True),
        Outcome("norm, largest d", "norm"),
    ),
    x="features_per_point",
    unit="features per point",
    log_x=True,
    moment=lambda values: 1.0,
)  # fmt: skip
