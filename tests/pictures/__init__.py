"""What each figure has to show, said independently of the code that draws it. One module a result.

`EXPECTED` maps the name of a figure to a function of the run: the artists that must be there, in data coordinates,
computed from the run's history or readings. `tests/test_pictures.py` compares.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

Values = Sequence[float] | np.ndarray | pd.Series | pd.Index


@dataclass(frozen=True)
class Line:
    """A line or a row of marks: `label` as in the legend, None for an artist that the legend does not name."""

    panel: int
    label: str | None
    x: Values
    y: Values


@dataclass(frozen=True)
class Band:
    """The filled range between `low` and `high` over `x`."""

    panel: int
    x: Values
    low: Values
    high: Values


@dataclass(frozen=True)
class Points:
    """Marks of one scatter call."""

    panel: int
    label: str | None
    x: Values
    y: Values


@dataclass(frozen=True)
class Bars:
    """Bars of one call: their middles and their heights (or, for horizontal bars, their middles and lengths)."""

    panel: int
    label: str | None
    x: Values
    heights: Values


@dataclass(frozen=True)
class Image:
    """The values of an image, a row of cells a row."""

    panel: int
    values: np.ndarray


@dataclass(frozen=True)
class Ellipses:
    """Ellipses of one call around (x, y): d^T M^-1 d = 1 for M = [[xx, xy], [xy, yy]]."""

    panel: int
    x: Values
    y: Values
    xx: Values
    xy: Values
    yy: Values


@dataclass(frozen=True)
class Axis:
    """Scales of a panel: "linear", "log" or "symlog". A panel without one must be linear in both."""

    panel: int
    x: str = "linear"
    y: str = "linear"


Artist = Line | Band | Points | Bars | Image | Ellipses | Axis


def median_and_range(panel: int, label: str, table: pd.DataFrame) -> list[Artist]:
    """The usual curve over seeds: `table` has a row a seed and a column a moment."""
    x = table.columns.to_numpy(dtype=float)
    return [Line(panel, label, x, table.median()), Band(panel, x, table.min(), table.max())]
