"""Sphinx extension: a link `[Figure](#fig-nc1)` is shown with the number of the figure, as in "Fig. 1.2.3".

A notebook shows the word alone, and so needs nothing that it does not know.
"""

from docutils import nodes
from sphinx.application import Sphinx

WORD = "Figure"


def number(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Sets the text of each reference to a numbered figure whose text is `WORD`."""
    numbers = {
        name: ".".join(map(str, found))
        for kinds in app.env.toc_fignumbers.values()
        for name, found in kinds.get("figure", {}).items()
    }
    for reference in doctree.findall(nodes.reference):
        target = reference.get("refid") or reference.get("refuri", "").partition("#")[2]
        if reference.astext() == WORD and target in numbers:
            reference.children = [nodes.inline("", f"Fig. {numbers[target]}")]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-resolved", number, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
