"""Augmentation of a batch of images on its device, as values: frozen, comparable settings that are called with images.

`RandomCrop(4)(images, generator)` is a new batch of the same shape, type and device. Every image has its own draw, from
a generator on the images' device. Pixels are never interpolated; image i stays at place i, so that labels
need no change. No step waits for the device. Gradients flow through to the images.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook._checks import as_tuple, require, require_callable, require_instance, require_integer, require_not_negative


@dataclass(frozen=True)
class RandomCrop:
    """Each image is shifted by up to `padding` pixels along both axes; what comes into view is 0.

    Of the image x [C, H, W] with `padding` = p zeros around it, a window of H x W is kept: out[c, i, j] =
    x[c, i + u - p, j + v - p], u and v uniform on 0..2p (He et al. 2016, section 4.2, after Lee et al. 2015, with
    p = 4 for CIFAR). 0 is the mean of standardized images. The draws are u [N], then v [N], in one call of
    `torch.randint`. Raises ValueError unless padding is an integer >= 0.

    >>> data.RandomCrop(padding=1)(digits.train.inputs, torch.Generator().manual_seed(0)).shape
    torch.Size([1000, 1, 8, 8])
    """

    padding: int = 4

    def __post_init__(self) -> None:
        require_integer("padding", self.padding, 0)

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """images [N, C, H, W] of any dtype -> the same shape. Raises ValueError as `RandomFlip` does."""
        _check(images, generator)
        count, _, height, width = images.shape
        padded = F.pad(images, (self.padding,) * 4)
        windows = padded.unfold(2, height, 1).unfold(3, width, 1)  # [N, C, 2p+1, 2p+1, H, W], a view
        shape = (2, count)
        down, right = torch.randint(2 * self.padding + 1, shape, generator=generator, device=images.device)
        return windows[torch.arange(count, device=images.device), :, down, right]


@dataclass(frozen=True)
class RandomFlip:
    """Each image is mirrored left to right with probability 1/2.

    The draws are [N] bits, in one call of `torch.randint`. Not for digits and letters, whose mirror images are others.

    >>> flipped = data.RandomFlip()(digits.train.inputs, torch.Generator().manual_seed(0))
    >>> bool((flipped == digits.train.inputs).flatten(1).all(1).any())  # some stay as they are
    True
    """

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """images [N, C, H, W] of any dtype -> the same shape.

        Raises ValueError unless images have four axes and generator is on their device.
        """
        _check(images, generator)
        flipped = torch.randint(2, (len(images), 1, 1, 1), generator=generator, device=images.device).bool()
        return torch.where(flipped, images.flip(-1), images)


@dataclass(frozen=True)
class GaussianNoise:
    """Independent normal noise of standard deviation `scale` is added to each pixel.

    The draws are one call of `torch.randn` in the shape of the images. Raises ValueError unless scale is finite and
    not negative.

    >>> noisy = data.GaussianNoise(0.5)(digits.train.inputs, torch.Generator().manual_seed(0))
    >>> round((noisy - digits.train.inputs).std().item(), 2)
    0.5
    """

    scale: float

    def __post_init__(self) -> None:
        require_not_negative("scale", self.scale)

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """images [N, C, H, W] of a float type -> the same shape. Raises ValueError as `RandomFlip` does."""
        _check(images, generator)
        require("images", images, images.is_floating_point(), "a float dtype; use images.float()")
        noise = torch.randn(images.shape, generator=generator, device=images.device, dtype=images.dtype)
        return images + self.scale * noise


@dataclass(frozen=True)
class Compose:
    """One step after the other, each with its own draws from the same generator; with no step, images stay as they are.

    Raises ValueError for a step that cannot be called.

    >>> augment = data.Compose((data.RandomFlip(), data.RandomCrop(1)))
    >>> augment(digits.train.inputs, torch.Generator().manual_seed(0)).shape
    torch.Size([1000, 1, 8, 8])
    """

    steps: tuple[Callable[[Tensor, torch.Generator], Tensor], ...]

    def __post_init__(self) -> None:
        expected = "of (images, generator)"
        for step in as_tuple("steps", self.steps, f"a tuple of functions {expected}"):
            require_callable("steps", step, expected)

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        for step in self.steps:
            images = step(images, generator)
        return images


def _check(images: Tensor, generator: torch.Generator) -> None:
    expected = "a tensor [N, C, H, W]"
    require_instance("images", images, Tensor, expected)
    require("images", images, images.ndim == 4, expected)
    require_instance("generator", generator, torch.Generator, "a torch.Generator on the device of the images")
    if generator.device.type != images.device.type:
        raise ValueError(f"generator: is on {generator.device}, but images are on {images.device}")
