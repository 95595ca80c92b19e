"""Sphinx extension: of the theme's icon fonts, which have two thousand icons, a page loads those that the book shows.

These are the icons whose names stand in a page or in a script of the theme, and those that its style sheets show by
their codes.
"""

import logging
import re
from collections.abc import Iterable
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx

STYLES = "_static/styles"
FONTS = "_static/vendor/fontawesome/webfonts"
_NAME = re.compile(r"\bfa-[a-z0-9-]+")
_RULE = re.compile(r"(?:\.fa-[a-z0-9-]+:before,?)+\{content:\"[^\"]*\"\}")
_CODE = re.compile(rf"\"\\([0-9a-f]{{2,5}})\"|([{chr(0xE000)}-{chr(0xF8FF)}])")
_SOURCES = re.compile(r"\((?P<font>[^)]*)\.woff2\) format\(\"woff2\"\),url\([^)]*\.ttf\) format\(\"truetype\"\)")


def keep_shown(app: Sphinx, exception: Exception | None) -> None:
    """Cuts the theme's style sheets and fonts in the built book."""
    site = Path(app.outdir)
    if exception is not None:
        return
    names = set(_names([*_pages(site), *(site / "_static/scripts").glob("*theme.js")]))
    codes: set[int] = set()
    for sheet in (site / STYLES).glob("*.css"):
        text = cut(sheet.read_text(encoding="utf-8"), names)
        sheet.write_text(text, encoding="utf-8")
        codes.update(codes_in(text))
    for font in (site / FONTS).glob("*.ttf"):
        _subset(font, codes)
        font.unlink()
        font.with_suffix(".woff2").unlink()


def _pages(site: Path) -> Iterable[Path]:
    return (path for path in site.rglob("*.html") if "_static" not in path.relative_to(site).parts)


def _names(files: Iterable[Path]) -> Iterable[str]:
    return (name for file in files for name in _NAME.findall(file.read_text(encoding="utf-8")))


def cut(sheet: str, names: set[str]) -> str:
    """A style sheet without the rules of other icons than `names`, that asks for fonts of the format WOFF."""
    kept = _RULE.sub(lambda rule: rule[0] if names & set(_NAME.findall(rule[0])) else "", sheet)
    return _SOURCES.sub(r'(\g<font>.woff) format("woff")', kept)


def codes_in(sheet: str) -> Iterable[int]:
    """The codes of the icons that a style sheet shows, written as numbers or as letters of the private use area."""
    return (int(number, 16) if number else ord(letter) for number, letter in _CODE.findall(sheet))


def _subset(font: Path, codes: set[int]) -> None:
    """Writes the glyphs of these codes beside the font; with its names, among which its license is told."""
    options = Options(flavor="woff", name_IDs=["*"], layout_features=[], hinting=False, notdef_outline=True)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=codes)
    with TTFont(font) as whole:
        subsetter.subset(whole)
        whole.flavor = "woff"
        whole.save(font.with_suffix(".woff"))


def setup(app: Sphinx) -> dict[str, bool]:
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells each step
    app.connect("build-finished", keep_shown, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
