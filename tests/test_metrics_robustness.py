"""Feature robustness against loops over directions and closed forms; reach against loops over pairs."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tables import for_each

from ncbook import metrics
from ncbook.metrics import robustness


def sample(points=12, dim=5, classes=4, seed=0, dtype=torch.float64):
    """Features [N, d], labels [N], weight [K, d] and bias [K], all random."""
    chance = torch.Generator().manual_seed(seed)
    features, weight, bias = (
        torch.randn(*shape, generator=chance, dtype=torch.float64)
        for shape in ((points, dim), (classes, dim), (classes,))
    )
    labels = torch.randint(classes, (points,), generator=chance)
    return features.to(dtype), labels, weight.to(dtype), bias.to(dtype)


def squared(logits, labels):
    """[N]: ||z - e_y||^2, not halved."""
    return (logits - torch.nn.functional.one_hot(labels, logits.shape[1])).square().sum(1)


# --- slow definitions


def loss_of(phi, label, weight, bias):
    logits = [math.fsum(w * f for w, f in zip(row, phi, strict=True)) + b for row, b in zip(weight, bias, strict=True)]
    top = max(logits)
    return top + math.log(math.fsum(math.exp(z - top) for z in logits)) - logits[label]


def mean_rise(features, labels, weight, bias, size, directions):
    """Point by point and direction by direction."""
    rises = []
    for phi, label in zip(features, labels, strict=True):
        length = math.sqrt(math.fsum(f * f for f in phi))
        for u in directions:
            moved = [f + size * length * each for f, each in zip(phi, u, strict=True)]
            rises.append(loss_of(moved, label, weight, bias) - loss_of(phi, label, weight, bias))
    return math.fsum(rises) / len(rises)


@given(
    st.integers(1, 6), st.integers(1, 5), st.integers(2, 5), st.sampled_from([0.05, 1.0, 3.0]), st.integers(0, 2**31)
)
def test_robustness_agrees_with_loops_over_the_directions_of_its_frames(points, dim, classes, size, seed):
    given_ = sample(points, dim, classes, seed)
    found = metrics.feature_robustness(*given_, size=size, frames=2, seed=seed)
    chance = torch.Generator().manual_seed(seed)
    columns = [column for _ in range(2) for column in robustness._rotation(dim, chance).T]
    directions = [(sign * column).tolist() for column in columns for sign in (1, -1)]
    expected = mean_rise(*(each.tolist() for each in given_), size, directions)
    assert found.rise == pytest.approx(expected, rel=1e-9, abs=1e-13)
    assert found.frames == 2


def test_frames_are_fair_samples_of_the_sphere():
    """Against as many directions drawn one by one, by other code."""
    features, labels, weight, bias = sample(4, 3, 3)
    normal = np.random.default_rng(0).normal(size=(20_000, 3))
    directions = normal / np.linalg.norm(normal, axis=1, keepdims=True)
    logits = features.numpy() @ weight.numpy().T + bias.numpy()
    lengths = np.linalg.norm(features.numpy(), axis=1)
    moved = logits + 1.5 * lengths[:, None] * (directions @ weight.numpy().T)[:, None, :]  # [directions, N, K]

    def losses(z):
        return (
            np.log(np.exp(z).sum(-1))
            - np.take_along_axis(z, np.broadcast_to(labels.numpy()[:, None], (*z.shape[:-1], 1)), -1)[..., 0]
        )

    rises = (losses(moved) - losses(logits)).mean(1)
    found = metrics.feature_robustness(features, labels, weight, bias, size=1.5, frames=400)
    error = math.hypot(found.standard_error, rises.std() / len(rises) ** 0.5)
    assert abs(found.rise - rises.mean()) < 4 * error
    assert found.standard_error < 0.01 * found.rise


# --- closed forms


@for_each("size", [1e-3, 0.3, 4.0])
@for_each(("points", "dim", "classes"), [(12, 5, 4), (1, 1, 2), (30, 8, 3)])
def test_a_quadratic_loss_is_its_second_order_exactly_with_one_frame(points, dim, classes, size):
    features, labels, weight, bias = sample(points, dim, classes)
    found = metrics.feature_robustness(features, labels, weight, bias, size=size, frames=1, loss=squared)
    kappa = metrics.relative_flatness_mse(features, weight).item()
    assert found.rise == pytest.approx(size**2 * kappa / (2 * dim), rel=1e-8, abs=0)
    assert math.isnan(found.standard_error)


@for_each("with_bias", [False, True])
def test_relative_flatness_is_the_second_order_and_what_is_left_is_of_the_fourth(with_bias):
    features, labels, weight, bias = sample()
    bias = bias if with_bias else None
    kappa = metrics.relative_flatness(features, weight, bias).item()
    left = []
    for size in (0.02, 0.01, 0.005):
        leading = size**2 * kappa / (2 * features.shape[1])
        left.append(metrics.feature_robustness(features, labels, weight, bias, size=size).rise / leading - 1)
    assert abs(left[-1]) < 1e-3
    assert [left[0] / left[1], left[1] / left[2]] == pytest.approx([4, 4], rel=0.05)


@for_each("size", [0.1, 2.0])
def test_one_dimension_has_two_directions(size):
    features, labels, weight, bias = sample(dim=1)
    found = metrics.feature_robustness(features, labels, weight, bias, size=size)
    expected = mean_rise(*(each.tolist() for each in (features, labels, weight, bias)), size, [[1.0], [-1.0]])
    assert found.rise == pytest.approx(expected, rel=1e-10)
    assert found.standard_error == pytest.approx(0, abs=1e-12)


# --- properties


@given(st.integers(0, 2**31), st.sampled_from([0.1, 1.0, 10.0]))
def test_the_cross_entropy_never_falls_on_average(seed, size):
    assert metrics.feature_robustness(*sample(seed=seed), size=size, frames=1).rise >= 0


def test_what_changes_no_probability_changes_no_robustness():
    features, labels, weight, bias = sample()
    before = metrics.feature_robustness(features, labels, weight, bias, size=0.7).rise
    for other in (
        metrics.feature_robustness(8 * features, labels, weight / 8, bias, size=0.7),
        metrics.feature_robustness(features, labels, weight + torch.ones(5), bias, size=0.7),
    ):
        assert other.rise == pytest.approx(before, rel=1e-10)


def test_the_seed_decides_and_more_frames_err_less():
    given_ = sample()
    first, again, other = (metrics.feature_robustness(*given_, size=2.0, seed=seed) for seed in (3, 3, 4))
    assert first == again != other
    errors = [metrics.feature_robustness(*given_, size=2.0, frames=frames).standard_error for frames in (10, 1000)]
    assert errors[1] < errors[0] / 5


@for_each("elements", [1, 45, 10**6])
def test_the_block_size_does_not_change_the_result(monkeypatch, elements):
    before = metrics.feature_robustness(*sample(), size=0.5).rise
    monkeypatch.setattr(robustness, "_BLOCK_ELEMENTS", elements)
    assert metrics.feature_robustness(*sample(), size=0.5).rise == pytest.approx(before, rel=1e-12)


@for_each("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_every_float_type_is_computed_in_float64(dtype):
    given_ = sample(dtype=dtype)
    wide = [each.double() if each.is_floating_point() else each for each in given_]
    assert metrics.feature_robustness(*given_, size=0.5) == metrics.feature_robustness(*wide, size=0.5)


@for_each(
    ("change", "message"),
    [
        ({"size": 0.0}, "size: expected a finite number > 0, got 0.0"),
        ({"frames": 0}, "frames: expected an integer >= 1, got 0"),
        ({"labels": torch.full((12,), 4)}, "labels: 4 is outside"),
        ({"features": torch.full((12, 5), math.nan)}, "features: entry"),
        ({"weight": torch.ones(4, 3)}, "weight: expected shape"),
        ({"weight": torch.ones(1, 5)}, "weight: expected shape"),
        ({"bias": torch.ones(3)}, "bias: expected shape"),
    ],
)
def test_wrong_arguments_are_named(change, message):
    arguments = dict(zip(("features", "labels", "weight", "bias"), sample(), strict=True))
    with pytest.raises(ValueError, match=message):
        metrics.feature_robustness(**{**arguments, "size": 1.0, **change})


# --- reach


@given(st.integers(1, 6), st.integers(1, 8), st.integers(1, 4), st.integers(0, 2**31))
def test_reach_agrees_with_loops_over_pairs(new, seen, dim, seed):
    train, theirs, _, _ = sample(seen, dim, 3, seed)
    features, labels, _, _ = sample(new, dim, 3, seed + 1)
    expected = [
        min(
            (
                math.dist(phi, other) / math.hypot(*other)
                for other, label in zip(train.tolist(), theirs.tolist(), strict=True)
                if label == own
            ),
            default=math.inf,
        )
        for phi, own in zip(features.tolist(), labels.tolist(), strict=True)
    ]
    assert metrics.feature_reach(features, labels, train, theirs).tolist() == pytest.approx(expected, rel=1e-10)


def test_reach_of_what_was_trained_on_is_zero_and_of_a_class_never_seen_infinite():
    train, labels, _, _ = sample()
    assert metrics.feature_reach(train, labels, train, labels).tolist() == [0] * 12
    assert metrics.feature_reach(train[:2], torch.tensor([7, 8]), train, labels).tolist() == [math.inf] * 2


def test_features_of_no_length_reach_nothing():
    train = torch.tensor([[0.0, 0.0], [2.0, 0.0]])
    same = torch.tensor([0, 0])
    assert metrics.feature_reach(torch.zeros(1, 2), same[:1], train, same).tolist() == [1.0]
    assert metrics.feature_reach(torch.zeros(1, 2), same[:1], train[:1], same[:1]).tolist() == [math.inf]


def test_reach_does_not_see_a_rotation_or_the_scale():
    train, theirs, _, _ = sample()
    features, labels, _, _ = sample(seed=1)
    turn = robustness._rotation(5, torch.Generator().manual_seed(0))
    before = metrics.feature_reach(features, labels, train, theirs)
    after = metrics.feature_reach(3 * features @ turn, labels, 3 * train @ turn, theirs)
    torch.testing.assert_close(after, before, rtol=1e-10, atol=0)


@for_each(
    ("change", "message"),
    [
        ({"features": torch.ones(3, 4).double()}, "train_features: expected shape"),
        ({"features": torch.full((3, 5), math.inf)}, "features: entry"),
        ({"labels": torch.zeros(2).long()}, r"labels: expected shape \[3\]"),
        ({"train_labels": torch.zeros(2).long()}, r"train_labels: expected shape \[12\]"),
    ],
)
def test_wrong_arguments_of_reach_are_named(change, message):
    train, theirs, _, _ = sample()
    arguments = {"features": train[:3], "labels": theirs[:3], "train_features": train, "train_labels": theirs}
    with pytest.raises(ValueError, match=message):
        metrics.feature_reach(**{**arguments, **change})
