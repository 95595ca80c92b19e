"""Tables that many figures and rules ask for are made once for each run."""

from collections.abc import Callable
from functools import wraps
from weakref import finalize

import pandas as pd

from ncbook.runs import Run


def once_a_run(reading: Callable[[Run], pd.DataFrame]) -> Callable[[Run], pd.DataFrame]:
    """`reading`, which remembers the table of every run that is still in use and gives a copy of it."""
    tables: dict[int, pd.DataFrame] = {}  # by the id of the run, as runs cannot be hashed

    @wraps(reading)
    def read(run: Run) -> pd.DataFrame:
        if id(run) not in tables:
            tables[id(run)] = reading(run)
            finalize(run, tables.pop, id(run))
        return tables[id(run)].copy()

    return read
