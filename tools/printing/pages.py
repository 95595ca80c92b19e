"""The pages of the built book, in the order of the contents, and what of each is printed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from bs4 import BeautifulSoup, Tag


@dataclass(frozen=True)
class Entry:
    """A page in the contents: its name, such as "book/ledger", its level from 1, the caption of its part or nothing."""

    name: str
    level: int
    caption: str = ""


def contents(toc: Path) -> list[Entry]:
    """The entries of a _toc.yml, first page first."""
    told = yaml.safe_load(toc.read_text(encoding="utf-8"))
    found = [Entry(told["root"], 1)]
    for part in told["parts"]:
        found += _below(part["chapters"], 1, part.get("caption", ""))
    return found


def _below(items: list[dict[str, Any]], level: int, caption: str) -> Iterator[Entry]:
    for item in items:
        yield Entry(item["file"], level, caption)
        yield from _below(item.get("sections", []), level + 1, caption)


def key(page: str, anchor: str = "") -> str:
    """The id in the printed book of a page, or of a place on it."""
    name = page.replace("/", "-")
    return f"{name}--{anchor}" if anchor else name


class Page:
    """A built page.

    `article` is what is printed of it, and may be changed; `title` is its heading with the number, "4.1. Grokking".
    """

    def __init__(self, site: Path, entry: Entry):
        self.site, self.entry, self.name = site, entry, entry.name
        self.file = site / f"{entry.name}.html"
        self.soup = BeautifulSoup(self.file.read_text(encoding="utf-8"), "html.parser")
        self.article: Tag = self.soup.find("article", class_="bd-article")
        for each in self.article.select("a.headerlink"):
            each.decompose()
        self.title = " ".join(self.article.h1.get_text().split())

    @property
    def styles(self) -> list[str]:
        """The files of its style sheets."""
        return [self.absolute(link["href"]) for link in self.soup.head.select("link[rel=stylesheet]")]

    @property
    def formula_scripts(self) -> list[Tag]:
        """The scripts that set its formulas, and the settings of these."""
        found = [script for script in self.soup.head.find_all("script") if "mathjax" in f"{script}".lower()]
        for script in found:
            if script.get("src"):
                script["src"] = self.absolute(script["src"])
        return found

    def absolute(self, address: str) -> str:
        """The address of a file that the page names, from anywhere on this machine."""
        if re.match(r"[a-z]+:", address):
            return address
        return (self.file.parent / address.partition("?")[0]).resolve().as_uri()
