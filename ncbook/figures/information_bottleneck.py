"""Figures of the experiment `information_bottleneck`: estimators, information planes, collapse, bottlenecks."""

import math
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.readings.information_bottleneck import (
    ACTIVATIONS,
    COLUMNS,
    CURVE,
    ESTIMATORS,
    FIXED,
    NOISES,
    SCALED,
    collapsing,
    rows_of,
    spreads,
)
from ncbook.runs import Run

_COUNTS = _style.CLASS_STYLES
_LOOKS = {"tanh": (_style.BLUE, "o"), "relu": (_style.ORANGE, "s")}
_INPUT, _LABEL = "I(X; T), nats", "I(Y; T), nats"
_CLASSES = 10


def _band(panel: Axes, rows: pd.DataFrame, column: str, line: str, **style: Any) -> None:
    """Median over the seeds, and their range, against steps; step 0 stands at one half."""
    table = rows.pivot_table(index="seed", columns="step", values=column)
    steps = np.maximum(table.columns.to_numpy(dtype=float), 0.5)
    panel.fill_between(steps, table.min(), table.max(), color=style["color"], alpha=0.13, linewidth=0)
    panel.plot(steps, table.median(), line, **style)
    panel.set(xscale="log", xlabel="steps")


@_style.styled
def estimators_and_truth(run: Run) -> Figure:
    """Estimated against true information of normal points, for each dimension: kernel bounds above, bins below."""
    rows = rows_of(run, "estimators")
    dims = run.config["dims"]
    figure, axes = _style.panels(run, len(dims), height=5.4, rows=2)
    for dim, above, below in zip(dims, axes, axes[len(dims) :], strict=False):
        for panel, estimator, name in ((above, "kernel", "kernels"), (below, "bins", "bins")):
            own = rows[(rows.dim == dim) & (rows.estimator == estimator)]
            _draw_estimates(panel, own, run.config["counts"])
            panel.set_title(f"{name}, d = {dim}")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def _draw_estimates(panel: Axes, rows: pd.DataFrame, counts: list[int]) -> None:
    """Estimates for each number of points, with their caps log N dotted, and the truth as the dashed diagonal."""
    for count, (color, marker) in zip(counts, _COUNTS, strict=False):
        own = rows[rows.num_points == count].groupby("true_information")[["information", "information_lower"]].median()
        lower = own.information_lower
        if lower.notna().all():
            panel.fill_between(own.index, lower, own.information, color=color, alpha=0.2, linewidth=0)
            panel.plot(own.index, lower, color=color, linewidth=0.8)
        panel.plot(own.index, own.information, color=color, marker=marker, markersize=4, linewidth=1.2,
                   label=f"N = {count}")  # fmt: skip
        panel.axhline(math.log(count), color=color, linestyle=":", linewidth=0.9)
    top = rows.true_information.max()
    panel.plot([0, top], [0, top], "--", color=_style.INK, linewidth=1, label="truth")
    panel.set(xlabel="truth, nats", ylabel="estimate, nats", xlim=(0, top), ylim=(0, 1.12 * math.log(max(counts))))


@_style.styled
def information_planes(run: Run) -> Figure:
    """The information plane of the first seed: a line a hidden layer, tanh above and ReLU below, three estimators."""
    rows = rows_of(run, "plane", seed=run.config["seeds"][0])
    shown = [(activation, estimator) for activation in ACTIVATIONS for estimator in (FIXED, SCALED, "scaled bins")]
    figure, axes = _style.panels(run, 3, height=5.4, rows=2, sharex=True, sharey=True)
    for index, (panel, (activation, estimator)) in enumerate(zip(axes, shown, strict=True)):
        own = rows[(rows.activation == activation) & (rows.estimator == estimator)]
        for level, layer in own.groupby("layer"):
            shade = plt.get_cmap("viridis")(0.95 * (level - 1) / len(run.config["hidden"]))
            panel.plot(layer.information, layer.label_information, color=shade, linewidth=1.2, label=f"layer {level}")
            start, end = layer.iloc[0], layer.iloc[-1]
            panel.plot(start.information, start.label_information, "o", color=shade, fillstyle="none", markersize=5)
            panel.plot(end.information, end.label_information, "o", color=shade, markersize=6)
        panel.set_title(f"{ACTIVATIONS[activation]}, {estimator}", fontsize=9.5)
        panel.set(xlabel=_INPUT if index > 2 else "", ylabel=_LABEL if index % 3 == 0 else "")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=5)
    return figure


@_style.styled
def compression_by_estimator(run: Run) -> Figure:
    """I(X; T) of the last hidden layer during training, tanh and ReLU, a panel an estimator."""
    rows = rows_of(run, "plane", layer=len(run.config["hidden"]))
    figure, axes = _style.panels(run, 2, height=5.2, rows=2, sharey=True)
    for panel, estimator in zip(axes, ESTIMATORS, strict=True):
        for name, (color, marker) in _LOOKS.items():
            own = rows[(rows.activation == name) & (rows.estimator == estimator)]
            _band(panel, own, "information", "-", color=color, marker=marker, markersize=4, label=ACTIVATIONS[name])
        panel.axhline(math.log(run.config["sampled"]), color=_style.INK, linestyle=":", linewidth=1, label="log N")
        panel.axhline(math.log(2), color=_style.INK, linestyle="--", linewidth=1, label="log 2")
        panel.set_title(estimator)
        panel.set_ylabel(_INPUT)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


@_style.styled
def information_against_noise(run: Run) -> Figure:
    """Kernel bounds on I(X; T) of the digits' features against the noise, before and after training."""
    rows = rows_of(run, "digits", estimator=CURVE)
    decays = sorted(run.config["decays"], reverse=True)
    figure, axes = _style.panels(run, len(decays), height=3.5, sharey=True)
    looks = (("before training", _style.FAINT, ":"), ("after training", _style.BLUE, "-"))
    for panel, decay in zip(axes, decays, strict=True):
        own = rows[rows.weight_decay == decay]
        for step, (label, color, line) in zip(sorted(own.step.unique()), looks, strict=True):
            at = own[own.step == step].groupby("relative_noise")[["information", "information_lower"]].median()
            panel.fill_between(at.index, at.information_lower, at.information, color=color, alpha=0.25, linewidth=0)
            panel.plot(at.index, at.information, line, color=color, label=label)
        _draw_caps(panel, int(own.num_points.iloc[0]))
        panel.set(xscale="log", xlabel=COLUMNS["relative_noise"].label, ylabel=_INPUT)
        panel.set_title(f"weight decay {decay:g}")
    axes[0].legend(loc="lower left")
    return figure


def _draw_caps(panel: Axes, points: int) -> None:
    panel.axhline(math.log(points), color=_style.INK, linestyle=":", linewidth=1)
    panel.axhline(math.log(_CLASSES), color=_style.INK, linestyle="--", linewidth=1)
    panel.annotate("log N", (1, math.log(points)), xycoords=("axes fraction", "data"), ha="right", va="bottom")
    panel.annotate("log K", (1, math.log(_CLASSES)), xycoords=("axes fraction", "data"), ha="right", va="bottom")
    panel.set_ylim(0, 1.12 * math.log(points))


@_style.styled
def information_and_collapse(run: Run) -> Figure:
    """I(X; T) of the digits' features at two noises while they collapse, and NC1; training and test images."""
    figure, axes = _style.panels(run, 3, height=3.6)
    sides = (("train", _style.GREEN, "-"), ("test", _style.PURPLE, "--"))
    for panel, (split, nc1_color, nc1_line) in zip(axes, sides, strict=False):
        rows = collapsing(run, split)
        rows = rows[rows.weight_decay == max(run.config["decays"])]
        for estimator, color, line in zip(NOISES, (_style.BLUE, _style.ORANGE), ("-", "--"), strict=True):
            own = rows[rows.estimator == estimator]
            _band(panel, own, "information", line, color=color, label=estimator)
        _draw_caps(panel, int(own.num_points.max()))
        panel.set_title(f"{split} images")
        panel.set_ylabel(_INPUT)
        _band(axes[2], own, f"nc1_{split}", nc1_line, color=nc1_color, label=f"{split} images")
    _style.log_axis(axes[2].yaxis)
    axes[2].set_ylabel("NC1")
    axes[2].set_title("collapse")
    axes[0].legend(loc="lower right")
    axes[2].legend(loc="lower left")
    return figure


@_style.styled
def bottleneck_strengths(run: Run) -> Figure:
    """Rate, errors and NC1 of variational bottlenecks against beta; beta = 0 stands at the left end."""
    rows = rows_of(run, "vib")
    betas = sorted(rows.beta.unique())
    zero = betas[1] / 10
    figure, (rate, error, nc1) = _style.panels(run, 3, height=3.5)
    _draw_strengths(rate, rows, "rate", zero, _style.BLUE, "o", "rate")
    rate.axhline(math.log(_CLASSES), color=_style.INK, linestyle="--", linewidth=1, label="log K")
    _draw_strengths(error, rows.assign(percent=100 * rows.test_error), "percent", zero, _style.ORANGE, "s", "test")
    _draw_strengths(nc1, rows, "nc1_train", zero, _style.GREEN, "^", "NC1 of the means")
    for panel, label in ((rate, "rate, nats"), (error, "test error (%)"), (nc1, "NC1 of the code's means")):
        panel.set(xscale="log", yscale="log", xlabel=COLUMNS["beta"].label, ylabel=label)
        panel.set_xticks([zero, *betas[1:]], ["0", *(f"{beta:g}" for beta in betas[1:])], fontsize=8, rotation=45)
        panel.minorticks_off()
        _style.log_axis(panel.yaxis)
    rate.legend()
    return figure


def _draw_strengths(
    panel: Axes, rows: pd.DataFrame, column: str, zero: float, color: str, marker: str, label: str
) -> None:
    """A mark a network, and the median over the seeds as a line."""
    shown = rows.beta.where(rows.beta > 0, zero)
    panel.plot(shown, rows[column], marker, color=color, markersize=4, alpha=0.5)
    medians = rows.groupby(shown)[column].median()
    panel.plot(medians.index, medians, color=color, label=label)


@_style.styled
def critical_strengths(run: Run) -> Figure:
    """Critical betas minus 1: around a simplex and random means, and of the digits' features during training."""
    figure, (means, digits) = _style.panels(run, 2, height=3.6)
    looks = (("simplex", _style.BLUE, "o"), ("random", _style.ORANGE, "s"))
    for kind, color, marker in looks:
        for number, betas in enumerate(run.arrays[f"frames/{kind}"] - 1):
            panel_label = "_" * number + (f"{kind} means" if kind == "random" else "simplex ETF")
            means.plot(np.arange(1, len(betas) + 1), betas, color=color, marker=marker, markersize=4, linewidth=0.9,
                       label=panel_label)  # fmt: skip
    means.set(yscale="log", xlabel="transition", ylabel="critical β − 1")
    means.set_xticks(range(1, run.config["frame_classes"]))
    rows = spreads(run)
    for decay, (color, marker) in zip(sorted(run.config["decays"], reverse=True), _style.CLASS_STYLES, strict=False):
        own = rows[rows.weight_decay == decay]
        _band(digits, own, "spread", "-", color=color, marker=marker, markersize=4, label=f"weight decay {decay:g}")
    digits.set(ylabel="(last β − 1) / (first β − 1)", yscale="log")
    for panel in (means, digits):
        _style.log_axis(panel.yaxis)
        panel.legend()
    digits.axhline(1, color=_style.INK, linestyle="--", linewidth=1)
    return figure
