"""What the site weighs, and that what it leaves out or puts off is not missed."""

import pytest
from book_pages import CHAPTER, PAGES
from fontTools.ttLib import TTFont
from visits import THROUGH_THE_PAGE

LARGEST_SITE = 20_000_000  # bytes on disk, without the book as a PDF


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
    page.evaluate(THROUGH_THE_PAGE)
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
