"""Tables of the chapters: the same cells as HTML in a page or a notebook, and as text everywhere else.

What is in them comes from `readings`, which name the columns for readers.

>>> import pandas as pd
>>> from ncbook import tables
>>> tables.Table(pd.DataFrame({"network": ["mlp"], "NC1": [0.0012345]}), "One network.")
One network.
network     NC1
    mlp 0.00123
"""

from html import escape

import pandas as pd

from ncbook.readings.words import MISSING as MISSING
from ncbook.readings.words import cell
from ncbook.readings.words import count as count
from ncbook.readings.words import spread as spread


class Table:
    """A table for readers, as the last line of a cell.

    `frame` has one row a line and, as names of its columns, what stands above them, with units. Its index is not shown.
    Text stays as it is, whole numbers too, and other numbers are rounded to three digits. `caption` is one sentence.

    >>> tables.Table(pd.DataFrame({"seed": [1, 2], "error (%)": [1.23456, 0.5]}))
    seed error (%)
       1      1.23
       2       0.5
    """

    def __init__(self, frame: pd.DataFrame, caption: str = "") -> None:
        self.cells = frame.astype(object).map(cell).reset_index(drop=True)
        self.caption = caption

    def __repr__(self) -> str:
        text = self.cells.to_string(index=False)
        return f"{self.caption}\n{text}" if self.caption else text

    def _repr_html_(self) -> str:
        table = self.cells.to_html(index=False, border=0, justify="left", classes="nc-cells")
        if self.caption:
            table = table.replace("<thead>", f"<caption>{escape(self.caption)}</caption>\n  <thead>", 1)
        name = escape(self.caption or "table")
        return f'<div class="nc-table" role="region" tabindex="0" aria-label="{name}">\n{table}\n</div>'
