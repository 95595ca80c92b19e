"""What each figure has to show, said independently of the code that draws it. One module a result.

`EXPECTED` maps the name of a figure to a function of the run: the artists that must be there, in data coordinates,
computed from the run's history or readings. `tests/test_pictures.py` compares. A figure of another preset than laptop
stands in the module's `PRESETS`; that of a chapter which reads several runs gets all of them.
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
    label: str | None = None


@dataclass(frozen=True)
class Regions:
    """The regions of one call of contourf: the area of each, and its mean times the area."""

    panel: int
    areas: Values
    x: Values
    y: Values


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


@dataclass(frozen=True)
class Ellipses:
    """Ellipses of one call around (x, y), each as the matrix M = [[xx, xy], [xy, yy]] with d^T M^-1 d = 1 on it."""

    panel: int
    x: Values
    y: Values
    xx: Values
    xy: Values
    yy: Values


@dataclass(frozen=True)
class Text:
    """Words or a number at the point that they belong to. A panel's are compared where at least one is expected."""

    panel: int
    text: str
    x: float
    y: float


@dataclass(frozen=True)
class Segments:
    """Straight lines of one call, as vlines makes them: a row x, y, x, y a line; compared where some are expected."""

    panel: int
    ends: np.ndarray


Artist = Line | Band | Points | Bars | Span | Regions | Segments | Image | Ellipses | Text | Axis


def median_and_range(panel: int, label: str, table: pd.DataFrame) -> list[Artist]:
    """The usual curve over seeds: `table` has a row a seed and a column a moment."""
    x = table.columns.to_numpy(dtype=float)
    return [Line(panel, label, x, table.median()), Band(panel, x, table.min(), table.max())]


def by_seed(rows: pd.DataFrame, column: str, clock: str = "epoch", scale: float = 1) -> pd.DataFrame:
    """The column of one arm, a row a seed and a column a moment, without moment 0."""
    return scale * rows[rows[clock] > 0].pivot(index="seed", columns=clock, values=column)


def first_zero_errors(rows: pd.DataFrame, clock: str = "epoch") -> pd.Series:
    """Of each seed of one arm that ever makes no training error, when that first is so."""
    return rows[rows.train_error == 0].groupby("seed")[clock].min()
