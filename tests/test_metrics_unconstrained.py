"""Closed-form minimizers of unconstrained features: stationary, and what numerical minimization finds."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from tables import for_each

from ncbook.metrics.unconstrained import (
    unconstrained_cross_entropy,
    unconstrained_max_margin,
    unconstrained_square_loss,
)


def cross_entropy(weight, features, bias, labels, weight_decay, feature_decay):
    logits = features @ weight.T + bias
    loss = torch.nn.functional.cross_entropy(logits, labels)
    return loss + weight_decay / 2 * weight.square().sum() + feature_decay / 2 * features.square().sum()


def square_loss(weight, features, bias, labels, weight_decay, feature_decay):
    errors = features @ weight.T + bias - torch.nn.functional.one_hot(labels, len(weight))
    loss = errors.square().sum() / (2 * len(labels))
    return loss + weight_decay / 2 * weight.square().sum() + feature_decay / 2 * features.square().sum()


def square_loss_without_bias(weight, features, bias, *rest):
    return square_loss(weight, features, 0 * bias, *rest)


def no_bias(*arguments):
    return unconstrained_square_loss(*arguments, bias=False)


MODELS = [
    pytest.param(unconstrained_cross_entropy, cross_entropy, id="cross-entropy"),
    pytest.param(unconstrained_square_loss, square_loss, id="square"),
    pytest.param(no_bias, square_loss_without_bias, id="square, no bias"),
]
EXAMPLES = [(4, 10, 5e-3, 5e-4), (10, 5, 1e-3, 1e-3), (3, 20, 5e-3, 1e-4)]  # K, n, lambda_W, lambda_H
SIZES = st.tuples(st.integers(2, 7), st.integers(1, 9), st.floats(1e-5, 1e-1), st.floats(1e-5, 1e-1))


def search(objective, classes, dim, per_class, decays, seed):
    """The lowest value L-BFGS finds from a random start."""
    labels = torch.arange(classes).repeat_interleave(per_class)
    shapes = [(classes, dim), (len(labels), dim), (classes,)]
    sizes = [math.prod(shape) for shape in shapes]

    def value_and_slope(flat):
        point = torch.tensor(flat, requires_grad=True)
        parts = [part.reshape(shape) for part, shape in zip(point.split(sizes), shapes, strict=True)]
        value = objective(*parts, labels, *decays)
        value.backward()
        return value.item(), point.grad.numpy()

    start = np.random.default_rng(seed).standard_normal(sum(sizes)) * 0.3
    options = {"maxiter": 20000, "maxfun": 30000, "maxcor": 30, "ftol": 1e-15, "gtol": 1e-10}
    return minimize(value_and_slope, start, jac=True, method="L-BFGS-B", options=options).fun


# --- numbers known beforehand


@for_each(
    ("sizes", "gap", "loss"),
    [
        (EXAMPLES[0], 5.2832, 0.0943617),
        (EXAMPLES[1], 6.0827, 0.142742),
        (EXAMPLES[2], 5.7501, 0.0427117),
    ],
)
def test_examples_of_cross_entropy(sizes, gap, loss):
    classes, per_class, *decays = sizes
    found = unconstrained_cross_entropy(classes, classes, per_class, *decays)
    assert found.logit_gap == pytest.approx(gap, abs=5e-5)
    assert found.loss == pytest.approx(loss, rel=5e-6)


# --- the minimizer


@for_each(("model", "objective"), MODELS)
@given(SIZES, st.sampled_from([0, 3]))
def test_the_minimizer_has_the_stated_loss_and_no_slope(model, objective, sizes, spare):
    classes, per_class, *decays = sizes
    found = model(classes, classes + spare, per_class, *decays)
    parts = [part.clone().requires_grad_() for part in (found.weight, found.features, found.bias)]
    value = objective(*parts, found.labels, *decays)
    assert value.item() == pytest.approx(found.loss, rel=1e-12)
    value.backward()
    for part in parts:
        assert part.grad.abs().max() < 1e-14


@for_each(("model", "objective"), MODELS)
@given(SIZES)
def test_what_is_said_of_the_minimizer_is_true_of_its_factors(model, objective, sizes):
    classes, per_class, *decays = sizes
    found = model(classes, classes + 1, per_class, *decays)
    logits = found.features @ found.weight.T
    assert found.labels.bincount().tolist() == [per_class] * classes
    true = logits.gather(1, found.labels[:, None])
    others = logits[torch.arange(classes) != found.labels[:, None]].reshape(len(logits), -1)
    gaps = true - others
    torch.testing.assert_close(gaps, torch.full_like(gaps, found.logit_gap), rtol=0, atol=1e-10)
    singular = torch.linalg.svdvals(logits)
    rank = classes if model is no_bias else classes - 1
    expected = torch.tensor([found.singular_value] * rank + [0.0] * (len(singular) - rank), dtype=torch.float64)
    torch.testing.assert_close(singular, expected, rtol=0, atol=1e-9)
    assert found.collapses == (found.logit_gap > 0)
    if found.collapses:
        ratios = found.weight.square().sum(1)[found.labels] / found.features.square().sum(1)
        assert ratios.tolist() == pytest.approx([found.norm_ratio] * len(ratios), rel=1e-9)
        assert found.norm_ratio == pytest.approx(per_class * decays[1] / decays[0], rel=1e-12)
    else:
        assert math.isnan(found.norm_ratio)
        assert math.isnan(found.normalized_margin)


@for_each(
    ("model", "objective", "sizes", "spare"),
    [(*case.values, sizes, spare) for case, sizes, spare in zip(MODELS, EXAMPLES, (0, 4, 2), strict=True)],
)
def test_numerical_minimization_reaches_the_loss_and_no_lower(model, objective, sizes, spare):
    classes, per_class, *decays = sizes
    found = model(classes, classes + spare, per_class, *decays)
    value = search(objective, classes, classes + spare, per_class, decays, seed=spare)
    assert found.loss * (1 - 1e-12) <= value <= found.loss * (1 + 1e-7)


@for_each(("model", "objective"), MODELS[:2])
def test_one_dimension_less_than_classes_is_enough_with_a_bias(model, objective):
    classes, per_class, *decays = EXAMPLES[0]
    found = model(classes, classes - 1, per_class, *decays)
    assert found.loss == pytest.approx(model(classes, classes, per_class, *decays).loss, rel=1e-15)
    value = objective(found.weight, found.features, found.bias, found.labels, *decays)
    assert value.item() == pytest.approx(found.loss, rel=1e-12)
    values = [search(objective, classes, classes - 1, per_class, decays, seed) for seed in range(2)]
    assert min(values) >= found.loss * (1 - 1e-12)


def test_without_a_bias_all_dimensions_are_needed():
    with pytest.raises(ValueError, match=r"dim: .*d >= 4, got 3"):
        no_bias(4, 3, 10, 5e-3, 5e-4)


# --- threshold


@for_each(("model", "objective"), MODELS)
@for_each("ratio", [0.97, 1.03])
def test_collapse_needs_the_decays_below_the_threshold(model, objective, ratio):
    classes, per_class = 4, 10
    decay = ratio / (classes * math.sqrt(per_class))
    found = model(classes, classes, per_class, decay * 3, decay / 3)
    assert found.collapses == (ratio < 1)
    assert (found.weight.norm() > 0) == (ratio < 1)
    value = search(objective, classes, classes, per_class, (decay * 3, decay / 3), seed=0)
    assert value == pytest.approx(found.loss, rel=1e-7)  # the minimum is shallow here


def test_beyond_the_threshold_only_the_bias_is_left():
    assert unconstrained_cross_entropy(5, 5, 4, 1.0, 1.0).loss == pytest.approx(math.log(5), rel=1e-12)
    square = unconstrained_square_loss(5, 5, 4, 1.0, 1.0)
    assert square.bias.tolist() == [0.2] * 5
    assert square.loss == pytest.approx((1 - 1 / 5) / 2, rel=1e-12)
    assert no_bias(5, 5, 4, 1.0, 1.0).loss == pytest.approx(1 / 2, rel=1e-12)


# --- geometry


@for_each("model", [unconstrained_cross_entropy, unconstrained_square_loss])
def test_weight_and_features_are_a_simplex_with_a_free_bias(model):
    found = model(4, 6, 3, 1e-3, 1e-3)
    for vectors in (found.weight, found.features[::3]):
        unit = vectors / vectors.norm(dim=1, keepdim=True)
        expected = torch.full((4, 4), -1 / 3, dtype=torch.float64).fill_diagonal_(1)
        torch.testing.assert_close(unit @ unit.T, expected, rtol=0, atol=1e-12)


def test_weight_and_features_are_orthogonal_without_a_bias():
    found = no_bias(4, 6, 3, 1e-3, 1e-3)
    for vectors in (found.weight, found.features[::3]):
        unit = vectors / vectors.norm(dim=1, keepdim=True)
        torch.testing.assert_close(unit @ unit.T, torch.eye(4, dtype=torch.float64), rtol=0, atol=1e-12)
    assert found.bias.tolist() == [0] * 4


# --- maximum margin


@for_each(("classes", "dim", "per_class"), [(2, 1, 1), (3, 3, 2), (4, 6, 10), (10, 9, 5)])
def test_max_margin_value_and_minimizer(classes, dim, per_class):
    found = unconstrained_max_margin(classes, dim, per_class)
    value = (classes - 1) * math.sqrt(per_class)
    assert found.loss == pytest.approx(value, rel=1e-15)
    half = (found.weight.square().sum() + found.features.square().sum()).item() / 2
    assert half == pytest.approx(value, rel=1e-12)
    assert found.normalized_margin == pytest.approx(1 / value, rel=1e-12)
    assert found.norm_ratio == per_class
    logits = found.features @ found.weight.T
    encoded = torch.nn.functional.one_hot(found.labels, classes).double() - 1 / classes
    torch.testing.assert_close(logits, encoded, rtol=0, atol=1e-12)


def margins_of(flat, classes, dim, labels):
    weight, features = flat[: classes * dim].reshape(classes, dim), flat[classes * dim :].reshape(-1, dim)
    logits = features @ weight.T
    own = np.arange(classes) == labels[:, None]
    return (logits[own][:, None] - logits[~own].reshape(len(labels), -1)).ravel()


@for_each(("classes", "dim", "per_class"), [(3, 2, 1), (3, 3, 2)])
@for_each("seed", range(2))
def test_numerical_minimization_under_margin_one_finds_no_lower_value(classes, dim, per_class, seed):
    found = unconstrained_max_margin(classes, dim, per_class)
    start = np.concatenate([found.weight.ravel(), found.features.ravel()])
    start = start + np.random.default_rng(seed).standard_normal(start.shape)
    result = minimize(
        lambda x: (x @ x / 2, x),
        start,
        jac=True,
        method="SLSQP",
        constraints={"type": "ineq", "fun": lambda x: margins_of(x, classes, dim, found.labels.numpy()) - 1},
        options={"maxiter": 1000, "ftol": 1e-12},
    )
    assert result.fun >= found.loss * (1 - 1e-6)
    assert result.fun == pytest.approx(found.loss, rel=1e-5)


@given(st.integers(2, 5), st.integers(1, 4), st.integers(0, 2**31), st.sampled_from([0.01, 0.3, 10.0]))
def test_no_weights_and_features_have_a_larger_normalized_margin(classes, per_class, seed, step):
    found = unconstrained_max_margin(classes, classes, per_class)
    flat = np.concatenate([found.weight.ravel(), found.features.ravel()])
    flat = flat + step * np.random.default_rng(seed).standard_normal(flat.shape)
    margin = margins_of(flat, classes, classes, found.labels.numpy()).min()
    assert margin / (flat @ flat / 2) <= found.normalized_margin * (1 + 1e-12)


def test_the_limit_of_vanishing_decay_is_the_maximum_margin():
    limit = unconstrained_max_margin(4, 4, 9).normalized_margin
    for decay in (1e-3, 1e-12):
        assert unconstrained_cross_entropy(4, 4, 9, decay, decay).normalized_margin == pytest.approx(limit, rel=1e-12)


# --- errors


@for_each("model", [unconstrained_cross_entropy, unconstrained_square_loss, no_bias])
@for_each(
    ("arguments", "message"),
    [
        ((1, 4, 5, 1e-3, 1e-3), "num_classes: .*1"),
        ((4, 2, 5, 1e-3, 1e-3), "dim: .*got 2"),
        ((4, 4, 0, 1e-3, 1e-3), "per_class: .*0"),
        ((4, 4, 5, 0.0, 1e-3), r"weight_decay: .*0\.0"),
        ((4, 4, 5, 1e-3, -1.0), r"feature_decay: .*-1\.0"),
        ((4, 4, 5, 1e-3, math.inf), "feature_decay: .*inf"),
        ((4, 4, 5, math.nan, 1e-3), "weight_decay: .*nan"),
    ],
)
def test_the_wrong_argument_is_named(model, arguments, message):
    with pytest.raises(ValueError, match=message):
        model(*arguments)


def test_max_margin_names_the_wrong_argument():
    for arguments, message in (((1, 4, 5), "num_classes"), ((4, 2, 5), "dim"), ((4, 4, 0), "per_class")):
        with pytest.raises(ValueError, match=message):
            unconstrained_max_margin(*arguments)
