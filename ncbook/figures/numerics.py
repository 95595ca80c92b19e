"""Figures of the experiment `numerics`: faster grokking, softmaxes that are stuck, and slingshots."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.runs import Run

SPEED_NAMES = {
    "baseline": "baseline",
    "grokfast": "slow gradients amplified",
    "rate": "learning rate times 3",
    "rate_held": "the same, weight decay / 3",
    "momentum": "longer momentum",
}
# name, colour and line
_STUCK = {
    "single": ("softmax, float32", _style.INK, "-"),
    "double": ("softmax, float64", _style.FAINT, "--"),
    "stablemax": ("StableMax, float64", _style.BLUE, "-."),
    "orthogonal_single": ("orthogonal, float32", _style.ORANGE, "-"),
    "orthogonal_double": ("orthogonal, float64", _style.GREEN, "--"),
}
_FROZEN = {
    "frozen": ("no decay, float32", _style.INK, "-"),
    "frozen_double": ("no decay, float64", _style.BLUE, "--"),
    "thawed": ("weight decay, float32", _style.ORANGE, "-."),
}
_SLINGSHOT = {"single": "float32", "large_eps": "float32, large $\\epsilon$", "double": "float64"}
_STYLES = ((_style.BLUE, "-"), (_style.ORANGE, "--"), (_style.GREEN, "-."))


@_style.styled
def times_by_speed_up(run: Run) -> Figure:
    """Steps to 99 % test accuracy, a mark a seed, a row an arm; a bar at the median; open marks: not there yet."""
    figure, (panel,) = _style.panels(run, 1, 3.0)
    frame = _part(run, "speed")
    for place, arm in enumerate(SPEED_NAMES):
        rows = frame[frame.arm == arm].groupby("seed")
        times = rows.apply(_reached, include_groups=False)
        colour, marker = _style.CLASS_STYLES[place % 4] if place else (_style.INK, "o")
        _marks(panel, place, times, float(frame[frame.arm == arm].step.max()), colour, marker)
    panel.set_yticks(range(len(SPEED_NAMES)), list(SPEED_NAMES.values()))
    panel.set_ylim(len(SPEED_NAMES) - 0.5, -0.5)
    panel.set_ylabel("arm")
    panel.set_xlim(0)
    panel.set_title("Steps to 99 % test accuracy (open: not reached)")
    panel.set_xlabel("training step")
    return figure


@_style.styled
def thawed_softmax(run: Run) -> Figure:
    """Test accuracy, share of zero gradients and head norm after the head was enlarged; a line a seed."""
    return _curves(run, "frozen", _FROZEN, ("test_acc", "zero", "head_norm"))


@_style.styled
def grokking_without_decay(run: Run) -> Figure:
    """Test accuracy and share of zero gradients of the softmax without weight decay; a line a seed."""
    return _curves(run, "stuck", _STUCK, ("test_acc", "zero"))


@_style.styled
def slingshots(run: Run) -> Figure:
    """Train loss and head norm without weight decay, a column an arm and a line a seed."""
    figure, axes = _style.panels(run, 3, 4.2, rows=2, sharex=True, sharey="row")
    frame = _part(run, "slingshot")
    for place, (arm, name) in enumerate(_SLINGSHOT.items()):
        for (_, rows), (colour, line) in zip(frame[frame.arm == arm].groupby("seed"), _STYLES, strict=False):
            axes[place].semilogy(rows.step, rows.loss, line, color=colour, linewidth=1.2)
            axes[3 + place].plot(rows.step, rows.head_norm, line, color=colour, linewidth=1.2)
        axes[place].set_title(name)
        axes[3 + place].set_xlabel("training step")
    axes[0].set_ylabel("train loss (nats)")
    axes[3].set_ylabel("norm of W (no unit)")
    return figure


_LABELS = {
    "test_acc": ("Test accuracy", "share of test pairs"),
    "zero": ("Zero gradients", "share of training pairs"),
    "head_norm": ("Norm of W", "no unit, log scale"),
}


def _curves(run: Run, part: str, arms: dict[str, tuple[str, str, str]], columns: tuple[str, ...]) -> Figure:
    figure, axes = _style.panels(run, len(columns), 3.6)
    frame = _part(run, part).assign(zero=_own_zero)
    for panel, column in zip(axes, columns, strict=True):
        for arm, (name, colour, line) in arms.items():
            _seeds(panel, frame[frame.arm == arm], column, name, colour, line)
        title, label = _LABELS[column]
        panel.set_title(title)
        panel.set_ylabel(label)
        panel.set_xlabel("training step")
    if "head_norm" in columns:
        _style.log_axis(axes[columns.index("head_norm")].yaxis)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


def _own_zero(frame: pd.DataFrame) -> pd.Series:
    """The share of zero gradients in the precision of an arm's own softmax; nan where it has none."""
    share = frame.zero_double.where(frame.arm.str.endswith("double"), frame.zero_single)
    return share.where(frame.arm != "stablemax")


def _seeds(panel: Axes, rows: pd.DataFrame, column: str, name: str, colour: str, line: str) -> None:
    for place, (_, own) in enumerate(rows.groupby("seed")):
        label = name if place == 0 else None
        panel.plot(own.step, own[column], line, color=colour, linewidth=1.2, label=label)


def _marks(panel: Axes, place: int, times: pd.Series, last: float, colour: str, marker: str) -> None:
    """The late ones stand at the last step; the median is drawn where it is known."""
    there, late = times.dropna(), int(times.isna().sum())
    panel.plot(there, _spread(place, len(there)), marker, color=colour, alpha=0.85, markersize=5.5)
    panel.plot([last] * late, _spread(place, late), ">", color=colour, fillstyle="none", markersize=6, clip_on=False)
    middle = float(times.fillna(np.inf).median())
    if np.isfinite(middle):
        panel.plot([middle] * 2, [place - 0.33, place + 0.33], "-", color=colour, linewidth=2.2)


def _spread(place: int, count: int) -> np.ndarray:
    return place + (np.linspace(-0.22, 0.22, count) if count > 1 else np.zeros(count))


def _reached(rows: pd.DataFrame) -> float:
    there = rows.step[rows.test_acc >= 0.99]
    return float(there.iloc[0]) if len(there) else float("nan")


def _part(run: Run, part: str) -> pd.DataFrame:
    frame = run.to_frame()
    return frame[frame.part == part]
