"""Variance ratio, RNC1, VCI, NC5 and nearest-class-center error against slow float64 definitions."""

import math

import numpy as np
import pytest
import torch
from draws import around, exact, gaussians
from hypothesis import given
from hypothesis import strategies as st
from strategies import classes
from tables import for_each

from ncbook.metrics import _classes
from ncbook.metrics.geometry import simplex_etf
from ncbook.metrics.variability import nc5, nearest_class_center_error, rnc1, variance_ratio, vci

# --- definitions: loops, d x d matrices, pseudo-inverses; features are first shifted where the definition allows it


def covariances(features, labels):
    features = features - features.mean(0)
    present = np.unique(labels)
    means = [features[labels == c].mean(0) for c in present]
    within, between = np.zeros((2, features.shape[1], features.shape[1]))
    for c, mean in zip(present, means, strict=True):
        for row in features[labels == c]:
            within += np.outer(row - mean, row - mean) / len(features)
        offset = mean - np.mean(means, axis=0)
        between += np.outer(offset, offset) / len(present)
    return within, between


def define_variance_ratio(features, labels):
    within, between = covariances(features, labels)
    return np.trace(within) / np.trace(between)


def define_rnc1(features, labels):
    scaled = features / max(np.linalg.norm(row) for row in features)
    distances = [((row - scaled[labels == c].mean(0)) ** 2).sum() for row, c in zip(scaled, labels, strict=True)]
    return np.mean(distances)


def define_vci(features, labels):
    within, between = covariances(features, labels)
    rank = min(len(np.unique(labels)) - 1, np.linalg.matrix_rank(between, hermitian=True, tol=1e-10 * between.max()))
    return 1 - np.trace(np.linalg.pinv(within + between, rcond=1e-12, hermitian=True) @ between) / rank


def vci_noise(features, labels):
    """What rounding does to `define_vci`: 1e-10, and with an ill-conditioned covariance its condition in roundings."""
    kept = np.linalg.eigvalsh(sum(covariances(features, labels)))
    kept = kept[kept > 1e-12 * kept.max()]  # those that the pseudo-inverse keeps
    return max(1e-10, 1e-15 * kept.max() / kept.min())


def define_nc5(features, labels, outside):
    means = [features[labels == c].mean(0) for c in np.unique(labels)]
    away = outside.mean(0)
    return np.mean([abs(mean @ away) / np.linalg.norm(mean) / np.linalg.norm(away) for mean in means])


def define_error(features, labels, means):
    shift = means.mean(0)
    wrong = 0
    for row, label in zip(features, labels, strict=True):
        wrong += np.argmin([np.linalg.norm((row - shift) - (mean - shift)) for mean in means]) != label
    return wrong / len(features)


DEFINITIONS = [(variance_ratio, define_variance_ratio), (rnc1, define_rnc1), (vci, define_vci)]
METRICS = for_each(("metric", "define"), DEFINITIONS)


def assert_agree(features, labels, rel=1e-6):
    for metric, define in DEFINITIONS:
        absolute = vci_noise(exact(features), labels.numpy()) if metric is vci else 0
        expected = define(exact(features), labels.numpy())
        assert float(metric(features, labels)) == pytest.approx(expected, rel=rel, abs=absolute), metric.__name__


# --- random and awkward input


@given(classes(offsets=(0.0, -30.0), spreads=(1e-2, 0.5, 10.0)).filter(lambda drawn: max(drawn["counts"]) > 1))
def test_agree_with_the_definitions(arguments):
    assert_agree(*gaussians(**arguments))


@for_each(
    ("counts", "dim"),
    [
        pytest.param([9] * 20, 5, id="K > d"),
        pytest.param([9] * 6, 5, id="K = d + 1"),
        pytest.param([40, 40], 1, id="d = 1"),
        pytest.param([3] * 4, 100, id="d > N"),
        pytest.param([5] * 4, 18, id="d = N - 2"),
        pytest.param([5] * 4, 17, id="d = N - 3"),
        pytest.param([1000, 320, 100, 32, 10], 8, id="imbalance 100:1"),
        pytest.param([1, 1, 7], 4, id="classes of one point"),
    ],
)
@for_each("dtype", [torch.float32, torch.float64])
def test_awkward_sizes(counts, dim, dtype):
    assert_agree(*gaussians(counts, dim, dtype=dtype))


@for_each("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_float_type(dtype):
    assert_agree(*gaussians([30] * 5, 12, dtype=dtype))


@for_each(
    ("counts", "arguments"),
    [
        ([50] * 4, {"dtype": torch.float16, "spread": 300.0, "separation": 300.0}),
        ([200] * 4, {"dtype": torch.float32, "offset": 1000.0, "spread": 1e-4, "separation": 1e-2}),
        ([50] * 4, {"spread": 1e-6, "separation": 1e-6}),
    ],
)
def test_offsets_and_scales(counts, arguments):
    assert_agree(*gaussians(counts, 8, **arguments))


@for_each("scale", [1e-25, 1e25])
def test_float32_whose_squares_leave_the_range_of_float32(scale):
    features, labels = gaussians([20] * 3, 5, dtype=torch.float32)
    scaled = (features.double() * scale).to(torch.float32)
    for metric, _ in DEFINITIONS:
        assert float(metric(scaled, labels)) == pytest.approx(float(metric(features, labels)), rel=1e-5)


@METRICS
@for_each("elements", [1, 50])
def test_the_block_size_does_not_change_the_result(monkeypatch, metric, define, elements):
    features, labels = gaussians([20] * 4, 6)
    whole = float(metric(features, labels))
    monkeypatch.setattr(_classes, "_BLOCK_ELEMENTS", elements)
    assert float(metric(features, labels)) == pytest.approx(whole, rel=1e-12)


@METRICS
def test_a_missing_class_is_left_out(metric, define):
    features, labels = gaussians([20] * 3, 4)
    assert float(metric(features, 2 * labels, 9)) == float(metric(features, labels))


# --- closed forms


@for_each("scale", [1e-6, 1e-3, 0.1, 2.0])
def test_closed_forms_around_the_simplex(scale):
    """Sigma_W = s^2/d I, Sigma_B = P/(K-1) with Tr 1: the within-class share of each axis is VCI."""
    classes, dim = 4, 6
    features, labels = around(simplex_etf(classes, dim), scale)
    rel = 1e-12 if scale > 1e-6 else 1e-9  # 1 + 1e-6 is itself rounded to 1e-10 of 1e-6
    assert variance_ratio(features, labels).item() == pytest.approx(scale**2, rel=rel)
    assert vci(features, labels) == pytest.approx(scale**2 / dim / (scale**2 / dim + 1 / (classes - 1)), rel=rel)
    largest = features.norm(dim=1).max().item()
    assert rnc1(features, labels).item() == pytest.approx(scale**2 / largest**2, rel=rel)


@for_each("dtype", [torch.bfloat16, torch.float32, torch.float64])
def test_exact_collapse(dtype):
    features, labels = simplex_etf(5, 7).to(dtype).repeat(30, 1), torch.arange(5).repeat(30)
    for metric, _ in DEFINITIONS:
        assert float(metric(features, labels)) < 1e-29


def test_classes_of_one_point_have_no_spread():
    features, labels = gaussians([1] * 5, 3)
    for metric, _ in DEFINITIONS:
        assert float(metric(features, labels)) == 0


def test_equal_class_means():
    features, labels = around(torch.ones(3, 4, dtype=torch.float64), 0.5)
    assert variance_ratio(features, labels).item() == math.inf
    assert math.isnan(vci(features, labels))


def test_class_means_that_are_equal_but_for_rounding():
    features, labels = torch.tensor([[0.1], [0.2], [0.3], [0.2]], dtype=torch.float64), torch.tensor([0, 0, 0, 1])
    assert features[:3].mean() != features[3]
    assert variance_ratio(features, labels).item() == math.inf
    assert math.isnan(vci(features, labels))


def test_two_equal_class_means_lower_the_rank_of_vci():
    means = gaussians([1] * 4, 6)[0]
    means[3] = means[1]
    assert_agree(*around(means, 0.2))


@for_each("dtype", [torch.float32, torch.float64])
def test_collinear_means(dtype):
    line = torch.tensor([-2.0, -0.5, 1.0, 3.0])[:, None] * torch.tensor([[0.3, -0.7, 0.2, 0.5, 0.1]])
    assert_agree(*around(line.to(dtype), 0.2))


def test_dead_and_repeated_features_change_nothing_of_vci():
    features, labels = gaussians([30] * 4, 6, dtype=torch.float32)
    padded = torch.cat([features, torch.zeros(len(features), 3), features[:, :2]], dim=1)
    assert vci(padded, labels) == pytest.approx(vci(features, labels), rel=1e-9)


def test_vci_is_zero_where_a_linear_map_collapses_every_class():
    features, labels = gaussians([5] * 4, 19)  # d = N - 1
    assert vci(features, labels) < 1e-20
    assert vci(features[:, :18], labels) > 1e-6


def test_vci_sees_correlation_with_directions_outside_the_span_of_the_means():
    """The same noise on an axis without means tells how to subtract it; the traces do not know."""
    features, labels = around(torch.tensor([[1.0, 0.0], [-1.0, 0.0]], dtype=torch.float64), 1.0)
    before = vci(features, labels)
    assert before == pytest.approx(1 / 3, rel=1e-12)
    noise = features[:, 0] - torch.where(labels == 0, 1.0, -1.0)
    features[:, 1] = noise
    assert vci(features, labels) < 1e-20


@given(st.integers(0, 2**31), st.integers(2, 12), st.floats(0, 4))
def test_vci_does_not_change_under_invertible_linear_maps(seed, dim, decades):
    features, labels = gaussians([12, 20, 7, 15], dim, seed)
    left, right = (torch.linalg.qr(gaussians([1] * dim, dim, seed + k)[0]).Q for k in (1, 2))
    stretch = torch.logspace(0, decades, dim, dtype=torch.float64)
    changed = features @ left @ torch.diag(stretch) @ right + 3.0
    assert vci(changed, labels) == pytest.approx(vci(features, labels), rel=1e-6)


def test_variance_ratio_and_rnc1_under_rotation_scale_and_shift():
    features, labels = gaussians([12, 20, 7], 5)
    turn = torch.linalg.qr(gaussians([1] * 5, 5, seed=1)[0]).Q
    for metric in (variance_ratio, rnc1):
        assert metric(37 * features @ turn, labels).item() == pytest.approx(metric(features, labels).item(), rel=1e-12)
    assert variance_ratio(features + 5, labels).item() == pytest.approx(variance_ratio(features, labels).item())
    assert rnc1(features + 5, labels).item() < 0.2 * rnc1(features, labels).item()


def test_rnc1_of_zeros_is_undefined():
    assert math.isnan(rnc1(torch.zeros(4, 2), torch.tensor([0, 0, 1, 1])).item())


# --- NC5


@given(st.integers(0, 2**31), st.integers(1, 8), st.sampled_from([torch.float32, torch.float64, torch.bfloat16]))
def test_nc5_agrees_with_the_definition(seed, dim, dtype):
    features, labels = gaussians([3, 9, 30], dim, seed, dtype)
    outside, _ = gaussians([4, 5], dim, seed + 1, dtype, offset=0.3)
    expected = define_nc5(exact(features), labels.numpy(), exact(outside))
    assert nc5(features, labels, outside).item() == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_nc5_of_orthogonal_parallel_and_opposite_means():
    means = torch.eye(3, 4, dtype=torch.float64)
    features, labels = around(means, 0.1)
    axes = torch.eye(4, dtype=torch.float64)
    assert nc5(features, labels, axes[3:]).item() == pytest.approx(0, abs=1e-12)
    assert nc5(features, labels, -axes[:1]).item() == pytest.approx(1 / 3, rel=1e-12)
    assert math.isnan(nc5(features, labels, torch.zeros(2, 4, dtype=torch.float64)).item())


def test_nc5_of_float16_at_scale_300():
    features, labels = gaussians([50] * 4, 8, dtype=torch.float16, spread=300.0, separation=300.0)
    outside, _ = gaussians([500, 500], 8, seed=1, dtype=torch.float16, separation=300.0)
    expected = define_nc5(exact(features), labels.numpy(), exact(outside))
    assert nc5(features, labels, outside).item() == pytest.approx(expected, rel=1e-9)


# --- nearest class center


@given(
    st.lists(st.integers(1, 12), min_size=2, max_size=9),
    st.integers(1, 6),
    st.integers(0, 2**31),
    st.sampled_from([torch.float32, torch.float64]),
    st.sampled_from([0.0, 1000.0]),
)
def test_nearest_class_center_error_agrees_with_the_definition(counts, dim, seed, dtype, offset):
    test, labels = gaussians(counts, dim, seed, dtype, offset)
    train, train_labels = gaussians(counts, dim, seed, dtype, offset, spread=0.7)
    means = torch.stack([train[train_labels == c].double().mean(0) for c in range(len(counts))])
    expected = define_error(exact(test), labels.numpy(), means.numpy())
    assert nearest_class_center_error(test, labels, means) == expected


def test_nearest_class_center_error_by_hand_and_in_blocks(monkeypatch):
    features, means = torch.tensor([[0.1], [0.9], [2.1], [-5.0]]), torch.tensor([[0.0], [1.0], [2.0]])
    labels = torch.tensor([0, 0, 2, 1])
    assert nearest_class_center_error(features, labels, means) == 0.5
    monkeypatch.setattr(_classes, "_BLOCK_ELEMENTS", 1)
    assert nearest_class_center_error(features, labels, means) == 0.5


def test_distances_to_class_means_are_float64():
    features, labels = torch.tensor([[0.5]]), torch.tensor([1])
    means = torch.tensor([[0.0], [1 - 1e-9]], dtype=torch.float64)
    assert nearest_class_center_error(features, labels, means) == 0


def test_nearest_class_center_error_far_from_the_origin():
    """Distances of 1e-4 at an offset of 1000 in float32."""
    features, labels = gaussians([100] * 4, 8, dtype=torch.float32, offset=1000.0, spread=1e-3, separation=1e-3)
    means = torch.stack([features[labels == c].double().mean(0) for c in range(4)])
    expected = define_error(exact(features), labels.numpy(), means.numpy())
    assert 0.01 < expected < 0.5
    assert nearest_class_center_error(features, labels, means) == expected


# --- gradients


def test_gradients_agree_with_finite_differences():
    features, labels = gaussians([4, 3, 5], 3, offset=1.0)
    outside, _ = gaussians([2, 3], 3, seed=1)
    features.requires_grad_()
    outside.requires_grad_()
    for metric in (variance_ratio, rnc1):
        assert torch.autograd.gradcheck(lambda h, metric=metric: metric(h, labels), features)
    assert torch.autograd.gradcheck(lambda h, o: nc5(h, labels, o), (features, outside))


# --- errors

H, Y = torch.randn(6, 3, generator=torch.Generator().manual_seed(0)), torch.arange(3).repeat(2)
NAN = torch.where(torch.arange(18).reshape(6, 3) == 5, math.nan, H)


@for_each("metric", [variance_ratio, rnc1, vci, lambda h, y: nc5(h, y, H)])
@for_each(
    ("features", "labels", "message"),
    [
        (NAN, Y, r"features: entry \[1, 2\] is nan"),
        (H.int(), Y, r"features: .*torch\.int32"),
        (H, Y - 1, "labels: -1 is outside"),
        (H, Y[:5], r"labels: .*\[6\].*\[5\]"),
        (H, Y * 0 + 1, r"labels: only class \[1\]"),
        (H, Y * 0, "num_classes: .*1"),
    ],
)
def test_the_wrong_argument_is_named(metric, features, labels, message):
    with pytest.raises(ValueError, match=message):
        metric(features, labels)


@for_each(
    ("outside", "message"),
    [
        (NAN, r"ood_features: entry \[1, 2\] is nan"),
        (H.int(), r"ood_features: .*torch\.int32"),
        (H[:, :2], r"ood_features: .*\[M, 3\].*\[6, 2\]"),
        (H[:0], r"ood_features: .*\[0, 3\]"),
        (H[0], r"ood_features: .*\[3\]"),
    ],
)
def test_nc5_names_the_wrong_argument(outside, message):
    with pytest.raises(ValueError, match=message):
        nc5(H, Y, outside)


@for_each(
    ("arguments", "message"),
    [
        ((NAN, Y, H[:3]), r"features: entry \[1, 2\] is nan"),
        ((H, Y, NAN), r"class_means: entry \[1, 2\] is nan"),
        ((H, Y, H[:3, :2]), r"class_means: .*\[K, 3\].*\[3, 2\]"),
        ((H, Y, H[:2]), r"labels: 2 is outside 0\.\.1"),
        ((H, Y.double(), H[:3]), r"labels: .*torch\.float64"),
    ],
)
def test_nearest_class_center_error_names_the_wrong_argument(arguments, message):
    with pytest.raises(ValueError, match=message):
        nearest_class_center_error(*arguments)
