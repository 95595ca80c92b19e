"""The curves of a lab, which grow while a network trains."""

import io
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from ncbook.labs._settings import Settings
from ncbook.labs._training import Training

# Okabe and Ito's colours, which colour-blind readers can tell apart; runs are numbered as well
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_ONE_AT_A_TIME = threading.Lock()  # matplotlib does not promise that two threads may draw at once
_INK, _PALE = "#222222", 0.45
_SPLITS: tuple[tuple[str, Any], ...] = (("train", "-"), ("test", (0, (4, 2))))  # name and dashes
# set by hand, for a layout engine takes longer than all the rest
_MARGINS = {"left": 0.065, "right": 0.99, "bottom": 0.16, "top": 0.9, "wspace": 0.28}
_PANELS = (
    ("{}_error", "error (%)", "Error"),
    ("nc1_{}", "NC1, log scale", "NC1: spread within classes"),
    ("nc3_{}", "NC3, log scale", "NC3: classifier and means"),
)


def color(place: int) -> str:
    """Colour of the run at `place`."""
    return COLORS[place % len(COLORS)]


def png(runs: Sequence[Training]) -> bytes:
    """The curves of all runs as an image; every run but the last is pale."""
    histories = [list(run.rows) for run in runs]  # copied, for the last may be growing
    stream = io.BytesIO()
    with _ONE_AT_A_TIME:
        figure = Figure(figsize=(9.6, 3.1), dpi=120, facecolor="white")
        panels = list(figure.subplots(1, 3, gridspec_kw=_MARGINS))
        for panel, (column, label, title) in zip(panels, _PANELS, strict=True):
            for place, rows in enumerate(histories):
                _draw_run(panel, rows, column, place, alpha=1 if place == len(runs) - 1 else _PALE)
            _frame(panel, label, title, _horizon(runs))
        _finish(panels)
        figure.savefig(stream, format="png")
    return stream.getvalue()


def _horizon(runs: Sequence[Training]) -> int:
    """Last epoch on the axis. It doubles as the curves grow, so that they fill the panel from the start."""
    planned = max((run.settings.epochs for run in runs), default=Settings().epochs)
    reached, room = max((run.epoch for run in runs), default=planned), 20
    while room < reached:
        room *= 2
    return min(planned, room)


def _draw_run(panel: Axes, rows: list[dict], column: str, place: int, alpha: float) -> None:
    epochs = [row["epoch"] for row in rows]
    for split, dash in _SPLITS:
        values = np.array([row[column.format(split)] for row in rows]) * (100 if "error" in column else 1)
        values[~np.isfinite(values)] = np.nan
        panel.plot(epochs, values, color=color(place), linestyle=dash, linewidth=1.8, alpha=alpha, zorder=2 + alpha)
    if rows and np.isfinite(values[-1]):
        panel.annotate(
            str(place + 1), (epochs[-1], values[-1]), xytext=(4, 0), textcoords="offset points",
            color=color(place), alpha=alpha, fontsize=9, fontweight="bold", va="center",
        )  # fmt: skip


def _frame(panel: Axes, label: str, title: str, epochs: int) -> None:
    panel.set_title(title, loc="left", fontsize=10.5, fontweight="bold", color=_INK)
    panel.set_xlabel("epoch", color=_INK)
    panel.set_ylabel(label, color=_INK)
    panel.set_xlim(0, epochs * 1.06)
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(colors=_INK, labelsize=9)


def _finish(panels: list[Axes]) -> None:
    _percent_axis(panels[0])
    for panel in panels[1:]:
        _log_axis(panel)
    handles = [Line2D([], [], color=_INK, linestyle=dash, label=split) for split, dash in _SPLITS]
    panels[0].legend(handles=handles, frameon=False, fontsize=9, loc="upper right")


def _percent_axis(panel: Axes) -> None:
    """Percentages from 0 to 100, logarithmic above 0.1 and with a true zero."""
    panel.set_yscale("symlog", linthresh=0.1)
    panel.set_ylim(-0.02, 100)
    panel.set_yticks([0, 0.1, 1, 10, 100], ["0", "0.1", "1", "10", "100"])


def _log_axis(panel: Axes) -> None:
    """Labelled 0.1, 0.2, 0.5, 1 in plain numbers; at least 0.1 to 1, so that an empty panel looks like a full one."""
    panel.set_yscale("log", nonpositive="mask")
    values = np.concatenate([[0.1, 1], *(line.get_ydata() for line in panel.lines)])
    low, high = values[values > 0].min() / 1.1, values[values > 0].max() * 1.1
    panel.set_ylim(low, high)
    panel.yaxis.set_major_locator(LogLocator(subs=(1,) if high > 300 * low else (1, 2, 5)))
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    panel.yaxis.set_minor_locator(NullLocator())
