"""The curves of the lab, which grow while a network trains."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ncbook import look
from ncbook.labs import _drawing
from ncbook.labs._collapse.settings import Settings
from ncbook.labs._collapse.training import Training

_PALE = 0.45
_SPLITS: tuple[tuple[str, Any], ...] = (("train", "-"), ("test", (0, (4, 2))))  # name and dashes
_PANELS = (
    ("{}_error", "error (%)", "Error"),
    ("nc1_{}", "NC1, log scale", "NC1: spread within classes"),
    ("nc3_{}", "NC3, log scale", "NC3: classifier and means"),
)


@_drawing.empty_once
def png(runs: Sequence[Training]) -> bytes:
    """The curves of all runs as an image; every run but the last is pale."""
    histories = [list(run.rows) for run in runs]  # copied, for the last may be growing
    planned = max((run.planned for run in runs), default=Settings().epochs)
    last = _drawing.horizon(planned, max((run.epoch for run in runs), default=planned), room=20)
    return _drawing.png(len(_PANELS), _prepare, lambda panels: _draw(panels, histories, last))


def _prepare(panels: list[Axes]) -> None:
    for panel, (_, label, title) in zip(panels, _PANELS, strict=True):
        _drawing.frame(panel, title, "epoch", label)
    look.percent_axis(panels[0], lowest=-0.02)
    for panel in panels[1:]:
        _drawing.log_axis(panel)
    handles = [Line2D([], [], color=look.INK, linestyle=dash, label=split) for split, dash in _SPLITS]
    panels[0].legend(handles=handles, frameon=False, fontsize=9, loc="upper right")


def _draw(panels: list[Axes], histories: list[list[dict[str, Any]]], last: int) -> None:
    for panel, (column, _, _) in zip(panels, _PANELS, strict=True):
        for index, rows in enumerate(histories):
            _draw_run(panel, rows, column, index, alpha=1 if index == len(histories) - 1 else _PALE)
        _drawing.reach(panel, last)
    for panel in panels[1:]:
        _drawing.log_range(panel)


def _draw_run(panel: Axes, rows: list[dict[str, Any]], column: str, index: int, alpha: float) -> None:
    epochs, color = [row["epoch"] for row in rows], _drawing.color(index)
    for split, dash in _SPLITS:
        values = np.array([row[column.format(split)] for row in rows]) * (100 if "error" in column else 1)
        values[~np.isfinite(values)] = np.nan
        panel.plot(epochs, values, color=color, linestyle=dash, linewidth=1.8, alpha=alpha, zorder=2 + alpha)
    if rows and np.isfinite(values[-1]):
        _drawing.number(panel, index, (epochs[-1], values[-1]), alpha)
