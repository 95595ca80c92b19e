"""The folder of decks: whatever they need lies beside them, so that it can be carried anywhere."""

import re
import shutil
from pathlib import Path

_OWN = Path(__file__).parent
_OF_REVEAL = ("reveal.css", "reveal.js", "plugin/notes.js")
_STYLE = Path(__file__).parents[2] / "book" / "webassets" / "ncbook.css"  # in the built site it is joined with others
_OF_THE_SITE = ("_static/mathjax", "_static/logo.svg")
_IMAGE = re.compile(r'src="(_images/[^"]+)"')


def write(folder: Path, decks: dict[str, str], site: Path, reveal: Path) -> None:
    """The decks, by name, with the files of the built site and of reveal.js (its folder dist) that they ask for."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in _OF_REVEAL:
        _copy(reveal / name, folder / "reveal" / Path(name).name)
    _copy(reveal.parent / "LICENSE", folder / "reveal" / "LICENSE")
    for name in ("slides.css", "slides.js"):
        _copy(_OWN / name, folder / name)
    _copy(_STYLE, folder / "_static" / _STYLE.name)
    images = {image for html in decks.values() for image in _IMAGE.findall(html)}
    for name in (*_OF_THE_SITE, *sorted(images)):
        _copy(site / name, folder / name)
    for name, html in decks.items():
        (folder / f"{name}.html").write_text(html, encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)
