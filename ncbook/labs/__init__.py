"""Front ends for a live kernel: change a setting, train, and watch. Where there is no kernel they say so."""

from ncbook.labs._lab import CollapseLab, collapse
from ncbook.labs._note import Note

__all__ = ["CollapseLab", "Note", "collapse"]
