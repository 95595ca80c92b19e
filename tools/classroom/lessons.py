"""Lesson plans: book/teaching/lessons/NAME.md, one a chapter."""

import re
from pathlib import Path

from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

FORMULA = "\\("  # begins one, in the HTML
LAB, TABLE, OUTCOME = "Lab", "Write down", "What comes out"


def sections(text: str, level: int) -> dict[str, str]:
    """What stands before the first heading of this level, under "", and then the text under each."""
    first, *rest = re.split(rf"^{'#' * level} (.+)$", text, flags=re.MULTILINE)
    return {"": first.strip()} | {head: body.strip() for head, body in zip(rest[::2], rest[1::2], strict=True)}


def html(text: str) -> str:
    """A text of a lesson as HTML, its formulas as MathJax takes them."""
    markdown = MarkdownIt("commonmark").enable("table")
    dollarmath_plugin(markdown, renderer=lambda formula, options: f"{FORMULA}{formula}\\)")
    return markdown.render(text)


def rendered(text: str) -> BeautifulSoup:
    """The elements of such a text."""
    return BeautifulSoup(html(text), "html.parser")


def lab(text: str) -> dict[str, str]:
    """The sections of a lesson's lab, with its tasks under ""; ValueError, naming the section, where one is missing."""
    below = sections(sections(text, 2).get(LAB, ""), 3)
    for name in ("", TABLE, OUTCOME):
        if not below.get(name):
            raise ValueError(f'has no section "{f"### {name}" if name else f"## {LAB}"}" with a text')
    return below


def read(folder: Path, chapter: str) -> str | None:
    """The lesson of a chapter such as 4-grokking/onset; None where there is none."""
    file = folder / f"{Path(chapter).name}.md"
    return file.read_text(encoding="utf-8") if file.is_file() else None
