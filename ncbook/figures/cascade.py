"""Figures of the experiment `cascade`: collapse in every layer, the law of separation, effective depth, and tunnels."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ncbook.figures import _style
from ncbook.figures._bands import draw_band
from ncbook.readings.cascade import ARMS, SEPARABLE, STRAIGHT, law, layers, over_time, part, phases
from ncbook.runs import Run

# title -> columns of the training set and of the test set
_MEASURES = {
    "variance ratio": ("variance_ratio_train", "variance_ratio_test"),
    "nearest-mean error": ("ncc_error_train", "ncc_error_test_train_means"),
}
_DASHES = ("-", "--", ":", "-.")
_LEAST_ERROR = 1e-3  # errors below this share one color, for zero has no logarithm
_LAW_ARMS = ("plain", "no decay")
_LAW_CONTROLS = ("all random", "no batch norm", "linear")


@_style.styled
def layers_over_time(run: Run) -> Figure:
    """Two measures of every layer (across) at every measured step (down), on train and on test, median of seeds."""
    figure, axes = _style.panels(run, 2, 5.6, rows=2, sharex=True, sharey=True)
    for row, (title, names) in enumerate(_MEASURES.items()):
        tables = [over_time(run, "plain", name) for name in names]
        if "error" in title:
            tables = [table.clip(lower=_LEAST_ERROR) for table in tables]
        norm = LogNorm(min(table.min(axis=None) for table in tables), max(table.max(axis=None) for table in tables))
        pair = axes[2 * row : 2 * row + 2]
        for panel, table, side in zip(pair, tables, ("training", "test"), strict=True):
            image = panel.imshow(table, aspect="auto", cmap="cividis", norm=norm)
            panel.set_title(f"{title}, {side}", fontsize=9.5)
        bar = figure.colorbar(image, ax=pair, location="right", aspect=14, pad=0.02)
        bar.set_label("share" if "error" in title else "no unit")
        bar.ax.xaxis.set_visible(False)
    _label_steps(axes, list(tables[0].index), int(tables[0].columns[-1]))
    return figure


def _label_steps(axes: list[Axes], steps: list[int], depth: int) -> None:
    """Layers across and measured steps down; `axes` are two rows of two panels."""
    axes[0].set_yticks(range(0, len(steps), 2), [f"{step}" for step in steps[::2]])
    axes[0].set_xticks(range(0, depth + 1, 2))
    for panel in axes[::2]:
        panel.set_ylabel("step")
    for panel in axes[2:]:
        panel.set_xlabel("layer (0: input)")


@_style.styled
def separation_law(run: Run) -> Figure:
    """D of the training set against the layer at three moments, with weight decay and without, a line a seed."""
    figure, axes = _style.panels(run, 2, 3.7, sharex=True, sharey=True)
    for panel, arm in zip(axes, _LAW_ARMS, strict=True):
        frame = layers(run, arm)
        found = phases(run).loc[arm]
        starts = found.phase_start[found.phase_tells]
        _draw_seeds(panel, frame[frame.step == 0], 0, "before training")
        _draw_seeds(panel, frame[frame.step == frame.seed.map(starts)], 1, "last training error gone")
        _draw_seeds(panel, frame[frame.step == frame.step.max()], 2, "end of training")
        _label_law(panel, arm)
    axes[0].set_ylabel("separation D (no unit)")
    _style.legend_above(figure, axes[0], 3)
    return figure


@_style.styled
def separation_law_controls(run: Run) -> Figure:
    """D of the training set against the layer, before training and at the end, a panel a control, a line a seed."""
    figure, axes = _style.panels(run, 3, 3.4, sharex=True, sharey=True)
    for panel, arm in zip(axes, _LAW_CONTROLS, strict=True):
        frame = layers(run, arm)
        _draw_seeds(panel, frame[frame.step == 0], 0, "before training")
        _draw_seeds(panel, frame[frame.step == frame.step.max()], 2, "end of training")
        _label_law(panel, arm)
    axes[0].set_ylabel("separation D (no unit)")
    _style.legend_above(figure, axes[0], 2)
    return figure


def _label_law(panel: Axes, arm: str) -> None:
    panel.set_title(ARMS[arm])
    panel.set_xlabel("hidden layer")
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    _style.log_axis(panel.yaxis)


@_style.styled
def separation_law_over_time(run: Run) -> Figure:
    """How far log D is from a falling line over the hidden layers, and the slope of the line, against steps."""
    figure, (off, slope) = _style.panels(run, 2, 3.5, sharex=True)
    lines = law(run)
    lines = lines.assign(off=1 + lines.correlation)
    for style, arm in enumerate(_LAW_ARMS):
        for panel, name in ((off, "off"), (slope, "slope")):
            values = lines[lines.arm == arm].pivot(index="seed", columns="step", values=name)
            draw_band(panel, values.columns.to_numpy(), values.to_numpy(), ARMS[arm], style, every=2)
    off.axhline(1 + STRAIGHT, color=_style.INK, linewidth=0.8, linestyle=":")
    slope.axhline(0, color=_style.FAINT, linewidth=0.8)
    for panel in (off, slope):
        panel.set_xscale("symlog", linthresh=1)
        panel.set_xlim(0, lines.step.max())
        panel.set_xlabel("steps")
    _style.log_axis(off.yaxis)
    off.set_ylabel("1 + correlation (no unit)")
    off.set_title("away from a straight line")
    slope.set_ylabel("slope (nats a layer)")
    slope.set_title("slope of the line")
    _style.legend_above(figure, off, 2)
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
    _style.legend_above(figure, axes[0], 4)
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
    _style.legend_above(figure, axes[0], 4)
    return figure


def _draw_seeds(panel: Axes, frame: pd.DataFrame, style: int, label: str) -> None:
    """D over the hidden layers, a line a seed."""
    color, marker = _style.ARM_STYLES[style]
    for index, (_, own) in enumerate(frame[frame.layer > 0].groupby("seed")):
        panel.plot(own.layer, own.separation_train, _DASHES[style], color=color, marker=marker, markersize=3.5,
                   linewidth=1.2, label="_" if index else label)  # fmt: skip
