"""The decomposition of the square loss against the loss itself and the published formulas."""

import math

import numpy as np
import pytest
import torch
from draws import exact, gaussians, normal
from hypothesis import given
from hypothesis import strategies as st
from tables import for_each

from ncbook.metrics import _classes
from ncbook.metrics.mse import square_loss_decomposition
from ncbook.metrics.unconstrained import unconstrained_square_loss


def sample(counts, dim, seed=0, dtype=torch.float64, offset=0.0, spread=0.5, separation=1.0):
    features, labels = gaussians(counts, dim, seed, dtype, offset, spread, separation)
    head = normal(len(counts), dim + 1, seed=seed + 2) / 2
    return features, labels, head[:, :dim].to(dtype), head[:, dim].to(dtype)


def loss(features, labels, weight, bias, decay):
    """Mean of ||error||^2 / 2 and decay / 2 times the squared norm of the parameters, point by point."""
    total = 0.0
    for row, label in zip(features, labels, strict=True):
        error = weight @ row + bias - np.eye(len(weight))[label]
        total += error @ error / 2
    return total / len(features) + decay / 2 * ((weight**2).sum() + (bias**2).sum())


def published(features, labels, weight, bias, decay):
    """The three terms for balanced classes with d x d matrices, as Han, Papyan and Donoho write them."""
    (points, dim), classes = features.shape, len(weight)
    means = np.array([features[labels == c].mean(0) for c in range(classes)]).T  # [d, K]
    center = means.mean(1)
    within = sum(np.outer(h - means[:, c], h - means[:, c]) for h, c in zip(features, labels, strict=True)) / points
    total = within + (means - center[:, None]) @ (means - center[:, None]).T / classes
    outer = np.outer(center, center)
    inverse = np.linalg.inv(total + decay / (1 + decay) * outer + decay * np.eye(dim))
    best = (means.T - np.ones((classes, 1)) * center / (1 + decay)) @ inverse / classes
    offset = (1 / classes - best @ center) / (1 + decay)
    nc1 = (np.trace(best @ (within + decay * np.eye(dim)) @ best.T) + decay * (offset**2).sum()) / 2
    nc2 = ((best @ means + offset[:, None] - np.eye(classes)) ** 2).sum() / (2 * classes)
    upper = np.hstack([total + outer + decay * np.eye(dim), center[:, None]])
    second = np.vstack([upper, np.append(center, 1 + decay)])
    difference = np.hstack([weight - best, (bias - offset)[:, None]])
    return nc1, nc2, np.trace(difference @ second @ difference.T) / 2, best, offset


def terms(found):
    return found.nc1, found.nc2_nc3, found.perp


def assert_sums_to_the_loss(features, labels, weight, bias, decay, rel=1e-10):
    found = square_loss_decomposition(features, labels, weight, bias, decay)
    offset = np.zeros(len(weight)) if bias is None else exact(bias)
    expected = loss(exact(features), labels.numpy(), exact(weight), offset, decay)
    assert found.total == pytest.approx(expected, rel=rel)
    assert min(terms(found)) >= 0
    offset = offset if found.bias is None else found.bias.numpy()
    best = loss(exact(features), labels.numpy(), found.weight.numpy(), offset, decay)
    assert found.nc1 + found.nc2_nc3 == pytest.approx(best, rel=1e-8, abs=1e-13)
    assert best <= expected * (1 + 1e-9)
    return found


# --- the sum is the loss


@given(
    st.lists(st.integers(1, 12), min_size=2, max_size=7),
    st.integers(1, 12),
    st.integers(0, 2**31),
    st.sampled_from([torch.float32, torch.float64]),
    st.sampled_from([0.0, 1e-8, 5e-4, 0.3]),
    st.booleans(),
)
def test_the_terms_add_up_to_the_loss(counts, dim, seed, dtype, decay, has_bias):
    features, labels, weight, bias = sample(counts, dim, seed, dtype)
    assert_sums_to_the_loss(features, labels, weight, bias if has_bias else None, decay)


@for_each(
    ("counts", "dim"),
    [
        pytest.param([9] * 20, 5, id="K > d"),
        pytest.param([3] * 4, 50, id="d > N"),
        pytest.param([1000, 320, 100, 32, 10], 8, id="imbalance 100:1"),
        pytest.param([40, 40], 1, id="d = 1"),
    ],
)
@for_each("decay", [0.0, 5e-4])
def test_awkward_sizes(counts, dim, decay):
    assert_sums_to_the_loss(*sample(counts, dim), decay)


@for_each("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_float_type(dtype):
    assert_sums_to_the_loss(*sample([30] * 5, 12, dtype=dtype), 5e-4)


def test_a_common_offset_of_a_thousand_in_float32():
    features, labels, weight, bias = sample(
        [100] * 4, 6, dtype=torch.float32, offset=1000.0, spread=1e-4, separation=1e-2
    )
    weight = weight - weight.mean(1, keepdim=True)
    assert_sums_to_the_loss(features, labels, weight, bias, 5e-4)


@for_each(
    ("dim", "arguments"),
    [
        (8, {"dtype": torch.float16, "spread": 300.0, "separation": 300.0}),
        (6, {"spread": 1e-6, "separation": 1e-6}),
    ],
)
def test_scales(dim, arguments):
    assert_sums_to_the_loss(*sample([30] * 4, dim, **arguments), 5e-4)


def test_a_missing_class_keeps_its_row():
    features, labels, weight, bias = sample([20] * 5, 7)
    kept = labels != 2
    found = assert_sums_to_the_loss(features[kept], labels[kept], weight, bias, 1e-3)
    assert found.weight[2].abs().max() < 1e-12
    assert found.bias[2].abs() < 1e-12


@for_each("decay", [0.0, 1e-3])
def test_rank_deficient_features(decay):
    """Repeated and dead features, and one that is the difference of two others."""
    features, labels, _, bias = sample([20] * 3, 4)
    features = torch.cat([features, features[:, :2], torch.zeros(60, 1), features[:, 2:3] - features[:, 3:4]], dim=1)
    found = assert_sums_to_the_loss(features, labels, normal(3, 8, seed=5), bias, decay)
    assert found.weight.norm() < 100


def test_the_block_size_does_not_change_the_result(monkeypatch):
    arguments = (*sample([20] * 4, 6), 1e-3)
    whole = square_loss_decomposition(*arguments)
    monkeypatch.setattr(_classes, "_BLOCK_ELEMENTS", 1)
    assert terms(square_loss_decomposition(*arguments)) == pytest.approx(terms(whole), rel=1e-11)


# --- the published formulas, for balanced classes


@for_each("decay", [1e-6, 5e-4, 0.1])
@for_each("dim", [2, 6])
def test_the_terms_are_those_of_the_paper(dim, decay):
    features, labels, weight, bias = sample([20] * 4, dim, offset=0.5)
    found = square_loss_decomposition(features, labels, weight, bias, decay)
    nc1, nc2, perp, best, offset = published(exact(features), labels.numpy(), exact(weight), exact(bias), decay)
    assert terms(found) == pytest.approx((nc1, nc2, perp), rel=1e-9)
    np.testing.assert_allclose(found.weight.numpy(), best, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.bias.numpy(), offset, rtol=0, atol=1e-9)


@for_each(
    ("decay_of", "loss_of"),
    [
        pytest.param(lambda wd: wd, lambda errors: errors.square().sum(1).mean() / 2, id="half the squared error"),
        pytest.param(lambda wd: wd / 2, lambda errors: errors.square().sum(1).mean(), id="the squared error"),
        pytest.param(lambda wd: 4 * wd / 2, lambda errors: errors.square().mean(), id="torch's mean over entries"),
    ],
)
def test_the_decay_that_belongs_to_a_weight_decay(decay_of, loss_of):
    """At the minimizer of a training loss with weight decay nothing is perpendicular."""
    features, labels, weight, bias = sample([20] * 4, 5)
    wd = 0.05
    found = square_loss_decomposition(features, labels, weight, bias, decay_of(wd))
    parts = [found.weight.clone().requires_grad_(), found.bias.clone().requires_grad_()]
    errors = features @ parts[0].T + parts[1] - torch.nn.functional.one_hot(labels, 4)
    (loss_of(errors) + wd / 2 * sum(part.square().sum() for part in parts)).backward()
    for part in parts:
        assert part.grad.abs().max() < 1e-13


# --- known answers


@for_each("decay", [0.0, 5e-4])
@for_each("has_bias", [True, False])
def test_the_least_squares_classifier_has_nothing_perpendicular(decay, has_bias):
    features, labels, weight, bias = sample([20] * 4, 6)
    found = square_loss_decomposition(features, labels, weight, bias if has_bias else None, decay)
    again = square_loss_decomposition(features, labels, found.weight, found.bias, decay)
    assert again.perp < 1e-25
    assert (again.nc1, again.nc2_nc3) == (found.nc1, found.nc2_nc3)
    assert found.perp > 0.01


@for_each("sizes", [(4, 10, 5e-3, 5e-4), (10, 5, 1e-3, 1e-3)])
def test_unconstrained_features_without_bias(sizes):
    """Their classifier is the least-squares one, and their loss is what the terms leave of it."""
    classes, per_class, weight_decay, feature_decay = sizes
    minimum = unconstrained_square_loss(classes, classes + 2, per_class, weight_decay, feature_decay, bias=False)
    found = square_loss_decomposition(minimum.features, minimum.labels, minimum.weight, None, weight_decay)
    assert found.perp < 1e-25
    assert found.total == pytest.approx(
        minimum.loss - feature_decay / 2 * minimum.features.square().sum().item(), rel=1e-12
    )
    assert found.nc1 == pytest.approx(weight_decay / 2 * minimum.weight.square().sum().item(), rel=1e-12)


def test_collapsed_separable_features_without_decay_have_no_loss():
    features, labels = normal(4, 6).repeat(10, 1), torch.arange(4).repeat(10)
    found = square_loss_decomposition(features, labels, torch.zeros(4, 6, dtype=torch.float64))
    assert found.nc1 + found.nc2_nc3 < 1e-25
    assert found.perp == pytest.approx(0.5, rel=1e-12)
    assert found.bias is None


def test_a_bias_that_is_left_out_is_not_a_bias_of_zero():
    """Without one W_LS cannot use one either."""
    features, labels, weight, _ = sample([20] * 4, 2)
    without = square_loss_decomposition(features, labels, weight)
    zero = square_loss_decomposition(features, labels, weight, torch.zeros(4))
    assert without.total == pytest.approx(zero.total, rel=1e-12)
    assert without.perp < zero.perp - 0.01


def test_collapse_takes_the_variability_term_away():
    """NC1 in the loss goes with the square of the noise."""
    scales = np.geomspace(1e-4, 1e-2, 5)
    values = [
        square_loss_decomposition(*sample([50] * 4, 6, spread=scale)[:2], torch.zeros(4, 6)).nc1 for scale in scales
    ]
    assert np.polyfit(np.log(scales), np.log(values), 1)[0] == pytest.approx(2, abs=0.02)


# --- errors

H, Y, W, B = normal(6, 3), torch.arange(3).repeat(2), torch.eye(3).double(), torch.zeros(3).double()


@for_each(
    ("arguments", "message"),
    [
        ((H, Y, W, B, -1e-3), r"decay: .*-0\.001"),
        ((H, Y, W, B, math.nan), "decay: .*nan"),
        ((H, Y, W, B, math.inf), "decay: .*inf"),
        ((H, Y, W[0], B), r"weight: .*\[3\]"),
        ((H, Y, W[:, :2], B), r"weight: .*\[3, 3\].*\[3, 2\]"),
        ((H, Y, W[:2], B[:2]), r"labels: 2 is outside 0\.\.1"),
        ((H, Y, W, B[:2]), r"bias: .*\[3\].*\[2\]"),
        ((H, Y, W, B + math.nan), r"bias: entry \[0\] is nan"),
        ((H + math.inf, Y, W, B), r"features: entry \[0, 0\] is inf"),
        ((H, Y * 0 + 1, W, B), r"labels: only class \[1\]"),
    ],
)
def test_the_wrong_argument_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        square_loss_decomposition(*arguments)
