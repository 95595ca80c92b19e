"""What a run file can hold: plain arrays, columns of one length, JSON values. Errors name what is not."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ncbook._checks import require, shown


def as_array(values: Any, what: str, name: object) -> np.ndarray:
    """An array that a file can hold without pickle; ValueError that says of which column or array it is not one."""
    require(isinstance(name, str), what, "the name must be a str", name)
    try:
        array = np.asarray(values)
    except ValueError:  # lists of different lengths
        raise ValueError(f"{what}: expected rows of one shape, got {shown(values)}") from None
    if array.dtype.hasobject:
        odd = next((each for each in array.flat if not isinstance(each, str | int | float | np.generic)), array.flat[0])
        raise ValueError(
            f"{what}: holds objects, such as {shown(odd)}, which cannot be saved; use numbers, words, or nan for None"
        )
    return array


def require_rows(columns: Mapping[str, np.ndarray]) -> None:
    """One row a measurement in every column of a history."""
    for name, values in columns.items():
        require(values.ndim == 1, f"run.history[{name!r}]", "must be [rows], one value a measurement", values)
    rows: dict[int, list[str]] = {}
    for name, values in columns.items():
        rows.setdefault(len(values), []).append(name)
    if len(rows) > 1:
        told = "; ".join(f"{length} rows in {', '.join(names)}" for length, names in sorted(rows.items()))
        raise ValueError(f"run.history: all columns must be of one length, got {told}")


def require_json(value: Any, what: str) -> None:
    """`value`, which the error calls `what`, must be one that JSON holds."""
    try:
        json.dumps(value)
    except (TypeError, ValueError) as error:  # the second for a value that holds itself
        raise ValueError(f"{what}: must be a JSON value, got {shown(value)} ({error})") from None
