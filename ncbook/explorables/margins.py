"""A line between two classes in the plane, for the reader to move: margin, training errors, and error on new data."""

from html import escape
from typing import Any

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings import margins as reading

_ARRAYS = ("points", "labels", "lines", "centers", "deviation")
_START = "H2"

_STYLE = """\
<style>
.nc-explorable canvas.nc-field { height: auto; aspect-ratio: 1; max-height: 27rem; cursor: grab; }
.nc-explorable table.nc-readings { border-collapse: collapse; width: 100%; margin: 0; font-size: 14px; }
.nc-readings th, .nc-readings td { padding: 5px 8px; text-align: right; border-bottom: 1px solid var(--nc-grid);
  font-variant-numeric: tabular-nums; color: var(--nc-text); background: none; font-weight: 400; }
.nc-readings th { text-align: left; }
.nc-readings td { font-weight: 600; white-space: nowrap; }
</style>
"""

_BODY = """\
<div class="nc-controls">
<label>Line <select class="nc-line">{lines}<option value="own" hidden>your own</option></select></label>
<label class="nc-slide">Turn <input class="nc-turn" type="range" min="-180" max="180" step="1"></label>
<label class="nc-slide">Shift <input class="nc-shift" type="range" min="-3" max="3" step="0.02"></label>
</div>
<div class="nc-panels">
<div class="nc-panel">
<canvas class="nc-field" role="img" tabindex="0" data-lm-suppress-shortcuts="true"></canvas>
</div>
<div class="nc-panel">
<table class="nc-readings"><tbody>
<tr><th scope="row">margin on the training points</th><td class="nc-margin"></td></tr>
<tr><th scope="row">as a share of the largest</th><td class="nc-share"></td></tr>
<tr><th scope="row">training points on the wrong side</th><td class="nc-training"></td></tr>
<tr><th scope="row">error on the distribution, exact</th><td class="nc-exact"></td></tr>
<tr><th scope="row">fresh points on the wrong side</th><td class="nc-fresh"></td></tr>
</tbody></table>
<div class="nc-controls" style="margin-top: 12px">
<button type="button" class="nc-again">Draw 1000 fresh points</button>
<label><input type="checkbox" class="nc-show"> show them</label>
</div>
<ul class="nc-legend">
<li><svg viewBox="0 0 26 16" aria-hidden="true"><circle cx="13" cy="8" r="6" fill="var(--nc-class0)"/></svg>
class 0</li>
<li><svg viewBox="0 0 26 16" aria-hidden="true"><path d="M8 3h10v10h-10z" fill="var(--nc-class1)"/></svg> class 1</li>
<li><svg viewBox="0 0 26 16" aria-hidden="true"><path d="M0 8h26" stroke="var(--nc-text)" stroke-width="2.4"/></svg>
the line</li>
<li><svg viewBox="0 0 26 16" aria-hidden="true"><path d="M0 8h26" stroke="var(--nc-muted)" stroke-width="1.5"
stroke-dasharray="5 4"/></svg> its margin</li>
</ul>
</div>
</div>
<p class="nc-status" role="status"></p>
<p class="nc-note">Drag the round handle to shift the line, the square one to turn it. Or focus the picture: the arrow
keys left and right turn the line, up and down shift it. Discs: one and two standard deviations around the centers of
the two densities. The margin is the smallest distance of a training point to the line, negative if one is on the wrong
side; distances are in the unit of the picture, which is 6.4 wide.</p>
<p class="nc-note">{provenance} Training set of seed {seed}. The exact error is computed from the densities.</p>
"""


def margins(run: runs.Run) -> _page.Explorable:
    """The two-dimensional training set of the first seed, with its three lines to start from.

    `run` is one of `experiments.margins`. Raises ValueError, naming what is missing, for a run without the picture.
    """
    for name in _ARRAYS:
        if f"plane/{name}" not in run.arrays:
            raise ValueError(f"run.arrays: has no plane/{name}; this figure shows runs of experiments.margins")
    title = "A line between two classes, its margin and its error"
    return _page.Explorable(title, _body(run), "margins.js", _data(run), f"{title}. {_summary(run)}")


def _data(run: runs.Run) -> dict[str, Any]:
    """points [2n][2], labels [2n], lines name -> [angle in radians, offset], centers [class][component][2], deviation.

    best: the largest margin.
    """
    arrays = {name: run.arrays[f"plane/{name}"] for name in _ARRAYS}
    return {
        "points": arrays["points"].round(4).tolist(),
        "labels": arrays["labels"].tolist(),
        "lines": dict(zip(reading.LINES, arrays["lines"].round(5).tolist(), strict=True)),
        "centers": arrays["centers"].tolist(),
        "deviation": float(arrays["deviation"]),
        "best": _line(run, "H3", "margin"),
    }


def _line(run: runs.Run, name: str, column: str) -> float:
    """What the first seed's row of a line says."""
    plane = reading.rows(run, "plane")
    return float(plane[(plane.family == name) & (plane.seed == run.config["seeds"][0])][column].iloc[0])


def _body(run: runs.Run) -> str:
    lines = "".join(
        f'<option value="{name}"{" selected" if name == _START else ""}>{words}</option>'
        for name, words in reading.LINES.items()
    )
    provenance = escape(runs.provenance_line(run))
    return _STYLE + _BODY.format(lines=lines, provenance=provenance, seed=run.config["seeds"][0])


def _summary(run: runs.Run) -> str:
    """What a reader learns where no HTML is shown."""
    lines = [
        f"{words}: margin {_line(run, name, 'margin'):.2g}, error {100 * _line(run, name, 'risk'):.2g} %."
        for name, words in reading.LINES.items()
    ]
    return " ".join([*lines, runs.provenance_line(run)])
