"""Three classes of free features in the plane, on the way down a loss without regularization."""

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings import unconstrained as reading

_METHODS = {name: reading.METHODS[name] for name in reading.FLOWS}
_MEASURES = {
    "shortfall": "1 − margin / bound",
    "nc1_train": "NC1: within-class variability",
    "nc2_angles_train": "NC2: angles off the simplex",
    "nc3_train": "NC3: classifier off the means",
}
_ARRAYS = ("step", "points", "means", "classifier", "labels")

# small pictures for the legends, in the colors of core.css; one outline a class, as in unconstrained.js
_OUTLINES = ('<circle cx="13" cy="8" r="6"{}/>', '<path d="M8 3h10v10h-10z"{}/>', '<path d="M13 1l6.5 12h-13z"{}/>')
_CLASSES = [outline.format(f' fill="var(--nc-class{c})"') for c, outline in enumerate(_OUTLINES)]
_MEAN = (
    '<path d="M0 8h20" stroke="var(--nc-muted)" stroke-width="5"/>'
    '<circle cx="19" cy="8" r="6" fill="var(--nc-muted)" stroke="var(--nc-text)" stroke-width="2"/>'
)
_ARROW = (
    '<g fill="none" stroke="var(--nc-text)" stroke-width="1.8">'
    '<path d="M0 8h23" stroke-dasharray="6 4"/><path d="M17 4l7 4-7 4"/></g>'
)
_SIMPLEX = '<path d="M13 0l9 15h-18z" fill="none" stroke="var(--nc-faint)" stroke-width="1.5" stroke-dasharray="2 3"/>'

_BODY = """\
<div class="nc-controls">
<button type="button" class="nc-play">Play</button>
<label>Method <select class="nc-method">{methods}</select></label>
<label class="nc-slide">Step <input type="range" class="nc-slider" min="0" max="{last}" step="1" value="0">
<span class="nc-now" aria-hidden="true"></span></label>
</div>
<div class="nc-panels">
<div class="nc-panel">
<p class="nc-title">All features, as they lie in the plane</p>
<canvas class="nc-plane" role="img" aria-label="Features of three classes."></canvas>
<ul class="nc-legend">{legend}</ul>
</div>
<div class="nc-panel">
<p class="nc-title"><label>Curve <select class="nc-measure">{measures}</select></label></p>
<canvas class="nc-curves" role="img" aria-label="A measure over steps."></canvas>
<ul class="nc-legend"><li>now <b class="nc-value"></b></li><li>−log of the loss <b class="nc-exponent"></b> nats</li>
<li>{lines}</li></ul>
</div>
</div>
<p class="nc-status" role="status"></p>
<p class="nc-note">K = 3 classes of {per_class} points with d = 2 features, so that nothing is hidden. Features and
classifier rows grow without end; each is drawn at a root mean square length of 1. One rotation, that of the last step
of the first method, turns all pictures. Curves are drawn down to 10⁻⁶ and stay there below it.</p>
<p class="nc-note">{provenance} Points and arrows: seed {seed}; every method starts from the same place.</p>
"""


def unconstrained(run: runs.Run) -> _page.Explorable:
    """Features, class means and classifier rows in the plane beside a measure of collapse, at every probed step.

    `run` is one of `experiments.unconstrained`; shows the setting of its flow that has two feature dimensions and
    three classes. Raises ValueError, naming what is missing, for a run without it.
    """
    setting = _setting(run)
    turn = _upright(run.arrays["scaled/means"][-1])
    methods = {name: _method(run, name, setting, turn) for name in _METHODS}
    data = {
        "classOf": run.arrays["gd/labels"].tolist(),
        "seeds": run.config["seeds"],
        "names": _METHODS,
        "measures": _MEASURES,
        "methods": methods,
    }
    title = "Free features without regularization, step by step"
    return _page.Explorable(
        title, _body(run, methods, setting), "unconstrained.js", data, f"{title}. {_summary(run, methods)}"
    )


def _setting(run: runs.Run) -> int:
    """Index of the pictured one among the settings of the flow."""
    for name in (f"{method}/{array}" for method in _METHODS for array in _ARRAYS):
        if name not in run.arrays:
            raise ValueError(f"run.arrays: has no {name}; this figure shows runs of experiments.unconstrained")
    settings = list(zip(run.config["flow_classes"], run.config["flow_dims"], strict=True))
    if (3, 2) not in settings:
        raise ValueError(f"run.config: no flow of 3 classes in 2 dimensions, only (K, d) of {settings}")
    return settings.index((3, 2))


def _upright(means: np.ndarray) -> np.ndarray:
    """The rotation or reflection [2, 2] that brings means [3, 2] nearest to a triangle with one corner to the right."""
    angles = 2 * np.pi * np.arange(3) / 3
    left, _, right = np.linalg.svd(means.T @ np.stack([np.cos(angles), np.sin(angles)], axis=1))
    return left @ right


def _method(run: runs.Run, name: str, setting: int, turn: np.ndarray) -> dict[str, Any]:
    """One method for the page.

    steps [P]; points [P, N, 2], means and rows [P, 3, 2], packed; exponent [P], of the first seed;
    curves, measure -> seeds [S, P].
    """
    return {
        "steps": run.arrays[f"{name}/step"].tolist(),
        "points": _page.pack(run.arrays[f"{name}/points"] @ turn),
        "means": _page.pack(run.arrays[f"{name}/means"] @ turn),
        "rows": _page.pack(run.arrays[f"{name}/classifier"] @ turn),
        "exponent": [float(f"{value:.4g}") for value in _values(run, name, setting, "minus_log_loss")[0]],
        "curves": {measure: _curves(run, name, setting, measure) for measure in _MEASURES},
    }


def _curves(run: runs.Run, method: str, setting: int, column: str) -> list[list[float | None]]:
    """[S][P]"""
    return [list(map(_short, row)) for row in _values(run, method, setting, column)]


def _values(run: runs.Run, method: str, setting: int, column: str) -> np.ndarray:
    """[S, P]: one column, a row a seed."""
    flow = reading.rows(run, "flow", method=method, setting=setting)
    return flow.pivot(index="seed", columns="step", values=column).loc[list(run.config["seeds"])].to_numpy()


def _short(value: float) -> float | None:
    """Four significant digits, enough for a picture; None where a logarithmic axis has no place for the value."""
    return float(f"{value:.4g}") if np.isfinite(value) and value > 0 else None


def _body(run: runs.Run, methods: Mapping[str, Any], setting: int) -> str:
    count = len(run.config["seeds"])
    return _BODY.format(
        last=len(methods["scaled"]["steps"]) - 1,
        methods=_options(_METHODS),
        measures=_options(_MEASURES),
        legend=_legend(),
        lines=f"bold: the seed in the picture, thin: {count - 1} more" if count > 1 else "one seed",
        per_class=run.config["flow_per_class"][setting],
        seed=run.config["seeds"][0],
        provenance=escape(runs.provenance_line(run)),
    )


def _legend() -> str:
    entries = [(drawing, f"class {c}") for c, drawing in enumerate(_CLASSES)]
    entries += [(_MEAN, "class mean"), (_ARROW, "classifier row"), (_SIMPLEX, "simplex ETF")]
    return "\n".join(
        f'<li><svg viewBox="0 0 26 16" aria-hidden="true">{drawing}</svg> {name}</li>' for drawing, name in entries
    )


def _options(names: Mapping[str, str]) -> str:
    return "".join(f'<option value="{escape(value)}">{escape(text)}</option>' for value, text in names.items())


def _summary(run: runs.Run, methods: Mapping[str, Any]) -> str:
    """What a reader learns where no HTML is shown."""
    lines = []
    for name, method in methods.items():
        end = method["curves"]["shortfall"][0][-1]
        lines.append(f"{_METHODS[name]}: after {method['steps'][-1]} steps the normalized margin is {end:.3g} short")
    return "; ".join(lines) + f" of its bound (as a share of it). {runs.provenance_line(run)}"
