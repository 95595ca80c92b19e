"""Sphinx extension: docstrings of the house, which are plain text for `help()`, as reStructuredText for autodoc.

A name in backticks becomes a link where the reference has that name; an indented line below one that is not is an
equation and stays as it is written; a table in Markdown becomes a table; and what reStructuredText would take for
markup of its own, as in ||mu_c||, is text. Attributes and examples are left to napoleon and docutils.
"""

import re
import sys
from collections.abc import Iterator
from itertools import groupby
from types import ModuleType
from typing import Any

from sphinx.application import Sphinx

BEFORE_NAPOLEON = 400
_MARKUP = re.compile(r"([\\*|]|_(?!\w))")

_UNREADABLE = re.compile(r"(?<== )<(?:function (?P<name>\w+)>|factory>|function [^>]*<lambda>>)")
_ARGUMENTS = re.compile(r'<dl>\s*(?:<dd><em class="sig-param">.*?</dd>\s*)+</dl>', re.DOTALL)


def public(module: ModuleType) -> list[str]:
    """The names that a module exports: its `__all__`, else the functions and classes that it defines."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    own = (name for name, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__)
    return [name for name in own if not name.startswith("_") and callable(getattr(module, name))]


def rewrite(app: Sphinx, what: str, name: str, value: object, options: Any, lines: list[str]) -> None:
    """The handler of autodoc-process-docstring; changes `lines` in place."""
    package = ".".join(name.split(".")[:2])
    lines[:] = [line for block in _blocks(lines) for line in written(block, package)]
    if what in ("attribute", "data", "property"):
        lines.insert(0, "..")  # a comment, since napoleon takes for a type what stands before a colon of the first line


def readable_defaults(
    app: Sphinx, what: str, name: str, value: object, options: Any, arguments: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    """The handler of autodoc-process-signature: defaults that no source has, such as <factory>, become one.

    Sphinx reads arguments as Python. Where it cannot, it prints them as they are, in one line and with its own marks.
    """
    return arguments and _UNREADABLE.sub(lambda match: match["name"] or "...", arguments), returns


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """The paragraphs of a docstring."""
    for empty, block in groupby(lines, lambda line: not line.strip()):
        if not empty:
            yield list(block)


def written(block: list[str], package: str) -> list[str]:
    """A paragraph in reStructuredText, with the empty line that ends it."""
    if block[0].lstrip().startswith(">>>"):
        return [*block, ""]
    if block[0].startswith("| "):
        return [*_table(block, package), ""]
    if block[0] == "Attributes:":
        return [*(text(line, package) for line in block), ""]
    return [*_prose(block, package), ""]


def _prose(block: list[str], package: str) -> list[str]:
    """Lines of text, items of a list, whose further lines are indented, and equations, which are indented too."""
    found: list[str] = []
    before = ""
    for line in block:
        kind = "item" if line.startswith("- ") else "text" if not line.startswith(" ") else "indented"
        if kind == "indented" and before == "item":
            kind = "item"
        elif kind != before or kind == "item":
            found += ["", "::", ""] if kind == "indented" else [""]
        found.append(line if kind == "indented" else text(line, package))
        before = kind
    return found


def _table(rows: list[str], package: str) -> list[str]:
    """A table of Markdown as a list-table; its second row is the line below the heads."""
    found = [".. list-table::", "   :header-rows: 1", ""]
    for row in (rows[0], *rows[2:]):
        first, *others = (text(cell.strip(), package) for cell in row.strip().strip("|").split("|"))
        found += [f"   * - {first}", *(f"     - {cell}" for cell in others)]
    return found


def text(line: str, package: str) -> str:
    """A line whose names in backticks are links or code, and whose other marks are text."""
    parts = line.split("`")
    if len(parts) % 2 == 0:  # a lone backtick
        return _MARKUP.sub(r"\\\1", line).replace("`", "\\`")
    for place, part in enumerate(parts):
        if place % 2:
            parts[place] = _code(part, package) + ("\\ " if parts[place + 1][:1].isalnum() else "")
        else:
            parts[place] = _MARKUP.sub(r"\\\1", part)
    return "".join(parts)


def _code(name: str, package: str) -> str:
    for base in (package, "ncbook"):
        whole = f"{base}.{name}"
        module = sys.modules.get(whole.rpartition(".")[0])
        if module is not None and whole.rpartition(".")[2] in public(module):
            return f":py:obj:`{name} <{whole}>`"
    return f"``{name}``"


def plain_arguments(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """The arguments of a long signature are lines of it: Sphinx makes them a list of definitions without terms."""
    if "body" in context:
        context["body"] = _ARGUMENTS.sub(in_lines, context["body"])


def in_lines(arguments: re.Match[str]) -> str:
    lines = arguments[0].replace("<dd>", '<span class="sig-argument">').replace("</dd>", "</span>")
    return lines.replace("<dl>", "").replace("</dl>", "")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", rewrite, priority=BEFORE_NAPOLEON)
    app.connect("autodoc-process-signature", readable_defaults)
    app.connect("html-page-context", plain_arguments)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
