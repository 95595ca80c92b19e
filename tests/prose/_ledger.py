"""Counts of the ledger, over all recorded runs."""

import math
from functools import cache

from ncbook import experiments
from ncbook.ledger import Entry, judging


@cache
def entry(name: str, claim: str) -> Entry:
    """The row of one claim, judged once for all tests."""
    experiment = experiments.get(name)
    (found,) = [each for each in experiment.claims if each.id == claim]
    presets = [each for each in (found.preset, found.preset + judging.AGAIN) if each in experiment.presets()]
    runs = {preset: experiment.recorded(preset) for preset in presets}
    return judging.judged(name, found, {preset: run for preset, run in runs.items() if run is not None})


def entries(name: str) -> dict[str, Entry]:
    """The rows of an experiment by their claims."""
    return {claim.id: entry(name, claim.id) for claim in experiments.get(name).claims}


def seeds(name: str, claim: str) -> tuple[float, int]:
    """How many seeds say yes, and how many can answer."""
    row = entry(name, claim)
    return row.holds, len(row.seeds)


def every_seed(name: str, claim: str) -> float:
    """How many seeds can answer, if all of them say yes."""
    held, count = seeds(name, claim)
    return count if held == count else math.nan


def no_seed(name: str, claim: str) -> float:
    """How many seeds can answer, if none of them says yes."""
    held, count = seeds(name, claim)
    return math.nan if held else count
