"""One function a figure: a finished Run in, a matplotlib Figure out. Nothing here trains."""

from ncbook.figures.collapse import class_plane, decisions, duality, frame, terminal_phase, variability, weight_decay

__all__ = ["class_plane", "decisions", "duality", "frame", "terminal_phase", "variability", "weight_decay"]
