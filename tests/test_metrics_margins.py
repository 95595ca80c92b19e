"""Margins against slow definitions, closed forms on the simplex, and the max-margin classifier against rivals."""

import functools
import itertools
import math
import threading
from dataclasses import asdict

import numpy as np
import pytest
import torch
from draws import changed, normal
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import trapezoid
from scipy.optimize import minimize
from scipy.special import log_ndtr
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from strategies import classes
from tables import for_each

from ncbook.metrics import _classes, max_margin
from ncbook.metrics.geometry import simplex_etf
from ncbook.metrics.margins import (
    _blocks,
    cosine_margins,
    error_exponent,
    margin_curve,
    margins,
    normalized_margins,
    simplex_margins,
)
from ncbook.metrics.max_margin import max_margin_classifier

# --- slow definitions: numpy in float64, loops over points and classes


def slow_margins(logits, labels):
    return np.array([row[y] - max(z for j, z in enumerate(row) if j != y) for row, y in zip(logits, labels)])  # noqa: B905


def slow_distances(features, labels, weight, bias):
    result = []
    for h, y in zip(features, labels, strict=True):
        others = [j for j in range(len(weight)) if j != y]
        gaps = [(weight[y] - weight[j]) @ h + bias[y] - bias[j] for j in others]
        norms = [np.sqrt(((weight[y] - weight[j]) ** 2).sum()) for j in others]
        result.append(min(gap / norm for gap, norm in zip(gaps, norms, strict=True)))
    return np.array(result)


def slow_cosine_margins(features, labels, weight):
    shift = features.mean(0)  # no cosine sees it, and float64 has digits to spare without it
    features = features - shift
    center = np.mean([features[labels == c].mean(0) for c in np.unique(labels)], axis=0)
    rows = weight - weight.mean(0)
    cosines = [[r @ (h - center) / np.linalg.norm(r) / np.linalg.norm(h - center) for r in rows] for h in features]
    return slow_margins(cosines, labels)


def sample(counts, dim, seed=0, dtype=torch.float64, offset=0.0, spread=0.5, separation=1.0):
    """Features, labels, weight, bias: Gaussian classes around random means, and those means as a noisy head."""
    draws = normal(sum(counts) + 2 * len(counts), dim, seed=seed)
    labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    means = separation * draws[: len(counts)]
    features = offset + means[labels] + spread * draws[len(counts) : -len(counts)]
    weight = draws[: len(counts)] + 0.2 * draws[-len(counts) :]
    bias = -offset * weight.sum(1) - separation * weight.square().sum(1) / 2
    return features.to(dtype), labels, weight.to(dtype), bias.to(dtype)


def exact(*tensors):
    return [tensor.double().numpy() if tensor.is_floating_point() else tensor.numpy() for tensor in tensors]


def assert_agrees(features, labels, weight, bias, rtol=1e-9):
    """All three against their definitions on the numbers as they are stored, to `rtol` of what is subtracted."""

    def close(measured, expected, size):
        assert measured.dtype == torch.float64
        np.testing.assert_allclose(measured.numpy(), expected, rtol=0, atol=rtol * size)

    h, y, w, b = exact(features, labels, weight, bias)
    size = np.abs(h - h.mean(0)).max()
    logits = (features.double() @ weight.double().T + bias.double()).to(features.dtype)
    close(margins(logits, labels), slow_margins(*exact(logits, labels)), 1e-300)
    close(normalized_margins(features, labels, weight, bias), slow_distances(h, y, w, b), size)
    close(normalized_margins(features, labels, weight), slow_distances(h, y, w, 0 * b), size)
    close(cosine_margins(features, labels, weight), slow_cosine_margins(h, y, w), 1)


# --- random and awkward input


@settings(max_examples=50)
@given(classes(sizes=(1, 8), dims=(1, 9), offsets=(0.0, -300.0)))
def test_agree_with_the_definitions(arguments):
    assert_agrees(*sample(**arguments))


@for_each(
    ("counts", "dim"),
    [
        pytest.param([4] * 20, 5, id="K > d"),
        pytest.param([3] * 4, 100, id="d > N"),
        pytest.param([9, 9], 1, id="d = 1"),
        pytest.param([200, 20, 2], 8, id="imbalance 100:1"),
        pytest.param([5, 0, 5, 0], 6, id="classes that do not occur"),
    ],
)
def test_awkward_sizes(counts, dim):
    assert_agrees(*sample(counts, dim, dtype=torch.float32))


@for_each("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_float_type(dtype):
    assert_agrees(*sample([20] * 5, 12, dtype=dtype))


@for_each(
    "arguments",
    [
        pytest.param({"dtype": torch.float16, "spread": 100.0, "separation": 300.0}, id="float16 at scale 300"),
        pytest.param({"spread": 1e-6, "separation": 1e-6}, id="float64 at scale 1e-6"),
        pytest.param({"spread": 1e-9}, id="float64 with a spread of 1e-9"),
        pytest.param({"dtype": torch.float32, "spread": 1e24, "separation": 1e25}, id="float32 at scale 1e25"),
        pytest.param({"dtype": torch.float32, "spread": 1e-26, "separation": 1e-25}, id="float32 at scale 1e-25"),
    ],
)
def test_scales(arguments):
    features, labels, weight, bias = sample([20] * 4, 8, **arguments)
    assert_agrees(features, labels, weight / arguments.get("separation", 1.0), bias * 0)


def test_a_common_offset_of_a_thousand_in_float32():
    """The distances themselves, and not only to a share of the largest, around means that are 1e-2 apart."""
    features, labels, weight, _ = sample([50] * 4, 8, dtype=torch.float32, offset=1e3, spread=1e-4, separation=1e-2)
    bias = -(weight.double() @ features.double().mean(0))
    assert_agrees(features, labels, weight, bias, rtol=1e-7)
    expected = slow_distances(*exact(features, labels, weight, bias))
    np.testing.assert_allclose(normalized_margins(features, labels, weight, bias).numpy(), expected, rtol=1e-4)


def test_a_row_common_to_all_classes_costs_no_digits():
    features, labels, weight, _ = sample([10] * 4, 6)
    shifted = (weight + 2.0**20).to(torch.float32)
    kept = shifted.double() - 2.0**20
    before, after = (normalized_margins(features, labels, rows) for rows in (kept, shifted))
    torch.testing.assert_close(after, before, rtol=1e-10, atol=1e-12)


def test_nearly_equal_rows_beside_others():
    """Their distance is that of their difference, and not of a difference of squares."""
    features, labels, weight, _ = sample([10] * 3, 6)
    weight[1] = weight[0] + 1e-9 * weight[2]
    weight = torch.cat([weight, normal(30, 6)])
    bias = torch.cat([torch.zeros(3), torch.full((30,), -100.0)])  # the nearest boundary is that of the first rows
    measured = normalized_margins(features, labels, weight, bias)[:20]
    expected = slow_distances(*exact(features, labels, weight, bias))[:20]
    np.testing.assert_allclose(measured.numpy(), expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def test_margins_of_nearly_equal_logits_in_float32():
    logits = torch.tensor([[1e6, 1e6 + 0.0625, 0.0], [3.0, 3.0, 1.0]])
    assert margins(logits, torch.tensor([1, 0])).tolist() == [0.0625, 0.0]
    assert margins(logits, torch.tensor([0, 2])).tolist() == [-0.0625, -2.0]


@for_each("elements", [1, 7, 50])
def test_the_block_size_does_not_change_the_result(monkeypatch, elements):
    features, labels, weight, bias = sample([9] * 4, 6)
    whole = normalized_margins(features, labels, weight, bias), cosine_margins(features, labels, weight)
    monkeypatch.setattr(_classes, "_BLOCK_ELEMENTS", elements)
    torch.testing.assert_close(normalized_margins(features, labels, weight, bias), whole[0], rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(cosine_margins(features, labels, weight), whole[1], rtol=1e-12, atol=1e-14)


@for_each(("classes", "dim"), [(2, 50), (50, 2)])
def test_blocks_are_small_in_both_widths(monkeypatch, classes, dim):
    monkeypatch.setattr(_classes, "_BLOCK_ELEMENTS", 200)
    sizes = [len(points) for points, _ in _blocks(torch.ones(30, dim), torch.zeros(30, dtype=torch.long), classes)]
    assert sum(sizes) == 30
    assert max(sizes) == 4


@for_each("labels_dtype", [torch.uint8, torch.int32])
def test_every_integer_type_of_labels(labels_dtype):
    features, labels, weight, bias = sample([6] * 3, 4)
    other = labels.to(labels_dtype)
    assert torch.equal(margins(features @ weight.T, labels), margins(features @ weight.T, other))
    assert torch.equal(
        normalized_margins(features, labels, weight, bias), normalized_margins(features, other, weight, bias)
    )
    assert torch.equal(cosine_margins(features, labels, weight), cosine_margins(features, other, weight))


# --- what they mean


def test_the_normalized_margin_is_the_distance_at_which_the_decision_changes():
    features, labels, weight, bias = sample([30] * 4, 3)
    distances = normalized_margins(features, labels, weight, bias)
    steps = torch.nn.functional.normalize(normal(20_000, 3, seed=1), dim=1)
    correct = 0
    for h, y, distance in zip(features, labels, distances, strict=True):
        assert (distance > 0) == ((weight @ h + bias).argmax() == y)
        if distance > 0:
            correct += 1
            decisions = ((h + 0.999 * distance * steps) @ weight.T + bias).argmax(1)
            assert (decisions == y).all()
            assert ((h + 1.01 * distance * steps) @ weight.T + bias).argmax(1).ne(y).any()
    assert 60 < correct < 120


def test_margins_do_not_change_with_the_scale_of_the_head_nor_cosines_with_a_shift():
    features, labels, weight, bias = sample([10] * 4, 6)
    expected = normalized_margins(features, labels, weight, bias)
    torch.testing.assert_close(normalized_margins(features, labels, 7 * weight, 7 * bias), expected)
    torch.testing.assert_close(normalized_margins(7 * features, labels, weight, 7 * bias), 7 * expected)
    features, labels, weight, _ = sample([10, 3, 5], 6)
    torch.testing.assert_close(
        cosine_margins(5 * features + 3, labels, 7 * weight - 2), cosine_margins(features, labels, weight)
    )


def test_cosine_margins_center_at_the_unweighted_mean_of_class_means():
    few, many = torch.tensor([[1.0, 0.5], [1.0, -0.5]]), torch.tensor([[-1.0, 0.5], [-1.0, -0.5]])
    weight = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
    features, labels = torch.cat([few, many.repeat(50, 1)]), torch.tensor([0] * 2 + [1] * 100)
    expected = torch.full((102,), 4 / math.sqrt(5), dtype=torch.float64)
    torch.testing.assert_close(cosine_margins(features, labels, weight), expected)


def test_equal_rows_leave_the_decision_to_the_bias_and_have_no_cosine():
    features, labels = torch.tensor([[1.0], [2.0]]), torch.tensor([0, 1])
    rows = torch.ones(2, 1)
    assert normalized_margins(features, labels, rows, torch.tensor([1.0, 0.0])).tolist() == [math.inf, -math.inf]
    assert normalized_margins(features, labels, rows).isnan().all()
    assert cosine_margins(features, labels, rows).isnan().all()


# --- closed forms under neural collapse


@for_each("classes", [2, 3, 10, 100])
@for_each(("alpha", "beta"), [(1.0, 1.0), (0.3, 7.0)])
def test_closed_forms_on_the_simplex(classes, alpha, beta):
    etf = simplex_etf(classes, classes + 3)
    features, weight, labels = alpha * etf, beta * etf, torch.arange(classes)
    closed = simplex_margins(classes, alpha, beta)
    logits = features @ weight.T
    assert margins(logits, labels).numpy() == pytest.approx(alpha * beta * classes / (classes - 1), rel=1e-12)
    assert margins(logits, labels).numpy() == pytest.approx(closed.margin, rel=1e-12)
    assert (margins(logits, labels) / weight.norm()).numpy() == pytest.approx(closed.per_frobenius, rel=1e-12)
    assert cosine_margins(features, labels, weight).numpy() == pytest.approx(classes / (classes - 1), rel=1e-12)
    assert closed.cosine == classes / (classes - 1)
    assert normalized_margins(features, labels, weight).numpy() == pytest.approx(closed.distance, rel=1e-12)
    assert torch.pdist(features).numpy() / 2 == pytest.approx(closed.distance, rel=1e-12)
    assert error_exponent(features, weight).item() == pytest.approx(closed.exponent, rel=1e-12)


@for_each(("classes", "value"), [(2, 0.5), (3, 0.375), (10, 10 / 36)])
def test_the_exponent_of_the_simplex(classes, value):
    assert simplex_margins(classes).exponent == pytest.approx(value, rel=1e-15)


def test_the_exponent_is_the_limit_of_the_error_of_two_classes():
    """P(error) = Phi(-1/sigma) for means +-1; its exponent is approached as sigma^2 log(1/sigma)."""
    means = torch.tensor([[1.0], [-1.0]])
    sigma = 1e-3
    assert error_exponent(means, means).item() == pytest.approx(-(sigma**2) * log_ndtr(-1 / sigma), rel=2e-5)


def test_the_exponent_is_the_limit_of_the_error_of_three_classes():
    """Integrate the density around one vertex over the plane outside its 120 degree sector."""
    sigma, exponent = 0.01, error_exponent(simplex_etf(3, 2), simplex_etf(3, 2)).item()
    angle = np.linspace(math.pi / 3, math.pi, 4_001)[:, None]
    radius = np.linspace(0.2, 0.8, 401)[None]
    energy = (radius**2 - 2 * radius * np.cos(angle) + 1) / 2  # half the squared distance to the vertex
    density = radius * np.exp(-(energy - exponent) / sigma**2) / (2 * math.pi * sigma**2)
    scaled = 2 * trapezoid(trapezoid(density, radius, axis=1), angle[:, 0])
    assert exponent - sigma**2 * math.log(scaled) == pytest.approx(exponent, rel=2e-3)
    assert 1e-3 < scaled < 1  # no exponential is left over


@for_each("classes", [2, 3, 6])
def test_no_other_means_or_rule_have_a_larger_exponent(classes):
    largest, found = simplex_margins(classes).exponent, []
    for seed in range(100):
        means = torch.nn.functional.normalize(normal(classes, 6, seed=seed), dim=1)
        head, biases = normal(classes, 6, seed=seed + 1000), 0.1 * normal(classes, seed=seed + 2000)
        nearest = error_exponent(means, means).item()
        assert nearest == pytest.approx(torch.pdist(means).square().amin().item() / 8, rel=1e-9)
        found += [nearest, error_exponent(means, means + 0.3 * head, biases).item()]
    assert max(found) <= largest * (1 + 1e-12)
    assert max(found) > 0.6 * largest


def test_a_mean_on_the_wrong_side_has_exponent_zero():
    means = torch.eye(3)
    assert error_exponent(means, means.roll(1, 0)).item() == 0


# --- the margin curve


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30))
def test_the_area_is_that_under_the_steps_of_the_curve(values):
    curve = margin_curve(torch.tensor(values, dtype=torch.float64))
    assert curve.margins.tolist() == sorted(values)
    steps = [height / len(values) for height in sorted(values)]
    assert curve.area == pytest.approx(sum(steps), abs=1e-12)
    assert curve.quantiles.tolist() == pytest.approx([(i + 0.5) / len(values) for i in range(len(values))])


def test_the_curve_of_collapsed_features_is_flat():
    etf = simplex_etf(4, 5)
    curve = margin_curve(margins(etf.repeat(9, 1) @ etf.T, torch.arange(4).repeat(9)))
    assert curve.margins.numpy() == pytest.approx(4 / 3)
    assert curve.area == pytest.approx(4 / 3)


# --- the max-margin classifier


@for_each("classes", [2, 3, 10])
@for_each(("alpha", "dtype"), [(1.0, torch.float64), (1e-6, torch.float64), (300.0, torch.float32)])
def test_on_the_simplex_its_rows_are_proportional_to_the_means(classes, alpha, dtype):
    etf = alpha * simplex_etf(classes, classes + 2)
    result = max_margin_classifier(etf.repeat(6, 1).to(dtype), torch.arange(classes).repeat(6))
    assert result.converged
    assert result.optimality == pytest.approx(1, rel=2e-4)
    assert result.margin == pytest.approx(simplex_margins(classes, alpha).per_frobenius, rel=2e-4)
    rows = result.weight / result.weight.norm()
    torch.testing.assert_close(rows, etf / etf.norm(), rtol=0, atol=2e-4)


@for_each("noise", [1e-7, 1e-5, 1e-4, 1e-3, 1e-2])
def test_it_converges_on_features_that_are_nearly_collapsed(noise):
    """||w_y - w_j|| <= sqrt(2) ||W||_F, so moving each point by r changes the largest margin by sqrt(2) r at most."""
    steps, expected = noise * normal(100, 8), simplex_margins(5).per_frobenius
    result = max_margin_classifier(simplex_etf(5, 8).repeat(20, 1) + steps, torch.arange(5).repeat(20))
    assert result.converged
    assert result.optimality == pytest.approx(1, rel=2e-4)
    furthest = steps.norm(dim=1).amax().item()
    assert result.margin == pytest.approx(expected, rel=2e-4, abs=math.sqrt(2) * furthest + 2e-4 * expected)


def test_a_common_offset_is_no_matter_once_it_is_subtracted_and_is_reported_if_not():
    features, labels, _, _ = sample([10] * 3, 5, dtype=torch.float32, offset=1e3, spread=1e-4, separation=1e-2)
    centered = features.double() - features.double().mean(0)
    result = max_margin_classifier(centered, labels)
    assert result.converged
    assert result.margin == pytest.approx(max_margin_classifier(100 * centered, labels).margin / 100, rel=1e-3)
    assert result.optimality == pytest.approx(1, rel=2e-4)
    uncentered = max_margin_classifier(features, labels)
    assert not uncentered.converged
    assert uncentered.optimality < 0.5


def separable(seed, classes=4, dim=6):
    means = 2 * torch.nn.functional.normalize(normal(classes, dim, seed=seed), dim=1)
    labels = torch.arange(classes).repeat(8)
    return means[labels] + 0.25 * normal(8 * classes, dim, seed=seed + 100), labels


def achieved(features, labels, weight):
    return slow_margins((features @ weight.T).numpy(), labels.numpy()).min() / np.linalg.norm(weight)


@for_each("seed", range(2))
def test_no_other_classifier_has_a_larger_normalized_margin(seed):
    features, labels = separable(seed)
    best = max_margin_classifier(features, labels)
    assert best.converged
    assert best.margin == pytest.approx(achieved(features, labels, best.weight), rel=1e-12)
    assert best.margin > 0
    rivals = [normal(4, 6, seed=s) for s in range(200)]
    rivals += [best.weight + 10.0**-power * normal(4, 6, seed=s) for s, power in itertools.product(range(50), range(6))]
    rivals += [torch.stack([features[labels == c].mean(0) for c in range(4)])]
    for cost in (1.0, 1e2, 1e4):
        fit = LogisticRegression(C=cost, fit_intercept=False, max_iter=10_000).fit(features.numpy(), labels.numpy())
        rivals.append(torch.from_numpy(fit.coef_))
    margins_of_rivals = [achieved(features, labels, weight) for weight in rivals]
    assert max(margins_of_rivals) <= best.margin / best.optimality * (1 + 1e-4)
    assert margins_of_rivals[-1] > 0.5 * best.margin  # logistic regression comes near: the contest is real


@for_each(("seed", "classes"), [(0, 2), (1, 3), (2, 3)])
def test_it_solves_the_quadratic_program(seed, classes):
    features, labels = separable(seed, classes, 3)
    h, y = exact(features, labels)
    pairs = [(i, j) for i in range(len(y)) for j in range(classes) if j != y[i]]

    def constraints(flat):
        logits = h @ flat.reshape(classes, 3).T
        return np.array([logits[i, y[i]] - logits[i, j] - 1 for i, j in pairs])

    start = np.array([h[y == c].mean(0) for c in range(classes)]).ravel()
    solved = minimize(
        lambda flat: flat @ flat / 2,
        start,
        jac=lambda flat: flat,
        constraints={"type": "ineq", "fun": constraints},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    assert solved.success
    result = max_margin_classifier(features, labels)
    np.testing.assert_allclose(result.weight.numpy().ravel(), solved.x, atol=1e-3 * np.abs(solved.x).max())
    assert result.margin == pytest.approx(1 / np.linalg.norm(solved.x), rel=2e-4)


def test_features_that_are_not_separable_are_reported_and_no_warning_escapes():
    features, labels = torch.tensor([[1.0], [2.0], [1.5], [-1.0]]), torch.tensor([0, 1, 0, 1])
    result = max_margin_classifier(features, labels)
    assert result.margin < 0
    assert result.optimality < 0


def test_a_solver_that_does_not_converge_says_so():
    features, labels, _, _ = sample([30] * 3, 2, spread=0.7)
    result = max_margin_classifier(features, labels)
    assert not result.converged
    assert result.margin < 0


def test_the_fit_is_that_of_scikit_learn_to_the_bit():
    """Whatever is done around it: recorded runs hold its numbers."""
    features, labels = separable(0)
    scaled = features.double() / (features.double().norm() / len(features) ** 0.5)
    solver = LinearSVC(
        multi_class="crammer_singer", C=1e6, fit_intercept=False, tol=1e-4, max_iter=100_000, random_state=0
    )
    expected = solver.fit(scaled.numpy(), labels.numpy()).coef_
    assert max_margin_classifier(features, labels).converged
    np.testing.assert_array_equal(max_margin._crammer_singer(scaled, labels).numpy(), expected)


class Bar:
    """In the place of a progress bar."""

    def __init__(self, looks, **options):
        self.looks, self.total, self.n, self.options = looks, options["total"], 0.0, options

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def update(self, seconds):
        self.n += seconds
        self.looks.append((self.n, self.total))
        self.react()


@pytest.mark.parametrize("most", [0.0, 1e9])
def test_who_waits_for_a_long_fit_sees_how_long_it_can_take(monkeypatch, most):
    """The fit ends once somebody has looked three times. What takes longer than was thought is at its end all along."""
    looks, ended = [], threading.Event()
    monkeypatch.setattr(max_margin, "tqdm", functools.partial(Bar, looks))
    monkeypatch.setattr(Bar, "react", lambda bar: len(looks) >= 3 and ended.set(), raising=False)
    assert max_margin._waited_for(lambda: ended.wait() and "fitted", most) == "fitted"
    assert len(looks) >= 3
    assert all(0 < now <= total + 1e-9 for now, total in looks)
    assert [total == most for _, total in looks] == [most > 0] * len(looks)


def test_ctrl_c_ends_the_waiting_and_an_error_of_the_solver_comes_through(monkeypatch):
    ended = threading.Event()
    monkeypatch.setattr(max_margin, "tqdm", functools.partial(Bar, []))
    monkeypatch.setattr(Bar, "react", lambda bar: (_ for _ in ()).throw(KeyboardInterrupt), raising=False)
    with pytest.raises(KeyboardInterrupt):
        max_margin._waited_for(ended.wait, 1.0)
    ended.set()
    with pytest.raises(ZeroDivisionError):
        max_margin._waited_for(lambda: 1 / 0, 1.0)


def test_the_time_of_a_round_is_found_for_any_order_of_the_labels():
    for labels in (np.arange(8000) % 2, np.arange(8000) // 4000, np.array([0, 1])):
        points = np.random.default_rng(0).normal(size=(len(labels), 3))
        assert 0 <= max_margin._seconds_of_a_round(points, labels) < 10


def test_it_takes_features_that_require_a_gradient():
    features, labels = separable(0)
    result = max_margin_classifier(features.clone().requires_grad_(), labels)
    assert asdict(result)["margin"] == max_margin_classifier(features, labels).margin
    assert not result.weight.requires_grad


# --- gradients


def test_gradients_agree_with_finite_differences():
    features, labels, weight, bias = (t.requires_grad_(t.is_floating_point()) for t in sample([3, 2, 4], 3))
    assert torch.autograd.gradcheck(lambda h, w, b: margins(h @ w.T + b, labels), (features, weight, bias))
    assert torch.autograd.gradcheck(
        lambda *head: normalized_margins(head[0], labels, *head[1:]), (features, weight, bias)
    )
    assert torch.autograd.gradcheck(lambda h, w: cosine_margins(h, labels, w), (features, weight))
    means = simplex_etf(3, 3) + 0.1 * normal(3, 3)
    assert torch.autograd.gradcheck(lambda m, w: error_exponent(m, w), (means.requires_grad_(), weight))


# --- errors

H, Y, W, B = normal(6, 3), torch.arange(3).repeat(2), torch.eye(3), torch.zeros(3)


@for_each(
    ("call", "message"),
    [
        pytest.param(lambda: margins(H, changed(Y, 1, 3)), r"labels: 3 is outside 0\.\.2", id="label too large"),
        pytest.param(lambda: margins(H, changed(Y, 1, -1)), "labels: -1 ", id="negative label"),
        pytest.param(lambda: margins(H, Y.float()), "labels: .*float32", id="float labels"),
        pytest.param(lambda: margins(H, Y[:5]), r"labels: .*\[5\]", id="too few labels"),
        pytest.param(
            lambda: margins(changed(H, (2, 1), math.nan), Y), r"logits: entry \[2, 1\] is nan", id="nan logit"
        ),
        pytest.param(lambda: margins(H.long(), Y), "logits: .*int64", id="integer logits"),
        pytest.param(lambda: margins(H[:, :1], Y * 0), r"logits: .*\[6, 1\]", id="K = 1"),
        pytest.param(lambda: margins(H[:0], Y[:0]), r"logits: .*\[0, 3\]", id="no logits"),
        pytest.param(lambda: normalized_margins(H, Y + 1, W), r"labels: 3 is outside 0\.\.2", id="label beyond weight"),
        pytest.param(
            lambda: normalized_margins(changed(H, (4, 0), math.inf), Y, W), r"features: entry \[4, 0\] is inf", id="inf"
        ),
        pytest.param(lambda: normalized_margins(H, Y, torch.eye(3, 4)), r"weight: .*\[3, 4\]", id="weight too wide"),
        pytest.param(lambda: normalized_margins(H, Y, W[0]), r"weight: .*\[3\]", id="weight in one dimension"),
        pytest.param(lambda: normalized_margins(H, Y, W, B[:2]), r"bias: .*\[2\]", id="bias too short"),
        pytest.param(
            lambda: normalized_margins(H, Y, changed(W, (1, 1), math.nan)), r"weight: entry \[1, 1\]", id="nan weight"
        ),
        pytest.param(lambda: normalized_margins(H, Y * 0, W[:1]), r"weight: .*K >= 2.*\[1, 3\]", id="one row"),
        pytest.param(lambda: cosine_margins(H, Y * 0, W), r"labels: only class \[0\]", id="cosine, one class"),
        pytest.param(
            lambda: cosine_margins(changed(H, (0, 0), math.nan), Y, W), r"features: entry \[0, 0\]", id="cosine, nan"
        ),
        pytest.param(lambda: margin_curve(H), r"values: .*\[6, 3\]", id="curve of a matrix"),
        pytest.param(lambda: margin_curve(H[:0, 0]), r"values: .*\[0\]", id="curve of nothing"),
        pytest.param(lambda: margin_curve(changed(H[0], 1, math.inf)), r"values: entry \[1\] is inf", id="curve, inf"),
        pytest.param(lambda: simplex_margins(1), "num_classes: .*1", id="simplex, K = 1"),
        pytest.param(lambda: simplex_margins(3, 0.0), "feature_norm: .*0.0", id="simplex, no norm"),
        pytest.param(lambda: simplex_margins(3, 1.0, math.nan), "weight_norm: .*nan", id="simplex, nan norm"),
        pytest.param(lambda: error_exponent(torch.eye(3, 4), W), r"class_means: .*\[3, 4\]", id="means too wide"),
        pytest.param(lambda: error_exponent(torch.eye(2, 3), W), r"weight: .*\[3, 3\]", id="fewer means than rows"),
        pytest.param(lambda: error_exponent(W[0], W), r"class_means: .*\[3\]", id="means in one dimension"),
        pytest.param(lambda: max_margin_classifier(H, 2 * Y), r"labels: only \[0, 2, 4\]", id="an empty class"),
        pytest.param(lambda: max_margin_classifier(0 * H, Y), "features: all are zero", id="zero features"),
        pytest.param(
            lambda: max_margin_classifier(changed(H, (1, 0), math.nan), Y), r"features: entry \[1, 0\]", id="svm, nan"
        ),
    ],
)
def test_errors_name_the_argument_and_its_value(call, message):
    with pytest.raises(ValueError, match=message):
        call()
