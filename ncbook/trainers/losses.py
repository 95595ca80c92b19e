"""Losses: functions of `Outputs` with a differentiable scalar.

None reads a value back from the device, so that they run under `torch.func.vmap`, one member of an ensemble a row;
`RateReduction` alone does not.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook import metrics
from ncbook._checks import (
    require,
    require_callable,
    require_flag,
    require_not_negative,
    require_number,
    require_positive,
)
from ncbook.trainers.outputs import Outputs, Term, one_hot, precise, require_outputs


@dataclass(frozen=True)
class CrossEntropy:
    """Cross-entropy in nats, with label smoothing a: the target is (1-a) one-hot + a/K.

    float64=True takes the softmax in float64, whatever the dtype of the network. In float32 the loss of a confident
    point is a multiple of 6e-8 or 0 and its gradient is noise, which sends Adam off on slingshots.

    >>> trainers.CrossEntropy()(outputs), trainers.CrossEntropy(smoothing=0.1)(outputs)
    (tensor(0.1214), tensor(0.2881))
    """

    smoothing: float = 0.0
    float64: bool = False

    def __post_init__(self) -> None:
        require_number("smoothing", self.smoothing, "a number in [0, 1)", lambda value: 0 <= value < 1)
        require_flag("float64", self.float64)

    def __call__(self, outputs: Outputs) -> Tensor:
        require_outputs(outputs)
        logits = outputs.logits.double() if self.float64 else precise(outputs.logits)
        losses = F.cross_entropy(logits, outputs.labels, reduction="none", label_smoothing=self.smoothing)
        return outputs.mean(losses)


@dataclass(frozen=True)
class StableMax:
    """-log(s(z_y) / sum_j s(z_j)) with s(x) = x + 1 for x >= 0, 1 / (1 - x) below (Prieto et al. 2025), in nats.

    Cross-entropy of the logits sign(x) log(1 + |x|): s grows linearly where exp in the softmax outgrows all digits.
    float64 as in `CrossEntropy`.

    >>> trainers.StableMax()(outputs)
    tensor(0.2540)
    """

    float64: bool = False

    def __post_init__(self) -> None:
        require_flag("float64", self.float64)

    def __call__(self, outputs: Outputs) -> Tensor:
        require_outputs(outputs)
        logits = outputs.logits.double() if self.float64 else precise(outputs.logits)
        positive = logits >= 0
        # not clamp, whose slope at its bound is 1 or 0, depending on the version of torch
        above, below = torch.where(positive, logits, 0.0).log1p(), torch.where(positive, 0.0, -logits).log1p()
        losses = F.cross_entropy(torch.where(positive, above, -below), outputs.labels, reduction="none")
        return outputs.mean(losses)


@dataclass(frozen=True)
class Focal:
    """Focal loss -(1 - p_y)^gamma log p_y (Lin et al. 2017); gamma = 0 is cross-entropy.

    >>> trainers.Focal()(outputs) < trainers.CrossEntropy()(outputs)
    tensor(True)
    """

    gamma: float = 3.0

    def __post_init__(self) -> None:
        require_not_negative("gamma", self.gamma)

    def __call__(self, outputs: Outputs) -> Tensor:
        require_outputs(outputs)
        losses = F.cross_entropy(precise(outputs.logits), outputs.labels, reduction="none")
        # the power's gradient at 0 is infinite for gamma < 1: a point of loss 0 takes it from a constant
        return outputs.mean(torch.where(losses > 0, -torch.expm1(-losses), 0.0) ** self.gamma * losses)


@dataclass(frozen=True)
class SquaredError:
    """Squared error against the one-hot labels, summed over classes, mean over points.

    With the rescaling of Hui and Belkin (2021): on_target (z_y - height)^2 + sum_{j != y} z_j^2. torch's mse_loss is
    1/K of this, without the rescaling.

    >>> trainers.SquaredError()(outputs)
    tensor(9.6667)
    """

    on_target: float = 1.0
    height: float = 1.0

    def __post_init__(self) -> None:
        require_positive("on_target", self.on_target)
        require_positive("height", self.height)

    def __call__(self, outputs: Outputs) -> Tensor:
        require_outputs(outputs)
        logits, chosen = precise(outputs.logits), one_hot(outputs)
        on, off = (logits - self.height).square() * self.on_target, logits.square()
        return outputs.mean(torch.where(chosen, on, off).sum(1))


@dataclass(frozen=True)
class SupervisedContrastive:
    """Supervised contrastive loss of the features (Khosla et al. 2020, the form with the sum outside the log).

    Features h are scaled to length 1. A point's loss is -mean over the others p of its class of
    log(exp(h.h_p / t) / sum over all others a of exp(h.h_a / t)), in nats; points alone in their class are left out.
    With no point left the loss is 0. The head takes no part and is not trained. Needs N x N memory.

    >>> trainers.SupervisedContrastive()(outputs).shape
    torch.Size([])
    """

    temperature: float = 0.1

    def __post_init__(self) -> None:
        require_positive("temperature", self.temperature)

    def __call__(self, outputs: Outputs) -> Tensor:
        require_outputs(outputs)
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

    >>> trainers.RateReduction()(outputs) < 0
    tensor(True)
    """

    eps_sq: float = 0.5

    def __post_init__(self) -> None:
        require_positive("eps_sq", self.eps_sq)

    def __call__(self, outputs: Outputs) -> Tensor:
        require_outputs(outputs)
        require("mask", outputs.mask, outputs.mask is None, "None, since rate reduction takes no padding")
        return -metrics.rate_reduction(_directions(outputs.features), outputs.labels, self.eps_sq)


@dataclass(frozen=True)
class Flooded:
    """|loss - level| + level (Ishida et al. 2020): holds the training loss near `level` and not below.

    >>> trainers.Flooded(trainers.CrossEntropy(), level=0.5)(outputs)  # not below 0.5
    tensor(0.8786)
    """

    loss: Term
    level: float

    def __post_init__(self) -> None:
        require_callable("loss", self.loss, "of Outputs")
        require_positive("level", self.level)

    def __call__(self, outputs: Outputs) -> Tensor:
        require_outputs(outputs)
        return (self.loss(outputs) - self.level).abs() + self.level


def _directions(features: Tensor) -> Tensor:
    """Rows scaled to length 1. A zero row stays, with a finite gradient, where F.normalize gives 1e12."""
    features = precise(features)
    norms = torch.linalg.vector_norm(features, dim=1, keepdim=True)
    return features / torch.where(norms > 0, norms, 1.0)
