"""Minority collapse against minima found from scratch, and distances of Gram matrices against their definition."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from tables import for_each

from ncbook import metrics


def minority_spread(counts, rare, decays, bias):
    """Largest difference between the rows of W of the rare classes at the minimum over W, all points' H and b."""
    labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    shapes = [(len(counts), len(counts)), (len(labels), len(counts)), (len(counts),)]
    sizes = [math.prod(shape) for shape in shapes]

    def value_and_slope(flat):
        point = torch.tensor(flat, requires_grad=True)
        weight, features, shift = (part.reshape(shape) for part, shape in zip(point.split(sizes), shapes, strict=True))
        loss = torch.nn.functional.cross_entropy(features @ weight.T + (shift if bias else 0), labels)
        value = loss + decays[0] / 2 * weight.square().sum() + decays[1] / 2 * features.square().sum()
        value.backward()
        return value.item(), point.grad.numpy()

    begin = 0.3 * np.random.default_rng(0).standard_normal(sum(sizes))
    options = {"maxiter": 3000, "maxfun": 10000, "ftol": 1e-15, "gtol": 1e-9}
    found = minimize(value_and_slope, begin, jac=True, method="L-BFGS-B", options=options)
    rows = found.x[: sizes[0]].reshape(shapes[0])[rare]
    return np.abs(rows - rows.mean(0)).max()


@for_each("bias", [False, True])
@for_each(("counts", "rare"), [((40, 25, 9, 4, 4), [3, 4]), ((30, 20, 6, 6, 6), [2, 3, 4]), ((7, 7, 30, 50), [0, 1])])
def test_classes_of_one_size_are_one_up_to_the_threshold(counts, rare, bias):
    """With other classes of any sizes; the decays put the threshold above and below the size."""
    size, points = counts[rare[0]], sum(counts)
    for share, merges in ((0.7, False), (1.4, True)):
        both = share * size / points**2  # lambda_W lambda_H
        decays = 3 * math.sqrt(both), math.sqrt(both) / 3
        assert metrics.minority_collapse_size(points, *decays) == pytest.approx(share * size)
        spread = minority_spread(counts, rare, decays, bias)
        assert spread < 1e-3 if merges else spread > 0.1


@given(
    st.integers(3, 12),
    st.data(),
    st.integers(1, 1000),
    st.floats(1e-5, 1e-1),
    st.floats(1e-5, 1e-1),
)
def test_the_ratio_is_where_the_size_is_reached(classes, data, largest, weight_decay, feature_decay):
    minority = data.draw(st.integers(2, classes - 1))
    ratio = metrics.minority_collapse_ratio(classes, minority, largest, weight_decay, feature_decay)

    def above(ratio):
        """n / R over N^2 lambda_W lambda_H: 1 at the threshold."""
        points = largest * (classes - minority + minority / ratio)
        return largest / ratio / (points**2 * weight_decay * feature_decay)

    assert ratio >= 1
    if ratio == 1:
        assert above(1) <= 1 + 1e-9
    else:
        assert above(ratio) == pytest.approx(1, rel=1e-6)
        for share in (0.0, 0.3, 0.9):
            assert above(1 + share * (ratio - 1)) > 1 - 1e-9
        assert above(3 * ratio) < 1


def test_balanced_classes_are_one_where_all_collapse_to_zero():
    """Zhu et al.'s condition K sqrt(n lambda_W lambda_H) >= 1, of `unconstrained_cross_entropy`."""
    for decay, vanishes in ((1.01e-2, True), (0.99e-2, False)):
        assert metrics.unconstrained_cross_entropy(10, 10, 100, decay, decay).collapses != vanishes
        assert (metrics.minority_collapse_size(1000, decay, decay) >= 100) == vanishes
        assert (metrics.minority_collapse_ratio(10, 5, 100, decay, decay) == 1) == vanishes


# --- distances of Gram matrices


def slow_distance(vectors, gram):
    vectors, gram = vectors.double().numpy(), gram.double().numpy()
    own = np.array([[sum(a * b for a, b in zip(one, two, strict=True)) for two in vectors] for one in vectors])
    own, gram = own / math.sqrt((own**2).sum()), gram / math.sqrt((gram**2).sum())
    return math.sqrt(((own - gram) ** 2).sum())


@for_each("scale", [1.0, 1e-200, 1e200])
@for_each(("classes", "dim"), [(2, 1), (4, 9), (9, 4)])
def test_the_distance_is_that_of_loops(classes, dim, scale):
    chance = torch.Generator().manual_seed(classes)
    vectors = torch.randn(classes, dim, generator=chance, dtype=torch.float64)
    gram = torch.randn(classes, classes, generator=chance, dtype=torch.float64)
    expected = slow_distance(vectors, gram)
    assert metrics.gram_distance(scale * vectors, gram / scale**0.5) == pytest.approx(expected, rel=1e-12)
    turn = torch.linalg.qr(torch.randn(dim, dim, generator=chance, dtype=torch.float64)).Q
    assert metrics.gram_distance(vectors @ turn, gram) == pytest.approx(expected, rel=1e-12)


def test_known_distances():
    ideal = metrics.seli([40, 40, 4, 4])
    values, vectors = torch.linalg.eigh(ideal.classifier_gram)
    rows = vectors * values.clamp(min=0).sqrt()
    assert metrics.gram_distance(rows, ideal.classifier_gram) < 1e-12
    assert metrics.gram_distance(metrics.simplex_etf(4, 3), ideal.classifier_gram) > 0.3
    first = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    assert metrics.gram_distance(first, torch.tensor([[0.0, 0.0], [0.0, 1.0]])) == pytest.approx(math.sqrt(2))
    assert math.isnan(metrics.gram_distance(torch.zeros(2, 3), torch.eye(2)))
    assert math.isnan(metrics.gram_distance(first, torch.zeros(2, 2)))


def test_half_precision_is_measured_in_double():
    rows = torch.tensor([[1.0, 0.5], [0.25, -2.0], [0.5, 0.125]])
    gram = torch.eye(3)
    assert metrics.gram_distance(rows.half(), gram.half()) == metrics.gram_distance(rows, gram)
