"""The figure of the closing chapter: networks of several results, by their collapse and by their flatness."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.readings.answer import ARITHMETIC, IMAGES, RANDOM, networks
from ncbook.runs import Run

_LOOKS = {ARITHMETIC: (_style.OLIVE, "o"), IMAGES: (_style.LILAC, "^"), RANDOM: (_style.INK, "X")}
_AXES = {"spread": "times as spread as the ordinary network", "sharpness": "times as sharp as the ordinary network"}


@_style.styled
def accuracy_beside_the_ordinary(runs: Sequence[Run]) -> Figure:
    """Test accuracy against spread and sharpness, all beside the ordinary network: a small mark a network, a large one
    the median over the seeds of a change."""
    figure, axes = _style.panels(runs, 2, 3.7, sharey=True)
    found = networks(runs)
    medians = found.groupby(["world", "change"], sort=False)[["spread", "sharpness", "points"]].median().reset_index()
    for panel, (column, label) in zip(axes, _AXES.items(), strict=True):
        for world, (color, marker) in _LOOKS.items():
            for rows, size, alpha, name in ((found, 3, 0.25, None), (medians, 6.5, 0.9, world)):
                own = rows[rows.world == world].dropna(subset=[column]).sort_values([column, "points"])
                panel.plot(
                    own[column], own.points, marker, color=color, markersize=size, alpha=alpha, mew=0, label=name
                )
        panel.axhline(0, color=_style.FAINT, linestyle=":", linewidth=1.2, zorder=0)
        panel.axvline(1, color=_style.FAINT, linestyle=":", linewidth=1.2, zorder=0)
        panel.set(xscale="log", xlabel=label)
    axes[0].set(title="Collapse", ylabel="points of test accuracy\nbeside the ordinary network")
    axes[1].set(title="Flatness")
    _style.legend_above(figure, axes[0], len(_LOOKS))
    return figure
