"""The measures of `collapse` for data that passes once."""

import math

import torch
from torch import Tensor

from ncbook.metrics import _classes, _options, _validate
from ncbook.metrics._axes import between_class_axes
from ncbook.metrics._second_pass import trace_of_ratio
from ncbook.metrics.collapse import Collapse, summarize


class OnePassMeter:
    """Streaming `collapse` in one pass, by the updates of Welford (1962) and of Chan, Golub and LeVeque (1983).

    Keeps counts [K], means [K, d] and the pooled scatter around them, a [d, d] matrix, all in float64: prefer
    `CollapseMeter` where the data can be read twice. NC4 and the nearest-class-center error need the final
    class means for every point, cannot be known in one pass, and are nan. Not differentiable.

    >>> meter = metrics.OnePassMeter(num_classes=3, dim=2)
    >>> meter.update(features[:6], labels[:6])
    >>> meter.update(features[6:], labels[6:])
    >>> round(meter.compute(weight).nc1, 4)
    0.0017
    """

    def __init__(self, num_classes: int, dim: int, device: torch.device | str | None = None) -> None:
        _validate.require_sizes(num_classes, dim)
        _options.require_device(device)
        self.num_classes, self.dim = num_classes, dim
        self._counts = torch.zeros(num_classes, dtype=torch.float64, device=device)
        self._means = torch.zeros(num_classes, dim, dtype=torch.float64, device=device)
        self._squares = torch.zeros_like(self._counts)  # squared distances to the mean, summed by class
        self._scatter = torch.zeros(dim, dim, dtype=torch.float64, device=device)

    @torch.no_grad()
    def update(self, features: Tensor, labels: Tensor) -> None:
        """Take in a batch: features [B, d], labels [B]. Raises ValueError as `collapse` does."""
        labels = _validate.require_batch(features, labels, self.num_classes, self.dim)
        counts, sums = _classes.count_and_sum(features, labels, self.num_classes)
        counts = counts.double()
        means = sums / counts.clamp(min=1)[:, None]
        rounded = means.to(_classes.working_dtype(features))
        rounding = means - rounded.double()
        squares, scatter = -counts * rounding.square().sum(1), -(rounding.T * counts) @ rounding
        for rows in _classes.blocks(features):
            residuals = features[rows].to(rounded.dtype) - rounded[labels[rows]]
            squares.index_add_(0, labels[rows], _classes.squared_norms(residuals))
            scatter += (residuals.T @ residuals).double()
        self._combine(counts, means, squares, scatter)

    def merge(self, other: "OnePassMeter") -> None:
        """Take in what another worker's meter has seen, on the same device."""
        _options.require_instance("other", other, OnePassMeter)
        if (other.num_classes, other.dim) != (self.num_classes, self.dim):
            raise ValueError(f"other: measures {other.num_classes} classes in {other.dim} dimensions, not the same")
        self._combine(other._counts, other._means, other._squares, other._scatter)

    def _combine(self, counts: Tensor, means: Tensor, squares: Tensor, scatter: Tensor) -> None:
        total = (self._counts + counts).clamp(min=1)
        shift = means - self._means
        moved = self._counts * counts / total  # what two groups add to the scatter around their common mean
        self._squares += squares + moved * shift.square().sum(1)
        self._scatter += scatter + (shift.T * moved) @ shift
        self._means += (counts / total)[:, None] * shift
        self._counts += counts

    @torch.no_grad()
    def compute(self, weight: Tensor | None = None) -> Collapse:
        """The measures; those of the classifier are nan without `weight` [K, d]."""
        if weight is not None:
            _validate.require_tensors(meter=self._counts, weight=weight)
            _validate.require_head(weight, None, self.num_classes, self.dim)
        means = _classes.Means.of(self._counts.long(), self._means * self._counts[:, None], torch.float64)
        variances = (self._squares[means.present] / means.counts).clamp(min=0)
        found = between_class_axes(means)
        axes = found.fill(self._scatter.new_empty(len(found), self.dim))
        along = ((axes @ self._scatter) * axes).sum(1).clamp(min=0) / self._counts.sum()
        trace = trace_of_ratio(along, found.eigenvalues, variances)
        return summarize(means, variances, trace, weight, mismatch=math.nan, error=math.nan)
