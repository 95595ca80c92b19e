"""A headless Chromium with the outside world cut off, and the built book."""

import os
import shutil
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>explorable</title>
<meta name="viewport" content="width=device-width">{head}</head>
<body>{body}</body></html>"""
PATIENCE = 300_000  # milliseconds that Playwright waits, for a machine under test is not quiet
_NAMES = ("chromium", "chromium-browser", "google-chrome")


def _chromium() -> str | None:
    return os.environ.get("NCBOOK_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)


@pytest.fixture(scope="session")
def chromium():
    """A running browser; where there is none the tests skip and say so, and in CI they fail."""
    path = _chromium()
    if path is None:
        message = "NO CHROMIUM FOUND: the browser tests did not run. Install it (Debian: apt-get install chromium)."
        if os.environ.get("CI"):
            pytest.fail(message)
        warnings.warn(message, stacklevel=1)
        pytest.skip(message)
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=path, timeout=PATIENCE,
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
        )  # fmt: skip
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    """A fresh page that can reach this machine and files, and nothing else.

    `page.problems` collects console errors, uncaught exceptions and requests to the outside.
    """
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.problems = []
    page.on("console", lambda message: message.type == "error" and page.problems.append(message.text))
    page.on("pageerror", lambda error: page.problems.append(str(error)))

    def guard(route):
        url = route.request.url
        if url.startswith(("file:", "data:", "blob:", "http://localhost", "http://127.0.0.1")):
            return route.continue_()
        page.problems.append(f"asked for {url}")
        return route.abort()

    context.route("**/*", guard)
    yield page
    context.close()


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
