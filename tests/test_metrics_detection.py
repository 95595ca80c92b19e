"""Detection scores and calibration against slow float64 definitions and known cases."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.optimize import minimize_scalar
from tables import for_each

from ncbook import metrics


def normal(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def classes(dim, spread=1.0):
    labels = torch.arange(60) % 4
    return 3 * normal(4, dim, seed=1)[labels] + spread * normal(60, dim, seed=2) + 5, labels


# --- unseen classes


def slow_neco(features, train, count):
    train = train.double().numpy()
    center = train.mean(0)
    covariance = sum(np.outer(row - center, row - center) for row in train) / len(train)
    axes = np.linalg.eigh(covariance)[1][:, ::-1][:, :count]
    shares = []
    for row in features.double().numpy() - center:
        shares.append(math.sqrt(sum((row @ axis) ** 2 for axis in axes.T)) / np.linalg.norm(row))
    return shares


@for_each("dtype", [torch.float64, torch.float32, torch.float16])
@for_each(("dim", "count"), [(3, 1), (10, 3), (80, 3), (80, 70)])
def test_neco_is_that_of_loops(dim, count, dtype):
    train, new = classes(dim)[0].to(dtype), normal(9, dim, seed=3).to(dtype)
    if count < 60:
        assert metrics.neco(new, train, count).tolist() == pytest.approx(slow_neco(new, train, count), rel=1e-7)
    else:  # more axes than points: all that the points span, and some more
        assert (metrics.neco(new, train, count) >= metrics.neco(new, train, 59) - 1e-12).all()
    assert metrics.neco(new, train, dim).tolist() == pytest.approx([1.0] * 9)


def test_neco_does_not_change_under_what_moves_both_sets():
    train, new = classes(10)[0], normal(9, 10, seed=3)
    turn = torch.linalg.qr(normal(10, 10, seed=4)).Q
    before = metrics.neco(new, train, 3)
    torch.testing.assert_close(metrics.neco(7 * new @ turn + 2, 7 * train @ turn + 2, 3), before)
    assert math.isnan(metrics.neco(train.mean(0, keepdim=True), train, 3).item())


def test_collapsed_features_are_told_from_orthogonal_ones():
    corners = metrics.simplex_etf(4, 8).double()
    found = metrics.neco(torch.cat([corners, torch.eye(8).double()[4:]]), corners.repeat(5, 1), 3)
    assert found[:4].tolist() == pytest.approx([1.0] * 4)
    assert (found[4:] < 0.9).all()


def slow_mahalanobis(features, train, labels, shrinkage):
    features, train, labels = features.double().numpy(), train.double().numpy(), labels.numpy()
    means = {c: train[labels == c].mean(0) for c in set(labels.tolist())}
    within = sum(np.outer(row - means[c], row - means[c]) for row, c in zip(train, labels.tolist(), strict=True))
    within /= len(train)
    within += shrinkage * np.trace(within) / len(within) * np.eye(len(within))
    inverse = np.linalg.inv(within)
    return [min(math.sqrt((row - mean) @ inverse @ (row - mean)) for mean in means.values()) for row in features]


@for_each("dtype", [torch.float64, torch.float32])
@for_each("shrinkage", [1e-3, 1.0])
@for_each("dim", [2, 10, 80])
def test_mahalanobis_is_that_of_loops(dim, shrinkage, dtype):
    train, labels = classes(dim)
    train, new = train.to(dtype), normal(9, dim, seed=3).to(dtype)
    expected = slow_mahalanobis(new, train, labels, shrinkage)
    assert metrics.mahalanobis(new, train, labels, shrinkage).tolist() == pytest.approx(expected, rel=1e-9)


def test_mahalanobis_counts_in_deviations_whatever_the_scale():
    train, labels = classes(6)
    new = normal(9, 6, seed=3)
    before = metrics.mahalanobis(new, train, labels)
    for scale in (1e-120, 1e120):
        torch.testing.assert_close(metrics.mahalanobis(scale * new, scale * train, labels), before)
    torch.testing.assert_close(metrics.mahalanobis(new - 9, train - 9, labels), before)
    ones, own = torch.tensor([[0.0], [2.0], [9.0], [11.0]]), torch.tensor([0, 0, 1, 1])
    assert metrics.mahalanobis(torch.tensor([[4.0]]), ones, own, 1e-9).item() == pytest.approx(3)


def test_a_class_that_does_not_occur_is_left_out_and_no_variance_is_infinite():
    train, labels = classes(6)
    new = normal(9, 6, seed=3)
    torch.testing.assert_close(metrics.mahalanobis(new, train, 2 * labels), metrics.mahalanobis(new, train, labels))
    means = torch.eye(3)
    found = metrics.mahalanobis(torch.cat([means, 2 * means]), means.repeat(2, 1), torch.arange(3).repeat(2))
    assert found[:3].isnan().all()
    assert found[3:].isinf().all()


# --- calibration


def slow_error(logits, labels, bins):
    cells = [[] for _ in range(bins)]
    for row, label in zip(logits.double().tolist(), labels.tolist(), strict=True):
        top = max(row)
        confidence = 1 / sum(math.exp(z - top) for z in row)
        cells[max(math.ceil(confidence * bins), 1) - 1].append((confidence, row.index(top) == label))
    total = 0.0
    for cell in filter(None, cells):
        confidence, right = (np.mean(each) for each in zip(*cell, strict=True))
        total += len(cell) / len(labels) * abs(right - confidence)
    return total


@for_each("dtype", [torch.float64, torch.float32, torch.float16])
@for_each(("count", "bins"), [(2, 1), (3, 15), (10, 15), (10, 40)])
def test_the_calibration_error_is_that_of_loops(count, bins, dtype):
    logits = (3 * normal(200, count)).to(dtype)
    labels = torch.randint(count, (200,), generator=torch.Generator().manual_seed(5))
    assert metrics.calibration_error(logits, labels, bins) == pytest.approx(slow_error(logits, labels, bins), abs=1e-9)


def test_known_calibration_errors():
    sure = 100 * torch.eye(4)
    assert metrics.calibration_error(sure, torch.arange(4)) == pytest.approx(0)
    assert metrics.calibration_error(sure, torch.arange(4) // 2 * 2) == pytest.approx(0.5)
    assert metrics.calibration_error(torch.zeros(4, 2), torch.tensor([0, 0, 1, 1])) == pytest.approx(0)
    assert metrics.calibration_error(torch.zeros(4, 2), torch.tensor([0, 0, 0, 0])) == pytest.approx(0.5)


@for_each("scale", [1e-3, 1.0, 1e4])
@for_each("count", [2, 5])
def test_the_best_temperature_is_that_of_a_search(count, scale):
    logits = scale * 2 * normal(300, count)
    labels = torch.multinomial((logits / scale / 1.7).softmax(1), 1, generator=torch.Generator().manual_seed(6))[:, 0]
    found = minimize_scalar(
        lambda log: F.cross_entropy(logits / math.exp(log), labels).item(),
        bounds=(math.log(scale) - 4, math.log(scale) + 4), method="bounded", options={"xatol": 1e-9},
    )  # fmt: skip
    assert metrics.best_temperature(logits, labels) == pytest.approx(math.exp(found.x), rel=1e-5)
    assert metrics.best_temperature(logits + 3, labels) == pytest.approx(math.exp(found.x), rel=1e-5)


def test_temperatures_at_the_ends():
    logits = torch.tensor([[2.0, 0.0], [0.0, 1.0]])
    assert metrics.best_temperature(logits, torch.tensor([0, 1])) == 0
    assert metrics.best_temperature(logits, torch.tensor([1, 0])) == math.inf
    assert metrics.best_temperature(torch.zeros(4, 3), torch.tensor([0, 1, 2, 0])) == math.inf
