"""Ideal arrangements of classes other than the simplex ETF: orthogonal frame, softmax code and SELI."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
import torch
from torch import Tensor

from ncbook import _checks
from ncbook.metrics import _validate
from ncbook.metrics.geometry import simplex_etf

_STARTS = 8  # random starts of the search for a softmax code
_SHARPNESS = tuple(4.0**power for power in range(1, 13))  # the last leaves log(K^2) / 4^12: about 1e-7 of the margin


@dataclass(frozen=True)
class SoftmaxCode:
    """K unit vectors in d dimensions, frame [K, d] float64, and their one-vs-rest margin.

    proven: True for a closed form, whose margin is the largest there is; False for the best of a numerical search.

    >>> metrics.softmax_code(num_classes=4, dim=2).proven
    True
    """

    frame: Tensor
    margin: float
    proven: bool


@dataclass(frozen=True)
class Seli:
    """Geometry of classifier and class-mean features, in the order of the class counts; all float64.

    classifier_gram [K, K], feature_gram [K, K]: inner products of rows of W, and of class means of H;
    singular_values [K-1]: of the simplex-encoded label matrix, ascending.

    >>> metrics.seli([10, 10, 10]).classifier_cosines
    tensor([[ 1.0000, -0.5000, -0.5000],
            [-0.5000,  1.0000, -0.5000],
            [-0.5000, -0.5000,  1.0000]], dtype=torch.float64)
    """

    classifier_gram: Tensor
    feature_gram: Tensor
    singular_values: Tensor

    @property
    def classifier_norms(self) -> Tensor:
        """[K]: ||w_c||."""
        return self.classifier_gram.diagonal().sqrt()

    @property
    def feature_norms(self) -> Tensor:
        """[K]: ||h_c||."""
        return self.feature_gram.diagonal().sqrt()

    @property
    def classifier_cosines(self) -> Tensor:
        """[K, K]: cosines between rows of W."""
        return self.classifier_gram / torch.outer(self.classifier_norms, self.classifier_norms)

    @property
    def feature_cosines(self) -> Tensor:
        """[K, K]: cosines between class means of H."""
        return self.feature_gram / torch.outer(self.feature_norms, self.feature_norms)


def orthogonal_frame(num_classes: int, dim: int) -> Tensor:
    """The orthogonal frame: K orthonormal vectors, the rows of a [K, d] float64 matrix (here the first K axes).

    The geometry of square loss without a bias (Zhou et al. 2022). Subtracting their mean leaves a simplex ETF of
    radius sqrt(1 - 1/K). Raises ValueError unless d >= K >= 2.

    >>> metrics.orthogonal_frame(2, dim=3)
    tensor([[1., 0., 0.],
            [0., 1., 0.]], dtype=torch.float64)
    """
    _validate.require_sizes(num_classes, dim)
    if dim < num_classes:
        raise ValueError(f"dim: {num_classes} orthogonal vectors need d >= {num_classes}, got {dim}")
    return torch.eye(num_classes, dim, dtype=torch.float64)


def one_vs_rest_margin(frame: Tensor) -> float:
    """min_k max_{||h|| <= 1} min_{j != k} <w_k - w_j, h>, the distance of a w_k to the convex hull of the others.

    The quantity that a softmax code maximizes on the sphere (Jiang et al. 2023, arXiv:2310.05351). frame [K, d],
    not necessarily of unit rows -> float in the unit of the rows, 0 if one lies in the hull of the others. One
    small exact least-squares problem a class, on the CPU. Raises ValueError for fewer than two rows or a non-finite
    entry.

    >>> round(metrics.one_vs_rest_margin(metrics.simplex_etf(3, 2)), 4)  # K / (K - 1)
    1.5
    """
    _validate.require_means(frame, name="frame")
    vectors = frame.detach().double().cpu().numpy()
    return min(_distance_to_hull(vectors, each) for each in range(len(vectors)))


def softmax_code(num_classes: int, dim: int, seed: int = 0) -> SoftmaxCode:
    """K unit vectors in R^d whose smallest one-vs-rest margin is largest: collapse for K > d + 1 (Jiang et al. 2023).

    Closed forms: K <= d + 1 the simplex ETF with margin K/(K-1); d = 2 the regular K-gon with margin
    1 - cos(2 pi/K); d + 1 < K <= 2d vertices of the cross-polytope with margin 1, which no K > d + 1 vectors
    exceed. Otherwise the best of several random starts of a smoothed maximization, seeded: its margin falls short
    of the local maximum next to it by about 1e-6, and nothing proves that maximum to be the largest.
    Raises ValueError for K < 2, d < 1, or d = 1 with K > 2, where two of the vectors must coincide.

    >>> code = metrics.softmax_code(num_classes=4, dim=2)  # the square
    >>> round(code.margin, 4)
    1.0
    """
    _validate.require_sizes(num_classes, dim)
    _checks.require_seed("seed", seed, least=0)
    if dim == 1 and num_classes > 2:
        raise ValueError(f"dim: {num_classes} distinct unit vectors need d >= 2, got {dim}")
    if num_classes <= dim + 1:
        return SoftmaxCode(simplex_etf(num_classes, dim), num_classes / (num_classes - 1), True)
    if dim == 2:
        angles = 2 * torch.pi / num_classes * torch.arange(num_classes, dtype=torch.float64)
        return SoftmaxCode(torch.stack([angles.cos(), angles.sin()], dim=1), 1 - angles[1].cos().item(), True)
    if num_classes <= 2 * dim:
        axes = torch.eye(dim, dtype=torch.float64)
        return SoftmaxCode(torch.cat([axes, -axes])[:num_classes], 1.0, True)
    return _search(num_classes, dim, seed)


def seli(class_counts: Tensor | Sequence[int]) -> Seli:
    """Simplex-encoded-labels interpolation: the geometry of collapse under any imbalance (Thrampoulidis et al. 2022).

    With Z [K, N], Z_ci = 1{c = y_i} - 1/K = V L U^T, the minimizer of (||W||_F^2 + ||H||_F^2) / 2 under margins
    of at least 1 has logits Z, W W^T = V L V^T, and all features of a class equal, with class-mean Gram matrix
    V L^-1 V^T (the K x K form of U L U^T). V and L^2 are the K-1 eigenpairs of Z Z^T = C diag(n) C, C = I - 11^T/K,
    so no K x N matrix is formed. It is also the limit of cross-entropy with vanishing regularization, in direction
    and for equal weights on W and H; other weights scale the two Gram matrices. Equal counts n give the simplex
    ETF: sqrt(n) C and C / sqrt(n). (Here rows are classes; the paper writes them as columns.)

    class_counts [K] -> Seli. Raises ValueError for K < 2 or a count that is not positive: a class with no data
    has no place in the geometry.

    >>> metrics.seli([10, 10, 10]).classifier_norms
    tensor([1.4520, 1.4520, 1.4520], dtype=torch.float64)
    >>> metrics.seli([30, 10, 10]).classifier_norms  # the large class has the longest row
    tensor([1.7945, 1.5447, 1.5447], dtype=torch.float64)
    """
    counts = _validate.as_numbers("class_counts", class_counts)
    if counts.ndim != 1 or len(counts) < 2:
        raise ValueError(f"class_counts: expected shape [K] with K >= 2, got {list(counts.shape)}")
    _validate.require_finite("class_counts", counts)
    if bool((counts <= 0).any()):
        raise ValueError(f"class_counts: every class needs at least one point, got {counts.tolist()}")
    size = len(counts)
    # an orthonormal basis of the space orthogonal to the ones: a simplex ETF has second moment K/(K-1) I
    basis = simplex_etf(size, size - 1).to(counts.device) * ((size - 1) / size) ** 0.5
    values, vectors = torch.linalg.eigh(basis.T @ (counts[:, None] * basis))
    singular, vectors = values.sqrt(), basis @ vectors
    return Seli((vectors * singular) @ vectors.T, (vectors / singular) @ vectors.T, singular)


def _distance_to_hull(vectors: np.ndarray, index: int) -> float:
    """Distance of one row to the convex hull of the others, by non-negative least squares.

    If the hull of the differences is at distance D from the origin, then min over u >= 0 of
    ||sum_j u_j (w_k - w_j)||^2 + (sum_j u_j - 1)^2 is D^2 / (1 + D^2); differences are scaled so that D is of order 1.
    """
    differences = vectors[index] - np.delete(vectors, index, axis=0)
    scale = np.abs(differences).max()
    if scale == 0:
        return 0.0
    rows = np.vstack([differences.T / scale, np.ones(len(differences))])  # [d + 1, K - 1]
    target = np.append(np.zeros(vectors.shape[1]), 1.0)
    _, root = scipy.optimize.nnls(rows, target)
    return float(scale * root / np.sqrt(1 - root**2))


def _search(num_classes: int, dim: int, seed: int) -> SoftmaxCode:
    generator = np.random.default_rng(seed)
    starts = generator.standard_normal((_STARTS, 2, num_classes, dim))
    frames = [torch.from_numpy(_anneal(start)) for start in starts]
    margin, best = max((one_vs_rest_margin(frame), index) for index, frame in enumerate(frames))
    return SoftmaxCode(frames[best], margin, False)


def _anneal(point: np.ndarray) -> np.ndarray:
    """Maximize the smallest <w_k - w_j, h_k> over unit rows of W and H from point [2, K, d]; returns W [K, d]."""
    shape = point.shape
    for sharpness in _SHARPNESS:
        arguments = (shape, sharpness)
        point = scipy.optimize.minimize(_smooth_margin, point.ravel(), arguments, jac=True, method="L-BFGS-B").x
    weight = point.reshape(shape)[0]  # [K, d]
    return weight / np.linalg.norm(weight, axis=1, keepdims=True)


def _smooth_margin(point: np.ndarray, shape: tuple[int, ...], sharpness: float) -> tuple[float, np.ndarray]:
    """log sum_{k, j != k} exp(-s <w_k - w_j, h_k>) / s and its gradient, for the normalized rows of point."""
    point = point.reshape(shape)
    lengths = np.linalg.norm(point, axis=2, keepdims=True)  # [2, K, 1]
    weight, features = unit = point / lengths
    scores = features @ weight.T
    exponents = sharpness * (scores - scores.diagonal()[:, None])
    np.fill_diagonal(exponents, -np.inf)
    highest = exponents.max()
    shares = np.exp(exponents - highest)
    total = shares.sum()
    shares = shares / total
    np.fill_diagonal(shares, -shares.sum(1))
    slope = np.stack([shares.T @ features, shares @ weight])  # [2, K, d]
    slope = (slope - (slope * unit).sum(2, keepdims=True) * unit) / lengths
    return (highest + np.log(total)) / sharpness, slope.ravel()
