"""Figures of the experiment `implicit_bias`: which of many solutions an optimizer ends at."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.readings.implicit_bias import COLUMNS, PLANES, SOLVERS, ends, rows_of
from ncbook.runs import Run

_FLOOR = 1e-16  # of float64, for differences relative to 1
_SOLVERS = {
    "gd": (_style.GREEN, "-", "o"),
    "momentum": (_style.OLIVE, "--", "^"),
    "sgd": (_style.LILAC, "-.", "D"),
    "adam": (_style.PURPLE, ":", "s"),
}
_PLANES = {
    "square": (_style.OLIVE, "-."),
    "adam": (_style.PURPLE, ":"),
    "gd": (_style.LILAC, "--"),
    "scaled": (_style.GREEN, "-"),
}
_DEPTHS = (("o", "-", _style.GREEN), ("s", "--", _style.PURPLE), ("^", "-.", _style.OLIVE))


@_style.styled
def square_loss_solutions(run: Run) -> Figure:
    """Residual, and distance to the solution of least norm, against steps, for four optimizers from 0."""
    figure, axes = _style.panels(run, 2, height=3.6)
    titles = {"residual": "‖Xw − y‖ / ‖y‖", "distance": COLUMNS["distance"].label}
    for panel, (column, name) in zip(axes, titles.items(), strict=True):
        for method, (color, line, marker) in _SOLVERS.items():
            _band(panel, rows_of(run, "square", method=method), column, SOLVERS[method], color, line, marker)
        panel.set(xscale="log", yscale="log", xlabel="steps", ylabel=name)
    _legend(figure, axes[0], 4)
    return figure


def _band(
    panel: Axes, rows: pd.DataFrame, column: str, label: str, color: str, line: str, marker: str, **style: Any
) -> None:
    """Median over seeds and a band from the lowest to the highest, at least `_FLOOR`, after the start."""
    table = rows[rows.step > 0].pivot_table(index="seed", columns="step", values=column).clip(lower=_FLOOR)
    panel.fill_between(table.columns, table.min(), table.max(), color=color, alpha=0.15, linewidth=0)
    look = {"markersize": 3.5, "markevery": 4} | style
    panel.plot(table.columns, table.median(), line, color=color, marker=marker, label=label, **look)


def _legend(figure: Figure, panel: Axes, columns: int) -> None:
    handles, labels = panel.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=columns)


@_style.styled
def separating_planes(run: Run) -> Figure:
    """Two data sets in the plane, and the line that each method ends at, beside that of the largest margin."""
    figure, axes = _style.panels(run, 2, height=4.3)
    for seed_index, panel in enumerate(axes):
        signed, best = run.arrays["plane/signed"][seed_index], run.arrays["plane/best"][seed_index]
        _draw_points(panel, signed)
        reach = 1.1 * np.abs(signed).max()
        _draw_line(panel, best, reach, color=_style.FAINT, linewidth=6, alpha=0.5, label="largest margin")
        for method, (color, line) in _PLANES.items():
            direction = run.arrays[f"directions/{method}"][seed_index, -1]
            _draw_line(panel, direction, reach, color=color, linestyle=line, label=PLANES[method])
        panel.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
        panel.set_title(f"seed {run.config['seeds'][seed_index]}")
    _legend(figure, axes[0], 3)
    return figure


def _draw_points(panel: Axes, signed: np.ndarray) -> None:
    """Every other point belongs to the second class: mirrored at the origin, where it has the same margin."""
    for start, sign, marker, color in ((0, 1, "o", _style.GREEN), (1, -1, "s", _style.PURPLE)):
        points = sign * signed[start::2]
        panel.plot(*points.T, marker, color=color, markersize=4, alpha=0.55, linestyle="none")


def _draw_line(panel: Axes, normal: np.ndarray, reach: float, **style: Any) -> None:
    """The points at a right angle to `normal` [2]."""
    along = 2 * reach * np.array([-normal[1], normal[0]]) / np.linalg.norm(normal)
    panel.plot(*np.stack([-along, along], axis=1), **style)


@_style.styled
def margin_rate(run: Run) -> Figure:
    """Distance to the max-margin direction against log t, for plain and scaled steps, in each dimension."""
    dims = run.config["dims"]
    figure, axes = _style.panels(run, len(dims), height=3.6, sharey=True)
    for panel, dim in zip(axes, dims, strict=True):
        for method, label, color, width, alpha in (
            ("scaled", "steps scaled by the loss", _style.GREEN, 1.0, 1.0),
            ("gd", "plain steps", _style.PURPLE, 3.2, 0.45),
        ):
            for _, own in rows_of(run, "logistic", method=method, dim=dim).groupby("seed"):
                later = own[own.log_time > 1]
                panel.plot(
                    later.log_time, later.direction_distance, color=color, label=label, linewidth=width, alpha=alpha
                )
                label = "_"  # in the legend once
        times = np.geomspace(20, 400, 2)
        panel.plot(times, 0.8 / times, "--", color=_style.INK, linewidth=1.4, label="slope −1")
        panel.set(xscale="log", yscale="log", xlabel="log t (natural logarithm)")
        panel.set_title(f"{dim} dimensions")
    axes[0].set_ylabel(COLUMNS["direction_distance"].label)
    _legend(figure, axes[0], 3)
    return figure


@_style.styled
def completed_matrices(run: Run) -> Figure:
    """Effective rank, and error on the entries that were not observed, against depth, small and large starts."""
    figure, axes = _style.panels(run, 2, height=3.8)
    small, large = run.config["scales"]
    counts = run.config["observed"]
    for panel, column, name in zip(
        axes, ("effective_rank", "unseen_error"), ("effective rank", COLUMNS["unseen_error"].label), strict=True
    ):
        for count, color in zip(counts, (_style.GREEN, _style.PURPLE), strict=False):
            for scale, line, marker, text in ((small, "-", "o", "small start"), (large, ":", "s", "large start")):
                _draw_depths(panel, run, column, count, scale, f"{text}, {count}", line, marker, color)
            convex = ends(run, "completion", method="nuclear", observed=count)[column].median()
            panel.axhline(convex, color=color, linestyle="--", linewidth=1, label=f"least nuclear norm, {count}")
        panel.set(xticks=run.config["depths"], xlabel="number of factors", yscale="log")
        panel.set_ylabel(name)
    _style.log_axis(axes[0].yaxis)
    axes[0].axhline(run.config["rank"], color=_style.FAINT, linewidth=1)
    _legend(figure, axes[0], 3)
    return figure


def _draw_depths(
    panel: Axes, run: Run, column: str, count: int, scale: float, label: str, line: str, marker: str, color: str
) -> None:
    """Median over seeds at each depth, with a bar from the lowest to the highest."""
    values = np.stack([
        ends(run, "completion", method=f"depth{depth}", observed=count, scale=scale)[column]
        for depth in run.config["depths"]
    ])  # fmt: skip
    middle = np.median(values, axis=1)
    bars = np.abs(np.stack([values.min(1), values.max(1)]) - middle)
    depths = np.array(run.config["depths"]) + (0.04 if line == ":" else -0.04)
    style: dict[str, Any] = {"color": color, "linestyle": line, "marker": marker, "markersize": 5, "capsize": 3}
    panel.errorbar(depths, middle, bars, label=label, **style)


@_style.styled
def singular_values_emerge(run: Run) -> Figure:
    """The largest singular values of the product against steps, for one, two and three factors from a small start."""
    depths, count = run.config["depths"], run.config["observed"][-1]
    figure, axes = _style.panels(run, len(depths), height=3.3, sharey=True)
    for panel, depth in zip(axes, depths, strict=True):
        rows = rows_of(run, "completion", method=f"depth{depth}", observed=count, scale=run.config["scales"][0])
        steps = rows[rows.seed == run.config["seeds"][0]].step.to_numpy()
        values = run.arrays[f"singular/depth{depth}/{count}/{run.config['scales'][0]:g}"][:, :8]
        for index, course in enumerate(values.T):
            true = index < run.config["rank"]
            color, line = (_DEPTHS[index][2], "-") if true else (_style.FAINT, ":")
            panel.plot(steps[1:], course[1:], line, color=color, linewidth=1.8 if true else 1.2)
        panel.set(xscale="log", xlabel="steps")
        panel.set_title("1 factor" if depth == 1 else f"{depth} factors")
    axes[0].set_ylabel("eight largest singular values")
    return figure


@_style.styled
def norms_that_grow(run: Run) -> Figure:
    """Norm and effective rank of a 2 x 2 product against its loss, from starts of either determinant."""
    figure, axes = _style.panels(run, 2, height=3.6)
    kinds = ((1, "positive determinant", _style.PURPLE, "-"), (-1, "negative determinant", _style.GREEN, "--"))
    depth = f"depth{run.config['escape_depths'][-1]}"
    names = {"frobenius_norm": COLUMNS["frobenius_norm"].label, "effective_rank": "effective rank"}
    for panel, (column, name) in zip(axes, names.items(), strict=True):
        for sign, label, color, line in kinds:
            for _, own in rows_of(run, "escape", method=depth, determinant=sign).groupby("seed"):
                panel.plot(own.step[1:], own[column][1:], line, color=color, linewidth=1.2, label=label)
                label = "_"
        panel.set(xscale="log", xlabel="steps", ylabel=name)
    _legend(figure, axes[0], 2)
    return figure


_NETWORK_STYLES = (("o", "-"), ("s", "--"))


@_style.styled
def network_margins(run: Run) -> Figure:
    """Norm of the parameters and normalized margin against steps, perceptron without biases."""
    figure, axes = _style.panels(run, 2, height=3.8)
    names = {"weight_norm": "‖θ‖", "normalized_margin": COLUMNS["normalized_margin"].label}
    for panel, (column, name) in zip(axes, names.items(), strict=True):
        _draw_arms(panel, run, "network", column)
        panel.set(xscale="log", xlabel="steps", ylabel=name)
    axes[1].set_ylim(bottom=0)
    _legend(figure, axes[0], 2)
    return figure


@_style.styled
def collapse_and_labels(run: Run) -> Figure:
    """NC1 of two perceptrons and the test error of one, with true and random labels."""
    figure, axes = _style.panels(run, 3, height=3.9)
    shown = (("network", "nc1_train", "no biases: NC1"), ("batch_norm", "nc1_train", "batch norm: NC1"),
             ("batch_norm", "test_error", "batch norm: test"))  # fmt: skip
    for panel, (part, column, title) in zip(axes, shown, strict=True):
        _draw_arms(panel, run, part, column)
        panel.set(xscale="log", xlabel="steps", yscale="log" if column == "nc1_train" else "linear")
        panel.set_ylabel("NC1 (training set)" if column == "nc1_train" else "test error")
        panel.set_title(title)
    axes[2].set_ylim(0, 1)
    _legend(figure, axes[0], 2)
    return figure


def _draw_arms(panel: Axes, run: Run, part: str, column: str) -> None:
    rows = rows_of(run, part)
    for labels, color in zip(run.config["labels"], (_style.GREEN, _style.PURPLE), strict=True):
        for decay, (marker, line) in zip(sorted(rows.weight_decay.unique()), _NETWORK_STYLES, strict=True):
            name = f"{labels} labels, {'weight decay' if decay else 'no decay'}"
            own = rows[(rows.labels == labels) & (rows.weight_decay == decay)]
            _band(panel, own, column, name, color, line, marker)
