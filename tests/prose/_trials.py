"""Answers of single trials to the rule of a claim, in the first recorded run, the second, or both."""

from functools import cache

from ncbook import experiments
from ncbook.ledger.judging import AGAIN
from ncbook.runs import Run

FIRST, SECOND = "laptop", "laptop" + AGAIN
BOTH = (FIRST, SECOND)


@cache
def load(name: str, preset: str = SECOND) -> Run:
    """The recorded run of a preset."""
    return experiments.get(name).load(preset, live=False)


@cache
def answers(name: str, claim: str, *presets: str) -> tuple[bool, ...]:
    """Those of the trials that can answer."""
    rules = {each.id: each for each in experiments.get(name).claims}
    told = [rules[claim].judge(load(name, preset)).holds for preset in presets]
    return tuple(answer for found in told for answer in found if answer is not None)
