"""What runs say of a claim: independent seeds, their share with an interval, the effect, and one word.

A rule answers yes or no for each trial that can answer. Trials of one seed share their data or their network, so they
are averaged within the seed, and the seed is the unit. The word follows from the interval and is never typed in.

>>> from ncbook import evidence
>>> falls = [12, 15, 11, 30, 14, 19]  # one a seed
>>> six = evidence.Evidence.compared(seeds=range(6), values=falls, relation=">=", limit=10, unit="-fold")
>>> six.share, six.word
(1.0, 'holds')
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import compress, permutations
from typing import Any

import numpy as np
from scipy.special import bdtrc, betaincinv

HOLDS, FAILS, OPEN, CHECKED, UNTESTED = "holds", "fails", "open", "checked", "not tested at this scale"
WORDS = (HOLDS, FAILS, OPEN, CHECKED, UNTESTED)

HALF = 0.5  # of the seeds: what a claim that holds must be above, and one that fails below
SIGN = 0.5  # how often noise has the sign that a rule asks for
NOISY = 0.1  # a rule that noise passes more often, in a seed, says so
_EQUAL = 1e-6  # relative: what recorded columns, in float32, can tell apart
_CONFIDENCE = 0.95
_RESAMPLES = 2000
_RELATIONS: dict[str, Callable[..., Any]] = {">=": np.greater_equal, "<=": np.less_equal, ">": np.greater, "<": np.less}


@dataclass(frozen=True)
class Evidence:
    """The trials of one rule.

    Attributes:
        seeds: of each trial
        holds: its answer; None where it cannot answer: no terminal phase, a burst at the reading, a budget that ran out
        values: its number, as `unit` says what it is; nan where there is none, inf for what never came
        chance: how often noise would pass the rule in a seed, such as `SIGN` or a `correlation_chance`
        limit: where the rule is `value relation limit`, that threshold

    >>> kept = [True] * 5 + [False]
    >>> five_of_six = evidence.Evidence.of(range(6), holds=kept, values=[3, 4, 5, 4, 3, 1], unit="steps")
    >>> five_of_six.yes, five_of_six.valid, five_of_six.word
    (5.0, 6, 'open')
    """

    seeds: tuple[int, ...] = ()
    holds: tuple[bool | None, ...] = ()
    values: tuple[float, ...] = ()
    unit: str = ""
    chance: float = 0.0
    limit: float | None = None
    relation: str = ">="

    def __post_init__(self) -> None:
        if not len(self.seeds) == len(self.holds) == len(self.values):
            counts = f"{len(self.seeds)}, {len(self.holds)}, {len(self.values)}"
            raise ValueError(f"seeds, holds, values: expected one each for every trial, got {counts}")

    @classmethod
    def of(
        cls,
        seeds: Iterable[Any],
        holds: Iterable[Any],
        values: Iterable[Any],
        unit: str,
        valid: Iterable[Any] | None = None,
        chance: float = 0.0,
    ) -> "Evidence":
        """From columns of a table, a row a trial; `valid` is false for the trials that cannot answer."""
        answers, numbers = [bool(each) for each in holds], [float(each) for each in values]
        told = [True] * len(answers) if valid is None else [bool(each) for each in valid]
        judged = tuple(answer if can else None for answer, can in zip(answers, told, strict=True))
        return cls(tuple(int(seed) for seed in seeds), judged, tuple(numbers), unit, chance)

    @classmethod
    def compared(
        cls,
        seeds: Iterable[Any],
        values: Iterable[Any],
        relation: str,
        limit: float,
        unit: str,
        valid: Iterable[Any] | None = None,
        chance: float = 0.0,
    ) -> "Evidence":
        """The rule `value relation limit`, such as `value >= 10`. A trial whose number is nan cannot answer.

        A number that is the limit but for its last digits counts as the limit: those are another processor's.
        """
        numbers = np.array([float(each) for each in values])
        compared = np.where(np.isclose(numbers, limit, rtol=_EQUAL, atol=_EQUAL**2), limit, numbers)
        told = ~np.isnan(numbers) & (True if valid is None else np.array([bool(each) for each in valid], dtype=bool))
        found = cls.of(seeds, _RELATIONS[relation](compared, limit), numbers, unit, told, chance)
        return replace(found, limit=limit, relation=relation)

    def __add__(self, other: "Evidence") -> "Evidence":
        """Both, of one rule on two runs. Raises ValueError where a seed is in both, which would count it twice."""
        twice = set(self.seeds) & set(other.seeds)
        if twice:
            raise ValueError(f"seeds: expected other seeds in each run, got {sorted(twice)} in both")
        if not self.seeds or not other.seeds:
            return self if self.seeds else other
        trials = {name: getattr(self, name) + getattr(other, name) for name in ("seeds", "holds", "values")}
        return replace(self, **trials, chance=max(self.chance, other.chance))

    def of_seeds(self, seeds: Iterable[int]) -> "Evidence":
        """The trials of these seeds alone."""
        kept = [seed in set(seeds) for seed in self.seeds]
        trials: dict[str, Any] = {
            name: tuple(compress(getattr(self, name), kept)) for name in ("seeds", "holds", "values")
        }
        return replace(self, **trials)

    @cached_property
    def valid(self) -> int:
        """How many trials can answer."""
        return sum(answer is not None for answer in self.holds)

    @cached_property
    def by_seed(self) -> dict[int, float]:
        """The share of yes among the answers of each seed that has any."""
        answers: dict[int, list[bool]] = {}
        for seed, answer in zip(self.seeds, self.holds, strict=True):
            if answer is not None:
                answers.setdefault(seed, []).append(answer)
        return {seed: sum(each) / len(each) for seed, each in answers.items()}

    @property
    def yes(self) -> float:
        """How many seeds say yes; a fraction where the trials of a seed differ."""
        return round(sum(self.by_seed.values()), 9)  # thirds add up to a whole number

    @property
    def share(self) -> float:
        """Of the seeds; nan without any."""
        return self.yes / len(self.by_seed) if self.by_seed else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """95 % for `share`, after Jeffreys; (0, 1) without a seed."""
        return jeffreys(self.yes, len(self.by_seed))

    @property
    def word(self) -> str:
        """holds if the interval lies above one half, and above what noise passes; fails if below; open if neither."""
        yes, count = self.yes, len(self.by_seed)
        if count == 0:
            return UNTESTED
        low, high = self.interval
        beaten = max(HALF, self.chance)
        # With few seeds the interval of Jeffreys is short: four of four are not above one half with 95 % confidence.
        by_luck = float(bdtrc(math.ceil(yes) - 1, count, beaten)) if yes > 0 else 1.0
        if low > beaten and by_luck <= 1 - _CONFIDENCE:
            return HOLDS
        by_bad_luck = float(bdtrc(math.ceil(count - yes) - 1, count, HALF)) if yes < count else 1.0
        return FAILS if high < HALF and by_bad_luck <= 1 - _CONFIDENCE else OPEN

    @cached_property
    def effect(self) -> tuple[float, float, float]:
        """Median over the seeds of each seed's median, and its 95 % bootstrap interval over seeds; nan without any."""
        medians = self._medians()
        if len(medians) == 0:
            return (math.nan,) * 3
        drawn = np.random.default_rng(0).integers(len(medians), size=(_RESAMPLES, len(medians)))
        spread = np.quantile(_median(medians[drawn]), [(1 - _CONFIDENCE) / 2, (1 + _CONFIDENCE) / 2], method="nearest")
        return float(_median(medians[None])[0]), float(spread[0]), float(spread[1])

    def _medians(self) -> np.ndarray:
        numbers: dict[int, list[float]] = {}
        for seed, answer, value in zip(self.seeds, self.holds, self.values, strict=True):
            if answer is not None and not math.isnan(value):
                numbers.setdefault(seed, []).append(value)
        return np.array([_median(np.array([each]))[0] for each in numbers.values()])

    @property
    def turns(self) -> float | None:
        """The threshold nearest to `limit` with which the word would be another; None if there is none."""
        if self.limit is None or self.word == UNTESTED:
            return None
        numbers = np.array([value for value, answer in zip(self.values, self.holds, strict=True) if answer is not None])
        near = sorted(set(numbers[np.isfinite(numbers)]), key=lambda value: abs(value - self.limit))
        for value in near:
            for limit in (value, np.nextafter(value, math.inf), np.nextafter(value, -math.inf)):
                if self._with_limit(limit).word != self.word:
                    return float(value)
        return None

    def _with_limit(self, limit: float) -> "Evidence":
        answers = _RELATIONS[self.relation](np.array(self.values), limit)
        judged = tuple(None if old is None else bool(new) for old, new in zip(self.holds, answers, strict=True))
        return replace(self, holds=judged, limit=float(limit))


def jeffreys(yes: float, count: int) -> tuple[float, float]:
    """The 95 % interval of a share, between quantiles of Beta(yes + 1/2, count - yes + 1/2).

    `yes` may be a fraction. It ends at 0 or 1 where no or all answers are yes (Brown, Cai and DasGupta 2001).

    >>> low, high = evidence.jeffreys(yes=6, count=6)
    >>> round(low, 2), high
    (0.67, 1.0)
    """
    tail = (1 - _CONFIDENCE) / 2
    low = 0.0 if yes == 0 else float(betaincinv(yes + 0.5, count - yes + 0.5, tail))
    high = 1.0 if yes == count else float(betaincinv(yes + 0.5, count - yes + 0.5, 1 - tail))
    return low, high


@lru_cache
def correlation_chance(points: int, limit: float) -> float:
    """How often the rank correlation of so many points is `limit` or higher under noise, over all orders.

    Exact for at most 8 points, by 20,000 random orders beyond. By symmetry also for `-limit` or lower.

    >>> round(evidence.correlation_chance(points=5, limit=0.9), 3)  # of the 120 orders of five points
    0.042
    """
    ranks = np.arange(points, dtype=float)
    if points <= 8:
        orders = np.array(list(permutations(ranks)))
    else:
        orders = np.random.default_rng(0).permuted(np.tile(ranks, (20_000, 1)), axis=1)
    centered = ranks - ranks.mean()
    found = (orders - ranks.mean()) @ centered / (centered @ centered)
    return float((found >= limit - 1e-12).mean())


def _median(rows: np.ndarray) -> np.ndarray:
    """Of each row; between two values that are not both finite, the lower, since inf - inf has no middle."""
    ordered = np.sort(rows, axis=1)
    low, high = ordered[:, (rows.shape[1] - 1) // 2], ordered[:, rows.shape[1] // 2]
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(low) & np.isfinite(high), (low + high) / 2, low)
