"""Interactive figures that need no kernel: a finished Run in, one self-contained piece of a page out."""

from ncbook.explorables.collapse import collapse
from ncbook.explorables.double_descent import double_descent
from ncbook.explorables.settings import settings
from ncbook.explorables.simplex import simplex
from ncbook.explorables.unconstrained import unconstrained

__all__ = ["collapse", "double_descent", "settings", "simplex", "unconstrained"]
