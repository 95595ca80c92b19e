"""What a run file can hold: plain arrays, columns of one length, JSON values. Errors name what is not."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ncbook._checks import described, require


def as_array(values: Any, what: str, name: object) -> np.ndarray:
    """An array that a file can hold without pickle; ValueError that says of which column or array it is not one."""
    require(what, name, isinstance(name, str), "a name that is a str")
    try:
        array = np.asarray(values)
    except ValueError:  # lists of different lengths
        raise ValueError(f"{what}: expected rows of one shape, got {described(values)}") from None
    if array.dtype.hasobject:
        odd = next((each for each in array.flat if not isinstance(each, str | int | float | np.generic)), array.flat[0])
        raise ValueError(
            f"{what}: expected numbers or words, got {described(odd)}, which cannot be saved; use nan for None"
        )
    return array


def require_rows(columns: Mapping[str, np.ndarray]) -> None:
    """One row a measurement in every column of a history."""
    for name, values in columns.items():
        require(f"run.history[{name!r}]", values, values.ndim == 1, "[rows], one value a measurement")
    rows: dict[int, list[str]] = {}
    for name, values in columns.items():
        rows.setdefault(len(values), []).append(name)
    if len(rows) > 1:
        told = "; ".join(f"{length} rows in {', '.join(names)}" for length, names in sorted(rows.items()))
        raise ValueError(f"run.history: expected columns of one length, got {told}")


def require_json(value: Any, what: str) -> None:
    """`value`, which the error calls `what`, must be one that JSON holds."""
    try:
        json.dumps(value)
    except (TypeError, ValueError) as error:  # the second for a value that holds itself
        raise ValueError(f"{what}: expected a JSON value, got {described(value)} ({error})") from None
