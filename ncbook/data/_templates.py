"""The drawings from which `glyphs` makes its images: every class in every font that has it, drawn once and cached."""

import contextlib
import hashlib
import os
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy as np
import scipy
import torch
from matplotlib.ft2font import FT2Font
from torch import Tensor

from ncbook._files import written_whole

# Without the twins that no font tells apart once they have the same size: O and 0, I and l, lower-case Latin that is
# small upper case, Greek capitals that are Latin ones, and ΘΦΨΠ, which are θφψπ made larger.
SCRIPTS = {
    "digit": "0123456789",
    "upper": "ABCDEFGHJKLMNPQRSTUVWXYZ",
    "lower": "abdefghijmnqrty",
    "greek": "αβγδεζηθλμξπσφψωΓΔΛΞΣΩ",
}
CHARACTERS = "".join(SCRIPTS.values())

# All of these ship with matplotlib. The last five, Computer Modern, have no Greek at the characters' own code points.
FACES = (
    *(f"DejaVuSans{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSerif{style}" for style in ("", "-Bold", "-Italic", "-BoldItalic")),
    *(f"DejaVuSansMono{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"STIXGeneral{style}" for style in ("", "Bol", "Italic", "BolIta")),
    *("cmr10", "cmb10", "cmss10", "cmtt10", "cmti10"),
)
SIDE = 64  # pixels of a template
_INK = 44  # pixels of the longer side of the character in it: the rest is room for blur
BLURS = (1.0, 1.7, 2.6)  # standard deviations in template pixels
_VERSION = 1  # to be raised with any change of what is drawn


@dataclass(frozen=True)
class Templates:
    """pixels [F, 3, 64, 64] uint8, where F counts drawn faces of all classes and 3 is the levels of blur.

    Class c owns the rows first[c] ... first[c] + faces[c] - 1; both are [71] int64.
    """

    pixels: Tensor
    first: Tensor
    faces: Tensor


@lru_cache
def templates(device: torch.device) -> Templates:
    """The templates on `device`, from the cache if it holds them."""
    pixels, faces = _cached()
    counts = torch.from_numpy(faces)
    first = counts.cumsum(0) - counts
    return Templates(torch.from_numpy(pixels).to(device), first.to(device), counts.to(device))


def cache_file() -> Path:
    """In $NCBOOK_CACHE, else ~/.cache/ncbook. The name depends on what is drawn and on the version of matplotlib."""
    folder = Path(os.environ.get("NCBOOK_CACHE") or Path.home() / ".cache" / "ncbook")
    content = repr((_VERSION, matplotlib.__version__, CHARACTERS, FACES, SIDE, _INK, BLURS))
    return folder / f"glyphs-{hashlib.sha256(content.encode()).hexdigest()[:12]}.npz"


def _cached() -> tuple[np.ndarray, np.ndarray]:
    """Read, or else drawn and written: a file that is missing or damaged is replaced."""
    path = cache_file()
    try:
        return _read(path)
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        built = build()
    # a disk that is full or read-only costs a second of drawing, not the data
    with contextlib.suppress(OSError), written_whole(path) as file:
        np.savez_compressed(file, pixels=built[0], faces=built[1])
    return built


def _read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """pixels and faces; raises ValueError if they do not fit each other. The zip archive checks its own sums."""
    with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
        pixels, faces = archive["pixels"], archive["faces"]
    expected = (int(faces.sum()), len(BLURS), SIDE, SIDE)
    if len(faces) != len(CHARACTERS) or pixels.shape != expected or pixels.dtype != np.uint8:
        raise ValueError(f"{path}: expected pixels {expected} uint8, got {pixels.shape} {pixels.dtype}")
    return pixels, faces


def build() -> tuple[np.ndarray, np.ndarray]:
    """pixels [F, 3, 64, 64] uint8 and the number of faces of each class [71] int64."""
    fonts = [FT2Font(os.path.join(matplotlib.get_data_path(), "fonts", "ttf", f"{face}.ttf")) for face in FACES]
    drawn = [[_draw(font, each) for font in fonts if font.get_char_index(ord(each))] for each in CHARACTERS]
    sharp = np.stack([picture for pictures in drawn for picture in pictures])
    blurred = [scipy.ndimage.gaussian_filter(sharp, (0, sigma, sigma)) for sigma in BLURS]
    faces = np.array([len(pictures) for pictures in drawn], dtype=np.int64)
    return np.rint(np.stack(blurred, axis=1)).astype(np.uint8), faces


def _draw(font: FT2Font, character: str) -> np.ndarray:
    """[64, 64] float32 in 0..255: the character, centered, its longer side 44 pixels, or as near as hinting lets it."""
    points = 60.0
    for _ in range(4):  # hinting rounds sizes, so that one correction may miss
        ink = _ink(font, character, points)
        if max(ink.shape) == _INK:
            break
        points *= _INK / max(ink.shape)
    top, left = ((SIDE - length) // 2 for length in ink.shape)
    picture = np.zeros((SIDE, SIDE), np.float32)
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
