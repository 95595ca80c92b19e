"""Figures of the experiment `test_collapse`: collapse on training images and on new ones."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.figures._bands import draw_band
from ncbook.runs import Run

_MARKERS = ("o", "s", "^", "D", "v", "P")
_COLOURS = (_style.BLUE, _style.ORANGE, _style.GREEN, _style.PURPLE, _style.INK, _style.FAINT)
_SPREADS = (
    ("test_train_means", "new images, training means"),
    ("ratio_test", "new images, own means (strong)"),
    ("ratio_weak", "new images, nearest of K points (weak)"),
    ("ratio_train", "training images"),
)
_AXIS = "mean squared distance\nover Tr $\\Sigma_B$ (no unit)"


@_style.styled
def collapse_at_fixed_size(run: Run) -> Figure:
    """The four ratios against steps with weight decay, for the smallest, the middle and the largest training set."""
    sizes = run.config["sizes"]
    chosen = (sizes[0], sizes[len(sizes) // 2], sizes[-1])
    figure, axes = _style.panels(run, 3, 3.7, sharey=True)
    frame = _frame(run, run.config["weight_decays"][1])
    for panel, size in zip(axes, chosen, strict=True):
        arms = frame[(frame["size"] == size) & (frame.step > 0)]
        for style, (name, label) in enumerate(_SPREADS):
            values = arms.pivot(index="seed", columns="step", values=name)
            draw_band(panel, values.columns.to_numpy(), values.to_numpy(), label, style)
        panel.set_title(f"n = {size} a class")
        panel.set_xlabel("steps")
        _style.log_axis(panel.xaxis)
        _style.log_axis(panel.yaxis)
    axes[0].set_ylabel(_AXIS)
    _legend_above(figure, axes[0])
    return figure


@_style.styled
def collapse_against_size(run: Run) -> Figure:
    """The four ratios at the end of training against the size of the training set, a panel a weight decay."""
    decays = run.config["weight_decays"]
    figure, axes = _style.panels(run, len(decays), 3.8, sharey=True)
    for panel, decay in zip(axes, decays, strict=True):
        frame = _frame(run, decay)
        ends = frame[frame.step == frame.step.max()]
        for style, (name, label) in enumerate(_SPREADS):
            values = ends.pivot(index="seed", columns="size", values=name)
            draw_band(panel, values.columns.to_numpy(), values.to_numpy(), label, style, every=1)
        panel.set_title(f"weight decay {decay:g}")
        panel.set_xlabel("training images a class, n")
        _style.log_axis(panel.xaxis)
        _style.log_axis(panel.yaxis)
        panel.set_xticks(run.config["sizes"], [f"{size}" for size in run.config["sizes"]])
    axes[0].set_ylabel(_AXIS)
    _legend_above(figure, axes[0])
    return figure


@_style.styled
def collapse_by_protocol(run: Run) -> Figure:
    """Ratio on new images against ratio on training images, a panel a stopping rule, a line a seed, a mark a size."""
    figure, axes = _style.panels(run, 3, 3.5, sharex=True, sharey=True)
    titles = {"loss": "equal loss: {:g}", "epochs": "equal epochs: {:g}", "steps": "equal steps: {:g}"}
    for panel, (rule, title) in zip(axes, titles.items(), strict=True):
        train, test = run.arrays[f"{rule}/ratio_train"], run.arrays[f"{rule}/ratio_test"]
        panel.plot(train, test, color=_style.FAINT, linewidth=0.8)
        _mark_sizes(panel, run, train, test)
        panel.set_title(title.format(float(run.arrays[f"{rule}/value"])))
        panel.set_xlabel("ratio on train (no unit)")
        _style.log_axis(panel.yaxis)
    axes[0].set_ylabel("ratio on new images,\nown means (no unit)")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), title="training images a class")
    return figure


@_style.styled
def anti_correlation_over_epochs(run: Run) -> Figure:
    """Rank correlation of the two ratios over the sizes, against the epochs after which all are read."""
    figure, (panel,) = _style.panels(run, 1, 3.4)
    epochs = run.arrays["along/epochs"]
    for style, decay in enumerate(run.config["weight_decays"]):
        found = run.arrays["along/correlation"][style]  # [E, seeds]
        draw_band(panel, epochs, found.T, f"weight decay {decay:g}", style, every=1)
    panel.axhline(0, color=_style.FAINT, linewidth=0.8)
    panel.axhline(-0.5, color=_style.INK, linewidth=0.8, linestyle=":")
    panel.set_ylim(-1.05, 1.05)
    panel.set_xlabel("epochs after which every size is read")
    panel.set_ylabel("rank correlation of\ntrain and new ratio")
    _style.log_axis(panel.xaxis)
    panel.legend(loc="lower left")
    return figure


def _mark_sizes(panel: Axes, run: Run, train: np.ndarray, test: np.ndarray) -> None:
    """A mark a size and seed; train and test [sizes, seeds]."""
    for place, size in enumerate(run.config["sizes"]):
        panel.scatter(train[place], test[place], s=30, marker=_MARKERS[place], facecolor="none",
                      edgecolor=_COLOURS[place], linewidth=1.5, label=f"{size}", zorder=3)  # fmt: skip


def _frame(run: Run, weight_decay: float) -> pd.DataFrame:
    frame = run.to_frame()
    frame = frame[frame.weight_decay == weight_decay]
    return frame.assign(test_train_means=frame.ratio_test + frame.ratio_shift)


def _legend_above(figure: Figure, panel: Axes) -> None:
    handles, labels = panel.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2)
