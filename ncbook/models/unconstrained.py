"""Models that theory solves: features that are free variables, and deep linear networks."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ncbook._checks import (
    require_choice,
    require_flag,
    require_instance,
    require_integer,
    require_not_negative,
    require_positive,
)
from ncbook.models.classifier import Classifier
from ncbook.models.modular import inputs_of


class UnconstrainedFeatures(Classifier):
    """A linear head on features H [N, d] that are parameters themselves, one row a training point.

    The model of Zhu et al. (2021) and Zhou et al. (2022): a backbone that can put its points anywhere. Inputs are
    indices [N'] int64 of points; without them all points are meant. `labels` [N] int64 in 0..K-1 are fixed, in any
    proportions, K = `num_classes`. Both W and H start from N(0, 0.1^2), the bias from 0.

    Raises ValueError for K < 2, d < 1, no points, or labels out of range.

    >>> free = models.UnconstrainedFeatures(torch.tensor([0, 0, 1, 1]), dim=3, num_classes=2)
    >>> free.points.shape, free().shape
    (torch.Size([4, 3]), torch.Size([4, 2]))
    """

    labels: Tensor

    def __init__(self, labels: Tensor, dim: int, num_classes: int, bias: bool = True) -> None:
        _require(labels, dim, num_classes)
        require_flag("bias", bias)
        points = nn.Embedding(len(labels), dim)
        super().__init__({"points": points}, dim, num_classes)
        self.head = nn.Linear(dim, num_classes, bias=bias)
        self.register_buffer("labels", labels.clone())
        for weight in (points.weight, self.head.weight):
            nn.init.normal_(weight, std=0.1)
        if bias:
            nn.init.zeros_(self.head.bias)

    @property
    def points(self) -> Tensor:
        """H [N, d]"""
        return self.get_parameter("blocks.points.weight")

    def features(self, inputs: Tensor | None = None) -> Tensor:
        """[N', d] of the points with these indices, or [N, d] of all."""
        return self.points if inputs is None else super().features(inputs)

    def forward(self, inputs: Tensor | None = None) -> Tensor:
        return self.head(self.features(inputs))


def unconstrained_objective(
    model: UnconstrainedFeatures,
    weight_decay: float,
    feature_decay: float,
    bias_decay: float = 0.0,
    loss: str = "cross_entropy",
) -> Tensor:
    """The regularized loss of unconstrained features; differentiable scalar.

    - loss="cross_entropy": (1/N) sum_i CE(W h_i + b, y_i) + penalty, in nats (Zhu et al. 2021)
    - loss="square": (1/2N) ||W H^T + b 1^T - Y||_F^2 + penalty, Y [K, N] one-hot, not rescaled (Zhou et al. 2022)

    penalty = lambda_W/2 ||W||_F^2 + lambda_H/2 ||H||_F^2 + lambda_b/2 ||b||^2 with lambda_W, lambda_H, lambda_b the
    three decays; 0 leaves a term out. For balanced classes `metrics.unconstrained_cross_entropy` and
    `metrics.unconstrained_square_loss` give the minima. Raises ValueError for an unknown loss, or a decay that is
    negative or not finite.

    >>> free = models.UnconstrainedFeatures(torch.tensor([0, 0, 1, 1]), dim=3, num_classes=2)
    >>> models.unconstrained_objective(free, weight_decay=5e-3, feature_decay=5e-4).shape
    torch.Size([])
    """
    decays = {"weight_decay": weight_decay, "feature_decay": feature_decay, "bias_decay": bias_decay}
    for name, decay in decays.items():
        require_not_negative(name, decay)
    require_choice("loss", loss, ("cross_entropy", "square"))
    require_instance("model", model, UnconstrainedFeatures, "models.UnconstrainedFeatures")
    head, logits = model.head, model()
    penalty = weight_decay * head.weight.square().sum() + feature_decay * model.points.square().sum()
    if head.bias is not None:
        penalty = penalty + bias_decay * head.bias.square().sum()
    if loss == "cross_entropy":
        return F.cross_entropy(logits, model.labels) + penalty / 2
    targets = F.one_hot(model.labels, logits.shape[1])
    return ((logits - targets).square().sum() / len(logits) + penalty) / 2


class DeepLinear(Classifier):
    """A product of `depth` matrices, logits = W_L ... W_1 x, without biases or non-linearities.

    Hidden dimensions are `width`; W_L is the head, whose features are W_{L-1} ... W_1 x [N, width] (x itself for
    depth 1). Blocks "inputs" (flattened), "linear1", ..., "linear{L-1}". Entries of W_l start from
    N(0, scale^(2/L) / fan-in): `scale` is that of the whole product, so that depths can be compared.
    Raises ValueError for K < 2, another size < 1, or a scale that is not positive.

    >>> deep = models.DeepLinear((2,), num_classes=3, width=4, depth=3)
    >>> deep.product().shape
    torch.Size([3, 2])
    """

    def __init__(
        self, input_shape: tuple[int, ...], num_classes: int, width: int = 128, depth: int = 3, scale: float = 1.0
    ) -> None:
        inputs = inputs_of(input_shape)
        _require_deep(scale, input_shape=(inputs, 1), num_classes=(num_classes, 2), width=(width, 1), depth=(depth, 1))
        inner = [inputs] + [width] * (depth - 1)
        blocks: dict[str, nn.Module] = {"inputs": nn.Flatten()}
        for level in range(1, depth):
            blocks[f"linear{level}"] = nn.Linear(inner[level - 1], inner[level], bias=False)
        super().__init__(blocks, inner[-1], num_classes)
        self.head = nn.Linear(inner[-1], num_classes, bias=False)
        for weight in self.parameters():
            nn.init.normal_(weight, std=scale ** (1 / depth) / weight.shape[1] ** 0.5)

    def product(self) -> Tensor:
        """W_L ... W_1 [K, D], differentiable, multiplied from the head down, which costs least for small K."""
        total = self.head.weight
        for level in range(len(self.blocks) - 1, 0, -1):
            total = total @ self.get_parameter(f"blocks.linear{level}.weight")
        return total


def _require(labels: Tensor, dim: int, num_classes: int) -> None:
    require_integer("num_classes", num_classes, 2)
    require_integer("dim", dim, 1)
    require_instance("labels", labels, Tensor, "a tensor [N] int64")
    if labels.ndim != 1 or labels.dtype != torch.int64 or not len(labels):
        raise ValueError(f"labels: expected [N] int64, N >= 1, got {list(labels.shape)} {labels.dtype}")
    if int(labels.min()) < 0 or int(labels.max()) >= num_classes:
        raise ValueError(f"labels: expected classes in 0..{num_classes - 1}, got {labels.min()}..{labels.max()}")


def _require_deep(scale: float, **sizes: tuple[int, int]) -> None:
    for name, (size, least) in sizes.items():
        require_integer(name, size, least)
    require_positive("scale", scale)
