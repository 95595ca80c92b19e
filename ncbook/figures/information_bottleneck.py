"""Figures of the experiment `information_bottleneck`: estimators, information planes, collapse, bottlenecks."""

import math
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.figures._bands import draw_band
from ncbook.readings.information_bottleneck import (
    ACTIVATIONS,
    CLASSES,
    COLUMNS,
    CURVE,
    FIXED,
    NOISES,
    SCALED,
    collapsing,
    rows_of,
    spreads,
)
from ncbook.runs import Run

_COUNTS = _style.ARM_STYLES
_SHOWN = (FIXED, SCALED, "scaled bins")  # estimators; fixed bins tell what fixed noise tells
_INPUT, _LABEL = "MI(X; T), nats", "MI(Y; T), nats"


def _course(panel: Axes, rows: pd.DataFrame, column: str, label: str, style: int | str, **look: Any) -> None:
    """Median over the seeds, and their range, against steps."""
    table = rows.pivot_table(index="seed", columns="step", values=column)
    draw_band(panel, table.columns.to_numpy(dtype=float), table.to_numpy(), label, style, every=2, **look)
    last = table.columns.max()
    panel.set_xscale("symlog", linthresh=1)  # logarithmic above 1, with a true zero
    panel.set_xlim(-0.2, 1.3 * last)
    ticks = [tick for tick in (0, 1, 10, 100, 1000) if tick <= last]
    panel.set_xticks(ticks, [f"{tick}" for tick in ticks])
    panel.set_xlabel("steps")


@_style.styled
def estimators_and_truth(run: Run) -> Figure:
    """Estimated against true information of normal points, for each dimension: bounds with noise above, bins below."""
    rows = rows_of(run, "estimators")
    dims = run.config["dims"]
    figure, axes = _style.panels(run, len(dims), height=5.4, rows=2)
    for dim, above, below in zip(dims, axes, axes[len(dims) :], strict=False):
        for panel, estimator, name in ((above, "kernel", "noise"), (below, "bins", "bins")):
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
    """Information planes of the first seed, a line a hidden layer: tanh, and ReLU by two estimators."""
    rows = rows_of(run, "plane", seed=run.config["seeds"][0])
    shown = (("tanh", FIXED), ("relu", FIXED), ("relu", "scaled bins"))
    figure, axes = _style.panels(run, 3, height=3.6, sharex=True, sharey=True)
    for panel, (activation, estimator) in zip(axes, shown, strict=True):
        own = rows[(rows.activation == activation) & (rows.estimator == estimator)]
        _draw_plane(panel, own, len(run.config["hidden"]))
        panel.set_title(f"{ACTIVATIONS[activation]}, {estimator}")
        panel.set_xlabel(_INPUT)
    axes[0].set_ylabel(_LABEL)
    _style.legend_above(figure, axes[0], 5)
    return figure


def _draw_plane(panel: Axes, rows: pd.DataFrame, layers: int) -> None:
    """A line a layer, from a hollow mark before training to a filled one at the end."""
    for level, layer in rows.groupby("layer"):
        color, marker = plt.get_cmap("viridis")(0.95 * (level - 1) / layers), "ovsDP"[(level - 1) % 5]
        path = layer[["information", "label_information"]].to_numpy().T
        panel.plot(*path[:, :1], marker, color=color, fillstyle="none", markersize=5)
        panel.plot(*path[:, -1:], marker, color=color, markersize=6)
        panel.plot(*path, color=color, linewidth=1.2, marker=marker, markevery=[path.shape[1] - 1], markersize=6,
                   label=f"layer {level}")  # fmt: skip


@_style.styled
def compression_by_estimator(run: Run) -> Figure:
    """MI(X; T) of the last hidden layer during training, tanh and ReLU, a panel an estimator."""
    rows = rows_of(run, "plane", layer=len(run.config["hidden"]))
    figure, axes = _style.panels(run, 3, height=3.6, sharey=True)
    for panel, estimator in zip(axes, _SHOWN, strict=True):
        for style, (name, label) in enumerate(ACTIVATIONS.items()):
            own = rows[(rows.activation == name) & (rows.estimator == estimator)]
            _course(panel, own, "information", label, style)
        _draw_caps(panel, {"log N": run.config["sampled"], "log 2": 2})
        panel.set_title(estimator)
    axes[0].set_ylabel(_INPUT)
    _style.legend_above(figure, axes[0], 2)
    return figure


@_style.styled
def information_against_noise(run: Run) -> Figure:
    """Kernel bounds on MI(X; T) of the digits' features against the noise, before and after training."""
    rows = rows_of(run, "digits", estimator=CURVE)
    decays = sorted(run.config["decays"], reverse=True)
    figure, axes = _style.panels(run, len(decays), height=3.5, sharey=True)
    looks = (("before training", _style.FAINT, ":"), ("after training", _style.GREEN, "-"))
    for panel, decay in zip(axes, decays, strict=True):
        own = rows[rows.weight_decay == decay]
        for step, (label, color, line) in zip(sorted(own.step.unique()), looks, strict=True):
            at = own[own.step == step].groupby("relative_noise")[["information", "information_lower"]].median()
            panel.fill_between(at.index, at.information_lower, at.information, color=color, alpha=0.25, linewidth=0)
            panel.plot(at.index, at.information, line, color=color, label=label)
        _draw_caps(panel, {"log N": int(own.num_points.iloc[0]), "log K": CLASSES})
        panel.set(xscale="log", xlabel=COLUMNS["relative_noise"].label, ylabel=_INPUT)
        panel.set_title(f"weight decay {decay:g}")
    axes[0].legend(loc="lower left")
    return figure


def _draw_caps(panel: Axes, caps: dict[str, int]) -> None:
    """The logarithms of one or two numbers, the larger first, as lines with their names."""
    for (name, count), line in zip(caps.items(), (":", "--"), strict=False):
        panel.axhline(math.log(count), color=_style.INK, linestyle=line, linewidth=1)
        panel.annotate(name, (0.02, math.log(count)), xycoords=("axes fraction", "data"), va="bottom")
    panel.set_ylim(0, 1.12 * math.log(max(caps.values())))


@_style.styled
def information_and_collapse(run: Run) -> Figure:
    """MI(X; T) of the digits' features at two noises while they collapse, and NC1; training and test images."""
    figure, axes = _style.panels(run, 3, height=3.6)
    for split in ("train", "test"):
        rows = collapsing(run, split)
        rows = rows[rows.weight_decay == max(run.config["decays"])]
        for panel, estimator in zip(axes, NOISES, strict=False):
            _course(panel, rows[rows.estimator == estimator], "information", split, split)
        _course(axes[2], rows[rows.estimator == FIXED], f"nc1_{split}", split, split)
    for panel, estimator in zip(axes, NOISES, strict=False):
        _draw_caps(panel, {"log N": int(rows.num_points.max()), "log K": CLASSES})
        panel.set(title=estimator, ylabel=_INPUT)
    axes[2].set(title="collapse", ylabel="NC1")
    _style.log_axis(axes[2].yaxis)
    _style.legend_above(figure, axes[0], 2)
    return figure


@_style.styled
def bottleneck_strengths(run: Run) -> Figure:
    """Rate, test error and NC1 of variational bottlenecks against beta, with a true zero."""
    rows = rows_of(run, "vib")
    rows = rows.assign(test_error=100 * rows.test_error)
    figure, axes = _style.panels(run, 3, height=3.5)
    columns = {
        "rate": ("rate, nats", _style.LILAC, "D"),
        "test_error": ("test error (%)", _style.TEST, "s"),
        "nc1_train": ("NC1 of the code's means", _style.GREEN, "o"),
    }
    for panel, (column, (label, color, marker)) in zip(axes, columns.items(), strict=True):
        _draw_strengths(panel, rows, column, color, marker)
        panel.set(yscale="log", ylabel=label)
        _style.log_axis(panel.yaxis)
    axes[0].axhline(math.log(CLASSES), color=_style.INK, linestyle="--", linewidth=1)
    axes[0].annotate("log K", (0.02, math.log(CLASSES)), xycoords=("axes fraction", "data"), va="top")
    return figure


def _draw_strengths(panel: Axes, rows: pd.DataFrame, column: str, color: str, marker: str) -> None:
    """A mark a network, and the median over the seeds as a line."""
    medians = rows.groupby("beta")[column].median()
    panel.plot(rows.beta, rows[column], marker, color=color, markersize=4, alpha=0.5)
    panel.plot(medians.index, medians, color=color)
    panel.set_xscale("symlog", linthresh=medians.index[1])
    panel.set_xticks(medians.index, [f"{beta:g}" for beta in medians.index], fontsize=8, rotation=45)
    panel.minorticks_off()
    panel.set_xlabel(COLUMNS["beta"].label)


@_style.styled
def critical_strengths(run: Run) -> Figure:
    """Critical betas minus 1: around a simplex and random means, and of the digits' features during training."""
    figure, (means, digits) = _style.panels(run, 2, height=3.6)
    for kind, label, (color, marker) in zip(
        ("simplex", "random"), ("simplex ETF", "random means"), _style.ARM_STYLES[2:], strict=True
    ):
        for number, betas in enumerate(run.arrays[f"frames/{kind}"] - 1):
            means.plot(np.arange(1, len(betas) + 1), betas, color=color, marker=marker, markersize=4, linewidth=0.9,
                       label="_" * number + label)  # fmt: skip
    means.set(yscale="log", xlabel="transition", ylabel="critical β − 1")
    means.set_xticks(range(1, run.config["frame_classes"]))
    rows = spreads(run)
    for decay in sorted(run.config["decays"], reverse=True):
        own, weak = rows[rows.weight_decay == decay], decay < max(run.config["decays"])
        _course(digits, own, "spread", f"weight decay {decay:g}", 0, hollow=weak)
    digits.set(ylabel="(last β − 1) / (first β − 1)", yscale="log")
    for panel in (means, digits):
        _style.log_axis(panel.yaxis)
    means.legend(loc="upper left")
    digits.legend(loc="upper right")
    digits.axhline(1, color=_style.INK, linestyle="--", linewidth=1)
    return figure
