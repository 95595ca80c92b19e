"""Numbers as readers of a table see them."""

from numbers import Integral
from typing import Any

import pandas as pd

from ncbook.readings import moments

MISSING = "–"  # what is not known


def cell(value: Any, form: str = "{:.3g}") -> str:
    """One value, rounded as `form` says; text and whole numbers stay as they are."""
    if isinstance(value, str | Integral):
        return str(value)
    if pd.isna(value):
        return MISSING
    return moments.when(value) if value == moments.NEVER else form.format(value)


def spread(values: "pd.Series[Any]", form: str = "{:.3g}") -> str:
    """The median of `values` and, in parentheses, the lowest and the highest, each written as `form` says.

    A moment that never came is later than all others (`moments.NEVER`). What is not known is left out.
    """
    middle, low, high = (cell(value, form) for value in (values.median(), values.min(), values.max()))
    return middle if low == high else f"{middle} ({low} to {high})"


def two_digits(value: float) -> str:
    """31000.4 as "31,000", 0.00108 as "0.0011"."""
    return f"{float(f'{value:.2g}'):,.12g}"
