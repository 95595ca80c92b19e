"""Collapse in every layer along training: a heat map that moves, and the profile over depth of the chosen step."""

from html import escape
from typing import Any

import numpy as np
import pandas as pd

from ncbook import runs
from ncbook.explorables import _arms, _page
from ncbook.readings.cascade import ARMS, layers

_ARMS = ("plain", "no batch norm", "linear", "half random", "all random", "wide")
_MEASURES = {
    "separation": "D, separation", "variance_ratio": "variance ratio", "nc1": "NC1", "cdnv": "CDNV",
    "ncc_error": "nearest-mean error",
}  # fmt: skip
_BODY = """\
<div class="nc-controls">
<label>Network <select class="nc-arm">{arms}</select></label>
<label>Measure <select class="nc-measure">{measures}</select></label>
<label>Images <select class="nc-side"><option value="train">training</option>
<option value="test">test</option></select></label>
</div>
<div class="nc-controls">
<button type="button" class="nc-play">Play</button>
<label class="nc-slide">Step <input type="range" class="nc-slider" min="0" max="{last}" step="1" value="0">
<span class="nc-now" style="min-width: 3.5em" aria-hidden="true"></span></label>
</div>
<div class="nc-panels">
<div class="nc-panel"><div class="nc-title">Every layer, up to this step</div>
<canvas class="nc-map" role="img" aria-label="Heat map of layers and steps."></canvas></div>
<div class="nc-panel"><div class="nc-title">Over depth, at this step</div>
<canvas class="nc-profile" role="img" aria-label="Measure against layer."></canvas></div>
</div>
<p class="nc-words" style="margin-top: 8px"></p>
<p class="nc-status" role="status"></p>
<p class="nc-note">Medians over the seeds; layer 0 is the input. On the map a layer is a column and a measured step a
row; light is large, dark is small, on a logarithmic scale that spans the whole training. Thin lines on the right are
the seeds. Errors of 0 are drawn as 0.1 %. Correlation: Pearson's, of the logarithm with the hidden layer, for the
medians.</p>
<p class="nc-note">{provenance}</p>
"""


def cascade(run: runs.Run) -> _page.Explorable:
    """Heat map and profile of `run`, one of `experiments.cascade`, for any arm, measure, split and step.

    Raises ValueError, naming it, for a column that the run lacks.
    """
    _arms.require_columns(
        run, ("part", "arm", "layer", "variance_ratio_train", _column("ncc_error", "test")), "cascade"
    )
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
    return _page.Explorable(title, _body(run, len(steps)), "cascade.js", data, f"{text} {runs.provenance_line(run)}")


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


def _body(run: runs.Run, count: int) -> str:
    arms = [f'<option value="{name}">{label}</option>' for name, label in ARMS.items() if name in _ARMS]
    measures = [f'<option value="{name}">{label}</option>' for name, label in _MEASURES.items()]
    line = escape(runs.provenance_line(run))
    return _BODY.format(arms="".join(arms), measures="".join(measures), last=count - 1, provenance=line)
