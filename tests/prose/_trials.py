"""What rules say of the first recorded run of an experiment, of the second, or of both."""

from functools import cache

from ncbook import experiments
from ncbook.evidence import Evidence
from ncbook.ledger.judging import AGAIN
from ncbook.runs import Run

FIRST, SECOND = "laptop", "laptop" + AGAIN
BOTH = (FIRST, SECOND)


@cache
def load(name: str, preset: str = SECOND) -> Run:
    """The recorded run of a preset."""
    return experiments.get(name).load(preset, live=False)


@cache
def judged(name: str, claim: str, preset: str = FIRST) -> Evidence:
    """The rule of a claim, asked of one run."""
    (found,) = [each for each in experiments.get(name).claims if each.id == claim]
    return found.judge(load(name, preset))


def answers(name: str, claim: str, *presets: str) -> tuple[bool, ...]:
    """Those of the trials that can answer."""
    told = (answer for preset in presets for answer in judged(name, claim, preset).holds)
    return tuple(answer for answer in told if answer is not None)


def trials_of(name: str, claim: str, preset: str = FIRST) -> tuple[int, int]:
    """How many trials of a run say yes, and how many can answer."""
    told = answers(name, claim, preset)
    return sum(told), len(told)


def seeds_of(name: str, claim: str, preset: str = FIRST) -> tuple[float, int]:
    """How many seeds of a run say yes, and how many can answer."""
    found = judged(name, claim, preset)
    return found.yes, len(found.by_seed)
