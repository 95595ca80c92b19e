"""Figures of the experiment `unconstrained`: free features, with and without regularization."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.readings.unconstrained import COLUMNS, FLOWS, LOSSES, METHODS, closed_norms, global_minimum, rows
from ncbook.runs import Run

_LOOKS = {"scaled": (_style.OLIVE, "-", "^"), "gd": (_style.GREEN, "--", "o"), "adam": (_style.PURPLE, ":", "s")}
_FLOOR = 1e-15  # of float64: smaller differences of losses are rounding
_RANK_LINES = ("-", "--", "-.", ":")


@_style.styled
def minimum_reached(run: Run) -> Figure:
    """Excess of the loss over the closed-form minimum, against steps, from every random start."""
    figure, axes = _style.panels(run, 2, height=3.6, sharey=True)
    lines = {"gd": "-", "lbfgs": ":"}
    for panel, (loss, name) in zip(axes, LOSSES.items(), strict=True):
        for setting, num_classes in enumerate(run.config["classes"]):
            color, marker = _style.ARM_STYLES[setting]
            for method, line in lines.items():
                excess = _excess(run, loss, method, setting)
                panel.fill_between(excess.columns, excess.min(), excess.max(), color=color, alpha=0.15, linewidth=0)
                panel.plot(excess.columns, excess.median(), line, color=color, marker=marker, markersize=3)
            panel.plot([], [], color=color, marker=marker, markersize=3, label=f"K = {num_classes}")
        panel.set_title(name)
        panel.set(xscale="log", yscale="log", xlabel="steps")
    for method, line in lines.items():
        axes[0].plot([], [], line, color=_style.INK, label=METHODS[method])
    axes[0].set_ylabel(COLUMNS["excess"].label)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=5)
    return figure


def _excess(run: Run, loss: str, method: str, setting: int) -> pd.DataFrame:
    """A row a start and a column a step after it; at least `_FLOOR`."""
    own = rows(run, "descent", loss_name=loss, method=method, setting=setting)
    table = own[own.step > 0].pivot_table(index=["seed", "scale"], columns="step", values="excess")
    return table.clip(lower=_FLOOR)


@_style.styled
def collapse_threshold(run: Run) -> Figure:
    """Norm of W H against the strength of regularization: closed form, and where L-BFGS ended."""
    figure, axes = _style.panels(run, 2)
    strengths = np.linspace(0.1, 1.6, 200)
    for panel, (loss, name) in zip(axes, LOSSES.items(), strict=True):
        found = rows(run, "threshold", loss_name=loss)
        closed = closed_norms(run, loss, strengths)
        panel.plot(strengths, closed, color=_style.INK, linewidth=1.4, label="closed form")
        panel.plot(found.scale, found.product_norm, "o", color=_style.PURPLE, fillstyle="none", label="reached")
        panel.axvline(1, color=_style.FAINT, linestyle="--", linewidth=1)
        panel.set_title(name)
        panel.set_ylabel(COLUMNS["product_norm"].label)
        panel.set_xlabel(r"strength $r = K \sqrt{n \lambda_W \lambda_H}$")
    axes[1].legend(loc="upper right")
    return figure


@_style.styled
def saddle_escape(run: Run) -> Figure:
    """Loss against steps from critical points of each rank: exactly on them, and after a nudge."""
    figure, axes = _style.panels(run, 2, height=3.7, sharey=True)
    saddles = rows(run, "saddle")
    for panel, nudge in zip(axes, (0.0, run.config["nudge"]), strict=True):
        for rank, (color, marker) in zip(range(run.config["saddle_classes"] - 1), _style.ARM_STYLES, strict=False):
            own = saddles[(saddles.setting == rank) & (saddles.scale == nudge) & (saddles.step > 0)]
            table = own.pivot_table(index="seed", columns="step", values="objective")
            style: dict[str, Any] = {"color": color, "marker": marker, "markersize": 3, "markevery": 4}
            panel.fill_between(table.columns, table.min(), table.max(), color=color, alpha=0.15, linewidth=0)
            panel.plot(table.columns, table.median(), _RANK_LINES[rank], label=_rank_name(rank), **style)
        panel.axhline(global_minimum(run), color=_style.INK, linewidth=1, linestyle=(0, (1, 2)), label="global minimum")
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
def unregularized_margin(run: Run) -> Figure:
    """How far the normalized margin is from its bound, against -log of the loss, for three ways of descending."""
    config = run.config
    figure, axes = _style.panels(run, len(config["flow_classes"]), height=3.5, sharey=True)
    for setting, panel in enumerate(axes):
        for method in FLOWS:
            _draw_shortfall(panel, rows(run, "flow", method=method, setting=setting), method)
        panel.set(xscale="log", yscale="log", xlabel="−log of the loss (nats)")
        panel.set_title(f"K = {config['flow_classes'][setting]}, d = {config['flow_dims'][setting]}")
    axes[0].set_ylim(top=1.5)  # at the start a share may be negative, which one point would stretch the axis for
    axes[0].set_ylabel("1 − normalized margin / bound")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


def _draw_shortfall(panel: Axes, flow: pd.DataFrame, method: str) -> None:
    """One line a seed, of those measurements at which every point is on the right side."""
    color, line, marker = _LOOKS[method]
    style: dict[str, Any] = {"color": color, "marker": marker, "markersize": 3, "linewidth": 1.2}
    label = METHODS[method]
    for _, own in flow[flow.margin_ratio > 0].groupby("seed"):
        panel.plot(own.minus_log_loss, own.shortfall.clip(lower=_FLOOR), line, label=label, **style)
        label = "_"  # in the legend once
