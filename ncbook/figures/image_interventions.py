"""Figures of the experiment `image_interventions`: the paper's intervention on images, and what it lacks."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ncbook.figures import _style
from ncbook.runs import Run

ARM_NAMES = {
    "baseline": "baseline",
    "baseline_schedule": "baseline, new schedule",
    "encouraged": "collapse encouraged",
    "prevented": "collapse prevented",
    "flatter": "flatness encouraged",
    "anti_released": "anti-flatness, released",
    "released_schedule": "released, new schedule",
    "anti_kept": "anti-flatness, kept",
    "kept_schedule": "kept, new schedule",
    "anti_pinned": "anti-flatness, head from the cap",
    "confidence": "low confidence",
    "confidence_pinned": "low confidence, head from the cap",
    "pinned": "head from the cap",
    "norms": "large head",
    "flooding": "flooding",
    "smoothing": "label smoothing",
}
_NAMES_OF_TASKS = {"digits": "noisy digits", "cifar10": "CIFAR-10", "cifar10_augmented": "CIFAR-10, augmented"}
_FOLLOWED = ("baseline", "anti_released", "released_schedule", "kept_schedule")
_LINES = ("-", "--", "-", ":")
_COLOURS = (_style.INK, _style.BLUE, _style.ORANGE, _style.GREEN)
# arms of the scatter, each with its colour and marker
_SCATTERED = {
    "anti_released": (_style.ORANGE, "D"), "anti_pinned": (_style.BLUE, "s"), "confidence": (_style.GREEN, "^"),
    "confidence_pinned": (_style.GREEN, "v"), "pinned": (_style.PURPLE, "P"), "norms": (_style.PURPLE, "X"),
    "flooding": (_style.INK, "<"), "smoothing": (_style.INK, ">"),
}  # fmt: skip


@_style.styled
def image_intervention_accuracy(run: Run) -> Figure:
    """Validation accuracy against the baseline of the same seed, at the release and at the end; a row an arm."""
    figure, axes = _style.panels(run, 2, 5.4, sharex=True, sharey=True)
    arms = [arm for arm in run.config["arms"] if arm != "baseline"]
    for panel, at_release in zip(axes, (True, False), strict=True):
        differences = _differences(run, at_release)
        for number, task in enumerate(run.config["tasks"]):
            colour, marker = _style.CLASS_STYLES[number]
            for place, arm in enumerate(arms):
                values = differences[task].get(arm, pd.Series(dtype=float)).dropna()
                rows = place + 0.22 * (2 * number - 1) + np.linspace(-0.1, 0.1, len(values))
                label = _task_name(task) if place == 0 else None
                panel.plot(values, rows, marker, color=colour, markersize=4.6, alpha=0.85, label=label)
        panel.axvline(0, color=_style.FAINT, linewidth=1.2)
        panel.set_title("At the release" if at_release else "At the end")
        panel.set_xlabel("points against the baseline")
        panel.grid(axis="y", color="#e6e6e6", linewidth=0.6)
    axes[0].set_yticks(range(len(arms)), [ARM_NAMES.get(arm, arm) for arm in arms])
    axes[0].set_ylim(len(arms) - 0.4, -0.6)
    axes[0].set_ylabel("arm")
    axes[0].legend(loc="lower left", fontsize=8.5, handletextpad=0.2)
    return figure


@_style.styled
def image_release(run: Run) -> Figure:
    """Validation accuracy and the regularizer's value over the epochs, in one convention; a column a task."""
    tasks = run.config["tasks"]
    figure, axes = _style.panels(run, len(tasks), 5.0, 2, sharex=True, sharey="row")
    frame = run.to_frame()
    for place, panel in enumerate(axes):
        task, column = tasks[place % len(tasks)], ("val_acc", "paper_kappa")[place // len(tasks)]
        _follow(panel, frame[frame.task == task], column)
        panel.axvline(run.config["release"], color=_style.FAINT, linestyle="--", linewidth=1.2)
        if column == "paper_kappa":
            panel.axhline(_ceiling(run), color=_style.FAINT, linewidth=1.2)
            panel.set_yscale("log")
            panel.set_xlabel("epoch (dashed: the release)")
        else:
            panel.set_title(_task_name(task).capitalize())
    axes[0].set_ylabel("validation accuracy")
    axes[len(tasks)].set_ylabel("$\\|W\\|^2(1-\\|p\\|^2)$ at $\\tau=2$\n(log scale; line: ceiling)")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4, fontsize=8)
    return figure


@_style.styled
def image_conventions(run: Run) -> Figure:
    """One network, released: the paper's measure and the plain bound throughout, and the switch between them."""
    figure, (panel,) = _style.panels(run, 1, 3.6)
    frame, task, release = run.to_frame(), run.config["tasks"][0], run.config["release"]
    rows = frame[(frame.task == task) & (frame.arm == "released_schedule")]
    rows = rows[rows.seed == rows.seed.iloc[0]]
    for column, colour, line, label in (
        ("paper_kappa", _style.ORANGE, "-", "temperature 2, unit features"),
        ("kappa_bound", _style.BLUE, "--", "temperature 1, features as they are"),
    ):
        panel.plot(rows.epoch, rows[column], line, color=colour, label=label)
    before, after = rows[rows.epoch <= release], rows[rows.epoch >= release]
    logged_at = [*before.epoch, *after.epoch]
    logged = [*before.paper_kappa, *after.kappa_bound]
    panel.plot(logged_at, logged, "o", color=_style.INK, markersize=4, label="what switches at the release")
    panel.axhline(_ceiling(run), color=_style.FAINT, linewidth=1.2)
    panel.annotate(
        "ceiling of the first", (0.01, _ceiling(run)), xycoords=("axes fraction", "data"), xytext=(0, 3),
        textcoords="offset points", fontsize=8.5, color=_style.INK,
    )  # fmt: skip
    panel.set_yscale("log")
    panel.set_xlabel("epoch")
    panel.set_ylabel("upper bound of $\\kappa$ (nats, log scale)")
    panel.set_title(f"One network, two conventions ({_task_name(task)})")
    panel.legend(loc="upper right", fontsize=7.5, handlelength=1.6)
    return figure


@_style.styled
def image_sharpness(run: Run) -> Figure:
    """Points of accuracy that an arm costs at the release, against the regularizer's value then; a column a task."""
    tasks = run.config["tasks"]
    figure, axes = _style.panels(run, len(tasks), 4.2, sharex=True, sharey=True)
    frame = run.to_frame()
    frame = frame[frame.epoch == run.config["release"]]
    for panel, task in zip(axes, tasks, strict=True):
        rows = frame[frame.task == task]
        usual = rows[rows.arm == "baseline"].set_index("seed").val_acc
        for arm, (colour, marker) in _SCATTERED.items():
            one = rows[rows.arm == arm].set_index("seed")
            name = ARM_NAMES[arm].removesuffix(", released")
            panel.plot(one.paper_kappa, 100 * (one.val_acc - usual[one.index]), marker, color=colour, label=name)
        panel.axhline(0, color=_style.FAINT, linewidth=1.2)
        panel.axvline(_ceiling(run), color=_style.FAINT, linewidth=1.2, linestyle="--")
        panel.set_xscale("log")
        panel.set_title(_task_name(task).capitalize())
        panel.set_xlabel("$\\|W\\|^2(1-\\|p\\|^2)$ at $\\tau=2$ (log scale)")
    axes[0].set_ylabel("accuracy minus the baseline's (points)")
    figure.legend(
        *axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3, fontsize=8, handletextpad=0.1
    )
    return figure


def _follow(panel: Axes, rows: pd.DataFrame, column: str) -> None:
    """A line a seed of each arm of `_FOLLOWED`."""
    for arm, colour, line in zip(_FOLLOWED, _COLOURS, _LINES, strict=True):
        for number, (_, one) in enumerate(rows[rows.arm == arm].groupby("seed")):
            label = ARM_NAMES[arm] if number == 0 else None
            panel.plot(one.epoch, one[column], line, color=colour, linewidth=1.2, alpha=0.8, label=label)


def _differences(run: Run, at_release: bool) -> dict[str, pd.DataFrame]:
    """Of each task, points of accuracy against the baseline: a row a seed and a column an arm."""
    frame, epoch = run.to_frame(), run.config["release" if at_release else "epochs"]
    found = {}
    for task in run.config["tasks"]:
        rows = frame[(frame.task == task) & (frame.epoch == epoch)]
        table = 100 * rows.pivot(index="seed", columns="arm", values="val_acc").astype(float)
        found[task] = table.sub(table.baseline, axis=0)
    return found


def _ceiling(run: Run, classes: int = 10) -> float:
    """B^2 (1 - 1/K): what the paper's regularizer cannot exceed; all tasks have ten classes."""
    return run.config["cap"] ** 2 * (1 - 1 / classes)


def _task_name(task: str) -> str:
    return _NAMES_OF_TASKS.get(task, task.replace("_", " "))
