"""Figures of the experiment `transfer`: what features are worth for classes that they were not trained on."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.figures._bands import draw_band
from ncbook.readings.transfer import (
    COARSE,
    FINE,
    INPUT,
    LAST,
    PER_CLASS,
    RANDOM,
    TOTAL,
    WEAK,
    WEAK_HALVES,
    ends,
    final_layers,
    part,
)
from ncbook.runs import Run

_PROTOCOLS = {PER_CLASS: "equal images a class", TOTAL: "equal images in all"}
_SUPER = (*COARSE, WEAK)
_STYLES = (*_SUPER, FINE)  # index of their colors, markers and lines; random labels have ink
_ON_MNIST = (*_SUPER, WEAK_HALVES)  # these too
_RATIO = "Tr $\\Sigma_W$ / Tr $\\Sigma_B$ (no unit)"


@_style.styled
def transfer_against_classes(run: Run) -> Figure:
    """CDNV on source classes, seen and new images, on target classes, and 5-shot accuracy there, against l."""
    figure, axes = _style.panels(run, 2, 5.4, rows=2, sharex=True)
    table = ends(run)
    titles = {
        "cdnv_train": "CDNV, training images",
        "cdnv_test": "CDNV, new images",
        "cdnv_target": "CDNV, target classes",
        "probe_acc_target": f"{run.config['shots']}-shot accuracy, target",
    }
    for panel, (name, title) in zip(axes, titles.items(), strict=True):
        for style, (arm, label) in enumerate(_PROTOCOLS.items()):
            values = table[table.arm == arm].pivot(index="seed", columns="num_classes", values=name)
            draw_band(panel, values.columns.to_numpy(), values.to_numpy(), label, style, every=1)
        panel.set_title(title)
        _class_axis(panel, run)
    for panel in axes[:3]:
        _style.log_axis(panel.yaxis)
        panel.set_ylabel("CDNV (no unit)")
    _references(axes[3], run)
    axes[3].set_ylabel("share of images right")
    for panel in axes[2:]:
        panel.set_xlabel("source classes, l")
    _legend_above(figure, axes[3], 2)
    return figure


@_style.styled
def transfer_few_classes(run: Run) -> Figure:
    """5-shot accuracy on the target classes against training steps, for four numbers of source classes."""
    figure, (panel,) = _style.panels(run, 1, 3.4)
    frame = part(run, "source", LAST)
    frame = frame[frame.arm == PER_CLASS]
    for style, count in enumerate(_chosen_counts(run)):
        values = frame[frame.num_classes == count].pivot(index="seed", columns="step", values="probe_acc_target")
        draw_band(panel, values.columns.to_numpy(), values.to_numpy(), f"l = {count}", style, every=1)
    _pixel_line(panel, run, "source")
    panel.set_xlabel("training steps")
    panel.set_ylabel(f"{run.config['shots']}-shot accuracy\non the target classes")
    panel.set_ylim(0, 1)
    _legend_above(figure, panel, 5)
    return figure


@_style.styled
def transfer_over_training(run: Run) -> Figure:
    """Linear probe of the fine classes on the last layer, and the variance ratio, against epochs."""
    figure, axes = _style.panels(run, 3, 3.6)
    for panel, arms in zip(axes, (_SUPER, (FINE, RANDOM), _SUPER), strict=True):
        shown = "variance_ratio_train" if panel is axes[2] else "probe_acc_target"
        for arm in arms:
            _draw_epochs(panel, run, arm, shown)
        _epoch_axis(panel, run)
    for panel, title in zip(axes, ("super-classes", "fine and random labels", "collapse"), strict=True):
        panel.set_title(title)
    for panel in axes[:2]:
        panel.set_ylim(0, 1.02)
        _pixel_line(panel, run, "groups")
    axes[0].set_ylabel("probe of fine classes,\nshare right")
    axes[1].set_ylabel("share right")
    axes[2].set_ylabel(_RATIO)
    _style.log_axis(axes[2].yaxis)
    _legend_of_all(figure, axes[:2], 3)
    return figure


@_style.styled
def transfer_on_mnist(run: Run) -> Figure:
    """Linear probe of the digits on the last layer, and the variance ratio of the super-classes, against epochs."""
    figure, axes = _style.panels(run, 2, 3.8)
    shown = {"probe_acc_target": "the ten digits", "variance_ratio_train": "collapse of the super-classes"}
    for panel, (column, title) in zip(axes, shown.items(), strict=True):
        for style, arm in enumerate(_ON_MNIST):
            _draw_arm(panel, run, arm, column, style)
        _epoch_axis(panel, run)
        panel.set_title(title)
    _pixel_line(axes[0], run, "groups")
    axes[0].set_ylabel("probe of the digits,\nshare right")
    axes[1].set_ylabel(_RATIO)
    _style.log_axis(axes[1].yaxis)
    _legend_above(figure, axes[0], 3)
    return figure


@_style.styled
def transfer_layers(run: Run) -> Figure:
    """Accuracy on the classes to transfer to at the end of training, layer by layer, a panel a family."""
    figure, axes = _style.panels(run, 2, 3.9, sharey=True)
    for style, arm in enumerate(_STYLES):
        _draw_depth(axes[0], final_layers(run, "groups").xs(arm, level="arm"), arm, style)
    for style, count in enumerate(_chosen_counts(run)):
        _draw_depth(axes[1], final_layers(run, "source").loc[PER_CLASS, count], f"l = {count}", style)
    for panel, title in zip(axes, ("super-classes: linear probe", "source classes: 5-shot"), strict=True):
        panel.set_title(title, pad=52)
        panel.set_xlabel("layer")
        panel.set_ylim(0, 1.02)
        panel.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, fontsize=8)
    axes[0].set_ylabel("share of images right")
    return figure


@_style.styled
def transfer_residual(run: Run) -> Figure:
    """Share of training images whose fine class k-means finds in the residual, against epochs."""
    figure, (panel,) = _style.panels(run, 1, 3.4)
    for arm in (*_SUPER, RANDOM):
        _draw_epochs(panel, run, arm, "cluster_acc_train")
    frame = part(run, "groups", INPUT)
    pixels = frame[frame.arm.isin(COARSE)].cluster_acc_train.median()
    panel.axhline(pixels, color=_style.INK, linewidth=1, linestyle=(0, (1, 1)), label="pixels, super-classes")
    _epoch_axis(panel, run)
    panel.set_ylim(0, 1)
    panel.set_ylabel("share of training images\nin their fine class")
    _legend_above(figure, panel, 2)
    return figure


def _chosen_counts(run: Run) -> list[int]:
    """At most four numbers of source classes: the first three and the largest."""
    counts = list(run.config["source_counts"])
    return [*counts[:3], counts[-1]] if len(counts) > 3 else counts


def _draw_epochs(panel: Axes, run: Run, arm: str, name: str) -> None:
    if arm in _STYLES:
        _draw_arm(panel, run, arm, name, _STYLES.index(arm))
        return
    values = _by_epoch(run, arm, name)
    panel.fill_between(values.columns, values.min(), values.max(), color=_style.INK, alpha=0.15, linewidth=0)
    panel.plot(values.columns, values.median(), color=_style.INK, marker="v", markersize=4, label=arm)


def _draw_arm(panel: Axes, run: Run, arm: str, name: str, style: int) -> None:
    values = _by_epoch(run, arm, name)
    draw_band(panel, values.columns.to_numpy(), values.to_numpy(), arm, style, every=1)


def _by_epoch(run: Run, arm: str, name: str) -> pd.DataFrame:
    """A column of the last layer: a row a seed, a column an epoch."""
    frame = part(run, "groups", LAST)
    return frame[frame.arm == arm].pivot(index="seed", columns="epoch", values=name)


def _epoch_axis(panel: Axes, run: Run) -> None:
    """Logarithmic above 1, with a true zero."""
    last = run.config["group_epochs"]
    panel.set_xscale("symlog", linthresh=1)
    panel.set_xlim(-0.2, 1.3 * last)
    ticks = [tick for tick in (0, 1, 10, 100) if tick <= last]
    panel.set_xticks(ticks, [f"{tick}" for tick in ticks])
    panel.set_xlabel("epochs")


def _draw_depth(panel: Axes, values: pd.DataFrame, label: str, style: int) -> None:
    """`values` has a row a seed and a column a layer."""
    depth = values.shape[1]
    draw_band(panel, np.arange(depth), values.to_numpy(), label, style, every=1)
    panel.set_xticks(range(depth), ["pixels", *map(str, range(1, depth - 1)), "last"])


def _class_axis(panel: Axes, run: Run) -> None:
    _style.log_axis(panel.xaxis)
    counts = run.config["source_counts"]
    panel.set_xticks(counts, [f"{count}" for count in counts])


def _pixel_line(panel: Axes, run: Run, name: str) -> None:
    pixels = part(run, name, INPUT).probe_acc_target.median()
    panel.axhline(pixels, color=_style.INK, linewidth=1, linestyle=(0, (1, 1)), label="pixels")


def _references(panel: Axes, run: Run) -> None:
    """What the target gives without any pretraining."""
    _pixel_line(panel, run, "source")
    start = part(run, "source", LAST)
    untrained = start[start.step == 0].probe_acc_target.median()
    panel.axhline(untrained, color=_style.FAINT, linewidth=1.2, linestyle="-.", label="untrained network")
    panel.set_ylim(0, 1)


def _legend_above(figure: Figure, panel: Axes, columns: int) -> None:
    handles, labels = panel.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=columns)


def _legend_of_all(figure: Figure, panels: list[Axes], columns: int) -> None:
    pairs = [pair for panel in panels for pair in zip(*panel.get_legend_handles_labels(), strict=True)]
    named = {label: handle for handle, label in pairs}
    figure.legend(list(named.values()), list(named), loc="outside upper center", ncols=columns)
