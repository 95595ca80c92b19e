"""Sphinx extension: what a phone may break: names of the code in tables, where their parts meet, and printed sentences.

The style sheet leaves short code on one line, lets longer code break at the marks that are put here (on a wide page
the longest code alone), and gives cells of prose a width at which they can be read. A table that is still wider
scrolls, and so does what a cell prints in columns.
"""

import re

from docutils import nodes
from sphinx.application import Sphinx

_SHORT = 13  # letters of code that a column on a phone has room for
_LONG = 36  # letters of code that leave too little of a wide page to other columns
_PROSE = 40  # letters of a cell that would be a tall column of single words
# behind the underscores and the dots of a name, and behind what opens or separates its arguments
_PARTS = re.compile(r"(?<=[^\W_]_)(?=[^\W_])|(?<=\w\.)(?=\w)|(?<=[,/=(])(?=[\w.])")


def mark(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Marks short code, cells and outputs of prose, and the places at which long code may be broken."""
    for block in doctree.findall(nodes.literal_block):
        if "output" in block["classes"] and "  " not in block.astext():
            block["classes"].append("prose")
    for entry in doctree.findall(nodes.entry):
        if len(entry.astext()) > _PROSE:
            entry["classes"].append("prose")
        for code in list(entry.findall(nodes.literal)):
            letters = len(code.astext())
            if letters <= _SHORT:
                code["classes"].append("short")
                continue
            if letters > _LONG:
                code["classes"].append("long")
            _allow_breaks(code)


def _allow_breaks(code: nodes.literal) -> None:
    """The same code, whose parts are texts of their own with a possible break between them."""
    for text in list(code.findall(nodes.Text)):
        first, *others = _PARTS.split(text)
        between = (node for part in others for node in (nodes.raw("", "<wbr>", format="html"), nodes.Text(part)))
        text.parent.replace(text, [nodes.Text(first), *between])


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-resolved", mark)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
