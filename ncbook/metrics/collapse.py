"""NC1 to NC4 of Papyan, Han and Donoho (2020) in one call."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ncbook.metrics import _classes, _validate

# Directions in which class means differ by less than this share of the largest difference (as a ratio of
# eigenvalues of Sigma_B) are rounding noise: inverting them would put noise of size 1/eps into NC1.
_RANK_CUT = 1e-10


@dataclass(frozen=True)
class Collapse:
    """The four properties of neural collapse, each tending to 0 as a network collapses.

    nc1                 tr(Sigma_W Sigma_B^+) / K; Sigma_W over all points, Sigma_B over unweighted class means
    nc2_norms           std / mean over classes of ||mu_c - mu_G|| (population std)
    nc2_angles          mean over pairs of |cos + 1/(K-1)| between centred class means
    nc2_equiangularity  std over pairs of that cosine: equal angles, whatever their size
    nc2_norms_head      nc2_norms of the rows of the classifier, not centred
    nc2_angles_head     nc2_angles of those rows
    nc3                 || W/||W||_F - M/||M||_F ||_F^2, M the centred class means
    nc4                 share of points whose nearest class mean is not the network's decision
    num_classes_present number of classes K that occur; K above means this number
    """

    nc1: float
    nc2_norms: float
    nc2_angles: float
    nc2_equiangularity: float
    nc2_norms_head: float
    nc2_angles_head: float
    nc3: float
    nc4: float
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

    A class that does not occur is left out of NC1 to NC3 and of the means that NC4 compares; its row of
    `weight` still takes part in the network's decision. Where a definition reads 0/0 (a classifier of zeros,
    a class mean on top of the global mean) the value is nan; nc1 is inf when class means coincide and
    features do not. Not differentiable. Raises ValueError, naming the argument and the value, for labels out
    of range, a non-finite entry, shapes that do not fit, or fewer than two classes.
    """
    if weight.ndim != 2:
        raise ValueError(f"weight: expected shape [K, d], got {list(weight.shape)}")
    classes, num_classes = _classes.group(features, labels, len(weight) if num_classes is None else num_classes)
    _validate.require_head(weight, bias, num_classes, features.shape[1])
    centred = classes.means - classes.means.mean(0)
    rows = weight.double()[classes.present]
    nc1, nc4 = _variability_and_mismatch(classes, centred, weight, bias)
    return Collapse(
        nc1,
        _spread_of_norms(centred),
        *_angles(centred),
        _spread_of_norms(rows),
        _angles(rows)[0],
        (rows / rows.norm() - centred / centred.norm()).square().sum().item(),
        nc4,
        len(classes.present),
    )


@torch.no_grad()
def nearest_mean_mismatch(features: Tensor, class_means: Tensor, weight: Tensor, bias: Tensor | None = None) -> float:
    """NC4 against given class means: share of points whose nearest mean is not the network's decision.

    features [N, d], class_means [K, d] in the order of the labels, weight [K, d], bias [K] or None. With
    means of the training set and features of the test set this is the curve of Papyan et al. (2020). Raises
    ValueError, naming the argument and the value, for a non-finite entry or shapes that do not fit.
    """
    _validate.require_features(features)
    _validate.require_finite("features", features)
    _validate.require_means(class_means, features.shape[1])
    _validate.require_head(weight, bias, len(class_means), features.shape[1])
    working = torch.float64 if features.dtype == torch.float64 else torch.float32
    centre = class_means.double().mean(0).to(working)
    head, offsets = _decision_rules(class_means, weight, bias, centre[None])
    scores = (features.to(working) - centre) @ head.to(working).T + offsets[0].to(working)
    return _disagreement(scores, len(weight), torch.arange(len(weight), device=features.device)) / len(features)


def _variability_and_mismatch(
    classes: _classes.Classes, centred: Tensor, weight: Tensor, bias: Tensor | None
) -> tuple[float, float]:
    """NC1 and NC4 in one pass over the residuals, with one matrix product a block."""
    # a difference between means below float64's rounding of the means themselves is no difference
    noise = (8 * torch.finfo(torch.float64).eps * classes.means.norm()).square()
    directions, eigenvalues = _between_class_axes(centred, noise)
    head, offsets = _decision_rules(classes.means, weight, bias, classes.rounded)
    columns = torch.cat([directions, head]).to(classes.rounded.dtype).T  # [d, r + K + K']
    offsets = offsets.to(columns.dtype)
    rank, decisions = len(directions), len(weight)
    variances = -(classes.counts[:, None] * (classes.rounding @ directions.T).square()).sum(0)
    spread, mismatches = 0.0, 0
    for index, residuals in classes.residuals():
        product = residuals @ columns
        variances += product[:, :rank].double().square().sum(0)
        mismatches += _disagreement(product[:, rank:] + offsets[index], decisions, classes.present)
        if rank == 0:
            spread += residuals.double().square().sum().item()
    points = len(classes.index)
    if rank == 0:  # all class means coincide
        return (float("inf") if spread > 0 else float("nan")), mismatches / points
    nc1 = (variances.clamp(min=0) / points / eigenvalues).sum().item() / len(centred)
    return nc1, mismatches / points


def _between_class_axes(centred: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvectors [r, d] and eigenvalues [r] above rounding of Sigma_B = M^T M / K, from the K x K Gram matrix."""
    values, vectors = torch.linalg.eigh(centred @ centred.T)  # ascending
    values, vectors = values[1:], vectors[:, 1:]  # centring leaves rank K-1 at most
    kept = (values > _RANK_CUT * values[-1]) & (values > noise)
    values, vectors = values[kept], vectors[:, kept]
    return (vectors.T @ centred) / values.sqrt()[:, None], values / len(centred)


def _decision_rules(means: Tensor, weight: Tensor, bias: Tensor | None, origins: Tensor) -> tuple[Tensor, Tensor]:
    """The network's rule and the nearest-mean rule as linear functions of a feature minus its origin.

    Returns head [K + K', d] and offsets [len(origins), K + K'], both float64, such that for h = o + r
    the first K entries of `head @ r + offsets[o]` order classes as the logits do, and the rest as minus the
    squared distances to the means do. Constants common to a rule's entries are taken out in float64, and the
    second rule is divided by the size of the means, so that float32 can hold its products at any scale.
    """
    centre = means.double().mean(0)
    means, origins, weight = means.double() - centre, origins.double() - centre, weight.double()
    network = origins @ weight.T + weight @ centre
    if bias is not None:
        network = network + bias.double()
    size = means.norm().clamp(min=torch.finfo(torch.float64).tiny)
    nearest = (origins @ means.T - means.square().sum(1) / 2) / size
    offsets = [rule - rule.max(dim=1, keepdim=True).values for rule in (network, nearest)]
    return torch.cat([weight, means / size]), torch.cat(offsets, dim=1)


def _disagreement(scores: Tensor, decisions: int, labels_of_means: Tensor) -> int:
    """Number of rows where the best of the first `decisions` scores and the best of the rest name different classes."""
    nearest = labels_of_means[scores[:, decisions:].argmax(1)]
    return int((scores[:, :decisions].argmax(1) != nearest).sum())


def _spread_of_norms(vectors: Tensor) -> float:
    norms = vectors.norm(dim=1)
    return (norms.std(correction=0) / norms.mean()).item()


def _angles(vectors: Tensor) -> tuple[float, float]:
    """(mean |cos + 1/(K-1)|, std of cos) over ordered pairs of distinct rows."""
    size = len(vectors)
    unit = vectors / vectors.norm(dim=1, keepdim=True)
    cosines = (unit @ unit.T)[~torch.eye(size, dtype=torch.bool, device=vectors.device)]
    return (cosines + 1 / (size - 1)).abs().mean().item(), cosines.std(correction=0).item()
