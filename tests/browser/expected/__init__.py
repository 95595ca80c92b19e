"""What each explorable must show: `NAME.pictures(run, state, canvases)`, computed from the run by code of its own.

`state` holds the values of the controls by their class names without "nc-" ("again" counts presses). The answer is
canvas name -> all items on it, in pixels. A module may also have `words(run, state)`: part name -> its whole text.
"""

from functools import wraps

import numpy as np
import pandas as pd


def kept(function):
    """`function(run, *choice)` that computes each answer once: most controls leave most of what is drawn as it was."""
    answers = {}

    @wraps(function)
    def answer(run, *choice):
        key = (id(run), *choice)
        if key not in answers:
            answers[key] = run, function(run, *choice)  # a run that is held keeps its id
        return answers[key][1]

    return answer


def table(frame: pd.DataFrame, rows: str, columns: str, values: str) -> np.ndarray:
    return frame.pivot(index=rows, columns=columns, values=values).to_numpy(float)
