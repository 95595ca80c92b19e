"""Checkable answers: a chapter asks, the reader computes, `check` compares. One module a chapter.

The right answers are computed here too, from closed forms or from the same runs, and never typed in.
"""

import math

from ncbook.exercises import (
    bound,
    cascade,
    circuits,
    corrupted_labels,
    flatness,
    grokking,
    image_interventions,
    implicit_bias,
    information_bottleneck,
    interventions,
    margins,
    numerics,
    onset,
    properties,
    settings,
    terminal,
    test_collapse,
    transfer,
    unconstrained,
    watching,
)
from ncbook.exercises._exercise import Exercise
from ncbook.exercises.watching import flat_crosses

__all__ = ["EXERCISES", "Exercise", "check", "flat_crosses"]

EXERCISES: dict[str, Exercise] = {
    **watching.EXERCISES,
    **properties.EXERCISES,
    **terminal.EXERCISES,
    **settings.EXERCISES,
    **unconstrained.EXERCISES,
    **test_collapse.EXERCISES,
    **implicit_bias.EXERCISES,
    **bound.EXERCISES,
    **margins.EXERCISES,
    **corrupted_labels.EXERCISES,
    **transfer.EXERCISES,
    **information_bottleneck.EXERCISES,
    **cascade.EXERCISES,
    **interventions.EXERCISES,
    **image_interventions.EXERCISES,
    **grokking.EXERCISES,
    **circuits.EXERCISES,
    **numerics.EXERCISES,
    **onset.EXERCISES,
    **flatness.EXERCISES,
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
