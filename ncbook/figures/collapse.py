"""Figures of the experiment `collapse`: training past zero error."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.readings import names
from ncbook.runs import Run

_LINES = ("-", "--", ":", "-.")
_SPLITS = (("train", _style.BLUE, "-", "o"), ("test", _style.ORANGE, "--", "s"))


@_style.styled
def terminal_phase(run: Run) -> Figure:
    """Training and test error against epochs; the terminal phase, where the training error is zero, is shaded."""

    def draw(panel: Axes, network: str) -> None:
        _draw_splits(panel, run, network, ("train_error", "test_error"), scale=100)
        _style.percent_axis(panel)

    return _by_network(run, draw, "error (%)")


@_style.styled
def variability(run: Run) -> Figure:
    """NC1 on train and on test against epochs."""

    def draw(panel: Axes, network: str) -> None:
        _draw_splits(panel, run, network, ("nc1_train", "nc1_test"))
        _style.log_axis(panel.yaxis)

    return _by_network(run, draw, "NC1 (no unit)")


@_style.styled
def frame(run: Run) -> Figure:
    """NC2 on the training set: how far lengths and angles of means and classifier rows are from a simplex ETF."""
    figure, axes = _style.panels(run, 2)
    kinds = (
        ("class means", "_train", _style.BLUE, "-", "o"),
        ("classifier rows", "_head_train", _style.ORANGE, "--", "s"),
    )
    network = run.config["networks"][0]
    for panel, quantity, title in zip(axes, ("nc2_norms", "nc2_angles"), ("lengths", "angles"), strict=True):
        for label, suffix, colour, line, marker in kinds:
            _draw_seeds(panel, *_arm(run, network, quantity + suffix), label, colour, line, marker)
        _style.log_axis(panel.yaxis)
        panel.set_title(f"NC2, {title}: {names.NETWORKS[network]}")
    axes[0].set_ylabel("std / mean of lengths")
    axes[1].set_ylabel("mean |cos + 1/(K−1)|")
    _mark_phase(run, axes, [network, network])
    return figure


@_style.styled
def duality(run: Run) -> Figure:
    """NC3, the distance between the normalized classifier and the normalized class means, against epochs."""

    def draw(panel: Axes, network: str) -> None:
        _draw_splits(panel, run, network, ("nc3_train", "nc3_test"))
        _style.log_axis(panel.yaxis)

    return _by_network(run, draw, "NC3 (no unit)")


@_style.styled
def decisions(run: Run) -> Figure:
    """NC4: share of points whose nearest training class mean is not the network's decision."""

    def draw(panel: Axes, network: str) -> None:
        _draw_splits(panel, run, network, ("nc4_train", "nc4_test_train_means"), scale=100)
        _style.percent_axis(panel)

    return _by_network(run, draw, "NC4 mismatch (% of points)")


@_style.styled
def class_plane(run: Run) -> Figure:
    """Three classes in the plane of their means, at four epochs: points, means and classifier rows."""
    network = run.config["networks"][0]
    arrays = {name.removeprefix(f"{network}/"): a for name, a in run.arrays.items() if name.startswith(f"{network}/")}
    zero = (_first_zero_errors(run, network) or [run.config["epochs"]])[0]
    shown = [int(np.abs(arrays["epoch"] - epoch).argmin()) for epoch in (1, zero, 5 * zero, arrays["epoch"][-1])]
    figure, axes = _style.panels(run, 4, height=3.1, sharex=True, sharey=True)
    for panel, index in zip(axes, shown, strict=True):
        _draw_plane(panel, arrays, index, run.config["plane_classes"])
        panel.set_title(f"epoch {arrays['epoch'][index]}")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


@_style.styled
def weight_decay(run: Run) -> Figure:
    """NC1 on the training set for each weight decay: the control for how far collapse goes."""
    styles = list(zip(run.config["weight_decays"], _style.CLASS_STYLES, _LINES, strict=False))

    def draw(panel: Axes, network: str) -> None:
        for value, (colour, marker), line in styles:
            arm = _arm(run, network, "nc1_train", value)
            _draw_seeds(panel, *arm, f"weight decay {value:g}", colour, line, marker)
        _style.log_axis(panel.yaxis)

    return _by_network(run, draw, "NC1 on train (no unit)")


def _by_network(run: Run, draw: Callable[[Axes, str], None], ylabel: str) -> Figure:
    """One panel a network, side by side on one scale."""
    networks = run.config["networks"]
    figure, axes = _style.panels(run, len(networks), sharey=True)
    for panel, network in zip(axes, networks, strict=True):
        draw(panel, network)
        panel.set_title(names.NETWORKS[network])
    axes[0].set_ylabel(ylabel)
    _mark_phase(run, axes, networks)
    return figure


def _arm(run: Run, network: str, column: str, weight_decay: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """epochs [P] and one column [seeds, P] of one network, at the main weight decay unless another is named."""
    weight_decay = run.config["weight_decays"][0] if weight_decay is None else weight_decay
    rows = (run.history["network"] == network) & (run.history["weight_decay"] == weight_decay)
    seeds = len(run.config["seeds"])
    return run.history["epoch"][rows].reshape(seeds, -1)[0], run.history[column][rows].reshape(seeds, -1)


def _first_zero_errors(run: Run, network: str) -> list[int]:
    """First measured epoch with zero training error, of each seed that gets there."""
    epochs, errors = _arm(run, network, "train_error")
    return [int(epochs[each == 0][0]) for each in errors if (each == 0).any()]


def _draw_splits(panel: Axes, run: Run, network: str, columns: tuple[str, str], scale: float = 1) -> None:
    """One column for the training set and one for the test set."""
    for (split, colour, line, marker), column in zip(_SPLITS, columns, strict=True):
        epochs, values = _arm(run, network, column)
        _draw_seeds(panel, epochs, scale * values, split, colour, line, marker)


def _draw_seeds(
    panel: Axes, epochs: np.ndarray, values: np.ndarray, label: str, colour: str, line: str, marker: str
) -> None:
    """The median of values [seeds, P] as a line, and the range over seeds as a band."""
    later = epochs > 0  # a logarithmic axis has no epoch 0
    epochs, values = epochs[later], values[:, later]
    panel.fill_between(epochs, values.min(0), values.max(0), color=colour, alpha=0.2, linewidth=0)
    panel.plot(epochs, np.median(values, axis=0), line, color=colour, marker=marker, markersize=3, label=label)


def _mark_phase(run: Run, axes: list[Axes], networks: list[str]) -> None:
    """Shade the epochs after zero training error (median over seeds), and label the time axis."""
    for panel, network in zip(axes, networks, strict=True):
        starts, last = _first_zero_errors(run, network), run.config["epochs"]
        panel.set_xlim(1, last)
        _style.log_axis(panel.xaxis)
        panel.set_xlabel("epochs")
        if starts:
            start = np.median(starts)
            panel.axvspan(start, last, color=_style.FAINT, alpha=0.14, linewidth=0)
            above = panel.get_xaxis_transform()  # x in epochs, y as a share of the panel's height
            panel.text(start * 1.08, 0.97, "terminal phase", transform=above, va="top", fontsize=8)
    axes[0].legend(loc="best")


def _draw_plane(panel: Axes, arrays: dict[str, np.ndarray], index: int, classes: list[int]) -> None:
    points, means, rows = (arrays[name][index] for name in ("points", "means", "classifier"))
    for place, (label, (colour, marker)) in enumerate(zip(classes, _style.CLASS_STYLES, strict=False)):
        own = arrays["labels"] == label
        for test, face in ((False, colour), (True, "none")):
            chosen = points[own & (arrays["test"] == test)]
            panel.scatter(
                chosen[:, 0],
                chosen[:, 1],
                s=9,
                marker=marker,
                facecolor=face,
                edgecolor=colour,
                linewidth=0.6,
                alpha=0.6,
            )
        panel.plot(*np.stack([np.zeros(2), means[place]]).T, color=colour, linewidth=2, label=f"mean of class {label}")
        panel.plot(*np.stack([np.zeros(2), rows[place]]).T, color=_style.INK, linewidth=1.2, linestyle=(0, (3, 2)))
    panel.plot([], [], color=_style.INK, linewidth=1.2, linestyle=(0, (3, 2)), label="classifier rows")
    panel.scatter([], [], s=9, facecolor="none", edgecolor=_style.INK, label="points: training filled, test hollow")
    panel.set_aspect("equal")
    panel.set(xlim=(-2.1, 2.1), ylim=(-2.1, 2.1), xticks=[-1, 0, 1], yticks=[-1, 0, 1])
