"""Figures of the experiment `simplex`: networks whose features need no projection."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator

from ncbook.figures import _classes, _style
from ncbook.figures._bands import draw_seeds
from ncbook.readings.simplex import class_names, pictured, rows_of, snapshots
from ncbook.runs import Run

_SPACE_VIEW = (0.3, 0.25)  # radians: turn around the upright axis, tilt; no stick hides another
_SIDE = 1.75  # of the maps, from the center to the border
_PROPERTIES = (("nc1_train", "NC1"), ("nc2_angles_train", "NC2, angles"), ("nc3_train", "NC3"))


@_style.styled
def simplex_variability(run: Run) -> Figure:
    """NC1 on train and on test against steps, for three and four classes in K-1 dimensions."""
    figure, axes = _style.panels(run, 2, sharey=True)
    for panel, setting in zip(axes, (0, 1), strict=True):
        for side in ("train", "test"):
            draw_seeds(panel, rows_of(run, setting), f"nc1_{side}", side, side, "step")
        panel.set_title(_title(run, setting))
        _style.log_axis(panel.yaxis)
    axes[0].set_ylabel("NC1 (no unit)")
    return _with_steps(figure, axes, run)


@_style.styled
def simplex_geometry(run: Run) -> Figure:
    """NC2 and NC3 on the training set against steps, for three and four classes in K-1 dimensions."""
    figure, axes = _style.panels(run, 3, height=3.4)
    columns = ("nc2_norms_train", "nc2_angles_train", "nc3_train")
    labels = ("NC2: std / mean of lengths", "NC2: mean |cos + 1/(K−1)|", "NC3 (no unit)")
    for panel, column, label in zip(axes, columns, labels, strict=True):
        _draw_settings(panel, run, column, {each: _title(run, each) for each in (0, 1)})
        panel.set_ylabel(label)
    return _with_steps(figure, axes, run)


@_style.styled
def simplex_in_the_plane(run: Run) -> Figure:
    """Three classes in two dimensions at three steps: features, means, classifier rows and the ideal triangle."""
    return _snapshots(run, 0, lambda vectors: vectors)


@_style.styled
def simplex_in_space(run: Run) -> Figure:
    """Four classes in three dimensions at three steps, seen from one side."""
    return _snapshots(run, 1, _seen_from_the_side)


@_style.styled
def simplex_decisions(run: Run) -> Figure:
    """Where the network's decision is the nearest class mean, and where it is not, at three steps (three classes)."""
    arrays = pictured(run, 0)
    figure, axes = _style.panels(run, 3, height=3.4, sharex=True, sharey=True)
    for panel, index in zip(axes, snapshots(run, 0), strict=True):
        _draw_regions(panel, arrays, index)
        _draw_points(panel, arrays["points"][index].astype(float), arrays, run, 0, size=12)
        panel.set_title(f"step {arrays['step'][index]}")
        _square(panel)
    handles = [Patch(color=color, alpha=0.3) for color, _ in _style.ARM_STYLES[:3]]
    handles.append(Patch(facecolor="none", edgecolor=_style.INK, hatch="////"))
    names = [f"network says {name}" for name in class_names(run, 0)] + ["the nearest mean disagrees"]
    figure.legend(handles, names, loc="outside upper center", ncols=2)
    return figure


@_style.styled
def simplex_cosines(run: Run) -> Figure:
    """Cosines between class means at the end, one mark a pair and seed, and -1/(K-1)."""
    settings = [each for each in range(len(run.config["dims"])) if _large_decay(run, each)]
    figure, (panel,) = _style.panels(run, 1, height=3.4)
    for place, setting in enumerate(settings):
        cosines = pictured(run, setting)["cosines"]
        spread = np.linspace(-0.25, 0.25, cosines.size).reshape(cosines.shape)
        for seed, marker in zip(range(len(cosines)), "osD^vPX", strict=False):
            panel.plot(place + spread[seed], cosines[seed], marker, color=_style.GREEN, markersize=3, alpha=0.6)
        ideal = -1 / (run.config["num_classes"][setting] - 1)
        panel.plot([place - 0.4, place + 0.4], [ideal, ideal], color=_style.PURPLE, linewidth=2.2)
    panel.plot([], [], "o", color=_style.GREEN, markersize=3, label="a pair of class means (one marker a seed)")
    panel.plot([], [], color=_style.PURPLE, label="−1/(K−1)")
    panel.set_xticks(range(len(settings)), [_title(run, each, short=True) for each in settings])
    panel.set(xlabel="number of classes K and feature dimension d", ylabel="cosine")
    figure.legend(loc="outside upper center", ncols=2)
    return figure


@_style.styled
def simplex_too_few_dimensions(run: Run) -> Figure:
    """Four classes in two dimensions: where they end up, and NC1 and angles beside those with three dimensions."""
    figure, axes = _style.panels(run, 3, height=3.4)
    _draw_frame(axes[0], pictured(run, 2), -1, run, 2, lambda vectors: vectors)
    axes[0].set_title("d = 2, last step")
    for panel, (column, title) in zip(axes[1:], _PROPERTIES[:2], strict=True):
        _draw_settings(panel, run, column, {each: f"d = {run.config['dims'][each]}" for each in (1, 2)})
        panel.set_ylabel(f"{title}, training set")
    return _with_steps(figure, axes[1:], run)


@_style.styled
def simplex_reduced_features(run: Run) -> Figure:
    """Ten classes: features reduced to nine dimensions, to more, and not at all."""
    figure, axes = _style.panels(run, 3, height=3.4)
    settings = [each for each, count in enumerate(run.config["num_classes"]) if count == 10]
    names = {each: f"map to d = {run.config['dims'][each]}" for each in settings} | {settings[-1]: "no map"}
    for panel, (column, title) in zip(axes, _PROPERTIES, strict=True):
        _draw_settings(panel, run, column, names)
        panel.set_ylabel(f"{title}, training set")
    return _with_steps(figure, axes, run)


def _title(run: Run, setting: int, short: bool = False) -> str:
    count, dim = run.config["num_classes"][setting], run.config["dims"][setting]
    return f"K = {count}\nd = {dim}" if short else f"K = {count}, d = {dim}"


def _large_decay(run: Run, setting: int) -> bool:
    return bool(run.config["weight_decays"][setting] == max(run.config["weight_decays"]))


def _draw_settings(panel: Axes, run: Run, column: str, names: dict[int, str]) -> None:
    """One column over steps, a curve a setting with its name."""
    for style, (setting, name) in enumerate(names.items()):
        draw_seeds(panel, rows_of(run, setting), column, name, style, "step")
    _style.log_axis(panel.yaxis)


def _with_steps(figure: Figure, axes: list[Axes], run: Run) -> Figure:
    """Label the time axes, and put one legend above the panels."""
    steps = run.config["steps"]
    powers = [10.0**power for power in range(int(np.log10(steps)) + 1)]
    for panel in axes:
        _style.log_axis(panel.xaxis)
        panel.xaxis.set_major_locator(FixedLocator(powers))  # all of them, in narrow panels too
        panel.set(xlim=(1, steps), xlabel="steps")
    _style.legend_above(figure, axes[0], len(axes[0].get_legend_handles_labels()[1]))
    return figure


def _snapshots(run: Run, setting: int, flatten: Callable[[np.ndarray], np.ndarray]) -> Figure:
    arrays = pictured(run, setting)
    figure, axes = _style.panels(run, 3, height=3.4, sharex=True, sharey=True)
    for panel, index in zip(axes, snapshots(run, setting), strict=True):
        _draw_frame(panel, arrays, index, run, setting, flatten)
        panel.set_title(f"step {arrays['step'][index]}")
    handles, labels = axes[0].get_legend_handles_labels()
    handles += [
        Line2D([], [], color=_style.INK, linewidth=1.2, linestyle=_classes.DASHES),
        Line2D([], [], color=_style.FAINT, linewidth=1),
    ]
    labels += ["classifier rows", "simplex ETF"]
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


def _draw_frame(
    panel: Axes,
    arrays: dict[str, np.ndarray],
    index: int,
    run: Run,
    setting: int,
    flatten: Callable[[np.ndarray], np.ndarray],
) -> None:
    """One step: the ideal simplex, points (test hollow), means as thick sticks, classifier rows dashed."""
    points, means, rows = (flatten(arrays[name][index].astype(float)) for name in ("points", "means", "classifier"))
    _draw_simplex(panel, arrays["ideal"], flatten)
    _draw_points(panel, points, arrays, run, setting, size=14)
    _classes.draw_sticks(panel, means, rows, class_names(run, setting), width=2.4)
    _square(panel)


def _draw_simplex(panel: Axes, ideal: np.ndarray, flatten: Callable[[np.ndarray], np.ndarray]) -> None:
    """The edges of the simplex ETF of radius 1, or where it does not fit, the circle of that radius."""
    if len(ideal) == 0:
        angles = np.linspace(0, 2 * np.pi, 200)
        panel.plot(np.cos(angles), np.sin(angles), color=_style.FAINT, linewidth=1)
        return
    vertices = flatten(ideal)
    for first, second in combinations(range(len(vertices)), 2):
        panel.plot(*vertices[[first, second]].T, color=_style.FAINT, linewidth=1)


def _draw_points(
    panel: Axes, points: np.ndarray, arrays: dict[str, np.ndarray], run: Run, setting: int, size: float
) -> None:
    classes = range(run.config["num_classes"][setting])
    _classes.draw_points(panel, points, arrays["labels"], arrays["test"], classes, size)


def _draw_regions(panel: Axes, arrays: dict[str, np.ndarray], index: int) -> None:
    """Color each point by the network's decision, and hatch it where the nearest mean would decide otherwise."""
    side = np.linspace(-_SIDE, _SIDE, 300)
    grid = np.stack(np.meshgrid(side, side), axis=-1)  # [300, 300, 2]
    network = (grid @ arrays["classifier"][index].T + arrays["offsets"][index]).argmax(-1)
    means = arrays["means"][index]
    nearest = (grid @ means.T - (means**2).sum(1) / 2).argmax(-1)
    colors = [color for color, _ in _style.ARM_STYLES[: len(means)]]
    panel.contourf(side, side, network, levels=np.arange(len(means) + 1) - 0.5, colors=colors, alpha=0.25)
    panel.contourf(side, side, network != nearest, levels=[0.5, 1.5], colors="none", hatches=["////"])


def _seen_from_the_side(vectors: np.ndarray) -> np.ndarray:
    """[n, 3] -> [n, 2]: a parallel projection of space on the page."""
    turn, tilt = _SPACE_VIEW
    x, y, z = vectors.T
    across, deep = np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y
    return np.stack([across, np.cos(tilt) * z + np.sin(tilt) * deep], axis=1)


def _square(panel: Axes) -> None:
    panel.set_aspect("equal")
    panel.set(xlim=(-_SIDE, _SIDE), ylim=(-_SIDE, _SIDE), xticks=[-1, 0, 1], yticks=[-1, 0, 1])
