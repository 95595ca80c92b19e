"""Sphinx extension: a page can be read by keyboard and by ear.

Sphinx, MyST-NB and the theme leave names out, or give names that hide the words on the page. Here they are mended in
the body of each page, in its list of chapters, and, by the templates beside this file, in what stands around both.
"""

import re
from typing import Any

from bs4 import BeautifulSoup, Tag
from sphinx.application import Sphinx

FIGURE = re.compile(r'<div class="nc-explorable[^>]*? id="([^"]+)"')
# The first hides the words "Show the code", the second has left the standard, and the third asks for items of a list.
WRONG = re.compile(
    r' aria-label="Toggle hidden content"| role="doc-biblioentry"|(?<=<div) role="list"(?= class="citation-list")'
)


def mend(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Mends the body and the list of chapters, and tells the templates the id of the page's first moving figure."""
    if "body" in context:
        context["body"] = WRONG.sub("", context["body"])
    first = FIGURE.search(context.get("body", ""))
    context["first_figure"] = first[1] if first else None
    draw = context["generate_toctree_html"]
    context["generate_toctree_html"] = lambda *args, **options: named(str(draw(*args, **options)))


def named(chapters: str) -> str:
    """The list of chapters, in which each button that folds a part says which."""
    tree = BeautifulSoup(chapters, "html.parser")
    for button in tree.select("li > details > summary"):
        link = button.find_parent("li").find("a")
        assert isinstance(link, Tag)
        button["aria-label"] = f"Chapters of {link.get_text(' ', strip=True)}"
    return str(tree)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", mend, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
