"""What a reader's browser has to load for a page of the built book, and that it has nothing to tell in its console.

Weights are those of files as a server sends them, compressed by gzip where that is smaller. The limits hold for what a
page asks for when it opens, and for all that it has asked for when a reader has gone through it.
"""

import gzip
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from fontTools.ttLib import TTFont
from pages import OWN, PATIENCE
from test_book import CHAPTER, PAGES

HEAVIEST, HEAVIEST_FIRST_CHAPTER = 1_200_000, 700_000  # bytes of a page
MOST_REQUESTS = 25
LARGEST_SITE = 20_000_000  # bytes on disk, without the book as a PDF
# Each page is opened as a first visit on a desk in the light, and on a phone in the dark.
SCREENS = {"light": (1280, 900), "dark": (390, 800)}
# A browser fetches a lazy picture when it comes within a screen or two of the window, above or below: two screens a
# step meet them all, and a picture that was never asked for keeps the last line waiting.
_THROUGH_THE_PAGE = """async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += 2 * innerHeight) {
    scrollTo({ top: y, behavior: "instant" });
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  }
  const late = [...document.images].filter((image) => image.loading === "lazy" && image.checkVisibility());
  const come = (image) => image.complete || new Promise((done) => { image.onload = image.onerror = done; });
  await Promise.all(late.map(come));
}"""
# All that a page does by itself: its formulas are set, and the letters that they need have come.
_AT_REST = """async () => {
  await window.MathJax?.startup?.promise;
  await document.fonts.ready;
}"""


@pytest.fixture(scope="module")
def readers(chromium):
    """A page for each screen, which goes through the book: what all pages load is then compiled only once."""
    opened = {}
    for theme, (width, height) in SCREENS.items():
        context = chromium.new_context(color_scheme=theme, viewport={"width": width, "height": height})
        context.set_default_timeout(PATIENCE)
        page = opened[theme] = context.new_page()
        page.asked, page.said = [], []
        context.on("request", lambda request, asked=page.asked: asked.append(request.url))
        page.on("console", lambda message, said=page.said: said.append(message.text))
        page.on("pageerror", lambda error, said=page.said: said.append(str(error)))
    yield opened
    for page in opened.values():
        page.context.close()


@pytest.fixture(scope="module", params=[(name, theme) for name in PAGES for theme in SCREENS], ids="-".join)
def visit(request, readers, book):
    """What a page asked for when it opened, and in all; and what it said in the console."""
    name, theme = request.param
    page = readers[theme]
    page.asked.clear()
    page.said.clear()
    page.goto((book / f"{name}.html").as_uri())
    page.evaluate(_AT_REST)
    at_first = list(page.asked)
    page.evaluate(_THROUGH_THE_PAGE)
    page.evaluate(_AT_REST)
    shown = page.evaluate("document.documentElement.dataset.theme")
    yield {"name": name, "theme": theme, "shown": shown, "first": at_first, "all": [*page.asked], "said": [*page.said]}
    page.evaluate("localStorage.clear(); sessionStorage.clear()")  # the next page is a first visit too
    page.goto("about:blank")


@cache
def weight(address: str) -> int:
    content = Path(unquote(urlparse(address).path)).read_bytes()
    return min(len(content), len(gzip.compress(content)))


def loaded(addresses: list[str]) -> list[str]:
    """Those that are files, which is all but what the page itself holds."""
    return [address for address in addresses if not address.startswith(OWN)]


def test_a_page_is_light_and_silent_and_asks_for_nothing_elsewhere(visit):
    limit = HEAVIEST_FIRST_CHAPTER if visit["name"] == CHAPTER else HEAVIEST
    for addresses in (loaded(visit["first"]), loaded(visit["all"])):
        assert [address for address in addresses if not address.startswith("file:")] == []
        assert len(addresses) <= MOST_REQUESTS, addresses
        assert sum(map(weight, addresses)) <= limit, {address: weight(address) for address in addresses}
    assert visit["said"] == []
    assert visit["shown"] == visit["theme"]


def test_the_site_is_small(book):
    sizes = {path: path.stat().st_size for path in book.rglob("*") if path.is_file() and path.suffix != ".pdf"}
    assert sum(sizes.values()) <= LARGEST_SITE, sorted(sizes, key=sizes.__getitem__)[-20:]


@pytest.mark.parametrize("width", [390, 1280])
def test_drawings_wait_until_a_reader_comes_near_and_nothing_jumps(page, book, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto((book / f"{CHAPTER}.html").as_uri())
    drawings = page.locator("picture.figure-drawing > img")
    told = """all => all.map(each => {
      const { width, height } = each.getBoundingClientRect();
      return [width / height, each.complete ? each.naturalWidth / each.naturalHeight : 0];
    })"""
    before = drawings.evaluate_all(told)
    assert 0 in [loaded for _, loaded in before]
    page.evaluate(_THROUGH_THE_PAGE)
    for (kept, _), (shown, loaded) in zip(before, drawings.evaluate_all(told), strict=True):
        assert kept == pytest.approx(shown, rel=0.01) == loaded
    assert page.problems == []


def test_a_right_click_on_a_formula_opens_its_menu_again_and_again(page, book):
    page.goto((book / f"{CHAPTER}.html").as_uri())
    formulas = page.locator("mjx-container")
    formulas.first.wait_for()
    count = formulas.count()
    assert page.locator("mjx-container[tabindex='0']").count() == 0
    for place in (3, 5):
        formulas.nth(place).scroll_into_view_if_needed()
        height = formulas.nth(place).bounding_box()["y"]
        formulas.nth(place).click(button="right")
        page.get_by_role("menuitem", name="Math Settings").wait_for()
        assert formulas.nth(place).bounding_box()["y"] == pytest.approx(height, abs=3)
        page.keyboard.press("Escape")
    assert formulas.count() == count
    assert page.locator("mjx-container[tabindex='0']").count() == 0
    assert page.problems == []


def test_the_theme_is_switched(page, book):
    page.emulate_media(color_scheme="dark")
    page.goto((book / f"{CHAPTER}.html").as_uri())
    themes = []
    for _ in range(3):
        themes.append(page.evaluate("document.documentElement.dataset.theme"))
        page.locator(".theme-switch-button:visible").first.click()
    assert set(themes) == {"light", "dark"}
    assert page.problems == []


# Of every element what the style sheets write before and after it: an icon is a letter of the private use area.
_WRITTEN = """() => [...document.querySelectorAll("*")].flatMap((each) =>
  ["::before", "::after"].map((place) => getComputedStyle(each, place).content)).join("")"""


@pytest.mark.parametrize("name", [CHAPTER, "search", PAGES[0]])
def test_the_fonts_have_every_icon_that_a_page_shows(page, book, name):
    page.goto((book / f"{name}.html").as_uri())
    icons = {ord(letter) for letter in page.evaluate(_WRITTEN) if 0xE000 <= ord(letter) <= 0xF8FF}
    fonts = (book / "_static/vendor/fontawesome/webfonts").glob("*.woff")
    drawn = {code for font in fonts for code in TTFont(font).getBestCmap()}
    assert {0xF002, 0xF0C9} <= icons <= drawn  # a magnifying glass and three bars are on every page
    assert len(drawn) < 100
