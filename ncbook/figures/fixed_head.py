"""Figures of the experiment `fixed_head`: what fixed heads cost, the shape of the features, imbalance, and savings."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _bands, _style
from ncbook.readings.fixed_head import (
    EVERYWHERE,
    FIRST_ALONE,
    FIXED_RANGE,
    IMBALANCED,
    LEARNED,
    LEARNED_K,
    MARGIN,
    SIMPLEX,
    TURNED,
    beside_learned,
    imbalance,
    savings,
    usual,
)
from ncbook.runs import Run

_SHAPES = (LEARNED, LEARNED_K, SIMPLEX, TURNED)
_COUNTS = ("o", "s", "^")  # a mark for each number of classes


@_style.styled
def heads_across_data(run: Run) -> Figure:
    """Points of test error above the learned head, a panel a data set, a row a head, a mark a seed; stroke: median."""
    datasets = run.config["datasets"]
    figure, axes = _style.panels(run, len(datasets), 2.9, sharey=True)
    table = beside_learned(run)
    for panel, dataset in zip(axes, datasets, strict=True):
        _draw_lost(panel, table[table.dataset == dataset], EVERYWHERE[1:])
        panel.set(title=dataset, xlabel="points above the learned")
    axes[0].set_ylabel("fixed head")
    return figure


@_style.styled
def heads_on_digits(run: Run) -> Figure:
    """The same on the first data set for every head."""
    figure, (panel,) = _style.panels(run, 1, 4.2)
    table = beside_learned(run)
    arms = (*EVERYWHERE[1:], *FIRST_ALONE)
    _draw_lost(panel, table[table.dataset == run.config["datasets"][0]], arms)
    panel.set_xscale("symlog", linthresh=2.0)
    ticks = (-1, 0, 1, 2, 5, 10, 20)
    panel.set_xticks(ticks, list(map(str, ticks)))
    panel.set(xlabel="points of test error above the learned head", ylabel="head")
    return figure


def _draw_lost(panel: Axes, table: pd.DataFrame, arms: tuple[str, ...]) -> None:
    """A row a head, in order from above; within the shading is what counts as equal."""
    panel.axvspan(-MARGIN, MARGIN, color=_style.FAINT, alpha=0.15, linewidth=0)
    panel.axvline(0, color=_style.FAINT, linewidth=1)
    for row, arm in enumerate(arms):
        values = table[table.arm == arm].lost
        color, marker = _style.ARM_STYLES[0 if arm.startswith("learned") else 1 if arm.startswith("simplex") else 2]
        shifts = np.linspace(-0.2, 0.2, len(values))
        panel.scatter(values, row + shifts, s=22, marker=marker, facecolor="none", edgecolor=color, linewidth=1.3)
        panel.plot([values.median()] * 2, [row - 0.36, row + 0.36], color=_style.INK, linewidth=2)
    panel.set_yticks(range(len(arms)), arms)
    panel.set_ylim(len(arms) - 0.4, -0.6)


@_style.styled
def shape_by_head(run: Run) -> Figure:
    """NC1 and the angles of NC2 on training images of the first data set, over the steps: learned and fixed heads."""
    figure, axes = _style.panels(run, 2, height=3.6)
    rows = usual(run, run.to_frame())
    rows = rows[rows.dataset == run.config["datasets"][0]]
    columns = {"nc1_train": "NC1", "nc2_angles_train": "NC2, angles"}
    for panel, (column, label) in zip(axes, columns.items(), strict=True):
        for style, arm in enumerate(_SHAPES):
            _bands.draw_seeds(panel, rows[rows.arm == arm], column, arm, style, "step", every=4)
        panel.set(xlabel="steps", ylabel=label)
        _style.log_axis(panel.xaxis)
        _style.log_axis(panel.yaxis)
    _style.legend_above(figure, axes[0], 4)
    return figure


@_style.styled
def heads_with_rare_classes(run: Run) -> Figure:
    """Cosines among rare classes, of means and of rows, and their test error against the ratio: learned, simplex."""
    figure, axes = _style.panels(run, 3, height=3.3)
    table = imbalance(run)
    panels = {
        "rare_cos_means_train": (1, "cosine of two rare means"), "rare_cos_head_train": (1, "cosine of two rare rows"),
        "rare_error_test": (100, "test error, rare classes (%)"),
    }  # fmt: skip
    for panel, (column, (scale, label)) in zip(axes, panels.items(), strict=True):
        for style, arm in enumerate(IMBALANCED):
            values = scale * table[table.arm == arm].pivot(index="seed", columns="ratio", values=column)
            _bands.draw_band(panel, values.columns.to_numpy(), values.to_numpy(), arm, style, every=1)
        panel.set(xlabel="frequent over rare images", ylabel=label)
        _style.log_axis(panel.xaxis)
        ratios = sorted(table.ratio.unique())
        panel.set_xticks(ratios, [f"{each:g}" for each in ratios])
    _style.legend_above(figure, axes[0], 2)
    return figure


@_style.styled
def saved_parameters(run: Run) -> Figure:
    """Share of the trained parameters that a fixed head saves, a row an architecture, a mark a number of classes."""
    figure, (panel,) = _style.panels(run, 1, height=3.8)
    table, names = savings(run), run.config["architectures"]
    panel.axvspan(*FIXED_RANGE, color=_style.FAINT, alpha=0.15, linewidth=0)
    for (count, own), marker, (color, _) in zip(table.groupby("classes"), _COUNTS, _style.ARM_STYLES, strict=False):
        for fits, rows in own.groupby("fits"):
            look: dict[str, Any] = {"marker": marker, "color": color, "fillstyle": "full" if fits else "none"}
            places, label = [names.index(each) for each in rows.architecture], f"{count} classes" if fits else "_"
            panel.plot(100 * rows.fixed, places, label=label, linestyle="none", markersize=7, **look)
    panel.set_yticks(range(len(names)), names)
    panel.set_ylim(len(names) - 0.4, -0.6)
    _style.log_axis(panel.xaxis)
    panel.set(xlabel="trained parameters that are in the head (%)", ylabel="architecture")
    _style.legend_above(figure, panel, len(_COUNTS))
    return figure
