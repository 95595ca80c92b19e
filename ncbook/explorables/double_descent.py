"""Test error, training error and norm of a least-squares solution, under one slider over the number of features."""

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np

from ncbook import runs
from ncbook.explorables import _page

_COLUMNS = ("test_error", "train_error", "norm")
_SOLID = '<path d="M0 8h26" stroke="var(--nc-{0})" stroke-width="2.6"/>'
_DASHED = '<path d="M0 8h26" stroke="var(--nc-{0})" stroke-width="2.6" stroke-dasharray="6 4"/>'

_BODY = """\
<div class="nc-controls">
<button type="button" class="nc-play">Play</button>
<label>Points n <select class="nc-points">{points}</select></label>
<label>Ridge λ <select class="nc-ridge">{ridges}</select></label>
<label class="nc-slide">Features N <input type="range" class="nc-slider" min="0" max="{last}" step="1" value="0">
<span class="nc-now" aria-hidden="true"></span></label>
</div>
<div class="nc-panels">
<div class="nc-panel">
<p class="nc-title">Test and training error</p>
<canvas class="nc-errors" role="img" aria-label="Errors over the number of features."></canvas>
<ul class="nc-legend">{error_legend}</ul>
</div>
<div class="nc-panel">
<p class="nc-title">Norm of the solution</p>
<canvas class="nc-norms" role="img" aria-label="Norm over the number of features."></canvas>
<ul class="nc-legend">{norm_legend}</ul>
</div>
</div>
<p class="nc-status" role="status"></p>
<p class="nc-note">Bold lines are medians of {seeds}, thin lines of the test error and the norm are single seeds. The
vertical line at 1 is N = n, where the model has just enough features to fit every target exactly. With λ = 0 the
solution is the one of least norm. Test labels are never noisy; training error counts points whose given label is not
the largest score.</p>
<p class="nc-note">{provenance}</p>
"""


def double_descent(run: runs.Run) -> _page.Explorable:
    """Along the curve of double descent: errors and norm at each number of features, with and without label noise.

    `run` is one of `experiments.double_descent`. Raises ValueError, naming what is missing, for another run or one with
    other than two label noises.
    """
    _require(run)
    config = run.config
    data = {
        "points": [10 * each for each in config["per_class"]],
        "ridges": config["ridges"],
        "factors": config["factors"],
        "noises": config["noises"],
        "seeds": len(config["seeds"]),
        "curves": {name: _curves(run.arrays[name]) for name in _COLUMNS},
    }
    title = "Double descent, feature by feature"
    return _page.Explorable(title, _body(run, data), "double_descent.js", data, f"{title}. {_summary(run)}")


def _require(run: runs.Run) -> None:
    """Raises ValueError that names the first setting or array that `run` lacks."""
    if "factors" not in run.config:
        raise ValueError("run.config: has no factors; this figure shows runs of experiments.double_descent")
    for name in _COLUMNS:
        if name not in run.arrays:
            raise ValueError(f"run.arrays: has no {name}")
    if len(run.config["noises"]) != 2:
        raise ValueError(f"run.config: noises must be two, to be compared, got {run.config['noises']}")


def _curves(values: np.ndarray) -> list[Any]:
    """[n][noise][ridge] -> {seeds [S][F], median [F]}, from values [n, S, noise, ridge, F]."""
    return [
        [[{"seeds": _short(curve), "median": _short(np.median(curve, 0))} for curve in ridges] for ridges in noises]
        for noises in values.transpose(0, 2, 3, 1, 4)
    ]


def _short(values: np.ndarray) -> list[Any]:
    """Four significant digits, enough for a picture."""
    if values.ndim > 1:
        return [_short(row) for row in values]
    return [float(f"{value:.4g}") for value in values]


def _body(run: runs.Run, data: Mapping[str, Any]) -> str:
    """The controls, canvases, legends and notes of `_BODY`, filled in."""
    count = data["seeds"]
    return _BODY.format(
        points=_options(data["points"], chosen=len(data["points"]) - 1),
        ridges=_options(data["ridges"], chosen=0),
        last=len(data["factors"]) - 1,
        error_legend=_legend(data["noises"], (("test", "test"), ("train", "training"))),
        norm_legend=_legend(data["noises"], (("norm", ""),)),
        seeds=f"{count} seeds" if count > 1 else "one seed",
        provenance=escape(runs.provenance_line(run)),
    )


def _legend(noises: list[float], kinds: tuple[tuple[str, str], ...]) -> str:
    """One entry a curve: noise by line and color; training curves are drawn thin and fainter."""
    entries = []
    for place, noise in enumerate(noises):
        drawing = (_SOLID, _DASHED)[place].format(("class0", "class1")[place])
        for slot, name in kinds:
            faint = ' opacity="0.5"' if slot == "train" else ""
            icon = f'<svg viewBox="0 0 26 16" aria-hidden="true"{faint}>{drawing}</svg>'
            label = f"{name + ', ' if name else ''}label noise {noise:g}"
            entries.append(f'<li>{icon} {label} <b class="nc-{slot}{place}"></b></li>')
    return "\n".join(entries)


def _options(values: list[Any], chosen: int) -> str:
    """The choices of a select by their place, one of them chosen from the start."""
    return "".join(
        f'<option value="{place}"{" selected" if place == chosen else ""}>{value:g}</option>'
        for place, value in enumerate(values)
    )


def _summary(run: runs.Run) -> str:
    """What a reader learns where no HTML is shown."""
    lines, factors = [], run.config["factors"]
    for place, noise in enumerate(run.config["noises"]):
        curve = np.median(run.arrays["test_error"][-1, :, place, 0], axis=0)
        peak = factors[int(curve.argmax())]
        lines.append(
            f"{10 * run.config['per_class'][-1]} points, label noise {noise:g}: test error {curve.max():.2f} at N = "
            f"{peak:g} n, {curve[-1]:.3f} at N = {factors[-1]:g} n."
        )
    return " ".join([*lines, runs.provenance_line(run)])
