"""One function a figure: a finished Run in, a matplotlib Figure out. They never train.

The functions stand in the module that has the name of their result, and all of them are here: `figures.variability`.
"""

from importlib import import_module
from typing import Any

from ncbook.figures._style import figures_of
from ncbook.results import CHAPTERS

_FIGURES = {
    name: draw for result in CHAPTERS for name, draw in figures_of(import_module(f"ncbook.figures.{result}")).items()
}
globals().update(_FIGURES)
__all__ = list(_FIGURES)


def __getattr__(name: str) -> Any:
    """A figure that there is not; also tells type checkers that the names come from the modules."""
    raise AttributeError(f"no figure is called {name!r}; there are: {', '.join(sorted(_FIGURES))}")
