"""The simplex ETF, and the coordinates that show how near to it means are."""

import pytest
import torch
from draws import normal
from tables import for_each

from ncbook import metrics


@for_each(("classes", "dim"), [(2, 1), (3, 2), (4, 9), (10, 9), (100, 128)])
def test_simplex_vertices_have_unit_norm_equal_angles_and_sum_to_zero(classes, dim):
    etf = metrics.simplex_etf(classes, dim)
    expected = torch.full((classes, classes), -1 / (classes - 1), dtype=torch.float64).fill_diagonal_(1)
    assert etf.shape == (classes, dim)
    torch.testing.assert_close(etf @ etf.T, expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(etf.sum(0), torch.zeros(dim, dtype=torch.float64), rtol=0, atol=1e-12)
    assert torch.linalg.matrix_rank(etf) == classes - 1


@for_each(("classes", "dim", "message"), [(5, 3, "dim: .*4, got 3"), (1, 3, "num_classes: .*got 1")])
def test_simplex_refuses_what_does_not_exist(classes, dim, message):
    with pytest.raises(ValueError, match=message):
        metrics.simplex_etf(classes, dim)


@for_each(("classes", "dim"), [(2, 2), (3, 3), (4, 9), (10, 128)])
def test_a_simplex_on_axes_is_the_simplex(classes, dim):
    frame, etf = metrics.simplex_on_axes(classes, dim), metrics.simplex_etf(classes, dim)
    torch.testing.assert_close(frame @ frame.T, etf @ etf.T, rtol=0, atol=1e-12)
    assert not frame[:, classes:].any()


@for_each("classes", [2, 3, 10])
def test_behind_a_relu_every_class_can_win_on_axes_and_the_last_one_of_the_other_placement_never(classes):
    axes, other = metrics.simplex_on_axes(classes, classes), metrics.simplex_etf(classes, classes)
    assert (torch.eye(classes, dtype=torch.float64) @ axes.T).argmax(1).tolist() == list(range(classes))
    features = normal(5000, classes).relu()
    logits = features @ other.T
    assert (logits[:, -1] <= logits[:, :-1].max(1).values).all()
    assert (features @ axes.T).argmax(1).bincount(minlength=classes).min() > 0


def test_a_simplex_on_axes_needs_an_axis_for_each_class():
    with pytest.raises(ValueError, match="dim: an axis for each of 5 classes needs d >= 5, got 4"):
        metrics.simplex_on_axes(5, 4)


@for_each(("size", "dim"), [(2, 5), (3, 2), (3, 20), (6, 5), (6, 3), (4, 1)])
def test_coordinates_keep_the_distances_between_means_up_to_scale(size, dim):
    means = normal(size, dim)
    (flat,) = metrics.simplex_coordinates(means)
    radius = (means - means.mean(0)).square().sum(1).mean().sqrt()
    assert flat.shape == (size, size - 1)
    torch.testing.assert_close(torch.cdist(flat, flat), torch.cdist(means, means) / radius, rtol=1e-6, atol=1e-7)


def test_coordinates_have_their_centroid_at_zero_and_radius_one():
    (flat,) = metrics.simplex_coordinates(normal(5, 12) + 7)
    assert metrics.simplex_coordinates(normal(3, 6).float())[0].dtype == torch.float64
    torch.testing.assert_close(flat.mean(0), torch.zeros(4, dtype=torch.float64), rtol=0, atol=1e-12)
    assert flat.square().sum(1).mean().item() == pytest.approx(1)


def test_coordinates_of_a_turned_scaled_shifted_simplex_are_the_simplex():
    turn = torch.linalg.qr(normal(9, 9)).Q
    (flat,) = metrics.simplex_coordinates(3 * metrics.simplex_etf(5, 9) @ turn.T + 2)
    torch.testing.assert_close(flat, metrics.simplex_etf(5, 4), rtol=0, atol=1e-12)


def test_coordinates_do_not_depend_on_the_basis_of_the_features():
    means, points = normal(4, 7), normal(20, 7, seed=1)
    turn = torch.linalg.qr(normal(7, 7, seed=2)).Q
    before = metrics.simplex_coordinates(means, points)
    after = metrics.simplex_coordinates(means @ turn.T - 3, points @ turn.T - 3)
    torch.testing.assert_close(after, before, rtol=0, atol=1e-10)


def test_points_are_placed_in_the_frame_of_the_means():
    means = normal(4, 7)
    weights = torch.softmax(normal(20, 4, seed=1), dim=1)
    flat_means, flat_points = metrics.simplex_coordinates(means, weights @ means)
    torch.testing.assert_close(flat_points, weights @ flat_means, rtol=0, atol=1e-12)


def test_what_lies_outside_the_span_of_the_means_is_not_seen():
    means = torch.cat([normal(3, 4), torch.zeros(3, 1)], dim=1)
    outside = torch.tensor([[0.0, 0, 0, 0, 1]], dtype=torch.float64)
    points = normal(10, 5, seed=1)
    _, near, far = metrics.simplex_coordinates(means, points, points + 100 * outside)
    torch.testing.assert_close(far, near, rtol=0, atol=1e-10)


@for_each("value", [1.0, 0.1])
def test_equal_means_span_nothing(value):
    with pytest.raises(ValueError, match="means: all are equal"):
        metrics.simplex_coordinates(torch.full((3, 6), value, dtype=torch.float64))


def test_class_means_leave_a_missing_class_undefined_and_not_at_zero():
    features = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 8.0]])
    means = metrics.class_means(features, torch.tensor([0, 0, 2]), num_classes=3)
    assert means[[0, 2]].tolist() == [[2.0, 3.0], [5.0, 8.0]]
    assert bool(means[1].isnan().all())
