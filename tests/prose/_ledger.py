"""Counts of the pooled ledger."""

from functools import cache

from ncbook import experiments, ledger


@cache
def seeds(name: str, claim: str) -> tuple[float, int]:
    """How many seeds say yes, and how many can answer."""
    (entry,) = (each for each in ledger.of_experiment(experiments.get(name)) if each.id == claim)
    return entry.holds, len(entry.seeds)
