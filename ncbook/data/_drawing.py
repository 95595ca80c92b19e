"""Images of glyphs from uniform random numbers: n images at once, every pixel by single operations."""

import math

import torch
from torch import Tensor

from ncbook.data._templates import BLURS, CHARACTERS, SIDE, Templates


def uniform(rows: int, columns: int, generator: torch.Generator) -> Tensor:
    """[rows, columns] float64 in [0, 1). What is computed from it is rounded to float32 before it meets a pixel, which
    hides the last digits of sines and exponentials, where processors differ."""
    return torch.rand(rows, columns, dtype=torch.float64, generator=generator, device=generator.device)


def noise(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Nearly normal, mean 0, variance 1: the sum of the four bytes of a random integer, exact on every processor."""
    pairs = torch.empty(math.prod(shape) // 2, dtype=torch.int64, device=generator.device)
    bits = pairs.random_(-(2**63), None, generator=generator).view(torch.int32)
    halves = (bits & 0x00FF00FF) + ((bits >> 8) & 0x00FF00FF)  # two sums of two bytes, side by side
    total = (halves & 0xFFFF) + (halves >> 16)
    return total.float().sub_(510).mul_(1 / math.sqrt(4 * (256**2 - 1) / 12)).view(shape)


def glyph(store: Templates, characters: Tensor, uniform: Tensor, d: float) -> tuple[Tensor, Tensor]:
    """Where the template of each image starts [n], and its affine map [6, n]."""
    face, blur, *centered = uniform
    turn, zoom, aspect, shear, right, down = (2 * each - 1 for each in centered)
    placed = affine(0.45 * d * turn, 0.2 + 0.22 * d * zoom, 0.18 * d * aspect, 0.35 * d * shear, right, down, 0.22 * d)
    return template(store, characters, face, blur, d), placed


def clutter(store: Templates, uniform: Tensor, d: float) -> tuple[Tensor, Tensor]:
    """A smaller character of any class, turned at will, its center outside the image or near its border."""
    character, face, blur, turn, zoom, angle = uniform
    chosen, none, around = (character * len(CHARACTERS)).long(), torch.zeros_like(turn), 2 * math.pi * angle
    placed = affine(6 * turn - 3, 0.4 * zoom - 0.7, none, none, around.cos(), around.sin(), 1.5)
    return template(store, chosen, face, blur, d), placed


def template(store: Templates, characters: Tensor, face: Tensor, blur: Tensor, d: float) -> Tensor:
    """The number of the first pixel [n] int32 of a face and a level of blur that are drawn at random."""
    row = store.first[characters] + (face * store.faces[characters]).long()
    level = (blur * (1 + (len(BLURS) - 1) * min(d, 1))).long()
    return ((row * len(BLURS) + level) * SIDE**2).int()


def affine(
    turn: Tensor, zoom: Tensor, aspect: Tensor, shear: Tensor, right: Tensor, down: Tensor, shift: float
) -> Tensor:
    """The map [6, n] from a point of the image (both coordinates in [-1, 1]) to a pixel of the template: column
    coefficients (x, y, 1), then row coefficients. `turn` in radians, `zoom` and `aspect` on a logarithmic scale."""
    cos, sin, wide, tall = turn.cos(), turn.sin(), (-zoom - aspect).exp(), (aspect - zoom).exp()
    column = (cos * wide, (shear * cos - sin) * wide, shift * right)
    row = (sin * tall, (cos + shear * sin) * tall, shift * down)
    affine = torch.stack((*column, *row)) * (SIDE / 2)
    affine[2::3] += (SIDE - 1) / 2
    return affine.float()


def warp(store: Templates, start: Tensor, affine: Tensor, size: int) -> Tensor:
    """[n, size, size] in 0..1: each template seen through its affine map, interpolated between four pixels."""
    x, y = axes(size, start.device)
    a, b, c, e, f, g = (image_wise(each) for each in affine)
    column, row = ((a * x + (b * y + c)), (e * x + (f * y + g)))  # [n, size, size]
    column, row = (each.clamp_(0, SIDE - 1.001) for each in (column, row))  # the border of a template is empty
    left, top = column.int(), row.int()
    here = (image_wise(start) + left + top * SIDE).view(-1)
    across, pixels = column.sub_(left), store.pixels.view(-1)

    def between(offset: int) -> Tensor:
        first, second = (pixels[offset + each :].index_select(0, here).view_as(across).float() for each in (0, 1))
        return second.sub_(first).mul_(across).add_(first)

    above, below = between(0), between(SIDE)
    return below.sub_(above).mul_(row.sub_(top)).add_(above).mul_(1 / 255)


def uncovered(uniform: Tensor, size: int, d: float) -> Tensor:
    """The share of each pixel [n, size, size] that a straight bar leaves free; it is at most 0.26 d wide."""
    angle, offset, width = uniform
    slope_x, slope_y, middle, half = (  # in pixels: a bar thinner than one covers a part of each that it meets
        image_wise((each * size / 2).float())
        for each in ((math.pi * angle).cos(), (math.pi * angle).sin(), 1.4 * offset - 0.7, 0.13 * d * width)
    )
    x, y = axes(size, uniform.device)
    distance = (slope_x * x + (slope_y * y - middle)).abs_()
    covered = (half + 0.5 - distance).clamp_(min=0).minimum((2 * half).clamp(max=1))
    return covered.neg_().add_(1)


def lit(ink: Tensor, uniform: Tensor, d: float) -> Tensor:
    """ink [n, size, size] in 0..1 -> [n, channels, size, size]: contrast, background, and a gradient of light."""
    right, down = (0.25 * d * (2 * each - 1) for each in uniform[:2])
    contrast, ground, flip = uniform[2:].chunk(3)
    contrast, ground = (each.T[:, :, None, None].float() for each in colors(contrast, ground, flip, d))
    x, y = axes(ink.shape[-1], ink.device)
    light = image_wise(right.float()) * x + image_wise(down.float()) * y
    return (ink[:, None] * contrast).add_(light[:, None] + ground)


def colors(contrast: Tensor, ground: Tensor, flip: Tensor, d: float) -> tuple[Tensor, Tensor]:
    """Ink minus background, and background, [channels, n]. In gray the ink is the lighter of the two; in color each
    channel decides that for itself, and both lie in [0, 1]."""
    if len(contrast) == 1:
        return 1 - 0.55 * min(d, 1.4) * contrast, 0.25 * d * (2 * ground - 1)
    contrast = 1 - 0.8 * min(d, 1.1) * contrast  # weaker than in gray: of three channels, one may nearly vanish
    ground = min(d, 1) * (1 - contrast) * ground
    dark = flip < d / 2
    return torch.where(dark, -contrast, contrast), torch.where(dark, ground + contrast, ground)


def axes(size: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """The centers of the pixels in [-1, 1]: x [1, 1, size] and y [1, size, 1]."""
    centers = ((2 * torch.arange(size, dtype=torch.float64, device=device) + 1) / size - 1).float()
    return centers[None, None, :], centers[None, :, None]


def image_wise(values: Tensor) -> Tensor:
    return values[:, None, None]
