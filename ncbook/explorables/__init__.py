"""Interactive figures that need no kernel: a finished Run in, one self-contained piece of a page out."""

from ncbook.explorables.collapse import collapse

__all__ = ["collapse"]
