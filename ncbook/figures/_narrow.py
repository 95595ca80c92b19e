"""The drawing of a figure for a phone: its panels under each other, in letters that can be read without zooming.

A figure is drawn by the same function twice. In a block of `narrow` its panels are stacked, and `fit` then mends what
the wide drawing leaves to its grid: labels that only the outer panels carry, long titles, broad legends.
"""

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import pairwise
from typing import Any, TypeVar

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text

FOLDER = "NCBOOK_NARROW"  # the environment variable that names the folder of narrow drawings while the book is built
WIDTH = 3.73  # inches: 358 pixels of a page, what a phone of 390 leaves to a figure
_LOWEST, _HIGHEST = 2.3, 3.2  # inches of a panel
_SMALL, _SMALLEST = 8, 6  # points
_LONG = 20  # letters of a name on a vertical axis
_LEGEND = 0.3  # inches of a legend's height that the wide drawing has room for
_ASIDE = 0.8  # inches beside a panel that its title may not cover: the axis and its label
Kind = TypeVar("Kind", bound=Figure)
_NARROW: ContextVar[bool] = ContextVar("narrow", default=False)


@contextmanager
def narrow() -> Iterator[None]:
    """In this block figures are drawn for a phone."""
    token = _NARROW.set(True)
    try:
        yield
    finally:
        _NARROW.reset(token)


def is_narrow() -> bool:
    """Whether figures are drawn for a phone now."""
    return _NARROW.get()


def stacked(
    kind: type[Kind], rows: int, columns: int, height: float, sharex: Any = False, sharey: Any = False, **_: Any
) -> tuple[Kind, list[Axes]]:
    """As `plt.subplots`, with the panels of a grid of rows x columns under each other, row by row.

    Panels share their axes as those of the grid do. `height` is that of the grid, in inches.
    """
    highest = _HIGHEST if rows * columns > 1 else height
    each = min(max(height / rows, _LOWEST), highest)
    figure: Any = plt.figure(FigureClass=kind, figsize=(WIDTH, each * rows * columns))
    axes: list[Axes] = []
    for place in range(rows * columns):
        row, column = divmod(place, columns)
        first = {True: 0, "all": 0, "row": row * columns, "col": column}
        shared = {
            name: axes[first[how]]
            for name, how in (("sharex", sharex), ("sharey", sharey))
            if how in first and first[how] < place
        }
        axes.append(figure.add_subplot(rows * columns, 1, place + 1, **shared))
    return figure, axes


def fit(figure: Figure, axes: Sequence[Axes], columns: int) -> None:
    """Mend a stacked figure whose panels stand in `columns` in the wide one."""
    _label_every_panel(axes, columns)
    for panel in axes:
        for title in (panel.title, panel._left_title, panel._right_title):  # type: ignore[attr-defined]
            _wrap(title, WIDTH - _ASIDE)
        _wrap(panel.xaxis.label, WIDTH - _ASIDE)
        _wrap(panel.yaxis.label, 0.75 * panel.get_position().height * figure.get_figheight())
    for text in (figure._suptitle, figure._supxlabel):  # type: ignore[attr-defined]
        if text is not None:
            _wrap(text, WIDTH - 0.1)
    beside = [panel.get_legend() for panel in axes if len(axes) == 1 and _stands_beside(panel)]
    for legend in (*figure.legends, *beside):
        if legend is not None:
            _in_fewer_columns(figure, legend)
    for panel in axes:
        names = [label.get_text() for label in panel.get_yticklabels()]
        if any(len(name) > _LONG and "$" not in name for name in names):  # powers of ten are long in their source alone
            panel.tick_params(axis="y", labelsize=_SMALL)
            panel.set_ylabel("")  # names speak for themselves
    figure.draw_without_rendering()
    for panel in axes:
        _mend_tick_labels(panel)
        _mend_texts(panel)
        for text in (panel.xaxis.label, panel._left_title):  # type: ignore[attr-defined]
            if text.get_window_extent().x1 > figure.bbox.x1:
                text.set(ha="right", x=1)


def _label_every_panel(axes: Sequence[Axes], columns: int) -> None:
    """Each panel has the labels that stand beside its row and under its column in the wide drawing."""
    last_row = len(axes) - columns
    for place, panel in enumerate(axes):
        if not panel.axison:
            continue
        beside, under = axes[place - place % columns], axes[last_row + place % columns]
        panel.set_ylabel(panel.get_ylabel() or beside.get_ylabel())
        panel.set_xlabel(panel.get_xlabel() or under.get_xlabel())


def _wrap(text: Text, inches: float) -> None:
    """Break a text that is wider than so many inches into lines."""
    words = " ".join(text.get_text().split())
    letters = int(inches * 72 / (0.55 * float(text.get_fontsize())))  # a letter is about half as wide as high
    if "$" not in words and max(map(len, text.get_text().split("\n"))) > letters:
        text.set_text("\n".join(textwrap.wrap(words, letters)))


def _stands_beside(panel: Axes) -> bool:
    """Whether a legend takes from the width of its panel."""
    legend = panel.get_legend()
    if legend is None:
        return False
    return bool(legend.get_window_extent().x0 >= panel.bbox.x1)


def _in_fewer_columns(figure: Figure, legend: Legend) -> None:
    """The same legend above the panels, in as many columns as the width allows, and not at their cost."""
    handles: list[Any] = [*legend.legend_handles]
    labels = [text.get_text() for text in legend.get_texts()]
    style: dict[str, Any] = {
        "title": legend.get_title().get_text(), "fontsize": legend.get_texts()[0].get_fontsize(),
        "loc": "outside upper center", "columnspacing": 1,
    }  # fmt: skip
    for columns in range(min(len(labels), 4), 0, -1):
        legend.remove()
        legend = figure.legend(handles, labels, ncols=columns, **style)
        if legend.get_window_extent().width <= figure.bbox.width:
            break
    figure.set_figheight(figure.get_figheight() + max(0, legend.get_window_extent().height / figure.dpi - _LEGEND))


def _mend_tick_labels(panel: Axes) -> None:
    """Smaller labels of a horizontal axis where they would stand on each other; slanted ones if that is too little."""
    if _collide(panel):
        panel.tick_params(axis="x", labelsize=_SMALL)
    if _collide(panel):
        panel.tick_params(axis="x", labelrotation=40)
        for label in panel.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")


def _collide(panel: Axes) -> bool:
    labels = [label for label in panel.get_xticklabels() if label.get_text() and label.get_visible()]
    boxes = sorted((label.get_window_extent() for label in labels), key=lambda box: box.x0)
    return any(left.x1 > right.x0 for left, right in pairwise(boxes))


def _mend_texts(panel: Axes) -> None:
    """The numbers in the cells of a map, where they would stand on each other."""
    boxes = [text.get_window_extent() for text in panel.texts]
    if any(left.y0 == right.y0 and left.x0 < right.x0 < left.x1 for left, right in pairwise(boxes)):
        for text in panel.texts:
            text.set_fontsize(_SMALLEST)
        panel.tick_params(axis="y", labelsize=_SMALL)
