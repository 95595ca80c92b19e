"""The book by keyboard: what the Tab key stops at, in which order, and whether one sees where it is."""

import pytest
from book_pages import CHAPTER, STILL
from pages import fresh_page

ENOUGH_STOPS = 300  # the ledger has many hundred links, all alike
WIDTHS = [390, 1280]
THINNEST, FAINTEST = 2, 3  # of a ring: pixels, and contrast with what lies around it
_LOADED = "() => !window.MathJax?.startup?.promise || MathJax.startup.promise.then(() => true)"
_RING = """() => {
  if (document.activeElement === document.body) return null;
  // the button that folds a part of the list of chapters has no extent but that of its arrow
  const element = document.activeElement.querySelector(":scope > .toctree-toggle") ?? document.activeElement;
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const linear = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const { outlineStyle, outlineWidth, outlineColor, outlineOffset } = getComputedStyle(element);
  const behind = (each) => numbers(getComputedStyle(each).backgroundColor);
  let around = parseFloat(outlineOffset) < 0 ? element : element.parentElement;
  while (around.parentElement && behind(around)[3] === 0) around = around.parentElement;
  const [dark, light] = [numbers(outlineColor), behind(around)].map(luminance).sort((one, other) => one - other);
  const box = element.getBoundingClientRect();
  return {
    name: element.outerHTML.slice(0, 120),
    width: outlineStyle === "none" ? 0 : parseFloat(outlineWidth),
    contrast: (light + 0.05) / (dark + 0.05),
    seen: box.width > 0 && box.height > 0 && element.checkVisibility({ visibilityProperty: true }),
    clear: getComputedStyle(element).opacity === "1",
  };
}"""


@pytest.fixture(scope="module")
def reader(chromium):
    with fresh_page(chromium) as page:
        yield page


@pytest.fixture
def visit(reader, book):
    """Opens a page of the book in a width; nothing has the focus yet."""

    def open_page(name: str, width: int = 1280):
        reader.set_viewport_size({"width": width, "height": 900})
        reader.goto((book / f"{name}.html").as_uri())
        reader.add_style_tag(content="* { transition: none !important; animation: none !important; }")
        reader.wait_for_function(_LOADED)
        return reader

    return open_page


def rings(page) -> list[dict]:
    """How each stop of the Tab key shows that it has the focus, in their order, up to the end or `ENOUGH_STOPS`."""
    page.evaluate("window.stops = []")
    found: list[dict] = []
    while len(found) < ENOUGH_STOPS:
        page.keyboard.press("Tab")
        ring = page.evaluate(_RING)
        if ring is None:
            break
        page.evaluate("stops.push(document.activeElement)")
        found.append(ring)
    return found


def rings_again(page, theme: str) -> list[dict]:
    """The same stops in a theme. What has the focus after a key was pressed shows it, whoever gives it the focus."""
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    return page.evaluate(f"() => stops.map((each) => {{ each.focus(); return ({_RING})(); }})")


def faults(rings: list[dict]) -> list[dict]:
    seen = [each["seen"] and each["clear"] for each in rings]
    strong = [each["width"] >= THINNEST and each["contrast"] >= FAINTEST for each in rings]
    return [each for each, *fine in zip(rings, seen, strong, strict=True) if not all(fine)]


def test_the_menu_of_a_formula_opens_by_mouse(visit):
    page = visit(CHAPTER)
    page.locator("div.math mjx-container").first.click(button="right")
    page.locator(".CtxtMenu_Menu").first.wait_for(state="visible")
    assert page.locator("mjx-container").evaluate_all("all => all.every((formula) => formula.tabIndex < 0)")


@pytest.mark.parametrize("name", STILL)
def test_where_no_figure_moves_no_link_leads_to_one(visit, name):
    page = visit(name)
    assert page.locator(".nc-explorable").count() == 0
    assert page.get_by_text("Skip to the first interactive figure").count() == 0


def test_a_link_at_the_top_leads_to_the_list_of_chapters(visit):
    page = visit("book/ledger")
    for key in ("Tab", "Tab", "Enter", "Tab"):
        page.keyboard.press(key)
    assert page.locator("#pst-primary-sidebar").evaluate("list => list.contains(document.activeElement)")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["book/welcome", CHAPTER, "book/4-grokking/grokking", "book/ledger", "search"])
def test_every_stop_shows_that_it_has_the_focus(visit, name, width):
    page = visit(name, width)
    light = rings(page)
    assert len(light) > 5
    assert faults(light) == []
    dark = rings_again(page, "dark")
    assert [each["name"] for each in dark] == [each["name"] for each in light]
    assert faults(dark) == []


def test_a_stop_without_a_ring_is_found_in_each_theme(visit):
    """The control of the test above."""
    page = visit("search")
    page.add_style_tag(content="html[data-theme=dark] input:focus-visible { outline: none !important; }")
    assert faults(rings(page)) == []
    (fault,) = faults(rings_again(page, "dark"))
    assert fault["name"].startswith("<input")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_table_is_a_stop_where_it_scrolls(visit, width):
    page = visit(CHAPTER, width)
    page.evaluate("for (const fold of document.querySelectorAll('article details')) fold.open = true")
    tables = page.locator(".nc-table")
    assert tables.count() > 0
    scrolls = "each => each.scrollWidth > each.clientWidth === (each.tabIndex === 0)"
    page.wait_for_function(f"[...document.querySelectorAll('.nc-table')].every({scrolls})")


def test_a_table_fades_where_more_of_it_is_to_be_seen(visit):
    page = visit(CHAPTER, 390)
    table = page.locator(".nc-table.nc-more-to-the-right:visible").first
    table = table.element_handle()  # the same one when it no longer fades
    caption = table.query_selector("caption")
    before = caption.bounding_box()
    assert before["width"] < table.evaluate("each => each.clientWidth")
    table.evaluate("each => each.scrollTo(each.scrollWidth, 0)")
    page.wait_for_function("each => !each.classList.contains('nc-more-to-the-right')", arg=table)
    assert caption.bounding_box() == before  # it stays in sight
