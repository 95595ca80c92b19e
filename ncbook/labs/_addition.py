"""What the labs of modular addition share."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from ncbook import trainers
from ncbook.labs._plan import Curve, Outcome, Panel, Real, Rows, Values, Whole
from ncbook.readings import moments

MOST_STEPS = 20_000

SEEDS = (
    Whole("seeds", "Seeds", "How many networks are trained at once", 3, 1, 8),
    Whole("seed", "First seed", "Fixes the initial weights and the splits; the others follow it", 0, 0, 2**32 - 8),
)
WEIGHT_DECAY = Real("weight_decay", "Weight decay", "AdamW's; 0 is none", 1.0, 0, 100, usual=(0, 0.1, 0.3, 1, 3))


def drawn(first: int, count: int) -> tuple[int, ...]:
    """The seeds of a run."""
    return tuple(range(first, first + count))


def finite(rows: Rows) -> Rows:
    """The rows as they are; raises Diverged where no seed's training loss is finite at the end."""
    last = max(row["step"] for row in rows)
    if not any(np.isfinite(row["train_loss"]) for row in rows if row["step"] == last):
        raise trainers.Diverged(f"no seed is finite at step {last}")
    return rows


def release_of(setting: str, none: str) -> Callable[[Values], float | None]:
    """Where the line of the release stands: nowhere if what is pushed, named by `setting`, is `none`."""
    return lambda values: None if values[setting] == none else values["release"]


def generalized(rows: pd.DataFrame) -> Sequence[float]:
    """Of each seed, the first measured step at which it generalizes."""
    return [moments.generalized(own) for _, own in rows.groupby("seed")]


def _there(rows: pd.DataFrame) -> list[float]:
    return [step for step in generalized(rows) if step < moments.NEVER]


def _how_many(rows: pd.DataFrame) -> str:
    return f"{len(_there(rows))} of {rows.seed.nunique()}"


def _when(rows: pd.DataFrame) -> float:
    there = _there(rows)
    return float(np.median(there)) if there else float("nan")


ACCURACY = Panel(
    "Accuracy", "accuracy (%)", (Curve("train_acc", "train"), Curve("test_acc", "test")), percent=True, limits=(-2, 102)
)
TOLD = (
    Outcome("training accuracy", "train_acc", percent=True),
    Outcome("test accuracy", "test_acc", percent=True),
    Outcome("seeds at 99 % on test", _how_many),
    Outcome("at step (median)", _when),
)
OUTCOMES = (
    *TOLD,
    Outcome("κ", "relative_flatness"),
    Outcome("|W|² |h|²", "squared_norms"),
    Outcome("training loss", "train_loss"),
    Outcome("1 - |p|²", "uncertainty_train"),
    Outcome("R", "variance_ratio_train"),
)
