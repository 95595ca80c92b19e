"""Print the page of notation from its source, `book/notation.yml`, and find the letters there that mean two things."""

from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from ncbook import results

SOURCE = Path(__file__).resolve().parents[1] / "book" / "notation.yml"
CHAPTERS = {chapter.split("/")[1]: chapter for chapter in results.CHAPTERS.values()}

_BOOK = """\
# Notation

Tensors in code carry their axes in this order; the same letters stand in shapes, as in `[N, d]`.
"""
_INDICES = "{} are indices: of classes, points, coordinates or layers."
_AFTER = """\
The survey {cite:p}`agarwal2022what` writes $N$ for our $n$, and $\\bar H$ for our $M^\\top$.

Standard deviations and variances divide by the number of terms, not by one less.

Words are explained in the [glossary](glossary.md).

## Letters of single chapters
"""


def read() -> dict[str, Any]:
    """The source: `indices`, `constants`, the rows of the whole `book` and those of `single` chapters."""
    return yaml.safe_load(SOURCE.read_text(encoding="utf-8"))


def of_the_book(source: dict[str, Any]) -> list[str]:
    """Every letter that means the same in all chapters, as often as it is given a meaning."""
    return [*source["indices"], *source["constants"], *(each for row in source["book"] for each in row["letters"])]


def of_chapter(source: dict[str, Any], chapter: str) -> list[str]:
    """The letters that are a chapter's own, as often as they are given a meaning."""
    return [each for row in source["single"] if chapter in row["chapters"] for each in row["letters"]]


def twice(letters: list[str]) -> set[str]:
    return {letter for letter, count in Counter(letters).items() if count > 1}


def clashes(source: dict[str, Any]) -> set[tuple[str, str]]:
    """Chapter and letter, where a letter of the whole book means something else."""
    book = set(of_the_book(source))
    return {
        (chapter, letter) for row in source["single"] for chapter in row["chapters"] for letter in row["letters"]
        if letter in book
    }  # fmt: skip


def page(source: dict[str, Any]) -> str:
    """The page, in Markdown."""
    parts = [_BOOK, _table(source["book"]), _INDICES.format(_shown(source["indices"])) + "\n", _AFTER]
    for chapter, path in CHAPTERS.items():
        rows = [row for row in source["single"] if chapter in row["chapters"]]
        parts += [f"[](/book/{path}.ipynb)\n", _table(rows)] if rows else []
    return "\n".join(parts)


def _table(rows: list[dict[str, Any]]) -> str:
    lines = ["| symbol | in code | meaning |", "| --- | --- | --- |"]
    for row in rows:
        lines.append(f"| {row.get('symbol') or _shown(row['letters'])} | {row.get('code', '')} | {row['meaning']} |")
    return "\n".join(lines) + "\n"


def _shown(letters: list[str]) -> str:
    return ", ".join(f"${letter}$" for letter in letters)


if __name__ == "__main__":
    print(page(read()), end="")
