"""Figures of the experiment `cascade`: collapse in every layer, and the theory of deep unconstrained features."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ncbook.figures import _style
from ncbook.figures._bands import draw_band
from ncbook.runs import Run

_MEASURES = {"ratio": "variance ratio", "nc1": "NC1", "cdnv": "CDNV", "centre": "nearest-centre error"}
_DASHES = ("-", "--", ":", "-.")
_LEAST_ERROR = 1e-3  # errors below this share one colour, for zero has no logarithm


@_style.styled
def layers_over_time(run: Run) -> Figure:
    """Four measures of every layer (across) at every measured step (down), on train and on test, median of seeds."""
    figure, axes = _style.panels(run, 4, 5.4, rows=2, sharex=True, sharey=True)
    frame = _layers(run, "plain")
    for column, (name, title) in enumerate(_MEASURES.items()):
        pair = [_grid(frame, f"{name}_{side}") for side in ("train", "test")]
        low, high = min(grid.min() for grid in pair), max(grid.max() for grid in pair)
        for row, grid in enumerate(pair):
            panel = axes[4 * row + column]
            image = panel.imshow(grid, aspect="auto", cmap="cividis", norm=LogNorm(low, high))
            panel.set_title(title if row == 0 else "", fontsize=9.5)
            if row:
                panel.set_xlabel("layer")
        bar = figure.colorbar(image, ax=[axes[column], axes[4 + column]], location="bottom", aspect=14, pad=0.02)
        bar.ax.tick_params(labelsize=8)
        bar.set_label("share" if name == "centre" else "no unit", fontsize=8)
        bar.ax.yaxis.set_visible(False)
    steps = sorted(frame.step.unique())
    for row, side in enumerate(("train", "test")):
        axes[4 * row].set_yticks(range(0, len(steps), 3), [f"{step}" for step in steps[::3]])
        axes[4 * row].set_ylabel(f"{side}\nstep")
    axes[0].set_xticks(range(0, int(frame.layer.max()) + 1, 2))
    return figure


@_style.styled
def separation_law(run: Run) -> Figure:
    """D of the training set against the layer, before training and at the end, a panel an arm, a line a seed."""
    arms = ("plain", "all random", "no batch norm", "linear")
    titles = ("as it is", "random labels", "no batch norm", "no activations")
    figure, axes = _style.panels(run, 4, 3.2, sharex=True, sharey=True)
    for panel, arm, title in zip(axes, arms, titles, strict=True):
        frame = _layers(run, arm)
        for style, step in enumerate((0, frame.step.max())):
            _draw_seeds(panel, frame[(frame.layer > 0) & (frame.step == step)], style, "before" if not step else "end")
        panel.set_title(title, fontsize=9.5)
        panel.set_xlabel("hidden layer")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        _style.log_axis(panel.yaxis)
    axes[0].set_ylabel("separation D (no unit)")
    _legend_above(figure, axes[0])
    return figure


@_style.styled
def separation_law_over_time(run: Run) -> Figure:
    """Correlation of log D with the layer, and the slope of the line, against steps."""
    figure, (left, right) = _style.panels(run, 2, 3.5, sharex=True)
    for style, (arm, label) in enumerate(
        (("plain", "as it is"), ("all random", "random labels"), ("no batch norm", "no batch norm"),
         ("linear", "no activations"))
    ):  # fmt: skip
        frame = _layers(run, arm)
        lines = frame[frame.layer > 0].groupby(["seed", "step"]).apply(_line, include_groups=False).unstack("step")
        for panel, name in ((left, "correlation"), (right, "slope")):
            values = lines[name]
            draw_band(panel, values.columns.to_numpy(), values.to_numpy(), label, style, every=2)
    for panel in (left, right):
        panel.axhline(0, color=_style.FAINT, linewidth=0.8)
        panel.set_xscale("symlog", linthresh=1)
        panel.set_xlim(0, frame.step.max())
        panel.set_xlabel("steps")
    left.set_ylabel("correlation of log D\nwith the layer")
    right.set_ylabel("slope (nats a layer)")
    _legend_above(figure, left)
    return figure


@_style.styled
def effective_depth(run: Run) -> Figure:
    """Nearest-centre error of the training set against the layer at the end, for three shares of random labels."""
    figure, axes = _style.panels(run, 2, 3.5, sharey=True, sharex=True)
    groups = (("plain", "half random", "all random"), ("wide", "wide, all random"))
    labels = (("no random labels", "half random", "all random"), ("no random labels", "all random"))
    for panel, arms, names in zip(axes, groups, labels, strict=True):
        for arm, name in zip(arms, names, strict=True):
            grid = _end(run, arm).pivot(index="seed", columns="layer", values="centre_train")
            style = ("no random labels", "half random", "all random").index(name)
            draw_band(panel, grid.columns.to_numpy(), 100 * grid.to_numpy(), name, style, every=1)
        panel.axhline(1, color=_style.INK, linewidth=0.8, linestyle=":")
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
    frame = run.to_frame()
    frame = frame[frame.part == "probe"]
    axes[1].sharey(axes[0])
    columns = {"probe_seen": "digits trained on", "probe_other": "digits held out", "rank": "effective rank"}
    for panel, (name, title) in zip(axes, columns.items(), strict=True):
        for style, (step, label) in enumerate(((frame.step.max(), "trained"), (0, "untrained"))):
            grid = frame[frame.step == step].pivot(index="seed", columns="layer", values=name)
            scale = 1 if name == "rank" else 100
            draw_band(panel, grid.columns.to_numpy(), scale * grid.to_numpy(), label, style, every=1)
        panel.set_title(title)
        panel.set_xlabel("layer (0: input)")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[0].set_ylabel("test accuracy of\na linear probe (%)")
    axes[2].set_ylabel("dimensions")
    _style.log_axis(axes[2].yaxis)
    _legend_above(figure, axes[0])
    return figure


@_style.styled
def deep_collapse_beaten(run: Run) -> Figure:
    """Loss of every descent over the collapsed loss against the number of matrices; the best with its rank."""
    figure, axes = _style.panels(run, 2, 3.7, sharex=True)
    frame = run.to_frame()
    frame = frame[(frame.part == "deep") & (frame.kind == "random")]
    frame = frame.assign(relative=frame.loss / frame.collapsed)
    numbers = run.config["classes"]
    for panel, model, title in zip(axes, ("deep linear", "deep relu"), ("linear, cross-entropy", "ReLU, squared error"),
                                   strict=True):  # fmt: skip
        for style, classes in enumerate(numbers):
            own = frame[(frame.arm == model) & (frame.classes == classes)]
            _draw_descents(panel, own, style, 0.16 * (style - (len(numbers) - 1) / 2))
        panel.axhline(1, color=_style.INK, linewidth=0.8, linestyle=":")
        panel.set_title(title)
        panel.set_xlabel("weight matrices")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel.set_ylabel("loss over that of the\ncollapsed solution (no unit)")
    axes[1].set_ylim(*_zoomed(frame[frame.arm == "deep relu"].relative))
    _legend_above(figure, axes[0])
    return figure


def _zoomed(relative: pd.Series) -> tuple[float, float]:
    """From below the best to a fifth above the collapsed loss: higher descents are stuck and not shown."""
    return min(0.98, float(relative.min()) - 0.02), max(1.2, float(relative.min()) * 1.05)


def _draw_descents(panel: Axes, own: pd.DataFrame, style: int, shift: float) -> None:
    colour, marker = _style.CLASS_STYLES[style]
    panel.plot(own.layer + shift, own.relative, marker, color=colour, markersize=4, alpha=0.5, linestyle="none")
    best = own.loc[own.groupby("layer").relative.idxmin()]
    label = f"K = {int(own.classes.iloc[0])}"
    panel.plot(best.layer + shift, best.relative, _DASHES[style], color=colour, marker=marker, label=label)


def _layers(run: Run, arm: str) -> pd.DataFrame:
    frame = run.to_frame()
    frame = frame[(frame.part == "layer") & (frame.arm == arm)]
    return frame.assign(separation=frame.classes * frame.nc1_train)


def _end(run: Run, arm: str) -> pd.DataFrame:
    frame = _layers(run, arm)
    return frame[frame.step == frame.step.max()]


def _grid(frame: pd.DataFrame, name: str) -> np.ndarray:
    """Medians over the seeds [steps, layers]; errors not below `_LEAST_ERROR`."""
    grid = frame.pivot_table(index="step", columns="layer", values=name, aggfunc="median").to_numpy()
    return np.maximum(grid, _LEAST_ERROR) if name.startswith("centre") else grid


def _draw_seeds(panel: Axes, frame: pd.DataFrame, style: int, label: str) -> None:
    colour, marker = _style.CLASS_STYLES[style]
    for place, (_, own) in enumerate(frame.groupby("seed")):
        panel.plot(own.layer, own.separation, _DASHES[style], color=colour, marker=marker, markersize=3.5,
                   linewidth=1.2, label="_" if place else label)  # fmt: skip


def _line(rows: pd.DataFrame) -> pd.Series:
    logs = np.log(rows.separation.to_numpy(float))
    depth = rows.layer.to_numpy(float)
    return pd.Series({"correlation": np.corrcoef(depth, logs)[0, 1], "slope": np.polyfit(depth, logs, 1)[0]})


def _legend_above(figure: Figure, panel: Axes) -> None:
    handles, labels = panel.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4)
