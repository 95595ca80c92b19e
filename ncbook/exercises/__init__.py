"""Checkable answers: a chapter asks, the reader computes, `check` compares. One module a result.

`check` takes a number, and `check_function` a function that the reader has written.

The right answers are computed here too, from closed forms or from the same runs, and never typed in.

>>> from ncbook import exercises
>>> exercises.check("collapse/angle", None)
No answer yet: put yours in place of None.
"""

import math
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ncbook.exercises._exercise import Exercise, Written
from ncbook.exercises._written import fault
from ncbook.exercises.collapse import flat_crosses
from ncbook.results import RESULTS

__all__ = ["EXERCISES", "FUNCTIONS", "Exercise", "Written", "check", "check_function", "flat_crosses"]

_MODULES = [  # not every result has one
    import_module(f"ncbook.exercises.{result}") for result in RESULTS if find_spec(f"ncbook.exercises.{result}")
]
EXERCISES: dict[str, Exercise] = {name: each for module in _MODULES for name, each in module.EXERCISES.items()}
FUNCTIONS: dict[str, Written] = {
    name: each for module in _MODULES for name, each in getattr(module, "FUNCTIONS", {}).items()
}


def check(name: str, answer: float | None) -> None:
    """Say whether `answer` is right for the exercise `name`; None means that there is no answer yet.

    Raises ValueError for an unknown name or an answer that is not a number.

    >>> exercises.check("collapse/angle", 5.0)
    Not yet. Hint: in a simplex ETF of K classes the cosine is -1/(K-1); K is 10 here, and an angle is an arccosine
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


def check_function(name: str, function: Callable[..., Any] | None) -> None:
    """Try `function` for the exercise `name`, and say on which input it goes wrong, with a hint; None: not yet written.

    Raises ValueError for an unknown name or what cannot be called.

    >>> exercises.check_function("collapse/write-nc1", None)
    No function yet: write yours, and give it in place of None.
    """
    if name not in FUNCTIONS:
        raise ValueError(f"name: no function is asked for as {name!r}; there are {', '.join(FUNCTIONS)}")
    if function is not None and not callable(function):
        raise ValueError(f"function: expected a function, got {function!r}")
    if function is None:
        print("No function yet: write yours, and give it in place of None.")
        return
    print(fault(function, FUNCTIONS[name]) or f"Right, on all {len(FUNCTIONS[name].trials)} inputs.")
