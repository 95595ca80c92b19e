"""The information plane of a small network through training: choose the activation and the estimator."""

import math
from typing import Any

import numpy as np
import pandas as pd

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings.information_bottleneck import ACTIVATIONS, ESTIMATORS


def information_bottleneck(run: runs.Run) -> _page.Explorable:
    """The information planes of `run`, one of `experiments.information_bottleneck`; ValueError without them."""
    frame = run.to_frame()
    frame = frame[frame.part == "plane"] if "part" in frame else frame[:0]
    if frame.empty:
        raise ValueError(
            "run.history: has no part 'plane'; this figure shows runs of experiments.information_bottleneck"
        )
    title = "Information planes of a small network, by activation and estimator"
    text = f"{title}. {_summary(run, frame)}"
    return _page.Explorable("information_bottleneck", title, _body(run, frame), _data(run, frame), text)


def _data(run: runs.Run, frame: pd.DataFrame) -> dict[str, Any]:
    """steps [P]; cap; error: activation -> [P], %; planes: activation -> estimator -> input, label [layer][P], nats."""
    steps = sorted(int(step) for step in frame.step.unique())
    errors = {
        name: (100 * own.groupby("step").test_error.median()).round(2).tolist()
        for name, own in frame.groupby("activation")
    }
    planes: dict[str, dict[str, Any]] = {name: {} for name in ACTIVATIONS}
    for (name, estimator), own in frame.groupby(["activation", "estimator"]):
        planes[name][estimator] = {"input": _medians(own, "information"), "label": _medians(own, "label_information")}
    return {"steps": steps, "cap": round(math.log(run.config["sampled"]), 4), "error": errors, "planes": planes,
            "names": {**ACTIVATIONS, **ESTIMATORS}}  # fmt: skip


def _medians(rows: pd.DataFrame, column: str) -> list[list[float]]:
    """Median over the seeds [layer][P]."""
    table = rows.pivot_table(index="layer", columns="step", values=column, aggfunc="median")
    return np.asarray(table).round(4).tolist()


def _body(run: runs.Run, frame: pd.DataFrame) -> str:
    return _page.body(
        "information_bottleneck", run, activations=_page.options(ACTIVATIONS), estimators=_page.options(ESTIMATORS),
        last=frame.step.nunique() - 1, seeds=frame.seed.nunique(),
    )  # fmt: skip


def _summary(run: runs.Run, frame: pd.DataFrame) -> str:
    """What a reader learns where no HTML is shown."""
    last = frame[frame.layer == frame.layer.max()]
    words = []
    for (name, estimator), own in last.groupby(["activation", "estimator"], sort=False):
        course = own.groupby("step").information.median()
        words.append(
            f"{ACTIVATIONS[name]}, {ESTIMATORS[estimator]}: MI(X; T) of the last hidden layer {course.iloc[0]:.2f} at "
            f"the start, {course.max():.2f} at most, {course.iloc[-1]:.2f} at the end."
        )
    return " ".join([*words, runs.provenance_line(run)])
