"""When something happens in a training: one definition of each moment for the whole book.

A moment is a step (or an epoch, where that is the clock) at which a network was probed. What never happens is `NEVER`,
which is larger than every step: medians and comparisons over seeds then say so too, and `when` prints it as "never".
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

NEVER = float("inf")
GENERALIZED = 0.99  # test accuracy from which on a network has generalized
MEMORIZED = 0.99  # training accuracy from which on it has memorized its training set
COLLAPSED = 10.0  # times by which a measure falls in the terminal phase where it is called collapse
FOLLOWS = 0.5  # the log-slope of two falls from which on the one follows the other


def first(clock: pd.Series | np.ndarray, holds: pd.Series | np.ndarray) -> float:
    """The first of the moments `clock` [P], in order, at which `holds` [P] is true; NEVER if it is at none."""
    reached = np.flatnonzero(np.asarray(holds))
    return float(np.asarray(clock)[reached[0]]) if len(reached) else NEVER


def memorized(rows: pd.DataFrame, level: float = MEMORIZED, clock: str = "step") -> float:
    """The first moment of one training with a column `train_acc` of at least `level`."""
    return first(rows[clock], rows.train_acc.to_numpy() >= level)


def generalized(rows: pd.DataFrame, level: float = GENERALIZED, clock: str = "step") -> float:
    """The first moment of one training with a column `test_acc` of at least `level`."""
    return first(rows[clock], rows.test_acc.to_numpy() >= level)


def zero_error(rows: pd.DataFrame, clock: str = "step") -> float:
    """The first moment of one training without a training error. It may be followed by others that have some."""
    return first(rows[clock], rows.train_error.to_numpy() == 0)


def zero_errors(rows: pd.DataFrame, clock: str = "step") -> list[float]:
    """`zero_error` of each seed that gets there, of rows that `seed` and the clock alone tell apart."""
    starts = [zero_error(own, clock) for _, own in rows.groupby("seed", sort=False)]
    return [start for start in starts if start != NEVER]


def since_zero_error(rows: pd.DataFrame, columns: Sequence[str], clock: str = "step") -> dict[str, float]:
    """The first moment of one training without a training error beside its last, as columns of a table:

    zero_error_CLOCK            that moment; NEVER if there is none
    COLUMN_then, COLUMN_end     each of `columns` there, nan for NEVER, and at the last probe
    """
    start = zero_error(rows, clock)
    row = {f"zero_error_{clock}": start}
    for name, then in _values(rows, columns, start, clock).items():
        row |= {f"{name}_then": then, f"{name}_end": float(rows[name].to_numpy()[-1])}
    return row


def nearest(clock: pd.Series | np.ndarray, moment: float) -> int:
    """The index of the probe nearest to a moment; of the last one for NEVER."""
    probes = np.asarray(clock)
    return int(np.abs(probes - min(moment, probes[-1])).argmin())


def at(rows: pd.DataFrame, moment: float, clock: str = "step") -> pd.Series:
    """The row of one training at a moment; nan in every column for NEVER, or where it was not probed."""
    found = np.flatnonzero(rows[clock].to_numpy() == moment)
    return rows.iloc[found[0]] if len(found) else pd.Series(np.nan, index=rows.columns)


def at_loss(rows: pd.DataFrame, values: pd.Series, loss: float) -> float:
    """`values` of one training, one a probe, where its `train_loss` is `loss`: on a line in the logarithm of the loss.

    Of probes in the order of their loss, since it need not fall from each to the next; nan outside of their range.
    """
    losses = rows.train_loss.astype(float).sort_values()
    if not len(losses) or not losses.iloc[0] <= loss <= losses.iloc[-1]:
        return float("nan")
    return float(np.interp(np.log(loss), np.log(losses), values.loc[losses.index].astype(float)))


def _values(rows: pd.DataFrame, columns: Sequence[str], moment: float, clock: str) -> dict[str, float]:
    """`at` for some columns, without a row of them all, which takes longer."""
    found = np.flatnonzero(rows[clock].to_numpy() == moment)[:1]
    return {name: float(rows[name].to_numpy()[found[0]]) if len(found) else np.nan for name in columns}


def terminal_phase(rows: pd.DataFrame, clock: str = "step") -> dict[str, float | bool]:
    """The terminal phase of one training, from its last training error on, as columns of a table:

    phase_start   the first moment after the last probe with a training error; NEVER if the last probe has one
    phase_length  from there to the last probe, 0 for NEVER
    phase_tells   whether it is at least as long as all that came before it, and so can answer a question about it
    """
    wrong = np.flatnonzero(rows.train_error.to_numpy() > 0)
    after = int(wrong[-1]) + 1 if len(wrong) else 0
    moments = rows[clock].to_numpy()
    start = float(moments[after]) if after < len(moments) else NEVER
    length = float(moments[-1]) - start if np.isfinite(start) else 0.0
    return {"phase_start": start, "phase_length": length, "phase_tells": length > 0 and length >= start - moments[0]}


def over_phase(rows: pd.DataFrame, columns: Sequence[str], clock: str = "step") -> dict[str, float | bool]:
    """`terminal_phase`, and COLUMN_start: each of `columns` at its start, nan for NEVER."""
    phase = terminal_phase(rows, clock)
    begun = _values(rows, columns, float(phase["phase_start"]), clock)
    return phase | {f"{name}_start": value for name, value in begun.items()}


def log_slope(fall: pd.Series, base: pd.Series) -> pd.Series:
    """log(fall) / log(base): 1 where both fall alike, 0 where only the base falls; nan where the base does not fall."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return (np.log(fall) / np.log(base)).where(base > 1)


def by_training(
    frame: pd.DataFrame, keys: Sequence[str], read: Callable[[pd.DataFrame], dict[str, Any]]
) -> pd.DataFrame:
    """One row for each training, told apart by the columns `keys`, in the order of `frame`: they, and `read(rows)`."""
    groups = frame.groupby(list(keys), sort=False)
    return pd.DataFrame([dict(zip(keys, key, strict=True)) | read(rows) for key, rows in groups])


def when(moment: float, unit: str = "") -> str:
    """A moment in words: "1200", "1200 steps" with unit "steps", or "never"."""
    if np.isposinf(moment):
        return "never"
    return f"{moment:g} {unit}".strip() if moment < 1e5 else f"{moment:.0f} {unit}".strip()
