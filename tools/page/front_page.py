"""A Sphinx extension: the front page has a style sheet of its own, which no other page loads."""

from typing import Any

from sphinx.application import Sphinx


def add_style(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    if page == app.config.root_doc:
        app.add_css_file("front.css")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", add_style)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
