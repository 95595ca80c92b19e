"""A Sphinx extension: the page for addresses that do not exist, `404.html`, lists the parts of the book.

sphinx-notfound-page makes the page, from the template `404.html`, and gives it addresses that hold in every folder.
"""

from typing import Any

from sphinx.application import Sphinx


def list_parts(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Adds to the context of that page pairs of a title and a page: the first page, and what stands in no other."""
    if page == app.config.notfound_pagename:
        first = app.config.root_doc
        pages = [first, *app.env.toctree_includes[first]]
        context["parts"] = [(app.env.titles[each].astext(), each) for each in pages]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", list_parts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
