"""Scores by which features tell points of unseen classes from points of the classes that were trained.

A score is one number a point. How well it detects is the area under the ROC curve, `sklearn.metrics.roc_auc_score`.
"""

import torch
from torch import Tensor

from ncbook import _checks
from ncbook.metrics import _classes, _validate


@torch.no_grad()
def neco(features: Tensor, train_features: Tensor, n_components: int) -> Tensor:
    """||P (h - mu)|| / ||h - mu||: the share of a feature's length in the first principal axes P of the training set.

    The score of NECO (Ben Ammar et al. 2024, arXiv:2310.06823) without its factor, the largest logit. mu is the mean
    of the training features: centered, K classes that have collapsed span K - 1 axes, so n_components = K - 1. High
    for points that look as if they had been trained.

    features [M, d], train_features [N, d], any float dtype -> [M] float64 in [0, 1]; nan for a point at mu. No change
    under scaling, rotation or shift of both sets. Raises ValueError, naming the argument, for shapes that do not fit,
    a non-finite entry, or n_components outside 1..d.

    >>> metrics.neco(torch.tensor([[2.0, 0.0], [0.0, 1.0]]), torch.tensor([[1.0, 0.0], [-1.0, 0.0]]), n_components=1)
    tensor([1., 0.], dtype=torch.float64)
    """
    _require_both(features, train_features)
    _checks.require_integer("n_components", n_components, 1, features.shape[1])
    seen = train_features.double()
    center = seen.mean(0)
    _, _, axes = torch.linalg.svd(seen - center, full_matrices=len(seen) < n_components)  # [min(N, d), d]
    moved = features.double() - center
    return (moved @ axes[:n_components].T).norm(dim=1) / moved.norm(dim=1)


@torch.no_grad()
def mahalanobis(features: Tensor, train_features: Tensor, train_labels: Tensor, shrinkage: float = 1e-3) -> Tensor:
    """min_c ((h - mu_c)^T S^-1 (h - mu_c))^1/2 with S = Sigma_W + shrinkage tr(Sigma_W) / d I: Lee et al. (2018).

    The distance to the nearest class mean, in standard deviations within the classes, which share one covariance
    Sigma_W = (1/N) sum (h - mu_c)(h - mu_c)^T. Where features have collapsed, Sigma_W lacks full rank; `shrinkage` says
    how much is added to its diagonal, as a share of the mean variance. Low for points that look as if they had been
    trained.

    features [M, d], train_features [N, d], train_labels [N], any float dtype -> [M] float64; no unit, and no change
    under scaling, rotation or shift of both sets. Without any variance within the classes inf, or nan on a class mean.
    Raises ValueError, naming the argument, for shapes that do not fit, fewer than two classes, a non-finite entry, or a
    shrinkage that is not positive.

    >>> metrics.mahalanobis(means, features, labels)
    tensor([0., 0., 0.], dtype=torch.float64)
    """
    _require_both(features, train_features)
    _checks.require_positive("shrinkage", shrinkage)
    _validate.require_labels(train_labels, train_features, None, ("train_labels", "train_features"))
    if bool((train_labels == train_labels[0]).all()):
        raise ValueError(f"train_labels: expected two classes at least, got only class {train_labels[0].item()}")
    classes, _ = _classes.group(train_features, train_labels, None)
    residuals = train_features.double() - classes.means[classes.index]
    covariance = residuals.T @ residuals / len(residuals)
    size = covariance.trace() / len(covariance)
    scaled = torch.where(size > 0, covariance / size, 0.0)
    factor = torch.linalg.cholesky(scaled + shrinkage * torch.diag(scaled.new_ones(len(scaled))))
    points, centers = (
        torch.linalg.solve_triangular(factor, each.T, upper=False).T for each in (features.double(), classes.means)
    )
    return torch.cdist(points, centers, compute_mode="donot_use_mm_for_euclid_dist").amin(1) / size.sqrt()


def _require_both(features: Tensor, train_features: Tensor) -> None:
    _validate.require_tensors(features=features, train_features=train_features)
    for name, each in (("features", features), ("train_features", train_features)):
        _validate.require_matrix(name, each)
    if features.shape[1] != train_features.shape[1]:
        raise ValueError(f"train_features: expected shape [N, {features.shape[1]}], got {list(train_features.shape)}")
