"""One function a figure: a finished Run in, a matplotlib Figure out. They never train.

The functions stand in the module that has the name of their result, and all of them are here: `figures.variability`.
One is of a network of one's own, which `metrics.measure` has measured: `figures.collapse_by_layer`.
"""

from importlib import import_module
from typing import Any

from ncbook.figures._style import figures_of
from ncbook.figures.own_network import collapse_by_layer
from ncbook.results import CHAPTERS

_FIGURES = {
    name: draw for result in CHAPTERS for name, draw in figures_of(import_module(f"ncbook.figures.{result}")).items()
}
globals().update(_FIGURES)
OF_RUNS = tuple(_FIGURES)  # each of them is shown by a chapter
__all__ = [*_FIGURES, "collapse_by_layer"]


def __getattr__(name: str) -> Any:
    """A figure that there is not; also tells type checkers that the names come from the modules."""
    raise AttributeError(f"no figure is called {name!r}; there are: {', '.join(sorted(__all__))}")
