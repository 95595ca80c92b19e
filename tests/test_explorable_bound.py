"""The two Gaussian classes are self-contained and small, and have names for their parts."""

import re

import pytest

from ncbook import explorables


@pytest.fixture(scope="module")
def fragment() -> str:
    return explorables.bound()._repr_html_()


def test_it_is_small_and_asks_for_nothing_from_outside(fragment):
    assert len(fragment.encode()) < 40_000
    assert not re.search(r"https?:|src=|@import|url\(|import\(|fetch\(", fragment)


def test_controls_and_pictures_have_names(fragment):
    assert len(re.findall(r'<canvas [^>]*role="img" aria-label', fragment)) == fragment.count("<canvas") == 2
    labels = re.findall(r"<label.*?</label>", fragment, flags=re.DOTALL)
    assert sum("<input" in each for each in labels) == fragment.count("<input") == 3
    assert fragment.count('role="status"') == 1
    assert all('aria-hidden="true"' in each for each in re.findall(r"<svg[^>]*>", fragment))


def test_plain_text_stands_in_where_no_html_is_shown():
    assert "two Gaussian classes" in repr(explorables.bound())
