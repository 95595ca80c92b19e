"""Every page of the built book, opened from disk with the network cut off."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

ROOT = Path(__file__).parents[2]
_CONTENTS = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
_FILES = [_CONTENTS["root"], *(entry["file"] for part in _CONTENTS["parts"] for entry in part["chapters"])]
PAGES = [*_FILES, "search", "genindex"]
CHAPTERS = [name for name in _FILES if (ROOT / f"{name}.ipynb").exists()]
CHAPTER = "book/1-collapse/collapse"
EVERY_CHAPTER = pytest.mark.parametrize("name", CHAPTERS)
WITHOUT_SLIDER = ["book/4-grokking/numerics", "book/4-grokking/onset"]

# What the theme itself says on every page: its launch-button script is included twice, and a stored theme mode
# that is empty on the first visit is reset.
KNOWN = ("Identifier 'THEBE_JS_URL' has already been declared", "Got invalid theme mode")


def opened(page, book, name, theme="light"):
    page.goto((book / f"{name}.html").as_uri())
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.wait_for_load_state("load")
    return page


def own_problems(page):
    return [problem for problem in page.problems if not problem.startswith(KNOWN)]


def test_the_table_of_contents_names_all_pages(book):
    built = {
        str(path.relative_to(book).with_suffix("")) for path in book.rglob("*.html") if "_static" not in path.parts
    }
    assert built == {*PAGES, "index"}


def test_index_leads_to_the_welcome_page(page, book):
    page.goto((book / "index.html").as_uri())
    page.wait_for_url("**/book/welcome.html")


@pytest.mark.parametrize("name", PAGES)
def test_page_opens_offline_without_problems(page, book, name):
    opened(page, book, name)
    page.wait_for_timeout(300)
    assert own_problems(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_images_load_and_have_alt_texts(page, book, name):
    images = opened(page, book, name).locator("img")
    for image in images.all():
        assert image.evaluate("image => image.complete && image.naturalWidth > 0"), image.get_attribute("src")
        alt = image.get_attribute("alt")
        assert alt
        assert not alt.startswith("_images/"), alt


@pytest.mark.parametrize("name", PAGES)
def test_links_within_the_book_lead_somewhere(page, book, name):
    for link in opened(page, book, name).locator("a[href]").all():
        target = link.evaluate("link => link.href")
        if target.startswith("file:"):
            path, _, anchor = target.removeprefix(book.as_uri() + "/").partition("#")
            file = book / path.split("?")[0]
            assert file.exists(), target
            assert not anchor or f'id="{unquote(anchor)}"' in file.read_text(encoding="utf-8"), target


@EVERY_CHAPTER
def test_equations_are_rendered(page, book, name):
    opened(page, book, name).wait_for_selector("mjx-container", state="attached")  # the first may be in a menu
    written = page.locator("div.math").count()
    assert written > 0
    assert page.locator("div.math mjx-container").count() >= written
    assert page.locator("mjx-merror").count() == 0
    assert not re.search(r"\\(frac|sum|operatorname)", page.locator("article").inner_text())


@EVERY_CHAPTER
def test_solutions_are_folded_until_they_are_asked_for(page, book, name):
    solution = opened(page, book, name).locator("details").first
    assert not solution.locator("p").first.is_visible()
    solution.locator("summary").click()
    assert solution.locator("p").first.is_visible()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_overflows_on_a_phone(page, book, name):
    page.set_viewport_size({"width": 390, "height": 800})
    opened(page, book, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_sidebar_opens_on_a_phone(page, book):
    page.set_viewport_size({"width": 390, "height": 800})
    opened(page, book, "book/welcome").locator(".primary-toggle:visible").click()
    page.get_by_role("link", name="Watching a network collapse").first.wait_for(state="visible")


@EVERY_CHAPTER
def test_dark_figures_melt_into_the_page(page, book, name):
    image = opened(page, book, name, "dark").locator("div.cell_output img").first
    assert "invert" in image.evaluate("image => getComputedStyle(image).filter")


def test_the_note_in_place_of_a_lab_has_no_light_box_on_a_dark_page(page, book):
    note = opened(page, book, CHAPTER, "dark").locator("[role=note]")
    box = note.locator("xpath=ancestor::*[contains(@class, 'text_html')]")
    assert box.evaluate("box => getComputedStyle(box).backgroundColor") == "rgba(0, 0, 0, 0)"


@pytest.mark.parametrize("name", [name for name in CHAPTERS if name not in WITHOUT_SLIDER])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_slider_moves_the_picture(page, book, name, theme):
    figures = opened(page, book, name, theme).locator(".nc-explorable", has=page.locator("input[type=range]"))
    over_time = figures.filter(has=page.get_by_role("button", name="Play"))
    figure = (over_time if over_time.count() else figures).first
    slider = figure.locator("input[type=range]").first
    slider.scroll_into_view_if_needed()
    picture = figure.locator("canvas").first
    slider.focus()
    before = look_after(page, picture, "Home")
    after = look_after(page, picture, "End", "PageDown")  # both ends of a turn look alike
    assert before[0] != after[0]
    assert before[1] != after[1]


def look_after(page, picture, *keys: str) -> tuple[str, str]:
    """The pixels and the label of a picture, once the page has been painted after the keys."""
    for key in keys:
        page.keyboard.press(key)
    page.evaluate("() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)))")
    return picture.evaluate("canvas => canvas.toDataURL()"), picture.get_attribute("aria-label")


@pytest.mark.parametrize("name", WITHOUT_SLIDER)
def test_other_chapters_have_no_slider(page, book, name):
    assert opened(page, book, name).locator(".nc-explorable input[type=range]").count() == 0


def test_the_rule_that_is_chosen_moves_the_crossings(page, book):
    figure = opened(page, book, "book/4-grokking/onset").locator(".nc-explorable").first
    figure.scroll_into_view_if_needed()
    picture, choice = figure.locator("canvas").first, figure.locator("select").first
    before = look_after(page, picture), figure.locator(".nc-told").inner_text()
    choice.select_option(index=2)
    after = look_after(page, picture), figure.locator(".nc-told").inner_text()
    assert before[0][0] != after[0][0]
    assert before[1] != after[1]


@EVERY_CHAPTER
def test_launch_button_opens_this_chapter_in_colab(page, book, name):
    link = opened(page, book, name).locator("a[href*='colab']").first.get_attribute("href")
    assert link.endswith(f"/ncbook/ncbook/blob/main/{name}.ipynb")


def test_the_lab_says_that_it_needs_a_kernel(page, book):
    opened(page, book, CHAPTER)
    assert page.locator("[class*=widget], script[type*=widget]").count() == 0
    assert page.get_by_role("link", name="Open this chapter in Colab").count() == 1
