"""Chromium takes stills of explorables, and prints."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import chromium
import pikepdf
from playwright.sync_api import Browser, Page, sync_playwright

from printing.pages import Entry

_PATIENCE = 600_000  # milliseconds; a machine that builds the book is busy
_WIDTH = 673  # pixels of CSS: that of the text on A4 with the margins of print.css
_FINENESS = 3  # pixels of a drawing for each of CSS: 288 to the inch
_SCRIPT = Path(__file__).with_name("print.js").read_text(encoding="utf-8")


@contextmanager
def started() -> Iterator[Browser]:
    """A browser that reaches nothing outside this machine."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium.path(), args=chromium.OPTIONS, timeout=_PATIENCE)
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, file: Path, media: str) -> Iterator[Page]:
    """A page as wide as the text on paper, in light colors, with its formulas set."""
    context = browser.new_context(
        viewport={"width": _WIDTH, "height": 1000}, device_scale_factor=_FINENESS, color_scheme="light"
    )
    context.set_default_timeout(_PATIENCE)
    page = context.new_page()
    page.emulate_media(media=media)
    page.goto(file.as_uri())
    page.add_script_tag(content=_SCRIPT)
    page.evaluate("ready()")
    yield page
    context.close()


def stills(browser: Browser, site: Path, contents: list[Entry]) -> dict[str, list[str]]:
    """The HTML of the explorables of each page that has some, at rest: drawn, and with nothing to press."""
    found = {}
    for entry in contents:
        file = site / f"{entry.name}.html"
        if "nc-explorable" in file.read_text(encoding="utf-8"):
            with opened(browser, file, "screen") as page:
                found[entry.name] = page.evaluate("stills()")
    return found


def print_numbered(browser: Browser, document: Path, file: Path) -> None:
    """Prints a document twice: the second time with the numbers of the pages on which the first had its places."""
    with opened(browser, document, "print") as page:
        page.evaluate("nameFormulas()")
        page.evaluate("fit()")
        to_pdf(page, file)
        page.evaluate("number", pages_of_places(file))
        to_pdf(page, file)
        _finish(file, page.evaluate("headings()"))


def to_pdf(page: Page, file: Path) -> None:
    """Prints a page as its style sheet says, with an outline and tags."""
    page.pdf(path=file, prefer_css_page_size=True, print_background=True, outline=True, tagged=True)


def _finish(file: Path, headings: list[str]) -> None:
    """Writes the headings into the outline, and packs what Chromium leaves unpacked, which is half of the file.

    Chromium repeats the words of a heading that it has moved to the next page.
    """
    with pikepdf.open(file, allow_overwriting_input=True) as pdf:
        with pdf.open_outline() as outline:
            for item, heading in zip(_items(outline.root), headings, strict=True):
                item.title = heading
        pdf.save(file, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def _items(items: list[pikepdf.OutlineItem]) -> Iterator[pikepdf.OutlineItem]:
    for item in items:
        yield item
        yield from _items(item.children)


def pages_of_places(file: Path) -> dict[str, int]:
    """The page, counted from 1, of each place to which a link of the PDF leads."""
    with pikepdf.open(file) as pdf:
        numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages, 1)}
        return {name.removeprefix("/"): numbers[place[0].objgen] for name, place in pdf.Root.Dests.items()}
