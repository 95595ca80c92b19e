"""The drawings from which `glyphs` makes its images: every class in every font of matplotlib's that has it.

They ship with the package, as `tools/draw_glyphs.py` drew them once: fonts and their hinting differ from one version of
matplotlib to the next (all drawings differ between 3.10 and 3.11), and the same seed is to give the same images.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import scipy
import torch
from torch import Tensor

# Without the twins that no font tells apart once they have the same size: O and 0, I and l, lower-case Latin that is
# small upper case, Greek capitals that are Latin ones, and ΘΦΨΠ, which are θφψπ made larger.
SCRIPTS = {
    "digit": "0123456789",
    "upper": "ABCDEFGHJKLMNPQRSTUVWXYZ",
    "lower": "abdefghijmnqrty",
    "greek": "αβγδεζηθλμξπσφψωΓΔΛΞΣΩ",
}
CHARACTERS = "".join(SCRIPTS.values())
SIDE = 64  # pixels of a template
BLURS = (1.0, 1.7, 2.6)  # standard deviations in template pixels
DRAWN = Path(__file__).with_name("glyphs.npz")  # sharp [F, 64, 64] uint8, faces [71] int64


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
    """The templates on `device`."""
    with np.load(DRAWN, allow_pickle=False) as archive:
        sharp, faces = archive["sharp"].astype(np.float32), archive["faces"]
    blurred = np.stack([scipy.ndimage.gaussian_filter(sharp, (0, sigma, sigma)) for sigma in BLURS], axis=1)
    counts = torch.from_numpy(faces)
    first = counts.cumsum(0) - counts
    pixels = torch.from_numpy(np.rint(blurred).astype(np.uint8))
    return Templates(pixels.to(device), first.to(device), counts.to(device))
