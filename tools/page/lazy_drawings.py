"""Sphinx extension: a drawing of a chapter comes as WebP, when a reader comes near it, and nothing jumps when it does.

WebP without loss takes two fifths of a PNG. Levels of red, green and blue are rounded to multiples of `STEP` before,
which hardly anyone sees, and half of that is left: edges then have fewer colors.
"""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sphinx.application import Sphinx

STEP = 17  # of 255, which is a multiple of it: white stays white
_NAME = r"[0-9a-f]{64}(?:-narrow)?"  # that of a notebook's image is the hash of what it shows
_ADDRESS = re.compile(rf"(?P<tag><(?P<kind>img|source) [^>]*?_images/(?P<name>{_NAME})\.)png(?P<rest>\"[^>]*?)/?>")


def show(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Each drawing of the page has the ending of its WebP, its size, and waits until it is needed."""
    sources = {Path(name).stem: Path(app.srcdir, path) for path, name in app.builder.images.items()}

    def lazy(match: re.Match[str]) -> str:
        file = sources.get(match["name"]) or Path(app.outdir, "_images", f"{match['name']}.png")
        with Image.open(file) as picture:
            size = f'width="{picture.width}" height="{picture.height}"'
        waits = ' loading="lazy" decoding="async"' if match["kind"] == "img" else ""
        return f"{match['tag']}webp{match['rest'].rstrip()} {size}{waits}>"

    if "body" in context:
        context["body"] = _ADDRESS.sub(lazy, context["body"])


def convert(app: Sphinx, exception: Exception | None) -> None:
    """Writes each drawing as WebP, and removes the PNG; on all cores, for the encoder lets other threads work."""
    if exception is None:
        files = [file for file in Path(app.outdir, "_images").glob("*.png") if re.fullmatch(_NAME, file.stem)]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(_convert, files))  # the list raises what a thread did


def _convert(file: Path) -> None:
    target = file.with_suffix(".webp")
    if not target.exists():
        with Image.open(file) as picture:
            rounded(picture).save(target, lossless=True, quality=100, method=4)  # methods 5 and 6 gain nothing
    file.unlink()


def rounded(picture: Image.Image) -> Image.Image:
    """The picture in red, green and blue, with levels that are multiples of `STEP`, and 255."""
    levels = np.asarray(picture.convert("RGB"), dtype=np.int16)
    return Image.fromarray(np.clip((levels + STEP // 2) // STEP * STEP, 0, 255).astype(np.uint8))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", show, priority=950)  # after phone.py
    app.connect("build-finished", convert)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
