"""The front page: its first screen, its figure that moves once, and its doors."""

from contextlib import ExitStack

import pytest
from bs4 import BeautifulSoup
from pages import PATIENCE, fresh_page

SCREENS = {"desk": (1440, 900), "phone": (390, 844)}
_DONE = "document.querySelector('.front-figure').dataset.state === 'done'"
_DOORS = ".front-doors li > p > a:first-child"
_FIRST_SCREEN = (".front-words p", ".front-plane", ".front-player", ".front-doors li", _DOORS)


@pytest.fixture
def front(chromium, book):
    """Opens the front page in a window of this size; at the end it must have had no problem of its own."""

    def opened(size=SCREENS["desk"], motion="no-preference", theme="light"):
        page = stack.enter_context(fresh_page(chromium))
        page.emulate_media(reduced_motion=motion)
        page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
        page.add_init_script(f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}')")
        page.goto((book / "book/welcome.html").as_uri())
        return page

    with ExitStack() as stack:
        yield opened


def places(page) -> list[str]:
    return page.locator(".front-plane path").evaluate_all(
        "marks => marks.map(mark => mark.getAttribute('transform') + mark.getAttribute('d'))"
    )


def written(book) -> list[str]:
    """The places of the page as it is written, which a reader without scripts sees."""
    page = BeautifulSoup((book / "book/welcome.html").read_text(encoding="utf-8"), "html.parser")
    return [f"{mark.get('transform', 'null')}{mark['d']}" for mark in page.select(".front-plane path")]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_the_first_screen_says_what_the_book_is_and_leads_on(front, screen, theme):
    width, height = SCREENS[screen]
    page = front((width, height), theme=theme)
    for name in _FIRST_SCREEN:
        found = page.locator(name).all()
        assert found, name
        for each in found:
            box = each.bounding_box()
            assert box["x"] >= 0, name
            assert box["x"] + box["width"] <= width, name
            assert box["y"] >= 0, name
            assert box["y"] + box["height"] <= height, name
    words = page.locator(".front-words").inner_text()
    assert ["For master’s students" in words, "You will know" in words] == [True, True]


@pytest.mark.parametrize("width", [320, 390, 820, 1280, 1440, 1920])
def test_the_front_page_is_not_wider_than_the_window(front, width):
    page = front((width, 900))
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_figure_moves_once_and_ends_where_the_training_ends(front, book):
    page = front()
    moving = places(page)
    assert moving != written(book)
    page.wait_for_function(_DONE)
    assert places(page) == written(book)
    page.wait_for_timeout(500)
    assert places(page) == written(book)


def test_the_figure_plays_again_when_asked_by_keyboard(front, book):
    page = front(motion="reduce")
    button = page.get_by_role("button", name="Play again")
    button.focus()
    page.keyboard.press("Enter")
    assert places(page) != written(book)
    page.wait_for_function(_DONE)
    assert places(page) == written(book)


def test_the_figure_stands_still_for_those_who_want_less_motion(front, book):
    page = front(motion="reduce")
    for _ in range(3):
        assert places(page) == written(book)
        page.wait_for_timeout(400)


def test_without_scripts_the_figure_shows_the_end_and_no_button(chromium, book):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto((book / "book/welcome.html").as_uri())
    assert places(page) == written(book)
    assert not page.locator(".front-player button").is_visible()
    context.close()


def test_the_doors_lead_to_the_first_chapter_its_hosts_and_the_course(front, book):
    page = front()
    doors = {link.inner_text().split()[0]: link.get_attribute("href") for link in page.locator(".front-doors a").all()}
    assert list(doors) == ["Read", "PDF", "Run", "Kaggle", "Binder", "Teach"]
    assert all((book / "book" / doors[name]).exists() for name in ("Read", "Teach"))
    chapter = BeautifulSoup((book / "book" / doors["Read"]).read_text(encoding="utf-8"), "html.parser")
    launched = {link["href"] for link in chapter.select(".dropdown-launch-buttons a")}
    assert {doors[name] for name in ("Run", "Kaggle", "Binder")} == launched


def test_a_card_leads_to_its_part_wherever_it_is_clicked(front):
    page = front(motion="reduce")
    for part in ("1-collapse", "2-generalization", "3-representation", "4-grokking", "5-using"):
        card = page.locator(".front-card", has=page.locator(f"a[href='{part}/part.html']"))
        card.locator("svg").click(force=True)
        page.wait_for_url(f"**/{part}/part.html")
        page.go_back()


def test_the_mark_of_the_book_is_small_and_has_its_name(front):
    page = front()
    brand = page.locator(".bd-sidebar-primary .navbar-brand")
    assert brand.inner_text().strip() == "Neural Collapse"
    assert brand.bounding_box()["height"] < 80
