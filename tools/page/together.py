"""Sphinx extension: what stays on one line: a formula and the comma behind it, a number and its percent sign."""

import re

from docutils import nodes
from sphinx.application import Sphinx

_CODE = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw)
_PERCENT = re.compile(r"(?<=\d) (?=%)")


def keep(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Ties percent signs to their numbers, and to a formula what touches it."""
    for text in list(doctree.findall(nodes.Text)):
        if not isinstance(text.parent, _CODE) and _PERCENT.search(text):
            text.parent.replace(text, nodes.Text(_PERCENT.sub("\N{NO-BREAK SPACE}", text)))
    for formula in list(doctree.findall(nodes.math)):
        _tie(formula)


def _tie(formula: nodes.math) -> None:
    """Puts a formula and the letters that touch it into one element, which is not broken."""
    parent, place = formula.parent, formula.parent.index(formula)
    before, after = (_text(parent, place + step) for step in (-1, 1))
    start, end = len(before) - len(re.findall(r"\S*$", before)[0]), len(re.findall(r"^\S*", after)[0])
    if start == len(before) and not end:
        return
    together = nodes.inline("", "", nodes.Text(before[start:]), formula.deepcopy(), nodes.Text(after[:end]))
    together["classes"] = ["together"]
    around = [nodes.Text(before[:start]), together, nodes.Text(after[end:])]
    parent[place - bool(before) : place + 1 + bool(after)] = around


def _text(parent: nodes.Element, place: int) -> str:
    """The text at a place among the children, empty if there is none."""
    child = parent.children[place] if 0 <= place < len(parent.children) else None
    return child.astext() if isinstance(child, nodes.Text) else ""


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-resolved", keep)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
