"""What a reader calls."""

from typing import Any

import pandas as pd

from ncbook.labs._lab import Lab
from ncbook.labs._note import Note, static
from ncbook.labs._plan import Plan


class Offer:
    """What `labs.collapse` and its like are: called, the lab.

    >>> labs.collapse.plan.chapter
    '1-collapse/collapse'
    """

    kind: type[Lab] = Lab

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.__doc__ = plan.question

    def __call__(self, large: bool = False, **start: Any) -> "Lab | Note":
        """The lab; where $NCBOOK_STATIC is set, a note about it, and no widget is made.

        `large` is for a projector: letters of 20 px, and as wide as the page. `start` are settings to begin with.
        Nothing trains before Train is pressed. Raises ValueError for a setting or a value that is unknown.
        """
        values = self.plan.values(start)
        if static():
            return Note(self.plan.question, self.plan.chapter)
        lab = self.kind(self.plan, large, values)
        lab.called = f"labs.{self.plan.name}"
        return lab

    def run(self, **asked: Any) -> pd.DataFrame:
        """Train with these settings, and the defaults of all others: the rows that the lab draws, as a table.

        Raises ValueError for a setting or a value that is unknown.
        """
        return self.plan.run(**asked)
