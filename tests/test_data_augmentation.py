"""Augmentation: against loops over images that replay the same draws; pixels are moved, each image on its own."""

import copy
from dataclasses import FrozenInstanceError

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tables import for_each
from torch import Tensor

from ncbook.data.augmentation import Compose, GaussianNoise, RandomCrop, RandomFlip

DTYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.uint8]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(count: int, channels: int, height: int, width: int, dtype=torch.float32, seed: int = 1) -> Tensor:
    """Whole numbers from 1 to 255: exact in every type, and never the 0 of the margin."""
    return torch.randint(1, 256, (count, channels, height, width), generator=generator(seed)).to(dtype)


def slow_crop(images: Tensor, padding: int, draws: torch.Generator) -> Tensor:
    """One pixel after the other, from the equation."""
    count, _, height, width = images.shape
    shifts = torch.randint(2 * padding + 1, (2, count), generator=draws).tolist()
    out = torch.zeros_like(images)
    for n, (down, right) in enumerate(zip(*shifts, strict=True)):
        for i in range(height):
            for j in range(width):
                row, column = i + down - padding, j + right - padding
                if 0 <= row < height and 0 <= column < width:
                    out[n, :, i, j] = images[n, :, row, column]
    return out


def slow_flip(images: Tensor, draws: torch.Generator) -> Tensor:
    bits = torch.randint(2, (len(images), 1, 1, 1), generator=draws).flatten().tolist()
    width = images.shape[-1]
    out = images.clone()
    for n, bit in enumerate(bits):
        for j in range(width if bit else 0):
            out[n, :, :, j] = images[n, :, :, width - 1 - j]
    return out


def assert_same(result: Tensor, expected: Tensor) -> None:
    assert (result.dtype, result.device, result.shape) == (expected.dtype, expected.device, expected.shape)
    assert torch.equal(result, expected)


SIZES = st.tuples(st.integers(0, 6), st.integers(1, 3), st.integers(1, 7), st.integers(1, 7))
SEEDS = st.integers(0, 2**31)


@given(size=SIZES, padding=st.integers(0, 5), dtype=st.sampled_from(DTYPES), seed=SEEDS)
def test_a_crop_is_that_of_a_loop_over_pixels(size, padding, dtype, seed):
    """Also where the margin is wider than the image, which may then be gone altogether."""
    images = pictures(*size, dtype)
    assert_same(RandomCrop(padding)(images, generator(seed)), slow_crop(images, padding, generator(seed)))


@given(size=SIZES, dtype=st.sampled_from(DTYPES), seed=SEEDS)
def test_a_flip_is_that_of_a_loop_over_columns(size, dtype, seed):
    images = pictures(*size, dtype)
    assert_same(RandomFlip()(images, generator(seed)), slow_flip(images, generator(seed)))


@for_each("dtype", [torch.float32, torch.float64])
def test_noise_is_added_as_drawn(dtype):
    images = pictures(6, 2, 5, 4, dtype)
    noise = torch.randn(6, 2, 5, 4, generator=generator(7), dtype=dtype)
    assert_same(GaussianNoise(0.3)(images, generator(7)), images + 0.3 * noise)
    assert torch.equal(GaussianNoise(0)(images, generator(7)), images)


@for_each("scale", [-0.1, float("inf"), float("nan")])
def test_noise_of_no_scale_is_refused(scale):
    with pytest.raises(ValueError, match="scale: expected a finite number >= 0"):
        GaussianNoise(scale)


@given(size=SIZES, padding=st.integers(0, 3), seed=SEEDS)
def test_a_composition_draws_for_one_step_after_the_other(size, padding, seed):
    images, draws = pictures(*size), generator(seed)
    expected = slow_flip(slow_crop(images, padding, draws), draws)
    assert_same(Compose((RandomCrop(padding), RandomFlip()))(images, generator(seed)), expected)


@for_each("step", [RandomCrop(0), Compose(()), Compose((RandomCrop(0),))])
def test_some_change_nothing(step):
    images = pictures(5, 3, 6, 4)
    assert torch.equal(step(images, generator()), images)


def test_every_shift_occurs_about_as_often_as_every_other():
    """One bright pixel in the middle: where it lands is the shift. 25 shifts, each of 200 expected, sigma 14."""
    images = torch.zeros(5000, 1, 5, 5)
    images[:, :, 2, 2] = 1
    landed = RandomCrop(2)(images, generator(3)).sum((0, 1))
    assert landed.sum() == 5000
    assert landed.min() > 200 - 70
    assert landed.max() < 200 + 70


def test_half_of_the_images_are_flipped():
    images = torch.tensor([0.0, 1.0]).expand(4000, 1, 1, 2)
    flipped = RandomFlip()(images, generator(3))[:, 0, 0, 0].sum().item()
    assert flipped == pytest.approx(2000, abs=160)  # 5 sigma


def test_shifts_of_both_axes_and_flips_are_drawn_apart():
    """Correlations of 4000 images: 5 sigma are 0.08."""
    images = torch.arange(1.0, 13.0).reshape(3, 4).expand(4000, 1, 3, 4)
    out = Compose((RandomCrop(1), RandomFlip()))(images, generator(5))[:, 0]
    middle = out[:, 1, 1:3].sort(1).values  # two neighbors of one row, in whatever order
    down, right = ((middle[:, 1] - 1) // 4), (middle[:, 1] - 1) % 4
    flipped = (out[:, 1, 1] > out[:, 1, 2]).float()
    correlations = torch.corrcoef(torch.stack((down, right, flipped)))
    assert (down.unique().tolist(), right.unique().tolist()) == ([0, 1, 2], [1, 2, 3])
    assert (correlations - torch.eye(3)).abs().max() < 0.08


def test_every_image_stays_in_its_place():
    """So that labels need no change: image n holds n + 1, and nothing but that and zeros afterwards."""
    values = torch.arange(1.0, 101.0)
    images = values[:, None, None, None].expand(100, 2, 8, 8)
    out = Compose((RandomCrop(4), RandomFlip()))(images, generator())
    assert torch.equal(out.amax((1, 2, 3)), values)
    assert ((out == 0) | (out == images)).all()


@for_each("step", [RandomCrop(2), RandomFlip(), Compose((RandomFlip(), RandomCrop(1)))])
def test_the_images_that_come_in_are_left_alone(step):
    images = pictures(6, 1, 5, 5)
    before = images.clone()
    out = step(images, generator())
    out.zero_()
    assert torch.equal(images, before)


@for_each("step", [RandomCrop(2), RandomFlip(), Compose((RandomFlip(), RandomCrop(2)))])
def test_the_generator_decides(step):
    images = pictures(64, 1, 8, 8)
    draws = generator(7)
    first, state = step(images, draws), copy.copy(draws.get_state())
    second = step(images, draws)
    assert torch.equal(first, step(images, generator(7)))
    assert not torch.equal(first, second)
    assert torch.equal(second, step(images, generator().set_state(state)))
    assert not torch.equal(first, step(images, generator(8)))


@for_each("step", [RandomCrop(2), RandomFlip()])
def test_the_global_random_numbers_are_not_touched(step):
    before = torch.get_rng_state()
    step(pictures(4, 1, 4, 4), generator())
    assert torch.equal(torch.get_rng_state(), before)


@for_each("step", [RandomCrop(1), RandomFlip()])
def test_images_may_lie_in_memory_in_any_order(step):
    images = pictures(8, 3, 5, 4)
    shuffled = images.to(memory_format=torch.channels_last)
    assert_same(step(shuffled, generator()), step(images, generator()))


def test_gradients_reach_the_pixels_that_are_seen():
    images = pictures(20, 1, 4, 4, torch.float64).requires_grad_()
    out = Compose((RandomCrop(2), RandomFlip()))(images, generator())
    out.pow(2).sum().backward()
    seen = images.grad != 0
    assert torch.equal(images.grad[seen], 2 * images.detach()[seen])
    assert seen.sum() == (out != 0).sum()
    assert not seen.all()


def test_what_does_not_fit_is_refused():
    for padding, error in ((-1, ValueError), (1.5, ValueError), ("4", TypeError), (None, TypeError)):
        with pytest.raises(error, match="padding: expected an integer >= 0, got"):
            RandomCrop(padding)
    with pytest.raises(TypeError, match=r"steps: expected a function of \(images, generator\), got 4"):
        Compose((RandomFlip(), 4))
    for step in (RandomCrop(1), RandomFlip(), Compose((RandomFlip(),))):
        for shape in ((3, 8, 8), (8, 8), (1, 2, 3, 4, 5)):
            with pytest.raises(ValueError, match=r"images: expected a tensor \[N, C, H, W\], got a tensor"):
                step(torch.zeros(shape), generator())
        with pytest.raises(ValueError, match="generator: is on cpu, but images are on meta"):
            step(torch.zeros(2, 1, 4, 4, device="meta"), generator())


def test_they_are_values():
    assert Compose((RandomCrop(4), RandomFlip())) == Compose((RandomCrop(), RandomFlip()))
    assert len({RandomCrop(1), RandomCrop(1), RandomCrop(2), RandomFlip(), RandomFlip()}) == 3
    with pytest.raises(FrozenInstanceError):
        RandomCrop(1).padding = 2
