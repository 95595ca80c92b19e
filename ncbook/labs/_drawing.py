"""What the curves of all labs share."""

import io
import threading
from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

# Okabe and Ito's colours, which colour-blind readers can tell apart; runs are numbered as well
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
INK = "#222222"
_ONE_AT_A_TIME = threading.Lock()  # matplotlib does not promise that two threads may draw at once
# set by hand, for a layout engine takes longer than all the rest
_MARGINS = {"right": 0.99, "bottom": 0.16, "top": 0.9, "wspace": 0.28}


def color(place: int) -> str:
    """Colour of the run at `place`."""
    return COLORS[place % len(COLORS)]


def png(panels: int, draw: Callable[[list[Axes]], None]) -> bytes:
    """A row of panels as an image, after `draw` has filled them."""
    stream = io.BytesIO()
    with _ONE_AT_A_TIME:
        figure = Figure(figsize=(3.2 * panels, 3.1), dpi=120, facecolor="white")
        draw(list(figure.subplots(1, panels, gridspec_kw=_MARGINS | {"left": 0.195 / panels})))
        figure.savefig(stream, format="png")
    return stream.getvalue()


def horizon(planned: int, reached: int, room: int) -> int:
    """Last value on the axis of time. It doubles from `room` as the curves grow, so that they always fill the panel."""
    while room < reached:
        room *= 2
    return min(planned, room)


def frame(panel: Axes, title: str, x_label: str, y_label: str, last: int) -> None:
    """Titles, labels and the axis of time."""
    panel.set_title(title, loc="left", fontsize=10.5, fontweight="bold", color=INK)
    panel.set_xlabel(x_label, color=INK)
    panel.set_ylabel(y_label, color=INK)
    panel.set_xlim(0, last * 1.06)
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(colors=INK, labelsize=9)


def number(panel: Axes, place: int, at: tuple[float, float], alpha: float) -> None:
    """The run's number, at the end of its curve."""
    panel.annotate(
        str(place + 1), at, xytext=(4, 0), textcoords="offset points",
        color=color(place), alpha=alpha, fontsize=9, fontweight="bold", va="center",
    )  # fmt: skip


def log_axis(panel: Axes) -> None:
    """Labelled 0.1, 0.2, 0.5, 1 in plain numbers; at least 0.1 to 1, so that an empty panel looks like a full one."""
    panel.set_yscale("log", nonpositive="mask")
    values = np.concatenate([[0.1, 1], *(line.get_ydata() for line in panel.lines)])
    low, high = values[values > 0].min() / 1.1, values[values > 0].max() * 1.1
    panel.set_ylim(low, high)
    panel.yaxis.set_major_locator(LogLocator(subs=(1,) if high > 300 * low else (1, 2, 5)))
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    panel.yaxis.set_minor_locator(NullLocator())
