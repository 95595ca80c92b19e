"""Data sets as tensors on a device. The default ones need no download.

>>> import torch
>>> from ncbook import data
>>> digits = data.digits()
>>> digits.train.inputs.shape, digits.num_classes
(torch.Size([1000, 1, 8, 8]), 10)
"""

from collections.abc import Callable

from ncbook._checks import require_choice
from ncbook.data.augmentation import Compose, GaussianNoise, RandomCrop, RandomFlip
from ncbook.data.dataset import Dataset, Split
from ncbook.data.digits import digits
from ncbook.data.glyphs import (
    GLYPH_CLASSES,
    GLYPH_SCRIPTS,
    GLYPH_SHAPES,
    GLYPH_SIZES,
    GlyphPopulation,
    glyph_super_classes,
    glyphs,
)
from ncbook.data.mixtures import GaussianMixture, gaussian_mixture, hierarchical_mixture
from ncbook.data.mnist import mnist5k
from ncbook.data.modular import modular, modular_pairs
from ncbook.data.real import REAL, cifar100_super_classes, real
from ncbook.data.transformations import (
    ExponentialImbalance,
    LabelNoise,
    NoisySplit,
    Oversampling,
    RandomLabels,
    StepImbalance,
    Subset,
    SuperClasses,
    WrongLabelNoise,
    hold_out,
)

__all__ = [
    "GLYPH_CLASSES",
    "GLYPH_SCRIPTS",
    "GLYPH_SHAPES",
    "GLYPH_SIZES",
    "REAL",
    "Compose",
    "Dataset",
    "ExponentialImbalance",
    "GaussianMixture",
    "GaussianNoise",
    "GlyphPopulation",
    "LabelNoise",
    "NoisySplit",
    "Oversampling",
    "RandomCrop",
    "RandomFlip",
    "RandomLabels",
    "Split",
    "StepImbalance",
    "Subset",
    "SuperClasses",
    "WrongLabelNoise",
    "cifar100_super_classes",
    "digits",
    "gaussian_mixture",
    "glyph_super_classes",
    "glyphs",
    "hierarchical_mixture",
    "hold_out",
    "load",
    "mnist5k",
    "modular",
    "modular_pairs",
    "real",
]


_EMBEDDED: dict[str, Callable[[], Dataset]] = {"digits": digits, "glyphs": glyphs, "mnist5k": mnist5k}


def load(name: str) -> Dataset:
    """The data set called `name`, with its defaults: "digits", "glyphs", "mnist5k", or one of those in `REAL`.

    >>> data.load("digits").name
    'digits'
    """
    require_choice("name", name, (*_EMBEDDED, *REAL))
    if name in _EMBEDDED:
        return _EMBEDDED[name]()
    return real(name)
