"""The two decision rules where classes are more than dimensions, without a K x K matrix."""

import torch
from torch import Tensor

from ncbook.metrics._axes import Axes
from ncbook.metrics._classes import Means, blocks, joined
from ncbook.metrics._scans import Points, Rule


class ManyClasses:
    """Both rules, K' > d: `FewClasses` for a number of classes up to that of a vocabulary.

    Points are taken in coordinates along the directions between classes, those that hold most first, or as they are
    where some direction holds nothing.
    """

    def __init__(self, means: Means, axes: Axes, weight: Tensor | None, bias: Tensor | None) -> None:
        self.widths: list[int] = []  # no columns of their own in the product of `SecondPass`
        self.present = means.present
        rotation = axes.vectors if len(axes) == means.means.shape[1] else None
        self.rotated = rotation is not None
        self.unit = _positive(means.centered_norm / len(means.counts) ** 0.5)
        self.centers = NearestMean(means, rotation, self.unit)
        self.head = None if weight is None else Head(means, rotation, self.unit, weight, bias)

    def fill(self, out: Tensor) -> None:
        """Write no columns: `out` is empty."""

    def decide(
        self, features: Tensor, residuals: Tensor, projected: Tensor, extra: Tensor, index: Tensor
    ) -> tuple[Tensor, Tensor | None]:
        """Places [B] of the nearest means, and whether [B] the network decides otherwise; None without a head."""
        away = ((projected if self.rotated else residuals) / self.unit).to(residuals.dtype)
        own = self.centers.vectors[index]
        x = away + own
        points = Points(features, x, sum(each.norm(dim=1) for each in (away, own, x)))
        nearest = self.centers.best(points, index)
        return nearest, None if self.head is None else ~self.head.confirms(points, self.present[nearest])


class NearestMean(Rule):
    """Scores c_j . x - ||c_j||^2 / 2, ordered as minus the distances of x to the centered class means c_j."""

    def __init__(self, means: Means, rotation: Tensor | None, unit: Tensor) -> None:
        self.means = means
        vectors = torch.empty_like(means.means, dtype=means.working)
        for rows in blocks(means.means):
            vectors[rows] = (_turned(means.centered_block(rows), rotation) / unit).to(vectors.dtype)
        super().__init__(vectors, -means.centered_squares / (2 * unit**2))

    def exact_scores(self, features: Tensor, classes: slice) -> Tensor:
        centered = self.means.centered_block(classes)
        return torch.addmm(-self.means.centered_squares[classes] / 2, features - self.means.center, centered.T)


class Head(Rule):
    """The logits of a linear head, without what all classes share."""

    def __init__(
        self, means: Means, rotation: Tensor | None, unit: Tensor, weight: Tensor, bias: Tensor | None
    ) -> None:
        self.weight = weight
        self.bias = torch.zeros_like(weight[:, 0], dtype=torch.float64) if bias is None else bias.double()
        constants = self.bias + joined(weight, (weight[rows].double() @ means.center for rows in blocks(weight)))
        shared = weight.mean(0, dtype=torch.float64)
        longest = max((weight[rows].double() - shared).norm(dim=1).max() for rows in blocks(weight))
        scale = _positive(torch.maximum(longest * unit, (constants - constants.mean()).abs().max()))
        vectors = torch.empty_like(weight, dtype=means.working)
        for rows in blocks(weight):
            vectors[rows] = (_turned(weight[rows].double() - shared, rotation) * (unit / scale)).to(vectors.dtype)
        super().__init__(vectors, (constants - constants.mean()) / scale)

    def exact_scores(self, features: Tensor, classes: slice) -> Tensor:
        return torch.addmm(self.bias[classes], features, self.weight[classes].double().T)


def _turned(rows: Tensor, rotation: Tensor | None) -> Tensor:
    return rows if rotation is None else rows @ rotation


def _positive(scale: Tensor) -> Tensor:
    """The scale, or 1 where all is zero."""
    return torch.where(scale > 0, scale, torch.ones_like(scale))
