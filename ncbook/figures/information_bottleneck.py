"""Figures of the experiment `information_bottleneck`: estimators, information planes, collapse, bottlenecks."""

import math
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.runs import Run

_COUNTS = _style.CLASS_STYLES
_ACTIVATIONS = {"tanh": ("tanh", _style.BLUE, "o"), "relu": ("ReLU", _style.ORANGE, "s")}
_ESTIMATORS = ("fixed noise", "scaled noise", "fixed bins", "scaled bins")
_NOISES = {"fixed noise": (_style.BLUE, "-"), "scaled noise": (_style.ORANGE, "--")}
_INPUT, _LABEL = "I(X; T), nats", "I(Y; T), nats"
_CLASSES = 10


def _part(run: Run, part: str) -> pd.DataFrame:
    frame = run.to_frame()
    return frame[frame.part == part]


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
    rows = _part(run, "estimators")
    dims = run.config["dims"]
    figure, axes = _style.panels(run, len(dims), height=5.4, rows=2)
    for place, dim in enumerate(dims):
        own = rows[rows.dim == dim]
        _draw_estimates(axes[place], own[own.estimator == "kernel"], run.config["counts"])
        _draw_estimates(axes[len(dims) + place], own[own.estimator == "bins"], run.config["counts"])
        axes[place].set_title(f"kernels, d = {dim}")
        axes[len(dims) + place].set_title(f"bins, d = {dim}")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def _draw_estimates(panel: Axes, rows: pd.DataFrame, counts: list[int]) -> None:
    """Estimates for each number of points, with their caps log N dotted, and the truth as the dashed diagonal."""
    for count, (colour, marker) in zip(counts, _COUNTS, strict=False):
        own = rows[rows.points == count].groupby("truth")[["information", "lower"]].median().reset_index()
        if own.lower.notna().all():
            panel.fill_between(own.truth, own.lower, own.information, color=colour, alpha=0.2, linewidth=0)
            panel.plot(own.truth, own.lower, color=colour, linewidth=0.8)
        panel.plot(own.truth, own.information, color=colour, marker=marker, markersize=4, linewidth=1.2,
                   label=f"N = {count}")  # fmt: skip
        panel.axhline(math.log(count), color=colour, linestyle=":", linewidth=0.9)
    top = rows.truth.max()
    panel.plot([0, top], [0, top], "--", color=_style.INK, linewidth=1, label="truth")
    panel.set(xlabel="truth, nats", ylabel="estimate, nats", xlim=(0, top), ylim=(0, 1.12 * math.log(max(counts))))


@_style.styled
def information_planes(run: Run) -> Figure:
    """The information plane of the first seed: a line a hidden layer, tanh above and ReLU below, three estimators."""
    rows = _part(run, "plane")
    rows = rows[rows.seed == run.config["seeds"][0]]
    shown = ("fixed noise", "scaled noise", "scaled bins")
    figure, axes = _style.panels(run, 3, height=5.4, rows=2, sharex=True, sharey=True)
    for place, panel in enumerate(axes):
        activation, estimator = list(_ACTIVATIONS)[place // 3], shown[place % 3]
        own = rows[(rows.name == activation) & (rows.estimator == estimator)]
        for level, layer in own.groupby("layer"):
            shade = plt.get_cmap("viridis")(0.95 * (level - 1) / len(run.config["hidden"]))
            panel.plot(layer.information, layer.label, color=shade, linewidth=1.2, label=f"layer {level}")
            panel.plot(layer.information.iloc[0], layer.label.iloc[0], "o", color=shade, fillstyle="none", markersize=5)
            panel.plot(layer.information.iloc[-1], layer.label.iloc[-1], "o", color=shade, markersize=6)
        panel.set_title(f"{_ACTIVATIONS[activation][0]}, {estimator}", fontsize=9.5)
        panel.set(xlabel=_INPUT if place > 2 else "", ylabel=_LABEL if place % 3 == 0 else "")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=5)
    return figure


@_style.styled
def compression_by_estimator(run: Run) -> Figure:
    """I(X; T) of the last hidden layer during training, tanh and ReLU, a panel an estimator."""
    rows = _part(run, "plane")
    rows = rows[rows.layer == len(run.config["hidden"])]
    figure, axes = _style.panels(run, 2, height=5.2, rows=2, sharey=True)
    for panel, estimator in zip(axes, _ESTIMATORS, strict=True):
        for name, (label, colour, marker) in _ACTIVATIONS.items():
            own = rows[(rows.name == name) & (rows.estimator == estimator)]
            _band(panel, own, "information", "-", color=colour, marker=marker, markersize=4, label=label)
        panel.axhline(math.log(run.config["sampled"]), color=_style.INK, linestyle=":", linewidth=1, label="log N")
        panel.axhline(math.log(2), color=_style.INK, linestyle="--", linewidth=1, label="log 2")
        panel.set_title(estimator)
        panel.set_ylabel(_INPUT)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


@_style.styled
def information_against_noise(run: Run) -> Figure:
    """Kernel bounds on I(X; T) of the digits' features against the noise, before and after training."""
    rows = _part(run, "digits")
    rows = rows[rows.estimator == "noise curve"]
    decays = sorted(run.config["decays"], reverse=True)
    figure, axes = _style.panels(run, len(decays), height=3.5, sharey=True)
    looks = (("before training", _style.FAINT, ":"), ("after training", _style.BLUE, "-"))
    for panel, decay in zip(axes, decays, strict=True):
        own = rows[rows.setting == decay]
        for step, (label, colour, line) in zip(sorted(own.step.unique()), looks, strict=True):
            at = own[own.step == step].groupby("noise")[["information", "lower"]].median()
            panel.fill_between(at.index, at.lower, at.information, color=colour, alpha=0.25, linewidth=0)
            panel.plot(at.index, at.information, line, color=colour, label=label)
        _draw_caps(panel, int(own.points.iloc[0]))
        panel.set(xscale="log", xlabel="noise variance / size of the features", ylabel=_INPUT)
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
    rows = _part(run, "digits")
    rows = rows[rows.setting == max(run.config["decays"])]
    figure, axes = _style.panels(run, 3, height=3.6)
    for panel, split in zip(axes, ("train", "test"), strict=False):
        for estimator, (colour, line) in _NOISES.items():
            own = rows[(rows.name == split) & (rows.estimator == estimator)]
            _band(panel, own, "information", line, color=colour, label=estimator)
        _draw_caps(panel, int(own.points.max()))
        panel.set_title(f"{split} images")
        panel.set_ylabel(_INPUT)
    for split, colour, line in (("train", _style.GREEN, "-"), ("test", _style.PURPLE, "--")):
        own = rows[(rows.name == split) & (rows.estimator == "fixed noise")]
        _band(axes[2], own, "nc1", line, color=colour, label=f"{split} images")
    _style.log_axis(axes[2].yaxis)
    axes[2].set_ylabel("NC1")
    axes[2].set_title("collapse")
    axes[0].legend(loc="lower right")
    axes[2].legend(loc="lower left")
    return figure


@_style.styled
def bottleneck_strengths(run: Run) -> Figure:
    """Rate, errors and NC1 of variational bottlenecks against beta; beta = 0 stands at the left end."""
    rows = _part(run, "vib")
    betas = sorted(rows.setting.unique())
    zero = betas[1] / 10
    figure, (rate, error, nc1) = _style.panels(run, 3, height=3.5)
    _draw_strengths(rate, rows, "rate", zero, _style.BLUE, "o", "rate")
    rate.axhline(math.log(_CLASSES), color=_style.INK, linestyle="--", linewidth=1, label="log K")
    _draw_strengths(error, rows.assign(percent=100 * rows.test_error), "percent", zero, _style.ORANGE, "s", "test")
    _draw_strengths(nc1, rows, "nc1", zero, _style.GREEN, "^", "NC1 of the means")
    for panel, label in ((rate, "rate, nats"), (error, "test error (%)"), (nc1, "NC1 of the code's means")):
        panel.set(xscale="log", yscale="log", xlabel="strength β", ylabel=label)
        panel.set_xticks([zero, *betas[1:]], ["0", *(f"{beta:g}" for beta in betas[1:])], fontsize=8, rotation=45)
        panel.minorticks_off()
        _style.log_axis(panel.yaxis)
    rate.legend()
    return figure


def _draw_strengths(
    panel: Axes, rows: pd.DataFrame, column: str, zero: float, colour: str, marker: str, label: str
) -> None:
    """A mark a network, and the median over the seeds as a line."""
    places = rows.setting.where(rows.setting > 0, zero)
    panel.plot(places, rows[column], marker, color=colour, markersize=4, alpha=0.5)
    medians = rows.groupby(places)[column].median()
    panel.plot(medians.index, medians, color=colour, label=label)


@_style.styled
def critical_strengths(run: Run) -> Figure:
    """Critical betas minus 1: around a simplex and random means, and of the digits' features during training."""
    figure, (means, digits) = _style.panels(run, 2, height=3.6)
    looks = (("simplex", _style.BLUE, "o"), ("random", _style.ORANGE, "s"))
    for kind, colour, marker in looks:
        for place, betas in enumerate(run.arrays[f"frames/{kind}"] - 1):
            panel_label = "_" * place + (f"{kind} means" if kind == "random" else "simplex ETF")
            means.plot(np.arange(1, len(betas) + 1), betas, color=colour, marker=marker, markersize=4, linewidth=0.9,
                       label=panel_label)  # fmt: skip
    means.set(yscale="log", xlabel="transition", ylabel="critical β − 1")
    means.set_xticks(range(1, run.config["frame_classes"]))
    rows = _part(run, "digits")
    rows = rows[(rows.name == "train") & (rows.estimator == "fixed noise")]
    for decay, (colour, marker) in zip(sorted(run.config["decays"], reverse=True), _style.CLASS_STYLES, strict=False):
        own = rows[rows.setting == decay]
        own = own.assign(spread=own.beta_high / own.beta_low)
        _band(digits, own, "spread", "-", color=colour, marker=marker, markersize=4, label=f"weight decay {decay:g}")
    digits.set(ylabel="(last β − 1) / (first β − 1)", yscale="log")
    for panel in (means, digits):
        _style.log_axis(panel.yaxis)
        panel.legend()
    digits.axhline(1, color=_style.INK, linestyle="--", linewidth=1)
    return figure
