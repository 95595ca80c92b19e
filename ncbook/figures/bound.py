"""Figures of the experiment `bound`: the terms of a bound for test collapse, and what they say."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.readings.bound import SHIFTS, fixed_deviations, network_shifts, rows, terminal_start
from ncbook.runs import Run

_CDNV = "CDNV (no unit)"
_SIZE = "training images per class, n"
# column: label, color, line, marker
_LINES = {
    "cdnv_bound": ("right-hand side", _style.INK, "-", "D"),
    "cdnv_test": ("population, $V(P_i, P_j)$", _style.TEST, "--", "s"),
    "B": ("B", _style.LILAC, "-.", "v"),
    "cdnv_train": ("training set, $V(S_i, S_j)$", _style.TRAIN, "-", "o"),
    "A": ("A", _style.GREEN, ":", "^"),
}


def _banded(panel: Axes, table: pd.DataFrame, label: str, color: str, line: str, marker: str) -> None:
    """Median over the rows of a table [seeds, x], and a band from the lowest to the highest."""
    panel.fill_between(table.columns, table.min(), table.max(), color=color, alpha=0.15, linewidth=0)
    panel.plot(table.columns, table.median(), line, color=color, marker=marker, markersize=4, label=label)


def _by_size(panel: Axes, table: pd.DataFrame, column: str, style: tuple[str, str, str, str]) -> None:
    """Mean over the pairs or networks of each seed and size, against the size."""
    _banded(panel, table.pivot_table(index="seed", columns="per_class", values=column), *style)


def _size_axis(panel: Axes, run: Run) -> None:
    panel.set(xscale="log", yscale="log", xlabel=_SIZE)
    panel.set_xticks(run.config["sizes"], [str(size) for size in run.config["sizes"]])
    panel.minorticks_off()
    _style.log_axis(panel.yaxis)


@_style.styled
def bound_against_size(run: Run) -> Figure:
    """Both sides of the bound, and its terms, against the size of the training set."""
    figure, axes = _style.panels(run, 2, height=3.8)
    pairs = rows(run, "pair")
    for panel, columns in zip(axes, (("cdnv_bound", "cdnv_test", "cdnv_train"), ("A", "B")), strict=True):
        for column in columns:
            _by_size(panel, pairs, column, _LINES[column])
        _size_axis(panel, run)
    axes[0].set_ylabel(_CDNV)
    axes[0].set_title("the two sides, and the training set")
    axes[1].set_ylabel("term (no unit)")
    axes[1].set_title("what joins them")
    _legend_above(figure, axes, columns=3)
    return figure


def _legend_above(figure: Figure, axes: list[Axes], columns: int) -> None:
    """One legend for all panels; a line that two of them show is named once."""
    named = {label: handle for panel in axes for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)}
    figure.legend(list(named.values()), list(named), loc="outside upper center", ncols=columns)


@_style.styled
def bound_pairs(run: Run) -> Figure:
    """The bound against the true value, one point a pair of classes, for every network."""
    figure, (panel,) = _style.panels(run, 1, height=4.2)
    pairs, sizes = rows(run, "pair"), run.config["sizes"]
    shades = colormaps["viridis"](np.linspace(0.05, 0.85, len(sizes)))
    for index, (size, shade) in enumerate(zip(sizes, shades, strict=True)):
        own = pairs[pairs.per_class == size]
        style: dict[str, Any] = {"marker": "osD^vP*X"[index % 8], "color": shade, "alpha": 0.7}
        panel.plot(own.cdnv_test, own.cdnv_bound, linestyle="", markersize=4, label=f"n = {size}", **style)
    ends = np.array([pairs.cdnv_test.min(), pairs.cdnv_test.max()])
    panel.plot(ends, ends, color=_style.INK, linewidth=1, label="equal")
    panel.plot(ends, 2 * ends, ":", color=_style.FAINT, linewidth=1.2, label="twice")
    panel.set(xscale="log", yscale="log", xlabel="CDNV of the pair in the population", ylabel="bound on it")
    for axis in (panel.xaxis, panel.yaxis):
        _style.log_axis(axis)
    panel.legend(loc="upper left", ncols=2)
    return figure


@_style.styled
def bound_over_training(run: Run) -> Figure:
    """The terms of the bound over the steps of training, for the smallest and the largest training set."""
    figure, axes = _style.panels(run, 2, height=3.9, sharey=True)
    time, sizes = rows(run, "time"), run.config["sizes"]
    for panel, size in zip(axes, (min(sizes), max(sizes)), strict=True):
        own = time[(time.per_class == size) & (time.step > 0)]
        for column in ("cdnv_bound", "cdnv_test", "B", "cdnv_train"):
            _banded(panel, own.pivot_table(index="seed", columns="step", values=column), *_LINES[column])
        start = terminal_start(run, size)
        if np.isfinite(start):
            panel.axvspan(
                start, own.step.max(), color=_style.FAINT, alpha=0.12, linewidth=0, label="zero training error"
            )
        panel.set(xscale="log", yscale="log", xlabel="steps")
        panel.set_title(f"n = {size}")
    _style.log_axis(axes[0].yaxis)
    axes[0].set_ylabel("mean over pairs (no unit)")
    _legend_above(figure, axes, columns=3)
    return figure


_DEVIATIONS = {
    "shift": ("mean, ‖E f − Avg f‖", _style.GREEN, "-", "o"),
    "square": ("square, |E ‖f‖² − Avg ‖f‖²|", _style.PURPLE, "-.", "D"),
}
_SHIFTS = (  # of the columns SHIFTS
    ("mean, points it was trained on", _style.TRAIN, "-", "o"),
    ("mean, fresh points", _style.TEST, "--", "s"),
    ("mean, guess from training variance", _style.LILAC, ":", "^"),
)


@_style.styled
def concentration_rates(run: Run) -> Figure:
    """Concentration terms against n: fresh points under one fixed network, and the points that it was trained on."""
    figure, axes = _style.panels(run, 2, height=4.2)
    fixed, networks = fixed_deviations(run), network_shifts(run)
    for column, style in _DEVIATIONS.items():
        _by_size(axes[0], fixed, column, style)
    _root_line(axes[0], run, 1.0)
    axes[0].set_title("one fixed network, fresh points")
    axes[0].set_ylabel("deviation, as a share of the first")
    for column, style in zip(SHIFTS, _SHIFTS, strict=True):
        _by_size(axes[1], networks, column, style)
    _root_line(axes[1], run, networks[networks.per_class == min(run.config["sizes"])]["shift"].median())
    axes[1].set_title("a network trained for each n")
    axes[1].set_ylabel("mean shift / distance of means")
    for panel in axes:
        _size_axis(panel, run)
    _legend_above(figure, axes, columns=2)
    return figure


def _root_line(panel: Axes, run: Run, start: float) -> None:
    sizes = np.array(run.config["sizes"], dtype=float)
    panel.plot(sizes, start * (sizes / sizes[0]) ** -0.5, color=_style.FAINT, linewidth=1, label="slope −1/2")


_WITHOUT = {
    "hoeffding": ("concentration inequality", _style.PURPLE, ":", "v"),
    "bootstrap_fresh": ("bootstrap, fresh points", _style.GREEN, ":", "o"),
    "cdnv_bound": ("with the population's A and B", _style.INK, "-", "D"),
    "cdnv_test": ("population: true value", _style.TEST, "--", "s"),
    "bootstrap_train": ("bootstrap, training points", _style.LILAC, "-.", "^"),
}


@_style.styled
def bounds_without_population(run: Run) -> Figure:
    """The true value, the bound with the population's terms, and bounds that need no population, against n."""
    figure, (panel,) = _style.panels(run, 1, height=4.0)
    pairs = rows(run, "pair")
    pairs = pairs.assign(hoeffding=pairs.hoeffding.where(np.isfinite(pairs.hoeffding)))
    for column, style in _WITHOUT.items():
        finite = pairs.groupby("per_class")[column].apply(lambda values: values.notna().all())
        _by_size(panel, pairs[pairs.per_class.isin(finite.index[finite])], column, style)
    _size_axis(panel, run)
    panel.set_ylabel(_CDNV)
    _legend_above(figure, [panel], columns=2)
    return figure


@_style.styled
def nearest_center(run: Run) -> Figure:
    """Error of the nearest-center rule beside its bounds: on glyphs against n, and for two Gaussians."""
    figure, axes = _style.panels(run, 2, height=4.0, sharey=True)
    networks = rows(run, "network")
    styles = {
        "ncc_error_bound": ("4 (K−1) V", _style.PURPLE, "-", "o"),
        "directional_ncc_error_bound": ("along the lines between means", _style.GREEN, "--", "s"),
        "ncc_error_test": ("error", _style.INK, "-", "D"),
    }
    for column, style in styles.items():
        _by_size(axes[0], networks, column, style)
    _size_axis(axes[0], run)
    axes[0].set_title("glyphs")
    axes[0].set_ylabel("error, or bound on it (share)")
    _draw_gaussians(axes[1], run)
    for panel in axes:
        panel.axhline(1, color=_style.FAINT, linestyle=(0, (1, 2)), linewidth=1.2)
    axes[0].set_ylim(bottom=1e-3)
    _style.log_axis(axes[0].yaxis)
    axes[0].legend(loc="lower left", fontsize=8)
    return figure


def _draw_gaussians(panel: Axes, run: Run) -> None:
    curves = {name.split("/")[1]: curve for name, curve in run.arrays.items()}
    for dim, bound, line in zip(run.config["gaussian_dims"], curves["bound"], ("-", "-.", ":"), strict=False):
        panel.plot(curves["distance"], bound, line, color=_style.PURPLE, label=f"4 V, d = {dim}")
    panel.plot(curves["distance"], curves["directional"], "--", color=_style.GREEN, label="along the line, any d")
    panel.plot(curves["distance"], curves["error"], color=_style.INK, label="error, any d")
    panel.set_xlabel("distance of the means / standard deviation")
    panel.set_title("two Gaussian classes")
    panel.legend(loc="upper right", fontsize=8)
