"""Figures of the experiment `numerics`: faster grokking, softmaxes that are stuck, and slingshots."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.readings import moments
from ncbook.readings.numerics import ARMS, FROZEN, SLINGSHOT, SPEED, STUCK, outcomes, own_zero, part_of
from ncbook.runs import Run

# color and line of each arm
_STYLES = {
    STUCK: ((_style.INK, "-"), (_style.FAINT, "--"), (_style.GREEN, "-."), (_style.PURPLE, "-"), (_style.OLIVE, "--")),
    FROZEN: ((_style.INK, "-"), (_style.GREEN, "--"), (_style.PURPLE, "-.")),
    SLINGSHOT: ((_style.INK, "-"), (_style.GREEN, "--"), (_style.PURPLE, "-.")),
}


@_style.styled
def times_by_speed_up(run: Run) -> Figure:
    """Steps to 99 % test accuracy, a mark a seed, a row an arm; a bar at the median; open marks: not there yet."""
    figure, (panel,) = _style.panels(run, 1, 3.0)
    table, names = outcomes(run), ARMS[SPEED]
    for index, arm in enumerate(names):
        color, marker = _style.ARM_STYLES[index % 4] if index else (_style.INK, "o")
        _marks(panel, index, table[(table.part == SPEED) & (table.arm == arm)], color, marker)
    panel.set_yticks(range(len(names)), list(names.values()))
    panel.set_ylim(len(names) - 0.5, -0.5)
    panel.set_ylabel("arm")
    panel.set_xlim(0)
    panel.set_title("Steps to 99 % test accuracy (open: not reached)")
    panel.set_xlabel("training step")
    return figure


@_style.styled
def thawed_softmax(run: Run) -> Figure:
    """Test accuracy, share of zero gradients and head norm after the head was enlarged; a line a seed."""
    return _curves(run, FROZEN, ("test_acc", "zero", "head_norm"))


@_style.styled
def grokking_without_decay(run: Run) -> Figure:
    """Test accuracy and share of zero gradients of the softmax without weight decay; a line a seed."""
    return _curves(run, STUCK, ("test_acc", "zero"))


@_style.styled
def slingshots(run: Run) -> Figure:
    """Training loss and head norm without weight decay; a line a seed, three arms."""
    return _curves(run, SLINGSHOT, ("train_loss", "head_norm"))


_LABELS = {
    "test_acc": ("Test accuracy", "share of test pairs"),
    "zero": ("Zero gradients", "share of training pairs"),
    "head_norm": ("Norm of W", "no unit, log scale"),
    "train_loss": ("Training loss", "nats, log scale"),
}


def _curves(run: Run, part: str, columns: tuple[str, ...]) -> Figure:
    figure, axes = _style.panels(run, len(columns), 3.6)
    frame = part_of(run, part).assign(zero=own_zero)
    for panel, column in zip(axes, columns, strict=True):
        for (arm, name), (color, line) in zip(ARMS[part].items(), _STYLES[part], strict=True):
            _seeds(panel, frame[frame.arm == arm], column, name, color, line)
        title, label = _LABELS[column]
        panel.set_title(title)
        panel.set_ylabel(label)
        panel.set_xlabel("training step")
    if "head_norm" in columns:
        _style.log_axis(axes[columns.index("head_norm")].yaxis)
    if "train_loss" in columns:
        axes[columns.index("train_loss")].set_yscale("log")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


def _seeds(panel: Axes, rows: pd.DataFrame, column: str, name: str, color: str, line: str) -> None:
    for index, (_, own) in enumerate(rows.groupby("seed")):
        panel.plot(own.step, own[column], line, color=color, linewidth=1.2, label=None if index else name)


def _marks(panel: Axes, row: int, own: pd.DataFrame, color: str, marker: str) -> None:
    """The late ones stand at the last step of the arm; the median is drawn where it is known."""
    reached = np.isfinite(own.generalized)
    there, late = own.generalized[reached], int((~reached).sum())
    last = [own["last"].max()] * late
    panel.plot(there, _spread(row, len(there)), marker, color=color, alpha=0.85, markersize=5.5)
    _style.open_marks(panel, last, _spread(row, late), color)
    middle = own.generalized.median()
    if middle < moments.NEVER:
        panel.plot([middle] * 2, [row - 0.33, row + 0.33], "-", color=color, linewidth=2.2)


def _spread(row: int, count: int) -> np.ndarray:
    return row + (np.linspace(-0.22, 0.22, count) if count > 1 else np.zeros(count))
