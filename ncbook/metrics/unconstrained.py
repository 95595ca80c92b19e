"""Closed-form minimizers of unconstrained-features models: the features are free variables, as the weights are.

All three losses depend on weight [K, d] and features [N, d] through the logits Z = W H^T and, for given Z, through
min (||W||_F^2 + ||H||_F^2) / 2 = ||Z||_*, so that each reduces to a convex problem in Z. Its symmetry under
permutations of the classes makes Z a multiple of C (x) 1_n^T, C = I - 11^T/K, or of I (x) 1_n^T without a bias; what
is left is one number. N = nK points, n a class; lambda_W and lambda_H are the weights of ||W||_F^2 / 2 and
||H||_F^2 / 2. Rotations of the d dimensions give all other minimizers.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ncbook import _checks
from ncbook.metrics import _validate
from ncbook.metrics.frames import orthogonal_frame
from ncbook.metrics.geometry import simplex_etf


@dataclass(frozen=True)
class UnconstrainedMinimum:
    """A global minimizer and its value.

    Attributes:
        loss: the smallest value of the objective
        logit_gap: true logit minus any other, the same for every point; its unit is that of the logits
        singular_value: of the logits Z = W H^T: logit_gap * sqrt(n), for each of the K-1 (no bias: K) that are not zero
        collapses: False if the weight decays are so large that W and H vanish
        norm_ratio: ||w_k||^2 / ||h_i||^2 (nan if they vanish)
        weight ([K, d] float64): W of the minimizer
        features ([N, d] float64): H of the minimizer
        labels ([N]): n points of class 0, then of class 1, ...
        bias ([K] float64): b of the minimizer

    >>> minimum = metrics.unconstrained_cross_entropy(3, dim=2, per_class=10, weight_decay=5e-3, feature_decay=5e-4)
    >>> minimum.weight.shape, minimum.features.shape
    (torch.Size([3, 2]), torch.Size([30, 2]))
    """

    loss: float
    logit_gap: float
    singular_value: float
    collapses: bool
    norm_ratio: float
    weight: Tensor
    features: Tensor
    labels: Tensor
    bias: Tensor

    @property
    def normalized_margin(self) -> float:
        """Margin over (||W||_F^2 + ||H||_F^2) / 2: nan if W and H vanish."""
        size = (self.weight.square().sum() + self.features.square().sum()).item() / 2
        return self.logit_gap / size if size else math.nan


def unconstrained_cross_entropy(
    num_classes: int, dim: int, per_class: int, weight_decay: float, feature_decay: float
) -> UnconstrainedMinimum:
    """Minimum of (1/N) sum_i CE(W h_i + b, y_i) + lambda_W/2 ||W||^2 + lambda_H/2 ||H||^2 (Zhu et al. 2021).

    With r = sqrt(n lambda_W lambda_H) the gap is a = log(1/r - K + 1) and the loss
    log(1 + (K-1) e^-a) + r (K-1) a, if K r < 1; else W, H and a vanish and the loss is log K. The bias is free;
    b = 0 is optimal whatever its decay. Weight and class-mean features are simplex ETFs, ||w_k||^2 / ||h_i||^2 =
    n lambda_H / lambda_W. Natural logarithms (nats). `weight_decay` is lambda_W, `feature_decay` lambda_H.

    Holds for d >= K-1 (the paper's landscape result asks for d >= K). Raises ValueError, naming the argument, for
    K < 2, d < K-1, n < 1, or a decay that is not positive and finite.

    >>> minimum = metrics.unconstrained_cross_entropy(3, dim=2, per_class=10, weight_decay=5e-3, feature_decay=5e-4)
    >>> round(minimum.logit_gap, 3), round(minimum.loss, 4)
    (5.288, 0.0629)
    """
    _require(num_classes, dim, 1, per_class, weight_decay, feature_decay)
    threshold = math.sqrt(per_class * weight_decay * feature_decay)
    collapses = num_classes * threshold < 1
    gap = math.log1p(1 / threshold - num_classes) if collapses else 0.0
    others = num_classes - 1
    loss = math.log1p(others * math.exp(-gap)) + threshold * others * gap
    frame = _centered_frame(num_classes, dim)
    return _minimum(loss, gap, frame, per_class, weight_decay, feature_decay, bias=0.0)


def unconstrained_square_loss(
    num_classes: int, dim: int, per_class: int, weight_decay: float, feature_decay: float, bias: bool = True
) -> UnconstrainedMinimum:
    """Minimum of (1/2N) ||W H^T + b 1^T - Y||^2 + lambda_W/2 ||W||^2 + lambda_H/2 ||H||^2 (Zhou et al. 2022).

    Y [K, N] is one-hot. Each singular value of the centered Y (K-1 of sqrt(n)) is soft-thresholded to
    s = sqrt(n) (1 - K r)_+ with r = sqrt(n lambda_W lambda_H): collapse if K r < 1. The loss is
    (K-1) ((sqrt(n) - s)^2 / (2N) + s r / sqrt(n)). With a bias, which has no decay here, b = 1/K and the geometry is
    the simplex ETF. With `bias=False` Y itself is thresholded, K takes the place of K-1, and the geometry is the
    orthogonal frame. (A decay of the bias interpolates between the two and is not covered.) Targets are 0 and 1, not
    rescaled.

    Needs d >= K-1, without a bias d >= K. Raises ValueError as `unconstrained_cross_entropy` does.

    >>> minimum = metrics.unconstrained_square_loss(3, dim=2, per_class=10, weight_decay=5e-3, feature_decay=5e-4)
    >>> round(minimum.logit_gap, 3), minimum.bias
    (0.985, tensor([0.3333, 0.3333, 0.3333], dtype=torch.float64))
    """
    _checks.require_flag("bias", bias)
    _require(num_classes, dim, 1 if bias else 0, per_class, weight_decay, feature_decay)
    rank = num_classes - 1 if bias else num_classes
    threshold = math.sqrt(per_class * weight_decay * feature_decay)
    gap = max(0.0, 1 - num_classes * threshold)  # singular value / sqrt(n)
    loss = rank * ((1 - gap) ** 2 / (2 * num_classes) + gap * threshold)
    frame = _centered_frame(num_classes, dim) if bias else orthogonal_frame(num_classes, dim)
    return _minimum(loss, gap, frame, per_class, weight_decay, feature_decay, bias=1 / num_classes if bias else 0.0)


def unconstrained_max_margin(num_classes: int, dim: int, per_class: int) -> UnconstrainedMinimum:
    """Minimum of (||W||^2 + ||H||^2) / 2 under (w_k - w_j) . h_i >= 1 for i in class k, j != k (Ji et al. 2022).

    Where gradient flow on the unregularized cross-entropy goes in direction. The value, in `loss`, is (K-1) sqrt(n),
    so the normalized margin q / ((||W||^2 + ||H||^2) / 2), to which any training run can be compared, is at most
    1 / ((K-1) sqrt(n)). Needs d >= K-1. Raises ValueError for K < 2, d < K-1 or n < 1.

    >>> metrics.unconstrained_max_margin(3, dim=2, per_class=4).normalized_margin
    0.25
    """
    _require(num_classes, dim, 1, per_class, 1.0, 1.0)
    value = (num_classes - 1) * math.sqrt(per_class)
    return _minimum(value, 1.0, _centered_frame(num_classes, dim), per_class, 1.0, 1.0, bias=0.0)


def _centered_frame(num_classes: int, dim: int) -> Tensor:
    """[K, d] with Gram matrix C = I - 11^T/K."""
    return simplex_etf(num_classes, dim) * ((num_classes - 1) / num_classes) ** 0.5


def _minimum(
    loss: float, gap: float, frame: Tensor, per_class: int, weight_decay: float, feature_decay: float, bias: float
) -> UnconstrainedMinimum:
    """Split Z = gap * (frame frame^T) (x) 1_n^T into W and H of least norm."""
    num_classes = len(frame)
    singular_value = gap * math.sqrt(per_class)
    balance = math.sqrt(feature_decay / weight_decay)
    labels = torch.arange(num_classes).repeat_interleave(per_class)
    return UnconstrainedMinimum(
        loss,
        gap,
        singular_value,
        gap > 0,
        per_class * feature_decay / weight_decay if gap > 0 else math.nan,
        math.sqrt(singular_value * balance) * frame,
        math.sqrt(singular_value / balance / per_class) * frame[labels],
        labels,
        torch.full((num_classes,), bias, dtype=torch.float64),
    )


def _require(
    num_classes: int, dim: int, centered: int, per_class: int, weight_decay: float, feature_decay: float
) -> None:
    """`centered` is 1 where the minimizer has rank K - 1, and 0 where it has rank K."""
    _validate.require_sizes(num_classes, dim)
    rank = num_classes - centered
    if dim < rank:
        raise ValueError(f"dim: the minimizer of {num_classes} classes has rank {rank}, so d >= {rank}, got {dim}")
    _checks.require_integer("per_class", per_class, 1)
    _checks.require_positive("weight_decay", weight_decay, tensor=True)
    _checks.require_positive("feature_decay", feature_decay, tensor=True)
