"""A headless Chromium with the outside world cut off, and the built book."""

from pathlib import Path

import chromium as program
import pytest
from pages import PATIENCE, cannot_run, fresh_page

ROOT = Path(__file__).resolve().parents[2]
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>explorable</title>
<meta name="viewport" content="width=device-width">{head}</head>
<body>{body}</body></html>"""


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser's program; where there is none the tests skip and say so, and in CI they fail."""
    path = program.path()
    if path is None:
        cannot_run(
            "NO CHROMIUM FOUND: the browser tests did not run. Install it (Debian: apt-get install "
            "chromium-headless-shell)."
        )
    return path


@pytest.fixture(scope="session")
def chromium(chromium_path):
    """A running browser."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path, args=program.OPTIONS, timeout=PATIENCE)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    """A `fresh_page` for one test."""
    with fresh_page(chromium) as page:
        yield page


@pytest.fixture
def show(page, tmp_path: Path):
    """Writes a body into a file and opens it; at the end the page must have had no problem."""

    def open_body(body: str, head: str = ""):
        path = tmp_path / "page.html"
        path.write_text(_PAGE.format(body=body, head=head), encoding="utf-8")
        page.goto(path.as_uri())
        return page

    yield open_body
    assert page.problems == []


@pytest.fixture(scope="session")
def book() -> Path:
    """The built HTML book."""
    html = ROOT / "_build" / "html"
    if not (html / "index.html").exists():
        pytest.fail("the book is not built; run `make book` first")
    return html
