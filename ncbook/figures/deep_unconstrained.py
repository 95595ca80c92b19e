"""Figures of the experiment `deep_unconstrained`."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ncbook.figures import _style
from ncbook.readings.deep_unconstrained import MODELS, descents, lowest
from ncbook.runs import Run

_DASHES = ("-", "--", ":", "-.")
_STUCK = 1.2  # times the collapsed loss: descents that end higher are not shown


@_style.styled
def deep_collapse_beaten(run: Run) -> Figure:
    """The lowest loss that is known over the collapsed loss, against the number of matrices; the end of every descent.

    The collapsed solution is known too, so that the line is never above 1, whatever the search finds.
    """
    figure, axes = _style.panels(run, 2, 3.7, sharex=True, sharey=True)
    frame = descents(run)
    frame = frame[frame.start == "random"]
    classes = run.config["classes"]
    for panel, (model, title) in zip(axes, MODELS.items(), strict=True):
        for style, count in enumerate(classes):
            own = frame[(frame.arm == model) & (frame.num_classes == count)]
            shift = 0.16 * (style - (len(classes) - 1) / 2)
            _draw_ends(panel, own, style, shift)
            _draw_lowest(panel, lowest(own), style, shift, f"K = {count}")
        panel.axhline(1, color=_style.INK, linewidth=0.8, linestyle=":")
        panel.set_title(title)
        panel.set_xlabel("weight matrices m")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[0].set_ylabel("loss over that of the\ncollapsed solution (no unit)")
    axes[0].set_ylim(min(0.98, float(frame.relative.min()) - 0.02), max(_STUCK, 1.05 * float(frame.relative.min())))
    _style.legend_above(figure, axes[0], 4)
    return figure


def _draw_ends(panel: Axes, own: pd.DataFrame, style: int, shift: float) -> None:
    color, marker = _style.ARM_STYLES[style]
    panel.plot(own.num_layers + shift, own.relative, marker, color=color, markersize=4, alpha=0.5, linestyle="none")


def _draw_lowest(panel: Axes, least: pd.Series, style: int, shift: float, label: str) -> None:
    """A level stroke for each number of matrices, joined to the next."""
    color, marker = _style.ARM_STYLES[style]
    x = np.asarray(least.index) + shift
    panel.plot(x, least, _DASHES[style], color=color, marker=marker, markersize=6, label=label)
