"""Class means and the scatter around them, which merge without losing digits."""

import math
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from ncbook.metrics import _classes
from ncbook.metrics._axes import between_class_axes
from ncbook.metrics._second_pass import trace_of_ratio
from ncbook.metrics.collapse import Collapse, summarize


@dataclass(frozen=True)
class Moments:
    """Of a set of points, all in float64.

    counts [K]; means [K, d], 0 for a class without points; squares [K] the squared distances to the class mean,
    summed by class; scatter [d, d] the sum over all points of the products of their residuals.
    """

    counts: Tensor
    means: Tensor
    squares: Tensor
    scatter: Tensor

    @classmethod
    def of_none(cls, num_classes: int, dim: int, device: torch.device | str | None = None) -> "Moments":
        shapes = ((num_classes,), (num_classes, dim), (num_classes,), (dim, dim))
        return cls(*(torch.zeros(shape, dtype=torch.float64, device=device) for shape in shapes))

    @classmethod
    def of(cls, features: Tensor, labels: Tensor, num_classes: int) -> "Moments":
        """Of features [B, d] that have been checked and labels [B] int64."""
        counts, sums = _classes.count_and_sum(features, labels, num_classes)
        counts = counts.double()
        means = sums / counts.clamp(min=1)[:, None]
        rounded = means.to(_classes.working_dtype(features))
        rounding = means - rounded.double()
        squares, scatter = -counts * rounding.square().sum(1), -(rounding.T * counts) @ rounding
        for rows in _classes.blocks(features):
            residuals = features[rows].to(rounded.dtype) - rounded.index_select(0, labels[rows])
            squares.index_add_(0, labels[rows], _classes.squared_norms(residuals))
            with _classes.own_precision(features):
                scatter += (residuals.T @ residuals).double()
        return cls(counts, means, squares, scatter)

    @classmethod
    def of_vector(cls, vector: Tensor, num_classes: int, dim: int) -> "Moments":
        """From what `vector` gave."""
        sizes = (num_classes, num_classes * dim, num_classes, dim * dim)
        counts, means, squares, scatter = vector.split(sizes)
        return cls(counts, means.view(num_classes, dim), squares, scatter.view(dim, dim))

    def vector(self) -> Tensor:
        """All in one tensor [K + K d + K + d^2]."""
        return torch.cat([getattr(self, field.name).flatten() for field in fields(self)])

    def plus(self, other: "Moments") -> "Moments":
        """Of the points of both (Chan, Golub and LeVeque 1983)."""
        total = (self.counts + other.counts).clamp(min=1)
        shift = other.means - self.means
        moved = self.counts * other.counts / total  # what two groups add to the scatter around their common mean
        return Moments(
            self.counts + other.counts,
            self.means + (other.counts / total)[:, None] * shift,
            self.squares + other.squares + moved * shift.square().sum(1),
            self.scatter + other.scatter + (shift.T * moved) @ shift,
        )

    def around(self, centers: Tensor) -> "Moments":
        """The same points, squares and scatter taken around other centers [K, d] in place of the means."""
        shift = self.means - centers
        squares = self.squares + self.counts * shift.square().sum(1)
        return Moments(self.counts, centers, squares, self.scatter + (shift.T * self.counts) @ shift)

    def measures(self, weight: Tensor | None) -> Collapse:
        """Those of `collapse` that follow from the moments: all but NC4 and the nearest-class-center error."""
        means = _classes.Means.of(self.counts.long(), self.means * self.counts[:, None], torch.float64)
        variances = (self.squares[means.present] / means.counts).clamp(min=0)
        found = between_class_axes(means)
        axes = found.fill(self.scatter.new_empty(len(found), means.means.shape[1]))
        along = ((axes @ self.scatter) * axes).sum(1).clamp(min=0) / self.counts.sum()
        trace = trace_of_ratio(along, found.eigenvalues, variances)
        return summarize(means, variances, trace, weight, mismatch=math.nan, error=math.nan)
