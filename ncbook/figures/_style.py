"""One look for all figures.

Lines and markers differ in shape as well as in color.
The background is white and not transparent, so that a figure is readable in any dark notebook; the book's own
style sheet turns it dark with the page.
"""

import base64
import hashlib
import io
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial, wraps
from pathlib import Path
from types import ModuleType
from typing import Any, ParamSpec, cast

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import rcParamsDefault
from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from numpy.typing import ArrayLike

from ncbook import look
from ncbook.figures import _narrow
from ncbook.look import percent_axis as percent_axis
from ncbook.runs import Run, provenance_line, provenance_of_all

TRAIN, TEST = look.TRAIN, look.TEST
GREEN, PURPLE, OLIVE, LILAC = look.ARMS
INK, FAINT = look.INK, look.FAINT
SPLIT_STYLES = {"train": (TRAIN, "o", "-"), "test": (TEST, "s", "--")}  # color, marker, line
ARM_STYLES = ((GREEN, "o"), (PURPLE, "s"), (OLIVE, "^"), (LILAC, "D"))  # of all that is neither
_OWN: dict[Any, Any] = {
    "figure.dpi": 144,
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "legend.fontsize": 9,
}

# Of this machine or session and not of the look, as in matplotlib's own `style.use`.
_NOT_LOOK = (
    "backend",
    "interactive",
    "toolbar",
    "timezone",
    "datapath",
    "savefig.directory",
    "tk.",
    "webagg.",
    "keymap.",
)

P = ParamSpec("P")


def _settings() -> dict[Any, Any]:
    """The whole look, so that nothing of the style that a reader uses elsewhere, such as a dark one, gets into it."""
    defaults = {name: value for name, value in rcParamsDefault.items() if not name.startswith(_NOT_LOOK)}
    return defaults | _OWN


def in_style() -> AbstractContextManager[None]:
    """A block in which matplotlib draws in the book's style; afterwards the reader's is as it was."""
    return plt.rc_context(_settings())


class BookFigure(Figure):
    """A figure that can be drawn once more for a phone."""

    panels: Sequence[Axes] = ()  # row by row
    grid_columns = 1
    redraw: Callable[[], "BookFigure"] | None = None
    provenance = ""  # the sentence below the panels

    def narrow(self) -> "BookFigure":
        """The same figure, 3.73 inches wide, with its panels under each other."""
        assert self.redraw is not None, "a figure of this package is made by a function that is `styled`"
        with _narrow.narrow():
            return self.redraw()

    def _ipython_display_(self) -> None:
        """What a notebook shows, which is the wide drawing.

        While the book is built, the narrow one is put beside it, in the folder that `_narrow.FOLDER` names: a file
        with the name by which the page will know the wide one. The provenance is left to the page, which has it from
        a text file of that name. Else NotImplementedError leaves the figure to the notebook.
        """
        folder = os.environ.get(_narrow.FOLDER)
        if folder is None:
            raise NotImplementedError
        from IPython.display import display

        wide = _pixels(self._without_provenance(), "tight")
        file = Path(folder, hashlib.sha256(wide).hexdigest())
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_suffix(".png").write_bytes(_pixels(self.narrow()._without_provenance()))
        file.with_suffix(".txt").write_text(self.provenance, encoding="utf-8")
        display({"image/png": base64.b64encode(wide).decode(), "text/plain": "<Figure>"}, raw=True)  # type: ignore[no-untyped-call]

    def draw(self, renderer: RendererBase) -> None:
        """As it was made: what matplotlib makes only now, such as ticks, has the same style."""
        with in_style():
            super().draw(renderer)

    def savefig(self, *args: Any, **kwargs: Any) -> None:
        with in_style():
            super().savefig(*args, **kwargs)

    def _without_provenance(self) -> "BookFigure":
        """This figure, without the line under it."""
        if line := getattr(self, "_supxlabel", None):
            line.set(visible=False, in_layout=False)
        return self


def _pixels(figure: Figure, crop: str | None = None) -> bytes:
    """A PNG, the same bytes for the same figure."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", bbox_inches=crop, metadata={"Software": None})
    return buffer.getvalue()


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw in the book's style, and close the figure so that a notebook shows it once."""

    @wraps(draw)
    def inner(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with in_style():
            figure = draw(*args, **kwargs)
            if isinstance(figure, BookFigure):
                figure.redraw = cast(Callable[[], BookFigure], partial(inner, *args, **kwargs))
                if _narrow.is_narrow():
                    _narrow.fit(figure, figure.panels, figure.grid_columns)
            plt.close(figure)
            return figure

    inner.is_figure = True  # type: ignore[attr-defined]
    return inner


def figures_of(module: ModuleType) -> dict[str, Callable[..., Figure]]:
    """The figures that a module defines, by name, in its order."""
    return {
        name: value
        for name, value in vars(module).items()
        if getattr(value, "is_figure", False) and value.__module__ == module.__name__
    }


def panels(
    run: Run | Sequence[Run], columns: int, height: float = 3.2, rows: int = 1, **sharing: Any
) -> tuple[Figure, list[Axes]]:
    """A figure of equal panels, 7.4 inches wide, with the provenance of the run, or of the runs, under it."""
    provenance = provenance_line(run) if isinstance(run, Run) else provenance_of_all(run)
    return panels_saying(provenance, columns, height, rows, **sharing)


def panels_saying(
    provenance: str, columns: int, height: float, rows: int = 1, **sharing: Any
) -> tuple[Figure, list[Axes]]:
    """The same of what is no run, with a sentence of its own under it."""
    if _narrow.is_narrow():
        figure, axes = _narrow.stacked(BookFigure, rows, columns, height, **sharing)
    else:
        figure = cast(BookFigure, plt.figure(FigureClass=BookFigure, figsize=(7.4, height)))
        axes = list(figure.subplots(rows, columns, squeeze=False, **sharing).flat)
    figure.panels, figure.grid_columns = axes, columns
    figure.provenance = provenance
    figure.supxlabel(figure.provenance, fontsize=7, color=FAINT, x=0.01, ha="left")
    return figure, axes


def legend_above(figure: Figure, panel: Axes, columns: int) -> None:
    """The legend of one panel above all of them."""
    handles, labels = panel.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=columns)


def open_marks(panel: Axes, steps: ArrayLike, heights: ArrayLike, color: str) -> None:
    """Open marks at the edge of a panel, for seeds that are not there by the last step."""
    if np.size(steps):  # marks that are none, and not clipped, would be laid out at the foot of the figure
        panel.plot(steps, heights, ">", color=color, fillstyle="none", markersize=6, clip_on=False)


def set_apart(figure: Figure) -> None:
    """Room between panels side by side, where the last label of one axis would touch the first of the next."""
    figure.get_layout_engine().set(wspace=0.07)  # type: ignore[union-attr, call-arg]


def log_axis(axis: XAxis | YAxis) -> None:
    """A logarithmic axis that is labeled 0.1, 0.2, 0.5, 1 and so on, in plain numbers."""
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    look.plain_numbers(axis)
    axis.set_minor_formatter(NullFormatter())
