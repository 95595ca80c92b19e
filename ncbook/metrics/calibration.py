"""Whether a network is as often right as it says: the error of its confidence, and the temperature that mends it."""

import math

import torch
from torch import Tensor

from ncbook import _checks
from ncbook.metrics import _validate

_HALVINGS = 100
_WIDEST = 1e6  # 1/T is looked for between this and its inverse, in units of one over the spread of the logits


@torch.no_grad()
def calibration_error(logits: Tensor, labels: Tensor, bins: int = 15) -> float:
    """sum_b n_b / N |accuracy_b - confidence_b|: the expected calibration error, ECE (Guo et al. 2017).

    The confidence of a point is its largest softmax probability p; bin b holds the n_b points with p in
    ((b-1)/bins, b/bins]. accuracy_b is the share of them that is decided rightly, confidence_b the mean of p. With few
    points a calibrated network has a positive ECE too: compare with labels that are drawn from the softmax.

    logits [N, K] with K >= 2, any float dtype, labels [N] in 0..K-1 -> float in [0, 1]; the argmax decides, and a tie
    goes to the lower class. Raises ValueError, naming the argument and the value, for labels out of range, a non-finite
    logit, bins < 1 or shapes that do not fit.

    >>> logits = torch.tensor([[0.8, 0.2], [0.8, 0.2], [0.8, 0.2], [0.2, 0.8]]).log()
    >>> round(metrics.calibration_error(logits, torch.tensor([0, 0, 1, 1])), 4)
    0.05
    """
    _require(logits, labels)
    _checks.require_integer("bins", bins, 1)
    confidence, decided = logits.double().softmax(1).max(1)
    place = (confidence * bins).ceil().long().clamp(1, bins) - 1
    gaps = (decided == labels).double() - confidence
    return gaps.new_zeros(bins).index_add(0, place, gaps).abs().sum().item() / len(labels)


@torch.no_grad()
def best_temperature(logits: Tensor, labels: Tensor) -> float:
    """The T > 0 at which softmax(z / T) has the least cross-entropy: temperature scaling (Guo et al. 2017).

    Above 1 for a network that is too sure on these points, below 1 for one that is not sure enough. Dividing the logits
    changes no decision. The cross-entropy is convex in 1/T, and its slope there, the mean of sum_k p_k z_k - z_y, is
    brought to 0 by halving an interval.

    logits [N, K] with K >= 2, any float dtype, labels [N] in 0..K-1 -> float. 0 where every decision is right, so that
    more confidence is always better; inf where equal probabilities are best. Raises ValueError, naming the argument and
    the value, for labels out of range, a non-finite logit or shapes that do not fit.

    >>> logits = 3 * torch.tensor([[0.75, 0.25], [0.75, 0.25], [0.75, 0.25], [0.75, 0.25]]).log()
    >>> round(metrics.best_temperature(logits, torch.tensor([0, 0, 0, 1])), 4)
    3.0
    """
    _require(logits, labels)
    scores = logits.double() - logits.double().mean(1, keepdim=True)
    spread = scores.abs().max().item()
    if spread == 0 or _slope(scores, labels, 0.0) >= 0:
        return math.inf
    low, high = -math.log(_WIDEST), math.log(_WIDEST)
    if _slope(scores, labels, math.exp(high) / spread) <= 0:
        return 0.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _slope(scores, labels, math.exp(middle) / spread) < 0 else (low, middle)
    return spread / math.exp((low + high) / 2)


def _slope(scores: Tensor, labels: Tensor, inverse: float) -> float:
    """Of the mean cross-entropy in 1/T."""
    expected = ((inverse * scores).softmax(1) * scores).sum(1)
    return (expected - scores.gather(1, labels.long()[:, None]).squeeze(1)).mean().item()


def _require(logits: Tensor, labels: Tensor) -> None:
    _validate.require_tensors(logits=logits)
    _validate.require_floating("logits", logits)
    if logits.ndim != 2 or len(logits) == 0 or logits.shape[1] < 2:
        raise ValueError(f"logits: expected shape [N, K] with N >= 1 and K >= 2, got {list(logits.shape)}")
    _validate.require_labels(labels, logits, logits.shape[1], ("labels", "logits"))
    _validate.require_finite("logits", logits)
