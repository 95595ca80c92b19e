"""The links of the chapters' prose that set an explorable: `<a href="#nc-NAME:control=value&control=value">`."""

import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl

import notebooks

BOOK = Path(__file__).parents[1] / "book"
CHAPTERS = sorted(BOOK.glob("*/*.ipynb"))
_LINK = re.compile(r'<a href="(#nc-([a-z_]+):([^"]*))">')


@dataclass(frozen=True)
class Link:
    """`settings` are pairs of a control's name and its value, in their order; `shown` are the explorables around it."""

    chapter: str
    href: str
    name: str
    settings: tuple[tuple[str, str], ...]
    shown: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.chapter}{self.href}"


def links_in(path: Path) -> list[Link]:
    """The links of one notebook."""
    cells = notebooks.read(path).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    shown = tuple(re.findall(r"\bexplorables\.(\w+)\(", code))
    chapter = str(path.relative_to(BOOK).with_suffix(""))
    return [
        Link(chapter, href, name, tuple(parse_qsl(unescape(query), keep_blank_values=True)), shown)
        for href, name, query in _LINK.findall(text)
    ]


LINKS = [link for path in CHAPTERS for link in links_in(path)]
