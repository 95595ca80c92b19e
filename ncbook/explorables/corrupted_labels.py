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


def corrupted_labels(run: runs.Run) -> _page.Explorable:
    """Coding rates of two classes in the plane, by the angle of their lines, their spread and the radius of a ball.

    `run` is one of `experiments.corrupted_labels`; it gives the numbers for ten classes in the text. Raises ValueError
    for a run without the part "rates".
    """
    if "rates" not in run.history.get("part", ()):
        raise ValueError("run.history: has no part 'rates'; this figure shows runs of experiments.corrupted_labels")
    title = "Counting balls: the coding rates of two classes in the plane"
    presets = _page.options({name: words for name, (words, *_) in _PRESETS.items()}, _START)
    body = _page.body("corrupted_labels", run, presets=presets, measured=escape(_measured(run)))
    return _page.Explorable("corrupted_labels", title, body, _data(), f"{title}. {_summary(run)}")


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


def _measured(run: runs.Run) -> str:
    """The rate reductions of the arrangements of the run, at its first size, in nats."""
    own = arrangements(run)
    own = own[own.seed == run.config["seeds"][0]]
    return ", ".join(f"{name} {value:.1f}" for name, value in zip(own.arm, own.rate_reduction, strict=True))


def _summary(run: runs.Run) -> str:
    """What a reader learns where no HTML is shown."""
    lines = []
    for words, *values in _PRESETS.values():
        whole, parts = rates(*values)
        lines.append(f"{words}: whole {math.exp(whole):.3g} balls, class {math.exp(parts):.3g}.")
    lines.append(f"For ten classes, measured: rate reductions in nats {_measured(run)}.")
    return " ".join([*lines, runs.provenance_line(run)])
