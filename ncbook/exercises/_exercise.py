"""What an exercise is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Exercise:
    """`answer()` computes the right number; an answer within `tolerance` (relative) of it is right.

    >>> third = exercises.Exercise(answer=lambda: 1 / 3, hint="one of three")
    >>> round(third.answer(), 3), third.tolerance
    (0.333, 0.02)
    """

    answer: Callable[[], float]
    hint: str
    tolerance: float = 0.02


@dataclass(frozen=True)
class Trial:
    """One thing that a written function is tried on: `arguments()` makes it, `what` says what it is, as in "on ..."."""

    what: str
    arguments: Callable[[], tuple[Any, ...]]
    hint: str


@dataclass(frozen=True)
class Written:
    """A function that the reader writes: it is right where it agrees with `reference` on all `trials`.

    Both return a number or a tensor; they agree within `tolerance`, relative to the largest entry.

    >>> exercises.FUNCTIONS["collapse/write-nc1"].tolerance
    1e-06
    """

    reference: Callable[..., Any]
    trials: tuple[Trial, ...]
    tolerance: float = 1e-6
