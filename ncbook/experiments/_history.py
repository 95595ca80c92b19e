"""The columns of a run's history, from the rows that its arms give."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """From rows that all have the names of the first; reals in float32."""
    return {name: single(np.array([row[name] for row in rows])) for name in rows[0]}


def padded(rows: Sequence[Mapping[str, Any]], missing: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The columns named by `missing`, which says what stands where a row has no such name."""
    return {name: np.array([row.get(name, empty) for row in rows]) for name, empty in missing.items()}


def single(column: np.ndarray) -> np.ndarray:
    """Reals in float32: seven digits are more than a training on another machine would share."""
    return column.astype(np.float32) if column.dtype.kind == "f" else column
