"""Sphinx extension: a quotation that begins with one of the words of `KINDS` in bold is a box of the page.

> **Predict.** Which curve is higher?

A notebook shows it as a quotation, and so needs nothing that it does not know.
"""

from docutils import nodes
from sphinx.application import Sphinx

KINDS = {
    "Question": "question",
    "Predict": "predict",
    "Definition": "definition",
    "Before you start": "start",
    "What we know now": "known",
}


def make_boxes(app: Sphinx, doctree: nodes.document) -> None:
    """Replaces these quotations by admonitions, with the class `box` and the kind's own."""
    for quotation in list(doctree.findall(nodes.block_quote)):
        opening = _opening(quotation)
        kind = opening.astext().rstrip(".?") if opening else ""
        if opening is None or kind not in KINDS:
            continue
        paragraph = opening.parent
        paragraph.remove(opening)
        if not paragraph.astext().strip():
            quotation.remove(paragraph)
        box = nodes.admonition("", nodes.title("", "", nodes.Text(kind)), classes=["box", KINDS[kind]])
        box += quotation.children
        quotation.replace_self(box)


def _opening(quotation: nodes.block_quote) -> nodes.strong | None:
    """The words in bold with which a quotation begins, if it does."""
    paragraph = quotation.children[0] if quotation.children else None
    if not isinstance(paragraph, nodes.paragraph):
        return None
    first = next((child for child in paragraph.children if child.astext()), None)
    return first if isinstance(first, nodes.strong) else None


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-read", make_boxes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
