"""What a trained network is judged by: losses, and measures that a regularizer pushes up or down.

All are functions of `Outputs` and return a differentiable scalar. None reads a value back from the device, so that
they run under `torch.func.vmap`, one member of an ensemble a row; `RateReduction` alone does not.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook import metrics
from ncbook.trainers._validate import require


class Outputs(NamedTuple):
    """What a network gives for a batch.

    features [N, d]; logits [N, K]; labels [N] int64; weight [K, d] of the head; mask [N] float, 1 for a point and 0
    for padding, which must be finite and have labels below K, or None where there is no padding.
    """

    features: Tensor
    logits: Tensor
    labels: Tensor
    weight: Tensor
    mask: Tensor | None = None

    def mean(self, values: Tensor) -> Tensor:
        """Mean over the points of values [N]."""
        if self.mask is None:
            return values.mean()
        mask = self.mask.to(values.dtype)
        return (values * mask).sum() / mask.sum()


Term = Callable[[Outputs], Tensor]


@dataclass(frozen=True)
class CrossEntropy:
    """Cross-entropy in nats, with label smoothing a: the target is (1-a) one-hot + a/K.

    float64=True takes the softmax in float64, whatever the dtype of the network. In float32 the loss of a confident
    point is a multiple of 6e-8 or 0 and its gradient is noise, which sends Adam off on slingshots.
    """

    smoothing: float = 0.0
    float64: bool = False

    def __post_init__(self) -> None:
        require(0 <= self.smoothing < 1, "smoothing", "must lie in [0, 1)", self.smoothing)

    def __call__(self, outputs: Outputs) -> Tensor:
        logits = outputs.logits.double() if self.float64 else _precise(outputs.logits)
        losses = F.cross_entropy(logits, outputs.labels, reduction="none", label_smoothing=self.smoothing)
        return outputs.mean(losses)


@dataclass(frozen=True)
class Focal:
    """Focal loss -(1 - p_y)^gamma log p_y (Lin et al. 2017); gamma = 0 is cross-entropy."""

    gamma: float = 3.0

    def __post_init__(self) -> None:
        require(0 <= self.gamma < float("inf"), "gamma", "must be finite and not negative", self.gamma)

    def __call__(self, outputs: Outputs) -> Tensor:
        losses = F.cross_entropy(_precise(outputs.logits), outputs.labels, reduction="none")
        # the power's gradient at 0 is infinite for gamma < 1: a point of loss 0 takes it from a constant
        return outputs.mean(torch.where(losses > 0, -torch.expm1(-losses), 0.0) ** self.gamma * losses)


@dataclass(frozen=True)
class SquaredError:
    """Squared error against the one-hot labels, summed over classes, mean over points.

    With the rescaling of Hui and Belkin (2021): on_target (z_y - height)^2 + sum_{j != y} z_j^2. torch's mse_loss is
    1/K of this, without the rescaling.
    """

    on_target: float = 1.0
    height: float = 1.0

    def __post_init__(self) -> None:
        require(0 < self.on_target < float("inf"), "on_target", "must be positive and finite", self.on_target)
        require(0 < self.height < float("inf"), "height", "must be positive and finite", self.height)

    def __call__(self, outputs: Outputs) -> Tensor:
        logits, chosen = _precise(outputs.logits), _one_hot(outputs)
        on, off = (logits - self.height).square() * self.on_target, logits.square()
        return outputs.mean(torch.where(chosen, on, off).sum(1))


@dataclass(frozen=True)
class SupervisedContrastive:
    """Supervised contrastive loss of the features (Khosla et al. 2020, the form with the sum outside the log).

    Features h are scaled to length 1. A point's loss is -mean over the others p of its class of
    log(exp(h.h_p / t) / sum over all others a of exp(h.h_a / t)), in nats; points alone in their class are left out.
    With no point left the loss is 0. The head takes no part and is not trained. Needs N x N memory.
    """

    temperature: float = 0.1

    def __post_init__(self) -> None:
        require(0 < self.temperature < float("inf"), "temperature", "must be positive and finite", self.temperature)

    def __call__(self, outputs: Outputs) -> Tensor:
        points = _directions(outputs.features)
        others = ~torch.eye(len(points), dtype=torch.bool, device=points.device)
        if outputs.mask is not None:
            others = others & (outputs.mask > 0) & (outputs.mask > 0)[:, None]
        alike = others & (outputs.labels == outputs.labels[:, None])
        scores = points @ points.T / self.temperature
        log_share = scores - torch.where(others, scores, -torch.inf).logsumexp(1, keepdim=True)
        per_point = -torch.where(alike, log_share, 0.0).sum(1) / alike.sum(1).clamp(min=1)
        return per_point.sum() / alike.any(1).sum().clamp(min=1)


@dataclass(frozen=True)
class RateReduction:
    """Minus the rate reduction of the features scaled to length 1, in nats: MCR^2 (Yu et al. 2020).

    eps_sq is the squared distortion. The head takes no part and is not trained: classify by nearest subspace. A
    float64 scalar. Raises ValueError for a batch of fewer than two classes and for a mask: not for ensembles.
    """

    eps_sq: float = 0.5

    def __post_init__(self) -> None:
        require(0 < self.eps_sq < float("inf"), "eps_sq", "must be positive and finite", self.eps_sq)

    def __call__(self, outputs: Outputs) -> Tensor:
        require(outputs.mask is None, "mask", "rate reduction takes no padding; must be None", outputs.mask)
        return -metrics.rate_reduction(_directions(outputs.features), outputs.labels, self.eps_sq)


@dataclass(frozen=True)
class Flooded:
    """|loss - level| + level (Ishida et al. 2020): holds the training loss near `level` and not below."""

    loss: Term
    level: float

    def __post_init__(self) -> None:
        require(0 < self.level < float("inf"), "level", "must be positive and finite", self.level)

    def __call__(self, outputs: Outputs) -> Tensor:
        return (self.loss(outputs) - self.level).abs() + self.level


def variance_ratio(outputs: Outputs) -> Tensor:
    """`metrics.variance_ratio` of the batch; small where the classes have collapsed.

    0, with gradient 0, where the metric has no finite value: one class alone, or all class means equal to rounding.
    """
    means, present, within = _class_means(outputs)
    centred = (means - means.sum(0) / present.sum()) * present[:, None]
    spread, between = outputs.mean(within), centred.square().sum()
    apart = between > _rounding(means, spread)
    return torch.where(apart, spread * present.sum() / torch.where(apart, between, 1.0), 0.0)


def cdnv(outputs: Outputs) -> Tensor:
    """`metrics.cdnv` of the batch, the measure NCC of Han et al. (2025) as their code computes it.

    The mean leaves out pairs of classes whose means are equal to rounding, for which the metric is infinite; with no
    pair left it is 0, with gradient 0: a batch may hold one class alone.
    """
    means, present, within = _class_means(outputs)
    chosen = _members(outputs, within.dtype)
    variances = within @ chosen / chosen.sum(0).clamp(min=1)
    distances = _squared_distances(means)
    pairs = (distances > _rounding(means, outputs.mean(within))) & (present[:, None] * present > 0)
    ratios = (variances[:, None] + variances) / (2 * torch.where(pairs, distances, 1.0))
    return torch.where(pairs, ratios, 0.0).sum() / pairs.sum().clamp(min=1)


def relative_flatness(outputs: Outputs) -> Tensor:
    """`metrics.relative_flatness` of the batch."""
    spread = _over_pairs(_precise(outputs.logits), _squared_distances(_precise(outputs.weight)) / 2)
    return outputs.mean(spread * _precise(outputs.features).square().sum(1))


@dataclass(frozen=True)
class FlatnessBound:
    """`metrics.relative_flatness_bound` of the batch, ||W||_F^2 (1 - ||p||^2) ||phi||^2.

    unit_features=True leaves ||phi||^2 out; with temperature=2, that is the regularizer of Han et al. (2025).
    """

    temperature: float = 1.0
    unit_features: bool = False

    def __post_init__(self) -> None:
        require(0 < self.temperature < float("inf"), "temperature", "must be positive and finite", self.temperature)

    def __call__(self, outputs: Outputs) -> Tensor:
        values = _uncertainties(_precise(outputs.logits) / self.temperature)
        if not self.unit_features:
            values = values * _precise(outputs.features).square().sum(1)
        return outputs.mean(values) * _precise(outputs.weight).square().sum()


def uncertainty(outputs: Outputs) -> Tensor:
    """Mean 1 - ||p||^2, between 0 and 1 - 1/K: pushed up, a confidence penalty."""
    return outputs.mean(_uncertainties(_precise(outputs.logits)))


def squared_norms(outputs: Outputs) -> Tensor:
    """||W||_F^2 mean ||phi||^2: the factors of the flatness bound without its uncertainty."""
    return _precise(outputs.weight).square().sum() * feature_norm(outputs)


def feature_norm(outputs: Outputs) -> Tensor:
    """Mean ||phi||^2."""
    return outputs.mean(_precise(outputs.features).square().sum(1))


@dataclass(frozen=True)
class Floor:
    """x -> relu(log level - log x): pushes x up to `level`, and no further. At x = 0 it is finite and does not push."""

    level: float

    def __post_init__(self) -> None:
        require(0 < self.level < float("inf"), "level", "must be positive and finite", self.level)

    def __call__(self, value: Tensor) -> Tensor:
        return F.relu(math.log(self.level) - value.clamp(min=torch.finfo(value.dtype).tiny).log())


@dataclass(frozen=True)
class Regularizer:
    """coefficient * shape(measure(outputs)), added to the loss in steps start, ..., stop - 1 (counted from 0).

    A positive coefficient pushes the measure down, a negative one up. `shape` keeps the push bounded: torch.log1p,
    or `Floor(level)`, which pushes up with a positive coefficient. stop=None: until the end.
    """

    measure: Term
    coefficient: float
    shape: Callable[[Tensor], Tensor] | None = None
    start: int = 0
    stop: int | None = None

    def __post_init__(self) -> None:
        require(abs(self.coefficient) < float("inf"), "coefficient", "must be finite", self.coefficient)
        require(self.start >= 0, "start", "must not be negative", self.start)
        require(self.stop is None or self.stop > self.start, "stop", f"must come after start={self.start}", self.stop)

    def active(self, step: int) -> bool:
        """Whether the term is in the loss of step 0, 1, ..."""
        return self.start <= step and (self.stop is None or step < self.stop)

    def __call__(self, outputs: Outputs) -> Tensor:
        """shape(measure(outputs)), without the coefficient."""
        value = self.measure(outputs)
        return value if self.shape is None else self.shape(value)


def _precise(values: Tensor) -> Tensor:
    """float16 and bfloat16 to float32."""
    return values.float() if values.dtype in (torch.float16, torch.bfloat16) else values


def _directions(features: Tensor) -> Tensor:
    """Rows scaled to length 1. A zero row stays, with a finite gradient, where F.normalize gives 1e12."""
    features = _precise(features)
    norms = torch.linalg.vector_norm(features, dim=1, keepdim=True)
    return features / torch.where(norms > 0, norms, 1.0)


def _squared_distances(rows: Tensor) -> Tensor:
    """||a - b||^2 of all pairs [K, K]: subtracts before it squares, and holds no K x K x d numbers.

    Has a gradient, but no second derivative.
    """
    return torch.cdist(rows, rows, compute_mode="donot_use_mm_for_euclid_dist").square()


def _one_hot(outputs: Outputs) -> Tensor:
    """[N, K] bool"""
    return outputs.labels[:, None] == torch.arange(outputs.logits.shape[1], device=outputs.labels.device)


def _members(outputs: Outputs, dtype: torch.dtype) -> Tensor:
    """[N, K]: 1 where a point is in a class, 0 elsewhere and for padding."""
    chosen = _one_hot(outputs).to(dtype)
    return chosen if outputs.mask is None else chosen * outputs.mask[:, None].to(dtype)


def _uncertainties(logits: Tensor) -> Tensor:
    """1 - ||p||^2 [N]"""
    classes = logits.shape[1]
    return _over_pairs(logits, 1 - torch.eye(classes, dtype=logits.dtype, device=logits.device))


def _over_pairs(logits: Tensor, matrix: Tensor) -> Tensor:
    """p^T matrix p [N] for a matrix [K, K] that is 0 on the diagonal: no 1 - p, which would round off."""
    shares = logits.softmax(1)
    return (shares @ matrix.to(shares) * shares).sum(1)


def _class_means(outputs: Outputs) -> tuple[Tensor, Tensor, Tensor]:
    """Class means [K, d], 1 for classes that occur [K], and each point's squared distance to its mean [N].

    Each mean is first taken as a constant, which a second mean, of the residuals, puts right: an offset of the features
    or distant classes then cost no digits. The means returned are measured from a point amid them, absent ones 0.
    """
    features = _precise(outputs.features)
    chosen = _members(outputs, features.dtype)
    counts = chosen.sum(0)
    present, shares = (counts > 0).to(features), (chosen / counts.clamp(min=1)).T
    rounded = shares @ features.detach()
    residuals = features - rounded[outputs.labels]
    corrections = shares @ residuals
    means = (rounded - rounded.sum(0) / present.sum() + corrections) * present[:, None]
    return means, present, (residuals - chosen @ corrections).square().sum(1)


def _rounding(means: Tensor, variance: Tensor) -> Tensor:
    """The squared distance that rounding may leave between equal class means, of points of that variance."""
    return (8 * torch.finfo(means.dtype).eps) ** 2 * (means.square().sum() + variance).detach()
