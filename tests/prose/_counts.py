"""Counts of trials as the prose states them: three of eight, all eight, none of the eight."""

import math
from collections.abc import Iterable


def yes(answers: Iterable[bool]) -> tuple[int, int]:
    """How many trials say yes, and of how many."""
    told = [bool(answer) for answer in answers]
    return sum(told), len(told)


def every(answers: Iterable[bool]) -> float:
    """How many trials there are, if all of them say yes."""
    held, trials = yes(answers)
    return trials if held == trials else math.nan


def none(answers: Iterable[bool]) -> float:
    """How many trials there are, if none of them says yes."""
    held, trials = yes(answers)
    return math.nan if held else trials


def same(values: Iterable[float]) -> float:
    """The value that all of them have."""
    found = set(values)
    return found.pop() if len(found) == 1 else math.nan
