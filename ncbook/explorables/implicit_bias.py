"""Separable points in the plane: three ways downhill, computed in the page, and the line of largest margin."""

from typing import Any

import numpy as np

from ncbook import runs
from ncbook.explorables import _legend, _page
from ncbook.readings.implicit_bias import PLANES, ends

_SETS = 4
_POINTS = 16
_REACH = 3.0  # coordinates of the sliders, and of the window

# how the line of largest margin and that of each method are drawn
_BEST = _legend.line("faint", "", 7)
_LINES = {
    "scaled": _legend.line("class0", "", 2.5),
    "square": _legend.line("class2", "8 4", 2.5),
    "adam": _legend.line("class1", "2 4", 2.5),
}


def implicit_bias(run: runs.Run) -> _page.Explorable:
    """Gradient descent with the logistic and with the square loss, and Adam, on points that the reader may move.

    `run` is one of `experiments.implicit_bias`, which gives the first data sets. Raises ValueError for another run.
    """
    _page.require(run, "implicit_bias", arrays=("plane/signed",))
    sets = [_set(seed, signed) for seed, signed in zip(run.config["seeds"], run.arrays["plane/signed"], strict=True)]
    data = {"sets": sets[:_SETS], "reach": _REACH}
    title = "Three ways downhill on separable points"
    return _page.Explorable("implicit_bias", title, _body(run, sets[:_SETS]), data, f"{title}. {_summary(run)}")


def _set(seed: int, signed: np.ndarray) -> dict[str, Any]:
    """The first points of one data set, every other one mirrored into the second class."""
    chosen = signed[:_POINTS]
    labels = np.where(np.arange(len(chosen)) % 2, -1, 1)
    return {"seed": seed, "points": (chosen * labels[:, None]).round(2).tolist(), "labels": labels.tolist()}


def _body(run: runs.Run, sets: list[dict[str, Any]]) -> str:
    return _page.body(
        "implicit_bias",
        run,
        sets=_page.options(f"set {index + 1}" for index in range(len(sets))),
        points=_page.options(range(1, _POINTS + 1)),
        count=_POINTS,
        reach=_REACH,
        legend=_legend.entries([_BEST, *_LINES.values()], ["largest margin", *map(_entry, _LINES)]),
    )


def _entry(method: str) -> str:
    """The name of a method, and the place of its present angle."""
    return f'{PLANES[method]} <b class="nc-angle-{method}"></b>'


def _summary(run: runs.Run) -> str:
    """What a reader learns where no HTML is shown."""
    scaled, square = (
        ends(run, "logistic", method=method, dim=2).direction_distance.iloc[-1] for method in ("scaled", "square")
    )
    return (
        f"At the end of the run, the logistic descent of the last seed is {scaled:.2g} from the max-margin "
        f"direction, the square loss {square:.2g}. {runs.provenance_line(run)}"
    )
