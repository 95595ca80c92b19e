"""A Sphinx extension: a phone gets the narrow drawing of a figure, and loads no other; provenance is text.

Chapters are executed with the environment variable `FOLDER`. Each figure puts its narrow drawing and a sentence on its
run in that folder, under the name that the wide one gets in the page; here the page is told to choose, and the sentence
goes below the caption.
"""

import html
import os
import re
import shutil
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from ncbook.figures._narrow import FOLDER

_IMAGE = re.compile(r'<img [^>]*?src="(?P<path>[^"]*_images/(?P<name>[0-9a-f]{64}))\.png"[^>]*?>')
_FIGURE = re.compile(r"<figure .*?</figure>", re.DOTALL)
PHONE = "(max-width: 600px)"


def choose_drawing(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Wraps each figure that has a narrow drawing in a `picture`, and copies that drawing beside the wide one."""
    folder = os.environ.get(FOLDER)
    if folder is None or "body" not in context:
        return

    def with_narrow(match: re.Match[str]) -> str:
        narrow = Path(folder, f"{match['name']}.png")
        if not narrow.exists():
            return match[0]
        target = Path(app.outdir, "_images", f"{match['name']}-narrow.png")
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(narrow, target)
        source = f'<source media="{PHONE}" srcset="{match["path"]}-narrow.png">'
        return f'<picture class="figure-drawing">{source}{match[0]}</picture>'

    def with_provenance(match: re.Match[str]) -> str:
        image = _IMAGE.search(match[0])
        told = Path(folder, f"{image['name']}.txt") if image else None
        if told is None or not told.exists():
            return match[0]
        line = f'<p class="provenance">{html.escape(told.read_text(encoding="utf-8"))}</p>'
        return match[0].replace("</figcaption>", f"{line}\n</figcaption>", 1)

    body = _FIGURE.sub(with_provenance, context["body"])
    context["body"] = _IMAGE.sub(with_narrow, body)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", choose_drawing, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
