"""Fourier measures of modular addition against slow definitions and closed forms."""

import math

import numpy as np
import pytest
import torch
from draws import changed, normal
from hypothesis import given
from hypothesis import strategies as st
from tables import for_each

from ncbook.metrics.fourier import (
    fourier_basis,
    fourier_excluded_loss,
    fourier_gini,
    fourier_ipr,
    fourier_key_frequencies,
    fourier_neuron_frequencies,
    fourier_restricted_loss,
    fourier_spectrum,
)

MODULI = for_each("p", [2, 3, 4, 5, 10, 97, 113])


def wave(p, k, phase=0.0):
    return torch.cos(2 * math.pi * k * torch.arange(p, dtype=torch.float64) / p + phase)


def clock_logits(p, frequencies, scale=4.0):
    """[p^2, p]: scale * sum_k cos(w_k (a + b - c)), the logits of the algorithm that grokked networks use."""
    numbers = torch.arange(p)
    lag = (numbers[:, None, None] + numbers[None, :, None] - numbers) % p
    return scale * sum(wave(p, k)[lag] for k in frequencies).reshape(p * p, p)


def answers(p):
    return torch.tensor([(a + b) % p for a in range(p) for b in range(p)])


def cross_entropy(logits, targets):
    return torch.nn.functional.cross_entropy(logits.double(), targets).item()


def random_mask(p, share, seed=0):
    return torch.rand(p * p, generator=torch.Generator().manual_seed(seed)) < share


# --- slow definitions


def directions(p, frequencies):
    """Unit vectors u_k^cos and u_k^sin in R^(p^2), as combinations of products of waves of a and of b."""
    found = []
    for k in frequencies:
        cosines = np.array([math.cos(2 * math.pi * k * x / p) for x in range(p)])
        sines = np.array([math.sin(2 * math.pi * k * x / p) for x in range(p)])
        of_sum = [
            np.outer(cosines, cosines) - np.outer(sines, sines),
            np.outer(sines, cosines) + np.outer(cosines, sines),
        ]
        found += [u.reshape(-1) / np.linalg.norm(u) for u in of_sum if np.linalg.norm(u) > 1e-9]
    return found


def mean_loss(logits, p, chosen):
    losses = []
    for row in np.flatnonzero(chosen):
        answer = (row // p + row % p) % p
        peak = logits[row].max()
        losses.append(peak + math.log(np.exp(logits[row] - peak).sum()) - logits[row][answer])
    return np.mean(losses)


def restricted_definition(logits, p, frequencies, chosen):
    projected = sum(np.outer(u, u @ logits) for u in directions(p, frequencies))
    return mean_loss(projected + (logits - projected).mean(0), p, chosen)


def excluded_definition(logits, p, frequencies, chosen):
    return mean_loss(logits - sum(np.outer(u, u @ logits) for u in directions(p, frequencies)), p, chosen)


# --- basis


@MODULI
def test_the_basis_is_orthonormal_and_in_order(p):
    basis = fourier_basis(p)
    torch.testing.assert_close(basis @ basis.T, torch.eye(p, dtype=torch.float64), rtol=0, atol=1e-13)
    torch.testing.assert_close(basis[0], torch.full((p,), p**-0.5, dtype=torch.float64))
    for row in range(1, p):
        k, is_sine = (row + 1) // 2, row % 2 == 0
        expected = wave(p, k, -math.pi / 2 if is_sine else 0.0)
        torch.testing.assert_close(basis[row], expected / expected.norm(), rtol=0, atol=1e-12)


@for_each("p", [1, 0, -3, 7.0, "7"])
def test_the_basis_needs_a_modulus(p):
    with pytest.raises((ValueError, TypeError), match=f"p: expected an integer >= 2, got {p!r}"):
        fourier_basis(p)


# --- spectrum


@MODULI
def test_parseval(p):
    matrix = normal(p, 6)
    assert fourier_spectrum(matrix).square().sum().item() == pytest.approx(matrix.square().sum().item(), rel=1e-12)


@MODULI
def test_the_spectrum_agrees_with_the_discrete_fourier_transform(p):
    matrix = normal(p, 6)
    lines = np.linalg.norm(np.fft.fft(matrix.numpy(), axis=0), axis=1) ** 2 / p
    expected = [sum(lines[nu] for nu in {k, (p - k) % p}) ** 0.5 for k in range(p // 2 + 1)]
    assert fourier_spectrum(matrix).tolist() == pytest.approx(expected, rel=1e-10)


@for_each(
    ("dtype", "scale", "offset"),
    [
        (torch.bfloat16, 1.0, 0.0),
        (torch.float16, 300.0, 0.0),
        (torch.float32, 1e-2, 1000.0),
        (torch.float64, 1e-6, 1.0),
    ],
)
def test_the_spectrum_on_awkward_input(dtype, scale, offset):
    matrix = (offset + scale * normal(11, 4)).to(dtype)
    lines = np.linalg.norm(np.fft.fft(matrix.double().numpy() - offset, axis=0), axis=1) * (2 / 11) ** 0.5
    got = fourier_spectrum(matrix)
    assert got.dtype == torch.float64
    assert got[1:].tolist() == pytest.approx(lines[1:6].tolist(), rel=1e-6)


def test_a_circle_has_one_frequency():
    circle = torch.stack([wave(113, 5), wave(113, 5, -math.pi / 2)], dim=1)
    spectrum = fourier_spectrum(circle)
    assert spectrum[5].item() == pytest.approx(113**0.5)
    assert spectrum[torch.arange(57) != 5].max() < 1e-12
    assert fourier_key_frequencies(circle).tolist() == [5]


# --- Gini coefficient


@given(st.integers(2, 14), st.integers(1, 5), st.integers(0, 2**31))
def test_gini_agrees_with_the_mean_absolute_difference(p, dim, seed):
    matrix = normal(p, dim, seed=seed)
    norms = [np.linalg.norm(row @ matrix.numpy()) for row in fourier_basis(p).numpy()[1:]]
    expected = np.mean([abs(a - b) for a in norms for b in norms]) / (2 * np.mean(norms))
    assert fourier_gini(matrix).item() == pytest.approx(expected, rel=1e-10, abs=1e-14)
    assert fourier_gini(matrix + 5).item() == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_gini_of_random_and_of_sparse_embeddings():
    assert fourier_gini(normal(113, 128)) < 0.06
    assert fourier_gini(torch.eye(113)).item() == pytest.approx(0, abs=1e-12)
    assert fourier_gini(wave(113, 5)[:, None]).item() == pytest.approx(1 - 1 / 112, rel=1e-10)
    circle = torch.stack([wave(113, 5), wave(113, 5, -math.pi / 2)], dim=1)
    assert fourier_gini(circle).item() == pytest.approx(1 - 2 / 112, rel=1e-10)
    few = torch.cat([wave(113, k, phase)[:, None] for k in (3, 14, 40) for phase in (0.0, 1.0)], dim=1)
    assert fourier_gini(few @ normal(6, 128)) > 0.9


# --- inverse participation ratio


@for_each("phase", [0.0, 0.3, math.pi / 4, 2.0])
@for_each(("p", "k"), [(3, 1), (97, 1), (97, 48), (10, 3)])
def test_ipr_of_a_cosine_is_one_half_at_any_phase(p, k, phase):
    assert fourier_ipr(7 * wave(p, k, phase)[None]).item() == pytest.approx(0.5, rel=1e-10)


def test_ipr_of_one_line_of_many_and_of_all():
    p = 12
    rows = torch.stack([torch.ones(p), wave(p, 6), torch.eye(p)[3], wave(p, 2) + wave(p, 5)])
    assert fourier_ipr(rows).tolist() == pytest.approx([1, 1, 1 / p, 1 / 4], rel=1e-10)


@for_each(("p", "expected"), [(7, 15 / 63), (97, 195 / (97 * 99)), (2, 6 / 8), (8, 18 / 80)])
def test_ipr_of_white_noise(p, expected):
    """(2p+1)/(p(p+2)) for odd p, (2p+2)/(p(p+2)) for even: moments of a point on the sphere."""
    ratios = fourier_ipr(normal(20_000, p))
    error = ratios.std().item() / len(ratios) ** 0.5
    assert ratios.mean().item() == pytest.approx(expected, abs=4 * error)
    assert error < 0.005 * expected


@given(
    st.integers(2, 14),
    st.integers(0, 2**31),
    st.sampled_from([(torch.float16, 300.0), (torch.bfloat16, 1.0), (torch.float32, 1e-30), (torch.float64, 1e100)]),
)
def test_ipr_agrees_with_the_definition(p, seed, kind):
    dtype, scale = kind
    weights = (scale * normal(3, p, seed=seed)).to(dtype)
    rows = weights.double().numpy() / scale
    lines = np.array(
        [[abs(sum(w * np.exp(2j * np.pi * nu * x / p) for x, w in enumerate(r))) for nu in range(p)] for r in rows]
    )
    expected = [sum((line / np.linalg.norm(r)) ** 4 for line in r) for r in lines]
    assert fourier_ipr(weights).tolist() == pytest.approx(expected, rel=1e-9)


def test_ipr_of_a_neuron_of_zeros_is_undefined_and_leaves_the_others_alone():
    got = fourier_ipr(torch.stack([torch.zeros(5), torch.ones(5)]))
    assert math.isnan(got[0])
    assert got[1] == pytest.approx(1)


# --- key frequencies


def test_key_frequencies_are_the_fewest_that_hold_the_share():
    """Powers 16, 9, 4, 1 of 30 on frequencies 7, 2, 9, 4."""
    matrix = sum(size * wave(23, k)[:, None] for size, k in ((4, 7), (3, 2), (2, 9), (1, 4))) + 100
    for share, expected in ((0.5, [7]), (0.54, [2, 7]), (0.8, [2, 7]), (0.9, [2, 7, 9]), (0.97, [2, 4, 7, 9])):
        assert fourier_key_frequencies(matrix, share).tolist() == expected


def test_a_random_embedding_has_no_few_key_frequencies():
    assert len(fourier_key_frequencies(normal(113, 128))) > 45


def test_the_only_frequency_of_two_numbers():
    assert fourier_key_frequencies(torch.tensor([[1.0], [-1.0]])).tolist() == [1]


def neuron_definition(activations, p):
    """Per neuron, the share of variance that least squares on the eight waves of each frequency explains."""
    a, b = np.divmod(np.arange(p * p), p)
    shares = []
    for k in range(1, p // 2 + 1):
        of_a, of_b = ([f(2 * np.pi * k * x / p) for f in (np.cos, np.sin)] for x in (a, b))
        regressors = np.stack(of_a + of_b + [u * v for u in of_a for v in of_b], axis=1)
        centered = activations - activations.mean(0)
        fitted = regressors @ np.linalg.lstsq(regressors, centered, rcond=1e-10)[0]
        shares.append((fitted**2).sum(0) / (centered**2).sum(0))
    return np.argmax(shares, axis=0) + 1, np.max(shares, axis=0)


@for_each("p", [2, 4, 5, 11, 12])
@for_each("dtype", [torch.float32, torch.float64])
def test_neuron_frequencies_agree_with_least_squares(p, dtype):
    activations = (normal(p * p, 20) + 3).to(dtype)
    frequencies, shares = neuron_definition(activations.double().numpy(), p)
    got_frequencies, got_shares = fourier_neuron_frequencies(activations)
    assert got_frequencies.tolist() == frequencies.tolist()
    assert got_shares.tolist() == pytest.approx(shares.tolist(), rel=1e-6)


@for_each(("dtype", "spread"), [(torch.float32, 1e-2), (torch.float64, 1e-6)])
def test_neuron_frequencies_far_from_zero(dtype, spread):
    activations = (1000 + spread * normal(121, 20)).to(dtype)
    frequencies, shares = neuron_definition(activations.double().numpy() - 1000, 11)
    got_frequencies, got_shares = fourier_neuron_frequencies(activations)
    assert got_frequencies.tolist() == frequencies.tolist()
    assert got_shares.tolist() == pytest.approx(shares.tolist(), rel=1e-5)


def test_neurons_of_the_clock_algorithm():
    """relu(cos w_k a + cos w_k b) is mostly at frequency k; a product of waves is at it entirely."""
    p, (x, y) = 23, torch.meshgrid(torch.arange(23), torch.arange(23), indexing="ij")
    neurons = [(wave(p, k)[x] + wave(p, k)[y]).relu().reshape(-1) for k in (3, 8)]
    neurons.append((wave(p, 5)[x] * wave(p, 5, 1.0)[y]).reshape(-1))
    frequencies, shares = fourier_neuron_frequencies(torch.stack(neurons, dim=1))
    assert frequencies.tolist() == [3, 8, 5]
    assert shares[:2].min() > 0.85
    assert shares[2].item() == pytest.approx(1)


def test_a_neuron_that_does_not_vary_has_no_frequency():
    constants = torch.cat([torch.zeros(1, dtype=torch.float64), 100 * normal(50)])
    frequencies, shares = fourier_neuron_frequencies(constants.expand(23 * 23, 51))
    assert not frequencies.any()
    assert not shares.any()


# --- restricted and excluded loss


@for_each(("p", "frequencies"), [(2, [1]), (3, [1]), (10, [2, 5]), (31, [1, 4, 15]), (113, [3, 17, 42])])
def test_the_clock_algorithm_is_all_restricted_and_nothing_without(p, frequencies):
    logits, targets = clock_logits(p, frequencies), answers(p)
    full = cross_entropy(logits, targets)
    assert full < 0.9 * math.log(p)
    assert fourier_restricted_loss(logits, frequencies).item() == pytest.approx(full, rel=1e-10)
    assert fourier_excluded_loss(logits, frequencies).item() == pytest.approx(math.log(p), rel=1e-10)


def test_other_frequencies_hold_nothing_of_the_clock_algorithm():
    p = 31
    logits = clock_logits(p, [1, 4])
    full = cross_entropy(logits, answers(p))
    assert fourier_restricted_loss(logits, [2, 7]).item() == pytest.approx(math.log(p), rel=1e-10)
    assert fourier_excluded_loss(logits, torch.tensor([2, 7])).item() == pytest.approx(full, rel=1e-10)


@given(
    st.integers(2, 9),
    st.integers(0, 2**31),
    st.data(),
    st.sampled_from([(torch.float16, 1.0), (torch.bfloat16, 1.0), (torch.float32, 30.0), (torch.float64, 1e-6)]),
)
def test_losses_agree_with_the_definitions(p, seed, data, kind):
    dtype, scale = kind
    frequencies = data.draw(st.lists(st.integers(1, p // 2), min_size=1, unique=True))
    logits = (scale * (normal(p * p, p, seed=seed) + normal(p, seed=seed + 1))).to(dtype)
    pairs = random_mask(p, 0.5, seed)
    pairs[0] = True
    exact = logits.double().numpy()
    expected = restricted_definition(exact, p, frequencies, pairs.numpy())
    assert fourier_restricted_loss(logits, frequencies, pairs).item() == pytest.approx(expected, rel=1e-9)
    expected = excluded_definition(exact, p, frequencies, pairs.numpy())
    assert fourier_excluded_loss(logits, frequencies, pairs).item() == pytest.approx(expected, rel=1e-9)
    everything = np.ones(p * p, dtype=bool)
    expected = restricted_definition(exact, p, frequencies, everything)
    assert fourier_restricted_loss(logits, frequencies).item() == pytest.approx(expected, rel=1e-9)


def test_the_bias_correction_keeps_a_bias_of_the_answers():
    p, bias = 7, 3 * normal(7)
    logits = clock_logits(p, [2]) + bias
    full = cross_entropy(logits, answers(p))
    assert fourier_restricted_loss(logits, [2]).item() == pytest.approx(full, rel=1e-10)
    without = cross_entropy(bias.expand(p * p, p), answers(p))
    assert fourier_excluded_loss(logits, [2]).item() == pytest.approx(without, rel=1e-10)


def test_a_constant_of_each_pair_changes_nothing():
    logits, shift = clock_logits(7, [2]) + normal(49, 7), 50 * normal(49, 1, seed=1)
    for loss in (fourier_restricted_loss, fourier_excluded_loss):
        assert loss(logits + shift, [1, 2]).item() == pytest.approx(loss(logits, [1, 2]).item(), rel=1e-10)


def test_memorized_pairs_leak_into_the_test_loss_unless_only_test_pairs_are_averaged():
    """Right on training pairs and blank on all others: the averages over equal sums know every answer."""
    p, train = 11, random_mask(11, 0.5)
    logits = torch.where(train[:, None], 20 * torch.nn.functional.one_hot(answers(p), p), 0).double()
    every = range(1, p // 2 + 1)
    assert fourier_restricted_loss(logits, every, pairs=~train).item() < 0.1
    clean = fourier_restricted_loss(logits, every, pairs=~train, averaged=~train).item()
    assert clean == pytest.approx(math.log(p), rel=1e-10)


def test_averaging_some_pairs_is_projecting_their_means():
    p, frequencies, averaged, pairs = 7, [1, 3], random_mask(7, 0.7, seed=1), random_mask(7, 0.5, seed=2)
    logits, targets = normal(p * p, p), answers(p)
    filled = torch.stack([logits[averaged & (targets == s)].mean(0) for s in targets])
    expected = restricted_definition(filled.numpy(), p, frequencies, pairs.numpy())
    got = fourier_restricted_loss(logits, frequencies, pairs, averaged)
    assert got.item() == pytest.approx(expected, rel=1e-10)


def test_gradients_agree_with_finite_differences():
    logits, pairs = normal(25, 5).requires_grad_(), random_mask(5, 0.6)
    assert torch.autograd.gradcheck(lambda table: fourier_restricted_loss(table, [2], pairs), logits)
    assert torch.autograd.gradcheck(lambda table: fourier_excluded_loss(table, [2], pairs), logits)
    for measure in (fourier_spectrum, fourier_gini, fourier_ipr):
        assert torch.autograd.gradcheck(measure, normal(5, 3).requires_grad_())


# --- errors

L = normal(25, 5)


@for_each("function", [fourier_restricted_loss, fourier_excluded_loss])
@for_each(
    ("arguments", "message"),
    [
        pytest.param((L[:24], [1]), r"logits: .*\[24, 5\]", id="rows no square of columns"),
        pytest.param((L[:1, :1], [1]), r"logits: .*p >= 2.*\[1, 1\]", id="p = 1"),
        pytest.param((L.reshape(5, 5, 5), [1]), r"logits: .*\[5, 5, 5\]", id="three dimensions"),
        pytest.param((L.long(), [1]), r"logits: .*torch\.int64", id="integers"),
        pytest.param((changed(L, (3, 2), math.nan), [1]), r"logits: entry \[3, 2\] is nan", id="nan"),
        pytest.param((L, []), r"frequencies: .*got \[\]", id="no frequency"),
        pytest.param((L, [0]), r"frequencies: .*1\.\.2 for p = 5, got \[0\]", id="frequency 0"),
        pytest.param((L, [1, 3]), r"frequencies: .*got \[1, 3\]", id="frequency above p / 2"),
        pytest.param((L, [1, 1]), r"frequencies: .*distinct.*got \[1, 1\]", id="frequency twice"),
        pytest.param((L, [1.5]), r"frequencies: .*integers.*got list \[1\.5\]", id="no integer"),
        pytest.param((L, torch.tensor(1)), r"frequencies: .*got tensor\(1\)", id="no list"),
        pytest.param((L, [1], torch.ones(24, dtype=torch.bool)), r"pairs: .*\[25\].*\[24\]", id="mask too short"),
        pytest.param((L, [1], torch.arange(25)), r"pairs: .*bool.*torch\.int64", id="mask of integers"),
        pytest.param((L, [1], torch.zeros(25, dtype=torch.bool)), r"pairs: .* with 0", id="empty mask"),
    ],
)
def test_losses_name_the_wrong_argument(function, arguments, message):
    with pytest.raises(ValueError, match=message):
        function(*arguments)


def test_every_sum_needs_an_averaged_pair():
    with pytest.raises(ValueError, match="averaged: holds no pair with sum 3 mod 5"):
        fourier_restricted_loss(L, [1], averaged=answers(5) != 3)


@for_each(
    "function", [fourier_spectrum, fourier_gini, fourier_ipr, fourier_key_frequencies, fourier_neuron_frequencies]
)
def test_measures_name_the_wrong_matrix(function):
    for matrix, message in (
        (changed(L, (1, 2), math.nan), r"entry \[1, 2\] is nan"),
        (changed(L, (4, 0), math.inf), r"entry \[4, 0\] is inf"),
        (L.long(), r"torch\.int64"),
        (L[0], r"\[5\]"),
        (L[:0], r"\[0, 5\]"),
    ):
        with pytest.raises(ValueError, match=f"(matrix|weights|activations): .*{message}"):
            function(matrix)


@for_each("function", [fourier_spectrum, fourier_gini, fourier_key_frequencies, fourier_neuron_frequencies])
def test_a_table_of_one_number_is_refused(function):
    with pytest.raises(ValueError, match=r"(matrix|activations): expected .*p >= 2, got (1|\[1, 3\])"):
        function(torch.ones(1, 3))


@for_each("share", [0.0, 1.0, -0.1, math.nan])
def test_the_share_is_between_0_and_1(share):
    with pytest.raises(ValueError, match=f"share: .*got {share}"):
        fourier_key_frequencies(L, share)


@for_each("function", [fourier_key_frequencies, fourier_gini])
@for_each("matrix", [torch.zeros(5, 2), torch.full((5, 2), 0.1, dtype=torch.float64)])
def test_an_embedding_that_does_not_vary_has_no_frequencies(function, matrix):
    with pytest.raises(ValueError, match="matrix: all rows are equal"):
        function(matrix)


def test_activations_are_a_square_table():
    with pytest.raises(ValueError, match=r"activations: expected p\^2 rows with p >= 2, got 24"):
        fourier_neuron_frequencies(L[:24])
