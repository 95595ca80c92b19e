"""Two classes in the plane and the balls that cover them, for the reader to move: coding rates by counting."""

import math
from html import escape
from typing import Any

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings.corrupted_labels import arrangements

# name -> words, angle between the lines in degrees, share of a class across its line, radius of a ball
_PRESETS: dict[str, tuple[str, int, float, float]] = {
    "orthogonal": ("two orthogonal lines", 90, 0.02, 0.2),
    "narrow": ("two lines close together", 25, 0.02, 0.2),
    "collapsed": ("neural collapse of two classes: one line", 0, 0.0, 0.2),
    "round": ("no structure: both classes round", 90, 0.5, 0.2),
    "coarse": ("orthogonal lines, large balls", 90, 0.02, 0.6),
}
_START = "orthogonal"

_STYLE = """\
<style>
.nc-explorable canvas.nc-field { height: auto; aspect-ratio: 1; max-height: 27rem; }
.nc-explorable table.nc-readings { border-collapse: collapse; width: 100%; margin: 0; font-size: 14px; }
.nc-readings th, .nc-readings td { padding: 5px 8px; text-align: right; border-bottom: 1px solid var(--nc-grid);
  font-variant-numeric: tabular-nums; color: var(--nc-text); background: none; font-weight: 400; }
.nc-readings th[scope=row] { text-align: left; }
.nc-readings td { font-weight: 600; white-space: nowrap; }
</style>
"""

_BODY = """\
<div class="nc-controls">
<label>Start from <select class="nc-preset">{presets}<option value="own" hidden>your own</option></select></label>
</div>
<div class="nc-controls">
<label class="nc-slide">Angle <input class="nc-angle" type="range" min="0" max="90" step="1">
<span class="nc-now nc-angle-now"></span></label>
<label class="nc-slide">Spread <input class="nc-spread" type="range" min="0" max="0.5" step="0.01">
<span class="nc-now nc-spread-now"></span></label>
<label class="nc-slide">Radius ε <input class="nc-radius" type="range" min="0.1" max="1" step="0.02">
<span class="nc-now nc-radius-now"></span></label>
</div>
<div class="nc-panels">
<div class="nc-panel">
<canvas class="nc-field" role="img" tabindex="0" data-lm-suppress-shortcuts="true"></canvas>
</div>
<div class="nc-panel">
<table class="nc-readings">
<thead><tr><td></td><th scope="col">nats</th><th scope="col">balls</th></tr></thead>
<tbody>
<tr><th scope="row">the whole, R</th><td class="nc-whole"></td><td class="nc-whole-balls"></td></tr>
<tr><th scope="row">a class, R<sub>c</sub></th><td class="nc-parts"></td><td class="nc-parts-balls"></td></tr>
<tr><th scope="row">rate reduction, ΔR</th><td class="nc-reduction"></td><td class="nc-reduction-balls"></td></tr>
</tbody></table>
<ul class="nc-legend">
<li><svg viewBox="0 0 26 16" aria-hidden="true"><circle cx="13" cy="8" r="6" fill="var(--nc-class0)"/></svg>
ball in class 0</li>
<li><svg viewBox="0 0 26 16" aria-hidden="true"><path d="M8 3h10v10h-10z" fill="var(--nc-class1)"/></svg>
in class 1 (square mark)</li>
<li><svg viewBox="0 0 26 16" aria-hidden="true"><circle cx="13" cy="8" r="6" fill="none" stroke="var(--nc-faint)"
stroke-width="1.5"/></svg> in the whole alone</li>
<li><svg viewBox="0 0 26 16" aria-hidden="true"><path d="M0 8h26" stroke="var(--nc-text)" stroke-width="1.6"
stroke-dasharray="5 4"/></svg> ellipse of the whole</li>
</ul>
</div>
</div>
<p class="nc-status" role="status"></p>
<p class="nc-note">Each class lies around a line through the origin, with mean square length 1; the spread is the share
of it across the line. Focus the picture: the arrow keys left and right change the angle, up and down the spread. The
number of balls is the area of an ellipse over the area of a ball; the last row says how many times as many balls the
whole needs as one class. The balls drawn stand on a grid with one place a ball's area.</p>
<p class="nc-note">Every number is a closed form in the three sliders. For ten classes, measured: {provenance}</p>
"""


def corrupted_labels(run: runs.Run) -> _page.Explorable:
    """Coding rates of two classes in the plane, by the angle of their lines, their spread and the radius of a ball.

    `run` is one of `experiments.corrupted_labels`; it gives the numbers for ten classes in the text. Raises ValueError
    for a run without the part "rates".
    """
    if "rates" not in run.history.get("part", ()):
        raise ValueError("run.history: has no part 'rates'; this figure shows runs of experiments.corrupted_labels")
    title = "Counting balls: the coding rates of two classes in the plane"
    return _page.Explorable(title, _body(run), "corrupted_labels.js", _data(), f"{title}. {_summary(run)}")


def _data() -> dict[str, Any]:
    """presets: name -> [angle in degrees, spread, radius]."""
    return {"presets": {name: list(values) for name, (_, *values) in _PRESETS.items()}}


def rates(angle: float, spread: float, radius: float) -> tuple[float, float]:
    """R and R_c in nats, as the script computes them: angle in degrees between the two lines, spread 0 to 1/2.

    The second moments of the whole have the eigenvalues (1 +- (1 - 2 spread) cos angle) / 2, those of a class
    1 - spread and spread.
    """
    lean = (1 - 2 * spread) * math.cos(math.radians(angle))
    return _rate((1 + lean) / 2, (1 - lean) / 2, radius), _rate(1 - spread, spread, radius)


def _rate(first: float, second: float, radius: float) -> float:
    return (math.log1p(2 * first / radius**2) + math.log1p(2 * second / radius**2)) / 2


def _body(run: runs.Run) -> str:
    presets = "".join(
        f'<option value="{name}"{" selected" if name == _START else ""}>{values[0]}</option>'
        for name, values in _PRESETS.items()
    )
    return _STYLE + _BODY.format(presets=presets, provenance=escape(_measured(run)))


def _measured(run: runs.Run) -> str:
    """The rate reductions of the arrangements of the run, at its first size, as a sentence."""
    own = arrangements(run)
    own = own[own.seed == run.config["seeds"][0]]
    words = ", ".join(f"{name} {value:.1f}" for name, value in zip(own.arm, own.rate_reduction, strict=True))
    return f"rate reductions in nats {words}. {runs.provenance_line(run)}"


def _summary(run: runs.Run) -> str:
    """What a reader learns where no HTML is shown."""
    lines = []
    for words, *values in _PRESETS.values():
        whole, parts = rates(*values)
        lines.append(f"{words}: whole {math.exp(whole):.3g} balls, class {math.exp(parts):.3g}.")
    return " ".join([*lines, f"For ten classes, measured: {_measured(run)}"])
