"""A Sphinx extension: each page carries its sentence of `book/descriptions.yml`, for search engines and for links.

The same for Open Graph: sphinxext-opengraph would take the first lines of a page, with the TeX of its formulas.
"""

from html import escape
from pathlib import Path
from typing import Any

import yaml
from sphinx.application import Sphinx

FILE = "book/descriptions.yml"


def read(folder: str | Path) -> dict[str, dict[str, Any]]:
    """Per page, named as in `_toc.yml`: `says`, its sentence; where search needs them also `names` and `kind`."""
    pages: dict[str, dict[str, Any]] = yaml.safe_load(Path(folder, FILE).read_text(encoding="utf-8"))
    return pages


def describe(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Adds the sentence to what the page says about itself."""
    sentence = read(app.srcdir).get(page, {}).get("says")
    if sentence is None:
        return
    context["meta"] = {**(context["meta"] or {}), "og:description": sentence}
    for name in ("description", "twitter:description"):
        context["metatags"] += f'<meta name="{name}" content="{escape(sentence)}" />\n'


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", describe, priority=400)  # before sphinxext-opengraph reads it
    return {"parallel_read_safe": True, "parallel_write_safe": True}
