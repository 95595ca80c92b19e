"""The figures of `information_bottleneck`."""

import numpy as np
import pandas as pd

from ncbook.runs import Run
from pictures import Axis, Band, Line, median_and_range


def _rows(run: Run, part: str, **values) -> pd.DataFrame:
    frame = run.to_frame()
    return frame[(frame[["part", *values]] == [part, *values.values()]).all(axis=1)]


def _course(panel: int, label: str, rows: pd.DataFrame, column: str):
    """Median and range against steps, from step 0 on."""
    return median_and_range(panel, label, rows.pivot(index="seed", columns="step", values=column))


def _estimators(run: Run):
    rows = _rows(run, "estimators")
    for row, estimator in enumerate(("kernel", "bins")):
        for column, dim in enumerate((1, 2, 5)):
            panel = 3 * row + column
            own = rows[(rows.estimator == estimator) & (rows.dim == dim)]
            for count in (250, 1000, 2000):
                table = own[own.num_points == count].groupby("true_information")[["information", "information_lower"]]
                middle = table.median()
                yield Line(panel, f"N = {count}", middle.index, middle.information)
                if estimator == "kernel":
                    yield Line(panel, None, middle.index, middle.information_lower)
                    yield Band(panel, middle.index, middle.information_lower, middle.information)
            yield Line(panel, "truth", [0, own.true_information.max()], [0, own.true_information.max()])


def _planes(run: Run):
    shown = (("tanh", "fixed noise"), ("relu", "fixed noise"), ("relu", "scaled bins"))
    for panel, (activation, estimator) in enumerate(shown):
        own = _rows(run, "plane", seed=471, activation=activation, estimator=estimator)
        for layer in (1, 2, 3, 4, 5):
            path = own[own.layer == layer].sort_values("step")[["information", "label_information"]].to_numpy()
            for label, part in ((f"layer {layer}", path), (None, path[:1]), (None, path[-1:])):
                yield Line(panel, label, *part.T)


def _compression(run: Run):
    for panel, estimator in enumerate(("fixed noise", "scaled noise", "scaled bins")):
        for activation, label in (("tanh", "tanh"), ("relu", "ReLU")):
            own = _rows(run, "plane", layer=5, activation=activation, estimator=estimator)
            yield from _course(panel, label, own, "information")
        yield Axis(panel, x="symlog")


def _noise(run: Run):
    for panel, decay in enumerate((1e-2, 1e-3)):
        for step, label in ((0, "before training"), (2000, "after training")):
            own = _rows(run, "digits", estimator="noise curve", weight_decay=decay, step=step)
            middle = own.groupby("relative_noise")[["information", "information_lower"]].median()
            yield Line(panel, label, middle.index, middle.information)
            yield Band(panel, middle.index, middle.information_lower, middle.information)
        yield Axis(panel, x="log")


def _collapse(run: Run):
    for split in ("train", "test"):
        for panel, estimator in enumerate(("fixed noise", "scaled noise")):
            own = _rows(run, "digits", weight_decay=1e-2, split=split, estimator=estimator)
            yield from _course(panel, split, own, "information")
        yield from _course(2, split, own, f"nc1_{split}")
    yield from (Axis(0, x="symlog"), Axis(1, x="symlog"), Axis(2, "symlog", "log"))


def _strengths(run: Run):
    rows = _rows(run, "vib")
    rows = rows.assign(percent=100 * rows.test_error)
    for panel, column in enumerate(("rate", "percent", "nc1_train")):
        yield Line(panel, None, rows.beta, rows[column])
        middle = rows.groupby("beta")[column].median()
        yield Line(panel, None, middle.index, middle)
        yield Axis(panel, "symlog", "log")


def _transitions(run: Run):
    for kind, label in (("simplex", "simplex ETF"), ("random", "random means")):
        for number, betas in enumerate(run.arrays[f"frames/{kind}"]):
            yield Line(0, None if number else label, np.arange(1, 10), betas - 1)
    yield Axis(0, y="log")
    for decay in (1e-2, 1e-3):
        own = _rows(run, "digits", split="train", estimator="fixed noise", weight_decay=decay)
        own = own.assign(spread=own.beta_high / own.beta_low)
        yield from _course(1, f"weight decay {decay:g}", own, "spread")
    yield Axis(1, "symlog", "log")


EXPECTED = {
    "estimators_and_truth": _estimators,
    "information_planes": _planes,
    "compression_by_estimator": _compression,
    "information_against_noise": _noise,
    "information_and_collapse": _collapse,
    "bottleneck_strengths": _strengths,
    "critical_strengths": _transitions,
}
