"""Collapse in every layer along training: a heat map that moves, and the profile over depth of the chosen step."""

from typing import Any

import numpy as np
import pandas as pd

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings.cascade import ARMS, layers

_ARMS = ("plain", "no decay", "no batch norm", "linear", "half random", "all random", "wide")
_MEASURES = {
    "separation": "D, separation", "variance_ratio": "variance ratio", "nc1": "NC1", "cdnv": "CDNV",
    "ncc_error": "nearest-mean error",
}  # fmt: skip


def cascade(run: runs.Run) -> _page.Explorable:
    """Heat map and profile of `run`, one of `experiments.cascade`, for any arm, measure, split and step.

    Raises ValueError, naming it, for a column that the run lacks.
    """
    columns = ("part", "arm", "layer", "variance_ratio_train", _column("ncc_error", "test"))
    _page.require(run, "cascade", history=columns)
    frame = layers(run)
    steps = sorted(int(step) for step in frame.step.unique())
    data = {
        "steps": steps,
        "measures": _MEASURES,
        "arms": {arm: {"label": ARMS[arm], **_arm(frame[frame.arm == arm])} for arm in _ARMS},
    }
    title = "Collapse in every layer along training"
    text = (
        f"{title}. {len(run.config['seeds'])} seeds, {run.config['depth']} hidden layers, {len(steps)} measured steps."
    )
    arms = _page.options({arm: ARMS[arm] for arm in _ARMS})
    body = _page.body("cascade", run, arms=arms, measures=_page.options(_MEASURES), last=len(steps) - 1)
    return _page.Explorable("cascade", title, body, data, f"{text} {runs.provenance_line(run)}")


def _arm(rows: pd.DataFrame) -> dict[str, Any]:
    """Logarithms of each measure and split, packed: [seeds, steps, layers]; errors below 0.1 % count as that."""
    return {
        f"{name}_{side}": _page.pack(_logs(rows, _column(name, side)))
        for name in _MEASURES
        for side in ("train", "test")
    }


def _column(measure: str, side: str) -> str:
    """On test images the error is that of the nearest training mean."""
    return "ncc_error_test_train_means" if (measure, side) == ("ncc_error", "test") else f"{measure}_{side}"


def _logs(rows: pd.DataFrame, name: str) -> np.ndarray:
    table = rows.pivot(index=["seed", "step"], columns="layer", values=name)
    values = table.to_numpy(float).reshape(rows.seed.nunique(), -1, table.shape[1])
    return np.log10(np.maximum(values, 1e-3 if name.startswith("ncc_error") else 1e-12))
