"""The curves of the lab, which grow while four networks train."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ncbook import look
from ncbook.labs import _drawing
from ncbook.labs._grokking.settings import NONE, Settings
from ncbook.labs._grokking.training import Training

_PALE, _THIN = 0.45, 0.35
_TRAIN, _TEST = "-", (0, (4, 2))
_SPLITS: tuple[tuple[str, Any], ...] = (("train", _TRAIN), ("test", _TEST))  # name and dashes
# the columns of a panel with their dashes, its label and its title
_PANELS: tuple[tuple[tuple[tuple[str, Any], ...], str, str], ...] = (
    ((("train_acc", _TRAIN), ("test_acc", _TEST)), "accuracy (%)", "Accuracy"),
    ((("relative_flatness", _TRAIN),), "κ, log scale", "Relative flatness, train"),
    ((("variance_ratio_train", _TRAIN),), "R, log scale", "Variance ratio, train"),
    ((("fourier_gini", _TRAIN),), "Gini coefficient", "Embedding: few waves?"),
)


@_drawing.empty_once
def png(runs: Sequence[Training]) -> bytes:
    """The curves of all runs as an image: thin for a seed of the last run, thick for medians, pale for earlier runs."""
    histories = [list(run.rows) for run in runs]  # copied, for the last may be growing
    planned = max((run.planned for run in runs), default=Settings().steps)
    last = _drawing.horizon(planned, max((run.done for run in runs), default=planned), room=400)
    release = _release(runs[-1].settings) if runs else None
    return _drawing.png(len(_PANELS), _prepare, lambda panels: _draw(panels, histories, last, release))


def _release(settings: Settings) -> int | None:
    return None if settings.regularizer == NONE else settings.release


def _prepare(panels: list[Axes]) -> None:
    for panel, (_, label, title) in zip(panels, _PANELS, strict=True):
        _drawing.frame(panel, title, "step", label)
    accuracy, kappa, ratio, gini = panels
    accuracy.set_ylim(-2, 102)
    gini.set_ylim(0, 1)
    for panel in (kappa, ratio):
        _drawing.log_axis(panel)
    handles = [Line2D([], [], color=look.INK, linestyle=dash, label=split) for split, dash in _SPLITS]
    accuracy.legend(handles=handles, frameon=False, fontsize=9, loc="center right")


def _draw(panels: list[Axes], histories: list[list[dict[str, Any]]], last: int, release: int | None) -> None:
    for panel, (columns, _, _) in zip(panels, _PANELS, strict=True):
        for index, rows in enumerate(histories):
            for column, dash in columns:
                _draw_run(panel, rows, column, dash, index, latest=index == len(histories) - 1)
        if release is not None:
            panel.axvline(release, color=look.INK, linestyle=":", linewidth=1)
        _drawing.reach(panel, last)
    for panel in panels[1:3]:
        _drawing.log_range(panel)


def _draw_run(panel: Axes, rows: list[dict[str, Any]], column: str, dash: Any, index: int, latest: bool) -> None:
    if not rows:
        return
    steps, color = [row["step"] for row in rows], _drawing.color(index)
    values = np.array([row[column] for row in rows]) * (100 if column.endswith("acc") else 1)  # [probes, seeds]
    values[~np.isfinite(values)] = np.nan
    if latest:
        panel.plot(steps, values, color=color, linestyle=dash, linewidth=0.9, alpha=_THIN)
    alpha = 1 if latest else _PALE
    middle = np.median(values, axis=1)
    panel.plot(steps, middle, color=color, linestyle=dash, linewidth=2, alpha=alpha, zorder=2 + alpha)
    if np.isfinite(middle[-1]):
        _drawing.number(panel, index, (steps[-1], middle[-1]), alpha)
