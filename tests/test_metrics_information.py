"""Mutual information against slow definitions, quadrature and closed forms, and the limits of each estimate."""

import importlib
import math
from collections import Counter
from dataclasses import asdict

import numpy as np
import pytest
import scipy.linalg
import torch
from draws import changed, gaussians, normal
from hypothesis import given
from hypothesis import strategies as st
from strategies import classes
from tables import for_each

from ncbook.metrics.information import (
    mutual_information_binned,
    mutual_information_gaussian,
    mutual_information_infonce,
    mutual_information_kde,
)

information = importlib.import_module("ncbook.metrics.information")


def values(result):
    return {name: float(value) for name, value in asdict(result).items()}


# --- slow definitions


def mixture_bound(points, variance):
    """-mean_i log mean_j exp(-D_ij / (2 variance)), pair by pair."""
    total = 0.0
    for one in points:
        kernels = [
            math.exp(-sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) / (2 * variance)) for other in points
        ]
        total -= math.log(sum(kernels) / len(points))
    return total / len(points)


def kde_definition(features, labels, sigma_sq):
    """Entropies minus conditional entropies, class by class; the lower bound is the upper one at 4 sigma^2."""
    points, labels = features.double().numpy(), labels.numpy()
    bounds = {}
    for name, variance in (("upper", sigma_sq), ("lower", 4 * sigma_sq)):
        classes = [points[labels == c] for c in np.unique(labels)]
        within = sum(len(each) / len(points) * mixture_bound(each, variance) for each in classes)
        bounds[name] = (mixture_bound(points, variance), within)
    (upper, within_upper), (lower, within_lower) = bounds["upper"], bounds["lower"]
    return {
        "input_upper": upper,
        "input_lower": lower,
        "label_upper": upper - within_lower,
        "label_lower": lower - within_upper,
        "label": upper - within_upper,
    }


def entropy(symbols):
    counts = Counter(symbols).values()
    return -sum(count / len(symbols) * math.log(count / len(symbols)) for count in counts)


def binned_definition(features, labels, bin_size):
    bins = [tuple(math.floor(value / bin_size) for value in row) for row in features.double().tolist()]
    labels = labels.tolist()
    conditional = sum(
        labels.count(c) / len(labels) * entropy([b for b, label in zip(bins, labels, strict=True) if label == c])
        for c in set(labels)
    )
    return {"input": entropy(bins), "label": entropy(bins) - conditional, "occupied": len(set(bins))}


def mixture_entropy(points, sigma):
    """Differential entropy of a mixture of Gaussians on a line, by quadrature."""
    grid = np.linspace(points.min() - 12 * sigma, points.max() + 12 * sigma, 200_001)
    density = np.mean([np.exp(-((grid - x) ** 2) / (2 * sigma**2)) for x in points], axis=0)
    density /= math.sqrt(2 * math.pi) * sigma
    return -np.sum(density * np.log(np.maximum(density, 1e-300))) * (grid[1] - grid[0])


# --- kernel bounds


def assert_kde_agrees(features, labels, sigma_sq, rel=1e-9, noise=1e-12):
    expected = kde_definition(features, labels, sigma_sq)
    assert values(mutual_information_kde(features, labels, sigma_sq)) == pytest.approx(expected, rel=rel, abs=noise)


CASES = classes(sizes=(1, 8), number=(2, 6), dims=(1, 6))


@given(CASES, st.sampled_from([1e-3, 0.1, 1.0, 100.0]))
def test_kernel_bounds_agree_with_the_definitions(arguments, sigma_sq):
    assert_kde_agrees(*gaussians(**arguments), sigma_sq)


@given(CASES, st.sampled_from([1e-4, 0.01, 1.0, 100.0]))
def test_kernel_bounds_are_ordered_and_capped(arguments, sigma_sq):
    features, labels = gaussians(**arguments)
    got = values(mutual_information_kde(features, labels, sigma_sq))
    rounding = 1e-12
    assert -rounding <= got["input_lower"] <= got["input_upper"] + rounding
    assert got["input_upper"] <= math.log(len(labels)) + rounding
    assert got["label_lower"] <= got["label"] + rounding
    assert got["label"] <= got["label_upper"] + rounding
    assert got["label"] <= entropy(labels.tolist()) + rounding


@for_each("sigma", [0.05, 0.3, 1.0, 5.0])
def test_kernel_bounds_enclose_the_truth_of_a_mixture_on_a_line(sigma):
    features, labels = gaussians([5, 3, 4], 1, spread=0.6)
    points = features[:, 0].numpy()
    truth = mixture_entropy(points, sigma)
    of_input = truth - 0.5 * math.log(2 * math.pi * math.e * sigma**2)
    of_label = truth - sum(
        (labels == c).double().mean().item() * mixture_entropy(points[labels.numpy() == c], sigma) for c in range(3)
    )
    got = values(mutual_information_kde(features, labels, sigma**2))
    assert got["input_lower"] < of_input < got["input_upper"]
    assert got["label_lower"] < of_label < got["label_upper"]


@for_each("distance", [0.01, 1.0, 3.0, 50.0])
def test_closed_form_of_two_points(distance):
    """One point a class: MI(Y; T) = MI(X; T), bounded by log 2 - log(1 + exp(-D / 2s)) and the same with 8s."""
    features, sigma_sq = torch.tensor([[0.0, 0.0], [0.6, 0.8]], dtype=torch.float64) * distance, 0.7
    upper, lower = (-math.log((1 + math.exp(-(distance**2) / (f * sigma_sq))) / 2) for f in (2, 8))
    expected = {"input_upper": upper, "input_lower": lower, "label_upper": upper, "label_lower": lower, "label": upper}
    assert values(mutual_information_kde(features, torch.tensor([0, 1]), sigma_sq)) == pytest.approx(expected, rel=1e-9)


@for_each("counts", [[20] * 5, [100, 10, 1]])
def test_at_collapse_the_input_information_is_the_label_information(counts):
    """Within-class distances << sigma << distances of means: MI(X; T) = MI(Y; T) = H(Y), log K when balanced."""
    features, labels = gaussians(counts, 8, spread=1e-6, separation=10.0)
    got = values(mutual_information_kde(features, labels, sigma_sq=1e-2))
    assert got == pytest.approx(dict.fromkeys(got, entropy(labels.tolist())), rel=1e-6)


def test_at_a_noise_far_below_all_distances_every_network_reads_log_n():
    features, labels = gaussians([30, 10], 3)
    got = values(mutual_information_kde(features, labels, sigma_sq=1e-12))
    assert got["input_upper"] == pytest.approx(math.log(40), rel=1e-12)
    assert got["input_lower"] == pytest.approx(math.log(40), rel=1e-12)
    assert got["label"] == pytest.approx(entropy(labels.tolist()), rel=1e-12)


def test_the_cap_hides_information_that_is_there():
    """A Gaussian h in 10 dimensions: the truth 5 log(1 + 1/sigma^2) is 23 nats, and 200 points show log 200."""
    features, sigma_sq = normal(200, 10), 0.01
    got = mutual_information_kde(features, torch.arange(200) % 2, sigma_sq).input_upper.item()
    assert 5 * math.log(1 + 1 / sigma_sq) > 23
    assert got == pytest.approx(math.log(200), rel=1e-3)


@for_each("dtype", [torch.float32, torch.float64])
def test_information_near_zero_keeps_its_digits(dtype):
    """To first order in 1 / sigma^2 the bounds are mean D / 2 sigma^2 and mean D / 8 sigma^2."""
    features, labels = gaussians([6, 6], 3, dtype=dtype)
    mean = torch.cdist(features.double(), features.double()).square().mean().item()
    got = mutual_information_kde(features, labels, 1e13)
    assert got.input_upper.item() == pytest.approx(mean / 2e13, rel=1e-8, abs=0)
    assert got.input_lower.item() == pytest.approx(mean / 8e13, rel=1e-8, abs=0)


@for_each(
    ("case", "sigma_sq"),
    [
        pytest.param({"counts": [4] * 9, "dim": 3}, 0.1, id="K > d"),
        pytest.param({"counts": [3] * 4, "dim": 60}, 1.0, id="d > N"),
        pytest.param({"counts": [100, 10, 1], "dim": 4}, 0.1, id="imbalance 100:1"),
        pytest.param(
            {"counts": [20, 20], "dim": 5, "dtype": torch.float32, "offset": 1000.0, "spread": 1e-4}, 1e-8, id="offset"
        ),
        pytest.param({"counts": [9] * 3, "dim": 4, "dtype": torch.bfloat16}, 0.1, id="bfloat16"),
        pytest.param(
            {"counts": [9] * 3, "dim": 4, "dtype": torch.float16, "spread": 150.0, "separation": 300.0},
            1e4,
            id="float16",
        ),
        pytest.param({"counts": [9] * 3, "dim": 4, "offset": 1.0, "spread": 1e-6}, 1e-12, id="float64 at 1e-6"),
        pytest.param({"counts": [9] * 3, "dim": 4, "spread": 0.0}, 0.1, id="exact collapse"),
        pytest.param({"counts": [9] * 3, "dim": 4, "separation": 0.0}, 0.1, id="equal class means"),
    ],
)
def test_kernel_bounds_on_awkward_input(case, sigma_sq):
    assert_kde_agrees(*gaussians(**case), sigma_sq)


def test_scales_that_float32_could_not_square():
    features, labels = gaussians([5, 5], 3, dtype=torch.float32)
    expected = values(mutual_information_kde(features, labels, 0.25))
    for power in (-80, 80):
        scaled = mutual_information_kde(features * 2.0**power, labels, 0.25 * 4.0**power)
        assert values(scaled) == pytest.approx(expected, rel=1e-12)


def test_missing_classes_are_left_out():
    features, labels = gaussians([5, 5, 4], 3)
    assert mutual_information_kde(features, 3 * labels + 1, 0.1) == mutual_information_kde(features, labels, 0.1)
    assert mutual_information_binned(features, 3 * labels + 1, 0.5) == mutual_information_binned(features, labels, 0.5)


@for_each("elements", [1, 50, 200])
def test_the_block_size_does_not_change_the_bounds(monkeypatch, elements):
    features, labels = gaussians([12, 9, 8], 4)
    whole = values(mutual_information_kde(features, labels, 0.1))
    monkeypatch.setattr(information, "_BLOCK_ELEMENTS", elements)
    assert values(mutual_information_kde(features, labels, 0.1)) == pytest.approx(whole, rel=1e-12)


def test_bounds_do_not_see_rotation_shift_or_order_and_scale_with_sigma():
    features, labels = gaussians([8, 5, 7], 4)
    turn, order = torch.linalg.qr(normal(4, 4, seed=9)).Q, torch.randperm(20)
    moved = (3 * features @ turn + 5)[order]
    assert values(mutual_information_kde(moved, labels[order], 0.9)) == pytest.approx(
        values(mutual_information_kde(features, labels, 0.1)), rel=1e-9
    )


@for_each("name", ["input_upper", "input_lower", "label_upper", "label_lower", "label"])
def test_gradients_of_the_bounds(name):
    features, labels = gaussians([3, 4, 2], 2)
    features.requires_grad_()
    assert torch.autograd.gradcheck(lambda h: getattr(mutual_information_kde(h, labels, 0.5), name), features)


def test_the_gradient_is_finite_where_points_coincide():
    features, labels = gaussians([4, 4], 3, spread=0.0)
    features.requires_grad_()
    mutual_information_kde(features, labels, 0.5).input_upper.backward()
    assert torch.isfinite(features.grad).all()
    assert features.grad.abs().max() > 0


# --- binning


@given(CASES, st.sampled_from([0.07, 0.5, 3.0, 1000.0]))
def test_binned_information_agrees_with_the_definitions(arguments, bin_size):
    features, labels = gaussians(**arguments)
    got = asdict(mutual_information_binned(features, labels, bin_size))
    assert got == pytest.approx(binned_definition(features, labels, bin_size), rel=1e-12, abs=1e-12)


@for_each(
    ("case", "bin_size"),
    [
        ({"counts": [20, 20], "dim": 2, "dtype": torch.float32, "offset": 1000.0, "spread": 1e-4}, 1e-4),
        ({"counts": [100, 10, 1], "dim": 2, "dtype": torch.bfloat16}, 0.3),
        ({"counts": [30, 30], "dim": 2, "dtype": torch.float16, "spread": 150.0, "separation": 300.0}, 100.0),
        ({"counts": [30, 30], "dim": 2, "offset": 1.0, "spread": 1e-6, "separation": 1e-6}, 1e-6),
        ({"counts": [5, 5, 5], "dim": 40}, 2.0),
    ],
)
def test_binned_information_on_awkward_input(case, bin_size):
    features, labels = gaussians(**case)
    got = asdict(mutual_information_binned(features, labels, bin_size))
    assert got == pytest.approx(binned_definition(features, labels, bin_size), rel=1e-12, abs=1e-12)


def test_binned_information_by_hand():
    """Bins {0: a a b, 1: b}: H(T) = .5623, H(T|Y) = half of log 2."""
    features, labels = torch.tensor([[0.1], [0.9], [0.5], [1.2]]), torch.tensor([0, 0, 1, 1])
    got = mutual_information_binned(features, labels, 1.0)
    of_bins = 0.75 * math.log(4 / 3) + 0.25 * math.log(4)
    assert asdict(got) == pytest.approx({"input": of_bins, "label": of_bins - 0.5 * math.log(2), "occupied": 2})


def test_fine_bins_give_log_n_whatever_the_network():
    features, labels = gaussians([30, 10], 3)
    got = mutual_information_binned(features, labels, 1e-9)
    assert got.input == pytest.approx(math.log(40))
    assert got.label == pytest.approx(entropy(labels.tolist()))
    assert got.occupied == 40


def test_at_collapse_one_bin_a_class():
    features, labels = gaussians([20] * 5, 8, spread=0.0)
    got = mutual_information_binned(features, labels, 0.01)
    assert asdict(got) == pytest.approx({"input": math.log(5), "label": math.log(5), "occupied": 5})


def test_negative_zero_is_in_the_bin_of_zero():
    features = torch.tensor([[0.0, 5.0], [-0.0, 5.0], [-0.0, 5.0]])
    assert mutual_information_binned(features, torch.tensor([0, 1, 1]), 1.0).occupied == 1


# --- Gaussian closed form


def with_covariance(covariance, points, seed=0):
    """Points whose *sample* covariance is exactly the given one."""
    white = normal(points, len(covariance), seed=seed)
    white = torch.linalg.qr(white - white.mean(0)).Q * points**0.5
    return white @ torch.linalg.cholesky(covariance).T


@for_each("rho", [0.0, 1e-3, 0.5, -0.9, 0.999999])
def test_gaussian_information_of_two_correlated_numbers(rho):
    joint = with_covariance(torch.tensor([[1.0, rho], [rho, 1.0]], dtype=torch.float64), 50)
    got = mutual_information_gaussian(joint[:, :1], joint[:, 1:])
    assert got.item() == pytest.approx(-0.5 * math.log1p(-(rho**2)), rel=1e-8, abs=1e-14)


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 2**31), st.sampled_from([torch.float32, torch.float64]))
def test_gaussian_information_agrees_with_determinants_and_canonical_correlations(a, b, seed, dtype):
    joint = (normal(40, a + b, seed=seed) @ normal(a + b, a + b, seed=seed + 1)).to(dtype)
    x, y = joint[:, :a], joint[:, a:]
    data = joint.double().numpy()
    covariance = np.cov(data.T).reshape(a + b, a + b)
    parts = (covariance[:a, :a], covariance[a:, a:], covariance)
    of_x, of_y, of_both = (np.linalg.slogdet(part)[1] for part in parts)
    got = mutual_information_gaussian(x, y).item()
    assert got == pytest.approx((of_x + of_y - of_both) / 2, rel=1e-5, abs=1e-9)
    centered = data - data.mean(0)
    correlations = np.cos(scipy.linalg.subspace_angles(centered[:, :a], centered[:, a:]))
    assert got == pytest.approx(-0.5 * np.log1p(-(correlations**2)).sum(), rel=1e-5, abs=1e-9)


@for_each(
    ("dtype", "offset", "scale"),
    [
        (torch.float32, 1000.0, 1e-2),
        (torch.float16, 0.0, 300.0),
        (torch.bfloat16, 0.0, 1.0),
        (torch.float64, 1000.0, 1e-6),
    ],
)
def test_gaussian_information_on_awkward_input(dtype, offset, scale):
    """Against correlations computed after an exact shift: the values that are stored, not those that were meant."""
    joint = (offset + scale * (normal(60, 5) @ normal(5, 5, seed=1))).to(dtype)
    stored = joint.double().numpy() - offset
    correlation = np.corrcoef(stored.T)
    parts = (correlation[:2, :2], correlation[2:, 2:], correlation)
    of_x, of_y, of_both = (np.linalg.slogdet(part)[1] for part in parts)
    got = mutual_information_gaussian(joint[:, :2], joint[:, 2:]).item()
    assert got == pytest.approx((of_x + of_y - of_both) / 2, rel=1e-5)


def test_gaussian_information_does_not_see_affine_maps_and_is_symmetric():
    x, y = normal(40, 3), normal(40, 2, seed=1)
    y = y + x[:, :2]
    got = mutual_information_gaussian(x, y).item()
    moved = mutual_information_gaussian(x @ normal(3, 3, seed=2) + 7, 1e-3 * y @ normal(2, 2, seed=3)).item()
    assert moved == pytest.approx(got, rel=1e-9)
    assert mutual_information_gaussian(y, x).item() == pytest.approx(got, rel=1e-9)


def test_gaussian_information_is_biased_upwards_by_ab_over_2n():
    got = [mutual_information_gaussian(normal(400, 4, seed=s), normal(400, 5, seed=s + 10_000)) for s in range(200)]
    assert torch.stack(got).mean().item() == pytest.approx(4 * 5 / 800, rel=0.1)


# --- InfoNCE


@for_each("batch", [2, 7, 100])
def test_infonce_of_a_diagonal_score(batch):
    for score in (0.0, 0.1, 3.0, 100.0):
        got = mutual_information_infonce(score * torch.eye(batch, dtype=torch.float64)).item()
        expected = math.log(batch) - math.log1p((batch - 1) * math.exp(-score))
        assert got == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(
    st.integers(2, 12),
    st.integers(0, 2**31),
    st.sampled_from([0.1, 1.0, 30.0]),
    st.sampled_from([torch.float16, torch.bfloat16, torch.float32, torch.float64]),
)
def test_infonce_agrees_with_the_definition_and_stays_below_its_cap(batch, seed, scale, dtype):
    scores = (scale * normal(batch, batch, seed=seed)).to(dtype)
    rows = scores.double().tolist()
    ratios = [math.exp(row[i]) / (sum(math.exp(value) for value in row) / batch) for i, row in enumerate(rows)]
    got = mutual_information_infonce(scores).item()
    assert got == pytest.approx(sum(map(math.log, ratios)) / batch, rel=1e-9, abs=1e-12)
    assert got <= math.log(batch) + 1e-12


def mean_infonce(rho, batch, batches):
    """Mean estimate for standard normals of correlation rho under the best score, log p(y|x) / p(y)."""
    x = normal(batches, batch)
    y = rho * x + math.sqrt(1 - rho**2) * normal(batches, batch, seed=1)
    scores = -((y[:, None, :] - rho * x[:, :, None]) ** 2) / (2 * (1 - rho**2)) + y[:, None, :] ** 2 / 2
    return torch.stack([mutual_information_infonce(each) for each in scores]).mean().item()


def test_infonce_is_below_the_truth_and_close_to_it_when_the_batch_is_large():
    truth = -0.5 * math.log(1 - 0.6**2)
    small, large = mean_infonce(0.6, 4, 2000), mean_infonce(0.6, 256, 60)
    assert small < large < truth + 0.02
    assert large == pytest.approx(truth, rel=0.1)


def test_infonce_cannot_show_more_than_log_b():
    assert -0.5 * math.log(1 - 0.9999**2) > 4.2
    assert math.log(8) - 0.1 < mean_infonce(0.9999, 8, 200) <= math.log(8)


def test_gradients_of_the_other_estimates():
    x, y = normal(8, 2).requires_grad_(), normal(8, 2, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(mutual_information_gaussian, (x, y))
    assert torch.autograd.gradcheck(mutual_information_infonce, normal(4, 4).requires_grad_())


# --- errors

H, Y = normal(6, 3), torch.arange(3).repeat(2)


@for_each("function", [mutual_information_kde, mutual_information_binned])
@for_each(
    ("arguments", "message"),
    [
        pytest.param((changed(H, (1, 2), math.nan), Y, 1.0), r"features: entry \[1, 2\] is nan", id="nan feature"),
        pytest.param((changed(H, (0, 0), math.inf), Y, 1.0), r"features: entry \[0, 0\] is inf", id="infinite feature"),
        pytest.param((H.long(), Y, 1.0), r"features: .*torch\.int64", id="integer features"),
        pytest.param((H[0], Y, 1.0), r"features: .*\[3\]", id="features in one dimension"),
        pytest.param((H, Y[:5], 1.0), r"labels: .*\[6\].*\[5\]", id="too few labels"),
        pytest.param((H, changed(Y, 0, -1), 1.0), "labels: -1 ", id="negative label"),
        pytest.param((H, Y.double(), 1.0), r"labels: .*torch\.float64", id="float labels"),
        pytest.param((H, Y * 0 + 1, 1.0), r"labels: only class \[1\]", id="one class"),
        pytest.param((H, Y, 0.0), r"(sigma_sq|bin_size): .*got 0\.0", id="zero"),
        pytest.param((H, Y, -2.0), r"(sigma_sq|bin_size): .*got -2\.0", id="negative"),
        pytest.param((H, Y, math.nan), r"(sigma_sq|bin_size): .*got nan", id="nan"),
        pytest.param((H, Y, math.inf), r"(sigma_sq|bin_size): .*got inf", id="infinite"),
    ],
)
def test_estimates_from_features_name_the_wrong_argument(function, arguments, message):
    with pytest.raises(ValueError, match=message):
        function(*arguments)


X = normal(12, 3)


@for_each(
    ("arguments", "message"),
    [
        pytest.param((X, X[:11]), r"x, y: .*\[12, 3\] and \[11, 3\]", id="lengths differ"),
        pytest.param((X[:6], H), r"x, y: .*N > a \+ b.*\[6, 3\] and \[6, 3\]", id="too few points"),
        pytest.param((X, X[:, :1]), r"x, y: column 3 is a linear function", id="y within the span of x"),
        pytest.param((X, normal(12, 1).repeat(1, 2)), r"column \d is a linear function", id="y repeats a column"),
        pytest.param((changed(X, (slice(None), 1), 0.1), X), r"x: column 1 is constant", id="constant column"),
        pytest.param((X, changed(X, (3, 1), math.nan)), r"y: entry \[3, 1\] is nan", id="nan"),
        pytest.param((X.int(), X), r"x: .*torch\.int32", id="integers"),
        pytest.param((X, X[:, 0]), r"y: .*\[12\]", id="one dimension"),
    ],
)
def test_gaussian_information_names_the_wrong_argument(arguments, message):
    with pytest.raises(ValueError, match=message):
        mutual_information_gaussian(*arguments)


@for_each(
    ("scores", "message"),
    [
        (torch.zeros(3, 4), r"scores: .*\[3, 4\]"),
        (torch.zeros(1, 1), r"scores: .*B >= 2.*\[1, 1\]"),
        (torch.zeros(3, 3, dtype=torch.long), r"scores: .*torch\.int64"),
        (changed(torch.zeros(3, 3), (1, 2), -math.inf), r"scores: entry \[1, 2\] is -inf"),
    ],
)
def test_infonce_names_the_wrong_score(scores, message):
    with pytest.raises(ValueError, match=message):
        mutual_information_infonce(scores)
