"""Class means and residuals, computed in blocks and without losing digits.

Means are summed in float64. Residuals stay in the working precision: the mean is first rounded to
that precision, so that the subtraction `h - rounded mean` is exact to the size of the *residual*
even when all features share an offset thousands of times larger, and the rounding is put right
afterwards in float64.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ncbook.metrics import _validate

_BLOCK_ELEMENTS = 2**21  # a block of 2 M entries: 16 MiB in float64


@dataclass(frozen=True)
class Classes:
    """The classes that occur, their means, and the way back to the rows.

    present [K'] labels that occur, ascending; index [N] row -> position in `present`;
    counts [K'] float64; means [K', d] float64; rounded [K', d] the means in working precision.
    """

    features: Tensor
    present: Tensor
    index: Tensor
    counts: Tensor
    means: Tensor
    rounded: Tensor

    @property
    def rounding(self) -> Tensor:
        """[K', d] float64: what `rounded` is missing."""
        return self.means - self.rounded.double()

    def residuals(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Blocks of (index [B], features - rounded class mean [B, d])."""
        for rows in _blocks(self.features):
            index = self.index[rows]
            yield index, self.features[rows].to(self.rounded.dtype) - self.rounded[index]

    def scatter(self, values: Tensor, index: Tensor) -> Tensor:
        """[K'] float64: sums of `values` [B] by class."""
        return values.new_zeros(len(self.present), dtype=torch.float64).index_add(0, index, values.double())


def group(features: Tensor, labels: Tensor, num_classes: int | None) -> tuple[Classes, int]:
    """Check the arguments and group the rows by class; returns the classes and K.

    Raises ValueError for labels outside 0..K-1, shapes that do not fit, a non-finite feature, or
    fewer than two classes that occur.
    """
    _validate.require_features(features)
    num_classes = _validate.require_labels(labels, features, num_classes)
    labels = labels.long()
    all_counts = torch.bincount(labels, minlength=num_classes)
    present = all_counts.nonzero().squeeze(1)
    if len(present) < 2:
        raise ValueError(f"labels: only class {present.tolist()} occurs; collapse needs at least two")
    position = torch.zeros_like(all_counts).scatter(0, present, torch.arange(len(present), device=labels.device))
    index, counts = position[labels], all_counts[present].double()
    means = _sums(features, index, len(present)) / counts[:, None]
    if not bool(torch.isfinite(means).all()):
        _validate.require_finite("features", features)
    working = torch.float64 if features.dtype == torch.float64 else torch.float32
    rounded = means.detach().to(working)
    return Classes(features, present, index, counts, means, rounded), num_classes


def _blocks(features: Tensor) -> Iterator[slice]:
    size = max(1, _BLOCK_ELEMENTS // features.shape[1])
    for start in range(0, len(features), size):
        yield slice(start, start + size)


def _sums(features: Tensor, index: Tensor, classes: int) -> Tensor:
    total = features.new_zeros(classes, features.shape[1], dtype=torch.float64)
    for rows in _blocks(features):
        total = total.index_add(0, index[rows], features[rows].double())
    return total
