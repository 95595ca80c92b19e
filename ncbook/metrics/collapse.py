"""NC1 to NC4 of Papyan, Han and Donoho (2020), and their companions, in one call."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ncbook.metrics import _classes, _options, _validate
from ncbook.metrics._second_pass import SecondPass
from ncbook.metrics.cdnv import half_sums
from ncbook.metrics.geometry import etf_gram


@dataclass(frozen=True)
class Collapse:
    """The four properties of neural collapse, each tending to 0 as a network collapses.

    Attributes:
        nc1: tr(Sigma_W Sigma_B^+) / K; Sigma_W over all points, Sigma_B over unweighted class means
        nc2_norms: std / mean over classes of ||mu_c - mu_G|| (population std)
        nc2_angles: mean over pairs of |cos + 1/(K-1)| between centered class means: maximal angles
        nc2_equiangularity: std over pairs of that cosine: equal angles, whatever their size
        nc2_norms_head, nc2_angles_head, nc2_equiangularity_head: the same of the rows of the classifier, which are not
            centered
        nc3: || W/||W||_F - M/||M||_F ||_F^2, M the centered class means: self-duality
        nc3_etf: || W M^T/||W M^T||_F - (I - 11^T/K)/sqrt(K-1) ||_F, Zhu et al.'s (2021) self-duality
        nc4: share of points whose nearest class mean is not the network's decision
        cdnv: class-distance normalized variance, see `metrics.cdnv`
        variance_ratio: tr(Sigma_W) / tr(Sigma_B)
        ncc_error: share of points whose nearest class mean is not that of their own class
        num_classes_present: number of classes K that occur; K above means this number

    A quantity that needs a classifier is nan where none was given.

    >>> measured = metrics.collapse(features, labels, weight)
    >>> round(measured.cdnv, 5), measured.nc4
    (0.00083, 0.0)
    """

    nc1: float
    nc2_norms: float
    nc2_angles: float
    nc2_equiangularity: float
    nc2_norms_head: float
    nc2_angles_head: float
    nc2_equiangularity_head: float
    nc3: float
    nc3_etf: float
    nc4: float
    cdnv: float
    variance_ratio: float
    ncc_error: float
    num_classes_present: int


@torch.no_grad()
def collapse(
    features: Tensor,
    labels: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    num_classes: int | None = None,
) -> Collapse:
    """Measure NC1 to NC4 on one set of features (equations 4 to 8 of the survey; Papyan et al. 2020).

    features [N, d] any float dtype, labels [N] integers in 0..K-1, weight [K, d], bias [K] or None.
    K is `num_classes`, else the number of rows of `weight`. float16 and bfloat16 are computed in
    float32, float64 stays float64, and sums are float64 throughout. No d x d matrix is formed.

    A class that does not occur is left out of all but the network's decision, in which its row of `weight`
    takes part. Where a definition reads 0/0 (a classifier of zeros, a class mean on top of the global mean) the
    value is nan; nc1 is inf when all class means coincide and features do not. Papers that use the sample
    standard deviation in NC2 print values larger by sqrt(K/(K-1)). Not differentiable. Raises ValueError, naming
    the argument and the value, for labels out of range, a non-finite entry, shapes that do not fit, or fewer
    than two classes.

    >>> measured = metrics.collapse(features, labels, weight)
    >>> round(measured.nc1, 4), round(measured.nc2_angles, 4), round(measured.nc3, 4), measured.nc4
    (0.0017, 0.0, 0.0, 0.0)
    """
    _validate.require_weight(weight, features)
    classes, num_classes = _classes.group(features, labels, len(weight) if num_classes is None else num_classes)
    _validate.require_head(weight, bias, num_classes, features.shape[1])
    return of_sums(_summed(classes, weight, bias), weight, decided=True)


@torch.no_grad()
def nc1(features: Tensor, labels: Tensor, num_classes: int | None = None, divide_by_classes: bool = True) -> float:
    """NC1 alone: tr(Sigma_W Sigma_B^+) / K, or without 1/K, as in the notebook of Papyan et al. (2020).

    features [N, d], labels [N]; conventions, special values and errors as in `collapse`.

    >>> round(metrics.nc1(features, labels), 5), round(metrics.nc1(features, labels, divide_by_classes=False), 5)
    (0.00167, 0.005)
    """
    _options.require_flag("divide_by_classes", divide_by_classes)
    classes, _ = _classes.group(features, labels, num_classes)
    return _summed(classes).trace() / (len(classes.present) if divide_by_classes else 1)


@torch.no_grad()
def nearest_mean_mismatch(features: Tensor, class_means: Tensor, weight: Tensor, bias: Tensor | None = None) -> float:
    """NC4 against given class means: share of points whose nearest mean is not the network's decision.

    features [N, d], class_means [K, d] in the order of the labels, weight [K, d], bias [K] or None. With
    means of the training set and features of the test set this is the curve of Papyan et al. (2020). Raises
    ValueError, naming the argument and the value, for a non-finite entry or shapes that do not fit.

    >>> metrics.nearest_mean_mismatch(features, means, weight)
    0.0
    """
    _validate.require_weight(weight, features)
    _validate.require_tensors(features=features, class_means=class_means)
    _validate.require_finite("features", features)
    _validate.require_means(class_means, features.shape[1])
    num_classes = len(class_means)
    _validate.require_head(weight, bias, num_classes, features.shape[1])
    one_each = torch.ones(num_classes, dtype=torch.int64, device=features.device)
    means = _classes.Means.of(one_each, class_means.double(), _classes.working_dtype(features))
    second = SecondPass(means, weight, bias)
    for rows in _classes.blocks(features, second.columns.shape[1]):
        # any class will do: residuals from its mean only shift the scores that are compared
        second.add(features[rows], one_each.new_zeros(len(features[rows])))
    return second.mismatches.item() / len(features)


def of_sums(second: SecondPass, weight: Tensor | None, decided: bool) -> Collapse:
    """The properties from finished sums; `decided` says whether the network's decisions went into them."""
    mismatch = second.mismatches.item() / second.points if decided else math.nan
    error = second.errors.item() / second.points
    return summarize(second.means, second.variances(), second.trace(), weight, mismatch, error)


def summarize(
    means: _classes.Means, variances: Tensor, trace: float, weight: Tensor | None, mismatch: float, error: float
) -> Collapse:
    """The properties from class means, variances [K'] around them, tr(Sigma_W Sigma_B^+), and both rules' errors."""
    present = len(means.present)
    within = (variances @ means.counts / means.counts.sum()).item()
    between = means.centered.square().sum().item() / present
    return Collapse(
        trace / present,
        spread_of_norms(means.centered),
        *angles(means.centered),
        *(
            (math.nan, math.nan, math.nan, math.nan, math.nan)
            if weight is None
            else _of_head(means.centered, weight.double()[means.present])
        ),
        mismatch,
        half_sums(variances, means.means).mean().item(),
        within / between if between else (math.inf if within else math.nan),
        error,
        present,
    )


def spread_of_norms(vectors: Tensor) -> float:
    """std / mean of the lengths of the rows (population std)."""
    norms = vectors.norm(dim=1)
    return (norms.std(correction=0) / norms.mean()).item()


def angles(vectors: Tensor) -> tuple[float, float]:
    """(mean |cos + 1/(K-1)|, std of cos) over ordered pairs of distinct rows."""
    size = len(vectors)
    unit = vectors / vectors.norm(dim=1, keepdim=True)
    cosines = (unit @ unit.T)[~torch.eye(size, dtype=torch.bool, device=vectors.device)]
    return (cosines + 1 / (size - 1)).abs().mean().item(), cosines.std(correction=0).item()


def _summed(classes: _classes.Classes, weight: Tensor | None = None, bias: Tensor | None = None) -> SecondPass:
    second = SecondPass(classes, weight, bias)
    for rows in _classes.blocks(classes.features, second.columns.shape[1]):
        second.add(classes.features[rows], classes.index[rows])
    return second


def _of_head(centered: Tensor, rows: Tensor) -> tuple[float, float, float, float, float]:
    """nc2_norms_head, nc2_angles_head, nc2_equiangularity_head, nc3, nc3_etf."""
    product = rows @ centered.T
    return (
        spread_of_norms(rows),
        *angles(rows),
        (rows / rows.norm() - centered / centered.norm()).square().sum().item(),
        (product / product.norm() - etf_gram(len(rows), rows.device)).norm().item(),
    )
