"""Orthogonal frame, softmax code and SELI against definitions, closed forms and optimality."""

import math

import numpy as np
import pytest
import torch
from draws import normal
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import check_grad, minimize
from tables import for_each

from ncbook.metrics import frames
from ncbook.metrics.frames import one_vs_rest_margin, orthogonal_frame, seli, softmax_code
from ncbook.metrics.geometry import simplex_etf


def unit(vectors):
    return vectors / vectors.norm(dim=1, keepdim=True)


# --- orthogonal frame


@for_each(("classes", "dim"), [(2, 2), (5, 5), (4, 9)])
def test_orthogonal_frame_is_a_simplex_once_centered(classes, dim):
    frame = orthogonal_frame(classes, dim)
    torch.testing.assert_close(frame @ frame.T, torch.eye(classes, dtype=torch.float64), rtol=0, atol=0)
    centered = frame - frame.mean(0)
    etf = simplex_etf(classes, classes)
    torch.testing.assert_close(centered @ centered.T, (1 - 1 / classes) * etf @ etf.T, rtol=0, atol=1e-12)
    assert one_vs_rest_margin(frame) == pytest.approx(math.sqrt(classes / (classes - 1)), rel=1e-12)


# --- margin


def define_margin(vectors):
    """Smallest distance to the hull of the others, by a general solver over convex combinations."""
    distances = []
    for k in range(len(vectors)):
        others = np.delete(vectors, k, axis=0)

        def distance(shares, k=k, others=others):
            gap = vectors[k] - shares @ others
            return gap @ gap, -2 * others @ gap

        size = len(others)
        found = minimize(
            distance,
            np.full(size, 1 / size),
            jac=True,
            method="SLSQP",
            bounds=[(0, 1)] * size,
            constraints={"type": "eq", "fun": lambda shares: shares.sum() - 1},
            options={"ftol": 1e-14, "maxiter": 500},
        )
        distances.append(math.sqrt(max(found.fun, 0)))
    return min(distances)


@given(st.integers(2, 9), st.integers(1, 6), st.integers(0, 2**31), st.sampled_from([1e-3, 1.0, 1e3]))
def test_margin_agrees_with_the_definition(classes, dim, seed, scale):
    vectors = scale * normal(classes, dim, seed=seed)
    expected = define_margin((vectors / scale).numpy()) * scale
    assert one_vs_rest_margin(vectors) == pytest.approx(expected, rel=1e-5, abs=1e-5 * scale)


def test_margin_by_hand():
    triangle = torch.tensor([[0.0, 3.0], [-1.0, 0.0], [1.0, 0.0]])
    assert one_vs_rest_margin(triangle) == pytest.approx(6 / math.sqrt(10), rel=1e-6)  # [1, 0] to the opposite side
    assert one_vs_rest_margin(torch.tensor([[0.0, 0], [1, 0], [-1, 0]])) == pytest.approx(0, abs=1e-12)
    assert one_vs_rest_margin(torch.ones(2, 3)) == 0
    assert one_vs_rest_margin(torch.tensor([[0.0], [5.0]], dtype=torch.float16)) == pytest.approx(5, rel=1e-12)


# --- softmax code

CLOSED_FORMS = [
    pytest.param(2, 1, 2.0, id="K = 2"),
    pytest.param(4, 3, 4 / 3, id="simplex"),
    pytest.param(3, 9, 3 / 2, id="simplex, spare dimensions"),
    pytest.param(5, 2, 1 - math.cos(2 * math.pi / 5), id="pentagon"),
    pytest.param(4, 2, 1.0, id="square"),
    pytest.param(11, 2, 1 - math.cos(2 * math.pi / 11), id="11-gon"),
    pytest.param(5, 3, 1.0, id="part of the octahedron"),
    pytest.param(6, 3, 1.0, id="octahedron"),
    pytest.param(8, 4, 1.0, id="cross-polytope"),
]


@for_each(("classes", "dim", "margin"), CLOSED_FORMS)
def test_closed_forms(classes, dim, margin):
    code = softmax_code(classes, dim)
    assert code.proven
    assert code.frame.shape == (classes, dim)
    torch.testing.assert_close(code.frame.norm(dim=1), torch.ones(classes, dtype=torch.float64), rtol=0, atol=1e-12)
    assert code.margin == pytest.approx(margin, rel=1e-12)
    assert one_vs_rest_margin(code.frame) == pytest.approx(margin, rel=1e-9)


@for_each(("classes", "dim", "margin"), CLOSED_FORMS[1::2])
def test_the_search_finds_the_closed_forms_and_nothing_better(classes, dim, margin):
    code = frames._search(classes, dim, seed=3)
    assert margin * (1 - 2e-6) < code.margin < margin * (1 + 1e-9)


@given(st.sampled_from([(3, 2), (4, 3), (3, 5), (5, 2), (8, 2), (5, 3), (6, 3), (7, 4)]), st.integers(0, 2**31))
def test_no_arrangement_beats_the_closed_forms(sizes, seed):
    best = softmax_code(*sizes)
    for step in (10.0, 0.1):  # anywhere, and nearby
        other = unit(best.frame + step * normal(*sizes, seed=seed))
        assert one_vs_rest_margin(other) <= best.margin + 1e-9


def test_the_search_finds_the_icosahedron():
    code = softmax_code(12, 3)
    assert not code.proven
    assert code.margin == pytest.approx(1 - 1 / math.sqrt(5), rel=2e-6)  # height of a vertex over its neighbors
    cosines = (code.frame @ code.frame.T).sort(dim=1).values[:, 1:-1]
    torch.testing.assert_close(cosines.abs(), torch.full_like(cosines, 5**-0.5), rtol=0, atol=1e-3)


@for_each(("classes", "dim"), [(7, 3), (9, 4)])
def test_the_search_does_not_depend_on_its_seed(classes, dim):
    first, again, other = (softmax_code(classes, dim, seed) for seed in (0, 0, 1))
    assert torch.equal(first.frame, again.frame)
    assert other.margin == pytest.approx(first.margin, rel=1e-5)
    assert first.margin == one_vs_rest_margin(first.frame)
    assert first.margin < 1
    torch.testing.assert_close(first.frame.norm(dim=1), torch.ones(classes, dtype=torch.float64), rtol=0, atol=1e-12)
    assert first.margin > one_vs_rest_margin(unit(normal(classes, dim))) + 0.1


def test_the_gradient_of_the_smoothed_margin():
    shape = (2, 5, 3)
    for sharpness in (4.0, 64.0):
        arguments = (shape, sharpness)
        error = check_grad(
            lambda x, arguments=arguments: frames._smooth_margin(x, *arguments)[0],
            lambda x, arguments=arguments: frames._smooth_margin(x, *arguments)[1],
            normal(*shape).numpy().ravel(),
        )
        assert error < 1e-5


def test_the_smoothed_margin_tends_to_minus_the_smallest():
    weight, features = unit(normal(4, 3)), unit(normal(4, 3, seed=1))
    margins = [(weight[k] - weight[j]) @ features[k] for k in range(4) for j in range(4) if j != k]
    value, _ = frames._smooth_margin(torch.stack([weight, features]).numpy().ravel(), (2, 4, 3), 1e6)
    assert value == pytest.approx(-min(margins).item(), abs=1e-5)


# --- SELI

COUNTS = st.lists(st.integers(1, 30), min_size=2, max_size=8)


def define_seli(counts):
    """From the singular value decomposition of the K x N label matrix."""
    labels = np.repeat(np.arange(len(counts)), counts)
    encoded = np.eye(len(counts))[:, labels] - 1 / len(counts)
    left, singular, right = np.linalg.svd(encoded, full_matrices=False)
    rank = len(counts) - 1
    left, singular, right = left[:, :rank], singular[:rank], right[:rank]
    points = right.T @ np.diag(singular) @ right
    first = [int((labels == c).argmax()) for c in range(len(counts))]
    for c in range(len(counts)):  # all features of a class are equal
        np.testing.assert_allclose(points[labels == c], np.tile(points[first[c]], (counts[c], 1)), atol=1e-10)
    return left @ np.diag(singular) @ left.T, points[np.ix_(first, first)], np.sort(singular)


@given(COUNTS)
def test_seli_agrees_with_the_label_matrix(counts):
    measured = seli(counts)
    for ours, theirs in zip(
        (measured.classifier_gram, measured.feature_gram, measured.singular_values), define_seli(counts), strict=True
    ):
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-9, atol=1e-10)


@given(COUNTS)
def test_seli_gives_the_encoded_labels_as_logits_of_balanced_factors(counts):
    found, size = seli(counts), len(counts)
    centering = torch.eye(size, dtype=torch.float64) - 1 / size
    torch.testing.assert_close(found.classifier_gram @ found.feature_gram, centering, rtol=0, atol=1e-10)
    weights = torch.tensor(counts, dtype=torch.float64)
    squared = (weights @ found.feature_norms.square()).item()
    assert squared == pytest.approx(found.singular_values.sum().item(), rel=1e-9)
    assert found.classifier_norms.square().sum().item() == pytest.approx(squared, rel=1e-9)
    for cosines in (found.classifier_cosines, found.feature_cosines):
        torch.testing.assert_close(cosines.diagonal(), torch.ones(size, dtype=torch.float64), rtol=0, atol=1e-12)


@given(COUNTS)
def test_seli_is_optimal(counts):
    """Its certificate: V U^T, whose entries are those of the feature Gram matrix, prices only margins >= 1.

    V U^T = sum of a_ij (e_y - e_j) e_i^T with prices a >= 0 needs entries <= 0 beside the true class.
    """
    gram = seli(counts).feature_gram
    assert (gram - torch.diag(gram.diagonal())).max() <= 1e-12
    torch.testing.assert_close(gram.sum(0), torch.zeros(len(counts), dtype=torch.float64), rtol=0, atol=1e-10)


@given(COUNTS, st.integers(0, 2**31), st.sampled_from([10.0, 0.1]))
def test_no_logits_of_margin_one_have_a_smaller_nuclear_norm(counts, seed, step):
    labels = np.repeat(np.arange(len(counts)), counts)
    logits = np.eye(len(counts))[:, labels] - 1 / len(counts)
    logits += step * np.random.default_rng(seed).random(logits.shape) * logits
    points = np.arange(len(labels))
    margins = logits[labels, points] - np.where(np.arange(len(counts))[:, None] == labels, -np.inf, logits).max(0)
    nuclear = np.linalg.norm(logits / margins.min(), "nuc")
    assert nuclear >= seli(counts).singular_values.sum().item() * (1 - 1e-12)


@for_each(("classes", "count"), [(2, 1), (4, 10), (10, 5000)])
def test_balanced_seli_is_the_simplex(classes, count):
    found = seli([count] * classes)
    expected = torch.eye(classes, dtype=torch.float64) - 1 / classes
    torch.testing.assert_close(found.classifier_gram, math.sqrt(count) * expected, rtol=0, atol=1e-10)
    torch.testing.assert_close(found.feature_gram, expected / math.sqrt(count), rtol=0, atol=1e-10)
    cosines = simplex_etf(classes, classes) @ simplex_etf(classes, classes).T
    torch.testing.assert_close(found.classifier_cosines, cosines, rtol=0, atol=1e-10)


@for_each(("ratio", "classes"), [(1, 4), (10, 2), (100, 10), (10000, 4)])
def test_step_imbalance(classes, ratio):
    """Half the classes with R n points, half with n: eigenvalues R n, (R+1) n / 2 and n of the K x K problem."""
    few, half = 5, classes // 2
    found = seli(torch.tensor([ratio * few] * half + [few] * half))
    roots = torch.tensor([few] * (half - 1) + [(ratio + 1) * few / 2] + [ratio * few] * (half - 1)).double().sqrt()
    torch.testing.assert_close(found.singular_values, roots, rtol=1e-9, atol=0)
    step = math.sqrt((ratio + 1) / 2)
    for start, own in ((0, math.sqrt(ratio)), (half, 1.0)):
        classifier = math.sqrt(few) * (own * (1 - 2 / classes) + step / classes)
        features = ((1 - 2 / classes) / own + 1 / (step * classes)) / math.sqrt(few)
        group = slice(start, start + half)
        assert found.classifier_norms[group].tolist() == pytest.approx([math.sqrt(classifier)] * half, rel=1e-9)
        assert found.feature_norms[group].tolist() == pytest.approx([math.sqrt(features)] * half, rel=1e-9)
        cosines = found.classifier_cosines[group, group][~torch.eye(half, dtype=torch.bool)]
        expected = math.sqrt(few) * (step / classes - own * 2 / classes) / classifier
        assert cosines.tolist() == pytest.approx([expected] * len(cosines), rel=1e-7, abs=1e-9)
    across = found.classifier_gram[:half, half:]
    torch.testing.assert_close(across, torch.full_like(across, -step * math.sqrt(few) / classes), rtol=1e-7, atol=0)


def test_seli_of_a_million_points_needs_no_point():
    found = seli([10**9, 10**7])
    assert found.singular_values.item() == pytest.approx(math.sqrt((10**9 + 10**7) / 2), rel=1e-12)


# --- errors


@for_each(
    ("call", "message"),
    [
        (lambda: orthogonal_frame(1, 3), "num_classes: .*1"),
        (lambda: orthogonal_frame(4, 3), "dim: .*>= 4, got 3"),
        (lambda: softmax_code(1, 3), "num_classes: .*1"),
        (lambda: softmax_code(3, 1), "dim: .*>= 2, got 1"),
        (lambda: softmax_code(2, 0), "dim: .*>= 1, got 0"),
        (lambda: one_vs_rest_margin(torch.ones(1, 3)), r"frame: .*\[1, 3\]"),
        (lambda: one_vs_rest_margin(torch.ones(3)), r"\[3\]"),
        (lambda: one_vs_rest_margin(torch.tensor([[1.0], [math.nan]])), r"entry \[1, 0\] is nan"),
        (lambda: seli([5]), r"class_counts: .*\[1\]"),
        (lambda: seli([5, 0, 3]), r"class_counts: .*\[5\.0, 0\.0, 3\.0\]"),
        (lambda: seli([5, -1]), r"class_counts: .*-1"),
        (lambda: seli(torch.ones(2, 2)), r"class_counts: .*\[2, 2\]"),
        (lambda: seli([5, math.nan]), r"class_counts: entry \[1\] is nan"),
    ],
)
def test_the_wrong_argument_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
