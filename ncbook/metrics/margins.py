"""Margins of a linear classifier, and their closed forms on a simplex.

All are computed and returned in float64: a margin is a difference of numbers that may agree in most digits.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ncbook import _checks
from ncbook.metrics import _classes, _validate


def margins(logits: Tensor, labels: Tensor) -> Tensor:
    """Margin of each point: the true class's logit minus the best other one, q_i = z_{i,y} - max_{j != y} z_{i,j}.

    Survey, section on max-margin classifiers. logits [N, K] with K >= 2, any float dtype, labels [N] integers in
    0..K-1 -> [N] float64, in the unit of the logits; negative where the decision is wrong, 0 at a tie. It grows
    with the scale of features and weights: compare networks by `normalized_margins`, `cosine_margins` or
    q / ||W||_F. Differentiable in `logits` where the best other class is unique.
    Raises ValueError, naming the argument and the value, for labels out of range, a non-finite logit or shapes
    that do not fit.

    >>> metrics.margins(torch.tensor([[2.0, 0.5], [1.0, 3.0]]), torch.tensor([0, 0]))
    tensor([ 1.5000, -2.0000], dtype=torch.float64)
    """
    _validate.require_tensors(logits=logits)
    _validate.require_floating("logits", logits)
    if logits.ndim != 2 or len(logits) == 0 or logits.shape[1] < 2:
        raise ValueError(f"logits: expected shape [N, K] with N >= 1 and K >= 2, got {list(logits.shape)}")
    _validate.require_labels(labels, logits, logits.shape[1], ("labels", "logits"))
    _validate.require_finite("logits", logits)
    return _margins(logits, labels.long())


def normalized_margins(features: Tensor, labels: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Signed distance of each feature to the decision boundary of its class.

    min over j != y of (z_y - z_j) / ||w_y - w_j||, with z = W h + b: the point is that far from the nearest
    hyperplane on which another class draws level. Where the decision is right this is the Euclidean distance to
    the nearest point that is decided otherwise; where it is wrong it is minus the distance to the hyperplane
    that is violated most, at most the distance to the region of the class. It is the counterpart, in feature
    space, of the robustness that Papyan et al. (2020) measure in the input.

    features [N, d] any float dtype, labels [N] integers in 0..K-1, weight [K, d], bias [K] or None -> [N] float64
    in the unit of the features; no change under W -> cW, b -> cb with c > 0. Another convention divides q by
    ||W||_F or by ||w_y||. A class that does not occur still takes part in the decision. Between two equal rows
    of `weight` the bias decides everywhere: +-inf, or nan when the biases agree too. Differentiable in all
    tensors. Raises ValueError, naming the argument and the value, for arguments that do not fit.

    >>> metrics.normalized_margins(features, labels, weight)[:4]
    tensor([1.8187, 1.6454, 1.6821, 1.6821], dtype=torch.float64)
    """
    _require_classified(features, labels, weight, bias)
    rows = _centered(weight)
    biases = rows.new_zeros(len(rows)) if bias is None else bias.double()
    # subtracts before it squares; the ones on the diagonal keep 0/0 out of the gradient
    apart = torch.cdist(rows, rows, compute_mode="donot_use_mm_for_euclid_dist")
    apart = apart + torch.eye(len(rows), dtype=rows.dtype, device=rows.device)
    nearest = []
    for points, own in _blocks(features, labels, len(rows)):
        scores = points @ rows.T + biases
        distances = (scores.gather(1, own) - scores) / apart[own.squeeze(1)]  # [B, K]
        nearest.append(distances.scatter(1, own, math.inf).amin(1))
    return torch.cat(nearest)


def cosine_margins(features: Tensor, labels: Tensor, weight: Tensor) -> Tensor:
    """Cosine margin of each point: its cosine with its own row of the classifier minus the best other cosine.

    cos_j = <w_j - w_G, h - mu_G> / (||w_j - w_G|| ||h - mu_G||), w_G the mean row and mu_G the unweighted mean
    of class means; the bias plays no part. After Zhou et al. (2022, "Are all losses created equal"); their code
    puts the logit less its bias, from rows and features that are not centered, over the same norms, and takes
    mu_G over all points: the same number for balanced classes once W has centered rows and W mu_G = 0.

    features [N, d] any float dtype, labels [N] integers in 0..K-1, weight [K, d] -> [N] float64 in [-2, 2], no
    unit, and no change under scaling of features or of weight; K/(K-1) at every point under neural collapse.
    nan where a row equals the mean row or a feature the mean of class means. Differentiable in both tensors.
    Raises ValueError, naming the argument and the value, for arguments that do not fit, and where fewer than
    two classes occur, because mu_G would then be the mean of one.

    >>> metrics.cosine_margins(features, labels, weight)[:4]
    tensor([1.5000, 1.5000, 1.4549, 1.4549], dtype=torch.float64)
    """
    _require_classified(features, labels, weight, None)
    classes, _ = _classes.group(features, labels, len(weight))
    center, rows = classes.means.mean(0), _centered(weight)
    rows = rows / rows.norm(dim=1, keepdim=True)
    result = []
    for points, own in _blocks(features, labels, len(rows)):
        points = points - center
        result.append(_margins((points / points.norm(dim=1, keepdim=True)) @ rows.T, own.squeeze(1)))
    return torch.cat(result)


@dataclass(frozen=True)
class MarginCurve:
    """Margins in ascending order against their quantile.

    Attributes:
        quantiles ([N] float64): (i + 1/2) / N
        margins ([N] float64): ascending
        area: the integral over 0..1 of the step function that they draw, which is their mean

    >>> metrics.margin_curve(torch.tensor([3.0, 1.0, 2.0])).margins
    tensor([1., 2., 3.], dtype=torch.float64)
    """

    quantiles: Tensor
    margins: Tensor
    area: float


@torch.no_grad()
def margin_curve(values: Tensor) -> MarginCurve:
    """Sort margins [N] into the curve whose area Banburski et al. (2021) relate to generalization.

    `values` is what `margins`, `normalized_margins` or `cosine_margins` returns; which normalization the paper
    uses was not seen. Negative margins count as negative area. Not differentiable. Raises ValueError for an
    empty or non-finite `values` or one that is not a floating-point vector.

    >>> metrics.margin_curve(torch.tensor([3.0, 1.0, 2.0])).area
    2.0
    """
    _validate.require_tensors(values=values)
    if not values.is_floating_point() or values.ndim != 1 or len(values) == 0:
        raise ValueError(f"values: expected floating-point margins [N], got {values.dtype} {list(values.shape)}")
    _validate.require_finite("values", values)
    ascending = values.double().sort().values
    steps = torch.arange(len(values), dtype=torch.float64, device=values.device)
    return MarginCurve((steps + 0.5) / len(values), ascending, ascending.mean().item())


@dataclass(frozen=True)
class SimplexMargins:
    """What every point has once features h = alpha m_y and rows w_k = beta m_k are vertices of a simplex ETF.

    Attributes:
        margin: alpha beta K/(K-1)
        cosine: K/(K-1)
        distance: alpha sqrt(K / (2(K-1))), to the decision boundary (`normalized_margins`)
        per_frobenius: alpha sqrt(K) / (K-1), the margin over ||W||_F
        exponent: alpha^2 K / (4(K-1)), see `error_exponent`; the largest of all K means of norm at most alpha

    >>> round(metrics.simplex_margins(num_classes=3, feature_norm=2.0).margin, 4)
    3.0
    """

    margin: float
    cosine: float
    distance: float
    per_frobenius: float
    exponent: float


def simplex_margins(num_classes: int, feature_norm: float = 1.0, weight_norm: float = 1.0) -> SimplexMargins:
    """Closed forms of the margins under exact neural collapse, from m_k . m_j = -1/(K-1).

    `feature_norm` is alpha, `weight_norm` beta, both > 0. The exponent is that of Papyan et al. (2020), section
    on robustness, with alpha = 1. Raises ValueError for K < 2 or a norm that is not positive and finite.

    >>> closed = metrics.simplex_margins(num_classes=3)
    >>> round(closed.margin, 4), round(closed.distance, 4), round(closed.exponent, 4)
    (1.5, 0.866, 0.375)
    """
    _checks.require_integer("num_classes", num_classes, 2)
    _checks.require_positive("feature_norm", feature_norm, tensor=True)
    _checks.require_positive("weight_norm", weight_norm, tensor=True)
    cosine = num_classes / (num_classes - 1)
    return SimplexMargins(
        margin=feature_norm * weight_norm * cosine,
        cosine=cosine,
        distance=feature_norm * math.sqrt(cosine / 2),
        per_frobenius=feature_norm * math.sqrt(num_classes) / (num_classes - 1),
        exponent=feature_norm**2 * cosine / 4,
    )


def error_exponent(class_means: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Large-deviation exponent of the error, beta = -lim sigma^2 log P(error) as sigma -> 0, h = mu_y + sigma N(0, I).

    Half the square of the smallest distance from a class mean to its decision boundary, and 0 where a mean is
    itself decided wrongly (Papyan et al. 2020, section on robustness). At most K/(4(K-1)) for means of norm at
    most 1, attained by the simplex ETF with the nearest-mean rule.

    class_means [K, d] in the order of the labels, weight [K, d], bias [K] or None -> float64 scalar, in the unit
    of squared features. Differentiable. Raises ValueError for arguments that do not fit.

    >>> metrics.error_exponent(metrics.simplex_etf(3, 2), weight)  # K / (4 (K - 1))
    tensor(0.3750, dtype=torch.float64)
    """
    _validate.require_tensors(class_means=class_means, weight=weight)
    if weight.ndim != 2 or 0 in weight.shape:
        raise ValueError(f"weight: expected shape [K, d] with K, d >= 1, got {list(weight.shape)}")
    _validate.require_means(class_means, weight.shape[1])
    if len(class_means) != len(weight):
        raise ValueError(f"weight: expected a row for each of {len(class_means)} means, got {list(weight.shape)}")
    labels = torch.arange(len(class_means), device=class_means.device)
    return normalized_margins(class_means, labels, weight, bias).amin().clamp(min=0).square() / 2


def _margins(scores: Tensor, labels: Tensor) -> Tensor:
    best, where = scores.topk(2, dim=1)  # [N, 2], where masking the true class would copy [N, K]
    other = torch.where(where[:, 0] == labels, best[:, 1], best[:, 0])
    return scores.gather(1, labels[:, None]).squeeze(1).double() - other.double()


def _centered(weight: Tensor) -> Tensor:
    """Rows minus their mean, in float64: a common row shifts all logits alike and costs digits."""
    return weight.double() - weight.double().mean(0)


def _blocks(features: Tensor, labels: Tensor, num_classes: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Blocks of features [B, d] in float64 and labels [B, 1], such that [B, d] and [B, K] are both small."""
    size = max(1, _classes._BLOCK_ELEMENTS // max(num_classes, features.shape[1]))
    for points, own in zip(features.split(size), labels.split(size), strict=True):
        yield points.double(), own.long()[:, None]


def _require_classified(features: Tensor, labels: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    num_classes = _validate.require_weight(weight, features, least=2)
    _validate.require_labels(labels, features, num_classes)
    _validate.require_finite("features", features)
    _validate.require_head(weight, bias, num_classes, features.shape[1])
