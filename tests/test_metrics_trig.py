"""Restricted accuracy, against loops that follow the definition, and on networks whose answers are known."""

import math

import pytest
import torch
from draws import normal
from hypothesis import given
from hypothesis import strategies as st

from ncbook import data, models
from ncbook.metrics import fourier_excluded_loss, fourier_restricted_accuracy, fourier_restricted_loss


def everything(p):
    return range(1, p // 2 + 1)


def definition(logits, p, frequencies, pairs, averaged):
    """The mean over `averaged` pairs of equal sum, its waves one by one, then the answers counted one by one."""
    means = [[0.0] * p for _ in range(p)]
    for s in range(p):
        rows = [logits[a * p + b] for a in range(p) for b in range(p) if (a + b) % p == s and averaged[a * p + b]]
        means[s] = [sum(row[c].item() for row in rows) / len(rows) for c in range(p)]
    kept = [[sum(means[t][c] for t in range(p)) / p for c in range(p)] for _ in range(p)]  # the bias correction
    for k in frequencies:
        for wave in (math.cos, math.sin):
            values = [wave(2 * math.pi * k * s / p) for s in range(p)]
            square = sum(value**2 for value in values)
            if square < 1e-9:
                continue
            for c in range(p):
                part = sum(values[t] * means[t][c] for t in range(p)) / square
                for s in range(p):
                    kept[s][c] += part * values[s]
    right = [
        kept[(a + b) % p].index(max(kept[(a + b) % p])) == (a + b) % p
        for a in range(p)
        for b in range(p)
        if pairs[a * p + b]
    ]
    return sum(right) / len(right)


@given(st.integers(3, 8), st.integers(0, 2**31), st.data())
def test_it_agrees_with_the_definition(p, seed, drawn):
    frequencies = drawn.draw(st.lists(st.integers(1, p // 2), min_size=1, unique=True))
    logits = normal(p * p, p, seed=seed)
    chosen = torch.rand(p * p, generator=torch.Generator().manual_seed(seed)) < 0.7
    chosen[:p] = True  # a pair of every sum
    expected = definition(logits, p, frequencies, ~chosen | (torch.arange(p * p) == 0), chosen)
    got = fourier_restricted_accuracy(logits, frequencies, ~chosen | (torch.arange(p * p) == 0), chosen)
    assert got.item() == pytest.approx(expected, abs=1e-12)


@pytest.fixture(scope="module")
def analytic():
    """Logits [p^2, p] of Gromov's weights, which use all frequencies alike."""
    with torch.no_grad():
        return models.gromov_solution(29, width=500, seed=0)(data.modular_pairs(29).inputs)


def test_the_analytic_solution_knows_all_with_its_frequencies_and_nothing_without(analytic):
    assert fourier_restricted_accuracy(analytic, everything(29)).item() == 1
    confident = 1e3 * analytic
    assert fourier_restricted_loss(confident, everything(29)).item() < 0.05
    without = fourier_excluded_loss(confident, everything(29)).item()
    assert without >= 0.9 * math.log(29)


def test_frequencies_that_a_clock_does_not_use_answer_at_chance():
    p = 29
    sums = (torch.arange(p)[:, None] + torch.arange(p)).reshape(-1, 1) - torch.arange(p)
    clock = torch.cos(2 * math.pi * 3 * sums.double() / p)
    assert fourier_restricted_accuracy(clock, [3]).item() == 1
    assert fourier_restricted_accuracy(clock, [4, 7]).item() == pytest.approx(1 / p, abs=1e-9)


def test_random_logits_are_at_chance():
    p = 13
    values = [fourier_restricted_accuracy(normal(p * p, p, seed=seed), [1, 4]).item() for seed in range(200)]
    error = torch.tensor(values).std().item() / 200**0.5
    assert sum(values) / 200 == pytest.approx(1 / p, abs=4 * error)
    assert error < 0.01


def test_equal_logits_know_nothing():
    assert fourier_restricted_accuracy(torch.zeros(49, 7), [1]).item() == pytest.approx(1 / 7)


def test_memorized_logits_leak_unless_only_test_pairs_are_averaged():
    p = 11
    train = torch.rand(p * p, generator=torch.Generator().manual_seed(0)) < 0.5
    answers = torch.tensor([(a + b) % p for a in range(p) for b in range(p)])
    logits = torch.where(train[:, None], 20 * torch.nn.functional.one_hot(answers, p), 0).double()
    assert fourier_restricted_accuracy(logits, everything(p), ~train).item() == 1
    assert fourier_restricted_accuracy(logits, everything(p), ~train, ~train).item() == pytest.approx(1 / p)


def test_the_wrong_argument_is_named():
    with pytest.raises(ValueError, match="frequencies: "):
        fourier_restricted_accuracy(torch.zeros(49, 7), [4])
    with pytest.raises(ValueError, match="averaged: "):
        fourier_restricted_accuracy(torch.zeros(49, 7), [1], averaged=torch.zeros(49, dtype=torch.bool))
