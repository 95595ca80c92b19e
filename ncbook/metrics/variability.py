"""Within-class variability other than NC1 and CDNV: ratios of traces, VCI, NC5 and nearest-class-center error.

Sigma_W = (1/N) sum (h - mu_c)(h - mu_c)^T is taken over all points, Sigma_B = (1/K) sum (mu_c - mu_G)(mu_c - mu_G)^T
over unweighted class means with mu_G their mean, as in `ncbook.metrics.collapse`. Classes that do not occur are left
out.
"""

import torch
from torch import Tensor

from ncbook.metrics import _classes, _validate

# Class means that differ along a direction by less than this share of the largest difference do so by rounding: the
# cut of NC1, which is 1e-10 in eigenvalues of Sigma_B.
_RANK_CUT = 1e-5


def variance_ratio(features: Tensor, labels: Tensor, num_classes: int | None = None) -> Tensor:
    """Tr Sigma_W / Tr Sigma_B, the ratio used by Hui, Belkin and Nakkiran (2022) and by Tirer et al.

    features [N, d], labels [N] -> float64 scalar; no unit, and no change under scaling, rotation or shift. Unlike
    NC1 it needs no inverse, is not divided by K, and does change under other linear maps. Under imbalance Sigma_W
    weighs every point and Sigma_B every class alike. Equal class means give inf (nan if the classes have also
    collapsed). Differentiable in `features`. Raises ValueError for arguments that do not fit.

    >>> metrics.variance_ratio(features, labels)
    tensor(0.0025, dtype=torch.float64)
    """
    classes, _ = _classes.group(features, labels, num_classes)
    size = classes.centered.norm()
    between = torch.where(size > _noise(classes.means), size.square() / len(classes.means), 0.0)
    return _within(classes) / between


def rnc1(features: Tensor, labels: Tensor, num_classes: int | None = None) -> Tensor:
    """RNC1 = Tr Sigma_W / max_i ||h_i||^2: within-class variance at unit largest norm (Sakamoto and Sato 2026).

    The paper divides by B_g^2 with B_g the largest norm of a feature over inputs; here that is the largest over
    the points given, which is also what scaling these features by their largest norm and then taking the mean
    squared distance to the class means computes.

    features [N, d], labels [N] -> float64 scalar in [0, 1]; no unit, and no change under scaling or rotation, but
    under a shift: the norm is measured from the origin, not from the global mean. The separation of class means
    does not enter. All features zero give nan. Differentiable in `features`. Raises ValueError for arguments that
    do not fit.

    >>> metrics.rnc1(features, labels)
    tensor(0.0023, dtype=torch.float64)
    """
    classes, _ = _classes.group(features, labels, num_classes)
    return _within(classes) / _classes.squared_norms(features).max()


@torch.no_grad()
def vci(features: Tensor, labels: Tensor, num_classes: int | None = None) -> float:
    """Variability collapse index 1 - Tr(Sigma_T^+ Sigma_B) / rank(Sigma_B) (Xu and Liu 2023, arXiv:2306.03440).

    Sigma_T = Sigma_W + Sigma_B, for classes of equal size the covariance of all features; under imbalance that would
    weigh the means by class size, here they are not weighted. features [N, d], labels [N] -> float in [0, 1]: 0 if
    an invertible linear map of the features, to which VCI is blind, collapses every class (as for points in general
    position when d >= N - 1), near 1 if the means are lost in the spread; nan if all class means coincide.

    Directions outside the span of the means matter as far as they correlate with it, so no K x K matrix will do.
    No covariance is inverted: with B the eigenvalues of Sigma_B and S the part of Sigma_W on its axes that linear
    regression on the other directions does not explain (a Schur complement), VCI = Tr((B + S)^{-1} S) / rank, which
    keeps its digits however small. Work O(N d min(N, d)), memory O(d min(N, d)). Not differentiable. Raises
    ValueError for arguments that do not fit.

    >>> round(metrics.vci(features, labels), 4)
    0.0025
    """
    classes, _ = _classes.group(features, labels, num_classes)
    axes, spread = _between_class_axes(classes)
    if len(axes) == 0:
        return float("nan")
    factor = residual_factor(classes)  # [min(N, d), d]
    along = factor @ axes.T
    basis, singular, _ = torch.linalg.svd(factor - along @ axes, full_matrices=False)
    basis = basis[:, singular > rank_tolerance(factor)]
    unexplained = along - basis @ (basis.T @ along)
    # squared singular values of S^1/2 B^-1/2: within-class variances on axes where Sigma_B is the identity
    within = torch.linalg.svdvals(unexplained / spread).square() / len(features)
    return (within / (1 + within)).sum().item() / len(axes)


def nc5(features: Tensor, labels: Tensor, ood_features: Tensor, num_classes: int | None = None) -> Tensor:
    """NC5: mean over classes of |cos(mu_c, mu_OOD)|, zero if the mean of out-of-distribution data is orthogonal to all.

    The definition of NECO (Ben Ammar et al. 2024, arXiv:2310.06823), with means from the origin, not from mu_G. For
    the centered variant subtract mu_G from both sets first; the two differ much for features after a ReLU.

    features [N, d], labels [N], ood_features [M, d] -> float64 scalar in [0, 1]. A mean at the origin gives nan.
    Differentiable in both sets. Raises ValueError for arguments that do not fit or are not finite.

    >>> metrics.nc5(features, labels, ood_features=torch.tensor([[0.0, 1.0]]))
    tensor(0.5774, dtype=torch.float64)
    """
    classes, _ = _classes.group(features, labels, num_classes)
    _validate.require_tensors(features=features, ood_features=ood_features)
    _validate.require_floating("ood_features", ood_features)
    if ood_features.ndim != 2 or len(ood_features) == 0 or ood_features.shape[1] != features.shape[1]:
        raise ValueError(
            f"ood_features: expected shape [M, {features.shape[1]}] with M >= 1, got {list(ood_features.shape)}"
        )
    _validate.require_finite("ood_features", ood_features)
    outside = ood_features.mean(0, dtype=torch.float64)
    lengths = classes.means.norm(dim=1) * outside.norm()
    return (classes.means @ outside / lengths).abs().mean()


@torch.no_grad()
def nearest_class_center_error(features: Tensor, labels: Tensor, class_means: Tensor) -> float:
    """Share of points whose nearest class mean is not that of their label (Galanti et al. 2022).

    features [N, d], labels [N] in 0..K-1, class_means [K, d] in the order of the labels, usually the training set's;
    distances are Euclidean and float64, and a tie goes to the lower label. NC4 compares with the network's decision
    instead of the label. Raises ValueError for arguments that do not fit or are not finite.

    >>> metrics.nearest_class_center_error(features, labels, means)
    0.0
    """
    _validate.require_features(features)
    _validate.require_tensors(features=features, class_means=class_means)
    _validate.require_means(class_means, features.shape[1])
    _validate.require_labels(labels, features, len(class_means))
    _validate.require_finite("features", features)
    means = class_means.double()
    center = means.mean(0)
    means = means - center
    size = max(1, _classes._BLOCK_ELEMENTS // max(means.shape))  # scores are [B, K], and K may exceed d
    errors = 0
    for block, truth in zip(features.split(size), labels.split(size), strict=True):
        nearest = ((block.double() - center) @ means.T - means.square().sum(1) / 2).argmax(1)
        errors += int((nearest != truth).sum())
    return errors / len(features)


def residual_factor(classes: _classes.Classes) -> Tensor:
    """F [min(N, d), d] float64 with F^T F = N Sigma_W, by blocks of rows and without squaring a number.

    Residuals are formed in float64: rounded to float32 they would not keep exact linear relations between features.
    """
    features = classes.features
    dim = features.shape[1]
    size = max(dim, _classes._BLOCK_ELEMENTS // dim)
    factor = classes.means.new_zeros(0, dim)
    for block, index in zip(features.split(size), classes.index.split(size), strict=True):
        factor = torch.cat([factor, block.double() - classes.means[index]])
        if len(factor) > dim:
            factor = torch.linalg.qr(factor, mode="r").R
    return factor


def rank_tolerance(matrix: Tensor) -> float:
    """Singular values below this are rounding of a float64 matrix that was computed in a few steps."""
    return 16 * max(matrix.shape) * torch.finfo(torch.float64).eps * matrix.norm().item()


def _within(classes: _classes.Classes) -> Tensor:
    """Tr Sigma_W, a float64 scalar."""
    return (classes.counts * classes.variances()).sum() / len(classes.index)


def _noise(means: Tensor) -> Tensor:
    """What rounding in float64 may leave of equal class means."""
    return 8 * torch.finfo(torch.float64).eps * means.norm()


def _between_class_axes(classes: _classes.Classes) -> tuple[Tensor, Tensor]:
    """Orthonormal eigenvectors [r, d] of Sigma_B and the roots [r] of their eigenvalues, those above rounding."""
    _, singular, axes = torch.linalg.svd(classes.centered, full_matrices=False)
    kept = (singular > _RANK_CUT * singular[0]) & (singular > _noise(classes.means))
    return axes[kept], singular[kept] / len(classes.means) ** 0.5
