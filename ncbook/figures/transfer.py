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
    HALVES,
    INPUT,
    LAST,
    PARITY,
    PER_CLASS,
    RANDOM,
    TOTAL,
    WEAK,
    WEAK_HALVES,
    WEAKLY,
    ends,
    final_layers,
    part,
    since_zero_error,
)
from ncbook.runs import Run

_PROTOCOLS = {PER_CLASS: "equal images per class", TOTAL: "equal images in all"}
# Style, and whether the marks are hollow: the same labels with the weak weight decay look alike but for that.
_LOOKS = {
    PARITY: (0, False),
    WEAK: (0, True),
    HALVES: (1, False),
    WEAK_HALVES: (1, True),
    FINE: (4, False),
    RANDOM: (4, True),
}
_COUNTS = (0, 1, 2)  # styles of numbers of source classes
_PANELS = {
    "cdnv_train": "(a) source, training images",
    "cdnv_test": "(b) source, new images",
    "cdnv_target": "(c) target classes",
    "probe_acc_target": "(d) accuracy on the target",
}


@_style.styled
def transfer_against_classes(run: Run) -> Figure:
    """CDNV on source classes, seen and new images, on target classes, and few-shot accuracy there, by source classes.

    The panels of figure 6 of Agarwal et al. (2022), at the end of training.
    """
    figure, axes = _style.panels(run, 2, 5.4, rows=2, sharex=True)
    table = ends(run)
    for panel, (name, title) in zip(axes, _PANELS.items(), strict=True):
        for arm, label in _PROTOCOLS.items():
            values = table[table.arm == arm].pivot(index="seed", columns="num_classes", values=name)
            x = values.columns.to_numpy()
            draw_band(panel, x, _scale(name) * values.to_numpy(), label, 0, every=1, hollow=arm == TOTAL)
        panel.set_title(title)
        _class_axis(panel, run)
    for panel in axes[:3]:
        panel.set_ylabel("CDNV (no unit)")
    sources = table[["cdnv_train", "cdnv_test"]]
    for panel in axes[:2]:  # one scale, since the survey calls the two similar
        panel.set_ylim(sources.min(axis=None) / 2, 2 * sources.max(axis=None))
    for panel in axes[:3]:
        _style.log_axis(panel.yaxis)
    _references(axes[3], run)
    axes[3].set_ylabel("images right (%)")
    for panel in axes[2:]:
        panel.set_xlabel("source classes, m")
    _style.legend_above(figure, axes[3], 2)
    return figure


@_style.styled
def transfer_few_classes(run: Run) -> Figure:
    """Few-shot accuracy on the target classes against training steps, for three numbers of source classes."""
    figure, (panel,) = _style.panels(run, 1, 3.4)
    frame = part(run, "source", LAST)
    frame = frame[frame.arm == PER_CLASS]
    for style, count in zip(_COUNTS, _chosen_counts(run), strict=False):
        values = frame[frame.num_classes == count].pivot(index="seed", columns="step", values="probe_acc_target")
        draw_band(panel, values.columns.to_numpy(), 100 * values.to_numpy(), f"{count} source classes", style, every=1)
    _pixel_line(panel, run, "source")
    panel.set_xlabel("training steps")
    panel.set_ylabel("images of the target\nclasses right (%)")
    _style.legend_above(figure, panel, 4)
    return figure


@_style.styled
def transfer_over_training(run: Run) -> Figure:
    """How well the last layer tells the fine classes, by two classifiers, and its variance ratio, against epochs."""
    figure, axes = _style.panels(run, 3, 3.6)
    shown = {
        "probe_acc_target": "linear probe",
        "ncc_acc_target": "nearest class mean",
        "variance_ratio_train": "super-class collapse",
    }
    for panel, (column, title) in zip(axes, shown.items(), strict=True):
        for arm in _super_classes(run):
            _draw_arm(panel, run, arm, column)
        _epoch_axis(panel, run)
        panel.set_title(title)
    for panel, column in zip(axes, list(shown)[:2], strict=False):
        _pixel_line(panel, run, "groups", column)
        panel.set_ylabel("digits right (%)")
    axes[2].set_ylabel("Tr $\\Sigma_W$ / Tr $\\Sigma_B$ (no unit)")
    _style.log_axis(axes[2].yaxis)
    _style.legend_above(figure, axes[0], 3)
    return figure


@_style.styled
def transfer_layers(run: Run) -> Figure:
    """Accuracy on the classes to transfer to at the end of training, layer by layer, a panel a family."""
    figure, axes = _style.panels(run, 2, 3.6)
    for arm in (*_super_classes(run), FINE):
        _draw_depth(axes[0], final_layers(run, "groups").xs(arm, level="arm"), arm, *_LOOKS[arm])
    for style, count in zip(_COUNTS, _chosen_counts(run), strict=False):
        values = final_layers(run, "source").loc[PER_CLASS, count]
        _draw_depth(axes[1], values, f"{count} source classes", style)
    for panel, title in zip(axes, ("linear probe, ten digits", "five shots, ten new classes"), strict=True):
        panel.set_title(title)
        panel.set_xlabel("layer")
        panel.set_ylabel("images right (%)")
        panel.legend(loc="lower left", fontsize=8)
    return figure


@_style.styled
def transfer_residual(run: Run) -> Figure:
    """Percent of the training images whose fine class k-means finds in the residual, against epochs."""
    figure, (panel,) = _style.panels(run, 1, 3.4)
    for arm in (*_super_classes(run), RANDOM):
        _draw_arm(panel, run, arm, "cluster_acc_train")
    frame = part(run, "groups", INPUT)
    pixels = frame[frame.arm.isin(COARSE)].cluster_acc_train.median()
    panel.axhline(100 * pixels, color=_style.INK, linewidth=1, linestyle=(0, (1, 1)), label="pixels, super-classes")
    _epoch_axis(panel, run)
    panel.set_ylabel("training images in\ntheir fine class (%)")
    _style.legend_above(figure, panel, 3)
    return figure


def _chosen_counts(run: Run) -> list[int]:
    """At most three numbers of source classes: the first two and the largest."""
    counts = list(run.config["source_counts"])
    return [*counts[:2], *counts[2:][-1:]]


def _super_classes(run: Run) -> list[str]:
    """The networks of a run that were trained on super-classes, strong weight decay first."""
    there = set(part(run, "groups").arm)
    return [arm for arm in (*COARSE, *WEAKLY) if arm in there]


def _draw_arm(panel: Axes, run: Run, arm: str, name: str) -> None:
    """A column of the last layer over the epochs: the median over the seeds, and their range."""
    frame = part(run, "groups", LAST)
    values = frame[frame.arm == arm].pivot(index="seed", columns="epoch", values=name)
    style, hollow = _LOOKS[arm]
    draw_band(
        panel, values.columns.to_numpy(), _scale(name) * values.to_numpy(), arm, style, every=1, hollow=hollow
    )  # fmt: skip


def _scale(column: str) -> int:
    """By which a column is multiplied: accuracies are drawn in percent."""
    return 100 if "_acc_" in column else 1


def _epoch_axis(panel: Axes, run: Run) -> None:
    """Logarithmic above 1, with a true zero; shaded where the median network has no training error any more."""
    last = run.config["group_epochs"]
    since = since_zero_error(run)
    start = since[since.arm.isin(COARSE)].epoch.median()
    panel.axvspan(start, last, color=_style.FAINT, alpha=0.12, linewidth=0, label="no training error")
    panel.set_xscale("symlog", linthresh=1)
    panel.set_xlim(-0.2, 1.3 * last)
    ticks = [tick for tick in (0, 1, 10, 100) if tick <= last]
    panel.set_xticks(ticks, [f"{tick}" for tick in ticks])
    panel.set_xlabel("epochs")


def _draw_depth(panel: Axes, values: pd.DataFrame, label: str, style: int, hollow: bool = False) -> None:
    """`values` are accuracies from 0 to 1, a row a seed and a column a layer."""
    depth = values.shape[1]
    draw_band(panel, np.arange(depth), 100 * values.to_numpy(), label, style, every=1, hollow=hollow)
    panel.set_xticks(range(depth), ["pixels", *map(str, range(1, depth - 1)), "last"])


def _class_axis(panel: Axes, run: Run) -> None:
    _style.log_axis(panel.xaxis)
    counts = run.config["source_counts"]
    panel.set_xticks(counts, [f"{count}" for count in counts])


def _pixel_line(panel: Axes, run: Run, name: str, column: str = "probe_acc_target") -> None:
    pixels = 100 * part(run, name, INPUT)[column].median()
    panel.axhline(pixels, color=_style.INK, linewidth=1, linestyle=(0, (1, 1)), label="pixels")


def _references(panel: Axes, run: Run) -> None:
    """What the target gives without any pretraining."""
    _pixel_line(panel, run, "source")
    start = part(run, "source", LAST)
    untrained = start[start.step == 0].probe_acc_target.median()
    panel.axhline(100 * untrained, color=_style.FAINT, linewidth=1.2, linestyle="-.", label="untrained network")
