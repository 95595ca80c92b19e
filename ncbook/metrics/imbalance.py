"""Classes of unequal size: when the smallest of them become one point, and how near vectors are to a Gram matrix."""

import math

import torch
from torch import Tensor

from ncbook import _checks
from ncbook.metrics import _validate


def minority_collapse_size(num_points: int, weight_decay: float, feature_decay: float) -> float:
    """N^2 lambda_W lambda_H: classes that share a size n have one row of W and one feature if n is at most this.

    For the unconstrained-features model (1/N) sum_i CE(W h_i, y_i) + lambda_W/2 ||W||^2 + lambda_H/2 ||H||^2 with
    classes of any sizes, N points in all, with a bias or without. Given the logits Z the penalty is
    r ||Z||_*, r = sqrt(lambda_W lambda_H). Symmetry makes two or more classes of n points differ by a multiple s >= 0
    of Z = s (I - 11^T/m), each column n^-1/2 times n: the loss falls with slope (m-1) sqrt(n) / N at s = 0, whatever
    the other logits are, and the penalty rises with slope (m-1) r. So s = 0 if and only if sqrt(n) <= N r. Fang et al.
    (2021) found such minority collapse, Hong and Ling (2023) its threshold for classes of two sizes. In points.

    Raises ValueError, naming the argument, for N < 1, or a decay that is not positive and finite.

    >>> metrics.minority_collapse_size(num_points=550, weight_decay=5e-3, feature_decay=5e-3)
    7.5625
    """
    _checks.require_integer("num_points", num_points, 1)
    _checks.require_positive("weight_decay", weight_decay, tensor=True)
    _checks.require_positive("feature_decay", feature_decay, tensor=True)
    return float(num_points**2 * weight_decay * feature_decay)


def minority_collapse_ratio(
    num_classes: int, minority: int, largest: int, weight_decay: float, feature_decay: float
) -> float:
    """The smallest ratio R >= 1 of sizes at which the `minority` small classes of a step imbalance become one point.

    K - m classes have n = `largest` points and m have n/R, a number that need not be whole here. R solves
    n / R = N^2 lambda_W lambda_H, N = n (K - m + m/R), as in `minority_collapse_size`: sqrt(R) is the larger root of
    (K-m) x^2 - x / (r sqrt(n)) + m = 0, r = sqrt(lambda_W lambda_H). 1 if they are one point at equal sizes already.
    The critical ratio that Fang et al. (2021) found by computation.

    Raises ValueError, naming the argument, for m < 2 or m > K - 1, n < 1, or a decay that is not positive and finite.

    >>> ratio = metrics.minority_collapse_ratio(10, minority=5, largest=100, weight_decay=5e-3, feature_decay=5e-3)
    >>> round(ratio, 2)
    13.93
    """
    _checks.require_integer("num_classes", num_classes, 3)
    _checks.require_integer("minority", minority, 2, num_classes - 1)
    _checks.require_integer("largest", largest, 1)
    _checks.require_positive("weight_decay", weight_decay, tensor=True)
    _checks.require_positive("feature_decay", feature_decay, tensor=True)
    slope = 1 / math.sqrt(float(weight_decay) * float(feature_decay) * largest)
    if slope <= num_classes:
        return 1.0
    majority = num_classes - minority
    return ((slope + math.sqrt(slope**2 - 4 * majority * minority)) / (2 * majority)) ** 2


def gram_distance(vectors: Tensor, gram: Tensor) -> float:
    """|| V V^T / ||V V^T||_F - G / ||G||_F ||_F: how far the vectors are from a geometry, whatever their scale.

    vectors [K, d], such as the rows of W or the class means, and gram [K, K], the inner products that they should
    have, such as those of `seli`; 0 if they have them up to a factor, sqrt(2) if the two matrices are orthogonal.
    Turning all vectors changes nothing, moving them does: center them where that shall not count, as SELI is centered
    (Thrampoulidis et al. 2022). Computed in float64; nan where all vectors or all inner products are 0.

    Raises ValueError, naming the argument, for shapes that do not fit, K < 2 or a non-finite entry.

    >>> metrics.gram_distance(3 * metrics.simplex_etf(4, 8), metrics.seli([5, 5, 5, 5]).classifier_gram) < 1e-12
    True
    """
    _validate.require_means(vectors, name="vectors")
    _validate.require_tensors(vectors=vectors, gram=gram)
    _validate.require_floating("gram", gram)
    _validate.require_shape("gram", gram, [len(vectors), len(vectors)])
    _validate.require_finite("gram", gram)
    rows, wanted = vectors.detach().double(), gram.detach().double()
    rows, wanted = rows / rows.abs().max(), wanted / wanted.abs().max()  # squares would overflow or vanish
    own = rows @ rows.T
    off = own / torch.linalg.matrix_norm(own) - wanted / torch.linalg.matrix_norm(wanted)
    return torch.linalg.matrix_norm(off).item()
