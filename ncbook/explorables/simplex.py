"""Features, class means and classifier rows that need no projection: four classes in space, to be turned by hand."""

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings import simplex as reading

# name on the page, column of the training set, column of the test set
_MEASURES = (
    ("NC1, variability", "nc1_train", "nc1_test"),
    ("NC2, lengths", "nc2_norms_train", "nc2_norms_test"),
    ("NC2, angles", "nc2_angles_train", "nc2_angles_test"),
    ("NC3, duality", "nc3_train", "nc3_test"),
    ("NC4, decisions", "nc4_train", "nc4_test_train_means"),
    ("error", "train_error", "test_error"),
)
_ARRAYS = ("step", "points", "means", "classifier", "labels", "test", "ideal")
_SHOWN = (1, 0, 2)  # settings in the order of the choice: four classes in space come first

_OUTLINES = (
    '<circle cx="13" cy="8" r="6"{}/>', '<path d="M8 3h10v10h-10z"{}/>', '<path d="M13 1l6.5 12h-13z"{}/>',
    '<path d="M13 1l7 7-7 7-7-7z"{}/>',
)  # fmt: skip
_CLASSES = [outline.format(f' fill="var(--nc-class{c})"') for c, outline in enumerate(_OUTLINES)]
_FILLED = '<circle cx="13" cy="8" r="4.5" fill="var(--nc-muted)"/>'
_HOLLOW = '<circle cx="13" cy="8" r="4.5" fill="none" stroke="var(--nc-muted)" stroke-width="1.6"/>'
_MEAN = (
    '<path d="M0 8h20" stroke="var(--nc-muted)" stroke-width="5"/>'
    '<circle cx="19" cy="8" r="6" fill="var(--nc-muted)" stroke="var(--nc-text)" stroke-width="2"/>'
)
_ARROW = (
    '<g fill="none" stroke="var(--nc-text)" stroke-width="1.8">'
    '<path d="M0 8h23" stroke-dasharray="6 4"/><path d="M17 4l7 4-7 4"/></g>'
)
_WIRE = '<path d="M13 0l9 15h-18z" fill="none" stroke="var(--nc-faint)" stroke-width="1.5" stroke-dasharray="2 3"/>'

_STYLE = """\
<style>
.nc-explorable:has(.nc-space) { --nc-class3: #a9497f; }
html[data-theme=dark] .nc-explorable:has(.nc-space),
body[data-jp-theme-light=false] .nc-explorable:has(.nc-space),
html[theme=dark] .nc-explorable:has(.nc-space) { --nc-class3: #cc79a7; }
.nc-explorable canvas.nc-space { height: auto; aspect-ratio: 1; max-height: 27rem; touch-action: pan-y; }
.nc-explorable canvas.nc-turns { cursor: grab; }
.nc-explorable table.nc-values { border-collapse: collapse; width: 100%; margin: 0; font-size: 14px; }
.nc-values th, .nc-values td { padding: 4px 8px; text-align: right; border-bottom: 1px solid var(--nc-grid);
  font-variant-numeric: tabular-nums; color: var(--nc-text); background: none; }
.nc-values tr > :first-child { text-align: left; }
</style>
"""

_BODY = """\
<div class="nc-controls">
<button type="button" class="nc-play">Play</button>
<label>Network <select class="nc-network">{networks}</select></label>
<label>Points <select class="nc-split"><option value="both">training and test</option>
<option value="train">training</option><option value="test">test</option></select></label>
<label class="nc-slide">Step <input type="range" class="nc-slider" min="0" max="{last}" step="1" value="{last}">
<span class="nc-now" aria-hidden="true"></span></label>
</div>
<div class="nc-panels">
<div class="nc-panel">
<canvas class="nc-space" role="img" tabindex="0" data-lm-suppress-shortcuts="true"
aria-label="Features of the classes."></canvas>
<div class="nc-controls nc-view">
<label class="nc-slide">Turn <input type="range" class="nc-turn" min="-180" max="180" step="1" value="17"></label>
<label class="nc-slide">Tilt <input type="range" class="nc-tilt" min="-90" max="90" step="1" value="14"></label>
</div>
</div>
<div class="nc-panel">
<table class="nc-values"><thead><tr><th scope="col">at this step</th><th scope="col">training</th>
<th scope="col">test</th></tr></thead><tbody>{rows}</tbody></table>
<ul class="nc-legend">{legend}</ul>
</div>
</div>
<p class="nc-status" role="status"></p>
<p class="nc-note">Drag the picture to turn it, or focus it and use the arrow keys, or the two sliders under it. Nothing
is projected away: the features have as many dimensions as the picture. Lengths are in units of the root mean square
radius of the training class means, whose mean is the origin; classifier rows are scaled to the size of the means. The
figure is turned once for all steps, so that the last means stand nearest to the simplex; where none fits, the dotted
line is a circle of its radius.</p>
<p class="nc-note">{provenance} Seed {seed}. Weight decay {weight_decay:g}. NC1 to NC3 measure each set with its own
class means; NC4 compares both with the means of the training set.</p>
"""


def simplex(run: runs.Run) -> _page.Explorable:
    """Four classes in space, three in the plane, and four in the plane, at every probed step of the first seed.

    `run` is one of `experiments.simplex`, whose first three settings are shown. Raises ValueError, naming what is
    missing, for a run without their pictures or without a column.
    """
    _require(run)
    networks = {reading.name_of(run.config, setting): _network(run, setting) for setting in _SHOWN}
    data = {"measures": [name for name, _, _ in _MEASURES], "networks": networks}
    title = "Features, class means and classifier meet at a simplex"
    return _page.Explorable(title, _body(run, networks), "simplex.js", data, f"{title}. {_summary(run)}")


def _require(run: runs.Run) -> None:
    """Raises ValueError that names the first setting, array or column that `run` lacks."""
    if "class_order" not in run.config:
        raise ValueError("run.config: has no class_order; this figure shows runs of experiments.simplex")
    for name in (f"{reading.name_of(run.config, setting)}/{array}" for setting in _SHOWN for array in _ARRAYS):
        if name not in run.arrays:
            raise ValueError(f"run.arrays: has no {name}, so there is nothing to draw")
    for name in (column for _, *columns in _MEASURES for column in columns):
        if name not in run.history:
            raise ValueError(f"run.history: has no column {name}")


def _network(run: runs.Run, setting: int) -> dict[str, Any]:
    """One network for the page.

    classes, names of the K classes; steps [P]; classOf [n]; test [n], 1 for a test point; points [P, n, d], means and
    rows [P, K, d], packed; ideal [K][d], empty where no simplex fits; values, measure -> [train [P], test [P]].
    """
    arrays, rows = reading.pictured(run, setting), reading.pictured_rows(run, setting)
    return {
        "classes": reading.class_names(run, setting),
        "steps": arrays["step"].tolist(),
        "classOf": arrays["labels"].tolist(),
        "test": arrays["test"].astype(int).tolist(),
        "points": _page.pack(arrays["points"]),
        "means": _page.pack(arrays["means"]),
        "rows": _page.pack(arrays["classifier"]),
        "ideal": np.round(arrays["ideal"], 5).tolist(),
        "values": [[_values(rows[column]) for column in columns] for _, *columns in _MEASURES],
    }


def _values(column: pd.Series) -> list[float | None]:
    """[P]: to three digits; None where the value is not defined."""
    return [float(f"{value:.3g}") if np.isfinite(value) else None for value in column]


def _body(run: runs.Run, networks: Mapping[str, Any]) -> str:
    """The controls, the canvas, the table and the notes of `_BODY`, filled in."""
    config = run.config
    rows = "".join(f'<tr><th scope="row">{name}</th><td></td><td></td></tr>' for name, _, _ in _MEASURES)
    return _STYLE + _BODY.format(
        last=len(next(iter(networks.values()))["steps"]) - 1,
        networks="".join(f'<option value="{name}">{_spoken(run, place)}</option>'
                         for name, place in zip(networks, _SHOWN, strict=True)),
        rows=rows, legend=_legend(config["class_order"][:4]), seed=config["seeds"][0],
        weight_decay=config["weight_decays"][_SHOWN[0]], provenance=escape(runs.provenance_line(run)),
    )  # fmt: skip


def _spoken(run: runs.Run, setting: int) -> str:
    count, dim = run.config["num_classes"][setting], run.config["dims"][setting]
    return f"{count} classes, {dim} dimensions"


def _legend(classes: list[int]) -> str:
    entries = [(drawing, f"class {name}") for drawing, name in zip(_CLASSES, classes, strict=True)]
    entries += [(_FILLED, "training"), (_HOLLOW, "test"), (_MEAN, "class mean")]
    entries += [(_ARROW, "classifier row"), (_WIRE, "simplex ETF")]
    icon = '<svg viewBox="0 0 26 16" aria-hidden="true">{}</svg>'
    return "\n".join(f"<li>{icon.format(drawing)} {name}</li>" for drawing, name in entries)


def _summary(run: runs.Run) -> str:
    """What a reader learns where no HTML is shown."""
    lines = []
    for setting in _SHOWN:
        rows = reading.pictured_rows(run, setting)
        nc1, angles = (_values(rows[column]) for column in ("nc1_train", "nc2_angles_train"))
        lines.append(f"{_spoken(run, setting)}: NC1 on train ends at {nc1[-1]}, NC2 of the angles at {angles[-1]}.")
    return " ".join([*lines, runs.provenance_line(run)])
