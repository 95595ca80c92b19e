"""Figures of the experiment `margins`: lines, curves of sorted margins, families of networks, codes under noise."""

import math
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.readings.margins import COLUMNS, FAMILIES, FRAMES, line_risks, rows, with_curves
from ncbook.runs import Run

_LINES = {"H1": (_style.FAINT, ":"), "H2": (_style.PURPLE, "--"), "H3": (_style.GREEN, "-")}
_LABELS = {"true labels": (_style.GREEN, "-"), "random labels": (_style.PURPLE, "--")}
_SHOWN = 6  # curves in a panel


@_style.styled
def margin_lines(run: Run) -> Figure:
    """Two classes in the plane with the lines H1, H2 and H3, and the errors of H2 and H3 over all training sets."""
    figure, (plane, errors) = _style.panels(run, 2, height=3.7)
    _draw_plane(plane, run)
    table = 100 * line_risks(run).sort_values("H2")
    places = np.arange(1, len(table) + 1)
    errors.vlines(places, table.H3, table.H2, color=_style.FAINT, linewidth=1)
    for name, marker in (("H2", "s"), ("H3", "o")):
        errors.plot(places, table[name], marker, color=_LINES[name][0], label=f"error of {name}")
    errors.set(yscale="log", xlabel="training set, sorted by the error of H2", ylabel="error on the distribution (%)")
    errors.set_xticks(places)
    _style.log_axis(errors.yaxis)
    errors.legend(loc="upper left")
    return figure


def _draw_plane(panel: Axes, run: Run) -> None:
    points, labels = run.arrays["plane/points"], run.arrays["plane/labels"]
    grid = np.linspace(-3.2, 3.2, 160)
    places = np.stack(np.meshgrid(grid, grid), -1)[:, :, None, None]
    bumps = np.square(places - run.arrays["plane/centers"]).sum(-1) / (2 * run.arrays["plane/deviation"] ** 2)
    densities = np.exp(-bumps).sum(-1)  # [y, x, class]
    for c, (color, marker) in enumerate(_style.ARM_STYLES[:2]):
        panel.contourf(grid, grid, densities[..., c], levels=[0.1, 0.4, 1.1], colors=[color], alpha=0.18)
        panel.contourf(grid, grid, densities[..., c], levels=[0.4, 1.1], colors=[color], alpha=0.18)
        own = points[labels == c]
        panel.plot(*own.T, marker, color=color, markersize=5, markeredgecolor="white", label=f"class {c}")
    for (name, (_, line)), (angle, offset) in zip(_LINES.items(), run.arrays["plane/lines"], strict=True):
        foot = offset * np.array([math.cos(angle), math.sin(angle)])
        along = np.array([-math.sin(angle), math.cos(angle)])
        panel.axline(foot, foot + along, color=_style.INK, linestyle=line, linewidth=1.6, label=name)
    panel.set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2), aspect="equal", xticks=[], yticks=[])
    panel.legend(loc="lower right", fontsize=8, frameon=True, framealpha=0.9, borderpad=0.3, labelspacing=0.25)


@_style.styled
def margin_curves(run: Run) -> Figure:
    """Sorted relative margins at several steps, with the strongest and with no weight decay; first seed."""
    trained, curves = with_curves(run)
    decays = run.config["weight_decays"]
    figure, axes = _style.panels(run, 2, height=3.6, sharey=True)
    quantiles = np.linspace(0, 1, curves.shape[1])
    for panel, decay in zip(axes, (decays[0], decays[-1]), strict=True):
        own = trained[(trained.family == "true labels") & (trained.weight_decay == decay)]
        own = own[(own.seed == run.config["seeds"][0]) & (own.step > 0)]
        own = own.iloc[-_SHOWN:]
        for number, (index, step) in enumerate(own.step.items()):
            shade = plt.get_cmap("viridis_r")(0.1 + 0.9 * number / max(len(own) - 1, 1))
            panel.plot(quantiles, curves[index], color=shade, label=f"step {step}")
        panel.axhline(own.ideal.iloc[0], color=_style.INK, linestyle="--", linewidth=1, label="collapsed")
        panel.axhline(0, color=_style.FAINT, linewidth=0.8)
        panel.set_title(f"weight decay {decay:g}")
        panel.set_xlabel("share of the training points")
    axes[0].set_ylabel("relative margin")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4)
    return figure


@_style.styled
def head_against_max_margin(run: Run) -> Figure:
    """Cosine of head and class means with the max-margin classifier, and the head's share of its margin."""
    trained = rows(run, "training")
    trained = trained[(trained.family == "true labels") & trained.svm_cosine.notna()]
    figure, axes = _style.panels(run, 2, height=3.6)
    for decay, (color, marker) in zip(run.config["weight_decays"], _style.ARM_STYLES, strict=False):
        own = trained[trained.weight_decay == decay]
        style: dict[str, Any] = {"color": color, "marker": marker, "markersize": 4}
        _band(axes[0], own, "svm_cosine", "-", style | {"label": f"weight decay {decay:g}"})
        _band(axes[0], own, "means_svm_cosine", ":", {"color": color, "linewidth": 1.2})
        _band(axes[1], own, "svm_share", "-", style)
    axes[0].plot([], [], ":", color=_style.INK, label=COLUMNS["means_svm_cosine"].label)
    axes[0].set_ylabel(COLUMNS["svm_cosine"].label)
    axes[1].set_ylabel(COLUMNS["svm_share"].label)
    axes[1].set_ylim(top=1)
    for panel in axes:
        panel.set(xscale="log", xlabel="steps")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def _band(panel: Axes, frame: pd.DataFrame, column: str, line: str, style: dict[str, Any]) -> None:
    """Median over the seeds, and their range."""
    table = frame.pivot_table(index="seed", columns="step", values=column)
    panel.fill_between(table.columns, table.min(), table.max(), color=style["color"], alpha=0.13, linewidth=0)
    panel.plot(table.columns, table.median(), line, **style)


@_style.styled
def random_label_margins(run: Run) -> Figure:
    """Sorted margins at the end with true and with random labels, and test error against area."""
    trained, curves = with_curves(run)
    trained = trained[trained.weight_decay == run.config["weight_decays"][1]]
    figure, (sorted_margins, errors) = _style.panels(run, 2, height=3.4)
    last = trained[trained.step == trained.step.max()]
    quantiles = np.linspace(0, 1, curves.shape[1])
    for family, (color, line) in _LABELS.items():
        own = last[last.family == family]
        for number, index in enumerate(own.index):
            sorted_margins.plot(quantiles, curves[index], line, color=color, label="_" * number + family)
        marker = "o" if family == "true labels" else "s"
        errors.plot(own.area, 100 * own.test_error, marker, color=color, label=family)
    sorted_margins.axhline(last.ideal.iloc[0], color=_style.INK, linestyle="--", linewidth=1, label="collapsed")
    sorted_margins.axhline(0, color=_style.FAINT, linewidth=0.8)
    sorted_margins.set(xlabel="share of the training points", ylabel="relative margin")
    sorted_margins.legend(loc="center right", bbox_to_anchor=(1, 0.2))
    errors.set(xlabel="area under the curve", ylabel="test error (%)", ylim=(0, 100), xlim=(0, None))
    errors.legend(loc="center left")
    return figure


@_style.styled
def margins_by_family(run: Run) -> Figure:
    """Test accuracy against the area under the margin curve, a panel a family, a mark a network."""
    frame = rows(run, "families")
    seeds = run.config["seeds"][: run.config["family_seeds"]]
    looks = dict(zip(seeds, _style.ARM_STYLES, strict=False))
    figure, axes = _style.panels(run, 3, height=5.2, rows=2, sharex=True, sharey=True)
    axes[2].tick_params(labelbottom=True)  # no panel stands below it
    for panel, family in zip(axes, (*FAMILIES, "seeds"), strict=False):
        own = frame[frame.family == family]
        for seed, nets in own.groupby("seed"):
            color, marker = looks.get(seed, (_style.INK, "."))
            panel.plot(nets.area, 100 * (1 - nets.test_error), marker, color=color, markersize=5, alpha=0.85)
        panel.set_title(family, fontsize=9.5)
        panel.set(xlabel="area under the margin curve", ylabel="test accuracy (%)")
    for seed, (color, marker) in looks.items():
        axes[5].plot([], [], marker, color=color, label=f"seed {seed}")
    axes[5].plot([], [], ".", color=_style.INK, label="other seeds")
    axes[5].axis("off")
    axes[5].legend(loc="center")
    return figure


@_style.styled
def error_exponents(run: Run) -> Figure:
    """-sigma^2 log error against sigma around three frames, sampled in two ways, with the limits at sigma = 0."""
    frame = rows(run, "exponent")
    counts = run.config["frame_classes"]
    figure, axes = _style.panels(run, len(counts), height=3.7)
    for panel, count in zip(axes, counts, strict=True):
        for (name, label), look in zip(FRAMES.items(), _style.ARM_STYLES, strict=False):
            own = frame[(frame.num_classes == count) & (frame.frame == name)]
            _draw_exponents(panel, own, label, *look)
        panel.set_title(f"K = {count}")
        panel.set(xlabel=COLUMNS["sigma"].label, ylabel=COLUMNS["exponent"].label, xlim=(-0.01, None), ylim=(0, None))
    axes[0].plot([], [], "x", color=_style.INK, label="plain sampling")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def _draw_exponents(panel: Axes, frame: pd.DataFrame, label: str, color: str, marker: str) -> None:
    """A line a seed by importance sampling, crosses by plain sampling, and the limit as an open mark at zero."""
    for number, (_, own) in enumerate(frame.groupby("seed")):
        sampled = own[own.method == "importance"]
        panel.plot(sampled.sigma, sampled.exponent, "-", color=color, marker=marker, markersize=4, linewidth=1.2,
                   label="_" * number + label)  # fmt: skip
        plain = own[(own.method == "plain") & np.isfinite(own.exponent)]
        panel.plot(plain.sigma, plain.exponent, "x", color=_style.INK, markersize=6, markeredgewidth=1)
        panel.plot(0, own.limit.iloc[0], marker, color=color, fillstyle="none", markersize=7, clip_on=False)
