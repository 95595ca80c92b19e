"""Coding rate, rate reduction and the nearest-subspace classifier against slow definitions and closed forms."""

import importlib
import math

import numpy as np
import pytest
import torch
from draws import changed, gaussians, normal
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import classes
from tables import for_each

from ncbook.metrics import simplex_etf
from ncbook.metrics.coding_rate import NearestSubspace, class_coding_rate, coding_rate, rate_reduction

module = importlib.import_module("ncbook.metrics.coding_rate")  # the name in ncbook.metrics is the function's


def on_sphere(*shape, seed=0):
    return torch.nn.functional.normalize(normal(*shape, seed=seed), dim=1)


# --- slow definitions, with Z in columns as the papers write it


def rate_by_determinant(columns, eps_sq):
    dim, points = columns.shape
    scatter = sum(np.outer(z, z) for z in columns.T)
    return 0.5 * np.linalg.slogdet(np.eye(dim) + dim / (points * eps_sq) * scatter)[1]


def rate_by_singular_values(columns, eps_sq):
    """The same, and right where the scatter matrix has lost its small eigenvalues."""
    dim, points = columns.shape
    return 0.5 * np.log1p(dim / (points * eps_sq) * np.linalg.svd(columns, compute_uv=False) ** 2).sum()


def class_rate(rate, columns, labels, eps_sq):
    return sum((labels == c).mean() * rate(columns[:, labels == c], eps_sq) for c in np.unique(labels))


def assert_agrees(features, labels, eps_sq, rate=rate_by_singular_values, rel=1e-9):
    columns, classes = features.double().numpy().T, labels.numpy()
    whole, parts = rate(columns, eps_sq), class_rate(rate, columns, classes, eps_sq)
    rounding = rel * whole  # R - R_c has the digits of R
    assert coding_rate(features, eps_sq).item() == pytest.approx(whole, rel=rel, abs=1e-12)
    assert class_coding_rate(features, labels, eps_sq).item() == pytest.approx(parts, rel=rel, abs=1e-12)
    reduction = rate_reduction(features, labels, eps_sq).item()
    assert reduction == pytest.approx(whole - parts, rel=rel, abs=rounding + 1e-12)


CASES = classes(sizes=(1, 20), number=(2, 8), dims=(1, 16), offsets=(0.0, 1.0, -30.0))


@settings(max_examples=50)
@given(CASES, st.sampled_from([0.01, 0.5, 10.0]))
def test_rates_agree_with_the_definitions(arguments, eps_sq):
    features, labels = gaussians(**arguments)
    assert_agrees(features, labels, eps_sq)
    assert_agrees(features, labels, eps_sq, rate_by_determinant, rel=1e-6)


@settings(max_examples=50)
@given(CASES, st.sampled_from([0.01, 0.5, 10.0]))
def test_rate_reduction_is_not_negative(arguments, eps_sq):
    features, labels = gaussians(**arguments)
    whole = coding_rate(features, eps_sq).item()
    assert -1e-9 * whole <= rate_reduction(features, labels, eps_sq).item() <= whole


@for_each(
    "case",
    [
        pytest.param({"counts": [9] * 20, "dim": 5}, id="K > d"),
        pytest.param({"counts": [3] * 4, "dim": 100}, id="d > N"),
        pytest.param({"counts": [40, 40], "dim": 1}, id="d = 1"),
        pytest.param({"counts": [1000, 320, 100, 32, 10], "dim": 16}, id="imbalance 100:1"),
        pytest.param({"counts": [1, 1, 7], "dim": 4}, id="classes of one point"),
        pytest.param({"counts": [16, 17, 31, 32, 33], "dim": 20}, id="sizes around powers of two"),
        pytest.param(
            {"counts": [30, 30], "dim": 8, "dtype": torch.float32, "offset": 1000.0, "spread": 1e-4}, id="offset"
        ),
        pytest.param({"counts": [30] * 3, "dim": 8, "dtype": torch.bfloat16}, id="bfloat16"),
        pytest.param({"counts": [30] * 3, "dim": 8, "dtype": torch.float16, "separation": 300.0}, id="float16 at 300"),
        pytest.param({"counts": [30] * 3, "dim": 8, "spread": 0.0}, id="exact collapse"),
        pytest.param({"counts": [30] * 3, "dim": 8, "separation": 0.0}, id="equal class means"),
    ],
)
def test_rates_on_awkward_input(case):
    assert_agrees(*gaussians(**case), 0.5, rel=1e-6 if case.get("offset") else 1e-9)


def test_tiny_features_keep_what_float64_holds_of_one_plus_their_rate():
    features, labels = gaussians([30] * 3, 8, spread=1e-6, separation=1e-6)
    columns = features.numpy().T
    whole, parts = (
        rate_by_singular_values(columns, 0.5),
        class_rate(rate_by_singular_values, columns, labels.numpy(), 0.5),
    )
    assert whole < 1e-9
    assert coding_rate(features, 0.5).item() == pytest.approx(whole, rel=1e-4, abs=0)
    assert class_coding_rate(features, labels, 0.5).item() == pytest.approx(parts, rel=1e-4, abs=0)


@for_each(("points", "dim"), [(6, 50), (50, 6)])
def test_the_determinant_is_that_of_the_smaller_matrix(monkeypatch, points, dim):
    sizes, cholesky = [], torch.linalg.cholesky
    monkeypatch.setattr(torch.linalg, "cholesky", lambda matrix: (sizes.append(matrix.shape[-2:]), cholesky(matrix))[1])
    coding_rate(normal(points, dim), 0.5)
    class_coding_rate(normal(points, dim), torch.arange(points) % 2, 0.5)
    assert sizes == [(6, 6), (min(points // 2, 6),) * 2]


def test_features_of_zero_have_rate_zero():
    assert coding_rate(torch.zeros(5, 3), 0.5) == 0
    assert rate_reduction(torch.zeros(4, 3), torch.tensor([0, 0, 1, 1]), 0.5) == 0


def test_missing_classes_are_left_out():
    features, labels = gaussians([7, 5, 9], 4)
    assert class_coding_rate(features, 4 * labels + 2, 0.5) == class_coding_rate(features, labels, 0.5)


@for_each("elements", [1, 60, 300])
def test_the_block_size_does_not_change_the_rates(monkeypatch, elements):
    features, labels = gaussians([12, 9, 8, 3, 40], 4)
    whole = class_coding_rate(features, labels, 0.5).item()
    monkeypatch.setattr(module, "_BLOCK_ELEMENTS", elements)
    assert class_coding_rate(features, labels, 0.5).item() == pytest.approx(whole, rel=1e-12)


@for_each("counts", [[1000] + [10] * 20, [3, 5, 9, 17, 33, 65]])
def test_padding_at_most_doubles_the_features(counts):
    features, labels = gaussians(counts, 3)
    stacks = [stack for _, stack in module._stacks(module._classes.group(features, labels, None)[0])]
    assert sum(stack.shape[0] * stack.shape[1] for stack in stacks) < 2 * len(features)
    assert sum(stack.square().sum().item() for stack in stacks) == pytest.approx(features.square().sum().item())


def test_rates_do_not_see_rotation_order_or_names_of_classes():
    features, labels = gaussians([8, 5, 7], 6)
    turn, order = torch.linalg.qr(normal(6, 6, seed=9)).Q, torch.randperm(20)
    before = rate_reduction(features, labels, 0.5).item()
    after = rate_reduction((features @ turn)[order], torch.tensor([2, 0, 1])[labels][order], 0.5).item()
    assert after == pytest.approx(before, rel=1e-9)


# --- closed forms


@for_each(("classes", "dim"), [(2, 1), (3, 2), (4, 9), (10, 128), (30, 29)])
@for_each("eps_sq", [0.01, 0.5, 4.0])
def test_closed_form_of_full_collapse(classes, dim, eps_sq):
    labels = torch.arange(classes).repeat(6)
    simplex = simplex_etf(classes, dim)[labels]
    whole = (classes - 1) / 2 * math.log(1 + dim / ((classes - 1) * eps_sq))
    within = 0.5 * math.log(1 + dim / eps_sq)
    assert coding_rate(simplex, eps_sq).item() == pytest.approx(whole, rel=1e-12)
    assert class_coding_rate(simplex, labels, eps_sq).item() == pytest.approx(within, rel=1e-12)
    assert rate_reduction(simplex, labels, eps_sq).item() == pytest.approx(whole - within, rel=1e-12, abs=1e-12)


def test_closed_form_of_orthogonal_isotropic_subspaces():
    """r orthonormal directions a class: R = Kr/2 log(1 + d/(K r eps^2)), R_c = r/2 log(1 + d/(r eps^2))."""
    classes, rank, dim, eps_sq = 4, 3, 15, 0.5
    features, labels = (
        torch.eye(classes * rank, dim).repeat(5, 1),
        torch.arange(classes).repeat_interleave(rank).repeat(5),
    )
    whole = classes * rank / 2 * math.log(1 + dim / (classes * rank * eps_sq))
    within = rank / 2 * math.log(1 + dim / (rank * eps_sq))
    assert coding_rate(features, eps_sq).item() == pytest.approx(whole, rel=1e-12)
    assert class_coding_rate(features, labels, eps_sq).item() == pytest.approx(within, rel=1e-12)


def test_nothing_is_gained_when_all_classes_have_the_same_points():
    points = normal(9, 4)
    reduction = rate_reduction(points.repeat(3, 1), torch.arange(3).repeat_interleave(9), 0.5)
    assert reduction.item() == pytest.approx(0, abs=1e-12)


def test_neural_collapse_does_not_maximize_the_rate_reduction():
    """K = 10, n = 100, d = 128, eps^2 = .5: R, R_c and their difference of four arrangements of unit vectors."""
    classes, points, dim, eps_sq = 10, 100, 128, 0.5
    labels = torch.arange(classes).repeat_interleave(points)
    within = on_sphere(classes * points, 12)
    blocks = torch.zeros(classes * points, classes, 12, dtype=torch.float64)
    blocks[torch.arange(len(labels)), labels] = within
    arrangements = {
        "simplex": simplex_etf(classes, dim)[labels],
        "frame": torch.eye(classes, dim)[labels],
        "subspaces": torch.nn.functional.pad(blocks.flatten(1), (0, dim - 12 * classes)),
        "random": on_sphere(classes * points, dim),
    }
    expected = {
        "simplex": (15.22, 2.77, 12.45),
        "frame": (16.40, 2.77, 13.63),
        "subspaces": (67.0, 18.3, 48.7),
        "random": (68.4, 53.4, 15.1),
    }
    for name, features in arrangements.items():
        measured = [
            coding_rate(features, eps_sq),
            *(f(features, labels, eps_sq) for f in (class_coding_rate, rate_reduction)),
        ]
        assert [m.item() for m in measured] == pytest.approx(
            expected[name], abs=0.006 if name in ("simplex", "frame") else 0.15
        )


# --- gradients


@for_each("dim", [2, 9])
def test_gradients_of_the_rates(dim):
    features, labels = gaussians([4, 3, 5], dim)
    features.requires_grad_()
    assert torch.autograd.gradcheck(lambda z: coding_rate(z, 0.5), features)
    assert torch.autograd.gradcheck(lambda z: rate_reduction(z, labels, 0.5), features)


def test_the_gradient_in_float32_is_that_of_float64():
    features, labels = gaussians([20] * 3, 6, dtype=torch.float32)
    gradients = []
    for dtype in (torch.float32, torch.float64):
        leaf = features.to(dtype).clone().requires_grad_()
        rate_reduction(leaf, labels, 0.5).backward()
        gradients.append(leaf.grad.double())
    torch.testing.assert_close(*gradients, rtol=1e-5, atol=1e-8)


# --- nearest subspace


def nearest_subspace(train, labels, test, components):
    """(labels, which are doubtful): one singular value decomposition a class, one point at a time."""
    train, labels, test = train.double().numpy(), labels.numpy(), test.double().numpy()
    present = np.unique(labels)
    bases = [np.linalg.svd(train[labels == c], full_matrices=False)[2][:components] for c in present]
    residuals = np.array([[np.linalg.norm(z - b.T @ (b @ z)) for b in bases] for z in test])
    best, second = np.sort(residuals, axis=1)[:, :2].T
    return present[residuals.argmin(1)], best > (1 - 1e-6) * second


def assert_same_classifier(train, labels, test, components):
    expected, doubtful = nearest_subspace(train, labels, test, components)
    got = NearestSubspace.fit(train, labels, components).predict(test).numpy()
    assert doubtful.mean() < 0.1
    assert (got == expected)[~doubtful].all()


@given(
    st.lists(st.integers(3, 15), min_size=2, max_size=6),
    st.integers(4, 12),
    st.integers(1, 3),
    st.integers(0, 2**31),
    st.sampled_from([torch.float32, torch.float64]),
)
def test_nearest_subspace_agrees_with_the_definition(counts, dim, components, seed, dtype):
    train, labels = gaussians(counts, dim, seed, dtype)
    assert_same_classifier(train, labels, normal(30, dim, seed=seed + 2).to(dtype), components)


@for_each(
    "case",
    [
        pytest.param({"counts": [9] * 20, "dim": 5}, id="K > d"),
        pytest.param({"counts": [4] * 4, "dim": 60}, id="d > N"),
        pytest.param({"counts": [500, 50, 5], "dim": 8}, id="imbalance 100:1"),
        pytest.param({"counts": [30] * 3, "dim": 8, "dtype": torch.bfloat16}, id="bfloat16"),
        pytest.param({"counts": [30] * 3, "dim": 8, "dtype": torch.float16, "separation": 300.0}, id="float16 at 300"),
        pytest.param({"counts": [30] * 3, "dim": 8, "spread": 1e-6, "separation": 1e-6}, id="float64 at 1e-6"),
    ],
)
def test_nearest_subspace_on_awkward_input(case):
    train, labels = gaussians(**case)
    assert_same_classifier(train, labels, gaussians(**case | {"spread": 2 * case.get("spread", 0.5)})[0], 2)


@for_each(("dtype", "spread"), [(torch.float32, 1e-4), (torch.float64, 1e-6)])
def test_nearest_subspace_far_from_the_origin(dtype, spread):
    """Residuals of 1e-6 under features of 1000: a difference of squared norms would have no digit of them."""
    near = {"counts": [40] * 3, "dim": 6, "dtype": dtype, "offset": 1000.0, "separation": 10 * spread}
    train, labels = gaussians(**near, spread=spread)
    assert_same_classifier(train, labels, gaussians(**near, spread=2 * spread)[0], 2)


def test_points_of_orthogonal_subspaces_are_all_told_apart():
    features, labels = torch.zeros(60, 12, dtype=torch.float64), torch.tensor([7, 2, 5]).repeat(20)
    for start, c in ((0, 2), (4, 5), (8, 7)):
        features[labels == c, start : start + 4] = normal(20, 4, seed=c)
    classifier = NearestSubspace.fit(features, labels, 4)
    assert (classifier.predict(features) == labels).all()
    torch.testing.assert_close(
        classifier.bases @ classifier.bases.mT, torch.eye(4, dtype=torch.float64).expand(3, 4, 4)
    )


def test_a_collapsed_class_has_one_direction_and_no_arbitrary_ones():
    """Made-up directions of a class of rank one could lie along the other class and claim its points."""
    features, labels = simplex_etf(4, 3).repeat(10, 1), torch.arange(4).repeat(10)
    classifier = NearestSubspace.fit(features, labels, 3)
    assert (classifier.predict(features) == labels).all()
    assert (classifier.bases.norm(dim=2) > 0).sum(1).tolist() == [1] * 4


@for_each("elements", [1, 100])
def test_the_block_size_does_not_change_the_predictions(monkeypatch, elements):
    train, labels = gaussians([12, 9, 8], 5)
    whole = NearestSubspace.fit(train, labels, 2)
    monkeypatch.setattr(module, "_BLOCK_ELEMENTS", elements)
    again = NearestSubspace.fit(train, labels, 2)
    torch.testing.assert_close(again.bases.mT @ again.bases, whole.bases.mT @ whole.bases)
    assert (again.predict(train) == whole.predict(train)).all()


# --- errors

H, Y = normal(6, 3), torch.arange(3).repeat(2)


@for_each("function", [class_coding_rate, rate_reduction, lambda h, _, eps_sq: coding_rate(h, eps_sq)])
@for_each(
    ("features", "eps_sq", "message"),
    [
        pytest.param(H, 0.0, r"eps_sq: .*got 0\.0", id="eps 0"),
        pytest.param(H, -1.0, r"eps_sq: .*got -1\.0", id="eps negative"),
        pytest.param(H, math.nan, r"eps_sq: .*got nan", id="eps nan"),
        pytest.param(H, math.inf, r"eps_sq: .*got inf", id="eps infinite"),
        pytest.param(1e7 * H, 0.5, r"eps_sq: 0\.5 is too small", id="features too large"),
        pytest.param(changed(H, (1, 2), math.nan), 0.5, r"features: entry \[1, 2\] is nan", id="nan feature"),
        pytest.param(changed(H, (1, 2), -math.inf), 0.5, r"features: entry \[1, 2\] is -inf", id="infinite feature"),
        pytest.param(H.long(), 0.5, r"features: .*torch\.int64", id="integer features"),
        pytest.param(H[:, 0], 0.5, r"features: .*\[6\]", id="features in one dimension"),
    ],
)
def test_rates_name_the_wrong_argument(function, features, eps_sq, message):
    with pytest.raises(ValueError, match=message):
        function(features, Y, eps_sq)


@for_each("function", [class_coding_rate, rate_reduction, NearestSubspace.fit])
@for_each(
    ("labels", "message"),
    [
        pytest.param(Y[:5], r"labels: .*\[6\].*\[5\]", id="too few labels"),
        pytest.param(changed(Y, 0, -1), "labels: -1 ", id="negative label"),
        pytest.param(Y.double(), r"labels: .*torch\.float64", id="float labels"),
        pytest.param(Y * 0 + 1, r"labels: only class \[1\]", id="one class"),
    ],
)
def test_rates_name_the_wrong_labels(function, labels, message):
    with pytest.raises(ValueError, match=message):
        function(H, labels, 1)


@for_each(("components", "message"), [(0, ">= 1, got 0"), (3, r"1\.\.2 .*2 points.*got 3"), (-1, "got -1")])
def test_fit_names_the_number_of_components(components, message):
    with pytest.raises(ValueError, match=f"n_components: .*{message}"):
        NearestSubspace.fit(H, Y, components)


def test_fit_needs_no_more_components_than_dimensions():
    with pytest.raises(ValueError, match=r"n_components: expected 1\.\.1 \(dimension 1.*got 2"):
        NearestSubspace.fit(H[:, :1], Y, 2)


@for_each(
    ("features", "message"),
    [
        (H[:, :2], r"features: expected shape \[N, 3\].*\[6, 2\]"),
        (changed(H, (0, 0), math.nan), r"features: entry \[0, 0\] is nan"),
        (H.int(), r"features: .*torch\.int32"),
    ],
)
def test_predict_names_the_wrong_features(features, message):
    with pytest.raises(ValueError, match=message):
        NearestSubspace.fit(H, Y, 1).predict(features)
