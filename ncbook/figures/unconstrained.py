"""Figures of the experiment `unconstrained`: free features, with and without regularization."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.runs import Run

_LOSSES = {"cross_entropy": "cross-entropy", "square": "square loss"}
_METHODS = {
    "scaled": ("steps scaled by the loss", _style.GREEN, "-", "^"),
    "gd": ("gradient descent", _style.BLUE, "--", "o"),
    "adam": ("Adam", _style.ORANGE, ":", "s"),
}
_FLOOR = 1e-15  # of float64: smaller differences of losses are rounding
_RANK_LINES = ("-", "--", "-.", ":")


@_style.styled
def minimum_reached(run: Run) -> Figure:
    """Excess of the loss over the closed-form minimum, against steps, from every random start."""
    figure, axes = _style.panels(run, 2, height=3.6, sharey=True)
    for panel, (loss, name) in zip(axes, _LOSSES.items(), strict=True):
        for place, (colour, marker) in zip(range(len(run.config["classes"])), _style.CLASS_STYLES, strict=False):
            for method, line in (("gd", "-"), ("lbfgs", ":")):
                steps, errors = _starts(run, loss, method, place)
                panel.fill_between(steps, errors.min(0), errors.max(0), color=colour, alpha=0.15, linewidth=0)
                panel.plot(steps, np.median(errors, axis=0), line, color=colour, marker=marker, markersize=3)
            panel.plot([], [], color=colour, marker=marker, markersize=3, label=f"K = {run.config['classes'][place]}")
        panel.set_title(name)
        panel.set(xscale="log", yscale="log", xlabel="steps")
    for line, label in (("-", "gradient descent"), (":", "L-BFGS")):
        axes[0].plot([], [], line, color=_style.INK, label=label)
    axes[0].set_ylabel("relative excess of the loss")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=5)
    return figure


def _starts(run: Run, loss: str, method: str, place: int) -> tuple[np.ndarray, np.ndarray]:
    """steps [P] after the start, and errors [starts, P], at least `_FLOOR`."""
    frame = _rows(run, part="descent", objective=loss, method=method, setting=place)
    table = frame[frame.step > 0].pivot_table(index=["seed", "scale"], columns="step", values="error")
    return table.columns.to_numpy(), np.maximum(table.to_numpy(), _FLOOR)


def _rows(run: Run, **chosen: object) -> pd.DataFrame:
    frame = run.to_frame()
    for column, value in chosen.items():
        frame = frame[frame[column] == value]
    return frame


@_style.styled
def collapse_threshold(run: Run) -> Figure:
    """Norm of W H against the strength of regularization: closed form, and where L-BFGS ended."""
    figure, axes = _style.panels(run, 2)
    for panel, (loss, name) in zip(axes, _LOSSES.items(), strict=True):
        found = _rows(run, part="threshold", objective=loss)
        closed = run.arrays["threshold/strengths"], run.arrays[f"threshold/{loss}"]
        panel.plot(*closed, color=_style.INK, linewidth=1.4, label="closed form")
        panel.plot(found.scale, found["size"], "o", color=_style.ORANGE, fillstyle="none", label="reached")
        panel.axvline(1, color=_style.FAINT, linestyle="--", linewidth=1)
        panel.set_title(name)
        panel.set_ylabel("‖W Hᵀ‖ (Frobenius)")
        panel.set_xlabel(r"strength $r = K \sqrt{n \lambda_W \lambda_H}$")
    axes[1].legend(loc="upper right")
    return figure


@_style.styled
def saddle_escape(run: Run) -> Figure:
    """Loss against steps from critical points of each rank: exactly on them, and after a nudge."""
    figure, axes = _style.panels(run, 2, height=3.7, sharey=True)
    saddles = _rows(run, part="saddle")
    for panel, nudge in zip(axes, (0.0, run.config["nudge"]), strict=True):
        for rank, (colour, marker) in zip(range(run.config["saddle_classes"] - 1), _style.CLASS_STYLES, strict=False):
            own = saddles[(saddles.setting == rank) & (saddles.scale == nudge) & (saddles.step > 0)]
            table = own.pivot_table(index="seed", columns="step", values="loss")
            style: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 3, "markevery": 4}
            panel.fill_between(table.columns, table.min(), table.max(), color=colour, alpha=0.15, linewidth=0)
            panel.plot(table.columns, table.median(), _RANK_LINES[rank], label=_rank_name(rank), **style)
        lowest = run.arrays["saddle/loss"][-1].min()  # of rank K-1: the global minimum
        panel.axhline(lowest, color=_style.INK, linewidth=1, linestyle=(0, (1, 2)), label="global minimum")
        panel.set_title("started exactly on it" if nudge == 0 else f"after a nudge of {nudge:g}")
        panel.set(xscale="log", yscale="log", xlabel="steps of gradient descent")
        _style.log_axis(panel.yaxis)
    axes[0].set_ylabel("loss with penalty (nats)")
    handles, labels = axes[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4)
    return figure


def _rank_name(rank: int) -> str:
    return f"rank {rank}" if rank else "rank 0 (origin)"


@_style.styled
def unregularised_margin(run: Run) -> Figure:
    """How far the normalised margin is from its bound, against -log of the loss, for three ways of descending."""
    config = run.config
    figure, axes = _style.panels(run, len(config["flow_classes"]), height=3.5, sharey=True)
    for place, panel in enumerate(axes):
        for method, (label, colour, line, marker) in _METHODS.items():
            _draw_shortfall(panel, _rows(run, part="flow", method=method, setting=place), label, colour, line, marker)
        panel.set(xscale="log", yscale="log", xlabel="−log of the loss (nats)")
        panel.set_title(f"K = {config['flow_classes'][place]}, d = {config['flow_dims'][place]}")
    axes[0].set_ylim(top=1.5)  # at the start a share may be negative, which one point would stretch the axis for
    axes[0].set_ylabel("1 − normalised margin / bound")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


def _draw_shortfall(panel: Axes, rows: pd.DataFrame, label: str, colour: str, line: str, marker: str) -> None:
    """One line a seed, of those measurements at which every point is on the right side."""
    for _, own in rows.groupby("seed"):
        right = own[own.ratio > 0]
        style: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 3, "linewidth": 1.2}
        panel.plot(right.exponent, np.maximum(1 - right.ratio, _FLOOR), line, label=label, **style)
        label = "_"  # in the legend once
