"""What a rule says of one recorded run."""

from functools import cache

from ncbook import experiments
from ncbook.evidence import Evidence


@cache
def judged(name: str, claim: str, preset: str = "laptop") -> Evidence:
    experiment = experiments.get(name)
    (found,) = [each for each in experiment.claims if each.id == claim]
    return found.judge(experiment.load(preset, live=False))


def seeds_of(name: str, claim: str, preset: str = "laptop") -> tuple[float, int]:
    """How many seeds of this run say yes, and how many can answer."""
    answers = judged(name, claim, preset).by_seed
    return sum(answers.values()), len(answers)


def trials_of(name: str, claim: str, preset: str = "laptop") -> tuple[int, int]:
    """How many trials of this run say yes, and how many can answer."""
    answers = [answer for answer in judged(name, claim, preset).holds if answer is not None]
    return sum(answers), len(answers)
