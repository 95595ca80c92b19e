"""Checkable answers: a chapter asks, the reader computes, `check` compares. One module a result.

The right answers are computed here too, from closed forms or from the same runs, and never typed in.
"""

import math
from importlib import import_module
from importlib.util import find_spec

from ncbook.exercises._exercise import Exercise
from ncbook.exercises.collapse import flat_crosses
from ncbook.exercises.mnist_grokking import three_points
from ncbook.results import RESULTS

__all__ = ["EXERCISES", "Exercise", "check", "flat_crosses", "three_points"]

EXERCISES: dict[str, Exercise] = {
    name: exercise
    for result in RESULTS
    if find_spec(f"ncbook.exercises.{result}")  # not every result has some
    for name, exercise in import_module(f"ncbook.exercises.{result}").EXERCISES.items()
}


def check(name: str, answer: float | None) -> None:
    """Say whether `answer` is right for the exercise `name`; None means that there is no answer yet.

    Raises ValueError for an unknown name or an answer that is not a number.
    """
    if name not in EXERCISES:
        raise ValueError(f"name: no exercise is called {name!r}; there are {', '.join(EXERCISES)}")
    if answer is None:
        print("No answer yet: put yours in place of None.")
        return
    exercise = EXERCISES[name]
    try:
        right = math.isclose(float(answer), exercise.answer(), rel_tol=exercise.tolerance, abs_tol=1e-9)
    except (TypeError, ValueError) as error:
        raise ValueError(f"answer: expected a number, got {answer!r}") from error
    print("Right." if right else f"Not yet. Hint: {exercise.hint}")
