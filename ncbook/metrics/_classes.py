"""Class means and residuals, computed in blocks and without losing digits.

Means are summed in float64. Residuals stay in the working precision: the mean is first rounded to
that precision, so that the subtraction `h - rounded mean` is exact to the size of the *residual*
even when all features share an offset thousands of times larger, and the rounding is put right
afterwards in float64.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import torch
from torch import Tensor

from ncbook.metrics import _validate

_BLOCK_ELEMENTS = 2**18  # 2 MiB in float64: a block stays in the cache, and its memory is used again by the next
LARGE = 2**25  # numbers of the class means, 256 MiB, above which no copy of them is kept


def working_dtype(features: Tensor) -> torch.dtype:
    """The precision of residuals and products: float64 stays float64, all else is float32."""
    return torch.float64 if features.dtype == torch.float64 else torch.float32


def own_precision(features: Tensor) -> torch.autocast:
    """A context in which products keep their precision, also inside automatic mixed precision, where networks run."""
    return torch.autocast(features.device.type, enabled=False)


@dataclass(frozen=True)
class Means:
    """The classes that occur and their means.

    A matrix of K' x d float64 numbers is the largest thing here. What is computed where K or d may be large takes
    blocks of `centered` and `rounding` instead of further matrices of that size.

    present [K'] labels that occur, ascending; position [K] label -> place in `present`;
    counts [K'] float64; means [K', d] float64; working the precision of residuals, to which means are rounded.
    """

    present: Tensor
    position: Tensor
    counts: Tensor
    means: Tensor
    working: torch.dtype

    @classmethod
    def of(cls, all_counts: Tensor, sums: Tensor, working: torch.dtype) -> "Means":
        """From counts [K] and float64 sums [K, d] of all classes, which become the means if every class occurs.

        Raises ValueError if fewer than two occur.
        """
        present = all_counts.nonzero().squeeze(1)
        if len(present) < 2:
            raise ValueError(f"labels: only class {present.tolist()} occurs; collapse needs at least two")
        places = torch.arange(len(present), device=present.device)
        position = torch.zeros_like(all_counts).scatter(0, present, places)
        counts = all_counts[present].double()
        means = sums if len(present) == len(sums) else sums[present]
        means /= counts[:, None]
        return cls(present, position, counts, means, working)

    @cached_property
    def center(self) -> Tensor:
        """[d] float64: the mean of the class means, in which every class weighs the same."""
        return self.means.mean(0)

    @cached_property
    def centered(self) -> Tensor:
        """[K', d] float64: class means minus their mean."""
        return self.centered_block()

    def centered_block(self, rows: slice = slice(None), columns: slice = slice(None)) -> Tensor:
        """A block of `centered`."""
        return self.means[rows, columns] - self.center[columns]

    @cached_property
    def centered_squares(self) -> Tensor:
        """[K'] float64: squared lengths of the rows of `centered`."""
        return joined(self.means, (self.centered_block(rows).square().sum(1) for rows in blocks(self.means)))

    @property
    def centered_norm(self) -> Tensor:
        """Frobenius norm of `centered`."""
        return self.centered_squares.sum().sqrt()

    @cached_property
    def _negated(self) -> Tensor | None:
        """[K', d]: minus the means in float32; None where they stay float64, or would be a second large matrix."""
        kept = self.working != self.means.dtype and self.means.numel() <= LARGE
        return self.means.detach().to(self.working).neg_() if kept else None

    def rounded_block(self, rows: slice = slice(None), columns: slice = slice(None)) -> Tensor:
        """A block of the means in working precision."""
        return self.means[rows, columns].detach().to(self.working)

    @cached_property
    def rounding(self) -> Tensor:
        """[K', d] float64: what the rounded means are missing."""
        return self.rounding_block()

    def rounding_block(self, rows: slice = slice(None), columns: slice = slice(None)) -> Tensor:
        """A block of `rounding`."""
        return self.means[rows, columns] - self.rounded_block(rows, columns).double()

    @cached_property
    def squared_rounding(self) -> Tensor:
        """[K'] float64: squared length of what the rounded means are missing."""
        return joined(self.means, (self.rounding_block(rows).square().sum(1) for rows in blocks(self.means)))

    def residuals_of(self, features: Tensor, index: Tensor) -> Tensor:
        """[B, d] in working precision: features minus the rounded means of their classes, which `index` [B] names."""
        if self._negated is None:
            negated = self.means.detach().index_select(0, index).to(self.working).neg_()
        else:
            negated = self._negated.index_select(0, index)  # in half the time of self._negated[index]
        return negated.add_(features)

    def scatter(self, values: Tensor, index: Tensor) -> Tensor:
        """[K'] float64: sums of `values` [B] by class."""
        return values.new_zeros(len(self.present), dtype=torch.float64).index_add(0, index, values.double())


@dataclass(frozen=True)
class Classes(Means):
    """A set of points with the means of its classes: features [N, d], index [N] row -> place in `present`."""

    features: Tensor
    index: Tensor

    def residuals(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Blocks of (index [B], features - rounded class mean [B, d])."""
        for rows in blocks(self.features):
            yield self.index[rows], self.residuals_of(self.features[rows], self.index[rows])

    def variances(self) -> Tensor:
        """[K'] float64: mean squared distance of each class to its mean. Differentiable in the features."""
        variances = -self.squared_rounding
        for index, residuals in self.residuals():
            variances = variances + self.scatter(squared_norms(residuals), index) / self.counts
        return variances.clamp(min=0)


def group(features: Tensor, labels: Tensor, num_classes: int | None) -> tuple[Classes, int]:
    """Check the arguments and group the rows by class; returns the classes and K.

    Raises ValueError for labels outside 0..K-1, shapes that do not fit, a non-finite feature, or
    fewer than two classes that occur.
    """
    _validate.require_features(features)
    num_classes = _validate.require_labels(labels, features, num_classes)
    labels = labels.long()
    means = Means.of(*count_and_sum(features, labels, num_classes), working_dtype(features))
    return Classes(**vars(means), features=features, index=means.position[labels]), num_classes


def count_and_sum(features: Tensor, labels: Tensor, num_classes: int) -> tuple[Tensor, Tensor]:
    """Counts [K] int64 and float64 sums [K, d] of the rows of each class. Differentiable in the features.

    Raises ValueError for a feature that is not finite, which shows in the sums at no cost.
    """
    total = features.new_zeros(num_classes, features.shape[1], dtype=torch.float64)
    add_sums(total, features, labels)
    if not bool(torch.isfinite(total).all()):
        _validate.require_finite("features", features)
    return torch.bincount(labels, minlength=num_classes), total


def add_sums(total: Tensor, features: Tensor, labels: Tensor) -> None:
    """Add each row of features [B, d] to the row of float64 `total` [K, d] that its label names."""
    for rows in blocks(features):
        total.index_add_(0, labels[rows], features[rows].double())


def squared_norms(rows: Tensor) -> Tensor:
    """[B] float64. Squares of float32 numbers above 1e19 or below 1e-22 do not fit into float32."""
    return torch.linalg.vector_norm(rows, dim=1, dtype=torch.float64).square()


def joined(of: Tensor, parts: Iterator[Tensor]) -> Tensor:
    """The rows of all parts [B, ...], one after the other, as many as those of the matrix `of` that they come from.

    Each part finds its place at once: a list of small ones, each made after a large block was freed, would keep the
    memory of the blocks from being used again.
    """
    first = next(parts)
    out = first.new_empty(len(of), *first.shape[1:])
    start = 0
    for part in chain([first], parts):
        out[start : start + len(part)] = part
        start += len(part)
    return out


def blocks(features: Tensor, width: int = 1, least: int = 1, precision: torch.dtype = torch.float64) -> Iterator[slice]:
    """Slices that cut the rows into blocks: 2 MiB in `precision` on a CPU, far more on a GPU, where each launch costs.

    `width` is the number of columns of what is computed from the features, if that may exceed d. `least` rows are
    taken, unless that is more than eight times as much: many small steps on each block cost more than a full cache.
    """
    elements = _BLOCK_ELEMENTS * torch.float64.itemsize // precision.itemsize
    elements = elements if features.device.type == "cpu" else 256 * elements
    fitting = elements // max(width, features.shape[1])
    size = max(1, fitting, min(least, 8 * fitting))
    for start in range(0, len(features), size):
        yield slice(start, start + size)


def column_blocks(matrix: Tensor) -> Iterator[slice]:
    """Slices that cut the columns into blocks, of 2 MiB in float64."""
    size = max(1, _BLOCK_ELEMENTS // len(matrix))
    return (slice(start, start + size) for start in range(0, matrix.shape[1], size))
