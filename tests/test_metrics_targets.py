"""Measures of numbers and of sets of labels against their definitions, and the closed form against descent."""

import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from ncbook import metrics


def drawn(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def outside(points: np.ndarray, center: np.ndarray, directions: np.ndarray) -> float:
    """Row by row: what is left of a row after its part in the span of orthonormal directions."""
    left = whole = 0.0
    for row in points:
        inside = np.zeros_like(row)
        for direction in directions:
            inside += direction * float(direction @ (row - center))
        left += float(((row - center - inside) ** 2).sum())
        whole += float(((row - center) ** 2).sum())
    return left / whole


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("new", [False, True])
def test_outside_components_is_what_the_covariance_leaves(count, new):
    features, others = drawn(9, 5) @ drawn(5, 5, seed=1), drawn(7, 5, seed=2)
    reference = others if new else features
    _, vectors = np.linalg.eigh(np.cov(reference.numpy().T, bias=True))
    expected = outside(features.numpy(), reference.mean(0).numpy(), vectors[:, ::-1].T[:count])
    found = metrics.outside_components(features, count, others if new else None)
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("new", [False, True])
@pytest.mark.parametrize("rows", [1, 2, 5])
def test_outside_rows_is_what_least_squares_leaves(rows, new):
    features, weight, others = drawn(9, 5), drawn(rows, 5, seed=1), drawn(7, 5, seed=2)
    center = (others if new else features).mean(0)
    frame = np.linalg.qr(weight.numpy().T)[0].T
    expected = outside(features.numpy(), center.numpy(), frame)
    assert metrics.outside_rows(features, weight, others if new else None) == pytest.approx(expected, abs=1e-12)


def test_a_row_that_is_there_twice_counts_once():
    features, weight = drawn(9, 5), drawn(2, 5, seed=1)
    doubled = torch.cat([weight, weight[:1] * 3])
    assert metrics.outside_rows(features, doubled) == pytest.approx(metrics.outside_rows(features, weight))


def test_points_that_are_equal_have_no_share():
    assert math.isnan(metrics.outside_components(torch.ones(4, 3), 1))
    assert math.isnan(metrics.outside_rows(torch.ones(4, 3), torch.eye(3)))


def test_label_averages_is_a_regression_on_averages():
    singles, pairs = drawn(4, 6), drawn(6, 6, seed=1)
    members = torch.zeros(6, 4).scatter(1, torch.combinations(torch.arange(4)), 1.0).bool()
    averages = np.stack([singles.numpy()[row.numpy()].mean(0) for row in members])
    x, y = (each - each.mean(0) for each in (averages, pairs.numpy()))
    scale = float(np.linalg.lstsq(x.reshape(-1, 1), y.reshape(-1), rcond=None)[0][0])
    found = metrics.label_averages(singles, pairs, members)
    assert found.scale == pytest.approx(scale)
    assert found.residual == pytest.approx(((y - scale * x) ** 2).sum() / (y**2).sum())
    moved = metrics.label_averages(singles - 3, pairs * 2 + 5, members)
    assert (moved.scale, moved.residual) == pytest.approx((2 * found.scale, found.residual))


@pytest.mark.parametrize("decays", [(0.02, 0.01), (0.3, 0.05), (2.0, 1.0)])
@pytest.mark.parametrize("size", [1, 2])
def test_no_descent_ends_below_the_closed_form(decays, size):
    targets, dim, count = drawn(8, size) * torch.tensor([2.0, 0.5])[:size], 3, 8
    closed = metrics.unconstrained_regression(targets, dim, *decays)

    def loss(weight, features, bias):
        error = (features @ weight.T + bias - targets).square().sum() / (2 * count)
        return error + (decays[0] * weight.square().sum() + decays[1] * features.square().sum()) / 2

    assert loss(closed.weight, closed.features, closed.bias).item() == pytest.approx(closed.loss)
    sizes = [size * dim, count * dim, size]

    def value_and_slope(flat):
        point = torch.tensor(flat, requires_grad=True)
        weight, features, bias = point.split(sizes)
        value = loss(weight.reshape(size, dim), features.reshape(count, dim), bias)
        value.backward()
        return value.item(), point.grad.numpy()

    begin = np.random.default_rng(0).standard_normal(sum(sizes))
    found = minimize(value_and_slope, begin, jac=True, method="L-BFGS-B", options={"maxiter": 5000, "ftol": 1e-15})
    assert found.fun == pytest.approx(closed.loss, rel=1e-6)
    outputs = closed.features @ closed.weight.T
    values = torch.linalg.svdvals(outputs)
    torch.testing.assert_close(values, closed.singular_values)
    assert closed.rank == int((values > 1e-9).sum())


def test_the_gram_matrix_of_the_rows_is_the_root_less_a_constant():
    targets = drawn(50, 3) @ drawn(3, 3, seed=1)
    centered = targets - targets.mean(0)
    eigenvalues, vectors = torch.linalg.eigh(centered.T @ centered / 50)
    decays = 0.004, 0.001
    closed = metrics.unconstrained_regression(targets, 5, *decays)
    shifted = (eigenvalues.sqrt() - (50 * decays[0] * decays[1]) ** 0.5).clamp(min=0)
    expected = (50 * decays[1] / decays[0]) ** 0.5 * vectors * shifted @ vectors.T
    torch.testing.assert_close(closed.weight @ closed.weight.T, expected)
