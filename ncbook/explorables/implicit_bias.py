"""Separable points in the plane: three ways downhill, computed in the page, and the line of largest margin."""

from html import escape
from typing import Any

import numpy as np

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings.implicit_bias import PLANES, ends

_SETS = 4
_POINTS = 16
_REACH = 3.0  # coordinates of the sliders, and of the window

_LINE = '<path d="M0 8h26" stroke="var(--nc-{})" stroke-width="{}"{}/>'
_LEGEND = (
    (_LINE.format("faint", 7, ""), "largest margin"),
    (_LINE.format("accent", 2.5, ""), PLANES["scaled"]),
    (_LINE.format("class2", 2.5, ' stroke-dasharray="8 4"'), PLANES["square"]),
    (_LINE.format("class1", 2.5, ' stroke-dasharray="2 4"'), PLANES["adam"]),
)

_BODY = """\
<div class="nc-controls">
<button type="button" class="nc-play">Play</button>
<label>Points <select class="nc-set">{sets}</select></label>
<label class="nc-slide">Step <input type="range" class="nc-slider" min="0" max="60" step="1" value="0">
<span class="nc-now" aria-hidden="true"></span></label>
</div>
<div class="nc-controls">
<label>Move point <select class="nc-point">{points}</select></label>
<label class="nc-slide">across <input type="range" class="nc-across" min="-{reach}" max="{reach}" step="0.05"></label>
<label class="nc-slide">up <input type="range" class="nc-up" min="-{reach}" max="{reach}" step="0.05"></label>
</div>
<div class="nc-panels">
<div class="nc-panel">
<p class="nc-title">Two classes, and the line of each method</p>
<canvas class="nc-plane" role="img" aria-label="Points of two classes in the plane."></canvas>
<ul class="nc-legend">{legend}</ul>
</div>
<div class="nc-panel">
<p class="nc-title">Angle to the line of largest margin</p>
<canvas class="nc-curves" role="img" aria-label="Angles against steps."></canvas>
<ul class="nc-legend"><li>time t of the logistic descent, log₁₀ <b class="nc-time"></b></li>
<li>distance × log t <b class="nc-product"></b></li></ul>
</div>
</div>
<p class="nc-status" role="status"></p>
<p class="nc-note">All three start from w = 0 and are computed in this page, each time a point moves: drag it, or choose
it and use the two sliders. The lines pass through the center, because there is no intercept. Distance is that between
the unit vectors w/‖w‖ of the logistic descent and of the line of largest margin. {provenance}</p>
"""


def implicit_bias(run: runs.Run) -> _page.Explorable:
    """Gradient descent with the logistic and with the square loss, and Adam, on points that the reader may move.

    `run` is one of `experiments.implicit_bias`, which gives the first data sets. Raises ValueError for another run.
    """
    if "plane/signed" not in run.arrays:
        raise ValueError("run.arrays: has no plane/signed; this figure shows runs of experiments.implicit_bias")
    sets = [_set(seed, signed) for seed, signed in zip(run.config["seeds"], run.arrays["plane/signed"], strict=True)]
    data = {"sets": sets[:_SETS], "reach": _REACH}
    title = "Three ways downhill on separable points"
    return _page.Explorable(title, _body(run, sets[:_SETS]), "implicit_bias.js", data, f"{title}. {_summary(run)}")


def _set(seed: int, signed: np.ndarray) -> dict[str, Any]:
    """The first points of one data set, every other one mirrored into the second class."""
    chosen = signed[:_POINTS]
    labels = np.where(np.arange(len(chosen)) % 2, -1, 1)
    return {"seed": seed, "points": (chosen * labels[:, None]).round(2).tolist(), "labels": labels.tolist()}


def _body(run: runs.Run, sets: list[dict[str, Any]]) -> str:
    return _BODY.format(
        sets="".join(f'<option value="{index}">set {index + 1}</option>' for index in range(len(sets))),
        points="".join(f'<option value="{index}">{index + 1}</option>' for index in range(_POINTS)),
        reach=_REACH,
        legend="\n".join(
            f'<li><svg viewBox="0 0 26 16" aria-hidden="true">{drawing}</svg> {name}</li>' for drawing, name in _LEGEND
        ),
        provenance=escape(f"The first {_POINTS} points of a set. {runs.provenance_line(run)}"),
    )


def _summary(run: runs.Run) -> str:
    """What a reader learns where no HTML is shown."""
    scaled, square = (
        ends(run, "logistic", method=method, dim=2).direction_distance.iloc[-1] for method in ("scaled", "square")
    )
    return (
        f"At the end of the run, the logistic descent of the last seed is {scaled:.2g} from the max-margin "
        f"direction, the square loss {square:.2g}. {runs.provenance_line(run)}"
    )
