"""NC1 to NC4 of Papyan, Han and Donoho (2020), and their companions, in one call."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ncbook import _checks
from ncbook.metrics import _classes, _validate
from ncbook.metrics._head import of_head, spread_of_norms
from ncbook.metrics._pairs import Vectors, angles_and_half_sum
from ncbook.metrics._second_pass import SecondPass


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
        num_classes_empty: number of classes that do not occur, and are left out
        num_classes_single: number of classes of one point, whose variance is 0 whatever the network does

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
    num_classes_empty: int
    num_classes_single: int


@torch.no_grad()
def collapse(
    features: Tensor,
    labels: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    num_classes: int | None = None,
    logits: Tensor | None = None,
) -> Collapse:
    """Measure NC1 to NC4 on one set of features (equations 4 to 8 of the survey; Papyan et al. 2020).

    features [N, d] any float dtype, labels [N] integers in 0..K-1, and what is known of the classifier: weight
    [K, d] with bias [K] or without for a linear one; logits [N, K] for another. Without weight its geometry (nc2 of
    the head, nc3) is nan, without both nc4 is. Where both are given, decisions are those of the logits.
    K is `num_classes`, else the number of rows of `weight`, else of columns of `logits`, else the largest label + 1.
    float16 and bfloat16 are computed in float32, float64 stays float64, and sums are float64 throughout. The largest
    matrix beside the arguments has min(K, d) rows and max(K, d) columns, so K may be a vocabulary, and d the size of
    a layer.

    A class that does not occur is left out of all but the network's decision, in which its row of `weight`
    takes part. Where a definition reads 0/0 (a classifier of zeros, a class mean on top of the global mean) the
    value is nan; nc1 is inf when all class means coincide and features do not. Papers that use the sample
    standard deviation in NC2 print values larger by sqrt(K/(K-1)). Not differentiable. Raises ValueError, naming
    the argument and the value, for labels out of range, a non-finite entry (a logit may be infinite), shapes that do
    not fit, or fewer than two classes.

    >>> measured = metrics.collapse(features, labels, weight)
    >>> round(measured.nc1, 4), round(measured.nc2_angles, 4), round(measured.nc3, 4), measured.nc4
    (0.0017, 0.0, 0.0, 0.0)
    >>> metrics.collapse(features, labels).nc3
    nan
    """
    if weight is None and bias is not None:
        raise ValueError(f"bias: expected None without a weight that it belongs to, got {_checks.described(bias)}")
    if weight is not None:
        rows = _validate.require_weight(weight, features)
        num_classes = rows if num_classes is None else num_classes
    elif num_classes is None and logits is not None:
        num_classes = _validate.require_logits(logits, features)
    classes, num_classes = _classes.group(features, labels, num_classes)
    if weight is not None:
        _validate.require_head(weight, bias, num_classes, features.shape[1])
    if logits is None:
        return of_sums(_summed(classes, weight, bias), weight, decided=weight is not None)
    return of_sums(_summed(classes, decisions=decisions_of(logits, features, num_classes)), weight, decided=True)


@torch.no_grad()
def nc1(features: Tensor, labels: Tensor, num_classes: int | None = None, divide_by_classes: bool = True) -> float:
    """NC1 alone: tr(Sigma_W Sigma_B^+) / K, or without 1/K, as in the notebook of Papyan et al. (2020).

    features [N, d], labels [N]; conventions, special values and errors as in `collapse`.

    >>> round(metrics.nc1(features, labels), 5), round(metrics.nc1(features, labels, divide_by_classes=False), 5)
    (0.00167, 0.005)
    """
    _checks.require_flag("divide_by_classes", divide_by_classes)
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
    means = _classes.Means.of(one_each, class_means.double().clone(), _classes.working_dtype(features))
    second = SecondPass(means, weight, bias)
    for rows in second.blocks(features):
        # any class will do: residuals from its mean only shift the scores that are compared
        second.add(features[rows], one_each.new_zeros(len(features[rows])))
    return second.mismatches.item() / len(features)


def of_sums(second: SecondPass, weight: Tensor | None, decided: bool) -> Collapse:
    """The properties from finished sums; `decided` says whether the network's decisions went into them."""
    mismatch = second.mismatches.item() / second.points if decided else math.nan
    error = second.errors.item() / second.points
    return summarize(second.means, second.variances(), second.trace(), weight, mismatch, error)


def decisions_of(logits: Tensor, features: Tensor, num_classes: int) -> Tensor:
    """[N]: the class of the largest of the logits [N, K]; raises ValueError if they do not fit features [N, d]."""
    _validate.require_logits(logits, features)
    _validate.require_shape("logits", logits, [len(features), num_classes])
    largest, decisions = logits.max(1)  # nan, where any of them is
    undefined = largest.isnan().nonzero()
    if len(undefined):
        raise _validate.NotFinite(f"logits: row {undefined[0].item()} has an entry that is nan; expected numbers")
    return decisions


def summarize(
    means: _classes.Means, variances: Tensor, trace: float, weight: Tensor | None, mismatch: float, error: float
) -> Collapse:
    """The properties from class means, variances [K'] around them, tr(Sigma_W Sigma_B^+), and both rules' errors."""
    present = len(means.present)
    within = (variances @ means.counts / means.counts.sum()).item()
    between = means.centered_squares.sum().item() / present
    angles, spread = angles_and_half_sum(Vectors(means.means, means.center), variances)
    return Collapse(
        trace / present,
        spread_of_norms(means.centered_squares),
        *angles,
        *((math.nan,) * 5 if weight is None else of_head(means, weight)),
        mismatch,
        spread,
        within / between if between else (math.inf if within else math.nan),
        error,
        present,
        len(means.position) - present,
        int((means.counts == 1).sum()),
    )


def _summed(
    classes: _classes.Classes, weight: Tensor | None = None, bias: Tensor | None = None, decisions: Tensor | None = None
) -> SecondPass:
    second = SecondPass(classes, weight, bias)
    for rows in second.blocks(classes.features):
        second.add(classes.features[rows], classes.index[rows], None if decisions is None else decisions[rows])
    return second
