"""Figures of the experiment `simplex`: networks whose features need no projection."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ncbook.figures import _style
from ncbook.runs import Run

_SPACE_VIEW = (0.3, 0.25)  # radians: turn around the upright axis, tilt; no stick hides another
_SIDE = 1.75  # of the maps, from the centre to the border
_LINES = ("-", "--", ":", "-.")


@_style.styled
def simplex_variability(run: Run) -> Figure:
    """NC1 on train and on test against steps, for three and four classes in K-1 dimensions."""
    figure, axes = _style.panels(run, 2, sharey=True)
    for panel, setting in zip(axes, (0, 1), strict=True):
        for place, (split, column) in enumerate((("train", "nc1_train"), ("test", "nc1_test"))):
            _draw_seeds(panel, run, setting, column, split, place)
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
        for place, setting in enumerate((0, 1)):
            _draw_seeds(panel, run, setting, column, _title(run, setting), place)
        _style.log_axis(panel.yaxis)
        panel.set_ylabel(label)
    return _with_steps(figure, axes, run)


@_style.styled
def simplex_in_the_plane(run: Run) -> Figure:
    """Three classes in two dimensions at four steps: features, means, classifier rows and the ideal triangle."""
    return _snapshots(run, 0, lambda vectors: vectors)


@_style.styled
def simplex_in_space(run: Run) -> Figure:
    """Four classes in three dimensions at four steps, seen from one side."""
    return _snapshots(run, 1, _seen_from_the_side)


@_style.styled
def simplex_decisions(run: Run) -> Figure:
    """Where the network's decision is the nearest class mean, and where it is not, at four steps (three classes)."""
    arrays = _arrays(run, 0)
    figure, axes = _style.panels(run, 2, height=7.4, rows=2, sharex=True, sharey=True)
    for panel, index in zip(axes, _four_steps(run, 0), strict=True):
        _draw_regions(panel, arrays, index)
        _draw_points(panel, arrays["points"][index].astype(float), arrays, size=12)
        panel.set_title(f"step {arrays['step'][index]}")
        _square(panel)
    handles = [Patch(color=colour, alpha=0.3) for colour, _ in _style.CLASS_STYLES[:3]]
    handles.append(Patch(facecolor="none", edgecolor=_style.INK, hatch="////"))
    names = [f"network says {name}" for name in _class_names(run, 0)] + ["the nearest mean disagrees"]
    figure.legend(handles, names, loc="outside upper center", ncols=2)
    return figure


@_style.styled
def simplex_cosines(run: Run) -> Figure:
    """Cosines between class means at the end, one mark a pair and seed, and -1/(K-1)."""
    settings = [each for each in range(len(run.config["dims"])) if _large_decay(run, each)]
    figure, (panel,) = _style.panels(run, 1, height=3.4)
    for place, setting in enumerate(settings):
        cosines = _arrays(run, setting)["cosines"]
        spread = np.linspace(-0.25, 0.25, cosines.size).reshape(cosines.shape)
        for seed, marker in zip(range(len(cosines)), "osD^vPX", strict=False):
            panel.plot(place + spread[seed], cosines[seed], marker, color=_style.BLUE, markersize=3, alpha=0.6)
        ideal = -1 / (run.config["num_classes"][setting] - 1)
        panel.plot([place - 0.4, place + 0.4], [ideal, ideal], color=_style.ORANGE, linewidth=2.2)
    panel.plot([], [], "o", color=_style.BLUE, markersize=3, label="a pair of class means (one marker a seed)")
    panel.plot([], [], color=_style.ORANGE, label="−1/(K−1)")
    panel.set_xticks(range(len(settings)), [_title(run, each, short=True) for each in settings])
    panel.set(xlabel="number of classes K and feature dimension d", ylabel="cosine")
    figure.legend(loc="outside upper center", ncols=2)
    return figure


@_style.styled
def simplex_too_few_dimensions(run: Run) -> Figure:
    """Four classes in two dimensions: where they end up, and the properties beside those with three dimensions."""
    figure, axes = _style.panels(run, 2, height=6.2, rows=2)
    arrays = _arrays(run, 2)
    _draw_frame(axes[0], arrays, -1, run, 2, lambda vectors: vectors)
    axes[0].set_title("d = 2, last step")
    columns = ("nc1_train", "nc2_angles_train", "nc3_train")
    for panel, column, title in zip(axes[1:], columns, ("NC1", "NC2, angles", "NC3"), strict=True):
        for place, setting in enumerate((1, 2)):
            _draw_seeds(panel, run, setting, column, f"d = {run.config['dims'][setting]}", place)
        _style.log_axis(panel.yaxis)
        panel.set_title(title)
        panel.set_ylabel("on the training set (no unit)")
    return _with_steps(figure, axes[1:], run)


@_style.styled
def simplex_reduced_features(run: Run) -> Figure:
    """Ten classes: features reduced to nine dimensions, to more, and not at all."""
    figure, axes = _style.panels(run, 3, height=3.4)
    settings = [each for each, count in enumerate(run.config["num_classes"]) if count == 10]
    names = [f"map to d = {run.config['dims'][each]}" for each in settings[:-1]] + ["no map"]
    for panel, column, title in zip(
        axes, ("nc1_train", "nc2_angles_train", "nc3_train"), ("NC1", "NC2, angles", "NC3"), strict=True
    ):
        for place, (setting, name) in enumerate(zip(settings, names, strict=True)):
            _draw_seeds(panel, run, setting, column, name, place)
        _style.log_axis(panel.yaxis)
        panel.set_ylabel(f"{title}, training set (no unit)")
    return _with_steps(figure, axes, run)


def _arrays(run: Run, setting: int) -> dict[str, np.ndarray]:
    config = run.config
    name = f"k{config['num_classes'][setting]}-d{config['dims'][setting]}-wd{config['weight_decays'][setting]:g}/"
    return {key.removeprefix(name): array for key, array in run.arrays.items() if key.startswith(name)}


def _title(run: Run, setting: int, short: bool = False) -> str:
    count, dim = run.config["num_classes"][setting], run.config["dims"][setting]
    return f"K = {count}\nd = {dim}" if short else f"K = {count}, d = {dim}"


def _class_names(run: Run, setting: int) -> list[int]:
    return run.config["class_order"][: run.config["num_classes"][setting]]


def _large_decay(run: Run, setting: int) -> bool:
    return run.config["weight_decays"][setting] == max(run.config["weight_decays"])


def _column(run: Run, setting: int, column: str) -> np.ndarray:
    """[S, P]: one column of one setting, a row a seed."""
    history, config = run.history, run.config
    rows = np.ones(len(history["seed"]), dtype=bool)
    for name, key in (("num_classes", "num_classes"), ("dim", "dims"), ("weight_decay", "weight_decays")):
        rows &= history[name] == config[key][setting]
    return history[column][rows].reshape(len(config["seeds"]), -1)


def _draw_seeds(panel: Axes, run: Run, setting: int, column: str, label: str, place: int) -> None:
    """The median over seeds as a line, and their range as a band, in the style of number `place`."""
    steps, values = _column(run, setting, "step")[0], _column(run, setting, column)
    later = steps > 0  # a logarithmic axis has no step 0
    colour, marker = _style.CLASS_STYLES[place]
    steps, values = steps[later], values[:, later]
    panel.fill_between(steps, values.min(0), values.max(0), color=colour, alpha=0.2, linewidth=0)
    middle = np.median(values, axis=0)
    panel.plot(steps, middle, _LINES[place], color=colour, marker=marker, markersize=3, label=label)


def _with_steps(figure: Figure, axes: list[Axes], run: Run) -> Figure:
    """Label the time axes, and put one legend above the panels."""
    for panel in axes:
        panel.set_xlim(1, run.config["steps"])
        _style.log_axis(panel.xaxis)
        panel.set_xlabel("steps")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure


def _four_steps(run: Run, setting: int) -> list[int]:
    """Probes: an early one, the first without a training error, five times as many steps, and the last."""
    steps, errors = _column(run, setting, "step")[0], _column(run, setting, "train_error")[0]
    zero = steps[errors == 0][0] if (errors == 0).any() else steps[-1]
    return [int(np.abs(steps - step).argmin()) for step in (zero / 4, zero, 5 * zero, steps[-1])]


def _snapshots(run: Run, setting: int, flatten: Callable[[np.ndarray], np.ndarray]) -> Figure:
    arrays = _arrays(run, setting)
    figure, axes = _style.panels(run, 2, height=7.4, rows=2, sharex=True, sharey=True)
    for panel, index in zip(axes, _four_steps(run, setting), strict=True):
        _draw_frame(panel, arrays, index, run, setting, flatten)
        panel.set_title(f"step {arrays['step'][index]}")
    handles, labels = axes[0].get_legend_handles_labels()
    handles += [
        Line2D([], [], color=_style.INK, linewidth=1.2, linestyle=(0, (3, 2))),
        Line2D([], [], color=_style.FAINT, linewidth=1),
    ]
    labels += ["classifier rows", "simplex ETF"]
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


def _draw_frame(
    panel: Axes, arrays: dict, index: int, run: Run, setting: int, flatten: Callable[[np.ndarray], np.ndarray]
) -> None:
    """One step: the ideal simplex, points (test hollow), means as thick sticks, classifier rows dashed."""
    points, means, rows = (flatten(arrays[name][index].astype(float)) for name in ("points", "means", "classifier"))
    _draw_simplex(panel, arrays["ideal"], flatten)
    _draw_points(panel, points, arrays, size=14)
    for place, name in enumerate(_class_names(run, setting)):
        colour, _ = _style.CLASS_STYLES[place]
        panel.plot(*np.stack([np.zeros(2), means[place]]).T, color=colour, linewidth=2.4, label=f"mean of class {name}")
        panel.plot(*np.stack([np.zeros(2), rows[place]]).T, color=_style.INK, linewidth=1.2, linestyle=(0, (3, 2)))
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


def _draw_points(panel: Axes, points: np.ndarray, arrays: dict, size: float) -> None:
    for place, (colour, marker) in enumerate(_style.CLASS_STYLES):
        for test, face in ((False, colour), (True, "none")):
            chosen = points[(arrays["labels"] == place) & (arrays["test"] == test)]
            x, y = chosen.T
            panel.scatter(x, y, s=size, marker=marker, facecolor=face, edgecolor=colour, linewidth=0.6, alpha=0.6)


def _draw_regions(panel: Axes, arrays: dict, index: int) -> None:
    """Colour each place by the network's decision, and hatch it where the nearest mean would decide otherwise."""
    side = np.linspace(-_SIDE, _SIDE, 300)
    places = np.stack(np.meshgrid(side, side), axis=-1)  # [300, 300, 2]
    network = (places @ arrays["classifier"][index].T + arrays["offsets"][index]).argmax(-1)
    means = arrays["means"][index]
    nearest = (places @ means.T - (means**2).sum(1) / 2).argmax(-1)
    colours = [colour for colour, _ in _style.CLASS_STYLES[: len(means)]]
    panel.contourf(side, side, network, levels=np.arange(len(means) + 1) - 0.5, colors=colours, alpha=0.25)
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
