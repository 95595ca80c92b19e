"""Prose of the book as a notebook shows it outside the book: links that lead somewhere, and citations in words."""

import re
from pathlib import Path
from posixpath import join, normpath, relpath

from pybtex.database import Entry, parse_file

_LINK = re.compile(r"\]\((?P<path>(?!\w+:)[\w./-]+\.(?:md|ipynb)|(?=#gloss-))(?P<place>#[\w-]+)?\)")
_CITED = re.compile(r"\{cite:(?P<kind>[tp])\}`(?P<keys>[^`]+)`")


def with_links(text: str, at: str, folder: str, site: str) -> str:
    """Links lead from a notebook in `folder` to the others, and to pages of the public `site`, which ends with a slash.

    `at` is the folder of the book in which the text stands, such as 4-grokking.
    """

    def led(match: re.Match[str]) -> str:
        path = normpath(join(at, match["path"])) if match["path"] else "glossary.md"
        page = f"{site}book/{path.removesuffix('.md')}.html"
        target = relpath(path, folder) if path.endswith(".ipynb") else page
        return f"]({target}{match['place'] or ''})"

    return _LINK.sub(led, text)


class Citations:
    """The sources of a file for BibTeX."""

    def __init__(self, file: Path) -> None:
        self._entries = parse_file(str(file)).entries

    def in_words(self, text: str) -> str:
        """The text with authors and years in place of keys."""
        return _CITED.sub(self._cited, text)

    def _cited(self, match: re.Match[str]) -> str:
        sources = [self._entries[key.strip()] for key in match["keys"].split(",")]
        named = [(_authors(source), source.fields["year"]) for source in sources]
        if match["kind"] == "t":
            return " and ".join(f"{authors} ({year})" for authors, year in named)
        return f"({'; '.join(f'{authors}, {year}' for authors, year in named)})"


def _authors(source: Entry) -> str:
    names = [" ".join(map(str, [*each.rich_prelast_names, *each.rich_last_names])) for each in source.persons["author"]]
    return f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
