"""What axe-core finds on a page, the theme included: nothing."""

import pytest
from pages import fresh_page
from test_book import CHAPTER, CHAPTERS, PAGES

# What stands in a formula has the color of its text, and its drawing is hidden from those who listen.
_RUN = """async ([options, others]) => {
  const where = { exclude: ["mjx-math", ...others] };
  const { violations } = await axe.run(where, { resultTypes: ["violations"], ...options });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => [id, html, failureSummary]));
}"""
# These are made by one template, row by row, section by section, entry by entry: the first of each stand for all.
_MADE = {
    "book/ledger",
    "book/rules",
    "book/columns",
    "book/notation",
    *(name for name in PAGES if "/reference/" in name),
}
_ALIKE = (
    "tbody > tr:nth-child(n + 9), section > section > section:nth-of-type(n + 4), section > dl.py:nth-of-type(n + 7)"
)
_FEW = f"for (const other of document.querySelectorAll('{_ALIKE}')) other.remove()"
# An empty box of its size in place of each drawn formula: what it is made of is a third of a page, and not looked at.
_BOXES = """async () => {
  await window.MathJax?.startup?.promise;
  const drawn = [...document.querySelectorAll("mjx-math")].map((each) => [each, each.getBoundingClientRect()]);
  for (const [each, { width, height }] of drawn) {
    each.replaceChildren();
    Object.assign(each.style, { display: "inline-block", width: `${width}px`, height: `${height}px` });
  }
}"""
# The list of chapters and what stands above and below a page are the same on all: these pages stand for the others.
_WHOLE = {"book/welcome", CHAPTER, "book/ledger", "book/reference/metrics", "search", "genindex"}
_AROUND = [".bd-sidebar-primary", ".bd-header", "footer"]
_ALL_RULES = {"rules": {"target-size": {"enabled": True}}}
_OF_COLORS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
_OF_A_PHONE = {"runOnly": {"type": "rule", "values": ["target-size", "scrollable-region-focusable"]}}


@pytest.fixture(scope="module")
def reader(chromium):
    with fresh_page(chromium) as page:
        yield page


@pytest.fixture
def visit(reader, book, axe):
    """Opens a page with all folds open, so that axe sees what they hold."""

    def open_page(name: str, width: int):
        reader.set_viewport_size({"width": width, "height": 900})
        reader.goto((book / f"{name}.html").as_uri())
        reader.evaluate("document.documentElement.dataset.theme = 'light'")
        reader.add_style_tag(content="* { transition: none !important; animation: none !important; }")
        reader.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        if name in _MADE:
            reader.evaluate(_FEW)
        reader.evaluate(_BOXES)
        reader.add_script_tag(path=axe)
        return reader

    return open_page


def found(page, name: str, rules: dict) -> list:
    return page.evaluate(_RUN, [rules, [] if name in _WHOLE else _AROUND])


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_in_the_light_or_in_the_dark(visit, name):
    page = visit(name, 1280)
    assert found(page, name, _ALL_RULES) == []
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert found(page, name, _OF_COLORS) == []


@pytest.mark.parametrize("name", ["book/welcome", *CHAPTERS, "book/ledger"])
def test_fingers_and_keys_reach_everything_on_a_phone(visit, name):
    assert found(visit(name, 390), name, _OF_A_PHONE) == []


def test_a_picture_without_words_is_found(show, axe):
    page = show('<main><h1>A page</h1><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="></main>')
    page.add_script_tag(path=axe)
    assert "image-alt" in {name for name, *_ in page.evaluate(_RUN, [{}, []])}
