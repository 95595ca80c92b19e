"""Numbers as readers of a table see them."""

import re
from collections.abc import Callable, Iterable
from numbers import Integral
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from ncbook.readings import moments

MISSING = "–"  # what is not known
Form: TypeAlias = str | Callable[[float], str]  # how one number is written: a format such as "{:.1f}", or a function


def cell(value: Any, form: Form = "{:.3g}") -> str:
    """One value, written as `form` says, a zero without a sign; text and whole numbers stay as they are."""
    if isinstance(value, str | Integral):
        return str(value)
    if pd.isna(value):
        return MISSING
    if value == moments.NEVER:
        return moments.when(value)
    text = form.format(value) if isinstance(form, str) else form(value)
    return re.sub(r"^-(?=0(?:\.0+)?(?![\d.]))", "", text)


def interval(middle: float, low: float, high: float, form: Form = "{:.3g}") -> str:
    """ "2 (1 to 4)", each written as `form` says; the middle alone where both ends are written alike."""
    told, least, most = (cell(value, form) for value in (middle, low, high))
    return told if least == most else f"{told} ({least} to {most})"


def spread(values: "pd.Series[Any]", form: Form = "{:.3g}") -> str:
    """The median of `values` and, in parentheses, the lowest and the highest, each written as `form` says.

    A moment that never came is later than all others (`moments.NEVER`). What is not known is left out.
    """
    return interval(values.median(), values.min(), values.max(), form)


def span(values: "pd.Series[Any]", form: Form) -> str:
    """The lowest and the highest of `values`, as "2 to 5"."""
    return f"{cell(values.min(), form)} to {cell(values.max(), form)}"


def listed(values: Iterable[Any], form: Form) -> str:
    """As "1, 2, 3", each written as `form` says."""
    return ", ".join(cell(value, form) for value in values)


def count(holds: "pd.Series[bool] | np.ndarray") -> str:
    """In how many cases something holds, as "3 of 8"."""
    return f"{np.sum(holds)} of {len(holds)}"


def two_digits(value: float) -> str:
    """31000.4 as "31,000", 0.00108 as "0.0011"."""
    return _plain(value, 2)


def three_digits(value: float) -> str:
    """31240.4 as "31,200", 0.0010824 as "0.00108"."""
    return _plain(value, 3)


def _plain(value: float, digits: int) -> str:
    return f"{float(f'{value:.{digits}g}'):,.12g}"
