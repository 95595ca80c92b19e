"""Figures of the experiment `corrupted_labels`: counting balls, rates of arrangements, training on wrong labels."""

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse

from ncbook.figures import _style
from ncbook.runs import Run

_ARRANGEMENTS = {
    "orthogonal subspaces": (_style.BLUE, "o", "-"),
    "random": (_style.FAINT, "^", ":"),
    "orthogonal means": (_style.GREEN, "D", "-."),
    "simplex": (_style.ORANGE, "s", "--"),
}
_ARMS = {
    "cross-entropy": (_style.ORANGE, "s", "--"),
    "same schedule": (_style.GREEN, "D", "-."),
    "rate reduction": (_style.BLUE, "o", "-"),
    "rate reduction, longer": (_style.PURPLE, "v", ":"),
    "label smoothing": (_style.INK, "P", ":"),
    "weight decay": (_style.FAINT, "X", ":"),
}
_NOISES = ((_style.GREEN, "^", "-"), (_style.ORANGE, "s", "--"), (_style.BLUE, "o", "-."))
_EPS, _SPREAD = 0.22, 0.03  # of the balls, and of a class across its line, in `counting_balls`
_PICTURES = (("two lines, 90°", math.pi / 2), ("two lines, 30°", math.pi / 6), ("collapsed: one line", 0.0))


@_style.styled
def counting_balls(run: Run) -> Figure:
    """Two classes in the plane on two lines: the balls that cover all points and those that cover a class."""
    figure, axes = _style.panels(run, len(_PICTURES), height=3.1)
    for panel, (title, angle) in zip(axes, _PICTURES, strict=True):
        classes = [_moments(sign * angle / 2, _SPREAD if angle else 0.0) for sign in (-1, 1)]
        _draw_balls(panel, classes)
        whole, parts = _rate(np.mean(classes, axis=0)), _rate(classes[0])
        panel.set_title(title)
        counts = f"whole {math.exp(whole):.1f} balls, class {math.exp(parts):.1f}"
        panel.set_xlabel(f"{counts}\nΔR = {whole - parts:.2f} nats", fontsize=9)
        panel.set(xlim=(-1.6, 1.6), ylim=(-1.35, 1.35), aspect="equal", xticks=[], yticks=[])
    return figure


def _moments(angle: float, spread: float) -> np.ndarray:
    """[2, 2] second moments of a class on a line: trace 1, of which `spread` across the line."""
    along, across = np.array([math.cos(angle), math.sin(angle)]), np.array([-math.sin(angle), math.cos(angle)])
    return (1 - spread) * np.outer(along, along) + spread * np.outer(across, across)


def _rate(moments: np.ndarray) -> float:
    """R in nats of points in the plane with these second moments: the log of the number of balls."""
    return math.log(np.linalg.det(np.eye(2) + 2 / _EPS**2 * moments)) / 2


def _draw_balls(panel: Axes, classes: list[np.ndarray]) -> None:
    """Balls on a grid with one place a ball's area: in the ellipse of a class, or in that of the whole alone."""
    places = _grid()
    inside = [_within(places, moments) for moments in (*classes, np.mean(classes, axis=0))]
    for own, colour, alpha in (
        (inside[2] & ~inside[0] & ~inside[1], _style.BLUE, 0.5),
        (inside[0] | inside[1], _style.GREEN, 0.75),
    ):
        size = 2 * _EPS
        panel.add_collection(EllipseCollection(
            size, size, 0, units="xy", offsets=places[own], offset_transform=panel.transData, facecolor=colour,
            edgecolor="white", alpha=alpha,
        ))  # fmt: skip
    for moments, line in ((classes[0], "-"), (classes[1], "-"), (np.mean(classes, axis=0), "--")):
        panel.add_patch(_ellipse(moments, line))


def _grid() -> np.ndarray:
    """[places, 2] of a hexagonal grid whose cells have the area of a ball."""
    step = _EPS * math.sqrt(2 * math.pi / math.sqrt(3))
    rows, columns = np.meshgrid(np.arange(-12, 13), np.arange(-12, 13), indexing="ij")
    return np.stack([step * (columns + rows % 2 / 2), step * math.sqrt(0.75) * rows], -1).reshape(-1, 2)


def _body(moments: np.ndarray) -> np.ndarray:
    """[2, 2] matrix of the ellipse that is as many balls large as exp R: d Sigma + eps^2 I."""
    return 2 * moments + _EPS**2 * np.eye(2)


def _within(places: np.ndarray, moments: np.ndarray) -> np.ndarray:
    return np.einsum("pi,ij,pj->p", places, np.linalg.inv(_body(moments)), places) <= 1


def _ellipse(moments: np.ndarray, line: str) -> Ellipse:
    values, directions = np.linalg.eigh(_body(moments))
    angle = math.degrees(math.atan2(directions[1, 1], directions[0, 1]))
    return Ellipse((0, 0), 2 * values[1] ** 0.5, 2 * values[0] ** 0.5, angle=angle, fill=False, linestyle=line,
                   edgecolor=_style.INK, linewidth=1.2)  # fmt: skip


@_style.styled
def arrangement_rates(run: Run) -> Figure:
    """Rate reduction of four arrangements against the number of dimensions and of points a class; median of seeds."""
    frame = run.to_frame()
    frame = frame[frame.part == "rates"]
    figure, (dims, points) = _style.panels(run, 2, height=3.5)
    fixed_dim, fixed_points = run.config["rate_dim"], run.config["points"][0]
    for panel, column, own in ((dims, "dim", frame[frame.points == fixed_points]),
                               (points, "points", frame[frame.dim == fixed_dim])):  # fmt: skip
        table = own.pivot_table(index=column, columns="arm", values="reduction", aggfunc="median")
        for name, (colour, marker, line) in _ARRANGEMENTS.items():
            panel.plot(table.index, table[name], line, color=colour, marker=marker, markersize=5, label=name)
        panel.set(xscale="log", yscale="log", ylabel="rate reduction ΔR (nats)")
        _style.log_axis(panel.xaxis)
        _style.log_axis(panel.yaxis)
    dims.set_xlabel(f"dimensions d ({fixed_points} points a class)")
    points.set_xlabel(f"points a class ({fixed_dim} dimensions)")
    figure.legend(*dims.get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def _own(arm: str) -> str:
    """The classifier that belongs to an arm."""
    return "subspace" if arm.startswith("rate reduction") else "head"


def _trained(run: Run) -> pd.DataFrame:
    """The rows of the part `training` with the accuracies of each arm's own classifier as test and validation, in %."""
    frame = run.to_frame()
    frame = frame[frame.part == "training"]
    for split in ("test", "validation"):
        own = frame[f"head_{split}"].where(frame.arm.map(_own) == "head", frame[f"subspace_{split}"])
        frame = frame.assign(**{split: 100 * own})
    return frame.assign(memorized=100 * frame.wrong_given)


def _ends(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.groupby(["arm", "noise", "seed"], sort=False).tail(1)


def _band(panel: Axes, table: pd.DataFrame, look: tuple[str, str, str], label: str) -> None:
    """Median over the seeds, the rows of `table` [seeds, places], and their range."""
    colour, marker, line = look
    panel.fill_between(table.columns, table.min(), table.max(), color=colour, alpha=0.15, linewidth=0)
    panel.plot(table.columns, table.median(), line, color=colour, marker=marker, markersize=5, label=label)


@_style.styled
def accuracy_under_corruption(run: Run) -> Figure:
    """Test accuracy against the corruption ratio at the last epoch, and stopped by the corrupted validation set."""
    frame = _trained(run)
    stops = frame.loc[frame.groupby(["arm", "noise", "seed"], sort=False).validation.idxmax()]
    figure, axes = _style.panels(run, 2, height=3.6, sharey=True)
    for panel, rows, title in zip(axes, (_ends(frame), stops), ("last epoch", "stopped early"), strict=True):
        for arm in ("cross-entropy", "same schedule", "rate reduction"):
            table = rows[rows.arm == arm].pivot(index="seed", columns="noise", values="test")
            _band(panel, table, _ARMS[arm], arm)
        panel.set_title(title)
        panel.set(xlabel="corruption ratio", ylim=(None, 100), xticks=run.config["noises"])
    axes[0].set_ylabel("test accuracy (%)")
    axes[0].legend(loc="lower left")
    return figure


@_style.styled
def memorization_and_accuracy(run: Run) -> Figure:
    """Highest ratio: wrong labels memorized along training, and test accuracy against them; a line a seed.

    Right: from the epoch of the highest test accuracy on.
    """
    frame = _trained(run)
    frame = frame[frame.noise == frame.noise.max()]
    figure, (course, price) = _style.panels(run, 2, height=3.8)
    for arm in ("cross-entropy", "same schedule", "rate reduction", "rate reduction, longer"):
        colour, marker, line = _ARMS[arm]
        for place, (_, own) in enumerate(frame[frame.arm == arm].groupby("seed")):
            style: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 3.5, "linewidth": 1.2}
            course.plot(own.epoch, own.memorized, line, label="_" * place + arm, **style)
            overfit = own.loc[own.test.idxmax() :]
            price.plot(overfit.memorized, overfit.test, line, **style)
    course.set(xscale="log", xlabel="epochs", ylabel="wrong labels memorized (%)", ylim=(0, 103))
    _style.log_axis(course.xaxis)
    price.set(xlabel="wrong labels memorized (%)", ylabel="test accuracy (%)", ylim=(60, 100), xlim=(0, 103))
    figure.legend(*course.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


@_style.styled
def stopping_epochs(run: Run) -> Figure:
    """Highest ratio, first seed: test and validation accuracy along training, with the epoch that validation picks."""
    frame = _trained(run)
    frame = frame[(frame.noise == frame.noise.max()) & (frame.seed == run.config["seeds"][0])]
    figure, axes = _style.panels(run, 2, height=3.4, sharey=True)
    for panel, arm in zip(axes, ("cross-entropy", "rate reduction, longer"), strict=True):
        own = frame[frame.arm == arm]
        panel.plot(own.epoch, own.test, "-o", color=_style.BLUE, markersize=4, label="test, true labels")
        panel.plot(own.epoch, own.validation, "--s", color=_style.ORANGE, markersize=4, label="validation, corrupted")
        panel.axvline(own.epoch[own.validation.idxmax()], color=_style.INK, linestyle=":", label="stop")
        panel.set_title(arm)
        panel.set(xscale="log", xlabel="epochs", ylim=(0, 100))
        _style.log_axis(panel.xaxis)
    axes[0].set_ylabel("accuracy (%)")
    axes[0].legend(loc="lower left")
    return figure


@_style.styled
def dilation_and_memorization(run: Run) -> Figure:
    """Cross-entropy: variance ratio of the test features along training, and of training images by their label."""
    frame = _trained(run)
    frame = frame[frame.arm == "cross-entropy"]
    figure, (test, train) = _style.panels(run, 2, height=3.7)
    noises = run.config["noises"]
    for noise, look in zip((noises[0], noises[len(noises) // 2], noises[-1]), _NOISES, strict=True):
        table = frame[frame.noise == noise].pivot(index="seed", columns="epoch", values="test_ratio")
        _band(test, table, look, f"ratio {noise:g}")
    top = frame[frame.noise == frame.noise.max()]
    names = {"wrong_ratio": "wrong label, by true class", "clean_ratio": "right label", "train_ratio": "all, by label"}
    for (column, label), look in zip(names.items(), _NOISES, strict=True):
        _band(train, top.pivot(index="seed", columns="epoch", values=column), look, label)
    test.set_title("test images")
    train.set_title(f"training images, ratio {frame.noise.max():g}")
    for panel in (test, train):
        panel.set(xlabel="epochs", ylabel="variance ratio", xscale="log", yscale="log")
        _style.log_axis(panel.xaxis)
        _style.log_axis(panel.yaxis)
        panel.legend(loc="upper left", fontsize=8)
    low, high = train.get_ylim()
    train.set_ylim(low, 3 * high)  # room for the legend
    return figure


@_style.styled
def collapse_against_accuracy(run: Run) -> Figure:
    """Networks at the highest ratio: test accuracy at the last epoch against the variance ratio of training features.

    Right: the networks of the left by the share of wrong labels that they have memorized.
    """
    frame = _trained(run)
    ends = _ends(frame[frame.noise == frame.noise.max()])
    figure, axes = _style.panels(run, 2, height=3.9, sharey=True)
    for panel, column in zip(axes, ("train_ratio", "memorized"), strict=True):
        for arm, (colour, marker, _) in _ARMS.items():
            own = ends[ends.arm == arm]
            panel.plot(own[column], own.test, marker, color=colour, markersize=6, alpha=0.85, label=arm)
    axes[0].set(xscale="log", xlabel="variance ratio of the training features", ylabel="test accuracy (%)")
    _style.log_axis(axes[0].xaxis)
    axes[1].set(xlabel="wrong labels memorized (%)", xlim=(None, 103))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


@_style.styled
def subspace_dimensions(run: Run) -> Figure:
    """Test accuracy of the nearest subspace by its dimension, after three trainings, without and with corruption."""
    networks = _ends(_trained(run))
    accuracies = pd.DataFrame(100 * run.arrays["training/by_rank"], columns=run.arrays["training/ranks"])
    figure, axes = _style.panels(run, 2, height=3.5, sharey=True)
    noises = min(run.config["noises"]), max(run.config["noises"])
    for panel, noise in zip(axes, noises, strict=True):
        for arm in ("cross-entropy", "same schedule", "rate reduction"):
            own = accuracies[((networks.arm == arm) & (networks.noise == noise)).to_numpy()]
            _band(panel, own, _ARMS[arm], arm)
        panel.set_title(f"corruption ratio {noise:g}")
        panel.set(xlabel="dimensions of a class's subspace", xticks=accuracies.columns)
    axes[0].set(ylabel="test accuracy (%)", ylim=(None, 100))
    axes[0].legend(loc="lower right")
    return figure
