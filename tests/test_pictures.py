"""Every figure shows what it says: each artist in it is an expected one, and each expected one is there.

What is expected stands in `tests/pictures`, one module a result. A figure that draws something else fails here: if the
change was wanted, change the expectation, which is computed from the run and never copied from the picture.
"""

from functools import cache
from importlib import import_module
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.container import BarContainer
from matplotlib.contour import ContourSet
from matplotlib.lines import AxLine
from matplotlib.patches import Rectangle

from ncbook import experiments, figures, runs

from pictures import Axis, Band, Bars, Image, Line, Points, Regions, Segments, Span


def result_of(name: str) -> str:
    return getattr(figures, name).__module__.split(".")[-1]


@cache
def laptop(result: str) -> runs.Run:
    return experiments.get(result).recorded("laptop")


def label_of(artist) -> str | None:
    label = artist.get_label()
    return None if not label or str(label).startswith("_") else label


def drawn(number: int, panel: Axes) -> list:
    """The artists of a panel in data coordinates. Reference lines, which axhline and axvline make, are left out."""
    found: list = []
    for line in panel.lines:
        own = line.get_transform() == panel.transData
        x, y = (np.asarray(values, dtype=float) for values in (line.get_xdata(), line.get_ydata()))
        if own and len(x):
            found.append(Line(number, label_of(line), x, y))
    slanted = [line for line in panel.lines if isinstance(line, AxLine)]
    found += [Line(number, label_of(line), *zip(line.get_xy1(), line.get_xy2(), strict=True)) for line in slanted]
    bars = {id(patch) for each in panel.containers if isinstance(each, BarContainer) for patch in each}
    for each in panel.containers:
        if isinstance(each, BarContainer):
            found.append(_bars(number, each))
    spans = [patch for patch in panel.patches if id(patch) not in bars and _is_span(patch)]
    bars |= {id(patch) for patch in spans}
    found += [Span(number, patch.get_x(), patch.get_x() + patch.get_width()) for patch in spans]
    found += [_regions(number, each) for each in panel.collections if isinstance(each, ContourSet)]
    assert all(id(patch) in bars for patch in panel.patches), "a patch that is no bar: tell this test how to read it"
    for each in panel.collections:
        if isinstance(each, PathCollection):
            points = np.ma.filled(np.ma.asarray(each.get_offsets(), dtype=float), np.nan)
            if len(points):
                found.append(Points(number, label_of(each), points[:, 0], points[:, 1]))
        elif isinstance(each, LineCollection):
            found.append(Segments(number, np.reshape(each.get_segments(), (-1, 4))))
        elif isinstance(each, PolyCollection):
            found.append(_band(number, each))
    found += [Image(number, np.ma.filled(np.ma.asarray(each.get_array(), dtype=float), np.nan)) for each in panel.images]
    if (panel.get_xscale(), panel.get_yscale()) != ("linear", "linear"):
        found.append(Axis(number, panel.get_xscale(), panel.get_yscale()))
    return found


def _bars(number: int, container: BarContainer) -> Bars:
    if container.orientation == "horizontal":
        return Bars(number, label_of(container), [p.get_y() + p.get_height() / 2 for p in container],
                    [p.get_width() for p in container])  # fmt: skip
    return Bars(number, label_of(container), [p.get_x() + p.get_width() / 2 for p in container],
                [p.get_height() for p in container])  # fmt: skip


def _is_span(patch) -> bool:
    """As axvspan makes them: the height is a share of the panel's."""
    return isinstance(patch, Rectangle) and (patch.get_y(), patch.get_height()) == (0, 1)


def _regions(number: int, contours: ContourSet) -> Regions:
    """By the shoelace formula; holes run the other way round."""
    moments = np.zeros((len(contours.get_paths()), 3))
    for region, path in zip(moments, contours.get_paths(), strict=True):
        for polygon in path.to_polygons():
            (x, y), (after_x, after_y) = polygon[:-1].T, polygon[1:].T
            cross = (x * after_y - after_x * y) / 2
            region += cross.sum(), (cross * (x + after_x)).sum() / 3, (cross * (y + after_y)).sum() / 3
    return Regions(number, *(np.where(moments[:, :1] < 0, -1, 1) * moments).T)


def _band(number: int, polygon: PolyCollection) -> Band:
    """fill_between goes along one side and back along the other."""
    (path,) = polygon.get_paths()
    x, y = path.vertices[:-1].T
    moments = np.unique(x)
    sides = [y[x == each] for each in moments]
    return Band(number, moments, [side.min() for side in sides], [side.max() for side in sides])


def same(one, other) -> bool:
    if type(one) is not type(other):
        return False
    near = 0.05 if isinstance(one, Regions) else 1e-9  # contours are as fine as their grid
    for name, value in vars(one).items():
        theirs = getattr(other, name)
        if isinstance(value, str | int | None):
            if value != theirs:
                return False
            continue
        ours, theirs = np.asarray(value, dtype=float), np.asarray(theirs, dtype=float)
        if ours.shape != theirs.shape or not np.allclose(ours, theirs, rtol=1e-5, atol=near, equal_nan=True):
            return False
    return True


def described(artist) -> str:
    shown = {k: np.round(np.asarray(v, dtype=float).ravel()[:4], 5).tolist() if not isinstance(v, str | int | None) else v
             for k, v in vars(artist).items()}  # fmt: skip
    return f"{type(artist).__name__}({shown})"


@pytest.mark.parametrize("name", figures.__all__)
def test_a_figure_shows_what_it_says(name):
    result = result_of(name)
    expected = import_module(f"pictures.{result}").EXPECTED
    assert name in expected, f"tests/pictures/{result}.py does not say what the figure {name} shows"
    run = laptop(result)
    wanted = list(expected[name](run))
    figure = getattr(figures, name)(run)
    figure.canvas.draw()
    seen = [each for number, panel in enumerate(figure.axes) for each in drawn(number, panel)]
    lined = {each.panel for each in wanted if isinstance(each, Segments)}
    seen = [each for each in seen if not isinstance(each, Segments) or each.panel in lined]  # error bars have some too
    surplus = []
    for each in seen:
        match = next((place for place, other in enumerate(wanted) if same(each, other)), None)
        if match is None:
            surplus.append(each)
        else:
            del wanted[match]
    assert not surplus and not wanted, "\n".join(
        ["drawn but not expected:", *map(described, surplus[:6]), "expected but not drawn:", *map(described, wanted[:6])]
    )


def test_exchanged_curves_would_be_noticed():
    """The control of the test above."""
    one, other = Line(0, "train", [1, 2], [3, 4]), Line(0, "test", [1, 2], [3, 5])
    assert same(one, Line(0, "train", [1, 2], [3.0, 4.0]))
    assert not any(same(a, b) for a, b in pairwise((one, other, Line(0, "train", [1, 2], [3, 5]), Points(0, "train", [1, 2], [3, 5]))))
