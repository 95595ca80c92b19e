"""What the curves of all labs share."""

import io
import threading
from collections.abc import Callable, Sequence
from functools import cache, wraps
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from ncbook import look

_ONE_AT_A_TIME = threading.Lock()  # matplotlib does not promise that two threads may draw at once
# set by hand, for a layout engine takes longer than all the rest
_MARGINS = {"right": 0.99, "bottom": 0.16, "top": 0.9, "wspace": 0.28}
_COLORS = (*look.ARMS, look.INK, look.FAINT)
_QUICK = {"compress_level": 1}  # a tenth larger, and in a third of the time


def color(index: int) -> str:
    """Of the run at `index`; runs are numbered as well."""
    return _COLORS[index % len(_COLORS)]


def empty_once(draw: Callable[[Sequence[Any]], bytes]) -> Callable[[Sequence[Any]], bytes]:
    """`draw`, a lab's picture of its runs, which draws panels without a curve, as before the first run, once only."""
    empty = cache(lambda: draw(()))

    @wraps(draw)
    def drawn(runs: Sequence[Any]) -> bytes:
        return draw(runs) if runs else empty()

    return drawn


def png(panels: int, prepare: Callable[[list[Axes]], None], draw: Callable[[list[Axes]], None]) -> bytes:
    """A row of panels as an image: `prepare` makes them, once, and `draw` puts curves and numbers into them."""
    stream = io.BytesIO()
    with _ONE_AT_A_TIME:
        figure, row = _row(panels, prepare)
        try:
            draw(row)
            figure.savefig(stream, format="png", pil_kwargs=_QUICK)
        finally:
            for artist in [artist for panel in row for artist in (*panel.lines, *panel.texts)]:
                artist.remove()
    return stream.getvalue()


@cache
def _row(panels: int, prepare: Callable[[list[Axes]], None]) -> tuple[Figure, list[Axes]]:
    """Kept, for making panels, ticks and labels anew takes as long as drawing them."""
    figure = Figure(figsize=(3.2 * panels, 3.1), dpi=120, facecolor="white")
    row = list(figure.subplots(1, panels, gridspec_kw=_MARGINS | {"left": 0.195 / panels}))
    prepare(row)
    return figure, row


def horizon(planned: int, reached: int, room: int) -> int:
    """Last value on the axis of time. It doubles from `room` as the curves grow, so that they always fill the panel."""
    while room < reached:
        room *= 2
    return min(planned, room)


def frame(panel: Axes, title: str, x_label: str, y_label: str) -> None:
    """Title, labels and ticks."""
    # y: where it would stand anyhow, said because matplotlib else draws up all ticks once more to find out
    panel.set_title(title, loc="left", y=1, fontsize=10.5, fontweight="bold", color=look.INK)
    panel.set_xlabel(x_label, color=look.INK)
    panel.set_ylabel(y_label, color=look.INK)
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(colors=look.INK, labelsize=9)


def reach(panel: Axes, last: int) -> None:
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
    """Labeled 0.1, 0.2, 0.5, 1 in plain numbers; at least 0.1 to 1, so that an empty panel looks like a full one."""
    values = np.concatenate([[0.1, 1], *(line.get_ydata() for line in panel.lines)])
    panel.set_ylim(values[values > 0].min() / 1.1, values[values > 0].max() * 1.1)
    look.plain_numbers(panel.yaxis)
