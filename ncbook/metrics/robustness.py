"""How the loss of a head answers to noise in its features, and how far new features are from those it was trained on.

These are the two halves of the argument by which Petzka et al. (2021) lead a generalization gap back to flatness:
feature robustness, whose leading term is `relative_flatness`, and representativeness, of which it knows nothing.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook import _checks
from ncbook.metrics import _validate

# 8 MiB in float64: the logits of one block of points under all directions of a frame
_BLOCK_ELEMENTS = 2**20


@dataclass(frozen=True)
class FeatureRobustness:
    """The mean rise of a loss, its standard error over random frames (nan for one frame), and how many were drawn.

    >>> metrics.feature_robustness(features, labels, weight, size=0.1, frames=4).frames
    4
    """

    rise: float
    standard_error: float
    frames: int


def _cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    return F.cross_entropy(logits, labels, reduction="none")  # [N]


@torch.no_grad()
def feature_robustness(
    features: Tensor,
    labels: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    *,
    size: float,
    frames: int = 4,
    seed: int = 0,
    loss: Callable[[Tensor, Tensor], Tensor] = _cross_entropy,
) -> FeatureRobustness:
    """Mean rise of the loss of a linear head when each phi becomes phi + size ||phi|| u, over random directions u.

    After the feature robustness of Petzka et al. (2021). The mean is over points and over u, uniform on the unit
    sphere; size ||phi|| u is size A phi for a random rotation A. Since E u = 0 and E u u^T = I / d, its second-order
    term for the cross-entropy is
        size^2 / (2 d) E ||phi||^2 tr(W^T (diag p - p p^T) W) = size^2 / (2 d) relative_flatness(phi, W, b),
    the third order vanishes with the sign of u, and the next is of order size^4. Never below 0 for the cross-entropy,
    which is convex in the logits.

    Drawn are frames: the d rows of a random rotation and their negatives. Each is uniform by itself, linear terms
    cancel, and a quadratic loss, whose second-order term is its all, comes out exact with a single frame.

    features [N, d], labels [N], weight [K, d] with K >= 2, bias [K] or None, any float dtype; size > 0 relative to the
    length of each feature; `loss` takes logits [M, K] and labels [M] to [M] losses. Result in float64, in units of the
    loss, the same for the same seed. Not differentiable. 2 N d K values of a loss a frame. Raises ValueError, naming
    the argument and the value, for shapes that do not fit, a non-finite entry, a label outside 0..K-1, a size that is
    not positive, or frames below 1.

    >>> robustness = metrics.feature_robustness(features, labels, weight, size=0.1)
    >>> second_order = 0.1**2 / (2 * 2) * metrics.relative_flatness(features, weight)
    >>> round(robustness.rise / second_order.item(), 2)
    1.0
    """
    num_classes = _validate.require_weight(weight, features, least=2)
    _validate.require_finite("features", features)
    _validate.require_head(weight, bias, num_classes, features.shape[1])
    _validate.require_labels(labels, features, num_classes)
    _require_drawing(size, frames, seed, loss)
    points, head, labels = features.double(), weight.double(), labels.long()
    logits = points @ head.T + (0.0 if bias is None else bias.double())
    steps = size * points.norm(dim=1)
    chance = torch.Generator("cpu").manual_seed(seed)
    moves = (head @ _rotation(features.shape[1], chance).to(head) for _ in range(frames))
    before = _losses(loss, logits, labels)
    rises = torch.stack([(_over_frame(loss, logits, labels, steps, each) - before).mean() for each in moves])
    error = rises.std().item() / frames**0.5 if frames > 1 else math.nan
    return FeatureRobustness(rises.mean().item(), error, frames)


def _require_drawing(size: float, frames: int, seed: int, loss: object) -> None:
    _checks.require_positive("size", size, tensor=True)
    _checks.require_integer("frames", frames, 1)
    _checks.require_seed("seed", seed, least=0)
    _checks.require_callable("loss", loss, "of logits [M, K] and labels [M]")


def _losses(loss: Callable[[Tensor, Tensor], Tensor], logits: Tensor, labels: Tensor) -> Tensor:
    """[N]: `loss` of each point, of which it is not known what it gives."""
    values = loss(logits, labels)
    if not isinstance(values, Tensor) or values.shape != labels.shape:
        raise ValueError(f"loss: expected losses [{len(labels)}], one a point, got {_checks.described(values)}")
    return values


def _over_frame(
    loss: Callable[[Tensor, Tensor], Tensor], logits: Tensor, labels: Tensor, steps: Tensor, moves: Tensor
) -> Tensor:
    """[N]: the mean loss of each point over the 2 d directions that move its logits by plus and minus steps * moves.

    logits [N, K], labels [N], steps [N], moves [K, d].
    """
    found = []
    size = max(1, _BLOCK_ELEMENTS // moves.numel())
    for base, own, step in zip(logits.split(size), labels.split(size), steps.split(size), strict=True):
        shift = step[:, None, None] * moves.T  # [n, d, K]
        repeated = own.repeat_interleave(moves.shape[1])
        there, back = (loss((base[:, None] + sign * shift).flatten(0, 1), repeated) for sign in (1, -1))
        found.append((there + back).view(len(base), -1).mean(1) / 2)
    return torch.cat(found)


def _rotation(dim: int, chance: torch.Generator) -> Tensor:
    """[d, d]: orthogonal, each of its columns uniform on the sphere."""
    return torch.linalg.qr(torch.randn(dim, dim, generator=chance, dtype=torch.float64, device="cpu")).Q


@torch.no_grad()
def feature_reach(features: Tensor, labels: Tensor, train_features: Tensor, train_labels: Tensor) -> Tensor:  # [M]
    """How far new points are from the training features of their own class, in lengths of the latter.

    Of each new point the least ||phi - phi_i|| / ||phi_i|| over the training points i with its label: the size from
    which on noise as in `feature_robustness` can carry a training feature there. A measure of this book: it knows no
    loss, and does not change when features are rotated or scaled as a whole.

    features [M, d], labels [M], train_features [N, d], train_labels [N], any float dtype -> [M] float64; inf for a
    label that the training set lacks. Training features of length 0 reach nothing. Raises ValueError, naming the
    argument and the value, for shapes that do not fit or a non-finite entry.

    >>> metrics.feature_reach(means, torch.arange(3), features, labels)
    tensor([0.0476, 0.0479, 0.0479], dtype=torch.float64)
    """
    _validate.require_tensors(features=features, train_features=train_features)
    for name, each in (("features", features), ("train_features", train_features)):
        _validate.require_matrix(name, each)
    if features.shape[1] != train_features.shape[1]:
        raise ValueError(f"train_features: expected shape [N, {features.shape[1]}], got {list(train_features.shape)}")
    _validate.require_vector_of_labels(labels, features)
    _validate.require_vector_of_labels(train_labels, train_features, ("train_labels", "train_features"))
    seen = train_features.double()
    ratio = torch.cdist(features.double(), seen, compute_mode="donot_use_mm_for_euclid_dist") / seen.norm(dim=1)
    other = (labels[:, None] != train_labels) | (seen.norm(dim=1) == 0)
    return ratio.masked_fill(other, math.inf).amin(1)
