"""Draws every class of the glyphs in every font that has it, once: python tools/draw_glyphs.py.

The drawings are data of the package, `ncbook/data/glyphs.npz`: to draw them anew, with another version of matplotlib,
changes every image, and with them the recorded runs of all experiments on glyphs.
"""

import io
import os
import zipfile

import matplotlib
import numpy as np
from matplotlib.ft2font import FT2Font

from ncbook.data._templates import CHARACTERS, DRAWN, SIDE

# All of these ship with matplotlib. The last five, Computer Modern, have no Greek at the characters' own code points.
FACES = (
    *(f"DejaVuSans{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSerif{style}" for style in ("", "-Bold", "-Italic", "-BoldItalic")),
    *(f"DejaVuSansMono{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"STIXGeneral{style}" for style in ("", "Bol", "Italic", "BolIta")),
    *("cmr10", "cmb10", "cmss10", "cmtt10", "cmti10"),
)
INK = 44  # pixels of the longer side of a character: the rest is room for blur
VERSION = "3.11.2"  # of matplotlib, with which the drawings of the package were made


def draw() -> tuple[np.ndarray, np.ndarray]:
    """sharp [F, 64, 64] uint8 and the number of faces of each class [71] int64."""
    fonts = [FT2Font(os.path.join(matplotlib.get_data_path(), "fonts", "ttf", f"{face}.ttf")) for face in FACES]
    drawn = [[_draw(font, each) for font in fonts if font.get_char_index(ord(each))] for each in CHARACTERS]
    sharp = np.stack([picture for pictures in drawn for picture in pictures])
    return sharp, np.array([len(pictures) for pictures in drawn], dtype=np.int64)


def write() -> None:
    """The file of the package: the same drawings give the same bytes."""
    with zipfile.ZipFile(DRAWN, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, values in zip(("sharp", "faces"), draw(), strict=True):
            stream = io.BytesIO()
            np.lib.format.write_array(stream, values, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), stream.getvalue(), zipfile.ZIP_DEFLATED)


def _draw(font: FT2Font, character: str) -> np.ndarray:
    """[64, 64] uint8: the character, centered, its longer side 44 pixels, or as near as hinting lets it."""
    points = 60.0
    for _ in range(4):  # hinting rounds sizes, so that one correction may miss
        ink = _ink(font, character, points)
        if max(ink.shape) == INK:
            break
        points *= INK / max(ink.shape)
    top, left = ((SIDE - length) // 2 for length in ink.shape)
    picture = np.zeros((SIDE, SIDE), np.uint8)
    picture[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return picture


def _ink(font: FT2Font, character: str, points: float) -> np.ndarray:
    """The character's bitmap without the empty rows and columns around it."""
    font.set_size(points, 72)
    font.set_text(character)
    font.draw_glyphs_to_bitmap(antialiased=True)
    bitmap = np.array(font.get_image())
    rows, columns = (np.flatnonzero(bitmap.any(axis)) for axis in (1, 0))
    return bitmap[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


if __name__ == "__main__":
    write()
