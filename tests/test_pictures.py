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
from matplotlib.collections import EllipseCollection, PathCollection, PolyCollection
from matplotlib.container import BarContainer, ErrorbarContainer
from matplotlib.patches import Ellipse
from pictures import Axis, Band, Bars, Ellipses, Image, Line, Points

from ncbook import experiments, figures, runs


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
    named = {id(each.lines[0]): label_of(each) for each in panel.containers if isinstance(each, ErrorbarContainer)}
    for line in panel.lines:
        own = line.get_transform() == panel.transData
        x, y = (np.asarray(values, dtype=float) for values in (line.get_xdata(), line.get_ydata()))
        if own and len(x):
            found.append(Line(number, named.get(id(line), label_of(line)), x, y))
    bars = {id(patch) for each in panel.containers if isinstance(each, BarContainer) for patch in each}
    for each in panel.containers:
        if isinstance(each, BarContainer):
            found.append(_bars(number, each))
    round_ones = [patch for patch in panel.patches if isinstance(patch, Ellipse)]
    found += [_ellipses(number, [each.center], each.width, each.height, each.angle) for each in round_ones]
    assert all(id(patch) in bars or patch in round_ones for patch in panel.patches), (
        "a patch that is no bar: tell this test how to read it"
    )
    for each in panel.collections:
        if isinstance(each, PathCollection):
            points = np.ma.filled(np.ma.asarray(each.get_offsets(), dtype=float), np.nan)
            if len(points):
                found.append(Points(number, label_of(each), points[:, 0], points[:, 1]))
        elif isinstance(each, EllipseCollection):
            sizes = (each.get_widths(), each.get_heights(), each.get_angles())
            found.append(_ellipses(number, each.get_offsets(), *sizes))
        elif isinstance(each, PolyCollection):
            found.append(_band(number, each))
    found += [
        Image(number, np.ma.filled(np.ma.asarray(each.get_array(), dtype=float), np.nan)) for each in panel.images
    ]
    if (panel.get_xscale(), panel.get_yscale()) != ("linear", "linear"):
        found.append(Axis(number, panel.get_xscale(), panel.get_yscale()))
    return found


def _bars(number: int, container: BarContainer) -> Bars:
    if container.orientation == "horizontal":
        return Bars(number, label_of(container), [p.get_y() + p.get_height() / 2 for p in container],
                    [p.get_width() for p in container])  # fmt: skip
    return Bars(number, label_of(container), [p.get_x() + p.get_width() / 2 for p in container],
                [p.get_height() for p in container])  # fmt: skip


def _ellipses(number: int, centers, width, height, angle) -> Ellipses:
    """Sizes in data coordinates and degrees, one for all or one for each."""
    x, y = np.asarray(centers, dtype=float).T
    along, across, turn = (np.broadcast_to(values, x.shape) for values in (width, height, np.radians(angle)))
    along, across, cos, sin = along**2 / 4, across**2 / 4, np.cos(turn), np.sin(turn)
    return Ellipses(number, x, y, along * cos**2 + across * sin**2, (along - across) * cos * sin,
                    along * sin**2 + across * cos**2)  # fmt: skip


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
    for name, value in vars(one).items():
        theirs = getattr(other, name)
        if isinstance(value, str | int | None):
            if value != theirs:
                return False
            continue
        ours, theirs = np.asarray(value, dtype=float), np.asarray(theirs, dtype=float)
        if ours.shape != theirs.shape or not np.allclose(ours, theirs, rtol=1e-5, atol=1e-9, equal_nan=True):
            return False
    return True


def described(artist) -> str:
    def short(value):
        exact = isinstance(value, str | int | None)
        return value if exact else np.asarray(value, dtype=float).ravel()[:4].round(5).tolist()

    return f"{type(artist).__name__}({ ({name: short(value) for name, value in vars(artist).items()}) })"


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
    surplus = []
    for each in seen:
        match = next((place for place, other in enumerate(wanted) if same(each, other)), None)
        if match is None:
            surplus.append(each)
        else:
            del wanted[match]
    assert [described(each) for each in surplus] == [], "drawn but not expected"
    assert [described(each) for each in wanted] == [], "expected but not drawn"


def test_exchanged_curves_would_be_noticed():
    """The control of the test above."""
    one, other = Line(0, "train", [1, 2], [3, 4]), Line(0, "test", [1, 2], [3, 5])
    assert same(one, Line(0, "train", [1, 2], [3.0, 4.0]))
    assert not any(
        same(a, b)
        for a, b in pairwise((one, other, Line(0, "train", [1, 2], [3, 5]), Points(0, "train", [1, 2], [3, 5])))
    )
