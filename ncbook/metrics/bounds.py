"""Bounds that start from the class-distance normalized variance (CDNV): test collapse, and nearest-mean error.

Everything is summed in float64 from residuals, never from raw second moments, which a common offset would drown.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from ncbook import _checks
from ncbook.metrics import _classes, _validate
from ncbook.metrics.cdnv import cdnv
from ncbook.metrics.concentration import moments


@dataclass(frozen=True)
class CollapseBound:
    """population_cdnv <= bound = (1 + A) train_cdnv + B, and what A and B are made of; pairs are for classes (i, j).

    Attributes:
        a: (sum of mean_shifts) / ||difference of population means||
        A: 2a + a^2
        B: (1 + A) (sum of variance_gaps) / (2 ||difference of training means||^2)
        mean_shifts: ||E f - Avg f||, in the unit of the features
        variance_gaps: |Var over the population - Var over the training set|, in its square
        square_gaps: |E ||f||^2 - Avg ||f||^2|, in its square. The survey bounds a variance gap by this and by
            mean_shift * (||E f|| + ||Avg f||); unlike the variance gap it depends on the origin

    >>> metrics.test_collapse_bound(features[:2], features[4:6], features[:4], features[4:8]).bound > 0
    True
    """

    A: float
    B: float
    bound: float
    population_cdnv: float
    train_cdnv: float
    a: float
    mean_shifts: tuple[float, float]
    variance_gaps: tuple[float, float]
    square_gaps: tuple[float, float]


@torch.no_grad()
def test_collapse_bound(train_i: Tensor, train_j: Tensor, population_i: Tensor, population_j: Tensor) -> CollapseBound:
    """Bound on the CDNV of a pair of classes in the population by their CDNV on the training set.

    V(P) <= (1 + A) V(S) + B with A = 2a + a^2: an explicit form of the survey's equation 9 (Galanti et al. 2022
    state it up to constants). From ||mu_i(S) - mu_j(S)|| <= (1 + a) ||mu_i(P) - mu_j(P)||, by the triangle
    inequality, and Var(P) <= Var(S) + |Var(P) - Var(S)|. It holds for any four sets of features and is an
    equality when the training set is the population. Variances divide by n.

    train_i [n_i, d], train_j [n_j, d], population_i [m_i, d], population_j [m_j, d], any float dtype ->
    `CollapseBound`. Where two means of a set coincide, terms that divide by their distance are inf, or nan for
    0/0, as in `cdnv`. Not differentiable. Raises ValueError, naming the argument and the value, for one that is
    not a non-empty floating-point matrix, is not finite, or has another d than `train_i`.

    >>> bound = metrics.test_collapse_bound(features[:3], features[4:7], features[:4], features[4:8])
    >>> bound.population_cdnv <= bound.bound
    True
    """
    sets = {"train_i": train_i, "train_j": train_j, "population_i": population_i, "population_j": population_j}
    _validate.require_tensors(**sets)
    for name, features in sets.items():
        _validate.require_matrix(name, features)
        if features.shape[1] != train_i.shape[1]:
            raise ValueError(f"{name}: expected shape [n, {train_i.shape[1]}], got {list(features.shape)}")
    measured = [moments(features) for features in sets.values()]
    means, population_means = torch.stack([mean for mean, _ in measured]).unflatten(0, (2, 2))  # each [2, d]
    variances, population_variances = torch.stack([variance for _, variance in measured]).unflatten(0, (2, 2))  # [2]
    shifts, excess = population_means - means, population_variances - variances
    square_gaps = (excess + (shifts * (population_means + means)).sum(1)).abs()
    spread, population_spread = (2 * (pair[0] - pair[1]).square().sum() for pair in (means, population_means))
    a = shifts.norm(dim=1).sum() / (population_spread / 2).sqrt()
    factor, train_cdnv = (1 + a).square(), variances.sum() / spread
    B = factor * excess.abs().sum() / spread
    return CollapseBound(
        A=(2 * a + a.square()).item(),
        B=B.item(),
        bound=(factor * train_cdnv + B).item(),
        population_cdnv=(population_variances.sum() / population_spread).item(),
        train_cdnv=train_cdnv.item(),
        a=a.item(),
        mean_shifts=_pair(shifts.norm(dim=1)),
        variance_gaps=_pair(excess.abs()),
        square_gaps=_pair(square_gaps),
    )


def ncc_error_bound(
    features: Tensor, labels: Tensor, shots: int | None = None, num_classes: int | None = None
) -> Tensor:
    """Bound on the error of the nearest-class-center rule by the average CDNV V of the K classes.

    Centers are the class means: error <= 4 (K-1) V, because a point nearer to mu_j than to its own mu_i is
    ||mu_i - mu_j|| / 2 or more from mu_i (Chebyshev, union over j). Centers are the means of n = `shots` fresh
    points a class: expected error <= 16 (K-1) (1 + 2/n) V, because then the point's or one of the two centers'
    distance from its mean is a quarter of ||mu_i - mu_j|| or more. The error is the mean over classes of a class's
    error, whatever their sizes. Both are loose: an isotropic Gaussian in d dimensions errs far less. After
    Galanti et al. (2022), with constants of this derivation and not of the paper.

    features [N, d], taken as the whole law of the classes, labels [N] integers in 0..K-1, `num_classes` and
    classes that do not occur as in `cdnv` -> float64 scalar, no unit, above 1 where it says nothing.
    Differentiable. Raises ValueError, naming the argument and the value, for arguments that do not fit.

    >>> metrics.ncc_error_bound(features, labels)
    tensor(0.0067, dtype=torch.float64)
    """
    if shots is not None:
        _checks.require_integer("shots", shots, 1)
    factor = 4.0 if shots is None else 16 * (1 + 2 / shots)
    average = cdnv(features, labels, num_classes)
    return factor * (len(labels.unique()) - 1) * average


def directional_ncc_error_bound(features: Tensor, labels: Tensor, num_classes: int | None = None) -> Tensor:
    """Bound on the error of the nearest-class-center rule by the variance along the lines between class means.

    mean over i of sum over j != i of s / (s + D^2 / 4), D = ||mu_i - mu_j|| and s the variance of class i along
    mu_j - mu_i: Cantelli's inequality for a step of D / 2 toward mu_j, and a union over j. Never above
    `ncc_error_bound` with centers at the class means, and about d times smaller for isotropic classes far apart. The
    derivation is this book's.

    features [N, d], taken as the whole law of the classes, labels [N] integers in 0..K-1, classes that do not
    occur left out -> float64 scalar, no unit. A pair of equal means counts 1. Differentiable where means differ.
    Raises ValueError, naming the argument and the value, for arguments that do not fit.

    >>> metrics.directional_ncc_error_bound(features, labels)
    tensor(0.0033, dtype=torch.float64)
    """
    classes, _ = _classes.group(features, labels, num_classes)
    size = len(classes.present)
    centered = classes.means - classes.means.mean(0)
    spread = centered.new_zeros(size, size)  # [i, j]: variance along mu_j - mu_i, times D^2
    rows = max(1, _classes._BLOCK_ELEMENTS // size)
    for index, residuals in classes.residuals():
        for own, part in zip(index.split(rows), residuals.split(rows), strict=True):
            along = (part.double() - classes.rounding[own]) @ centered.T  # [B, K]
            steps = along - along.gather(1, own[:, None])  # [B, K]: from the own mean to each
            spread = spread.index_add(0, own, steps.square())
    spread = spread / classes.counts[:, None]
    squared = torch.cdist(centered, centered, compute_mode="donot_use_mm_for_euclid_dist").square()
    # where D = 0 a point is as near to the other mean as to its own: an error. The inner choice keeps 0/0 out of
    # the gradient
    shares = torch.where(squared > 0, spread / torch.where(squared > 0, spread + squared.square() / 4, 1.0), 1.0)
    return (shares.sum() - shares.diagonal().sum()) / size


def _pair(values: Tensor) -> tuple[float, float]:
    first, second = values.tolist()
    return first, second
