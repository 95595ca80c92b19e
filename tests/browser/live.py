"""What the tests of the networks that train in the page share."""

import base64
import time
from pathlib import Path

from ncbook import explorables
from ncbook.explorables import _page

_FOLDER = Path(explorables.__file__).parent
COMPILED = base64.b64encode((_FOLDER / "live_product.wasm").read_bytes()).decode()
# scripts written into the page run, and nothing else: no worker, no eval
STRICT = """<meta http-equiv="Content-Security-Policy"
content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">"""
# the same, and a worker; what is compiled to WebAssembly may not run
NO_WASM = """<meta http-equiv="Content-Security-Policy"
content="default-src 'none'; script-src 'unsafe-inline' blob:; worker-src blob:; style-src 'unsafe-inline'">"""
GENEROUS = 300  # seconds; a machine under test is not quiet


def open_engine(page, name: str):
    """A page that holds nothing but an engine's functions."""
    page.goto("about:blank")
    page.add_script_tag(content=_page.with_references(name))
    return page


def wait_until(page, condition, seconds: float = GENEROUS) -> None:
    """Asks from outside: a page that forbids eval also forbids Playwright's own waiting."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, page.locator(".nc-words").all_text_contents()
        page.wait_for_timeout(50)


def wait_for_words(page, words: str, seconds: float = GENEROUS) -> str:
    wait_until(page, lambda: words in page.text_content(".nc-words"), seconds)
    return page.text_content(".nc-words")


def pixels(page, canvas: str) -> str:
    return page.evaluate("name => document.querySelector(name).toDataURL()", canvas)


def listen(page, words: str) -> None:
    """From now on, `spoken` notes what the element `words` says whenever that changes."""
    page.evaluate(
        "words => { window.spoken = []; const place = document.querySelector(words);"
        " new MutationObserver(() => spoken.push(place.textContent)).observe(place, { childList: true }); }",
        words,
    )


def spoke_at_milestones_only(page) -> bool:
    """Whether few things were said, and none of them twice."""
    spoken = page.evaluate("spoken")
    return len(spoken) == len(set(spoken)) <= 4
