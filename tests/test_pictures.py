"""Every figure shows what it says: each artist in it is an expected one, and each expected one is there. It also names
its axes, and the run that it was drawn from.

What is expected stands in `tests/pictures`, one module a result. A figure that draws something else fails here: if the
change was wanted, change the expectation, which is computed from the run and never copied from the picture.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection, LineCollection, PathCollection, PolyCollection, QuadMesh
from matplotlib.colors import to_hex
from matplotlib.container import BarContainer, ErrorbarContainer
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.lines import AxLine
from matplotlib.patches import Ellipse, Rectangle
from matplotlib.text import Annotation
from pictures import Axis, Band, Bars, Ellipses, Image, Line, Points, Regions, Segments, Span, Text

from ncbook import experiments, figures, look, runs
from ncbook.results import TOGETHER


def result_of(name: str) -> str:
    return getattr(figures, name).__module__.split(".")[-1]


@cache
def recorded(result: str, preset: str) -> runs.Run:
    return experiments.get(result).recorded(preset)


def run_of(name: str) -> runs.Run | tuple[runs.Run, ...]:
    """What a figure is drawn from: the laptop run of its result, or that of the preset that `PRESETS` gives it; all
    runs of a chapter that has no experiment of its own."""
    result = result_of(name)
    if result in TOGETHER:
        return tuple(recorded(*each) for each in import_module(f"ncbook.readings.{result}").RUNS)
    presets = getattr(import_module(f"pictures.{result}"), "PRESETS", {})
    return recorded(result, presets.get(name, "laptop"))


@cache
def figure_of(name: str) -> Figure:
    """Of the recorded run, made once for all tests below, which only look at it. The chapters turn it into pixels."""
    figure: Figure = getattr(figures, name)(run_of(name))
    return figure


def label_of(artist) -> str | None:
    label = artist.get_label()
    return None if not label or str(label).startswith("_") else label


def drawn(number: int, panel: Axes) -> list:
    """The artists of a panel in data coordinates. Reference lines, which axhline and axvline make, are left out."""
    found: list = [*_lines(number, panel), *_patches(number, panel), *_collections(number, panel)]
    meshes = [each for each in panel.collections if isinstance(each, QuadMesh) and not hasattr(panel, "_colorbar")]
    for each in [*panel.images, *meshes]:
        found.append(Image(number, np.ma.filled(np.ma.asarray(each.get_array(), dtype=float), np.nan)))
    for each in panel.texts:
        point = each.xy if isinstance(each, Annotation) else each.get_position()
        found.append(Text(number, each.get_text(), *map(float, point)))
    if (panel.get_xscale(), panel.get_yscale()) != ("linear", "linear"):
        found.append(Axis(number, panel.get_xscale(), panel.get_yscale()))
    return found


def _lines(number: int, panel: Axes) -> Iterator[Line]:
    named = {id(each.lines[0]): label_of(each) for each in panel.containers if isinstance(each, ErrorbarContainer)}
    for line in (line for line in panel.lines if isinstance(line, AxLine)):  # slanted ones, which axline makes
        yield Line(number, label_of(line), *zip(line.get_xy1(), line.get_xy2(), strict=True))
    for line in panel.lines:
        x, y = (np.asarray(values, dtype=float) for values in (line.get_xdata(), line.get_ydata()))
        if line.get_transform() == panel.transData and len(x):
            yield Line(number, named.get(id(line), label_of(line)), x, y)


def _patches(number: int, panel: Axes) -> Iterator:
    containers = [each for each in panel.containers if isinstance(each, BarContainer)]
    yield from (_bars(number, each) for each in containers)
    bars = {id(patch) for each in containers for patch in each}
    for patch in (patch for patch in panel.patches if id(patch) not in bars):
        if isinstance(patch, Ellipse):
            yield _ellipses(number, [patch.center], patch.width, patch.height, patch.angle)
        else:
            assert _is_span(patch), "a patch that is no bar, no ellipse and no span: tell this test how to read it"
            yield Span(number, patch.get_x(), patch.get_x() + patch.get_width(), label_of(patch))


def _collections(number: int, panel: Axes) -> Iterator:
    for each in panel.collections:
        if isinstance(each, ContourSet):
            yield _regions(number, each)
        elif isinstance(each, PathCollection):
            points = np.ma.filled(np.ma.asarray(each.get_offsets(), dtype=float), np.nan)
            if len(points):
                yield Points(number, label_of(each), points[:, 0], points[:, 1])
        elif isinstance(each, EllipseCollection):
            yield _ellipses(number, each.get_offsets(), each.get_widths(), each.get_heights(), each.get_angles())
        elif isinstance(each, LineCollection):
            yield Segments(number, np.reshape(each.get_segments(), (-1, 4)))
        elif isinstance(each, PolyCollection):
            yield _band(number, each)


def _ellipses(number: int, centers, width, height, angle) -> Ellipses:
    """Sizes in data coordinates and degrees, one for all or one for each."""
    x, y = np.asarray(centers, dtype=float).T
    along, across, turn = (np.broadcast_to(values, x.shape) for values in (width, height, np.radians(angle)))
    along, across, cos, sin = along**2 / 4, across**2 / 4, np.cos(turn), np.sin(turn)
    xx, yy = along * cos**2 + across * sin**2, along * sin**2 + across * cos**2
    return Ellipses(number, x, y, xx, (along - across) * cos * sin, yy)


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
    def short(value):
        exact = isinstance(value, str | int | None)
        return value if exact else np.asarray(value, dtype=float).ravel()[:4].round(5).tolist()

    return f"{type(artist).__name__}({ ({name: short(value) for name, value in vars(artist).items()}) })"


@pytest.mark.parametrize("name", figures.OF_RUNS)
def test_a_figure_shows_what_it_says(name):
    result = result_of(name)
    expected = import_module(f"pictures.{result}").EXPECTED
    assert name in expected, f"tests/pictures/{result}.py does not say what the figure {name} shows"
    run = run_of(name)
    wanted = list(expected[name](run))
    figure = figure_of(name)
    seen = [each for number, panel in enumerate(figure.axes) for each in drawn(number, panel)]
    worded = {each.panel for each in wanted if isinstance(each, Text)}
    seen = [each for each in seen if not isinstance(each, Text) or (each.text and each.panel in worded)]
    lined = {each.panel for each in wanted if isinstance(each, Segments)}
    seen = [each for each in seen if not isinstance(each, Segments) or each.panel in lined]  # error bars have some too
    surplus = []
    for each in seen:
        match = next((place for place, other in enumerate(wanted) if same(each, other)), None)
        if match is None:
            surplus.append(each)
        else:
            del wanted[match]
    assert [described(each) for each in surplus] == [], "drawn but not expected"
    assert [described(each) for each in wanted] == [], "expected but not drawn"


@pytest.mark.parametrize("name", figures.OF_RUNS)
def test_figure_of_the_recorded_run(name):
    figure, run = figure_of(name), run_of(name)
    line = figure.get_supxlabel()
    if isinstance(run, tuple):
        assert {each.provenance["experiment"] for each in run} <= set(re.findall(r"\w+", line))
        assert max(each.provenance["date"] for each in run) in line
    else:
        assert run.provenance["preset"] in line
        assert run.provenance["date"] in line
    assert plt.get_fignums() == []  # closed, so that a notebook does not show it twice


@pytest.mark.parametrize("name", figures.OF_RUNS)
def test_axes_are_labeled(name):
    """Every panel that shows an axis names what is on it; panels that share one may leave it to their neighbor.

    A panel of equal scales is a map, such as the plane of three class means, and needs none.
    """
    panels = figure_of(name).axes
    axes = [panel for panel in panels if panel.axison and panel.get_aspect() == "auto"]
    for panel in axes:
        shared_x = any(other is not panel and panel.get_shared_x_axes().joined(panel, other) for other in axes)
        shared_y = any(other is not panel and panel.get_shared_y_axes().joined(panel, other) for other in axes)
        assert panel.get_xlabel() or shared_x or not panel.xaxis.get_visible()
        assert panel.get_ylabel() or shared_y or not panel.yaxis.get_visible()
    assert any(panel.get_xlabel() for panel in axes) or not axes
    assert any(panel.get_ylabel() for panel in axes) or not axes


@pytest.mark.parametrize("name", figures.OF_RUNS)
def test_a_figure_leaves_no_room_for_marks_that_are_none(name):
    """Those that are not cut at the edge of a panel are laid out: at the foot of the figure, without a place."""
    lines = [line for panel in figure_of(name).axes for line in panel.lines]
    assert [line for line in lines if not (line.get_clip_on() or len(line.get_xdata()))] == []


_OF_TRAIN, _OF_TEST = re.compile(r"\btrain"), re.compile(r"\b(test|new|fresh|population)\b")  # words of labels


def named_and_colored(figure: Figure) -> Iterator[tuple[str, str]]:
    """The label and the color of every line, bar and cloud of points that has a label."""
    for panel in figure.axes:
        shown = [(each, each.get_color()) for each in panel.lines]
        shown += [(each, each.get_edgecolor()[0]) for each in panel.collections if isinstance(each, PathCollection)]
        for each in panel.containers:
            drawn = each.patches[0].get_facecolor() if isinstance(each, BarContainer) else each.lines[0].get_color()
            shown.append((each, drawn))
        yield from ((label, to_hex(color).upper()) for each, color in shown if (label := label_of(each)))


def miscolored(label: str, color: str) -> bool:
    """Whether a label has the color of the training set and does not name it, or the same of the test set."""
    return {look.TRAIN: not _OF_TRAIN.search(label), look.TEST: not _OF_TEST.search(label)}.get(color, False)


@pytest.mark.parametrize("name", figures.OF_RUNS)
def test_blue_is_the_training_set_and_orange_the_test_set(name):
    """And arms, labels, losses and classes have colors of their own. Curves of the two sets alone have theirs."""
    shown = list(named_and_colored(figure_of(name)))
    assert not [each for each in shown if miscolored(*each)]
    plain = {"train": look.TRAIN, "training set": look.TRAIN, "test": look.TEST, "test set": look.TEST}
    plain |= {"training accuracy": look.TRAIN, "test accuracy": look.TEST}
    assert not [(label, color) for label, color in shown if plain.get(label, color) != color]


@pytest.mark.parametrize("name", figures.OF_RUNS)
def test_what_has_no_label_has_the_color_of_a_set_only_beside_words_for_it(name):
    """Beside a label of the same color, or on an axis or in a panel that names the set."""
    figure = figure_of(name)
    for panel in figure.axes:
        words = " ".join([panel.get_title(loc="left"), panel.get_xlabel(), panel.get_ylabel()])
        for color in {to_hex(line.get_color()).upper() for line in panel.lines if not label_of(line)}:
            labels = [label for label, its in named_and_colored(figure) if its == color]
            assert not miscolored(" ".join([words, *labels]), color)


def test_an_arm_in_blue_would_be_noticed():
    """The control of the two tests above."""
    assert miscolored("cross-entropy", look.TRAIN)
    assert miscolored("training set", look.TEST)
    assert not miscolored("training set", look.TRAIN)
    assert not miscolored("cross-entropy", look.ARMS[0])


def test_exchanged_curves_would_be_noticed():
    """The control of `test_a_figure_shows_what_it_says`."""
    one, other = Line(0, "train", [1, 2], [3, 4]), Line(0, "test", [1, 2], [3, 5])
    assert same(one, Line(0, "train", [1, 2], [3.0, 4.0]))
    assert not any(
        same(a, b)
        for a, b in pairwise((one, other, Line(0, "train", [1, 2], [3, 5]), Points(0, "train", [1, 2], [3, 5])))
    )
