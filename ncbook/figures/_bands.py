"""Several seeds as one curve."""

import numpy as np
from matplotlib.axes import Axes

from ncbook.figures import _style


def draw_band(panel: Axes, x: np.ndarray, values: np.ndarray, label: str, style: int, every: int = 3) -> None:
    """The median of values [seeds, P] over x [P] as a line with a marker at every few points, and their range.

    `style` numbers colour, marker and line, which differ together so that they can be told apart in grey.
    """
    (colour, marker), line = _style.CLASS_STYLES[style], ("-", "--", ":", "-.")[style]
    panel.fill_between(x, values.min(0), values.max(0), color=colour, alpha=0.2, linewidth=0)
    panel.plot(
        x, np.median(values, axis=0), line, color=colour, marker=marker, markersize=4, markevery=every, label=label
    )


def mark_zero_error(panel: Axes, epochs: np.ndarray, train: np.ndarray, values: np.ndarray) -> None:
    """A star on the median of values [seeds, P] where the median seed first has no training error: train [seeds, P]."""
    first = [epochs[each == 0][0] for each in train if (each == 0).any()]
    if not first:
        return
    place = int(np.abs(epochs - np.median(first)).argmin())
    label = "_" if _STAR in panel.get_legend_handles_labels()[1] else _STAR  # named once in the legend
    height = np.median(values[:, place])
    panel.plot(epochs[place], height, "*", color=_style.INK, markersize=11, linestyle="none", zorder=5, label=label)


_STAR = "zero training error"
