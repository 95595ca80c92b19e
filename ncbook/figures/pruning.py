"""Figures of the experiment `pruning`: which points are kept, and what training on with them does."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _bands, _style
from ncbook.readings.pruning import (
    ALL,
    BALANCED,
    BASE,
    CLASSES,
    FEW,
    FEWEST,
    FIRST,
    PLAIN,
    RANDOM,
    RANDOM_BALANCED,
    SCRATCH,
    SMALLEST,
    SMALLEST_BALANCED,
    accuracies,
    drops,
    kept_points,
    pairs,
    part,
)
from ncbook.runs import Run


@_style.styled
def accuracy_by_share(run: Run) -> Figure:
    """Test accuracy after going on from the last drop against the number of points kept, with and without balance."""
    figure, axes = _style.panels(run, 2, height=3.7)
    last = run.config["drops"][-1]
    going = accuracies(run)
    for panel, rules, title in zip(axes, (PLAIN, BALANCED), ("any class", "as many of each class"), strict=True):
        for style, (rule, label) in enumerate(zip(rules, PLAIN, strict=True)):
            _draw_shares(panel, run, going[rule].xs(last, level="dropped"), label, style)
        _draw_level(panel, going.loc[(last, 1.0), ALL], ALL)
        panel.set(title=title, ylabel="test accuracy (%)")
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
def margins_become_equal(run: Run) -> Figure:
    """From the first drop on the spread of the margins, and how much of their variance lies between the classes."""
    figure, axes = _style.panels(run, 2, height=3.4)
    base = part(run, BASE)
    base = base[(base.arm == FIRST) & (base.epoch >= run.config["drops"][0])]
    _bands.draw_seeds(axes[0], base, "spread", "spread", 0)
    _bands.draw_seeds(axes[1], base, "between_classes", "between classes", 1, scale=100)
    _style.log_axis(axes[0].yaxis)
    axes[0].set_ylabel("standard deviation\nover mean (log)")
    axes[1].set_ylabel("share of the variance (%)")
    for panel, title in zip(axes, ("spread of the margins", "of it, between the classes"), strict=True):
        panel.set_title(title)
        _epochs(panel)
    return figure


@_style.styled
def kept_by_two_networks(run: Run) -> Figure:
    """Over the epochs: whether two networks order the margins alike, and the overlap of their smallest margins."""
    figure, axes = _style.panels(run, 2, height=3.7)
    found = pairs(run)
    found = found[(found.arm == SMALLEST) & (found.share == FEW)]
    _bands.draw_seeds(axes[0], found, "rank_correlation", "all points", 0)
    _bands.draw_seeds(axes[0], found, "rank_correlation_within", "within a class", 1)
    _bands.draw_seeds(axes[1], found, "overlap", "two networks", 0)
    axes[1].axhline(found.by_chance.iloc[0], color=_style.INK, linestyle="--", linewidth=1.2, label="two random sets")
    titles = ("order of the margins", f"smallest {100 * FEW:g} %")
    for panel, title, label in zip(axes, titles, ("rank correlation", "overlap"), strict=True):
        panel.set(title=title, ylabel=label)
        panel.set_ylim(min(0, panel.get_ylim()[0]), None)
        _epochs(panel)
        panel.legend(loc="lower left" if panel is axes[0] else "upper right")
    return figure


@_style.styled
def harm_by_drop(run: Run) -> Figure:
    """Points of test accuracy that one choice of points loses against another, by drop."""
    figure, axes = _style.panels(run, 3, height=3.6)
    shown = (
        (FEWEST, SMALLEST_BALANCED, RANDOM_BALANCED, "one of each class:\nsmallest for random"),
        (FEW, SMALLEST, RANDOM, f"{100 * FEW:g} %, any class:\nsmallest for random"),
        (FEWEST, RANDOM, RANDOM_BALANCED, f"{100 * FEWEST:g} %, random:\nany class for each"),
    )
    for style, (panel, (share, worse, better, title)) in enumerate(zip(axes, shown, strict=True)):
        going = accuracies(run).xs(share, level="share")
        lost = (going[better] - going[worse]).unstack("seed")
        _bands.draw_band(panel, lost.index.to_numpy(), lost.to_numpy().T, title.replace("\n", " "), style, every=1)
        panel.axhline(0, color=_style.INK, linewidth=0.8)
        panel.set(title=title, ylabel="points of accuracy lost")
        _epochs(panel, "epoch of the drop (log)")
    return figure


def _epochs(panel: Axes, label: str = "epochs (log)") -> None:
    panel.set_xlabel(label)
    _style.log_axis(panel.xaxis)


def _draw_shares(panel: Axes, run: Run, values: "pd.Series[float]", label: str, style: int) -> None:
    """`values` by share and seed, over the number of points."""
    table = values.drop(1.0, level="share", errors="ignore").unstack("seed")
    points = [kept_points(CLASSES * run.config["per_class"], share) for share in table.index]
    _bands.draw_band(panel, np.array(points), table.to_numpy().T, label, style, every=1)
    panel.set_xlabel("training points kept (log)")
    _style.log_axis(panel.xaxis)


def _draw_level(panel: Axes, values: "pd.Series[float]", label: str, line: object = "--") -> None:
    panel.axhline(values.median(), color=_style.INK, linewidth=1.2, linestyle=line, label=label)
