"""Two Gaussian classes in the plane, whose population is known exactly, and the bound for test collapse on them."""

from ncbook.explorables import _page

SIZES = (2, 3, 5, 8, 12, 20, 35, 60, 100, 200, 400)
_START = {"size": 4, "distance": 4, "drawn": 0}

_POINT = '<circle cx="13" cy="8" r="4" fill="var(--nc-class0)"/>'
_MEAN = '<circle cx="13" cy="8" r="6" fill="var(--nc-class0)" stroke="var(--nc-text)" stroke-width="2"/>'
_CROSS = '<path d="M7 2l12 12M19 2l-12 12" stroke="var(--nc-text)" stroke-width="2.4"/>'
_RING = '<circle cx="13" cy="8" r="7" fill="none" stroke="var(--nc-class0)" stroke-width="1.5" stroke-dasharray="3 3"/>'
_BAR = '<path d="M3 3h20v10h-20z" fill="{}"/>'
_LEFT = ((_RING, "population, one and two standard deviations"), (_CROSS, "its means"), (_POINT, "training points"),
         (_MEAN, "their means"))  # fmt: skip
_RIGHT = (("var(--nc-class1)", "value", "V of the population"), ("var(--nc-class0)", "first", "V of the training set"),
          ("var(--nc-class2)", "second", "A times that"), ("var(--nc-second)", "third", "B"))  # fmt: skip

_BODY = """\
<div class="nc-controls">
<label class="nc-slide">Points a class <input type="range" class="nc-size" min="0" max="{last}" step="1" value="{size}">
<span class="nc-now nc-size-now" aria-hidden="true"></span></label>
<label class="nc-slide">Distance <input type="range" class="nc-distance" min="1" max="10" step="0.5" value="{distance}">
<span class="nc-now nc-distance-now" aria-hidden="true"></span></label>
</div>
<div class="nc-controls">
<label class="nc-slide">Training collapse, % <input type="range" class="nc-drawn" min="0" max="100" step="5"
value="{drawn}"><span class="nc-now nc-drawn-now" aria-hidden="true"></span></label>
<button type="button" class="nc-again">New points</button>
</div>
<div class="nc-panels">
<div class="nc-panel">
<p class="nc-title">Two classes in the plane</p>
<canvas class="nc-plane" role="img" aria-label="Two Gaussian classes."></canvas>
<ul class="nc-legend">{left}</ul>
</div>
<div class="nc-panel">
<p class="nc-title">The two sides of the bound</p>
<canvas class="nc-bars" role="img" aria-label="Both sides of the bound."></canvas>
<ul class="nc-legend">{right}</ul>
<ul class="nc-legend"><li>a <b class="nc-a"></b></li><li>A <b class="nc-factor"></b></li>
<li>bound / true value <b class="nc-ratio"></b></li></ul>
</div>
</div>
<p class="nc-status" role="status"></p>
<p class="nc-note">Both classes are Gaussian with standard deviation 1 in every direction; the distance is between their
means. "Training collapse" draws the training points towards their own mean and leaves the population where it is, as a
network would that has learned its training points by heart. Points come from a generator with a seed: the same
settings give the same picture, and a larger set contains the smaller one.</p>
"""


def bound() -> _page.Explorable:
    """Sliders for the number of points, the distance of the classes and the collapse of the training points.

    The page draws the points itself and computes every term; it needs no run. The population is that of two isotropic
    Gaussians in the plane, so that its means and variances are exact.
    """
    title = "The bound for test collapse, on two Gaussian classes"
    body = _BODY.format(last=len(SIZES) - 1, left=_list(_LEFT), right=_bars(), **_START)
    told = (
        f"{title}: with few points the shift of the means makes A and B large; drawing the training points together "
        "makes the training CDNV small, and B takes its place."
    )
    return _page.Explorable(title, body, "bound.js", {"sizes": SIZES}, told)


def _list(entries: tuple[tuple[str, str], ...]) -> str:
    return "".join(f"<li>{_icon(drawing)} {name}</li>" for drawing, name in entries)


def _bars() -> str:
    return "".join(
        f'<li>{_icon(_BAR.format(color))} {name} <b class="nc-{slot}"></b></li>' for color, slot, name in _RIGHT
    )


def _icon(drawing: str) -> str:
    return f'<svg viewBox="0 0 26 16" aria-hidden="true">{drawing}</svg>'
