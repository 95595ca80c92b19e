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
from ncbook.figures._bands import draw_band, name_ends
from ncbook.readings.corrupted_labels import (
    CE,
    DECAYED,
    EVERYWHERE,
    FRAME,
    LONGER,
    MATCHED,
    MCR2,
    PUBLISHED,
    SIMPLEX,
    SMOOTHED,
    SPHERE,
    SUBSPACES,
    at_every_ratio,
    at_top,
    ends,
    leads,
    overfitted,
    stops,
    trained,
)
from ncbook.runs import Run

_ARRANGEMENTS = {
    SUBSPACES: (_style.GREEN, "o", "-"),
    SPHERE: (_style.FAINT, "^", ":"),
    FRAME: (_style.OLIVE, "D", "-."),
    SIMPLEX: (_style.PURPLE, "s", "--"),
}
_ARMS = {
    CE: (_style.PURPLE, "s", "--"),
    MATCHED: (_style.OLIVE, "D", "-."),
    MCR2: (_style.GREEN, "o", "-"),
    LONGER: (_style.LILAC, "v", ":"),
    SMOOTHED: (_style.INK, "P", ":"),
    DECAYED: (_style.FAINT, "X", ":"),
}
_NOISES = ((_style.OLIVE, "^", "-"), (_style.PURPLE, "s", "--"), (_style.GREEN, "o", "-."))
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
    spots = _grid()
    inside = [_within(spots, moments) for moments in (*classes, np.mean(classes, axis=0))]
    for own, color, alpha in (
        (inside[2] & ~inside[0] & ~inside[1], _style.LILAC, 0.5),
        (inside[0] | inside[1], _style.GREEN, 0.75),
    ):
        size = 2 * _EPS
        panel.add_collection(EllipseCollection(
            size, size, 0, units="xy", offsets=spots[own], offset_transform=panel.transData, facecolor=color,
            edgecolor="white", alpha=alpha,
        ))  # fmt: skip
    for moments, line in ((classes[0], "-"), (classes[1], "-"), (np.mean(classes, axis=0), "--")):
        panel.add_patch(_ellipse(moments, line))


def _grid() -> np.ndarray:
    """[spots, 2] of a hexagonal grid whose cells have the area of a ball."""
    step = _EPS * math.sqrt(2 * math.pi / math.sqrt(3))
    rows, columns = np.meshgrid(np.arange(-12, 13), np.arange(-12, 13), indexing="ij")
    return np.stack([step * (columns + rows % 2 / 2), step * math.sqrt(0.75) * rows], -1).reshape(-1, 2)


def _body(moments: np.ndarray) -> np.ndarray:
    """[2, 2] matrix of the ellipse that is as many balls large as exp R: d Sigma + eps^2 I."""
    return 2 * moments + _EPS**2 * np.eye(2)


def _within(spots: np.ndarray, moments: np.ndarray) -> np.ndarray:
    return np.einsum("pi,ij,pj->p", spots, np.linalg.inv(_body(moments)), spots) <= 1


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
    for panel, column, own in ((dims, "dim", frame[frame.per_class == fixed_points]),
                               (points, "per_class", frame[frame.dim == fixed_dim])):  # fmt: skip
        table = own.pivot_table(index=column, columns="arm", values="rate_reduction", aggfunc="median")
        for name, (color, marker, line) in _ARRANGEMENTS.items():
            panel.plot(table.index, table[name], line, color=color, marker=marker, markersize=5, label=name)
        panel.set(xscale="log", yscale="log", ylabel="rate reduction ΔR (nats)")
        _style.log_axis(panel.xaxis)
        _style.log_axis(panel.yaxis)
    dims.set_xlabel(f"dimensions d ({fixed_points} points a class)")
    points.set_xlabel(f"points a class ({fixed_dim} dimensions)")
    figure.legend(*dims.get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def _band(panel: Axes, table: pd.DataFrame, look: tuple[str, str, str], label: str) -> None:
    """Median over the seeds, the rows of `table` [seeds, P], and their range."""
    color, marker, line = look
    panel.fill_between(table.columns, table.min(), table.max(), color=color, alpha=0.15, linewidth=0)
    panel.plot(table.columns, table.median(), line, color=color, marker=marker, markersize=5, label=label)


@_style.styled
def published_and_here(run: Run) -> Figure:
    """Test accuracy at the last epoch against the corruption ratio: in the survey's table, and in this run."""
    figure, axes = _style.panels(run, 2, height=3.5, sharey=True)
    for arm in (MCR2, CE):
        color, marker, line = _ARMS[arm]
        axes[0].plot(PUBLISHED.index, PUBLISHED[arm], line, color=color, marker=marker, markersize=5, label=arm)
        _band(axes[1], _accuracies(run, arm, "end"), _ARMS[arm], arm)
    for panel, title in zip(axes, ("published, on CIFAR-10", f"here, on {run.config['dataset']}"), strict=True):
        panel.set_title(title)
        panel.set(xlabel="corruption ratio", ylabel="test accuracy (%)", ylim=(None, 100), xticks=PUBLISHED.index)
        name_ends(panel)
    return figure


def _accuracies(run: Run, arm: str, column: str) -> pd.DataFrame:
    """[seeds, ratios]: a column of the outcomes of one arm in percent."""
    rows = at_every_ratio(run)
    return 100 * rows[rows.arm == arm].pivot(index="seed", columns="label_noise", values=column)


@_style.styled
def accuracy_under_corruption(run: Run) -> Figure:
    """Test accuracy against the corruption ratio at the last epoch, and stopped by the corrupted validation set."""
    figure, axes = _style.panels(run, 2, height=3.6, sharey=True)
    for panel, column, title in zip(axes, ("end", "stopped"), ("last epoch", "stopped early"), strict=True):
        for arm in EVERYWHERE:
            _band(panel, _accuracies(run, arm, column), _ARMS[arm], arm)
        panel.set_title(title)
        ratios = sorted((*run.config["noises"], *run.config["other_noises"]))
        panel.set(xlabel="corruption ratio", ylim=(None, 100), xticks=ratios)
    axes[0].set_ylabel("test accuracy (%)")
    axes[0].legend(loc="lower left")
    return figure


@_style.styled
def lead_by_control(run: Run) -> Figure:
    """Points by which rate reduction is ahead at the highest ratio: a row what is exchanged, a mark a seed."""
    table = leads(run)
    figure, (panel,) = _style.panels(run, 1, height=3.6)
    panel.axvline(0, color=_style.FAINT, linewidth=0.8)
    rows = range(table.shape[1])[::-1]
    for row, name in zip(rows, table, strict=True):
        panel.plot(table[name], [row] * len(table), "o", color=_style.GREEN, markersize=6, alpha=0.75)
        panel.plot([table[name].median()] * 2, [row - 0.36, row + 0.36], color=_style.INK, linewidth=2)
    panel.set_yticks(rows, table.columns)
    panel.set(ylabel="what is exchanged", xlabel="points by which rate reduction is ahead")
    panel.grid(axis="x", color="#dddddd", linewidth=0.6)
    return figure


@_style.styled
def memorization_and_accuracy(run: Run) -> Figure:
    """Highest ratio: wrong labels memorized along training, and test accuracy against them; a line a seed.

    Right: from the epoch of the highest test accuracy on.
    """
    frame = at_top(trained(run))
    figure, (course, price) = _style.panels(run, 2, height=3.8)
    for arm in (*EVERYWHERE, LONGER):
        color, marker, line = _ARMS[arm]
        for number, (_, own) in enumerate(frame[frame.arm == arm].groupby("seed")):
            style: dict[str, Any] = {"color": color, "marker": marker, "markersize": 3.5, "linewidth": 1.2}
            course.plot(own.epoch, 100 * own.wrong_acc_given, line, label="_" * number + arm, **style)
            late = overfitted(own)
            price.plot(100 * late.wrong_acc_given, 100 * late.own_test, line, **style)
    course.set(xscale="log", xlabel="epochs", ylabel="wrong labels memorized (%)", ylim=(0, 103))
    _style.log_axis(course.xaxis)
    price.set(xlabel="wrong labels memorized (%)", ylabel="test accuracy (%)", ylim=(60, 100), xlim=(0, 103))
    figure.legend(*course.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


@_style.styled
def stopping_epochs(run: Run) -> Figure:
    """Highest ratio, first seed: test and validation accuracy along training, with the epoch that validation picks."""
    frame, chosen = (
        at_top(rows)[lambda rows: rows.seed == run.config["seeds"][0]] for rows in (trained(run), stops(run))
    )
    figure, axes = _style.panels(run, 2, height=3.6, sharey=True)
    for panel, arm in zip(axes, (CE, LONGER), strict=True):
        own = frame[frame.arm == arm]
        for column, label, style in (("own_test", "test, true labels", "test"), ("own_validation", "validation", 2)):
            draw_band(panel, own.epoch.to_numpy(), 100 * own[[column]].to_numpy().T, label, style, every=1)
        panel.axvline(chosen.epoch[chosen.arm == arm].item(), color=_style.INK, linestyle=":", label="stop")
        panel.set_title(arm)
        panel.set(xscale="log", xlabel="epochs", ylim=(0, 100))
        _style.log_axis(panel.xaxis)
    axes[0].set_ylabel("accuracy (%)")
    _style.legend_above(figure, axes[0], 3)
    return figure


@_style.styled
def dilation_and_memorization(run: Run) -> Figure:
    """Cross-entropy: variance ratio of the test features along training, and of training images by their label."""
    frame = trained(run)
    frame = frame[frame.arm == CE]
    figure, (test, train) = _style.panels(run, 2, height=3.7)
    noises = run.config["noises"]
    for noise, look in zip((noises[0], noises[len(noises) // 2], noises[-1]), _NOISES, strict=True):
        table = frame[frame.label_noise == noise].pivot(
            index="seed", columns="epoch", values="unit_variance_ratio_test"
        )
        _band(test, table, look, f"ratio {noise:g}")
    top = at_top(frame)
    names = {
        "unit_variance_ratio_wrong": "wrong label, by true class",
        "unit_variance_ratio_right": "right label",
        "unit_variance_ratio_train": "all, by label",
    }
    for (column, label), look in zip(names.items(), _NOISES, strict=True):
        _band(train, top.pivot(index="seed", columns="epoch", values=column), look, label)
    test.set_title("test images")
    train.set_title(f"training images, ratio {frame.label_noise.max():g}")
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
    networks = at_top(ends(run))
    networks = networks.assign(memorized=100 * networks.wrong_acc_given)
    figure, axes = _style.panels(run, 2, height=3.9, sharey=True)
    for panel, column in zip(axes, ("unit_variance_ratio_train", "memorized"), strict=True):
        for arm, (color, marker, _) in _ARMS.items():
            own = networks[networks.arm == arm]
            panel.plot(own[column], 100 * own.own_test, marker, color=color, markersize=6, alpha=0.85, label=arm)
    axes[0].set(xscale="log", xlabel="variance ratio of the training features", ylabel="test accuracy (%)")
    _style.log_axis(axes[0].xaxis)
    axes[1].set(xlabel="wrong labels memorized (%)", xlim=(None, 103))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


@_style.styled
def subspace_dimensions(run: Run) -> Figure:
    """Test accuracy of the nearest subspace by its dimension, after three trainings, without and with corruption."""
    networks = ends(run)
    accuracies = pd.DataFrame(100 * run.arrays["training/by_rank"], columns=run.arrays["training/ranks"])
    figure, axes = _style.panels(run, 2, height=3.5, sharey=True)
    noises = min(run.config["noises"]), max(run.config["noises"])
    for panel, noise in zip(axes, noises, strict=True):
        for arm in EVERYWHERE:
            own = accuracies[((networks.arm == arm) & (networks.label_noise == noise)).to_numpy()]
            _band(panel, own, _ARMS[arm], arm)
        panel.set_title(f"corruption ratio {noise:g}")
        panel.set(xlabel="dimensions of a class's subspace", xticks=accuracies.columns)
    axes[0].set(ylabel="test accuracy (%)", ylim=(None, 100))
    axes[0].legend(loc="lower right")
    return figure
