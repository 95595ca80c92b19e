"""Collapse where a point has no single class: targets that are numbers, and sets of labels."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ncbook import _checks
from ncbook.metrics import _validate
from ncbook.metrics._validate import require_features, require_finite, require_matrix, require_shape, require_weight


def outside_components(features: Tensor, n_components: int, reference: Tensor | None = None) -> float:
    """The share of the variance of features [N, d] that lies outside of the first principal components.

    With C the features minus the mean of `reference` [M, d], and P the projection on the first `n_components`
    principal components of `reference`: ||C - C P||_F^2 / ||C||_F^2. Without a reference the features are their own;
    for new points it is the features of the training set. 0 under collapse in regression, with as many components as
    targets (NRC1 of Andriopoulos et al. 2024, whose scale may be another). Computed in float64; nan where all
    features are the mean.

    Raises ValueError, naming the argument, for other shapes, more components than dimensions, or a non-finite entry.

    >>> flat = torch.tensor([[2.0, 0.0, 0.1], [-2.0, 0.0, 0.1], [0.0, 1.0, -0.1], [0.0, -1.0, -0.1]])
    >>> round(metrics.outside_components(flat, n_components=2), 4)
    0.004
    """
    own, other = _centered(features, reference)
    _checks.require_integer("n_components", n_components, 1, features.shape[1])
    # only where points are fewer than components, all d directions are asked for
    directions = torch.linalg.svd(other, full_matrices=len(other) < n_components).Vh[:n_components]
    return _share_outside(own, directions)


def outside_rows(features: Tensor, weight: Tensor, reference: Tensor | None = None) -> float:
    """The share of the squared lengths of features [N, d] that no output of a head weight [m, d] can see.

    With C the features minus the mean of `reference` (their own mean without one), and P the projection on the span of
    the rows of `weight`: ||C - C P||_F^2 / ||C||_F^2. 0 under collapse in regression (NRC2 of Andriopoulos et al. 2024,
    whose scale may be another). Computed in float64; nan where all features are the mean.

    Raises ValueError, naming the argument, for other shapes or a non-finite entry.

    >>> flat = torch.tensor([[2.0, 0.0, 0.1], [-2.0, 0.0, 0.1], [0.0, 1.0, -0.1], [0.0, -1.0, -0.1]])
    >>> round(metrics.outside_rows(flat, torch.eye(3)[:1]), 3)  # a single output, which reads the first feature
    0.203
    """
    own, _ = _centered(features, reference)
    require_weight(weight, features, least=1)
    require_finite("weight", weight)
    rows = weight.detach().double()
    _, values, directions = torch.linalg.svd(rows, full_matrices=False)
    smallest = values.max() * max(rows.shape) * torch.finfo(torch.float64).eps  # below it is rounding
    return _share_outside(own, directions[values > smallest])


def _centered(features: Tensor, reference: Tensor | None) -> tuple[Tensor, Tensor]:
    """`features` and `reference` in float64, both minus the mean of the reference."""
    require_features(features)
    require_matrix("features", features)
    if reference is None:
        reference = features
    else:
        require_matrix("reference", reference)
        _validate.require_tensors(features=features, reference=reference)
        require_shape("reference", reference, [len(reference), features.shape[1]])
    other = reference.detach().double()
    return features.detach().double() - other.mean(0), other - other.mean(0)


def _share_outside(centered: Tensor, directions: Tensor) -> float:
    """Of the squared lengths of the rows of centered [N, d], outside of the span of orthonormal directions [m, d]."""
    total = centered.square().sum()
    outside = centered - centered @ directions.T @ directions
    return (outside.square().sum() / total).item()


@dataclass(frozen=True)
class LabelAverages:
    """How nearly the features of sets of labels are averages of those of their labels; see `label_averages`.

    Attributes:
        residual: the share of the differences between sets that no scaled average explains, 0 where all are averages
        scale: the factor on the averages

    >>> singles, members = metrics.simplex_etf(3, 2), ~torch.eye(3, dtype=torch.bool)
    >>> round(metrics.label_averages(singles, members.double() @ singles, members).scale, 3)  # sums of two
    2.0
    """

    residual: float
    scale: float


def label_averages(singles: Tensor, sets: Tensor, members: Tensor) -> LabelAverages:
    """How nearly the mean features of sets of labels are scaled averages of those of their single labels.

    singles [K, d] are the mean features of points with one label, sets [P, d] those of points with several, and
    members [P, K] is True where a label is in a set. A_s is the mean of `singles` over the labels of a set s; sets and
    A are both centered by their mean over the sets. With the `scale` c = <sets, A> / ||A||_F^2, the `residual` is
    ||sets - c A||_F^2 / ||sets||_F^2. Collapse with several labels makes it 0 (Li et al. 2024). What all sets have in
    common, which the centering takes away, is not judged. Computed in float64; nan where all sets, or all averages,
    are equal.

    Raises ValueError, naming the argument, for shapes that do not fit, fewer than two sets, a set without a label, or
    a non-finite entry.

    >>> singles = metrics.simplex_etf(3, 2)
    >>> members = ~torch.eye(3, dtype=torch.bool)  # the three pairs
    >>> pairs = 0.8 * members.double() @ singles / 2
    >>> found = metrics.label_averages(singles, pairs, members)
    >>> round(found.scale, 3), found.residual < 1e-12
    (0.8, True)
    """
    _validate.require_means(singles, name="singles")
    _validate.require_tensors(singles=singles, sets=sets, members=members)
    _validate.require_means(sets, singles.shape[1], name="sets")
    require_shape("members", members, [len(sets), len(singles)])
    _checks.require("members", members.dtype, members.dtype == torch.bool, "a bool for each set and label")
    sizes = members.sum(1)
    _checks.require("members", sizes.tolist(), bool((sizes > 0).all()), "a label at least in each set")
    averages = members.double() @ singles.detach().double() / sizes[:, None]
    own = sets.detach().double()
    averages, own = averages - averages.mean(0), own - own.mean(0)
    scale = (own * averages).sum() / averages.square().sum()
    residual = (own - scale * averages).square().sum() / own.square().sum()
    return LabelAverages(residual.item(), scale.item())


@dataclass(frozen=True)
class RegressionMinimum:
    """A global minimizer of free features in regression, and its value.

    Attributes:
        loss: the smallest value of the objective
        singular_values ([m] float64): of the centered outputs W H^T, from the largest
        rank: how many of them are not zero
        weight ([m, d] float64): W of the minimizer
        features ([N, d] float64): H of the minimizer
        bias ([m] float64): b of the minimizer

    >>> targets = torch.tensor([[1.0], [-1.0]])
    >>> found = metrics.unconstrained_regression(targets, dim=1, weight_decay=0.1, feature_decay=0.1)
    >>> (found.features @ found.weight.T).abs()  # of the targets, 0.2 are given up
    tensor([[0.8586],
            [0.8586]], dtype=torch.float64)
    """

    loss: float
    singular_values: Tensor
    rank: int
    weight: Tensor
    features: Tensor
    bias: Tensor


def unconstrained_regression(targets: Tensor, dim: int, weight_decay: float, feature_decay: float) -> RegressionMinimum:
    """Minimum of (1/2N) sum_i ||W h_i + b - y_i||^2 + lambda_W/2 ||W||^2 + lambda_H/2 ||H||^2 for targets [N, m].

    For given outputs Z = W H^T the two penalties cost at least r ||Z||_*, r = sqrt(lambda_W lambda_H), and b is the
    mean target. So Z has the singular vectors of the centered targets Y = U S V^T, and its singular values are
    T = (S - N r)_+: those of the targets, less a constant, or 0. With them W = (lambda_H / lambda_W)^(1/4) U T^(1/2)
    and H = (lambda_W / lambda_H)^(1/4) V T^(1/2), up to a rotation of the d dimensions. As S is N^(1/2) times the
    eigenvalues of the root of the covariance Sigma of the targets,
    W W^T = (N lambda_H / lambda_W)^(1/2) (Sigma^(1/2) - N^(1/2) r I)_+, which is derived here; Andriopoulos et al.
    (2024) have such a minimum.

    Raises ValueError, naming the argument, for other shapes, d < m, a non-finite entry, or a decay that is not positive
    and finite.

    >>> targets = torch.tensor([[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    >>> found = metrics.unconstrained_regression(targets, dim=3, weight_decay=0.1, feature_decay=0.4)
    >>> found.singular_values, found.rank  # those of the targets, 2.83 and 1.41, less 4 times 0.2
    (tensor([2.0284, 0.6142], dtype=torch.float64), 2)
    """
    require_matrix("targets", targets, "[N, m]")
    _validate.require_tensors(targets=targets)
    count, size = targets.shape
    _checks.require_integer("dim", dim, size)
    _checks.require_positive("weight_decay", weight_decay, tensor=True)
    _checks.require_positive("feature_decay", feature_decay, tensor=True)
    bias = targets.detach().double().mean(0)
    left, values, right = torch.linalg.svd((targets.detach().double() - bias).T, full_matrices=False)
    strength, balance = math.sqrt(weight_decay * feature_decay), (feature_decay / weight_decay) ** 0.25
    kept = (values - count * strength).clamp(min=0)
    loss = ((values - kept).square().sum() / (2 * count) + strength * kept.sum()).item()
    roots = kept.sqrt()
    weight, features = bias.new_zeros(size, dim), bias.new_zeros(count, dim)
    weight[:, : len(roots)], features[:, : len(roots)] = balance * left * roots, right.T * roots / balance
    return RegressionMinimum(loss, kept, int((kept > 0).sum()), weight, features, bias)
