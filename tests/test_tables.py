"""Tables of the chapters say the same as text and as HTML, rounded, and escape what is not theirs."""

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from ncbook.readings.moments import NEVER
from ncbook.readings.words import cell, count, interval, listed, span, three_digits, two_digits
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


@pytest.mark.parametrize(("value", "words"), [(31240.4, "31,200"), (0.0010824, "0.00108"), (1_234_567.0, "1,230,000")])
def test_three_digits_in_plain_numbers(value, words):
    assert three_digits(value) == words


@pytest.mark.parametrize(
    ("value", "form", "words"),
    [(-0.04, "{:.1f}", "0.0"), (-0.4, "{:.0f} %", "0 %"), (-0.05, "{:.2f}", "-0.05"), (-10.0, "{:.1f}", "-10.0")],
)
def test_a_number_that_is_rounded_to_zero_has_no_sign(value, form, words):
    assert cell(value, form) == words


def test_an_interval_is_the_middle_and_the_ends_unless_they_are_written_alike():
    assert interval(2.04, 1.0, 3.96, "{:.1f}") == "2.0 (1.0 to 4.0)"
    assert interval(2.04, 2.01, 2.04, "{:.1f}") == "2.0"
    assert interval(31000.4, 30000.0, NEVER, two_digits) == "31,000 (30,000 to never)"


def test_ranges_lists_and_counts():
    assert span(pd.Series([3.0, 1.0, 2.0]), "{:.0f}") == "1 to 3"
    assert listed([1.25, float("nan"), 3], "{:.1f}") == "1.2, –, 3"
    assert count(pd.Series([True, False, True])) == "2 of 3"
