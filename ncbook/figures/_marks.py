"""Moments of many measures, a mark a seed: one look for all chapters that ask who comes first."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ncbook.figures import _style
from ncbook.readings.onset import NAMES

_FLAT = ("relative_flatness", "relative_flatness_bound", "train_loss", "uncertainty_train")
_COLLAPSE = ("cdnv", "variance_ratio", "nc1", "rnc1")


def draw_marks(panel: Axes, table: pd.DataFrame, ascending: bool = False) -> None:
    """A row a column in the order of the medians, the earliest on top: a mark a seed, and a stroke at the median."""
    middles = table.median()
    order = sorted(table, key=lambda name: np.nan_to_num(middles[name], nan=np.inf), reverse=ascending)
    for row, name in enumerate(order):
        color, marker = kind(name)
        seen = table[name].dropna()
        shifts = 0.12 * ((np.arange(len(seen)) % 3) - 1)
        panel.plot(seen, row + shifts, marker, color=color, markersize=5, alpha=0.75, linestyle="none")
        panel.plot([middles[name]] * 2, [row - 0.36, row + 0.36], color=_style.INK, linewidth=2)
        if not len(seen):
            panel.text(
                0.5, row, "hardly changes", transform=panel.get_yaxis_transform(), va="center", color=_style.FAINT
            )
    panel.set_yticks(range(len(order)), [NAMES[name] for name in order])
    panel.set(ylabel="measure", ylim=(-0.7, len(order) - 0.3))
    panel.yaxis.label.set_visible(False)
    panel.grid(axis="x", color="#dddddd", linewidth=0.6)


def kind(name: str) -> tuple[str, str]:
    """Color and marker: flatness and the loss, collapse, and all others."""
    if name in _FLAT:
        return _style.ARM_STYLES[1]
    return _style.ARM_STYLES[0 if name.startswith(_COLLAPSE) else 2]
