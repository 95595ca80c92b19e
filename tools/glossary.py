"""Link the first use of each term of the glossary: `python tools/glossary.py [CHAPTER]`, such as 1-collapse/simplex.

A link is written as `[class means](#gloss-class-mean)`: on the page it leads to the glossary, and where notebooks are
run it stands as plain words. Headings, titles in bold letters, slanted words, code, formulas, other links, folds and
exercises are left alone. A term that the chapter links already is not linked again, so running this twice changes
nothing. Look at what it did: a word of everyday language may not be the term.
"""

import re
import sys
from functools import cache

import nbformat
import notebooks

GLOSSARY = notebooks.BOOK / "glossary.md"
_TERM = re.compile(r"^\((gloss-[a-z0-9-]+)\)=\n## (.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\(#(gloss-[a-z0-9-]+)\)")
# What is not plain prose, or no place for a link.
_ELSEWHERE = re.compile(
    r"```.*?```|<details>.*?</details>|<a\b.*?</a>|<[^>]*>|\$\$.*?\$\$|\$[^$]*\$|\{cite[^}]*\}`[^`]*`|`[^`]*`"
    r"|\[[^\]]*\]\([^)]*\)|\*\*.*?\*\*|\*[^*\n]*\*|^#.*?$",
    re.DOTALL | re.MULTILINE,
)
# Other words for a term than its heading, which may also stand in the plural.
_ALSO = {
    "gloss-covariance-within-and-between-classes": ["within-class covariance", "between-class covariance"],
    "gloss-extractor-and-tunnel": ["extractor", "tunnel"],
    "gloss-features": ["feature"],
    "gloss-nearest-mean-rule": ["nearest class mean", "nearest-center rule"],
    "gloss-simplex-etf": ["simplex equiangular tight frame"],
    "gloss-unconstrained-features": ["unconstrained-features model", "model of unconstrained features"],
}


def terms() -> dict[str, str]:
    """The label of each term of the glossary, and its heading."""
    return dict(_TERM.findall(GLOSSARY.read_text(encoding="utf-8")))


def linked(notebook: notebooks.Node) -> list[str]:
    """The labels of the glossary to which the prose links, as often as it does."""
    return [label for cell in notebook.cells if cell.cell_type == "markdown" for label in _LINK.findall(cell.source)]


def link(notebook: notebooks.Node) -> None:
    """Links the first plain use of each term that has no link yet, in the cells before the exercises."""
    seen = set(linked(notebook))
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            if re.search(r"^## Exercises", cell.source, re.MULTILINE):
                return
            cell["source"] = _with_links(cell.source, seen)


def _with_links(text: str, seen: set[str]) -> str:
    """`seen` are the labels that have a link; new ones are added to it."""
    words, pattern = _words()
    plain = _ELSEWHERE.sub(lambda match: _hidden(match.group(), pattern), text)
    pieces, place = [], 0
    for match in pattern.finditer(plain):
        label = words[match.lastindex - 1]
        if label not in seen:
            seen.add(label)
            pieces += [text[place : match.start()], f"[{match.group()}](#{label})"]
            place = match.end()
    return "".join([*pieces, text[place:]])


def _hidden(piece: str, pattern: re.Pattern[str]) -> str:
    """`piece` as zeros, unless it is a term in bold letters, which a chapter writes where it explains one."""
    return piece if piece[:2] == "**" and pattern.fullmatch(piece[2:-2]) else "\0" * len(piece)


@cache
def _words() -> tuple[list[str], re.Pattern[str]]:
    """The label of each group of the pattern: the longest words first, as a max-margin classifier is not a margin."""
    words = [(word, label) for label, heading in terms().items() for word in [heading, *_ALSO.get(label, [])]]
    words.sort(key=lambda pair: len(pair[0]), reverse=True)
    groups = "|".join(rf"({re.escape(word)}(?:e?s)?)" for word, _ in words)
    return [label for _, label in words], re.compile(rf"(?<![\w-])(?:{groups})(?![\w-])", re.IGNORECASE)


def main(only: str = "") -> None:
    for path in notebooks.chapters(only):
        notebook = nbformat.read(path, as_version=4)
        link(notebook)
        nbformat.write(notebook, path)


if __name__ == "__main__":
    main(*sys.argv[1:2])
