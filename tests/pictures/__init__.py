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
class Span:
    """What is shaded from `start` to `end` over the whole height."""

    panel: int
    start: float
    end: float


@dataclass(frozen=True)
class Regions:
    """The regions of one call of contourf: the area of each, and its mean times the area."""

    panel: int
    areas: Values
    x: Values
    y: Values


@dataclass(frozen=True)
class Segments:
    """Straight lines of one call, as vlines makes them: a row x, y, x, y a line; compared where some are expected."""

    panel: int
    ends: np.ndarray


@dataclass(frozen=True)
class Image:
    """The values of an image, a row of cells a row."""

    panel: int
    values: np.ndarray


@dataclass(frozen=True)
class Axis:
    """Scales of a panel: "linear", "log" or "symlog". A panel without one must be linear in both."""

    panel: int
    x: str = "linear"
    y: str = "linear"


Artist = Line | Band | Points | Bars | Span | Regions | Segments | Image | Axis


def median_and_range(panel: int, label: str, table: pd.DataFrame) -> list[Artist]:
    """The usual curve over seeds: `table` has a row a seed and a column a moment."""
    x = table.columns.to_numpy(dtype=float)
    return [Line(panel, label, x, table.median()), Band(panel, x, table.min(), table.max())]
