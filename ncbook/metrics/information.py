"""Mutual information of features with inputs and labels, in nats (divide by ln 2 for bits).

A deterministic network maps distinct continuous inputs to distinct features, so MI(X; T) is infinite, or the
constant log N when X is uniform on N distinct points: what is measured is always a *noisy* or a *binned* T, and
the answer depends on the noise or on the bin. Every estimate from N points is capped: the kernel bounds and
the binned values by log N, InfoNCE by the logarithm of its batch size. A value at the cap says nothing but
"at least this much".
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ncbook import _checks
from ncbook.metrics import _classes, _validate

_BLOCK_ELEMENTS = 2**21  # entries of one block of the N x N distances
_SINGULAR = 1e-10  # share of a column's standard deviation left by the others, below which it is rounding


@dataclass(frozen=True)
class KernelInformation:
    """Information about a noisy representation T = h + noise, in nats; float64 scalars.

    Attributes:
        input_upper, input_lower: bounds on MI(X; T)
        label_upper, label_lower: bounds on MI(Y; T)
        label: the estimate of MI(Y; T) usually drawn in information planes: the upper bound on H(T) minus the upper
            bounds on H(T|Y). It lies between the two bounds and never exceeds H(Y), but is itself a bound in neither
            direction.

    >>> information = metrics.mutual_information_kde(features, labels, sigma_sq=0.01)
    >>> information.input_lower < information.input_upper
    tensor(True)
    """

    input_upper: Tensor
    input_lower: Tensor
    label_upper: Tensor
    label_lower: Tensor
    label: Tensor


@dataclass(frozen=True)
class BinnedInformation:
    """Information about a binned representation, in nats: `input` = MI(X; T), `label` = MI(Y; T).

    occupied is the number of bins that hold a point; `input` is at most its logarithm.

    >>> metrics.mutual_information_binned(features, labels, bin_size=1.0).occupied
    7
    """

    input: float
    label: float
    occupied: int


def mutual_information_kde(features: Tensor, labels: Tensor, sigma_sq: float) -> KernelInformation:
    """Bounds on the information in T = h + N(0, sigma^2 I) (Kolchinsky and Tracey 2017; Saxe et al. 2018).

    X is uniform on the N points, so that T is a mixture of N Gaussians, and with D_ij = ||h_i - h_j||^2

        MI(X; T) <= -mean_i log mean_j exp(-D_ij / (2 sigma^2))    (Kullback-Leibler)
        MI(X; T) >= -mean_i log mean_j exp(-D_ij / (8 sigma^2))    (Bhattacharyya)

    which is H(T) - H(T|X) with the terms in d and log(2 pi sigma^2) canceled. MI(Y; T) is MI(X; T) - MI(X; T|Y),
    the last term the same bounds with j within the class of i, averaged over points: the upper bound takes the
    lower bound on it and vice versa, so label_lower can be negative and label_upper can exceed H(Y).

    features [N, d], labels [N], sigma_sq the noise variance a coordinate (features' unit, squared). As points of
    a class come nearer than sigma to each other while classes stay farther apart, input_upper and label
    tend to H(Y), log K for balanced classes. Computed in float64; differentiable in `features`,
    which then keeps memory for N^2 distances. Raises ValueError for arguments that do not fit, a sigma_sq that
    is not positive, or fewer than two classes that occur.

    >>> metrics.mutual_information_kde(features, labels, sigma_sq=0.1).label  # at most log 3
    tensor(1.0986, dtype=torch.float64)
    """
    _checks.require_positive("sigma_sq", sigma_sq, tensor=True)
    classes, _ = _classes.group(features, labels, None)
    points, totals = features.double(), features.new_zeros(4, dtype=torch.float64)
    for rows in _row_blocks(len(points)):
        # subtracts before it squares: near points keep their digits whatever their common offset
        distances = torch.cdist(points[rows], points, compute_mode="donot_use_mm_for_euclid_dist")
        scaled = distances.square() / sigma_sq
        same = classes.index[rows, None] == classes.index
        sizes = classes.counts[classes.index[rows]]
        totals = totals + torch.cat([_information_sums(scaled / factor, same, sizes) for factor in (2, 8)])
    upper, within_upper, lower, within_lower = totals / len(points)
    return KernelInformation(upper, lower, upper - within_lower, lower - within_upper, upper - within_upper)


def mutual_information_binned(features: Tensor, labels: Tensor, bin_size: float) -> BinnedInformation:
    """Information in T = floor(h / bin_size), each distinct row one symbol (Saxe et al. 2018).

    T is a function of X, so MI(X; T) = H(T), at most log N; MI(Y; T) = H(T) - H(T|Y) from the joint
    frequencies. The values describe the empirical law of the N points and depend on the bin size and on the
    features' scale; in many dimensions almost every point has a bin of its own.

    features [N, d], labels [N], bin_size in the features' unit. Not differentiable. Raises ValueError for
    arguments that do not fit, a bin_size that is not positive, or fewer than two classes that occur.

    >>> round(metrics.mutual_information_binned(features, labels, bin_size=10.0).input, 4)
    1.2861
    """
    _checks.require_positive("bin_size", bin_size, tensor=True)
    classes, _ = _classes.group(features, labels, None)
    binned = torch.floor(features.detach().double() / bin_size) + 0.0  # + 0.0 makes -0.0 and 0.0 one bin
    _, symbols = torch.unique(binned, dim=0, return_inverse=True)
    of_bins = _entropy(symbols)
    joint = _entropy(symbols * len(classes.present) + classes.index)
    return BinnedInformation(of_bins, of_bins + _entropy(classes.index) - joint, int(symbols.max()) + 1)


def mutual_information_gaussian(x: Tensor, y: Tensor) -> Tensor:
    """MI(X; Y) = 1/2 log(|S_x| |S_y| / |S_xy|), exact when x and y are jointly Gaussian, in nats.

    The entropies of Gaussian vectors, as in Cover and Thomas (2006).

    x [N, a], y [N, b], any float dtype -> float64 scalar, differentiable. S are sample covariances; their
    determinants come from QR factors of the standardized columns, which do not square the condition number.
    The value is invariant to affine maps of x and of y. It is biased upwards by about ab / (2N), and infinite
    for N <= a + b whatever the truth: a ValueError then, and where a column is a linear function of the others.

    >>> x = torch.randn(1000, 1, generator=torch.Generator().manual_seed(0))
    >>> y = x + torch.randn(1000, 1, generator=torch.Generator().manual_seed(1))
    >>> round(metrics.mutual_information_gaussian(x, y).item(), 1)  # log(2) / 2 in the population
    0.3
    """
    _validate.require_tensors(x=x, y=y)
    _validate.require_matrix("x", x)
    _validate.require_matrix("y", y)
    if len(x) != len(y) or len(x) <= x.shape[1] + y.shape[1]:
        raise ValueError(f"x, y: expected [N, a] and [N, b] with N > a + b, got {list(x.shape)} and {list(y.shape)}")
    x, y = _standardized("x", x), _standardized("y", y)
    given_x = _left_by_earlier("x, y", torch.cat([x, y], dim=1))[x.shape[1] :]
    return _left_by_earlier("y", y).log().sum() - given_x.log().sum()


def mutual_information_infonce(scores: Tensor) -> Tensor:
    """InfoNCE estimate of MI(X; Y), in nats: log B - mean_i -log softmax(scores_i)_i (van den Oord et al. 2018).

    scores [B, B]: entry (i, j) scores the pair (x_i, y_j), true pairs on the diagonal, contrasted along rows.
    Its mean over batches bounds MI(X; Y) from below, whatever the scores, and it never exceeds log B. Float64
    scalar, differentiable. Raises ValueError unless B >= 2 and all scores are finite.

    >>> metrics.mutual_information_infonce(10 * torch.eye(4))  # at most log 4
    tensor(1.3862, dtype=torch.float64)
    """
    _validate.require_matrix("scores", scores)
    if scores.shape[0] != scores.shape[1] or len(scores) < 2:
        raise ValueError(f"scores: expected shape [B, B] with B >= 2, got {list(scores.shape)}")
    return math.log(len(scores)) + scores.double().log_softmax(1).diagonal().mean()


def _information_sums(exponents: Tensor, same: Tensor, sizes: Tensor) -> Tensor:
    """[2]: sums over rows of -log mean_j exp(-exponent), over all j and over j in the row's own class.

    The largest term of each mean is exp(0), the point itself, so nothing underflows to log 0; expm1 and log1p
    keep the digits of information that is close to zero.
    """
    excess = torch.expm1(-exponents)
    own = (excess * same).sum(1) / sizes
    return torch.stack([-torch.log1p(excess.mean(1)).sum(), -torch.log1p(own).sum()])


def _row_blocks(points: int) -> Iterator[slice]:
    size = max(1, _BLOCK_ELEMENTS // points)
    for start in range(0, points, size):
        yield slice(start, start + size)


def _entropy(symbols: Tensor) -> float:
    """Entropy in nats of the frequencies of non-negative integers [N]."""
    counts = torch.unique(symbols, return_counts=True)[1]
    return torch.special.entr(counts.double() / len(symbols)).sum().item()


def _standardized(name: str, samples: Tensor) -> Tensor:
    """Columns of `samples` in float64, centered and of unit norm."""
    samples = samples.double()
    centered = samples - samples.mean(0)
    norms = centered.norm(dim=0)
    constant = (norms <= 1e-12 * samples.norm(dim=0)).nonzero()  # what rounding of the mean leaves
    if len(constant):
        raise ValueError(f"{name}: column {constant[0].item()} is constant")
    return centered / norms


def _left_by_earlier(name: str, columns: Tensor) -> Tensor:
    """[m]: the norm of each unit column outside the span of the earlier ones; their product is sqrt |S|."""
    left = torch.linalg.qr(columns).R.diagonal().abs()
    if bool((left < _SINGULAR).any()):
        column = int((left < _SINGULAR).nonzero()[0])
        raise ValueError(f"{name}: column {column} is a linear function of the earlier ones (singular covariance)")
    return left
