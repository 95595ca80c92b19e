"""Sphinx extension: cells that stand together and show nothing are one fold.

Such are the imports at the head of a chapter and the loading of its run.
"""

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx


def join(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Moves the code of a silent cell into the fold of the silent cell before it."""
    for cell in list(doctree.findall(nodes.container)):
        before = _before(cell)
        if not (_is_silent(cell) and _is_silent(before)):
            continue
        before["ids"] += cell["ids"]
        before.children[0].extend(cell.children[0].children)
        cell.parent.remove(cell)


def _before(cell: nodes.container) -> nodes.Node | None:
    place = cell.parent.index(cell)
    return cell.parent[place - 1] if place else None


def _is_silent(node: nodes.Node | None) -> bool:
    """Whether it is a cell of folded code and nothing else."""
    return (
        isinstance(node, nodes.container)
        and node.get("nb_element") == "cell_code"
        and [type(child) for child in node.children] == [HideCodeCellNode]
    )


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-resolved", join)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
