"""What each explorable must show: `NAME.pictures(run, state, canvases)`, computed from the run by code of its own.

`state` holds the values of the controls by their class names without "nc-" ("again" counts presses). The answer is
canvas name -> all items on it, in pixels. A module may also have `words(run, state)`: part name -> its whole text.
"""

from decimal import ROUND_HALF_UP, Decimal
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


# ---- numbers as a page holds and writes them: what is rounded twice may differ from what is rounded once ----


def stored(values) -> np.ndarray:
    """As a page holds numbers: with four significant digits."""
    values = np.asarray(values, float)
    return np.array([float(f"{value:.4g}") for value in values.ravel()]).reshape(values.shape)


def packed(array) -> np.ndarray:
    """As a page holds large arrays: whole multiples of 1/32767 of the largest entry."""
    array = np.asarray(array, float)
    unit = np.abs(array).max() / 32767
    return np.rint(array / unit) * unit


def fixed(value: float, digits: int) -> str:
    """With so many digits after the point; a half is rounded upwards, as JavaScript does it."""
    return str(Decimal(float(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def spelled(value: float) -> str:
    """A positive number or 0 with three significant digits, as JavaScript writes it."""
    if value == 0:
        return "0"
    exact = Decimal(float(value))
    rounded = float(exact.quantize(Decimal(1).scaleb(exact.adjusted() - 2), ROUND_HALF_UP))
    if rounded < 1e-4:
        digits, power = f"{rounded:.2e}".split("e")
        return f"{float(digits):g}e{int(power)}"
    return f"{rounded:.15g}"
