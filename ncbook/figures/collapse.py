"""Figures of the experiment `collapse`: training past zero error."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ncbook.figures import _classes, _style
from ncbook.figures._bands import draw_seeds, name_ends
from ncbook.readings import moments, names
from ncbook.readings.collapse import arm, arrays_of, snapshots
from ncbook.runs import Run

_ROWS = 4  # the style of `draw_band` in ink, as where rows are drawn


@_style.styled
def terminal_phase(run: Run) -> Figure:
    """Training and test error against epochs; the terminal phase, where the training error is zero, is shaded."""
    return _by_network(run, ("train_error", "test_error"), "error (%)", 100)


@_style.styled
def variability(run: Run) -> Figure:
    """NC1 on train and on test against epochs."""
    return _by_network(run, ("nc1_train", "nc1_test"), "NC1 (no unit)")


@_style.styled
def frame(run: Run) -> Figure:
    """NC2 on the training set: how far lengths and angles of means and classifier rows are from a simplex ETF."""
    figure, axes = _style.panels(run, 2)
    network = run.config["networks"][0]
    for panel, quantity, title in zip(axes, ("nc2_norms", "nc2_angles"), ("lengths", "angles"), strict=True):
        draw_seeds(panel, arm(run, network), f"{quantity}_train", "class means", 0)
        draw_seeds(panel, arm(run, network), f"{quantity}_head_train", "classifier rows", _ROWS)
        _style.log_axis(panel.yaxis)
        panel.set_title(f"NC2, {title}: {names.NETWORKS[network]}")
    axes[0].set_ylabel("std / mean of lengths")
    axes[1].set_ylabel("mean |cos + 1/(K−1)|")
    _mark_phase(run, axes, [network, network])
    return figure


@_style.styled
def duality(run: Run) -> Figure:
    """NC3, the distance between the normalized classifier and the normalized class means, against epochs."""
    return _by_network(run, ("nc3_train", "nc3_test"), "NC3 (no unit)")


@_style.styled
def decisions(run: Run) -> Figure:
    """NC4: share of points whose nearest training class mean is not the network's decision."""
    return _by_network(run, ("nc4_train", "nc4_test_train_means"), "NC4 mismatch (% of points)", 100)


@_style.styled
def class_plane(run: Run) -> Figure:
    """Three classes in the plane of their means, at three epochs: points, means and classifier rows."""
    network = run.config["networks"][0]
    arrays = arrays_of(run, network)
    figure, axes = _style.panels(run, 3, height=3.1, sharex=True, sharey=True)
    for panel, index in zip(axes, snapshots(run, network), strict=True):
        _draw_plane(panel, arrays, index, run.config["plane_classes"])
        panel.set_title(f"epoch {arrays['epoch'][index]}")
    figure.legend(handles=_plane_legend(), loc="outside upper center", ncols=5, columnspacing=1)
    return figure


@_style.styled
def weight_decay(run: Run) -> Figure:
    """NC1 on the training set for each weight decay: the control for how far collapse goes."""

    def draw(panel: Axes, network: str) -> None:
        for style, decay in enumerate(run.config["weight_decays"]):
            draw_seeds(panel, arm(run, network, decay), "nc1_train", f"weight decay {decay:g}", style)
        _style.log_axis(panel.yaxis)

    return _panels(run, draw, "NC1 on train (no unit)")


def _by_network(run: Run, columns: tuple[str, str], ylabel: str, percent: int | None = None) -> Figure:
    """A column of the training set and one of the test set, in percent if so asked, a panel a network."""

    def draw(panel: Axes, network: str) -> None:
        for side, column in zip(("train", "test"), columns, strict=True):
            draw_seeds(panel, arm(run, network), column, side, side, scale=percent or 1)
        if percent:
            _style.percent_axis(panel)
        else:
            _style.log_axis(panel.yaxis)

    return _panels(run, draw, ylabel)


def _panels(run: Run, draw: Callable[[Axes, str], None], ylabel: str) -> Figure:
    """One panel a network, side by side on one scale."""
    networks = run.config["networks"]
    figure, axes = _style.panels(run, len(networks), sharey=True)
    for panel, network in zip(axes, networks, strict=True):
        draw(panel, network)
        panel.set_title(names.NETWORKS[network])
    axes[0].set_ylabel(ylabel)
    _mark_phase(run, axes, networks)
    return figure


def _mark_phase(run: Run, axes: list[Axes], networks: list[str]) -> None:
    """Shade the epochs after zero training error (median over seeds), label the time axis, and name the lines."""
    for panel, network in zip(axes, networks, strict=True):
        starts, last = moments.zero_errors(arm(run, network), "epoch"), run.config["epochs"]
        panel.set_xlim(1, last)
        _style.log_axis(panel.xaxis)
        panel.set_xlabel("epochs")
        if starts:
            start = np.median(starts)
            panel.axvspan(start, last, color=_style.FAINT, alpha=0.14, linewidth=0)
            above = panel.get_xaxis_transform()  # x in epochs, y as a share of the panel's height
            panel.text(start * 1.08, 0.97, "terminal phase:\nno training error", transform=above, va="top", fontsize=8)
        name_ends(panel)


def _draw_plane(panel: Axes, arrays: dict[str, np.ndarray], index: int, classes: list[int]) -> None:
    corners = np.exp(2j * np.pi * np.arange(4) / 3)  # of the simplex ETF of radius 1, and the first once more
    panel.plot(corners.real, corners.imag, color=_style.FAINT, linewidth=1, zorder=0)
    _classes.draw_points(panel, arrays["points"][index], arrays["labels"], arrays["test"], classes, size=9)
    means, rows = arrays["means"][index], arrays["classifier"][index]
    _classes.draw_sticks(panel, means, rows, classes, width=2)
    for name, corner, (color, _) in zip(classes, corners, _style.ARM_STYLES, strict=False):
        panel.text(
            1.75 * corner.real, 1.75 * corner.imag, str(name), color=color, weight="bold", ha="center", va="center",
            bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 1},
        )  # fmt: skip
    panel.set_aspect("equal")
    panel.set(xlim=(-2.1, 2.1), ylim=(-2.1, 2.1), xticks=[-1, 0, 1], yticks=[-1, 0, 1])


def _plane_legend() -> list[Line2D]:
    """What a mark and a line of the plane mean, whatever the class."""
    marks: dict[str, Any] = {"marker": "o", "markersize": 4, "linestyle": "none", "color": _style.INK}
    return [
        Line2D([], [], label="training image", **marks),
        Line2D([], [], label="test image", markerfacecolor="none", **marks),
        Line2D([], [], color=_style.INK, linewidth=2, label="class mean"),
        Line2D([], [], color=_style.INK, linewidth=1.2, linestyle=_classes.DASHES, label="classifier row"),
        Line2D([], [], color=_style.FAINT, linewidth=1, label="simplex ETF"),
    ]
