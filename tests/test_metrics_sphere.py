"""Alignment and uniformity against loops over pairs of points, on awkward input too."""

import math

import numpy as np
import pytest
import torch
from draws import normal
from tables import for_each

from ncbook import metrics

LABELS = {
    "three classes": [0, 1, 2] * 4,
    "one class only": [0] * 7,
    "a point without a partner": [0, 0, 1, 2, 2, 2],
    "imbalance": [0] * 20 + [1, 1],
    "an empty class": [0, 0, 3, 3, 3],
}


def unit_rows(features):
    return [row / np.linalg.norm(row) for row in features.double().numpy()]


def slow_alignment(features, labels):
    rows = unit_rows(features)
    pairs = [(i, j) for i in range(len(rows)) for j in range(i) if labels[i] == labels[j]]
    return np.mean([((rows[i] - rows[j]) ** 2).sum() for i, j in pairs])


def slow_uniformity(features):
    rows = unit_rows(features)
    pairs = [(i, j) for i in range(len(rows)) for j in range(i)]
    return math.log(np.mean([math.exp(-2 * ((rows[i] - rows[j]) ** 2).sum()) for i, j in pairs]))


@for_each("name", LABELS)
@for_each("dtype", [torch.float32, torch.float64])
def test_they_are_means_over_pairs(name, dtype):
    labels = LABELS[name]
    features = 5 * normal(len(labels), 4, seed=3).to(dtype)
    found = metrics.alignment(features, torch.tensor(labels)), metrics.uniformity(features)
    assert [value.dtype for value in found] == [torch.float64] * 2
    expected = [slow_alignment(features, labels), slow_uniformity(features)]
    assert [value.item() for value in found] == pytest.approx(expected, rel=1e-10)


def test_duplicates_are_at_no_distance():
    features = normal(1, 5, seed=1).repeat(6, 1)
    assert metrics.alignment(features, torch.zeros(6, dtype=torch.long)).item() == pytest.approx(0, abs=1e-15)
    assert metrics.uniformity(features).item() == pytest.approx(0, abs=1e-15)


def test_a_nearly_collapsed_class_keeps_its_digits():
    features = torch.ones(40, 6, dtype=torch.float64) + 1e-6 * normal(40, 6, seed=2).double()
    labels = torch.zeros(40, dtype=torch.long)
    assert metrics.alignment(features, labels).item() == pytest.approx(slow_alignment(features, labels), rel=1e-6)


def test_no_pair_has_no_distance():
    assert metrics.alignment(normal(3, 2, seed=0), torch.tensor([0, 1, 2])).isnan()
    assert metrics.uniformity(normal(1, 2, seed=0)).isnan()


def test_a_collapsed_simplex_has_its_closed_form():
    labels = torch.arange(10).repeat_interleave(50)
    features = metrics.simplex_etf(10, 9)[labels]
    assert metrics.alignment(features, labels).item() == pytest.approx(0, abs=1e-12)
    same = 49 / 499
    expected = math.log(same + (1 - same) * math.exp(-40 / 9))
    assert metrics.uniformity(features).item() == pytest.approx(expected, rel=1e-10)


def test_lengths_and_turns_do_not_matter():
    features, labels = normal(12, 4, seed=5).double(), torch.arange(12) % 3
    turn = torch.linalg.qr(normal(4, 4, seed=6).double()).Q
    other = features @ turn * torch.arange(1, 13)[:, None]
    for measure in (lambda h: metrics.alignment(h, labels), metrics.uniformity):
        assert measure(other).item() == pytest.approx(measure(features).item(), rel=1e-10)


@for_each("labels", [torch.tensor([0, 1]), torch.tensor([0.0, 1.0, 1.0]), torch.tensor([0, -1, 1])])
def test_labels_that_do_not_fit_are_refused(labels):
    with pytest.raises(ValueError, match="labels"):
        metrics.alignment(normal(3, 2, seed=0), labels)
