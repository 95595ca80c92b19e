"""Gaussian mixtures: exact moments against loops, and against samples."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tables import for_each

from ncbook.data import mixtures
from ncbook.data.mixtures import GaussianMixture, gaussian_mixture, hierarchical_mixture
from ncbook.metrics import cdnv


def random_mixture(classes: list[int], dim: int = 3, rank: int = 2, seed: int = 0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return torch.randn(*shape, generator=generator, dtype=dtype)

    count = len(classes)
    return GaussianMixture(draw(count, dim), draw(count).abs(), draw(count, dim, rank), torch.tensor(classes))


def moments(mixture: GaussianMixture) -> tuple[np.ndarray, np.ndarray]:
    """Means and covariances from E[x] and E[x x^T], component by component, in numpy."""
    means, covariances = [], []
    for k in range(mixture.num_classes):
        first, second = [], []
        for c, class_of in enumerate(mixture.component_classes.tolist()):
            if class_of != k:
                continue
            m, a, s = (t[c].double().numpy() for t in (mixture.component_means, mixture.factors, mixture.noise))
            first.append(m)
            second.append(np.outer(m, m) + a @ a.T + s**2 * np.eye(len(m)))
        mean = np.mean(first, axis=0)
        means.append(mean)
        covariances.append(np.mean(second, axis=0) - np.outer(mean, mean))
    return np.array(means), np.array(covariances)


def pair_mean(mixture: GaussianMixture) -> float:
    means, covariances = moments(mixture)
    values = [
        (np.trace(covariances[i]) + np.trace(covariances[j])) / (2 * np.sum((means[i] - means[j]) ** 2))
        for i in range(len(means))
        for j in range(len(means))
        if i != j
    ]
    return float(np.mean(values))


ASSIGNMENTS = st.lists(st.integers(0, 3), min_size=1, max_size=6).map(lambda extra: [2, 0, 1, 3, *extra])


@given(classes=ASSIGNMENTS, dim=st.integers(1, 5), rank=st.integers(0, 4), seed=st.integers(0, 10_000))
def test_moments_are_those_of_the_definition(classes, dim, rank, seed):
    mixture = random_mixture(classes, dim, rank, seed)
    means, covariances = moments(mixture)
    np.testing.assert_allclose(mixture.means.numpy(), means, atol=1e-12)
    np.testing.assert_allclose(mixture.covariances.numpy(), covariances, atol=1e-11)
    np.testing.assert_allclose(mixture.variances.numpy(), [np.trace(c) for c in covariances], rtol=1e-10)
    assert mixture.cdnv.item() == pytest.approx(pair_mean(mixture), rel=1e-9)


@for_each(("seed", "level"), [(0, "coarse"), (1, "fine")])
def test_samples_have_the_moments(seed, level):
    """200,000 points a class: 6 standard errors, from the sample's own fourth moments."""
    mixture = random_mixture([0, 1, 1, 0, 1], seed=seed)
    mixture = mixture if level == "coarse" else mixture.fine
    sample = mixture.sample(200_000, torch.Generator().manual_seed(seed))
    for k in range(mixture.num_classes):
        centered = sample.inputs[sample.labels == k] - mixture.means[k]
        assert len(centered) == 200_000
        within(centered, torch.zeros(3, dtype=torch.float64))
        within((centered[:, :, None] * centered[:, None]).flatten(1), mixture.covariances[k].flatten())
    assert cdnv(sample.inputs, sample.labels).item() == pytest.approx(mixture.cdnv.item(), rel=0.02)


def within(values, truth):
    error = values.std(0) / len(values) ** 0.5
    assert bool(((values.mean(0) - truth).abs() <= 6 * error).all())


def test_labels_of_components_give_those_of_classes():
    mixture = random_mixture([1, 0, 1])
    fine = mixture.fine.sample(5, torch.Generator().manual_seed(0))
    assert mixture.component_classes[fine.labels].tolist() == [1] * 5 + [0] * 5 + [1] * 5


def test_components_of_a_class_come_in_equal_parts():
    """Three far components without noise: each point tells its component."""
    means = torch.tensor([[0.0], [1], [2], [9], [8]])
    mixture = GaussianMixture(means, torch.zeros(5), torch.zeros(5, 1, 0), torch.tensor([0, 0, 0, 1, 1]))
    sample = mixture.sample(30_000, torch.Generator().manual_seed(1))
    counts = sample.inputs[:, 0].long().bincount(minlength=10).tolist()
    assert counts[:3] == pytest.approx([10_000] * 3, abs=6 * math.sqrt(30_000 * 2 / 9))
    assert counts[8:] == pytest.approx([15_000] * 2, abs=6 * math.sqrt(30_000 / 4))
    assert sum(counts[:3]) == sum(counts[8:]) == 30_000


def test_the_generator_fixes_the_sample_and_blocks_do_not_change_it(monkeypatch):
    mixture = random_mixture([0, 1, 1], dtype=torch.float32)
    one = mixture.sample(50, torch.Generator().manual_seed(2))
    other = mixture.sample(50, torch.Generator().manual_seed(3))
    monkeypatch.setattr(mixtures, "_BLOCK", 7 * mixture.factors[0].numel())
    same = mixture.sample(50, torch.Generator().manual_seed(2))
    torch.testing.assert_close(same.inputs, one.inputs)
    assert not torch.allclose(other.inputs, one.inputs)


@for_each("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_samples_have_the_dtype_of_the_means_and_moments_are_float64(dtype):
    mixture = random_mixture([0, 1, 1], dtype=dtype)
    sample = mixture.sample(4, torch.Generator().manual_seed(0))
    assert (sample.inputs.dtype, sample.labels.dtype) == (dtype, torch.int64)
    assert {t.dtype for t in (mixture.means, mixture.covariances, mixture.variances, mixture.cdnv)} == {torch.float64}
    np.testing.assert_allclose(mixture.covariances.numpy(), moments(mixture)[1], rtol=1e-10, atol=1e-12)


def test_moments_survive_an_offset_and_a_tiny_noise():
    means = torch.tensor([[1000.0, 1000.0], [1000.0, 1001.0]])
    mixture = GaussianMixture(means, torch.full((2,), 1e-4), torch.zeros(2, 2, 0), torch.tensor([0, 1]))
    assert mixture.cdnv.item() == pytest.approx(2 * 1e-8, rel=1e-6)
    collapsed = GaussianMixture(means, torch.zeros(2), torch.zeros(2, 2, 0), torch.tensor([0, 1]))
    assert collapsed.cdnv.item() == 0


def test_equal_class_means_have_an_infinite_cdnv():
    mixture = GaussianMixture(torch.ones(2, 3), torch.ones(2), torch.zeros(2, 3, 0), torch.tensor([0, 1]))
    assert mixture.cdnv.item() == math.inf


def test_gaussian_mixture_has_the_scale_that_it_says():
    mixture = gaussian_mixture(30, 2000, 0.1, seed=4)
    assert torch.pdist(mixture.means).mean().item() == pytest.approx(2**0.5, rel=0.01)
    assert mixture.cdnv.item() == pytest.approx(0.1**2 * 2000 / 2, rel=0.01)
    np.testing.assert_allclose(mixture.variances.numpy(), 2000 * 0.01, rtol=1e-6)


def test_hierarchical_mixture_has_the_scale_that_it_says():
    mixture = hierarchical_mixture(6, 5, 5000, spread=0.5, noise=0.01, seed=1)
    distances = torch.cdist(mixture.component_means, mixture.component_means)
    kin = mixture.component_classes[:, None] == mixture.component_classes
    siblings = distances[kin & ~torch.eye(30, dtype=torch.bool)]
    assert siblings.mean().item() == pytest.approx(0.5 * 2**0.5, rel=0.02)
    assert distances[~kin].mean().item() == pytest.approx((2 * 1.25) ** 0.5, rel=0.02)
    assert mixture.num_classes == 6
    assert mixture.fine.num_classes == 30
    np.testing.assert_allclose(mixture.variances.numpy(), 0.25 * 4 / 5 + 5000 * 1e-4, rtol=0.05)


def test_the_seed_draws_the_means():
    one, same, other = (hierarchical_mixture(2, 2, 4, 0.1, 0.1, seed).component_means for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


GOOD = {
    "component_means": torch.zeros(3, 2),
    "noise": torch.ones(3),
    "factors": torch.zeros(3, 2, 1),
    "component_classes": torch.tensor([0, 1, 1]),
}


@for_each(
    ("bad", "message"),
    [
        ({"component_means": torch.zeros(3)}, r"component_means: .*\[3\]"),
        ({"component_means": torch.zeros(3, 2, dtype=torch.long)}, "component_means: .*int64"),
        ({"component_means": torch.full((3, 2), math.nan)}, "component_means: expected finite"),
        ({"noise": torch.ones(2)}, r"noise: .*got a tensor .*\[2\]"),
        ({"noise": torch.tensor([1.0, -0.5, 1.0])}, "noise: expected no negative number, got -0.5"),
        ({"noise": torch.tensor([1.0, math.inf, 1.0])}, "noise: expected finite"),
        ({"noise": torch.ones(3, dtype=torch.float64)}, "noise: expected finite torch.float32.*got torch.float64"),
        ({"factors": torch.zeros(3, 3, 1)}, r"factors: .*\[3, 3, 1\]"),
        ({"factors": torch.full((3, 2, 1), math.nan)}, "factors: expected finite"),
        ({"component_classes": torch.tensor([0, 1])}, r"component_classes: expected \[3\]"),
        ({"component_classes": torch.tensor([0.0, 1, 1])}, "component_classes: .*float32"),
        ({"component_classes": torch.tensor([0, 2, 2])}, r"component_classes: .*got \[0, 2\]"),
        ({"component_classes": torch.tensor([-1, 0, 1])}, r"component_classes: .*got \[-1, 0, 1\]"),
        ({"component_classes": torch.tensor([0, 0, 0])}, r"component_classes: .*K >= 2, got \[0\]"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(bad, message):
    GaussianMixture(**GOOD)
    with pytest.raises(ValueError, match=message):
        GaussianMixture(**{**GOOD, **bad})


@for_each(
    ("arguments", "message"),
    [
        ((1, 1, 2, 0.1, 0.1), "num_super: expected an integer >= 2, got 1"),
        ((2, 0, 2, 0.1, 0.1), "num_sub: expected an integer >= 1, got 0"),
        ((2, 1, 0, 0.1, 0.1), "dim: expected an integer >= 1, got 0"),
        ((2, 1, 2, -0.1, 0.1), "spread: .*got -0.1"),
        ((2, 1, 2, 0.1, -0.1), "noise: expected a finite number >= 0, got -0.1"),
    ],
)
def test_hierarchical_mixture_refuses_bad_sizes(arguments, message):
    with pytest.raises(ValueError, match=message):
        hierarchical_mixture(*arguments)


def test_no_points_and_one_class_are_refused():
    with pytest.raises(ValueError, match="n: expected an integer >= 1, got 0"):
        gaussian_mixture(2, 2, 0.1).sample(0, torch.Generator())
    with pytest.raises(ValueError, match="num_classes: expected an integer >= 2, got 1"):
        gaussian_mixture(1, 2, 0.1)
