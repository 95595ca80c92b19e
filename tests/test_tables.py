"""Tables of the chapters say the same as text and as HTML, rounded, and escape what is not theirs."""

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from ncbook.readings.moments import NEVER
from ncbook.readings.words import two_digits
from ncbook.tables import Table, spread


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "network": ["MLP", "a < b & c"],
            "seeds": [5, 12345],
            "NC1": [0.000123456, float("nan")],
            "step": [80.0, NEVER],
        }
    )


def test_cells_are_rounded_and_whole_numbers_are_not():
    table = Table(frame(), "Falls.")
    assert table.cells.to_numpy().tolist() == [["MLP", "5", "0.000123", "80"], ["a < b & c", "12345", "–", "never"]]


def test_text_and_html_hold_the_same_cells():
    table = Table(frame(), "Falls & rises.")
    page = BeautifulSoup(table._repr_html_(), "html.parser")
    rows = [[cell.text for cell in row.find_all(["th", "td"])] for row in page.find_all("tr")]
    assert rows == [list(table.cells.columns), *table.cells.to_numpy().tolist()]
    assert page.caption.text == page.div["aria-label"] == "Falls & rises."
    assert repr(table).split("\n")[0] == "Falls & rises."
    assert repr(table).split() == ["Falls", "&", "rises.", *" ".join(map(" ".join, rows)).split()]


@pytest.mark.parametrize(
    ("values", "form", "words"),
    [
        ([1, 2, 9.0], "{:.1f}", "2.0 (1.0 to 9.0)"),
        ([1.0, NEVER, NEVER], "{:.0f}", "never (1 to never)"),
        ([3.0, 3.0], "{:.0f}", "3"),
        ([2.0, float("nan"), 4.0], "{:.0f}", "3 (2 to 4)"),
    ],
)
def test_a_spread_is_the_median_and_the_ends(values, form, words):
    assert spread(pd.Series(values), form) == words


@pytest.mark.parametrize(
    ("value", "words"), [(31000.4, "31,000"), (0.00108, "0.0011"), (8_930_000.0, "8,900,000"), (42.4, "42")]
)
def test_two_digits_in_plain_numbers(value, words):
    assert two_digits(value) == words
