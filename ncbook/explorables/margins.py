"""A line between two classes in the plane, for the reader to move: margin, training errors, and error on new data."""

from typing import Any

from ncbook import runs
from ncbook.explorables import _page
from ncbook.readings import margins as reading

_ARRAYS = ("points", "labels", "lines", "centers", "deviation")
_START = "H2"


def margins(run: runs.Run) -> _page.Explorable:
    """The two-dimensional training set of the first seed, with its three lines to start from.

    `run` is one of `experiments.margins`. Raises ValueError, naming what is missing, for a run without the picture.
    """
    _page.require(run, "margins", arrays=(f"plane/{name}" for name in _ARRAYS))
    title = "A line between two classes, its margin and its error"
    body = _page.body("margins", run, lines=_page.options(reading.LINES, _START), seed=run.config["seeds"][0])
    return _page.Explorable("margins", title, body, _data(run), f"{title}. {_summary(run)}")


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


def _summary(run: runs.Run) -> str:
    """What a reader learns where no HTML is shown."""
    lines = [
        f"{words}: margin {_line(run, name, 'margin'):.2g}, error {100 * _line(run, name, 'risk'):.2g} %."
        for name, words in reading.LINES.items()
    ]
    return " ".join([*lines, runs.provenance_line(run)])
