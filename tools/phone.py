"""A Sphinx extension: a phone gets the narrow drawing of a figure, and loads no other.

Chapters are executed with the environment variable `FOLDER`. Each figure puts its narrow drawing in that folder, under
the name that the wide one gets in the page; here the page is told to choose.
"""

import os
import re
import shutil
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from ncbook.figures._narrow import FOLDER

_IMAGE = re.compile(r'<img [^>]*?src="(?P<path>[^"]*_images/(?P<name>[0-9a-f]{64}))\.png"[^>]*?>')
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

    context["body"] = _IMAGE.sub(with_narrow, context["body"])


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", choose_drawing, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
