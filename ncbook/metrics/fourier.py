"""Fourier measures of networks that learn addition modulo p (Nanda et al. 2023; Gromov 2023).

Frequencies are k = 0 (the constant), 1, ..., p // 2, with w_k = 2 pi k / p. For even p the frequency p / 2 has a
cosine and no sine. Tables over all pairs (a, b) have p^2 rows, row a p + b; the answer is (a + b) mod p.
Everything is computed in float64, and the losses and spectra are differentiable.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from ncbook import _checks
from ncbook.metrics import _validate

_SILENT = 1e-24  # share of power outside the constant, below which it is rounding


def fourier_basis(p: int, device: torch.device | str | None = None) -> Tensor:
    """Orthonormal real Fourier basis of functions on Z_p (Nanda et al. 2023, official code).

    [p, p] float64, rows 1/sqrt(p), then cos(2 pi k x / p) and sin(2 pi k x / p) of unit norm for k = 1, 2, ...;
    row j has frequency (j + 1) // 2. Raises ValueError unless p is an integer >= 2.

    >>> metrics.fourier_basis(3)
    tensor([[ 0.5774,  0.5774,  0.5774],
            [ 0.8165, -0.4082, -0.4082],
            [ 0.0000,  0.7071, -0.7071]], dtype=torch.float64)
    """
    _checks.require_integer("p", p, 2)
    if device is not None:
        _checks.require_device("device", device)
    frequencies, places = torch.arange(1, p // 2 + 1, device=device), torch.arange(p, device=device)
    angles = (2 * torch.pi / p) * (torch.outer(frequencies, places) % p).double()  # reduced first: exact periods
    waves = torch.stack([angles.cos(), angles.sin()], dim=1).reshape(-1, p)[: p - 1]  # [p - 1, p]
    rows = torch.cat([torch.ones(1, p, dtype=torch.float64, device=device), waves])
    return rows / rows.norm(dim=1, keepdim=True)


def fourier_spectrum(matrix: Tensor) -> Tensor:
    """[p // 2 + 1]: norm of each frequency's part of an embedding, sqrt(||F_cos W||^2 + ||F_sin W||^2).

    matrix [p, d]: row x belongs to the number x (transpose an unembedding [d, p] first). By Parseval the squares
    sum to ||matrix||_F^2. Entry 0 is the constant. The norms that Nanda et al. (2023) plot.
    Raises ValueError for a non-finite entry or p < 2.

    >>> x = 2 * torch.pi * torch.arange(7) / 7
    >>> metrics.fourier_spectrum(torch.stack([torch.cos(2 * x), torch.sin(2 * x)], dim=1)).round(decimals=4)
    tensor([0.0000, 0.0000, 2.6458, 0.0000], dtype=torch.float64)
    """
    _require_embedding(matrix)
    return _by_frequency(_components(matrix).square()).sqrt()


def fourier_gini(matrix: Tensor) -> Tensor:
    """Gini coefficient of the norms of an embedding's Fourier components (Nanda et al. 2023).

    sum_ij |x_i - x_j| / (2 m^2 mean x) over the m = p - 1 cosine and sine components: 0 when all are equal, 1 - 1/m
    when one holds everything. The constant component is left out here: it says how far the embedding is from
    the origin, not how sparse it is. matrix [p, d] -> float64 scalar. Raises ValueError for a non-finite entry,
    p < 2, or a matrix whose rows are all equal.

    >>> metrics.fourier_gini(metrics.fourier_basis(5).T[:, 1:]) < 1e-9  # all components alike
    tensor(True)
    """
    _require_embedding(matrix)
    components = _components(matrix)
    _require_variation(components.square())
    norms = components[1:].sort().values
    size = len(norms)
    ranks = 2 * torch.arange(1, size + 1, device=norms.device) - size - 1
    return (ranks * norms).sum() / (size * norms.sum())


def fourier_ipr(weights: Tensor) -> Tensor:
    """Inverse participation ratio of each neuron, sum_nu |w_nu|^4 / (sum_nu |w_nu|^2)^2 (Gromov 2023 with r = 2).

    weights [H, p], one neuron a row, its weights on the p numbers; w_nu is the complex discrete Fourier transform,
    nu = 0..p-1, so that the phase of a wave does not matter. -> [H] float64. A cosine of frequency 0 < k < p/2
    gives 1/2 (two conjugate lines), a constant 1, Gaussian white noise on average (2p+1)/(p(p+2)) for odd p and
    (2p+2)/(p(p+2)) for even; a row of zeros gives nan. Raises ValueError for a non-finite entry.

    >>> metrics.fourier_ipr(torch.cos(2 * torch.pi * torch.arange(7) / 7)[None])
    tensor([0.5000], dtype=torch.float64)
    """
    _validate.require_matrix("weights", weights, "[H, p]")
    power = torch.fft.fft(weights.double()).abs().square()
    return (power / power.sum(1, keepdim=True)).square().sum(1)


def fourier_key_frequencies(matrix: Tensor, share: float = 0.9) -> Tensor:
    """The fewest frequencies that hold `share` of an embedding's power outside the constant.

    matrix [p, d], 0 < share < 1 -> ascending frequencies, int64. A rule of this package, for any network with an
    embedding; Nanda et al. (2023) take the union over neurons of `fourier_neuron_frequencies`. Raises ValueError
    for a share outside (0, 1), a non-finite entry, or a matrix whose rows are all equal.

    >>> x = 2 * torch.pi * torch.arange(7) / 7
    >>> metrics.fourier_key_frequencies(torch.stack([torch.cos(2 * x), torch.sin(2 * x)], dim=1))
    tensor([2])
    """
    _checks.require_share("share", share, tensor=True)
    _require_embedding(matrix)
    power = fourier_spectrum(matrix.detach()).square()
    _require_variation(power)
    ordered, places = power[1:].sort(descending=True)
    held = ordered.cumsum(0) - ordered  # by the stronger ones
    return (places[held < share * ordered.sum()] + 1).sort().values


def fourier_neuron_frequencies(activations: Tensor) -> tuple[Tensor, Tensor]:
    """For each neuron the one frequency that explains most of its variance, and that share (Nanda et al. 2023).

    activations [p^2, H] over all pairs -> frequencies [H] int64 and shares [H] in 0..1. A frequency explains the
    linear terms cos w_k a, sin w_k a, cos w_k b, sin w_k b and their four products of a-wave and b-wave. The key
    frequencies are `frequencies.unique()`. A neuron that does not vary has frequency 0 and share 0. Not differentiable.
    Raises ValueError for a non-finite entry or a number of rows that is no square.

    >>> a, b = torch.cartesian_prod(torch.arange(5), torch.arange(5)).T
    >>> frequencies, shares = metrics.fourier_neuron_frequencies(torch.cos(4 * torch.pi * (a + b) / 5)[:, None])
    >>> frequencies
    tensor([2])
    """
    _validate.require_matrix("activations", activations, "[p^2, H]")
    p = round(len(activations) ** 0.5)
    if p < 2 or p * p != len(activations):
        raise ValueError(f"activations: expected p^2 rows with p >= 2, got {len(activations)}")
    power = _power_of_pairs(activations.detach().double().reshape(p, p, -1))  # [k of a, k of b, H]
    constant = power[0, 0].clone()
    power[0, 0] = 0  # not subtracted from a sum: it may be far larger than the variance
    variance = power.sum((0, 1))
    explained = power.diagonal()[:, 1:] + power[0, 1:].T + power[1:, 0].T  # [H, p // 2]
    best, place = explained.max(1)
    varies = variance > _SILENT * constant
    return torch.where(varies, place + 1, 0), torch.where(varies, best / variance, 0)


def fourier_restricted_loss(
    logits: Tensor,
    frequencies: Sequence[int] | Tensor,
    pairs: Tensor | None = None,
    averaged: Tensor | None = None,
) -> Tensor:
    """Restricted (trig) loss: cross-entropy of the logits' part on the key frequencies of a + b (Nanda et al. 2023).

    With u_k^cos and u_k^sin the unit functions cos w_k (a+b) and sin w_k (a+b) of the pair, L_k = (u_k^cos u_k^cos^T
    + u_k^sin u_k^sin^T) L; the loss is the mean cross-entropy, in nats, of sum_k L_k plus the bias correction,
    the mean over inputs of L - sum_k L_k.

    logits [p^2, p]; frequencies distinct, in 1..p//2; pairs [p^2] bool, those the mean runs over (default all).
    averaged [p^2] bool: the projection averages the logits of pairs with equal sum, and the paper's runs over
    all pairs, so that memorized training logits leak into the test loss; give the test pairs here to avoid that.
    Float64 scalar, differentiable. Raises ValueError for arguments that do not fit, or a sum without averaged pair.

    >>> a, b = torch.cartesian_prod(torch.arange(5), torch.arange(5)).T
    >>> wave = torch.cos(2 * torch.pi * (a + b)[:, None] / 5 - 2 * torch.pi * torch.arange(5) / 5)  # [25, 5] logits
    >>> metrics.fourier_restricted_loss(wave, frequencies=[1])  # the loss of the logits as they are
    tensor(0.8458, dtype=torch.float64)
    >>> torch.nn.functional.cross_entropy(wave, (a + b) % 5)
    tensor(0.8458)
    """
    restricted = _restricted(logits, frequencies, averaged)
    sums = _sums(len(restricted), logits.device)[_mask("pairs", pairs, logits)]
    return torch.nn.functional.cross_entropy(restricted[sums], sums)


def fourier_restricted_accuracy(
    logits: Tensor,
    frequencies: Sequence[int] | Tensor,
    pairs: Tensor | None = None,
    averaged: Tensor | None = None,
) -> Tensor:
    """Share of `pairs` that the logits' part on the key frequencies of a + b answers right.

    The counterpart, in this book, of the restricted loss of Nanda et al. (2023).

    Arguments, projection and errors as in `fourier_restricted_loss`. Float64 scalar in 0..1. Logits that are equal
    for all answers know nothing: a tie counts as the share of the right answer among those that are the largest.

    >>> a, b = torch.cartesian_prod(torch.arange(5), torch.arange(5)).T
    >>> wave = torch.cos(2 * torch.pi * (a + b)[:, None] / 5 - 2 * torch.pi * torch.arange(5) / 5)  # [25, 5] logits
    >>> metrics.fourier_restricted_accuracy(wave, frequencies=[1])
    tensor(1., dtype=torch.float64)
    """
    restricted = _restricted(logits, frequencies, averaged)
    sums = _sums(len(restricted), logits.device)[_mask("pairs", pairs, logits)]
    return _right(restricted, 1e-12 * logits.abs().max())[sums].mean()


def fourier_excluded_loss(logits: Tensor, frequencies: Sequence[int] | Tensor, pairs: Tensor | None = None) -> Tensor:
    """Excluded loss: cross-entropy of the logits without the key frequencies of a + b (Nanda et al. 2023).

    That is, of L - sum_k L_k. Arguments, symbols, unit and errors as in `fourier_restricted_loss`; the paper's `pairs`
    are the training pairs, and its code gives one frequency at a time. The projection runs over all pairs.

    >>> a, b = torch.cartesian_prod(torch.arange(5), torch.arange(5)).T
    >>> wave = torch.cos(2 * torch.pi * (a + b)[:, None] / 5 - 2 * torch.pi * torch.arange(5) / 5)  # [25, 5] logits
    >>> metrics.fourier_excluded_loss(wave, frequencies=[1])  # nothing is left: log 5
    tensor(1.6094, dtype=torch.float64)
    """
    p = _require_logits(logits)
    chosen = _mask("pairs", pairs, logits)
    projected = _projection(p, frequencies, _means_by_sum(logits, torch.ones_like(chosen)))
    sums = _sums(p, logits.device)[chosen]
    return torch.nn.functional.cross_entropy(logits[chosen].double() - projected[sums], sums)


def _restricted(logits: Tensor, frequencies: Sequence[int] | Tensor, averaged: Tensor | None) -> Tensor:
    """[p, p]: for each sum the key frequencies' part of the averaged logits, with the bias correction."""
    p = _require_logits(logits)
    means = _means_by_sum(logits, _mask("averaged", averaged, logits))
    return _projection(p, frequencies, means) + means.mean(0)


def _right(restricted: Tensor, slack: Tensor) -> Tensor:
    """[p]: for each sum how much of it is answered: 1 over the number of largest logits, if its own is among them.

    Logits within `slack` of the largest, which is rounding, tie with it.
    """
    tied = restricted >= restricted.amax(1, keepdim=True) - slack
    return tied.diagonal().double() / tied.sum(1)


def _components(matrix: Tensor) -> Tensor:
    """[p]: norms of the rows of F W."""
    return (fourier_basis(len(matrix), matrix.device) @ matrix.double()).norm(dim=1)


def _power_of_pairs(table: Tensor) -> Tensor:
    """[k of a, k of b, H]: squared norm of the part of each neuron's table [p, p, H] on a pair of frequencies."""
    basis = fourier_basis(len(table), table.device)
    of_a = torch.tensordot(basis, table, 1)  # [row of a, b, H]
    power = torch.tensordot(basis, of_a.transpose(0, 1), 1).square()  # [row of b, row of a, H]
    return _by_frequency(_by_frequency(power).transpose(0, 1))


def _by_frequency(power: Tensor) -> Tensor:
    """Add the cosine and sine rows of each frequency: [p, ...] -> [p // 2 + 1, ...]."""
    rows = torch.arange(len(power), device=power.device)
    return power.new_zeros(len(power) // 2 + 1, *power.shape[1:]).index_add(0, (rows + 1) // 2, power)


def _sums(p: int, device: torch.device) -> Tensor:
    """[p^2]: (a + b) mod p of row a p + b."""
    numbers = torch.arange(p, device=device)
    return ((numbers[:, None] + numbers) % p).reshape(-1)  # [p, p] to [p^2]


def _means_by_sum(logits: Tensor, chosen: Tensor) -> Tensor:
    """[p, p] float64: mean logits of the chosen pairs with sum s, for each s.

    A projection on functions of a + b is the average over pairs of equal sum, then a projection over the p sums:
    the p^2 x p^2 projector is never formed.
    """
    p = logits.shape[1]
    sums = _sums(p, logits.device)[chosen]
    counts = torch.bincount(sums, minlength=p)
    if bool((counts == 0).any()):
        raise ValueError(f"averaged: holds no pair with sum {int(counts.argmin())} mod {p}")
    return logits.new_zeros(p, p, dtype=torch.float64).index_add(0, sums, logits[chosen].double()) / counts[:, None]


def _projection(p: int, frequencies: Sequence[int] | Tensor, means: Tensor) -> Tensor:
    """[p, p]: the part of `means`, a function of the sum, on the given frequencies."""
    _checks.require_integers("frequencies", frequencies)
    waves = torch.as_tensor(frequencies, dtype=torch.int64, device=means.device)
    if not len(waves) or len(waves.unique()) < len(waves):
        raise ValueError(f"frequencies: expected distinct integers, at least one, got {waves.tolist()}")
    if int(waves.min()) < 1 or int(waves.max()) > p // 2:
        raise ValueError(f"frequencies: expected numbers in 1..{p // 2} for p = {p}, got {waves.tolist()}")
    rows = torch.cat([2 * waves - 1, 2 * waves])
    basis = fourier_basis(p, means.device)[rows[rows < p]]  # p / 2 has no sine
    return basis.T @ (basis @ means)


def _mask(name: str, mask: Tensor | None, logits: Tensor) -> Tensor:
    if mask is None:
        return torch.ones(len(logits), dtype=torch.bool, device=logits.device)
    _validate.require_tensors(logits=logits, **{name: mask})
    if mask.dtype != torch.bool or mask.shape != logits.shape[:1] or not bool(mask.any()):
        raise ValueError(
            f"{name}: expected a bool mask [{len(logits)}] with a true entry, got {mask.dtype} {list(mask.shape)} "
            f"with {int(mask.count_nonzero())}"
        )
    return mask


def _require_embedding(matrix: Tensor) -> None:
    """`matrix` must be [p, d], p >= 2, finite."""
    _validate.require_matrix("matrix", matrix, "[p, d]")
    if len(matrix) < 2:
        raise ValueError(f"matrix: expected shape [p, d] with p >= 2, got {list(matrix.shape)}")


def _require_logits(logits: Tensor) -> int:
    """`logits` must be [p^2, p], p >= 2, finite; returns p."""
    _validate.require_matrix("logits", logits, "[p^2, p]")
    points, p = logits.shape
    if p < 2 or points != p * p:
        raise ValueError(f"logits: expected shape [p^2, p] with p >= 2, got {[points, p]}")
    return p


def _require_variation(power: Tensor) -> None:
    if bool(power[1:].sum() <= _SILENT * power.sum()):
        raise ValueError("matrix: all rows are equal, so no frequency holds power")
