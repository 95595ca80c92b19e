"""Effective rank, stable rank and log-kernel uniformity against definitions and closed forms."""

import math

import numpy as np
import pytest
import torch
from draws import normal
from hypothesis import given
from hypothesis import strategies as st
from tables import for_each

from ncbook.metrics.geometry import simplex_etf
from ncbook.metrics.spectrum import effective_rank, log_kernel_uniformity, stable_rank


def define_effective_rank(matrix):
    singular = np.linalg.svd(matrix, compute_uv=False)
    shares = [value / singular.sum() for value in singular if value > 0]
    return math.exp(-sum(share * math.log(share) for share in shares))


def define_stable_rank(matrix):
    return (matrix**2).sum() / np.linalg.norm(matrix, 2) ** 2


def define_log_kernel(means):
    centered = [mean - means.mean(0) for mean in means]
    unit = [each / np.linalg.norm(each) for each in centered]
    pairs = [(i, j) for i in range(len(unit)) for j in range(i)]
    values = [math.log(1 / np.linalg.norm(unit[i] - unit[j])) for i, j in pairs]
    return np.mean(values), np.var(values)


@given(
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(0, 2**31),
    st.sampled_from([torch.float16, torch.bfloat16, torch.float32, torch.float64]),
    st.sampled_from([1e-3, 1.0, 300.0]),
)
def test_ranks_agree_with_the_definitions(rows, columns, seed, dtype, scale):
    matrix = (scale * normal(rows, columns, seed=seed)).to(dtype)
    truth = matrix.double().numpy()
    assert effective_rank(matrix).item() == pytest.approx(define_effective_rank(truth), rel=1e-9)
    assert stable_rank(matrix).item() == pytest.approx(define_stable_rank(truth), rel=1e-9)
    assert 1 - 1e-9 <= stable_rank(matrix) <= min(rows, columns) + 1e-9


@for_each("rank", [1, 2, 5])
def test_ranks_of_a_projection_are_its_rank(rank):
    basis = torch.linalg.qr(normal(8, rank)).Q
    for measure in (effective_rank, stable_rank):
        assert measure(3 * basis @ basis.T).item() == pytest.approx(rank, rel=1e-9)


def test_ranks_of_known_singular_values():
    matrix = torch.diag(torch.tensor([2.0, 1.0, 1.0]))
    assert effective_rank(matrix).item() == pytest.approx(2**1.5, rel=1e-12)  # entropy of (1/2, 1/4, 1/4)
    assert stable_rank(matrix).item() == pytest.approx(1.5, rel=1e-12)


def test_a_covariance_has_a_smaller_effective_rank_than_its_features():
    features = normal(50, 6) * torch.logspace(0, -2, 6)
    covariance = features.T @ features / 50
    assert effective_rank(covariance) < effective_rank(features) - 0.1
    squares = np.linalg.svd(features.numpy(), compute_uv=False) ** 2
    assert effective_rank(covariance).item() == pytest.approx(define_effective_rank(np.diag(squares)), rel=1e-9)


@for_each("scale", [1e-30, 1e30])
def test_ranks_at_the_ends_of_float32(scale):
    matrix = (scale * normal(6, 4)).to(torch.float32)
    truth = matrix.double().numpy()
    assert effective_rank(matrix).item() == pytest.approx(define_effective_rank(truth), rel=1e-9)
    assert stable_rank(matrix).item() == pytest.approx(define_stable_rank(truth), rel=1e-9)


def test_ranks_of_zeros_are_undefined():
    assert math.isnan(effective_rank(torch.zeros(3, 2)).item())
    assert math.isnan(stable_rank(torch.zeros(3, 2)).item())


# --- log kernel


@given(
    st.integers(3, 12),
    st.integers(2, 9),
    st.integers(0, 2**31),
    st.sampled_from([(torch.float16, 0.0), (torch.bfloat16, 0.0), (torch.float32, 100.0), (torch.float64, 1000.0)]),
)
def test_log_kernel_agrees_with_the_definition(classes, dim, seed, stored):
    dtype, offset = stored
    means = (offset + normal(classes, dim, seed=seed)).to(dtype)
    measured = [value.item() for value in log_kernel_uniformity(means)]
    assert measured == pytest.approx(define_log_kernel(means.double().numpy()), rel=1e-6, abs=1e-9)


@for_each("classes", [2, 3, 10])
def test_log_kernel_of_the_simplex(classes):
    mean, variance = log_kernel_uniformity(3 * simplex_etf(classes, classes + 1) + 5)
    assert mean.item() == pytest.approx(-math.log(2 * classes / (classes - 1)) / 2, rel=1e-12)
    assert variance.item() == pytest.approx(0, abs=1e-24)


def test_log_kernel_of_a_square():
    """Four pairs at distance sqrt(2), two at 2."""
    square = torch.tensor([[1.0, 0], [0, 1], [-1, 0], [0, -1]])
    mean, variance = log_kernel_uniformity(square)
    assert mean.item() == pytest.approx(-2 / 3 * math.log(2), rel=1e-12)
    assert variance.item() == pytest.approx(math.log(2) ** 2 / 18, rel=1e-12)


@given(st.integers(2, 6), st.integers(0, 2**31))
def test_no_other_arrangement_has_a_lower_mean_than_the_simplex(classes, seed):
    lowest = -math.log(2 * classes / (classes - 1)) / 2
    assert log_kernel_uniformity(normal(classes, classes + 2, seed=seed))[0].item() >= lowest - 1e-12


def test_near_directions_keep_their_digits():
    angle = 1e-7
    means = torch.tensor([[1, 0], [math.cos(angle), math.sin(angle)], [-1, 0], [-math.cos(angle), -math.sin(angle)]])
    assert means.dtype == torch.float32  # cos is 1 here; the sine is exact to 6e-8
    mean, _ = log_kernel_uniformity(means)
    assert mean.item() == pytest.approx(define_log_kernel(means.double().numpy())[0], rel=1e-9)


def test_two_equal_means_and_a_mean_at_the_center():
    mean, variance = log_kernel_uniformity(torch.tensor([[1.0, 0], [1.0, 0], [0, 1.0]]))
    assert mean.item() == math.inf
    assert math.isnan(variance.item())
    line = torch.tensor([[0.1], [0.2], [0.3]], dtype=torch.float64) * torch.tensor([[1.0, 0.7]], dtype=torch.float64)
    assert math.isnan(log_kernel_uniformity(line)[0].item())


def test_gradients_agree_with_finite_differences():
    matrix = normal(4, 3).requires_grad_()
    for measure in (effective_rank, stable_rank, lambda m: sum(log_kernel_uniformity(m))):
        assert torch.autograd.gradcheck(measure, matrix)


@for_each(
    ("measure", "name"), [(effective_rank, "matrix"), (stable_rank, "matrix"), (log_kernel_uniformity, "class_means")]
)
def test_the_wrong_argument_is_named(measure, name):
    for wrong, message in (
        (torch.ones(3), r"\[3\]"),
        (torch.ones(0, 3), r"\[0, 3\]"),
        (torch.ones(3, 3, dtype=torch.int32), "int32"),
        (torch.tensor([[1.0, math.nan], [0, 1]]), r"entry \[0, 1\] is nan"),
    ):
        with pytest.raises(ValueError, match=f"{name}: .*{message}"):
            measure(wrong)


def test_one_mean_has_no_pair():
    with pytest.raises(ValueError, match=r"class_means: .*K >= 2.*\[1, 3\]"):
        log_kernel_uniformity(torch.ones(1, 3))
