"""Figures of the experiment `image_interventions`: the paper's intervention on images, and what it lacks."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.readings.image_interventions import (
    ARMS,
    COLUMNS,
    DECAYED,
    GRADED_ARMS,
    ceiling,
    gains,
    graded_gains,
    outcomes,
    task_name,
)
from ncbook.runs import Run

# the arms that are followed over the epochs, and those that are compared at the release, each with its look
_FOLLOWED = {
    "baseline": (_style.INK, "-"),
    "anti_released": (_style.GREEN, "--"),
    "released_schedule": (_style.PURPLE, "-"),
    "kept_schedule": (_style.OLIVE, ":"),
}
_CONTINUED = ("released_schedule", "kept_schedule")  # until the release they are as "anti_released"
_COMPARED = {
    "anti_released": (_style.PURPLE, "D"),
    "anti_pinned": (_style.GREEN, "s"),
    "confidence": (_style.OLIVE, "^"),
    "confidence_pinned": (_style.OLIVE, "v"),
    "pinned": (_style.LILAC, "P"),
    "norms": (_style.LILAC, "X"),
    "flooding": (_style.INK, "<"),
    "smoothing": (_style.INK, ">"),
}
_GRADED = {
    "encouraged": (_style.OLIVE, "^"),
    "prevented": (_style.LILAC, "v"),
    "sharp": (_style.GREEN, "D"),
    "sharp_decayed": (_style.PURPLE, "s"),
    "long": (_style.INK, "o"),
}
_CONTROLLED = {
    "sharp": (_style.GREEN, "D"),
    "long": (_style.INK, "o"),
    "unsure": (_style.OLIVE, "^"),
    "flooded": (_style.LILAC, "v"),
}
_BOUND = COLUMNS["unit_flatness_bound"].label.removeprefix("bound ")


@_style.styled
def image_intervention_accuracy(run: Run) -> Figure:
    """Test accuracy against the baseline of the same seed, at the release and at the end; a row an arm."""
    figure, axes = _style.panels(run, 2, 5.4, sharex=True, sharey=True)
    arms = [arm for arm in run.config["arms"] if arm != "baseline"]
    for panel, when, title in zip(axes, ("release", "final"), ("At the release", "At the end"), strict=True):
        points = 100 * gains(run, when)
        for number, task in enumerate(run.config["tasks"]):
            _mark_arms(panel, arms, points.loc[task], number, task_name(task))
        panel.axvline(0, color=_style.FAINT, linewidth=1.2)
        panel.set_title(title)
        panel.set_xlabel("points against the baseline")
        panel.grid(axis="y", color="#e6e6e6", linewidth=0.6)
    axes[0].set_yticks(range(len(arms)), [_short(arm) for arm in arms])
    axes[0].set_ylim(len(arms) - 0.4, -0.6)
    axes[0].set_ylabel("arm")
    _style.legend_above(figure, axes[0], 2)
    return figure


@_style.styled
def image_release(run: Run) -> Figure:
    """Test accuracy and the regularizer's value over the epochs, in one convention; a column a task."""
    tasks = run.config["tasks"]
    figure, axes = _style.panels(run, len(tasks), 5.0, 2, sharex=True, sharey="row")
    frame = run.to_frame()
    for task, above, below in zip(tasks, axes[: len(tasks)], axes[len(tasks) :], strict=True):
        for panel, column in ((above, "test_acc"), (below, "unit_flatness_bound")):
            _follow(panel, frame[frame.task == task], column, run.config["release"])
            panel.axvline(run.config["release"], color=_style.FAINT, linestyle="--", linewidth=1.2)
        above.set_title(task_name(task).capitalize())
        below.axhline(ceiling(run), color=_style.FAINT, linewidth=1.2)
        below.set_yscale("log")
        below.set_xlabel("epoch (dashed: the release)")
    axes[0].set_ylabel("test accuracy")
    axes[len(tasks)].set_ylabel(f"{_BOUND}\n(log scale; line: ceiling)")
    _style.legend_above(figure, axes[0], 2)
    return figure


@_style.styled
def image_conventions(run: Run) -> Figure:
    """One network, released: the paper's measure and the plain bound throughout, and the switch between them."""
    figure, (panel,) = _style.panels(run, 1, 3.6)
    frame, task, release = run.to_frame(), run.config["tasks"][0], run.config["release"]
    rows = frame[(frame.task == task) & (frame.arm == "released_schedule")]
    rows = rows[rows.seed == rows.seed.iloc[0]]
    for column, color, line, label in (
        ("unit_flatness_bound", _style.PURPLE, "-", "temperature 2, unit features"),
        ("relative_flatness_bound", _style.GREEN, "--", "temperature 1, features as they are"),
    ):
        panel.plot(rows.epoch, rows[column], line, color=color, label=label)
    before, after = rows[rows.epoch <= release], rows[rows.epoch >= release]
    logged = [*before.unit_flatness_bound, *after.relative_flatness_bound]
    label = "what switches at the release"
    panel.plot([*before.epoch, *after.epoch], logged, "o", color=_style.INK, markersize=4, label=label)
    panel.axhline(ceiling(run), color=_style.FAINT, linewidth=1.2)
    panel.annotate(
        "ceiling of the first", (0.01, ceiling(run)), xycoords=("axes fraction", "data"), xytext=(0, 3),
        textcoords="offset points", fontsize=8.5, color=_style.INK,
    )  # fmt: skip
    panel.set_yscale("log")
    panel.set_xlabel("epoch")
    panel.set_ylabel("upper bound of $\\kappa$ (nats, log scale)")
    panel.set_title(f"One network, two conventions ({task_name(task)})")
    _style.legend_above(figure, panel, 2)
    return figure


@_style.styled
def image_sharpness(run: Run) -> Figure:
    """Points of accuracy that an arm costs at the release, in the order of the regularizer's value; a panel a task."""
    tasks = run.config["tasks"]
    figure, axes = _style.panels(run, len(tasks), 4.0, sharex=True, sharey=True)
    points = 100 * gains(run, "release")
    values = outcomes(run).groupby("arm").release_unit_flatness_bound.median()
    arms = sorted(_COMPARED, key=values.__getitem__)
    for panel, task in zip(axes, tasks, strict=True):
        for row, arm in enumerate(arms):
            own = points.loc[task][arm].dropna()
            color, marker = _COMPARED[arm]
            panel.plot(own, row + np.linspace(-0.2, 0.2, len(own)), marker, color=color, markersize=5.5, alpha=0.85)
        panel.axvline(0, color=_style.FAINT, linewidth=1.2)
        panel.grid(axis="y", color="#e6e6e6", linewidth=0.6)
        panel.set_title(task_name(task).capitalize())
        panel.set_xlabel("points against the baseline")
    names = [f"{_short(arm).removesuffix(', released')}: {float(f'{values[arm]:.2g}'):g}" for arm in arms]
    axes[0].set_yticks(range(len(arms)), names)
    axes[0].set_ylabel("arm, and the value of the regularizer")
    return figure


@_style.styled
def image_strengths(run: Run) -> Figure:
    """Test accuracy against the baseline at each strength, at the release and at the end: seeds, and their median."""
    figure, axes = _style.panels(run, 2, 4.4, sharex=True, sharey=True)
    for panel, when, title in zip(axes, ("release", "final"), ("At the release", "At the end"), strict=True):
        points = 100 * graded_gains(run, when)
        for arm, look in _GRADED.items():
            _over_strengths(panel, points[arm], look, GRADED_ARMS[arm])
        _name_strengths(panel, points.index.unique("strength"), title)
    axes[0].set_ylabel("accuracy minus the baseline's (points)")
    _style.legend_above(figure, axes[0], 3)
    return figure


@_style.styled
def image_controls(run: Run) -> Figure:
    """Accuracy against the baseline at the release, of a high kappa and of what comes with it; a panel a schedule."""
    figure, axes = _style.panels(run, 2, 4.4, sharex=True)
    points = 100 * graded_gains(run, "release")
    titles = ("Constant rate", "Rate decayed to 0 (finer scale)")
    for panel, rate, title in zip(axes, ("", DECAYED), titles, strict=True):
        for arm, look in _CONTROLLED.items():
            _over_strengths(panel, points[f"{arm}{rate}"], look, GRADED_ARMS[arm].removesuffix(", released"))
        _name_strengths(panel, points.index.unique("strength"), title)
        panel.set_ylabel("accuracy minus the baseline's (points)")
    _style.legend_above(figure, axes[0], 2)
    return figure


def _over_strengths(panel: Axes, points: pd.Series, look: tuple[str, str], label: str) -> None:
    """A mark a strength and seed, and a line through the medians."""
    color, marker = look
    panel.plot(points.index.get_level_values("strength"), points, marker, color=color, markersize=4.2, alpha=0.6)
    middle = points.groupby("strength").median()
    panel.plot(middle.index, middle, color=color, linewidth=1.4, marker=marker, label=label)


def _name_strengths(panel: Axes, strengths: pd.Index, title: str) -> None:
    panel.axhline(0, color=_style.FAINT, linewidth=1.2)
    panel.set_xscale("log")
    panel.set_xticks(strengths, [f"{each:g}" for each in strengths])
    panel.minorticks_off()
    panel.set_title(title)
    panel.set_xlabel("strength (ratio to the loss, log scale)")


def _mark_arms(panel: Axes, arms: list[str], points: pd.DataFrame, number: int, label: str) -> None:
    """A mark a seed of task `number`, in the row of each arm."""
    color, marker = _style.ARM_STYLES[number]
    for index, arm in enumerate(arms):
        values = points[arm].dropna() if arm in points else pd.Series(dtype=float)
        rows = index + 0.22 * (2 * number - 1) + np.linspace(-0.1, 0.1, len(values))
        name = label if index == 0 else None
        panel.plot(values, rows, marker, color=color, markersize=4.6, alpha=0.85, label=name)


def _follow(panel: Axes, rows: pd.DataFrame, column: str, release: int) -> None:
    """The median of each arm of `_FOLLOWED` in the range of its seeds; from the release on, where it parts from one."""
    for arm, (color, line) in _FOLLOWED.items():
        own = rows[(rows.arm == arm) & ((rows.epoch >= release) | (arm not in _CONTINUED))]
        table = own.pivot(index="seed", columns="epoch", values=column)
        panel.fill_between(table.columns, table.min(), table.max(), color=color, alpha=0.18, linewidth=0)
        panel.plot(table.columns, table.median(), line, color=color, label=_short(arm))


def _short(arm: str) -> str:
    """Where "anti-flatness" stands beside it."""
    return ARMS.get(arm, arm).removeprefix("anti-flatness ")
