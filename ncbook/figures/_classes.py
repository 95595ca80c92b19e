"""Classes as points in a plane, with their means and the rows of the classifier."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from ncbook.figures import _style

DASHES = (0, (3, 2))  # of classifier rows


def draw_points(
    panel: Axes, points: np.ndarray, labels: np.ndarray, test: np.ndarray, classes: Sequence[int], size: float
) -> None:
    """points [n, 2], a color and marker a class of labels [n]; hollow where test [n]."""
    for label, (color, marker) in zip(classes, _style.ARM_STYLES, strict=False):
        for hollow, face in ((False, color), (True, "none")):
            x, y = points[(labels == label) & (test == hollow)].T
            panel.scatter(x, y, s=size, marker=marker, facecolor=face, edgecolor=color, linewidth=0.6, alpha=0.6)


def draw_sticks(panel: Axes, means: np.ndarray, rows: np.ndarray, names: Sequence[object], width: float) -> None:
    """Means [K, 2] as thick sticks from the origin, rows of the classifier [K, 2] dashed."""
    for mean, row, name, (color, _) in zip(means, rows, names, _style.ARM_STYLES, strict=False):
        panel.plot([0, mean[0]], [0, mean[1]], color=color, linewidth=width, label=f"mean of class {name}")
        panel.plot([0, row[0]], [0, row[1]], color=_style.INK, linewidth=1.2, linestyle=DASHES)
