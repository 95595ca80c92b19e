"""Glyphs: an endless population of images of characters, so that population quantities can be estimated at will.

71 classes (digits, Latin, Greek) in 16 or 21 typefaces, each image under its own random affine map, blur, contrast,
background, clutter, occlusion and noise. The typefaces are matplotlib's, drawn once: the drawings ship with this
package. On the CPU the images depend on the seed and on nothing else: the arithmetic on pixels is single IEEE
operations, which every processor rounds alike, in an order that no number of threads changes, and the random numbers
are integers at heart.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ncbook._checks import as_tuple, require, require_flag, require_instance, require_integer, require_number
from ncbook.data import _drawing
from ncbook.data._templates import CHARACTERS, SCRIPTS, templates
from ncbook.data.dataset import Dataset, Split
from ncbook.data.transformations import SuperClasses

GLYPH_CLASSES = tuple(CHARACTERS)
GLYPH_SIZES = (16, 28, 32)


def _numbers(characters: str) -> tuple[int, ...]:
    return tuple(number for number, each in enumerate(CHARACTERS) if each in characters)


GLYPH_SCRIPTS = {script: _numbers(characters) for script, characters in SCRIPTS.items()}
_CLOSED = _numbers("0469ADPQRabdegq8BαβδσφθΔ")
GLYPH_SHAPES = {"open": tuple(c for c in range(len(CHARACTERS)) if c not in _CLOSED), "closed": _CLOSED}
"""By topology: a closed character encloses some background in the font DejaVu Sans, an open one does not."""

_SCALES = {1: (0.14, 0.31), 3: (0.44, 0.35)}  # channels: mean and standard deviation of a pixel at difficulty 0.85


@dataclass(frozen=True)
class GlyphPopulation:
    """The distribution of images of `classes` (numbers into GLYPH_CLASSES), `size` x `size` pixels, gray or in color.

    `difficulty` scales everything that varies within a class: 0 shows the plain character in some face, 0.6 is
    quick to learn, and at 0.85 a small convolutional network keeps gaining test accuracy up to thousands of images a
    class. Raises ValueError for no classes, a class outside 0..70 or twice, a size other than 16, 28 and 32, or a
    difficulty outside [0, 1.5].

    >>> population = data.GlyphPopulation(classes=(10, 11), size=16)
    >>> population.class_names, population.sample(5, torch.Generator().manual_seed(0)).inputs.shape
    (('A', 'B'), torch.Size([10, 1, 16, 16]))
    """

    classes: tuple[int, ...] = GLYPH_SCRIPTS["digit"]
    size: int = 28
    color: bool = False
    difficulty: float = 0.85

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", _known(self.classes))  # any iterable of integers becomes a tuple
        sizes = ", ".join(map(str, GLYPH_SIZES))
        require_integer("size", self.size)
        require("size", self.size, self.size in GLYPH_SIZES, f"one of {sizes}")
        require_flag("color", self.color)
        require_number("difficulty", self.difficulty, "a number in [0, 1.5]", lambda value: 0 <= value <= 1.5)

    @property
    def class_names(self) -> tuple[str, ...]:
        return tuple(GLYPH_CLASSES[c] for c in self.classes)

    def sample(self, per_class: int, generator: torch.Generator) -> Split:
        """`per_class` fresh independent images of each class, on the generator's device.

        inputs [K per_class, 1 or 3, size, size] float32, shifted and scaled by constants, the same for every sample, to
        about mean 0 and standard deviation 1; labels 0, 1, ..., K-1, 0, 1, ... number the classes in the order of
        `classes`. On one device a smaller sample from the same generator state is the beginning of a larger one.
        Memory beyond the images themselves is bounded. Raises ValueError unless per_class >= 1.
        """
        require_integer("per_class", per_class, 1)
        require_instance("generator", generator, torch.Generator, "a torch.Generator")
        device = generator.device
        labels = torch.arange(len(self.classes), device=device).repeat(per_class)
        characters = torch.tensor(self.classes, device=device)[labels]
        images = torch.empty(len(labels), 3 if self.color else 1, self.size, self.size, device=device)
        chunk = 256 if device.type == "cpu" else 8192  # fits a processor's cache; fills a GPU
        for start in range(0, len(labels), chunk):
            rows = slice(start, start + chunk)
            images[rows] = self._images(characters[rows], chunk, generator)
        return Split(images, labels)

    def _images(self, characters: Tensor, chunk: int, generator: torch.Generator) -> Tensor:
        """[n, channels, size, size]. Random numbers are drawn for a whole chunk, whatever n is, so that the images of a
        sample do not depend on its length."""
        count, d, size, channels = len(characters), self.difficulty, self.size, 3 if self.color else 1
        store, (mean, scale) = templates(generator.device), _SCALES[channels]
        uniform = _drawing.uniform(20 + 3 * channels, chunk, generator)[:, :count]
        noise = _drawing.noise((chunk, channels, size, size), generator)[:count]
        glyph, clutter, bar, light = uniform.split((8, 7, 3, 2 + 3 * channels))
        ink = _drawing.warp(store, *_drawing.glyph(store, characters, glyph, d), size)
        opacity = _drawing.image_wise(0.9 * min(d, 1) * clutter[6])
        second = _drawing.warp(store, *_drawing.clutter(store, clutter[:6], d), size) * opacity
        ink = torch.maximum(ink, second).mul_(_drawing.uncovered(bar, size, d))
        return _drawing.lit(ink, light, d).add_(noise.mul_(0.16 * d)).sub_(mean).mul_(1 / scale)


def glyphs(
    classes: Iterable[int] = GLYPH_SCRIPTS["digit"],
    train_per_class: int = 200,
    test_per_class: int = 200,
    size: int = 28,
    color: bool = False,
    difficulty: float = 0.85,
    seed: int = 0,
) -> Dataset:
    """A training and a test split drawn independently from one `GlyphPopulation`, balanced, on the CPU.

    The test split depends on neither number; a smaller training split with the same seed is the beginning of a larger
    one. Raises ValueError as `GlyphPopulation` and its `sample` do, for a single class, or for a negative seed.

    >>> letters = data.glyphs(classes=(10, 11, 12), train_per_class=20, test_per_class=10, size=16)
    >>> letters.class_names, letters.train.inputs.shape
    (('A', 'B', 'C'), torch.Size([60, 1, 16, 16]))
    """
    population = GlyphPopulation(_known(classes), size, color, difficulty)
    if len(population.classes) < 2:
        raise ValueError(f"classes: a data set needs at least two, got {population.classes}")
    for name, number in (("train_per_class", train_per_class), ("test_per_class", test_per_class)):
        require_integer(name, number, 1)
    require_integer("seed", seed, 0)
    seeds = np.random.SeedSequence(seed).generate_state(2).tolist()  # two streams that no small seed of a reader meets
    train, test = (
        population.sample(per_class, torch.Generator().manual_seed(each))
        for per_class, each in zip((train_per_class, test_per_class), seeds, strict=True)
    )
    return Dataset("glyphs", train, test, population.class_names)


def glyph_super_classes(classes: Sequence[int], groups: Mapping[str, Iterable[int]]) -> SuperClasses:
    """The map from `classes` to those of `groups` (GLYPH_SCRIPTS, GLYPH_SHAPES or your own) that occur among them.

    Raises ValueError for a class that no group holds, or more than one, and if fewer than two groups occur.

    >>> scripts = data.glyph_super_classes(range(20), data.GLYPH_SCRIPTS)
    >>> scripts.names
    ('digit', 'upper')
    """
    expected = "a mapping from names to numbers of classes"
    require_instance("groups", groups, Mapping, expected)
    require("groups", groups, all(isinstance(each, Iterable) for each in groups.values()), expected)
    classes = _known(classes)
    homes = [[name for name, members in groups.items() if c in members] for c in classes]
    for c, home in zip(classes, homes, strict=True):
        if len(home) != 1:
            raise ValueError(f"classes: {c} ({GLYPH_CLASSES[c]}) expected in one group, but lies in {len(home)}")
    names = tuple(name for name in groups if [name] in homes)
    require("groups", names, len(names) >= 2, "classes of two groups at least")
    return SuperClasses(tuple(names.index(home[0]) for home in homes), names)


def _known(classes: Iterable[int]) -> tuple[int, ...]:
    """`classes` as a tuple; raises ValueError for none, one outside the list, or one given twice."""
    numbers = as_tuple("classes", classes, "numbers of classes")
    for number in numbers:
        require_integer("classes", number, 0, len(GLYPH_CLASSES) - 1)
    numbers = tuple(int(number) for number in numbers)
    if not numbers:
        raise ValueError("classes: expected at least one, got none")
    for number in numbers:
        if numbers.count(number) > 1:
            raise ValueError(f"classes: expected each once, but {number} is given {numbers.count(number)} times")
    return numbers
