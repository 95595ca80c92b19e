"""Figures of the experiment `pruning`: which points are kept, and what training on with them does."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _bands, _style
from ncbook.readings.pruning import (
    ALL,
    BALANCED,
    BASE,
    CLASSES,
    FIRST,
    PLAIN,
    RANDOM_BALANCED,
    SCRATCH,
    SMALLEST,
    accuracies,
    drops,
    pairs,
    part,
)
from ncbook.runs import Run

_FEW = 0.05  # the share of points of which agreement is drawn


@_style.styled
def accuracy_by_share(run: Run) -> Figure:
    """Test accuracy after going on from the last drop against the number of points kept, with and without balance."""
    figure, axes = _style.panels(run, 2, height=3.7, sharey=True)
    last = run.config["drops"][-1]
    going = accuracies(run)
    for panel, rules, title in zip(axes, (PLAIN, BALANCED), ("any class", "as many of each class"), strict=True):
        for style, (rule, label) in enumerate(zip(rules, PLAIN, strict=True)):
            _draw_shares(panel, run, going[rule].xs(last, level="dropped"), label, style)
        _draw_level(panel, going.loc[(last, 1.0), ALL], ALL)
        panel.set_title(title)
    axes[0].set_ylabel("test accuracy (%)")
    _style.legend_above(figure, axes[0], 4)
    return figure


@_style.styled
def few_points_teach(run: Run) -> Figure:
    """Random points, as many of each class, after the first and the last drop: against stopping and all points."""
    figure, axes = _style.panels(run, 2, height=3.7)
    going, base = accuracies(run), drops(run)
    for panel, dropped in zip(axes, (run.config["drops"][0], run.config["drops"][-1]), strict=True):
        _draw_shares(panel, run, going[RANDOM_BALANCED].xs(dropped, level="dropped"), "points kept", 0)
        if dropped == run.config["drops"][-1]:
            anew = accuracies(run, SCRATCH)[RANDOM_BALANCED].xs(dropped, level="dropped")
            _draw_shares(panel, run, anew, "the same points from scratch", 1)
        _draw_level(panel, going.loc[(dropped, 1.0), ALL], ALL)
        _draw_level(panel, base.stopped.xs(dropped, level="dropped"), "stopped at the drop", (0, (1, 1)))
        panel.set_title(f"drop after epoch {dropped:g}")
        panel.set_ylabel("test accuracy (%)")
    _style.legend_above(figure, axes[1], 2)
    return figure


@_style.styled
def kept_by_two_networks(run: Run) -> Figure:
    """Over the epochs: spread of the margins, agreement of two networks on their order, and on the smallest of them."""
    figure, axes = _style.panels(run, 3, height=3.7)
    base = part(run, BASE)
    base = base[base.arm == FIRST]
    found = pairs(run)
    found = found[(found.arm == SMALLEST) & (found.share == _FEW)]
    shown = ((base, "spread", "spread of the margins"), (found, "rank_correlation", "rank correlation"),
             (found, "overlap", f"overlap, smallest {100 * _FEW:g} %"))  # fmt: skip
    for style, (panel, (rows, column, title)) in enumerate(zip(axes, shown, strict=True)):
        _bands.draw_seeds(panel, rows, column, title, style)
        panel.set_title(title)
        panel.set_xlabel("epochs (log)")
        _style.log_axis(panel.xaxis)
        panel.set_ylim(0, None)
    chance = found.by_chance.iloc[0]
    axes[2].axhline(chance, color=_style.INK, linestyle="--", linewidth=1.2, label="by chance")
    axes[2].legend(loc="upper right")
    axes[0].set_ylabel("no unit")
    return figure


def _draw_shares(panel: Axes, run: Run, values: "pd.Series[float]", label: str, style: int) -> None:
    """`values` by share and seed, over the number of points."""
    table = values.drop(1.0, level="share", errors="ignore").unstack("seed")
    points = table.index.to_numpy() * CLASSES * run.config["per_class"]
    _bands.draw_band(panel, points, table.to_numpy().T, label, style, every=1)
    panel.set_xlabel("training points kept (log)")
    _style.log_axis(panel.xaxis)


def _draw_level(panel: Axes, values: "pd.Series[float]", label: str, line: object = "--") -> None:
    panel.axhline(values.median(), color=_style.INK, linewidth=1.2, linestyle=line, label=label)
