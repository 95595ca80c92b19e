"""Rows of a history: those with given values, the last ones, and their seeds."""

from collections.abc import Sequence

import pandas as pd


def chosen(frame: pd.DataFrame, **values: object) -> pd.DataFrame:
    """The rows that have each of the `values` in its column."""
    for column, value in values.items():
        frame = frame[frame[column] == value]
    return frame


def last(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """The last row of each training, told apart by the columns `keys`, in the order of `frame`."""
    return frame.groupby(list(keys), sort=False).tail(1).reset_index(drop=True)


def seeds(table: pd.DataFrame | pd.Series) -> pd.Index:
    """The seed of each row of a table that is indexed by it, alone or among others."""
    return table.index.get_level_values("seed")
