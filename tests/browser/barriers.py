"""What axe-core finds on a page of the built book, the theme included."""

from pathlib import Path

from book_pages import CHAPTER, PAGES

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
# Letters of code have the color of their kind: the first of each kind stand for all.
_FEW_LETTERS = """() => {
  const met = {};
  for (const each of document.querySelectorAll("div.highlight span")) {
    met[each.className] = (met[each.className] ?? 0) + 1;
    if (met[each.className] > 3) each.replaceWith(...each.childNodes);
  }
}"""
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
ALL = {"rules": {"target-size": {"enabled": True}}}
OF_COLORS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
OF_A_PHONE = {"runOnly": {"type": "rule", "values": ["target-size", "scrollable-region-focusable"]}}


def prepare(page, axe: Path) -> None:
    """Open all folds of a page, so that axe sees what they hold, and leave out what is there many times. Then the page
    is of no use for other tests."""
    page.mouse.move(0, 0)  # what lies under it may have another color
    page.add_style_tag(content="* { transition: none !important; animation: none !important; }")
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    if page.name in _MADE:
        page.evaluate(_FEW)
    page.evaluate(_FEW_LETTERS)
    page.evaluate(_BOXES)
    page.add_script_tag(path=axe)


def found(page, rules: dict) -> list:
    """On a page that was prepared."""
    return page.evaluate(_RUN, [rules, [] if page.name in _WHOLE else _AROUND])
