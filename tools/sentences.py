"""Markdown with one sentence a line, so that a diff shows what changed. What it renders to stays the same.

Code, formulas on lines of their own, tables, headings and directives are left as they are.
"""

import re

from markdown_it import MarkdownIt

_FENCE = re.compile(r"^\s*(```|~~~|\$\$|:::)")
_KEPT = re.compile(r"^\s*(\||#|:|<|\(.*\)=$|\$\$)")
_ITEM = re.compile(r"^(\s*)([-*+]|\d+[.)])(\s+)")
_QUOTE = re.compile(r"^\s*(?:>\s?)+")
# what is no end of a sentence: inside code, formulas, links and roles, and after these abbreviations
_WHOLE = re.compile(r"`[^`]*`|\$[^$]*\$|\[[^\]]*\]\([^)]*\)|\{[^}]*\}`[^`]*`")
_SHORT = re.compile(r"(\b(e\.g|i\.e|et al|cf|vs|Fig|Figs|Eq|Eqs|Sec|No|pp?|ca|resp|approx|St|Dr)|\b[A-Z])\.$")
_END = re.compile(r"(?<=[.!?])[)\"”*_]*\s+(?=[\"“(*_\[`$]*[A-Z0-9\\$`(\[{*])")


def one_a_line(text: str) -> str:
    """The same Markdown, each sentence of a paragraph on a line of its own."""
    lines, inside = [], False
    for line in text.split("\n"):
        fence = _FENCE.match(line)
        if (
            fence
            and fence[1] != ":::"
            and not (fence[1] == "$$" and line.strip().endswith("$$") and line.strip() != "$$")
        ):
            inside = not inside
            lines.append(line)
        elif inside or _KEPT.match(line):
            lines.append(line)
        else:
            lines += _split(line)
    result = "\n".join(lines)
    return result if _rendered(result) == _rendered(text) else text


def _split(line: str) -> list[str]:
    quote = _QUOTE.match(line)
    if quote:
        return [quote[0] + piece for piece in _split(line[quote.end() :])]
    item = _ITEM.match(line)
    indent = " " * len(item[0]) if item else re.match(r"\s*", line)[0]  # type: ignore[index]
    hidden = _WHOLE.sub(lambda found: "X" * len(found[0]), line)
    pieces, start = [], len(item[0]) if item else len(indent)
    first = line[:start]
    begin = start
    for end in _END.finditer(hidden, start):
        space = re.search(r"\s+$", hidden[: end.end()])
        stop = space.start() if space else end.end()
        if not _SHORT.search(hidden[begin:stop].rstrip(')"”*_')):
            pieces.append(line[begin:stop])
            begin = end.end()
    pieces.append(line[begin:])
    return [first + pieces[0], *(indent + piece for piece in pieces[1:])]


def _rendered(text: str) -> str:
    return re.sub(r"\s+", " ", MarkdownIt().enable("table").render(text))
