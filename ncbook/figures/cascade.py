"""Figures of the experiment `cascade`: collapse in every layer, the law of separation, effective depth, and tunnels."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ncbook.figures import _style
from ncbook.figures._bands import draw_band
from ncbook.readings.cascade import ARMS, SEPARABLE, law, layers, over_time, part
from ncbook.runs import Run

# title -> columns of the training set and of the test set
_MEASURES = {
    "variance ratio": ("variance_ratio_train", "variance_ratio_test"),
    "NC1": ("nc1_train", "nc1_test"),
    "CDNV": ("cdnv_train", "cdnv_test"),
    "nearest-mean error": ("ncc_error_train", "ncc_error_test_train_means"),
}
_DASHES = ("-", "--", ":", "-.")
_LEAST_ERROR = 1e-3  # errors below this share one color, for zero has no logarithm
_LAW_ARMS = ("plain", "quarter decay", "no decay", "all random", "no batch norm", "linear")
_LAW_OVER_TIME = ("plain", "no decay", "all random", "no batch norm", "linear")


@_style.styled
def layers_over_time(run: Run) -> Figure:
    """Four measures of every layer (across) at every measured step (down), on train and on test, median of seeds."""
    figure, axes = _style.panels(run, 4, 5.4, rows=2, sharex=True, sharey=True)
    for column, (title, names) in enumerate(_MEASURES.items()):
        pair = [over_time(run, "plain", name) for name in names]
        if "error" in title:
            pair = [table.clip(lower=_LEAST_ERROR) for table in pair]
        norm = LogNorm(min(table.min(axis=None) for table in pair), max(table.max(axis=None) for table in pair))
        for row, table in enumerate(pair):
            panel = axes[4 * row + column]
            image = panel.imshow(table, aspect="auto", cmap="cividis", norm=norm)
            panel.set_title("" if row else title, fontsize=9.5)
            panel.set_xlabel("layer" if row else "")
        bar = figure.colorbar(image, ax=[axes[column], axes[4 + column]], location="bottom", aspect=14, pad=0.02)
        bar.ax.tick_params(labelsize=8)
        bar.set_label("share" if "error" in title else "no unit", fontsize=8)
        bar.ax.yaxis.set_visible(False)
    steps = list(table.index)
    for row, side in enumerate(("train", "test")):
        axes[4 * row].set_yticks(range(0, len(steps), 3), [f"{step}" for step in steps[::3]])
        axes[4 * row].set_ylabel(f"{side}\nstep")
    axes[0].set_xticks(range(0, int(table.columns[-1]) + 1, 2))
    return figure


@_style.styled
def separation_law(run: Run) -> Figure:
    """D of the training set against the layer, before training and at the end, a panel an arm, a line a seed."""
    figure, axes = _style.panels(run, 3, 5.0, rows=2, sharex=True, sharey=True)
    for panel, arm in zip(axes, _LAW_ARMS, strict=True):
        frame = layers(run, arm)
        for style, step in enumerate((0, frame.step.max())):
            _draw_seeds(panel, frame[(frame.layer > 0) & (frame.step == step)], style, "before" if not step else "end")
        panel.set_title(ARMS[arm], fontsize=9.5)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        _style.log_axis(panel.yaxis)
    for panel in axes[3:]:
        panel.set_xlabel("hidden layer")
    for panel in axes[::3]:
        panel.set_ylabel("separation D (no unit)")
    _legend_above(figure, axes[0])
    return figure


@_style.styled
def separation_law_over_time(run: Run) -> Figure:
    """Correlation of log D with the layer, and the slope of the line, against steps."""
    figure, (left, right) = _style.panels(run, 2, 3.5, sharex=True)
    lines = law(run)
    for style, arm in enumerate(_LAW_OVER_TIME):
        for panel, name in ((left, "correlation"), (right, "slope")):
            values = lines[lines.arm == arm].pivot(index="seed", columns="step", values=name)
            draw_band(panel, values.columns.to_numpy(), values.to_numpy(), ARMS[arm], style, every=2)
    for panel in (left, right):
        panel.axhline(0, color=_style.FAINT, linewidth=0.8)
        panel.set_xscale("symlog", linthresh=1)
        panel.set_xlim(0, lines.step.max())
        panel.set_xlabel("steps")
    left.set_ylabel("correlation of log D\nwith the layer")
    right.set_ylabel("slope (nats a layer)")
    _legend_above(figure, left)
    return figure


@_style.styled
def effective_depth(run: Run) -> Figure:
    """Nearest-mean error of the training set against the layer at the end, for three shares of random labels."""
    figure, axes = _style.panels(run, 2, 3.5, sharey=True, sharex=True)
    groups = (("plain", "half random", "all random"), ("wide", "wide, all random"))
    labels = (("no random labels", "half random", "all random"), ("no random labels", "all random"))
    for panel, arms, names in zip(axes, groups, labels, strict=True):
        for arm, name in zip(arms, names, strict=True):
            frame = layers(run, arm)
            grid = frame[frame.step == frame.step.max()].pivot(index="seed", columns="layer", values="ncc_error_train")
            style = ("no random labels", "half random", "all random").index(name)
            draw_band(panel, grid.columns.to_numpy(), 100 * grid.to_numpy(), name, style, every=1)
        panel.axhline(100 * SEPARABLE, color=_style.INK, linewidth=0.8, linestyle=":")
        _style.percent_axis(panel)
        panel.set_xlabel("layer (0: input)")
    width = run.config["width"]
    axes[0].set_title(f"width {width}")
    axes[1].set_title(f"width {2 * width}")
    axes[0].set_ylabel("training images nearer to\nanother class mean (%)")
    _legend_above(figure, axes[0])
    return figure


@_style.styled
def extractor_and_tunnel(run: Run) -> Figure:
    """Linear probes for digits trained on and for others, and the effective rank, by layer, before and at the end."""
    figure, axes = _style.panels(run, 3, 3.4, sharex=True)
    frame = part(run, "probe")
    axes[1].sharey(axes[0])
    columns = {
        "probe_acc_seen": "digits trained on",
        "probe_acc_other": "digits held out",
        "effective_rank": "effective rank",
    }
    for panel, (name, title) in zip(axes, columns.items(), strict=True):
        for style, (step, label) in enumerate(((frame.step.max(), "trained"), (0, "untrained"))):
            grid = frame[frame.step == step].pivot(index="seed", columns="layer", values=name)
            scale = 1 if name == "effective_rank" else 100
            draw_band(panel, grid.columns.to_numpy(), scale * grid.to_numpy(), label, style, every=1)
        panel.set_title(title)
        panel.set_xlabel("layer (0: input)")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[0].set_ylabel("test accuracy of\na linear probe (%)")
    axes[2].set_ylabel("dimensions")
    _style.log_axis(axes[2].yaxis)
    _legend_above(figure, axes[0])
    return figure


def _draw_seeds(panel: Axes, frame: pd.DataFrame, style: int, label: str) -> None:
    color, marker = _style.CLASS_STYLES[style]
    for index, (_, own) in enumerate(frame.groupby("seed")):
        panel.plot(own.layer, own.separation_train, _DASHES[style], color=color, marker=marker, markersize=3.5,
                   linewidth=1.2, label="_" if index else label)  # fmt: skip


def _legend_above(figure: Figure, panel: Axes) -> None:
    handles, labels = panel.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4)
