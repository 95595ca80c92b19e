"""Questions to the heads of `fixed_head`: one measure of learned heads and of fixed ones over the steps, on digits."""

from typing import Any

import pandas as pd

from ncbook import runs
from ncbook.explorables import _arms, _page
from ncbook.explorables._arms import Question
from ncbook.readings.fixed_head import (
    ALIKE,
    CIRCLE,
    CORNERED,
    KEYS,
    LEARNED,
    LEARNED_2,
    LEARNED_K,
    RANDOM,
    SIMPLEX,
    TURNED,
    outcomes,
    usual,
)
from ncbook.readings.moments import NEVER
from ncbook.readings.words import cell, count

# column -> name on the page, and whether its axis is logarithmic
_MEASURES = {
    "test_error": ("Test error", True),
    "train_error": ("Training error", False),
    "train_loss": ("Training loss", True),
    "nc1_train": ("NC1, training images", True),
    "nc2_angles_train": ("NC2, angles, training images", True),
}


def fixed_head(run: runs.Run) -> _page.Explorable:
    """Up to three heads of `run`, one of `experiments.fixed_head`, on its first data set: six questions, five measures.

    Raises ValueError, naming it, for a column that the run lacks.
    """
    _page.require(run, "fixed_head", history=(*KEYS, "step", *_MEASURES))
    groups = dict(iter(_digits(run, run.to_frame()).groupby("arm", sort=False)))
    arms = {name: _arms.arm(name, rows, _MEASURES, "step", None) for name, rows in groups.items()}
    told = " ".join(f"{name}: test error {_percent(run, name, 'test_error')}." for name in arms)
    title = "Heads that are learned, and heads that are not"
    return _arms.page(run, title, arms, _MEASURES, "step", _questions(run), told, log_time=True)


def _questions(run: runs.Run) -> dict[str, Question]:
    """What a fixed simplex costs, and whether another fixed head, another place or less room cost more."""
    return {
        "cost": _errs(run, "Does a fixed simplex cost accuracy?", LEARNED, SIMPLEX),
        "any": _errs(run, "Does any fixed head do?", LEARNED, RANDOM, ALIKE),
        "room": _errs(run, "And with two features?", LEARNED, LEARNED_2, CIRCLE),
        "place": _fits(run, "Does it matter where the simplex lies?", SIMPLEX, TURNED, CORNERED),
        "speed": _fits(run, "Which head fits its images first?", LEARNED, SIMPLEX, LEARNED_K),
        "shape": _shaped(run, "Whose classes come nearest to a simplex?", LEARNED, SIMPLEX, LEARNED_K),
    }


def _errs(run: runs.Run, text: str, *names: str) -> Question:
    told = ", ".join(f"{_percent(run, name, 'test_error')} with {name}" for name in names)
    return Question(text, names, "test_error", f"Median test error at the end: {told}.")


def _fits(run: runs.Run, text: str, *names: str) -> Question:
    """How many seeds are without a training error at some probe, and when."""
    steps = {name: _trainings(run, name).zero_error_step for name in names}
    told = [
        f"{count(own != NEVER)} with {name} (median step: {cell(own.median(), '{:g}')})" for name, own in steps.items()
    ]
    return Question(text, names, "train_error", f"Networks that reach zero training error: {'; '.join(told)}.")


def _shaped(run: runs.Run, text: str, *names: str) -> Question:
    told = [f"{cell(_trainings(run, name).nc2_angles_train.median(), '{:.2g}')} with {name}" for name in names]
    return Question(text, names, "nc2_angles_train", f"Median distance of the cosines at the end: {', '.join(told)}.")


def _percent(run: runs.Run, name: str, column: str) -> str:
    return cell(100 * _trainings(run, name)[column].median(), "{:.1f} %")


def _trainings(run: runs.Run, name: str) -> pd.DataFrame:
    table = _digits(run, outcomes(run))
    return table[table.arm == name]


def _digits(run: runs.Run, table: pd.DataFrame) -> Any:
    """The balanced trainings on the first data set, with heads of the usual length."""
    table = usual(run, table)
    return table[table.dataset == run.config["datasets"][0]]
