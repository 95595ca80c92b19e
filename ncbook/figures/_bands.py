"""Several seeds as one curve."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ncbook.figures import _style
from ncbook.readings import moments

_LINES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)))
_ARMS = ((*look, line) for look, line in zip((*_style.ARM_STYLES, (_style.INK, "v")), _LINES, strict=True))
_STYLES: Mapping[int | str, tuple[str, str, Any]] = dict([*enumerate(_ARMS), *_style.SPLIT_STYLES.items()])
_CONTROL: dict[str, Any] = {"markerfacecolor": "white", "linewidth": 1.1}
_STAR = "zero training error"
_CLOSE = 0.11  # of a panel's height: two ends that are nearer than that have their names above and below


def draw_band(
    panel: Axes,
    x: np.ndarray,
    values: np.ndarray,
    label: str,
    style: int | str,
    every: int = 3,
    size: float = 4,
    hollow: bool = False,
) -> None:
    """The median of values [seeds, P] over x [P] as a line with a marker at every few points, and their range.

    `style`, "train", "test" or the number of an arm, sets color, marker and line, which differ together so that they
    can be told apart in gray. Of two curves of one style, that of the control is thin, with `hollow` markers.
    """
    color, marker, line = _STYLES[style]
    panel.fill_between(x, values.min(0), values.max(0), color=color, alpha=0.2, linewidth=0)
    panel.plot(
        x, np.median(values, axis=0), linestyle=line, color=color, marker=marker, markersize=size, markevery=every,
        label=label, **(_CONTROL if hollow else {}),
    )  # fmt: skip


def draw_seeds(
    panel: Axes,
    rows: pd.DataFrame,
    column: str,
    label: str,
    style: int | str,
    clock: str = "epoch",
    scale: float = 1,
    every: int = 1,
    size: float = 3,
    hollow: bool = False,
) -> None:
    """`draw_band` of `scale` times a column, for the history rows of one arm; a logarithmic axis has no moment 0."""
    table = scale * rows[rows[clock] > 0].pivot(index="seed", columns=clock, values=column)
    draw_band(panel, table.columns.to_numpy(), table.to_numpy(), label, style, every, size, hollow)


def mark_zero_error(panel: Axes, rows: pd.DataFrame, column: str, scale: float = 1) -> None:
    """A star on the median of a column, where the median seed of an arm first has no training error."""
    starts = moments.zero_errors(rows, "epoch")
    if not starts:
        return
    medians = scale * rows.groupby("epoch")[column].median()
    place = moments.nearest(medians.index.to_numpy(), float(np.median(starts)))
    label = "_" if _STAR in panel.get_legend_handles_labels()[1] else _STAR  # named once in the legend
    style: dict[str, Any] = {"color": _style.INK, "markersize": 11, "linestyle": "none", "zorder": 5}
    panel.plot(medians.index[place], medians.iloc[place], "*", label=label, **style)


def name_ends(panel: Axes) -> None:
    """The label of each line beside its last point, in its color, in place of a legend; for two lines.

    A label of two words stands in two lines. Limits and scales of the panel have to be final.
    """
    lines = [line for line in panel.lines if not str(line.get_label()).startswith("_")]
    heights = [_heights(panel, line) for line in lines]
    highest = max(range(len(lines)), key=lambda place: (heights[place][-1], heights[place].mean()))
    close = np.ptp([each[-1] for each in heights]) < _CLOSE
    for place, line in enumerate(lines):
        beside = ("bottom" if place == highest else "top") if close else "center"
        panel.annotate(
            str(line.get_label()).replace(" ", "\n", 1), tuple(_points(line)[-1]), (5, 0),
            textcoords="offset points", va=beside, color=line.get_color(), fontsize=8.5, annotation_clip=False,
        )  # fmt: skip


def _heights(panel: Axes, line: Line2D) -> np.ndarray:
    """Where the points of a line are, as shares of the panel's height."""
    pixels = panel.transData.transform(_points(line))
    return np.asarray(panel.transAxes.inverted().transform(pixels))[:, 1]


def _points(line: Line2D) -> np.ndarray:
    """[n, 2]: x and y of a line."""
    return np.asarray(line.get_xydata())
