"""Glyphs: what is drawn, and that a seed fixes it to the bit."""

import math
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import label
from tables import for_each

from ncbook.data import _drawing, _templates
from ncbook.data.glyphs import (
    GLYPH_CLASSES,
    GLYPH_SCRIPTS,
    GLYPH_SHAPES,
    GlyphPopulation,
    glyph_super_classes,
    glyphs,
)

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
import draw_glyphs


@pytest.fixture(scope="module")
def store() -> _templates.Templates:
    return _templates.templates(torch.device("cpu"))


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# What is drawn


def test_there_are_71_classes_in_at_least_16_faces(store):
    assert len(set(GLYPH_CLASSES)) == len(GLYPH_CLASSES) == 71
    latin = [c in "".join(_templates.SCRIPTS[s] for s in ("digit", "upper", "lower")) for c in GLYPH_CLASSES]
    assert store.faces.tolist() == [21 if each else 16 for each in latin]
    assert store.pixels.shape == (store.faces.sum(), 3, 64, 64)


def test_a_drawing_is_centered_and_its_longer_side_is_44_pixels():
    """Up to the two pixels by which hinting rounds a size."""
    with np.load(_templates.DRAWN) as archive:
        ink = archive["sharp"] > 0
    lengths = []
    for axis in (1, 2):
        used = ink.any(axis)
        first, last = used.argmax(1), 63 - used[:, ::-1].argmax(1)
        lengths.append(last - first + 1)
        assert np.abs(first + last - 63).max() <= 1
    assert np.abs(np.maximum(*lengths) - 44).max() <= 2


def test_no_two_classes_share_a_template(store):
    """The closest pair of two classes in one face still differs by more than noise could explain."""
    plain = store.pixels[store.first, 0].flatten(1).double() / 255
    distance = torch.cdist(plain, plain).fill_diagonal_(math.inf)
    assert distance.min() > 5


def test_no_blur_brings_ink_to_the_border_of_a_template(store):
    """Outside its template an image repeats the border, which must be empty for that to look like background."""
    border = torch.ones(64, 64, dtype=torch.bool)
    border[1:-1, 1:-1] = False
    assert store.pixels[:, :, border].max() <= 2


def test_scripts_and_shapes_each_part_the_classes():
    for groups in (GLYPH_SCRIPTS, GLYPH_SHAPES):
        assert sorted(c for group in groups.values() for c in group) == list(range(71))
    assert "".join(GLYPH_CLASSES[c] for c in GLYPH_SCRIPTS["digit"]) == "0123456789"


@for_each("threshold", [60, 96, 128])
def test_shape_is_whether_the_character_encloses_background(store, threshold):
    regions = [label(~(store.pixels[first, 0].numpy() > threshold))[1] for first in store.first]  # DejaVu Sans is first
    assert [c for c, count in enumerate(regions) if count > 1] == list(GLYPH_SHAPES["closed"])


def test_at_difficulty_0_an_image_is_a_template_made_larger(store):
    """Written from the definition, pixel by pixel: zoom exp(0.2), no noise, and the sharpest blur."""
    image = GlyphPopulation((3,), 28, difficulty=0).sample(1, _generator()).inputs[0, 0].double() * 0.31 + 0.14
    candidates = store.pixels[store.first[3] : store.first[3] + store.faces[3], 0].double() / 255
    centers = ((2 * torch.arange(28, dtype=torch.float64) + 1) / 28 - 1) * math.exp(-0.2) * 32 + 31.5
    expected = torch.zeros(len(candidates), 28, 28, dtype=torch.float64)
    for i, row in enumerate(centers.tolist()):
        for j, column in enumerate(centers.tolist()):
            top, left = int(row), int(column)
            for y, x in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
                expected[:, i, j] += (1 - abs(row - y)) * (1 - abs(column - x)) * candidates[:, y, x]
    assert (expected - image).abs().amax((1, 2)).min() < 1e-5


def test_a_map_without_parts_agrees_with_torch(store):
    """The gather of four pixels against torch's own affine sampler, for random maps that stay inside the template."""
    generator = _generator()
    first = torch.randint(len(store.pixels) * 3, (50,), generator=generator)
    theta = torch.eye(2, 3) * 0.7 + 0.1 * (torch.rand(50, 2, 3, generator=generator) - 0.5)
    affine = theta.flatten(1).T * 32
    affine[2::3] += 31.5
    ours = _drawing.warp(store, (first * 4096).int(), affine, 28)
    grid = torch.nn.functional.affine_grid(theta, [50, 1, 28, 28], align_corners=False)
    pictures = store.pixels.view(-1, 1, 64, 64)[first].float() / 255
    theirs = torch.nn.functional.grid_sample(pictures, grid, align_corners=False)[:, 0]
    assert (ours - theirs).abs().max() < 1e-4


def test_noise_is_nearly_normal_and_independent():
    noise = _drawing.noise((1000, 1, 28, 28), _generator()).double().flatten(1)
    count = noise.numel()
    assert noise.mean().abs() < 5 / count**0.5
    assert (noise.var() - 1).abs() < 5 * (2 / count) ** 0.5
    assert (noise**3).mean().abs() < 5 * (15 / count) ** 0.5
    assert (noise**4).mean() == pytest.approx(3 - 6 / 5 / 4, abs=0.02)  # a sum of four uniforms
    for lag in (1, 2, 28):
        assert (noise[:, lag:] * noise[:, :-lag]).mean().abs() < 5 / count**0.5


def test_the_bar_hides_its_share():
    """A bar through the center, upright, of half-width 0.13: it takes 13 % of a 28 pixel wide image, at any size."""
    for size in (16, 28, 32):
        free = _drawing.uncovered(torch.tensor([[0.0], [0.5], [1.0]], dtype=torch.float64), size, 1.0)
        assert 1 - free.mean().item() == pytest.approx(0.13, rel=1e-5)
        assert 0 <= free.min() <= free.max() == 1
    thin = _drawing.uncovered(torch.tensor([[0.0], [0.5], [0.01]], dtype=torch.float64), 28, 1.0)
    assert thin.min() > 0.9


# Sampling


@for_each(("size", "color", "channels"), [(28, False, 1), (16, False, 1), (32, True, 3)])
def test_a_sample_has_the_shapes_that_it_says(size, color, channels):
    sample = GlyphPopulation((5, 40, 70), size, color).sample(100, _generator())
    assert sample.inputs.shape == (300, channels, size, size)
    assert (sample.inputs.dtype, sample.labels.dtype) == (torch.float32, torch.int64)
    assert sample.labels.tolist() == [0, 1, 2] * 100
    assert sample.inputs.isfinite().all()
    assert len(sample.inputs.flatten(1).unique(dim=0)) == 300


@for_each(("size", "color"), [(28, False), (16, False), (32, True)])
def test_pixels_have_about_mean_0_and_deviation_1(size, color):
    inputs = GlyphPopulation(tuple(range(71)), size, color).sample(30, _generator()).inputs
    assert inputs.mean().abs() < 0.1
    assert inputs.std() == pytest.approx(1, abs=0.1)


@for_each(("size", "color", "difficulty"), [(28, False, 0.85), (32, True, 1.5)])
def test_the_images_do_not_depend_on_the_number_of_threads(size, color, difficulty):
    population, threads = GlyphPopulation(tuple(range(20)), size, color, difficulty), torch.get_num_threads()
    try:
        images = []
        for count in (1, 2):
            torch.set_num_threads(count)
            images.append(population.sample(8, _generator(4)).inputs)
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(*images)


def test_another_seed_gives_other_images():
    population = GlyphPopulation()
    first, second = (population.sample(1, _generator(seed)).inputs.flatten(1) for seed in (0, 1))
    assert torch.cdist(first, second).min() > 1


@given(
    few=st.integers(1, 60),
    more=st.integers(1, 60),
    seed=st.integers(0, 2**31),
    chosen=st.sets(st.integers(0, 70), min_size=1, max_size=9),
)
def test_a_smaller_sample_is_the_beginning_of_a_larger_one(few, more, seed, chosen):
    population = GlyphPopulation(tuple(chosen), 16)
    first, second = (population.sample(n, _generator(seed)) for n in (few, few + more))
    assert torch.equal(first.inputs, second.inputs[: len(first)])
    assert torch.equal(first.labels, second.labels[: len(first)])


def test_a_generator_moves_on():
    population, generator = GlyphPopulation(), _generator()
    first, second = (population.sample(5, generator).inputs.flatten(1) for _ in range(2))
    assert torch.cdist(first, second).min() > 1


def test_an_image_is_its_label():
    """Nearest class means of a plain sample name the characters of a fresh one; shuffled labels would name 1 in 10."""
    population = GlyphPopulation(difficulty=0.3)
    seen, fresh = (population.sample(100, _generator(seed)) for seed in (1, 2))
    means = torch.stack([seen.inputs[seen.labels == c].mean(0).flatten() for c in range(10)])
    assert (torch.cdist(fresh.inputs.flatten(1), means).argmin(1) == fresh.labels).float().mean() > 0.85


def test_classes_keep_the_order_that_they_are_given_in():
    forward, backward = (GlyphPopulation(order, difficulty=0).sample(40, _generator()) for order in ((1, 8), (8, 1)))
    means = [[split.inputs[split.labels == c].mean(0) for c in (0, 1)] for split in (forward, backward)]
    assert (means[0][0] - means[1][1]).norm() < (means[0][0] - means[1][0]).norm() / 3


@for_each("color", [False, True])
def test_difficulty_is_spread_within_classes(color):
    spreads = []
    for difficulty in (0, 0.3, 0.6, 0.85, 1.2):
        sample = GlyphPopulation((2,), difficulty=difficulty, color=color).sample(300, _generator())
        spreads.append(sample.inputs.var(0).mean().item())
    assert spreads == sorted(spreads)
    assert spreads[-1] > 2 * spreads[0]


def test_each_channel_of_a_color_image_has_its_own_color():
    inputs = GlyphPopulation(size=32, color=True).sample(20, _generator()).inputs
    means = inputs.mean((2, 3))
    assert (means[:, 0] - means[:, 1]).abs().mean() > 0.3


def test_colors_lie_in_the_unit_cube():
    for difficulty in (0.0, 0.85, 1.5):
        draws = torch.rand(3, 3, 10000, dtype=torch.float64, generator=_generator())
        contrast, ground = _drawing.colors(*draws, difficulty)
        for color in (ground, ground + contrast):
            assert -1e-12 <= color.min() <= color.max() <= 1 + 1e-12
        assert contrast.abs().min() > 0.1


# The data set


def test_a_data_set_is_balanced_and_its_splits_are_disjoint():
    dataset = glyphs((0, 12, 60), 20, 30, seed=5)
    assert dataset.class_names == (GLYPH_CLASSES[0], GLYPH_CLASSES[12], GLYPH_CLASSES[60])
    assert dataset.train.labels.bincount().tolist() == [20] * 3
    assert dataset.test.labels.bincount().tolist() == [30] * 3
    assert torch.cdist(dataset.train.inputs.flatten(1), dataset.test.inputs.flatten(1)).min() > 1


def test_training_sets_of_one_seed_are_nested_and_share_the_test_set():
    small, large = (glyphs(train_per_class=n, test_per_class=10, size=16) for n in (10, 40))
    assert torch.equal(small.train.inputs, large.train.inputs[:100])
    assert torch.equal(small.test.inputs, large.test.inputs)


def test_the_seed_decides():
    same, again, other = (glyphs(train_per_class=2, test_per_class=2, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(same.train.inputs, again.train.inputs)
    assert not torch.equal(same.train.inputs, other.train.inputs)


def test_super_classes_number_the_groups_that_occur():
    classes = (60, 3, 15, 61)
    transformation = glyph_super_classes(classes, GLYPH_SCRIPTS)
    assert (transformation.groups, transformation.names) == ((2, 0, 1, 2), ("digit", "upper", "greek"))
    coarse = transformation(glyphs(classes, 2, 3, size=16))
    assert coarse.train.labels.tolist() == [2, 0, 1, 2] * 2


# Bad input


@for_each(
    ("argument", "value", "message"),
    [
        ("classes", (), "classes: expected at least one, got none"),
        ("classes", (3,), r"classes: a data set needs at least two, got \(3,\)"),
        ("classes", (0, 71), r"classes: expected an integer in 0\.\.70, got 71"),
        ("classes", (-1, 2), r"classes: expected an integer in 0\.\.70, got -1"),
        ("classes", (4, 2, 4), "classes: expected each once, but 4 is given 2 times"),
        ("size", 29, "size: expected one of 16, 28, 32, got 29"),
        ("difficulty", -0.1, r"difficulty: .*\[0, 1\.5\], got -0\.1"),
        ("difficulty", 1.6, "difficulty: .*got 1.6"),
        ("difficulty", math.nan, "difficulty: .*got nan"),
        ("train_per_class", 0, "train_per_class: expected an integer >= 1, got 0"),
        ("test_per_class", -2, "test_per_class: expected an integer >= 1, got -2"),
        ("seed", -1, "seed: expected an integer >= 0, got -1"),
    ],
)
def test_bad_input_is_named(argument, value, message):
    with pytest.raises(ValueError, match=message):
        glyphs(**{argument: value})


def test_a_sample_of_nothing_is_refused():
    with pytest.raises(ValueError, match="per_class: expected an integer >= 1, got 0"):
        GlyphPopulation().sample(0, _generator())


@for_each(
    ("groups", "message"),
    [({"a": (0, 1), "b": (1, 2)}, r"classes: 1 \(1\) .* lies in 2"), ({"a": (0, 1)}, "classes: 2 .* lies in 0")],
)
def test_super_classes_refuse_groups_that_do_not_part_the_classes(groups, message):
    with pytest.raises(ValueError, match=message):
        glyph_super_classes((0, 1, 2), groups)


# The drawings


@pytest.mark.skipif(matplotlib.__version__ != draw_glyphs.VERSION, reason="another matplotlib draws in another way")
def test_the_package_has_what_is_drawn():
    sharp, faces = draw_glyphs.draw()
    with np.load(_templates.DRAWN) as archive:
        assert np.array_equal(archive["sharp"], sharp)
        assert np.array_equal(archive["faces"], faces)


def test_templates_are_the_drawings_blurred(store):
    """Against a sum over a window that is written out."""
    with np.load(_templates.DRAWN) as archive:
        sharp = archive["sharp"][[0, 500]].astype(np.float64)
    for level, sigma in enumerate(_templates.BLURS):
        reach = int(4 * sigma + 0.5)
        weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
        weights /= weights.sum()
        rows = np.apply_along_axis(np.convolve, 1, np.pad(sharp, ((0, 0), (reach, reach), (0, 0))), weights, "valid")
        both = np.apply_along_axis(np.convolve, 2, np.pad(rows, ((0, 0), (0, 0), (reach, reach))), weights, "valid")
        assert np.abs(both - store.pixels[[0, 500], level].numpy()).max() < 0.51
