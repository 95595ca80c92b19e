"""A Sphinx extension: the search page knows the order, the number, the sentence, the kind and other names of each page.

What is in `book/descriptions.yml` is written into the page, so that `search.js` has it from a disk as well. The
template is `search.html`.
"""

import json
from typing import Any

from descriptions import read
from sphinx.application import Sphinx


def in_order(app: Sphinx) -> list[str]:
    """The pages as one reads them: each before those that stand in it."""
    inside, found, left = app.env.toctree_includes, [], [app.config.root_doc]
    while left:
        page = left.pop(0)
        found.append(page)
        left = [*inside.get(page, []), *left]
    return found


def kind(app: Sphinx, page: str) -> str:
    """What a page is unless `book/descriptions.yml` says otherwise."""
    if page == app.config.root_doc:
        return "chapter"
    if app.env.toctree_includes.get(page):
        return "part"
    return "chapter" if page in app.env.toc_secnumbers else "reference"


def give_pages(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Adds `book_pages` to the context of the search page: what `search.d.ts` calls a list of `Page`, as JSON."""
    if page != "search":
        return
    described = read(app.srcdir)
    pages = [
        {
            "page": name,
            "title": app.env.titles[name].astext(),
            "number": ".".join(map(str, app.env.toc_secnumbers.get(name, {}).get("", ()))),
            **{"says": "", "names": [], "kind": kind(app, name)} | described.get(name, {}),
        }
        for name in in_order(app)
    ]
    context["book_pages"] = json.dumps(pages).replace("<", "\\u003c")  # no text ends the script element


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", give_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
