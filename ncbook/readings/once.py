"""Tables that many figures and rules ask for are made once for each run."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from weakref import finalize

import pandas as pd

from ncbook.runs import Run

Asked = ParamSpec("Asked")


def once_a_run(
    reading: Callable[Concatenate[Run, Asked], pd.DataFrame],
) -> Callable[Concatenate[Run, Asked], pd.DataFrame]:
    """`reading`, which remembers its tables of every run that is still in use and gives copies of them.

    What else it is asked with must be hashable.
    """
    tables: dict[int, dict[Any, pd.DataFrame]] = {}  # by the id of the run, as runs cannot be hashed

    @wraps(reading)
    def read(run: Run, /, *args: Asked.args, **kwargs: Asked.kwargs) -> pd.DataFrame:
        if id(run) not in tables:
            tables[id(run)] = {}
            finalize(run, tables.pop, id(run))
        asked = (args, tuple(sorted(kwargs.items())))
        if asked not in tables[id(run)]:
            tables[id(run)][asked] = reading(run, *args, **kwargs)
        return tables[id(run)][asked].copy()

    return read
