"""Figures of the experiment `test_collapse`: collapse on training images and on new ones."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ncbook.figures import _style
from ncbook.figures._bands import draw_band
from ncbook.readings.moments import FOLLOWS
from ncbook.readings.test_collapse import (
    CORRELATED,
    RULES,
    SPREADS,
    correlations_over_epochs,
    of_difficulty,
    over_difficulties,
    protocols,
    read_at,
    rows,
    terminal,
)
from ncbook.runs import Run

_MARKERS = ("o", "s", "^", "D", "v", "P")
_COLORS = (_style.GREEN, _style.PURPLE, _style.OLIVE, _style.LILAC, _style.INK, _style.FAINT)
_SPREADS: tuple[int | str, ...] = ("train", "test", 2, 3)  # styles of SPREADS
_AXIS = "mean squared distance\nover Tr $\\Sigma_B$ (no unit)"


@_style.styled
def collapse_at_fixed_size(run: Run, difficulty: float | None = None) -> Figure:
    """The four ratios against steps with weight decay, for the smallest, the middle and the largest training set.

    As in all figures of one difficulty, that is by default the largest.
    """
    run = of_difficulty(run, difficulty)
    sizes = run.config["sizes"]
    chosen = (sizes[0], sizes[len(sizes) // 2], sizes[-1])
    figure, axes = _style.panels(run, 3, 3.7, sharey=True)
    frame = rows(run, run.config["weight_decays"][1])
    for panel, size in zip(axes, chosen, strict=True):
        arms = frame[(frame.per_class == size) & (frame.step > 0)]
        _draw_spreads(panel, arms, "step", every=3)
        panel.set_title(f"n = {size} per class")
        panel.set_xlabel("steps")
        _style.log_axis(panel.xaxis)
        _style.log_axis(panel.yaxis)
    axes[0].set_ylabel(_AXIS)
    _legend_above(figure, axes[0])
    return figure


@_style.styled
def collapse_against_size(run: Run, difficulty: float | None = None) -> Figure:
    """The four ratios at the end of training against the size of the training set, a panel a weight decay."""
    run = of_difficulty(run, difficulty)
    decays = run.config["weight_decays"]
    figure, axes = _style.panels(run, len(decays), 3.8, sharey=True)
    for panel, decay in zip(axes, decays, strict=True):
        frame = rows(run, decay)
        _draw_spreads(panel, frame[frame.step == frame.step.max()], "per_class", every=1)
        panel.set_title(f"weight decay {decay:g}")
        panel.set_xlabel("training images per class, n")
        _style.log_axis(panel.xaxis)
        _style.log_axis(panel.yaxis)
        panel.set_xticks(run.config["sizes"], [f"{size}" for size in run.config["sizes"]])
    axes[0].set_ylabel(_AXIS)
    _legend_above(figure, axes[0])
    return figure


@_style.styled
def collapse_by_protocol(run: Run, difficulty: float | None = None) -> Figure:
    """Ratio on new images against ratio on training images, a panel a stopping rule.

    A faint mark is a training; the line goes through the medians of the sizes, from the smallest set to the largest.
    """
    run = of_difficulty(run, difficulty)
    figure, axes = _style.panels(run, 3, 3.4, sharex=True, sharey=True)
    for panel, (rule, stop) in zip(axes, protocols(run).items(), strict=True):
        _draw_way(panel, read_at(run, *stop))
        panel.set_title(f"{RULES[rule]}: {stop[1]:g}")
        panel.set_xlabel("ratio on train (no unit)")
        panel.margins(0.2)
    for axis in (axes[0].xaxis, axes[0].yaxis):
        _style.log_axis(axis)
    axes[0].xaxis.set_major_locator(MaxNLocator(4))  # the range is less than a decade
    axes[0].set_ylabel("ratio on new images,\nown means (no unit)")
    return figure


@_style.styled
def anti_correlation_over_difficulty(run: Run) -> Figure:
    """Rank correlations over the sizes against the difficulty of the glyphs, of the series that can be judged.

    Without weight decay, at every stopping rule: of train with new images, and of the size with train.
    """
    figure, axes = _style.panels(run, 2, 3.9, sharey=True)
    table = over_difficulties(run).loc[run.config["weight_decays"][0]]
    titles = {"train_new": "train ratio and new ratio", "size_train": "size n and train ratio"}
    for panel, (name, title) in zip(axes, titles.items(), strict=True):
        for style, (rule, label) in enumerate(RULES.items()):
            _draw_judged(panel, table[f"{name}_{rule}"][table.tells], label, style)
        panel.axhline(0, color=_style.FAINT, linewidth=0.8)
        for limit in (-CORRELATED, CORRELATED):
            panel.axhline(limit, color=_style.INK, linewidth=0.8, linestyle=":")
        panel.set_ylim(-1.08, 1.08)
        panel.set_title(title)
        panel.set_xlabel("difficulty of the glyphs")
        panel.set_xticks(run.config["difficulties"])
    axes[0].set_ylabel("rank correlation\nover the sizes")
    _style.legend_above(figure, axes[0], 3)
    return figure


@_style.styled
def anti_correlation_over_epochs(run: Run, difficulty: float | None = None) -> Figure:
    """Rank correlation of the two ratios over the sizes, against the epochs after which all are read."""
    run = of_difficulty(run, difficulty)
    figure, (panel,) = _style.panels(run, 1, 3.4)
    _draw_over_epochs(panel, run)
    return figure


@_style.styled
def collapse_on_mnist(run: Run) -> Figure:
    """Rank correlation of the two ratios over the sizes, against epochs; and their falls in the terminal phase.

    A mark in the second panel is a training with weight decay whose terminal phase is long enough.
    """
    figure, axes = _style.panels(run, 2, 4.0)
    _draw_over_epochs(axes[0], run)
    table = terminal(run)
    table = table[(table.weight_decay == run.config["weight_decays"][1]) & table.phase_tells]
    _mark_sizes(axes[1], run, table, "variance_ratio_train_phase_fall", "variance_ratio_test_phase_fall")
    axes[1].legend(title="images per class", fontsize="small", loc="upper left")
    _draw_slopes(axes[1], table.variance_ratio_train_phase_fall.max())
    axes[1].set_xlabel("fall on train (times)")
    axes[1].set_ylabel("fall on new images (times)")
    for axis in (axes[1].xaxis, axes[1].yaxis):
        _style.log_axis(axis)
    return figure


def _draw_slopes(panel: Axes, most: float) -> None:
    """Lines from no fall to a fall of `most` on train: new images fall as much, or by half of it on a log scale."""
    for slope, style in ((1.0, "-"), (FOLLOWS, ":")):
        label = f"log-slope {slope:g}"
        panel.plot([1.0, most], [1.0, most**slope], style, color=_style.FAINT, label=label, zorder=0)
        panel.annotate(
            label, (most, most**slope), (-12, 4), textcoords="offset points", ha="right", fontsize="small",
        )  # fmt: skip


def _draw_over_epochs(panel: Axes, run: Run) -> None:
    for style, decay in enumerate(run.config["weight_decays"]):
        found = correlations_over_epochs(run, decay)
        draw_band(panel, found.columns.to_numpy(), found.to_numpy(), f"weight decay {decay:g}", style, every=1)
    panel.axhline(0, color=_style.FAINT, linewidth=0.8)
    panel.axhline(-CORRELATED, color=_style.INK, linewidth=0.8, linestyle=":")
    panel.set_ylim(-1.05, 1.05)
    panel.set_xlabel("epochs after which every size is read")
    panel.set_ylabel("rank correlation of\ntrain and new ratio")
    _style.log_axis(panel.xaxis)
    panel.legend(loc="lower left")


def _draw_judged(panel: Axes, found: pd.Series, label: str, style: int) -> None:
    """Median and range over the seeds of each difficulty; those without a value are left out."""
    groups = found.dropna().groupby(level="difficulty")
    spread = pd.DataFrame({"low": groups.min(), "median": groups.median(), "high": groups.max()})
    draw_band(panel, spread.index.to_numpy(), spread.to_numpy().T, label, style, every=1)


def _draw_spreads(panel: Axes, frame: pd.DataFrame, x: str, every: int) -> None:
    for style, (name, label) in zip(_SPREADS, SPREADS.items(), strict=True):
        values = frame.pivot(index="seed", columns=x, values=name)
        draw_band(panel, values.columns.to_numpy(), values.to_numpy(), label, style, every)


def _draw_way(panel: Axes, found: pd.DataFrame) -> None:
    """The trainings of `found` as marks, and a line through the medians of the sizes whose two ends are named."""
    x, y = "variance_ratio_train", "variance_ratio_test"
    panel.scatter(found[x], found[y], s=14, color=_style.FAINT, linewidth=0)
    way = found.groupby("per_class")[[x, y]].median()
    panel.plot(way[x], way[y], "o-", color=_style.GREEN, markersize=5)
    for size, offset in ((way.index[0], 6), (way.index[-1], -15)):
        panel.annotate(
            f"n = {size:.0f}", tuple(way.loc[size]), (0, offset), textcoords="offset points", ha="center",
            fontsize="small",
        )  # fmt: skip


def _mark_sizes(panel: Axes, run: Run, found: pd.DataFrame, x: str, y: str) -> None:
    """Marks at two columns of `found`, in a color and shape for each size."""
    for index, size in enumerate(run.config["sizes"]):
        own = found[found.per_class == size]
        panel.scatter(
            own[x], own[y], s=30, marker=_MARKERS[index], facecolor="none", edgecolor=_COLORS[index], linewidth=1.5,
            label=f"{size}", zorder=3,
        )  # fmt: skip


def _legend_above(figure: Figure, panel: Axes) -> None:
    handles, labels = panel.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2)
