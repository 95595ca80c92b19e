"""Figures of `mnist_grokking`: what moves when a network generalizes late on real images, and on which clock."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _bands, _marks, _style
from ncbook.readings.mnist_grokking import LARGE, MEASURES, NAMES, STARTS, USUAL, crossings, leads
from ncbook.runs import Run

_COUPLED = ("variance_ratio_train", "relative_flatness", "weight_norm")


@_style.styled
def mnist_measures(run: Run) -> Figure:
    """The large start over its steps, all seeds: accuracies, kappa with the norm of all weights, and collapse."""
    figure, axes = _style.panels(run, 3, height=4.2)
    groups = (
        (("train_acc", "training accuracy", "train"), ("test_acc", "test accuracy", "test"),
         ("ncc_acc_test", "nearest center, test", 2)),
        (("relative_flatness", "κ", 0), ("weight_norm", "norm of all weights", 1)),
        (("nc1_train", "NC1", 0), ("cdnv_train", "CDNV", 1), ("variance_ratio_train", "R", 2),
         ("rnc1_train", "RNC1", 3)),
    )  # fmt: skip
    for panel, group, title in zip(axes, groups, ("Accuracy", "Flatness and norm", "Collapse"), strict=True):
        for column, label, style in group:
            _draw(panel, run, LARGE, column, label, style)
        panel.set(xlabel="steps")
        panel.set_title(title)
    _draw(axes[0], run, USUAL, "test_acc", "test, usual start", 3)
    axes[0].set(ylabel="share of right answers", ylim=(-0.03, 1.03))
    for panel in axes[1:]:
        panel.set(yscale="log", ylabel="measure (log)")
    for panel in axes:
        panel.legend(loc="upper left", bbox_to_anchor=(0, -0.22))
    return figure


def _draw(panel: Axes, run: Run, arm: str, column: str, label: str, style: int | str) -> None:
    frame = run.to_frame()
    table = frame[frame.arm == arm].pivot(index="seed", columns="step", values=column)
    _bands.draw_band(panel, table.columns.to_numpy(), table.to_numpy(), label, style, every=16)


@_style.styled
def mnist_leads(run: Run) -> Figure:
    """The step at which each measure of the large start crosses, over the onset; below 1 for a lead; a mark a seed."""
    figure, (panel,) = _style.panels(run, 1, height=3.8)
    found = leads(run)
    _marks.draw_marks(panel, found[list(MEASURES)].rsub(found.onset, axis=0).div(found.onset, axis=0), ascending=True)
    panel.axvline(1, color=_style.INK, linewidth=1)
    panel.set_xlabel("steps to cross, over the steps until the test accuracy is half-way")
    return figure


@_style.styled
def mnist_clock_and_coupling(run: Run) -> Figure:
    """First: the norm at the onset of every arm and seed. Second: crossings against the onset, from three starts."""
    figure, axes = _style.panels(run, 2, height=3.8)
    table = crossings(run)
    for (factor, rows), (color, marker) in zip(table.groupby("factor"), _style.ARM_STYLES, strict=False):
        _mark(axes[0], rows.clock, rows.norm, (color, marker), f"start times {factor:g}")
        axes[0].axhline(_start(run, factor), color=color, linestyle="--", linewidth=1.2)
    axes[0].set(xlabel="rate × decay × steps at the onset", ylabel="norm of all weights", ylim=(0, None))
    axes[0].set_title("Norm at the onset (dashed: at the start)", fontsize=9.5)
    starts = table[table.arm.isin(STARTS)]
    for name, style in zip(_COUPLED, _style.ARM_STYLES, strict=False):
        _mark(axes[1], starts.onset, starts[name], style, NAMES[name])
    if len(starts):
        ends = np.array([starts.onset.min(), starts.onset.max()])
        axes[1].plot(ends, ends, color=_style.FAINT, linewidth=1, label="at the same step")
    axes[1].set(xlabel="step of the onset", ylabel="step of the crossing")
    for panel in axes:
        panel.legend(loc="upper left", bbox_to_anchor=(0, -0.24))
    return figure


def _mark(panel: Axes, x: pd.Series, y: pd.Series, style: tuple[str, str], label: str) -> None:
    color, marker = style
    panel.plot(x, y, marker, color=color, label=label, linestyle="none", alpha=0.75, markersize=5)


def _start(run: Run, factor: float) -> float:
    """The median norm before training of the networks that start `factor` times as large."""
    frame: pd.DataFrame = run.to_frame()
    usual = frame[(frame.arm == USUAL) & (frame.step == 0)].weight_norm.median()
    return factor * float(usual)
