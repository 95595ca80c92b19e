"""A reader who goes through the pages of the built book, and what each page had to load and to say."""

import gzip
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from book_pages import CHAPTER
from pages import OWN

HEAVIEST, HEAVIEST_FIRST_CHAPTER = 1_200_000, 700_000  # bytes of a page
MOST_REQUESTS = 25
MOST_STOPS = 25  # of the Tab key, from the top of a page to its first moving figure
PHONE = {"width": 390, "height": 800}
# A browser fetches a lazy picture when it comes within a screen or two of the window, above or below: two screens a
# step meet them all, and a picture that was never asked for keeps the last line waiting.
THROUGH_THE_PAGE = """async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += 2 * innerHeight) {
    scrollTo({ top: y, behavior: "instant" });
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  }
  const late = [...document.images].filter((image) => image.loading === "lazy" && image.checkVisibility());
  const come = (image) => image.complete || new Promise((done) => { image.onload = image.onerror = done; });
  await Promise.all(late.map(come));
}"""
# All that a page does by itself: its formulas are set, and the letters that they need have come.
AT_REST = """async () => {
  await window.MathJax?.startup?.promise;
  await document.fonts.ready;
}"""
# The next Tab starts where a change of the fragment leads to; this one is the top of every page.
_TO_THE_TOP = """() => {
  document.activeElement.blur();
  location.hash = '';
  location.hash = '#top';
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));  // by now it is there
}"""
_IN_FIGURE = "() => Boolean(document.activeElement.closest('.nc-explorable'))"


def every(names):
    """The test runs on each of these pages; a page is opened once for all tests that look at it."""
    return pytest.mark.parametrize("opened", names, indirect=True)


def open_page(reader, book: Path, name: str) -> None:
    """A first visit; `reader` is a `fresh_page`, and keeps what all pages load compiled. `reader.asked_at_first` is
    what the page asked for by itself."""
    reader.name = name
    for collected in (reader.asked, reader.said, reader.problems):
        collected.clear()
    reader.goto((book / f"{name}.html").as_uri())
    reader.evaluate(AT_REST)
    reader.asked_at_first = list(reader.asked)


def leave_page(reader) -> None:
    """The next page is a first visit too, and nothing of this one can become a problem of it."""
    reader.evaluate("localStorage.clear(); sessionStorage.clear()")
    reader.goto("about:blank")


@cache
def weight(address: str) -> int:
    """Bytes as a server sends them, compressed by gzip where that is smaller."""
    content = Path(unquote(urlparse(address).path)).read_bytes()
    return min(len(content), len(gzip.compress(content)))


def loaded(addresses: list[str]) -> list[str]:
    """Those that are files, which is all but what the page itself holds."""
    return [address for address in addresses if not address.startswith(OWN)]


def check_that_it_is_light_and_silent(reader) -> None:
    """On a page just opened: what it asked for by itself, and what it asks for when a reader has gone through it."""
    limit = HEAVIEST_FIRST_CHAPTER if reader.name == CHAPTER else HEAVIEST
    reader.evaluate(THROUGH_THE_PAGE)
    reader.evaluate(AT_REST)
    for addresses in (loaded(reader.asked_at_first), loaded(reader.asked)):
        assert [address for address in addresses if not address.startswith("file:")] == []
        assert len(addresses) <= MOST_REQUESTS, addresses
        assert sum(map(weight, addresses)) <= limit, {address: weight(address) for address in addresses}
    assert reader.said == []


def check_that_its_first_moving_figure_is_near(reader) -> None:
    """Few presses of Tab lead there, and a link at the top at once."""
    reader.evaluate(_TO_THE_TOP)
    for _ in range(MOST_STOPS):
        reader.keyboard.press("Tab")
        if reader.evaluate(_IN_FIGURE):
            break
    else:
        raise AssertionError(f"the first moving figure is not among the first {MOST_STOPS} stops")
    reader.evaluate(_TO_THE_TOP)
    for key in ("Tab", "Tab", "Enter", "Tab"):
        reader.keyboard.press(key)
    assert reader.locator(".nc-explorable").first.evaluate("figure => figure.contains(document.activeElement)")
    reader.evaluate(_TO_THE_TOP)  # where other tests expect the page
