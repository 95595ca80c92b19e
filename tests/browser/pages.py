"""A page of the headless browser, and the text of one that was built."""

import os
import warnings
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest
from lxml import html

PATIENCE = 300_000  # milliseconds that Playwright waits, for a machine under test is not quiet
OWN = ("data:", "blob:", "about:")  # what a page holds itself
_WITHIN = ("file:", *OWN, "http://localhost", "http://127.0.0.1")


def cannot_run(message: str) -> NoReturn:
    """Skips what needs a program that is missing, and says so; in CI it fails."""
    if os.environ.get("CI"):
        pytest.fail(message)
    warnings.warn(message, stacklevel=2)
    pytest.skip(message)


@contextmanager
def fresh_page(chromium, width=1280, height=900, theme="light"):
    """A page of a browser started with `chromium.OPTIONS`: it can reach this machine and files, and nothing else.

    `page.asked` collects the addresses of requests, `page.said` all that comes to the console and uncaught exceptions,
    `page.problems` of these the errors, and requests to the outside.
    """
    context = chromium.new_context(color_scheme=theme, viewport={"width": width, "height": height})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.asked, page.said, page.problems = [], [], []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("console", lambda message: message.type == "error" and page.problems.append(message.text))
    for told in (page.said, page.problems):
        page.on("pageerror", lambda error, told=told: told.append(str(error)))

    def notice(request):
        page.asked.append(request.url)
        if not request.url.startswith(_WITHIN):
            page.problems.append(f"asked for {request.url}")

    context.on("request", notice)
    yield page
    context.close()


@cache
def parsed(file: Path) -> html.HtmlElement:
    """The elements of a built page."""
    return html.document_fromstring(file.read_text(encoding="utf-8"))


@cache
def ids(file: Path) -> set[str]:
    """The places of a built page that a link can lead to."""
    return set(parsed(file).xpath("//@id"))
