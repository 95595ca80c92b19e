"""Counts of the ledger, over all recorded runs."""

import math
from functools import cache

from ncbook import experiments, ledger


@cache
def entries(name: str) -> dict[str, ledger.Entry]:
    """The rows of one experiment by their claims, judged once for all tests."""
    return {entry.id: entry for entry in ledger.of_experiment(experiments.get(name))}


def seeds(name: str, claim: str) -> tuple[float, int]:
    """How many seeds say yes, and how many can answer."""
    entry = entries(name)[claim]
    return entry.holds, len(entry.seeds)


def every_seed(name: str, claim: str) -> float:
    """How many seeds can answer, if all of them say yes."""
    held, count = seeds(name, claim)
    return count if held == count else math.nan


def no_seed(name: str, claim: str) -> float:
    """How many seeds can answer, if none of them says yes."""
    held, count = seeds(name, claim)
    return math.nan if held else count
