"""Losses, measures and regularizers against loops over points, classes and pairs in float64."""

import math
import re
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tables import for_each
from torch.nn import functional

from ncbook import metrics
from ncbook import trainers as terms
from ncbook.trainers import Outputs

MEASURES = (
    terms.variance_ratio,
    terms.cdnv,
    terms.relative_flatness,
    terms.FlatnessBound(),
    terms.FlatnessBound(2.0, True),
    terms.uncertainty,
    terms.squared_norms,
    terms.feature_norm,
)
LOSSES = (
    terms.CrossEntropy(),
    terms.CrossEntropy(0.1),
    terms.CrossEntropy(float64=True),
    terms.Focal(0.0),
    terms.Focal(0.5),
    terms.Focal(),
    terms.SquaredError(),
    terms.SquaredError(5.0, 3.0),
    terms.SupervisedContrastive(),
    terms.SupervisedContrastive(0.7),
    terms.StableMax(),
    terms.StableMax(float64=True),
    terms.Flooded(terms.CrossEntropy(), 0.3),
    terms.Flooded(terms.Focal(), 9.0),
)
SHAPED = (
    terms.Regularizer(terms.cdnv, -1.0, torch.log1p),
    terms.Regularizer(terms.variance_ratio, 1.0, terms.Floor(1e3)),
    terms.Regularizer(terms.relative_flatness, -0.1),
)
ALL = LOSSES + MEASURES + SHAPED
ODD = {
    "plain": {},
    "more classes than dimensions": {"dim": 3, "classes": 9},
    "more dimensions than points": {"points": 12, "dim": 40},
    "an empty class": {"labels": [0, 0, 2, 2, 3, 3, 0, 2, 3, 0, 0, 2] * 3},
    "imbalance": {"labels": [0] * 200 + [1, 1, 2, 2, 3, 3]},
    "offset": {"offset": 1000.0, "sigma": 1e-4, "dtype": torch.float32},
    "offset and near means": {"offset": 1000.0, "sigma": 1e-3, "spread": 0.05, "dtype": torch.float32},
    "distant classes": {"spread": 3000.0, "sigma": 1e-3, "dtype": torch.float32, "confidence": 1e-4},
    "tiny spread": {"sigma": 1e-6},
    "bfloat16": {"dtype": torch.bfloat16},
    "float16 at scale 300": {"spread": 300.0, "sigma": 30.0, "dtype": torch.float16, "confidence": 0.001},
    "nearly collapsed float32": {"sigma": 1e-5, "dtype": torch.float32},
    "confident": {"points": 60, "sigma": 0.05, "confidence": 20.0, "dtype": torch.float32, "aligned": True},
}


def sample(
    points=24,
    dim=6,
    classes=4,
    seed=0,
    dtype=torch.float64,
    sigma=1.0,
    spread=1.0,
    offset=0.0,
    labels=None,
    confidence=0.5,
    aligned=False,
):
    """A batch; its logits are the head's, in float64 for a float64 network and else in float32."""
    random = np.random.default_rng(seed)
    labels = np.arange(points) % classes if labels is None else np.array(labels)
    means = spread * (np.eye(classes, dim) if aligned else random.normal(size=(classes, dim)))
    features = means[labels] + sigma * random.normal(size=(len(labels), dim)) + offset
    weight = confidence * (means if aligned else random.normal(size=(classes, dim)))
    features, weight = torch.tensor(features).to(dtype), torch.tensor(weight).to(dtype)
    wide = torch.promote_types(dtype, torch.float32)
    return Outputs(features, (features.to(wide) - offset) @ weight.to(wide).T, torch.tensor(labels), weight)


def arrays(outputs):
    return (part.detach().double().numpy() for part in (outputs.features, outputs.logits, outputs.weight))


def softmax(row):
    odds = np.exp(row - row.max())
    return odds / odds.sum()


def slow_cross_entropies(outputs, smoothing=0.0):
    losses = []
    for row, label in zip(outputs.logits.detach().double().numpy(), outputs.labels.tolist(), strict=True):
        log_shares = row - row.max() - math.log(np.exp(row - row.max()).sum())
        target = [(1 - smoothing) * (c == label) + smoothing / len(row) for c in range(len(row))]
        losses.append(-sum(a * b for a, b in zip(target, log_shares, strict=True)))
    return losses


def slow_focal(outputs, gamma):
    _, logits, _ = arrays(outputs)
    shares = [softmax(row)[label] for row, label in zip(logits, outputs.labels.tolist(), strict=True)]
    return np.mean([-((1 - p) ** gamma) * math.log(p) for p in shares])


def slow_squared_error(outputs, on_target, height):
    _, logits, _ = arrays(outputs)
    total = 0.0
    for row, label in zip(logits, outputs.labels.tolist(), strict=True):
        for c, z in enumerate(row):
            total += on_target * (z - height) ** 2 if c == label else z**2
    return total / len(logits)


def slow_contrastive(outputs, temperature):
    features, _, _ = arrays(outputs)
    labels, losses = outputs.labels.tolist(), []
    h = [row / np.linalg.norm(row) for row in features]
    for i in range(len(h)):
        others = [a for a in range(len(h)) if a != i]
        alike = [p for p in others if labels[p] == labels[i]]
        if alike:
            total = sum(math.exp(h[i] @ h[a] / temperature) for a in others)
            losses.append(-np.mean([math.log(math.exp(h[i] @ h[p] / temperature) / total) for p in alike]))
    return np.mean(losses)


def slow_flatness(outputs):
    """(relative flatness, its bound, at temperature 2 and without ||phi||^2, uncertainty) from softmax and pairs."""
    features, logits, weight = arrays(outputs)
    exact, bound, tempered, unsure = [], [], [], []
    for phi, z in zip(features, logits, strict=True):
        p, q = softmax(z), softmax(z / 2)
        pairs = [(j, k) for j in range(len(p)) for k in range(len(p)) if j != k]
        exact.append(phi @ phi * sum(p[j] * p[k] * ((weight[j] - weight[k]) ** 2).sum() / 2 for j, k in pairs))
        unsure.append(sum(p[j] * p[k] for j, k in pairs))
        bound.append(phi @ phi * unsure[-1] * (weight**2).sum())
        tempered.append(sum(q[j] * q[k] for j, k in pairs) * (weight**2).sum())
    return tuple(np.mean(values) for values in (exact, bound, tempered, unsure))


def slow_variances(outputs):
    """(variance ratio, cdnv) from class means in float64, of features around their mean."""
    features, _, _ = arrays(outputs)
    labels = outputs.labels.numpy()
    features = features - features.mean(0)
    kinds = np.unique(labels)
    means = [features[labels == c].mean(0) for c in kinds]
    variances = [((features[labels == c] - m) ** 2).sum(1).mean() for c, m in zip(kinds, means, strict=True)]
    within = sum(v * (labels == c).mean() for c, v in zip(kinds, variances, strict=True))
    between = np.mean([((m - np.mean(means, axis=0)) ** 2).sum() for m in means])
    pairs = [(i, j) for i in range(len(kinds)) for j in range(len(kinds)) if i != j]
    nccs = [(variances[i] + variances[j]) / (2 * ((means[i] - means[j]) ** 2).sum()) for i, j in pairs]
    return within / between, np.mean(nccs)


def close(tolerance):
    return partial(pytest.approx, rel=tolerance, abs=0)


def tolerance(outputs):
    return 1e-9 if outputs.features.dtype == torch.float64 else 1e-3


def gradients(term, outputs):
    """Value and gradients in features, logits and weight, 0 where the term does not depend on one."""
    leaves = [part.detach().clone().requires_grad_() for part in (outputs.features, outputs.logits, outputs.weight)]
    value = term(Outputs(leaves[0], leaves[1], outputs.labels, leaves[2], outputs.mask))
    found = torch.autograd.grad(value, leaves, allow_unused=True, materialize_grads=True)
    return value.detach(), found


def name(term):
    """Without addresses, which differ between the processes that run the tests."""
    text = term.__name__ if callable(term) and hasattr(term, "__name__") else repr(term)
    return re.sub(r"<[a-z -]*(function|method) (\w+).*?>", r"\2", text)


# --- losses


@for_each("odd", ODD)
def test_losses_follow_their_equations(odd):
    outputs = sample(**ODD[odd])
    near = close(tolerance(outputs) if odd != "confident" else 1e-2)
    for smoothing in (0.0, 0.1, 0.5):
        expected = np.mean(slow_cross_entropies(outputs, smoothing))
        assert terms.CrossEntropy(smoothing, float64=True)(outputs).item() == close(1e-9)(expected)
        if odd != "confident":
            assert terms.CrossEntropy(smoothing)(outputs).item() == near(expected)
    for on_target, height in ((1.0, 1.0), (5.0, 3.0)):
        expected = slow_squared_error(outputs, on_target, height)
        assert terms.SquaredError(on_target, height)(outputs).item() == near(expected)
    if odd not in ("confident", "offset", "tiny spread", "nearly collapsed float32"):
        for temperature in (0.1, 1.0):
            assert terms.SupervisedContrastive(temperature)(outputs).item() == near(
                slow_contrastive(outputs, temperature)
            )


@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.3, 1.0, 2.0, 3.0]), st.floats(0.01, 2.0))
def test_focal_follows_its_equation(seed, gamma, confidence):
    outputs = sample(seed=seed, confidence=confidence)
    assert terms.Focal(gamma)(outputs).item() == close(1e-8)(slow_focal(outputs, gamma))


def test_squared_error_is_torchs_times_the_classes():
    outputs = sample()
    targets = functional.one_hot(outputs.labels, 4).double()
    assert terms.SquaredError()(outputs).item() == close(1e-12)(4 * functional.mse_loss(outputs.logits, targets).item())


def test_focal_without_focus_is_cross_entropy():
    outputs = sample(confidence=2.0)
    plain, focal = (gradients(term, outputs) for term in (terms.CrossEntropy(), terms.Focal(0.0)))
    torch.testing.assert_close(focal, plain, rtol=1e-12, atol=0)


@for_each("gamma", [0.0, 0.1, 0.5, 1.0, 3.0])
def test_focal_is_finite_at_certainty_and_at_certain_error(gamma):
    logits = torch.tensor([[1000.0, 0.0], [0.0, 1000.0], [20.0, 0.0], [0.0, 0.0]])
    outputs = Outputs(torch.ones(4, 2), logits, torch.tensor([0, 0, 0, 1]), torch.ones(2, 2))
    value, (_, gradient, _) = gradients(terms.Focal(gamma), outputs)
    certain_error, even = 1000.0, 0.5**gamma * math.log(2)
    assert value.item() == close(1e-5)((certain_error + even) / 4)
    assert gradient.isfinite().all()
    assert gradient[0].tolist() == [0.0, 0.0]
    assert gradient[1].tolist() == pytest.approx([-0.25, 0.25], rel=1e-6)


def test_float64_cross_entropy_keeps_the_gradient_of_a_confident_point():
    logits = torch.tensor([[28.0, 0.0, 0.0]])
    outputs = Outputs(torch.ones(1, 2), logits, torch.tensor([0]), torch.ones(3, 2))
    single, double = terms.CrossEntropy(), terms.CrossEntropy(float64=True)
    odds = math.exp(-28.0)
    value, (_, gradient, _) = gradients(double, outputs)
    assert value.item() == close(1e-3)(2 * odds)
    assert value.dtype == torch.float64
    assert gradient.dtype == torch.float32
    assert gradient[0].tolist() == pytest.approx([-2 * odds, odds, odds], rel=1e-3)
    value, (_, gradient, _) = gradients(single, outputs)
    assert value.item() == 0
    assert gradient[0, 0].item() == 0


def test_contrastive_leaves_out_points_alone_in_their_class():
    outputs = sample(points=9, labels=[0, 0, 0, 1, 1, 2, 3, 3, 3])
    value, (gradient, _, _) = gradients(terms.SupervisedContrastive(0.3), outputs)
    assert value.item() == close(1e-9)(slow_contrastive(outputs, 0.3))
    assert gradient.isfinite().all()
    assert gradient[5].abs().max() > 0


@for_each("labels", [[0] * 6, [0, 1] * 3, [0, 0, 0, 1, 2, 3]])
def test_contrastive_of_one_class_and_of_duplicates(labels):
    outputs = sample(labels=labels)
    doubled = outputs._replace(features=outputs.features[[0, 0, 2, 2, 4, 4]])
    for each in (outputs, doubled):
        value, (gradient, _, _) = gradients(terms.SupervisedContrastive(0.5), each)
        assert value.item() == close(1e-9)(slow_contrastive(each, 0.5))
        assert gradient.isfinite().all()


@for_each("labels", [[0, 1, 2, 3], [2]])
@for_each("dtype", [torch.float32, torch.float64])
def test_contrastive_of_points_all_alone_is_zero(labels, dtype):
    value, (gradient, _, _) = gradients(terms.SupervisedContrastive(), sample(labels=labels, dtype=dtype))
    assert value.item() == 0
    assert (gradient == 0).all()


@for_each("term", [terms.SupervisedContrastive(), terms.RateReduction()])
def test_zero_features_have_a_gradient_of_ordinary_size(term):
    outputs = sample(dtype=torch.float32)
    outputs = outputs._replace(features=outputs.features.index_fill(0, torch.tensor([3]), 0.0))
    value, (gradient, _, _) = gradients(term, outputs)
    assert value.isfinite()
    assert gradient.isfinite().all()
    assert gradient.abs().max() < 1e3


@for_each("eps_sq", [0.1, 0.5])
def test_rate_reduction_of_unit_features(eps_sq):
    outputs = sample()
    features, labels = outputs.features.numpy(), outputs.labels.numpy()
    features = features / np.linalg.norm(features, axis=1, keepdims=True)
    points, dim = features.shape

    def rate(rows):
        return np.linalg.slogdet(np.eye(dim) + dim / (len(rows) * eps_sq) * rows.T @ rows)[1] / 2

    inside = sum((labels == c).sum() / points * rate(features[labels == c]) for c in range(4))
    value, (gradient, _, _) = gradients(terms.RateReduction(eps_sq), outputs)
    assert value.item() == close(1e-9)(inside - rate(features))
    unit = torch.tensor(features)
    assert value.item() == close(1e-12)(-metrics.rate_reduction(unit, outputs.labels, eps_sq).item())
    stepped = outputs.features - 0.01 * gradient / gradient.norm()
    stepped = stepped / stepped.norm(dim=1, keepdim=True)
    assert metrics.rate_reduction(stepped, outputs.labels, eps_sq).item() > -value.item()


@for_each("level", [0.01, 1.0, 50.0])
def test_flooded_turns_round_below_its_level(level):
    outputs, loss = sample(), terms.CrossEntropy()
    plain, (_, slope, _) = gradients(loss, outputs)
    value, (_, flooded, _) = gradients(terms.Flooded(loss, level), outputs)
    above = plain.item() > level
    assert value.item() == close(1e-12)(plain.item() if above else 2 * level - plain.item())
    torch.testing.assert_close(flooded, slope if above else -slope)


# --- measures


@for_each("odd", ODD)
def test_measures_follow_their_equations(odd):
    outputs = sample(**ODD[odd])
    features, _, weight = arrays(outputs)
    ratio, ncc = slow_variances(outputs)
    exact, bound, tempered, unsure = slow_flatness(outputs)
    square = (features**2).sum(1).mean()
    expected = (ratio, ncc, exact, bound, tempered, unsure, square * (weight**2).sum(), square)
    for measure, value in zip(MEASURES, expected, strict=True):
        assert measure(outputs).item() == close(tolerance(outputs))(value), name(measure)


@for_each("odd", ODD)
def test_measures_equal_the_metrics_of_their_names(odd):
    outputs = sample(**ODD[odd])
    near, classes = close(tolerance(outputs)), outputs.logits.shape[1]
    for ours, metric in ((terms.variance_ratio, metrics.variance_ratio), (terms.cdnv, metrics.cdnv)):
        assert ours(outputs).item() == near(metric(outputs.features, outputs.labels, classes).item())
    if ODD[odd].get("offset"):
        return  # the logits of `sample` are then not those of the head
    head = (outputs.features, outputs.weight)
    assert terms.relative_flatness(outputs).item() == near(metrics.relative_flatness(*head).item())
    for temperature in (0.5, 1.0, 2.0, 3.0):
        each = metrics.relative_flatness_bound_per_sample(*head, temperature=temperature)
        assert terms.FlatnessBound(temperature)(outputs).item() == near(each.mean().item())
        unit = (each / outputs.features.double().square().sum(1)).mean().item()
        assert terms.FlatnessBound(temperature, unit_features=True)(outputs).item() == near(unit)


@given(
    st.lists(st.integers(0, 4), min_size=2, max_size=30).filter(lambda labels: len(set(labels)) > 1),
    st.integers(1, 8),
    st.sampled_from([1e-6, 0.1, 10.0]),
    st.integers(0, 10**6),
)
def test_variances_of_any_classes_equal_the_metrics(labels, dim, sigma, seed):
    outputs = sample(labels=labels, dim=dim, classes=5, sigma=sigma, seed=seed)
    for ours, metric in ((terms.variance_ratio, metrics.variance_ratio), (terms.cdnv, metrics.cdnv)):
        expected = metric(outputs.features, outputs.labels, 5).item()
        assert ours(outputs).item() == pytest.approx(expected, rel=1e-8, abs=1e-24)


@for_each("odd", [odd for odd in ODD if ODD[odd].get("dtype") == torch.float32])
@for_each("measure", MEASURES)
def test_gradients_in_single_precision_keep_their_digits(measure, odd):
    outputs = sample(**ODD[odd])
    precise = Outputs(outputs.features.double(), outputs.logits.double(), outputs.labels, outputs.weight.double())
    for found, expected in zip(gradients(measure, outputs)[1], gradients(measure, precise)[1], strict=True):
        assert (found - expected).norm() <= 1e-3 * expected.norm()


def test_the_confident_batch_is_confident():
    loss = np.mean(slow_cross_entropies(sample(**ODD["confident"])))
    assert 1e-10 < loss < 1e-7


def test_half_precision_logits_are_divided_in_single_precision():
    outputs = sample(dtype=torch.bfloat16, confidence=2.0)
    outputs = outputs._replace(logits=outputs.logits.bfloat16())
    precise = outputs._replace(logits=outputs.logits.double())
    bound = terms.FlatnessBound(3.0)
    assert bound(outputs).item() == close(1e-5)(bound(precise).item())


def test_uncertainty_is_between_certain_and_even():
    even = Outputs(torch.ones(2, 2), torch.zeros(2, 5), torch.tensor([0, 1]), torch.ones(5, 2))
    assert terms.uncertainty(even).item() == close(1e-6)(1 - 1 / 5)
    certain = even._replace(logits=torch.eye(5)[:2] * 1000)
    assert terms.uncertainty(certain).item() == 0


# --- batches in which a measure has no value


@for_each("dtype", [torch.float32, torch.float64])
@for_each("labels", [[2] * 7, [0], [3, 3]])
@for_each("measure", [terms.variance_ratio, terms.cdnv])
def test_one_class_alone_does_not_push(measure, labels, dtype):
    value, (gradient, _, _) = gradients(measure, sample(labels=labels, dtype=dtype, offset=0.3))
    assert value.item() == 0
    assert (gradient == 0).all()


@for_each("dtype", [torch.float32, torch.float64])
@for_each("where", [0.0, 0.1, 1000.0])
@for_each("measure", [terms.variance_ratio, terms.cdnv])
def test_equal_class_means_do_not_push(measure, where, dtype):
    rows = sample(points=10, dtype=dtype).features
    features = torch.cat([rows, -rows, 3 * rows, -3 * rows]) + where
    if where == 1000.0:
        features = (features * 64).round() / 64  # so that the means stay equal
    outputs = sample(labels=[0] * 20 + [1] * 20, dtype=dtype)._replace(features=features)
    value, (gradient, _, _) = gradients(measure, outputs)
    assert value.item() == 0
    assert (gradient == 0).all()


@for_each("dtype", [torch.float32, torch.float64])
def test_cdnv_leaves_out_a_pair_of_equal_means(dtype):
    rows = sample(points=10, dtype=dtype).features
    features = torch.cat([rows, -rows, 2 * rows, -2 * rows, rows + 5])
    outputs = sample(labels=[0] * 20 + [1] * 20 + [2] * 10, dtype=dtype)._replace(features=features)
    labels = outputs.labels
    two = [metrics.cdnv(features[labels != c], (labels[labels != c] == 2).long()).item() for c in (0, 1)]
    value, (gradient, _, _) = gradients(terms.cdnv, outputs)
    assert value.item() == close(1e-5)(np.mean(two))
    assert gradient.isfinite().all()
    assert gradient.abs().max() > 0


def test_cdnv_leaves_out_equal_means_far_from_a_third():
    rows = (sample(points=10, dtype=torch.float32).features * 7).round() / 64
    pair = torch.cat([rows, -rows, 3 * rows, -3 * rows]) + 1000.3
    outputs = sample(labels=[0] * 20 + [1] * 20 + [2] * 10, dtype=torch.float32)
    value = terms.cdnv(outputs._replace(features=torch.cat([(pair * 64).round() / 64, rows - 999.7])))
    assert 0 < value.item() < 1e-6


@for_each("measure", [terms.variance_ratio, terms.cdnv])
def test_exact_collapse_is_zero(measure):
    outputs = sample(sigma=0.0, dtype=torch.float32)
    value, (gradient, _, _) = gradients(measure, outputs)
    assert 0 <= value.item() < 1e-12
    assert gradient.isfinite().all()


# --- regularizers


@given(st.integers(0, 5), st.one_of(st.none(), st.integers(6, 12)), st.integers(0, 15))
def test_regularizer_is_active_in_its_window(start, stop, step):
    regularizer = terms.Regularizer(terms.cdnv, 1.0, start=start, stop=stop)
    assert regularizer.active(step) == (step in range(start, 100 if stop is None else stop))


def test_regularizer_shapes_its_measure():
    outputs = sample()
    value = terms.cdnv(outputs).item()
    for coefficient in (-2.0, 0.5):
        assert terms.Regularizer(terms.cdnv, coefficient)(outputs).item() == value
        assert terms.Regularizer(terms.cdnv, coefficient, torch.log1p)(outputs).item() == close(1e-12)(
            math.log1p(value)
        )
    assert terms.Regularizer(terms.cdnv, 1.0, terms.Floor(7 * value))(outputs).item() == close(1e-9)(math.log(7))
    assert terms.Regularizer(terms.cdnv, 1.0, terms.Floor(value / 7))(outputs).item() == 0


@given(
    st.sampled_from(MEASURES),
    st.sampled_from([-3.0, -0.01, 0.5, 2.0]),
    st.sampled_from([None, torch.log1p]),
    st.integers(0, 10**6),
)
def test_a_step_moves_the_measure_to_the_promised_side(measure, coefficient, shape, seed):
    _assert_moves(measure, terms.Regularizer(measure, coefficient, shape), -coefficient, seed)


@given(st.sampled_from(MEASURES), st.integers(0, 10**6))
def test_a_floor_pushes_up_until_it_is_reached(measure, seed):
    value = measure(sample(seed=seed)).item()
    _assert_moves(measure, terms.Regularizer(measure, 2.0, terms.Floor(3 * value)), +1, seed)
    reached = terms.Regularizer(measure, 2.0, terms.Floor(value / 3))
    assert all((part == 0).all() for part in gradients(reached, sample(seed=seed))[1])


def _assert_moves(measure, regularizer, direction, seed):
    """One small gradient step of coefficient * regularizer moves the measure in `direction`."""
    outputs = sample(seed=seed)
    _, slopes = gradients(lambda batch: regularizer.coefficient * regularizer(batch), outputs)
    size = math.sqrt(sum(slope.square().sum().item() for slope in slopes))
    features, logits, weight = (
        part - 1e-5 * slope / size
        for part, slope in zip((outputs.features, outputs.logits, outputs.weight), slopes, strict=True)
    )
    moved = measure(Outputs(features, logits, outputs.labels, weight)) - measure(outputs)
    assert math.copysign(1, moved.item()) == math.copysign(1, direction)
    assert moved != 0


@for_each("dtype", [torch.float32, torch.float64])
def test_floor_of_a_vanished_measure_is_finite(dtype):
    regularizer = terms.Regularizer(terms.variance_ratio, 1.0, terms.Floor(0.5))
    for labels, sigma in (([1] * 6, 1.0), ([0, 1] * 3, 0.0)):
        value, (gradient, _, _) = gradients(regularizer, sample(labels=labels, sigma=sigma, dtype=dtype))
        assert value.isfinite()
        assert gradient.isfinite().all()
    zero = torch.zeros((), dtype=dtype, requires_grad=True)
    terms.Floor(0.5)(zero).backward()
    assert zero.grad == 0


# --- what holds for all


def padded(outputs, extra=7):
    """The batch with finite garbage between and after its points, and the mask that says so."""
    random = np.random.default_rng(1)
    count, classes = len(outputs.labels), outputs.logits.shape[1]
    order = torch.tensor(random.permutation(count + extra))

    def mixed(part, garbage):
        return torch.cat([part, torch.tensor(garbage).to(part.dtype)])[order]

    return Outputs(
        mixed(outputs.features, 50 * random.normal(size=(extra, outputs.features.shape[1]))),
        mixed(outputs.logits, 50 * random.normal(size=(extra, classes))),
        mixed(outputs.labels, random.integers(0, classes, extra)),
        outputs.weight,
        mixed(torch.ones(count), np.zeros(extra)),
    ), order.argsort()[:count]


@for_each("batch", [{}, {"labels": [0, 0, 1, 3, 3, 3]}, {"offset": 30.0}])
@for_each("term", ALL)
def test_padding_does_not_matter(term, batch):
    outputs = sample(**batch)
    full, kept = padded(outputs)
    value, (features, logits, weight) = gradients(term, outputs)
    masked, (masked_features, masked_logits, masked_weight) = gradients(term, full)
    near = partial(torch.testing.assert_close, rtol=1e-8, atol=1e-12)
    near(masked, value)
    near(masked_weight, weight)
    for found, expected in ((masked_features, features), (masked_logits, logits)):
        near(found[kept], expected)
        assert found.abs().sum().item() == close(1e-12)(found[kept].abs().sum().item())


@for_each("term", ALL)
def test_members_of_an_ensemble_are_on_their_own(term):
    batches = [padded(sample(seed=seed, points=12 + 2 * seed), extra=20 - 2 * seed)[0] for seed in range(3)]
    batches[2] = batches[2]._replace(labels=torch.zeros_like(batches[2].labels))  # one member sees one class
    stacked = Outputs(*(torch.stack(parts) for parts in zip(*batches, strict=True)))

    def of_parts(features, logits, weight, labels, mask):
        return term(Outputs(features, logits, labels, weight, mask))

    together = torch.func.vmap(torch.func.grad_and_value(of_parts, argnums=(0, 1, 2)))
    slopes, values = together(stacked.features, stacked.logits, stacked.weight, stacked.labels, stacked.mask)
    for member, batch in enumerate(batches):
        value, expected = gradients(term, batch)
        near = partial(torch.testing.assert_close, rtol=1e-9, atol=1e-12)
        near(values[member], value)
        near(tuple(slope[member] for slope in slopes), expected)
        assert value.isfinite()
        assert all(slope.isfinite().all() for slope in expected)


@for_each(
    ("term", "masked"),
    [*((term, True) for term in ALL), (terms.RateReduction(), False)],
)
def test_gradients_are_those_of_finite_differences(term, masked):
    outputs = padded(sample(points=8, dim=3, classes=3), 2)[0] if masked else sample(points=8, dim=3, classes=3)
    leaves = [part.clone().requires_grad_() for part in (outputs.features, outputs.logits, outputs.weight)]

    def of_leaves(features, logits, weight):
        # a term that leaves one of the three out has gradient 0 there
        untouched = 0 * (features.sum() + logits.sum() + weight.sum())
        return term(Outputs(features, logits, outputs.labels, weight, outputs.mask)) + untouched

    assert torch.autograd.gradcheck(of_leaves, leaves)


@for_each("masked", [False, True])
@for_each("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@for_each("term", ALL)
def test_half_precision_is_worked_on_in_single(term, dtype, masked):
    outputs = sample(dtype=torch.float64)
    low = Outputs(*(part.to(dtype) for part in outputs[:2]), outputs.labels, outputs.weight.to(dtype))
    if masked:
        low = low._replace(mask=torch.ones(len(outputs.labels)))
    wide = torch.float64 if dtype == torch.float64 or getattr(term, "float64", False) else torch.float32
    value = term(low)
    assert value.dtype == wide
    assert value.shape == ()
    exact = Outputs(*(part.double() for part in low[:2]), low.labels, low.weight.double())
    assert value.item() == close(1e-4)(term(exact).item())


@for_each("dtype", [torch.float16, torch.bfloat16])
def test_rate_reduction_is_in_double(dtype):
    outputs = sample(dtype=dtype)
    value = terms.RateReduction()(outputs)
    assert value.dtype == torch.float64
    assert value.item() == close(1e-4)(
        terms.RateReduction()(outputs._replace(features=outputs.features.double())).item()
    )


def test_mean_counts_points_and_not_padding():
    values = torch.tensor([1.0, 2.0, 6.0, 99.0])
    outputs = sample(points=4)
    assert outputs.mean(values).item() == 27
    for dtype in (torch.float16, torch.float32, torch.float64):
        mean = outputs._replace(mask=torch.tensor([1, 1, 1, 0], dtype=dtype)).mean(values)
        assert mean.item() == 3
        assert mean.dtype == torch.float32


def test_mean_counts_beyond_the_integers_of_a_half_precision_mask():
    outputs = sample(points=4)._replace(mask=torch.ones(100_000, dtype=torch.float16))
    assert outputs.mean(torch.full((100_000,), 2.0)).item() == 2


@for_each(
    ("make", "argument", "value"),
    [
        (lambda value: terms.CrossEntropy(smoothing=value), "smoothing", (-0.1, 1.0, math.nan)),
        (lambda value: terms.Focal(gamma=value), "gamma", (-1.0, math.inf, math.nan)),
        (lambda value: terms.SquaredError(on_target=value), "on_target", (0.0, -1.0, math.inf, math.nan)),
        (lambda value: terms.SquaredError(height=value), "height", (0.0, math.inf, math.nan)),
        (
            lambda value: terms.SupervisedContrastive(temperature=value),
            "temperature",
            (0.0, -2.0, math.inf, math.nan),
        ),
        (lambda value: terms.RateReduction(eps_sq=value), "eps_sq", (0.0, -1.0, math.inf, math.nan)),
        (
            lambda value: terms.Flooded(terms.CrossEntropy(), level=value),
            "level",
            (0.0, -1.0, math.inf, math.nan),
        ),
        (lambda value: terms.FlatnessBound(temperature=value), "temperature", (0.0, -2.0, math.inf, math.nan)),
        (lambda value: terms.Floor(level=value), "level", (0.0, -1.0, math.inf, math.nan)),
        (lambda value: terms.Regularizer(terms.cdnv, value), "coefficient", (math.inf, -math.inf, math.nan)),
        (lambda value: terms.Regularizer(terms.cdnv, 1.0, start=value), "start", (-1,)),
        (lambda value: terms.Regularizer(terms.cdnv, 1.0, start=3, stop=value), "stop", (3, 2, 0)),
    ],
)
def test_bad_arguments_are_named(make, argument, value):
    for each in value:
        with pytest.raises(ValueError, match=rf"^{argument}: .*got {each}$"):
            make(each)


def test_rate_reduction_says_what_it_cannot_take():
    with pytest.raises(ValueError, match=r"^labels: only class \[2\] occurs"):
        terms.RateReduction()(sample(labels=[2, 2, 2]))
    with pytest.raises(ValueError, match=r"^mask: expected None, since rate reduction takes no padding"):
        terms.RateReduction()(padded(sample())[0])
