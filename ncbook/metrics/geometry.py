"""The simplex equiangular tight frame, and coordinates that show how near to it class means are."""

import torch
from torch import Tensor

from ncbook import _checks
from ncbook.metrics import _classes, _validate


def class_means(features: Tensor, labels: Tensor, num_classes: int | None = None) -> Tensor:
    """[K, d] float64: the mean feature mu_c of each class, nan for a class that does not occur (Papyan et al. 2020).

    features [N, d], labels [N] integers in 0..K-1. Differentiable in `features`. Raises ValueError, naming the
    argument and the value, for labels out of range, a non-finite feature, shapes that do not fit, or K < 2.

    >>> metrics.class_means(features, labels)
    tensor([[ 2.0000,  0.0000],
            [-1.0000,  1.7321],
            [-1.0000, -1.7321]], dtype=torch.float64)
    """
    _validate.require_features(features)
    num_classes = _validate.require_labels(labels, features, num_classes)
    counts, sums = _classes.count_and_sum(features, labels.long(), num_classes)
    return sums / counts[:, None]


def simplex_etf(num_classes: int, dim: int, device: torch.device | str | None = None) -> Tensor:
    """The simplex ETF: K unit vectors with pairwise cosine -1/(K-1), the rows of a [K, d] float64 matrix.

    Rows of sqrt(K/(K-1)) (I - 11^T/K), expressed in an orthonormal basis of the K-1 dimensional
    subspace orthogonal to the vector of ones, and padded with zeros (Papyan, Han and Donoho 2020).
    Needs d >= K-1: raises ValueError otherwise.

    >>> frame = metrics.simplex_etf(3, 2)
    >>> frame @ frame.T
    tensor([[ 1.0000, -0.5000, -0.5000],
            [-0.5000,  1.0000, -0.5000],
            [-0.5000, -0.5000,  1.0000]], dtype=torch.float64)
    """
    _validate.require_sizes(num_classes, dim)
    if device is not None:
        _checks.require_device("device", device)
    if dim < num_classes - 1:
        raise ValueError(f"dim: {num_classes} equiangular vertices need d >= {num_classes - 1}, got {dim}")
    frame = torch.zeros(num_classes, dim, dtype=torch.float64, device=device)
    for axis in range(num_classes - 1):  # vertex `axis` uses axes up to its own; later ones sit below it
        left = num_classes - axis
        height = ((left - 1) * num_classes / (left * (num_classes - 1))) ** 0.5
        frame[axis, axis] = height
        frame[axis + 1 :, axis] = -height / (left - 1)
    return frame


def simplex_on_axes(num_classes: int, dim: int) -> Tensor:
    """The simplex ETF with an axis for each class: the rows of sqrt(K/(K-1)) (I - 11^T/K), a [K, d] float64 matrix.

    Padded with zeros, as in the published code of Zhou et al. 2022. Inner products are those of `simplex_etf`, which
    needs one axis fewer. What differs is which features of either frame can be reached: behind a ReLU none is negative,
    and the last class of `simplex_etf`, whose row has no positive entry, can then never win, while here the k-th axis
    makes class k win. Raises ValueError unless d >= K >= 2.

    >>> metrics.simplex_on_axes(3, 4)
    tensor([[ 0.8165, -0.4082, -0.4082,  0.0000],
            [-0.4082,  0.8165, -0.4082,  0.0000],
            [-0.4082, -0.4082,  0.8165,  0.0000]], dtype=torch.float64)
    """
    _validate.require_sizes(num_classes, dim)
    if dim < num_classes:
        raise ValueError(f"dim: an axis for each of {num_classes} classes needs d >= {num_classes}, got {dim}")
    frame = torch.eye(num_classes, dim, dtype=torch.float64)
    frame[:, :num_classes] -= 1 / num_classes
    return frame * (num_classes / (num_classes - 1)) ** 0.5


def etf_gram(num_classes: int, device: torch.device) -> Tensor:
    """(I - 11^T/K) / sqrt(K-1), the Gram matrix of a simplex ETF scaled to Frobenius norm 1: [K, K] float64."""
    return (torch.eye(num_classes, dtype=torch.float64, device=device) - 1 / num_classes) / (num_classes - 1) ** 0.5


def simplex_coordinates(means: Tensor, *points: Tensor) -> tuple[Tensor, ...]:
    """Project onto the affine span of k class means, turned so that a simplex ETF stands upright.

    means [k, d] and any number of [n, d] point sets -> coordinates [k, k-1] and [n, k-1] float64, with the
    means' centroid at the origin and their root mean square radius equal to 1. The rotation (orthogonal
    Procrustes against `simplex_etf(k, k-1)`) removes the arbitrary basis of the span, so that pictures of
    successive epochs do not jump. Distances between means are exact; of the points, what lies outside the
    span is not seen. So this book draws class means; no paper is followed here.

    >>> corners, points = metrics.simplex_coordinates(means, features)
    >>> corners.shape, points.shape
    (torch.Size([3, 2]), torch.Size([12, 2]))
    """
    _validate.require_means(means, name="means")
    for place, each in enumerate(points):
        _require_points(f"points[{place}]", each, means)
    means = means.double()
    size = len(means)
    centroid = means.mean(0)
    _, singular, basis = torch.linalg.svd(means - centroid, full_matrices=False)
    basis = basis[: size - 1].T
    radius = (singular[: size - 1].square().sum() / size).sqrt()
    if radius <= 8 * torch.finfo(torch.float64).eps * means.norm():  # nothing but rounding
        raise ValueError("means: all are equal, so they span no plane to project on")
    flat = (means - centroid) @ basis / radius
    left, _, right = torch.linalg.svd(flat.T @ simplex_etf(size, size - 1, flat.device), full_matrices=False)
    turn = basis @ (left @ right) / radius
    return tuple((each.double() - centroid) @ turn for each in (means, *points))


def _require_points(name: str, points: Tensor, means: Tensor) -> None:
    """`points` must be floating-point [n, d] for means [k, d], all finite."""
    _validate.require_tensors(**{"means": means, name: points})
    _validate.require_floating(name, points)
    if points.ndim != 2 or points.shape[1] != means.shape[1]:
        raise ValueError(f"{name}: expected shape [n, {means.shape[1]}], got {list(points.shape)}")
    _validate.require_finite(name, points)
