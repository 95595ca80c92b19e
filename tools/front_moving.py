"""The figure of the front page that moves: three classes in the plane of a network's last layer, step by step."""

import json
from html import escape

import front_svg as svg
import numpy as np
import pandas as pd

from ncbook import experiments, runs
from ncbook.readings import moments
from ncbook.readings import simplex as reading

SETTING = 0  # of `experiments.simplex`: three classes in two dimensions, so that nothing has to be projected
_UNIT = 1000  # the radius of the simplex
_RADII = {"front-new": 40, "front-seen": 52}  # of the marks; the former lie below

_FIGURE = """\
<style>{palette}</style>
<figure class="front-figure">
{drawing}
<p class="front-player">
<span class="front-now" aria-hidden="true">{now}</span>
<button type="button" hidden>Play again</button>
</p>
<figcaption>{caption} <span class="front-run">{provenance}</span></figcaption>
<script type="application/json">{data}</script>
</figure>
<script src="../_static/front.js"></script>
"""


def figure() -> str:
    """The figure as HTML: its last state, and the data with which front.js moves it."""
    run = experiments.simplex.load("laptop", live=False)
    arrays, rows = reading.pictured(run, SETTING), reading.pictured_rows(run, SETTING)
    points, means = _framed(arrays)
    data = {
        "now": [_now(row.step, row.train_error) for row in rows.itertuples()],
        "marks": points[:, np.argsort(~arrays["test"], kind="stable")].reshape(len(points), -1).tolist(),
        "means": means.reshape(len(means), -1).tolist(),
    }
    return _FIGURE.format(
        palette=svg.palette(),
        drawing=_drawing(points, means, arrays, _told(run, rows)),
        now=data["now"][-1],
        caption=_caption(run, rows),
        provenance=escape(runs.provenance_line(run)),
        data=json.dumps(data, separators=(",", ":")),
    )


def _framed(arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Points [P, n, 2] and class means [P, 3, 2] in units of the drawing, the first class up.

    At each step, nine of ten training points lie within the radius of the simplex around the mean of the class means.
    """
    points, means = arrays["points"].astype(float), arrays["means"].astype(float)
    middle = means.mean(axis=1, keepdims=True)
    distances = np.linalg.norm((points - middle)[:, ~arrays["test"]], axis=2)
    scale = _UNIT / np.quantile(distances, 0.9, axis=1)[:, None, None]
    return _up(scale * (points - middle)), _up(scale * (means - middle))


def _up(vectors: np.ndarray) -> np.ndarray:
    """The same turned by a quarter, as whole numbers; in a drawing the second coordinate points down."""
    return np.rint(np.stack([-vectors[..., 1], -vectors[..., 0]], axis=-1)).astype(int)


def _drawing(points: np.ndarray, means: np.ndarray, arrays: dict[str, np.ndarray], told: str) -> str:
    """The last state. What the network is trained on lies above what is new to it."""
    new = arrays["test"]
    parts = [svg.path(_up(_UNIT * arrays["ideal"]), "front-simplex", closed=True)]
    parts += [svg.path([(0, 0), mean], f"front-spoke class{c}") for c, mean in enumerate(means[-1])]
    for (kind, radius), drawn in zip(_RADII.items(), (new, ~new), strict=True):
        places = zip(arrays["labels"][drawn], points[-1][drawn], strict=True)
        parts += [svg.mark(label, place, radius, kind) for label, place in places]
    return svg.picture(_window(points), told, parts, "front-plane")


def _window(points: np.ndarray) -> list[float]:
    """Left, top, width and height: around the middle, it holds all marks of all states [P, n, 2]."""
    edge = max(_RADII.values())
    across = np.abs(points[..., 0]).max() + edge
    top, bottom = points[..., 1].min() - edge, points[..., 1].max() + edge
    return [-across, top, 2 * across, bottom - top]


def _now(step: int, error: float) -> str:
    return f"step {step:,}, training error {100 * error:.0f} %"


def _caption(run: runs.Run, rows: pd.DataFrame) -> str:
    zero, end = moments.zero_error(rows), rows.step.iloc[-1]
    return (
        f"Handwritten digits {_digits(run)}, as the last layer of a small network sees them: filled marks are "
        f"images that it is trained on, hollow ones are new. From step {zero:.0f} on it makes no training error; "
        f"training goes on to step {end:,}."
    )


def _told(run: runs.Run, rows: pd.DataFrame) -> str:
    return (
        f"Three clouds of points, the digits {_digits(run)}, draw together during a training of "
        f"{rows.step.iloc[-1]:,} steps, each to one corner of an equilateral triangle. New images spread more widely."
    )


def _digits(run: runs.Run) -> str:
    *others, last = reading.class_names(run, SETTING)
    return f"{', '.join(map(str, others))} and {last}"
