"""Sphinx extension: a code cell on a page can be linked to by its id in the notebook."""

import json
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx


def name_cells(app: Sphinx, doctree: nodes.document) -> None:
    path = Path(app.env.doc2path(app.env.docname))
    if path.suffix != ".ipynb":
        return
    ids = [cell["id"] for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    for node in doctree.findall(nodes.container):
        if node.get("nb_element") == "cell_code":
            node["ids"].append(ids[node["cell_index"]])


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-read", name_cells)
    return {"parallel_read_safe": True}
