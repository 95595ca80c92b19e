"""Front ends for a live kernel: change a setting, train, and watch. Where there is no kernel they say so.

Nothing trains before a button is pressed.

>>> from ncbook import labs
>>> type(labs.collapse()).__name__  # at the end of a cell, `labs.collapse()` shows the lab
'CollapseLab'
"""

from ncbook.labs._collapse.lab import CollapseLab, collapse
from ncbook.labs._grokking.lab import GrokkingLab, grokking
from ncbook.labs._note import Note

__all__ = ["CollapseLab", "GrokkingLab", "Note", "collapse", "grokking"]
