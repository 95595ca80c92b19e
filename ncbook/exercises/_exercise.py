"""What an exercise is."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Exercise:
    """`answer()` computes the right number; an answer within `tolerance` (relative) of it is right."""

    answer: Callable[[], float]
    hint: str
    tolerance: float = 0.02
