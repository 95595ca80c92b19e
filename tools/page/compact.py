"""Sphinx extension: a page says nothing twice that a reader sees once.

Letters of code that have the color of all code need no mark, of citations of one work on a page the first tells the
whole reference, links that lead outside are marked and others are not, lines are not indented, and the notebook that a
reader may load is written without line breaks, and without tables that stand in it as text too.
"""

import json
import re
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

_CODE = re.compile(r"<div class=\"highlight\"><pre>.*?</pre>", re.DOTALL)
# Names, punctuation, and space: the theme gives them the color of the block that they are in.
_PLAIN = re.compile(r"<span class=\"(?:n|nn|p|w)\">([^<]*)</span>")
_CITED = re.compile(
    r"(?P<tag><a class=\"reference internal\" href=\"(?P<work>[^\"]*bibliography\.html#[^\"]*)\") title=\"[^\"]*\""
)
_AS_WRITTEN = re.compile(r"(<(pre|script|style|textarea)\b.*?</\2>)", re.DOTALL)
# Classes that no style sheet and no script here asks for.
_UNUSED = re.compile(r"(?<=<a class=\"reference) internal\b|(?<=<code class=\")docutils ")
_INDENT = re.compile(r"[ \t]*\n\s*")


def shorten(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Takes marks and repeated references out of the body of a page."""
    if "body" in context:
        body = _CODE.sub(lambda code: _PLAIN.sub(r"\1", code[0]), context["body"])
        context["body"] = _told_once(body)


def _told_once(body: str) -> str:
    met: set[str] = set()

    def first(match: re.Match[str]) -> str:
        if match["work"] in met:
            return match["tag"]
        met.add(match["work"])
        return match[0]

    return _CITED.sub(first, body)


def compact(app: Sphinx, exception: Exception | None) -> None:
    """Writes each page without indentation, and each notebook in one line."""
    if exception is not None:
        return
    for file in Path(app.outdir).rglob("*.html"):
        html = _UNUSED.sub("", file.read_text(encoding="utf-8"))
        file.write_text(without_indentation(html), encoding="utf-8")
    for file in Path(app.outdir, "_sources").rglob("*.ipynb"):
        notebook = in_plain_text(json.loads(file.read_text(encoding="utf-8")))
        file.write_text(json.dumps(notebook, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def in_plain_text(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook with tables as text alone, until a reader runs it: the page beside it has them as tables."""
    for output in (each for cell in notebook["cells"] for each in cell.get("outputs", [])):
        if "text/plain" in output.get("data", {}):
            output["data"].pop("text/html", None)
    return notebook


def without_indentation(html: str) -> str:
    """Line breaks stay, so that words do; what is shown as it is written stays as it is."""
    parts = _AS_WRITTEN.split(html)  # in threes: what is between, what stays, and the name of its element
    stays = [_lines(text) if name == "script" else text for text, name in zip(parts[1::3], parts[2::3], strict=True)]
    return "".join(chain.from_iterable(zip_longest(map(_flush, parts[::3]), stays, fillvalue="")))


def _flush(text: str) -> str:
    return _INDENT.sub("\n", text)


def _lines(script: str) -> str:
    """A script without indentation, unless a text in it goes over several lines."""
    return script if any("\n" in text for text in script.split("`")[1::2]) else _flush(script)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", shorten, priority=960)  # after what looks for these marks
    app.connect("build-finished", compact, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
