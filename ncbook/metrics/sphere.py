"""Alignment and uniformity of directions: the two halves of a contrastive loss (Wang and Isola 2020)."""

import torch
from torch import Tensor

from ncbook.metrics import _classes, _validate

_STEEPNESS = 2.0  # t in exp(-t distance^2), as in the source's main form


def alignment(features: Tensor, labels: Tensor) -> Tensor:
    """Mean squared distance of two different points of one class, after scaling all features to length 1.

    The alignment of Wang and Isola (2020) with exponent 2, where pairs are points of one class.

    features [N, d], labels [N] -> float64 scalar in [0, 4], without a unit; 0 if each class is one direction. All pairs
    count alike, so that under imbalance large classes count more; nan if no class has two points. It is computed from
    the distances to the class means, with work O(N d). Differentiable. Raises ValueError for arguments that do not fit
    and features that are not finite.

    >>> metrics.alignment(features, labels)
    tensor(0.0033, dtype=torch.float64)
    """
    _validate.require_features(features)
    _validate.require_vector_of_labels(labels, features)
    num_classes = max(2, int(labels.max()) + 1)  # one class is enough here
    _validate.require_labels(labels, features, num_classes)
    unit, own = _directions(features), labels.long()
    try:
        counts, sums = _classes.count_and_sum(unit, own, num_classes)
    except _validate.NotFinite:
        _validate.require_finite("features", features)  # the entry as it was before the scaling
        raise
    means = sums / counts.clamp(min=1)[:, None]
    # the squared distances of all n^2 ordered pairs of a class add up to 2n times those to the mean
    total = 2 * (counts[own] * (unit - means[own]).square().sum(1)).sum()
    return total / (counts * (counts - 1)).sum()


def uniformity(features: Tensor) -> Tensor:
    """log of the mean of exp(-2 distance^2) over all pairs of different points, after scaling features to length 1.

    The uniformity of Wang and Isola (2020) with t = 2.

    features [N, d] -> float64 scalar in [-8, 0], in nats: 0 if all points are one direction, and the lower, the more
    evenly they cover the sphere. nan for one point. Memory O(N^2). Differentiable. Raises ValueError for arguments
    that do not fit and features that are not finite.

    >>> metrics.uniformity(features)
    tensor(-1.2992, dtype=torch.float64)
    """
    _validate.require_matrix("features", features)
    # pdist subtracts before it squares: near directions keep their digits
    squares = torch.nn.functional.pdist(_directions(features)).square()
    return (-_STEEPNESS * squares).exp().mean().log()


def _directions(features: Tensor) -> Tensor:
    """Rows of length 1, float64; a zero row stays."""
    return torch.nn.functional.normalize(features.double(), dim=1)
