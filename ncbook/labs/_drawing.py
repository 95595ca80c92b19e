"""What the curves of all labs share."""

import io
import threading
from collections.abc import Callable, Hashable
from functools import cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from ncbook import look

_ONE_AT_A_TIME = threading.Lock()  # matplotlib does not promise that two threads may draw at once
Painter = Callable[[list[Axes]], None]
_COLORS = (*look.ARMS, look.INK, look.FAINT)
_QUICK = {"compress_level": 1}  # a tenth larger, and in a third of the time


def color(index: int) -> str:
    """Of the run at `index`; runs are numbered as well."""
    return _COLORS[index % len(_COLORS)]


def png(key: Hashable, large: bool, panels: int, prepare: Painter, draw: Painter) -> bytes:
    """A row of panels as an image: `prepare` makes them, once for all that give `key`; `draw` puts curves into them."""
    stream = io.BytesIO()
    with _ONE_AT_A_TIME:
        figure, row = _row(key, large, panels)
        if not row[0].get_title(loc="left"):
            prepare(row)
        try:
            draw(row)
            figure.savefig(stream, format="png", facecolor="white", pil_kwargs=_QUICK)
        finally:
            for artist in [artist for panel in row for artist in (*panel.lines, *panel.texts)]:
                artist.remove()
    return stream.getvalue()


@cache
def _row(key: Hashable, large: bool, panels: int) -> tuple[Figure, list[Axes]]:
    """Kept, for making panels, ticks and labels anew takes as long as drawing them."""
    width, height, dpi = (2.9, 2.6, 220) if large else (3.2, 3.1, 120)  # inches a panel, and dots an inch
    figure = Figure(figsize=(width * panels, height), dpi=dpi, facecolor="white")
    margins = {"right": 0.99, "bottom": 0.5 / height, "top": 1 - 0.31 / height, "wspace": 1 / width}
    margins["left"] = 0.76 / width / panels  # room for 0.0001 and a label
    return figure, list(figure.subplots(1, panels, squeeze=False, gridspec_kw=margins)[0])


def frame(panel: Axes, title: str, x_label: str, y_label: str) -> None:
    """Title, labels and ticks, in the colors of this package, whatever style a reader uses elsewhere."""
    panel.set_facecolor("white")
    panel.grid(False)
    panel.spines[:].set_color("black")
    # y: where it would stand anyhow, said because matplotlib else draws up all ticks once more to find out
    panel.set_title(title, loc="left", y=1, fontsize=10.5, fontweight="bold", color=look.INK)
    panel.set_xlabel(x_label, color=look.INK)
    panel.set_ylabel(y_label, color=look.INK)
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(colors=look.INK, labelsize=9)


def reach(panel: Axes, last: float) -> None:
    """The axis of time."""
    panel.set_xlim(0, last * 1.06)


def number(panel: Axes, index: int, at: tuple[float, float], alpha: float) -> None:
    """The run's number, at the end of its curve."""
    panel.annotate(
        str(index + 1), at, xytext=(4, 0), textcoords="offset points",
        color=color(index), alpha=alpha, fontsize=9, fontweight="bold", va="center",
    )  # fmt: skip


def log_axis(panel: Axes) -> None:
    """Its range is that of `log_range`."""
    panel.set_yscale("log", nonpositive="mask")
    panel.yaxis.set_minor_locator(NullLocator())


def log_range(panel: Axes) -> None:
    """Labeled 0.1, 0.2, 0.5, 1 in plain numbers, as far as the curves go; an empty panel shows 0.1 to 1."""
    values = np.concatenate([np.array([]), *(np.asarray(line.get_ydata(), dtype=float) for line in panel.lines)])
    values = values[np.isfinite(values) & (values > 0)]
    low, high = (values.min(), values.max()) if len(values) else (0.1, 1.0)
    middle = (low * high) ** 0.5
    panel.set_ylim(min(low / 1.1, middle / 2), max(high * 1.1, middle * 2))
    look.plain_numbers(panel.yaxis)
