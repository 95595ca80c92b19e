"""What a second pass over the data sums up, once the class means are known.

The whole-tensor functions, the streaming meter and the layerwise measures all feed blocks of rows to the same
object, and so give the same numbers.
"""

from collections.abc import Iterator
from itertools import accumulate

import torch
from torch import Tensor

from ncbook.metrics import _classes
from ncbook.metrics._axes import between_class_axes
from ncbook.metrics._classes import Means, own_precision, squared_norms
from ncbook.metrics._many import ManyClasses
from ncbook.metrics._rules import FewClasses

_DIFFERENT = 0.02  # share of the residuals by which the features of two passes may differ: far above rounding
_WATCHED = 4  # random directions along which residuals of every class have to add up to 0
_EVEN = 8  # the matrix product takes up to half the time if the number of its columns is a multiple of this
_ROUNDING = 8  # units in the last place by which the same feature may differ if batches are cut differently
_MANY_ELEMENTS = 2**21  # of a block of points where classes are many


class SecondPass:
    """Sums over the residuals of all rows.

    One matrix product gives the residuals along the r directions between classes, the columns of the decision rules,
    and, if `watch` says that the features come from outside a second time, the residuals along a few random
    directions, in which those of every class have to add up to 0.
    """

    SUMS = ("counts", "projected", "squares", "mismatches", "errors", "balance", "watched")  # what workers add up

    def __init__(
        self, means: Means, weight: Tensor | None = None, bias: Tensor | None = None, watch: bool = False
    ) -> None:
        self.means = means
        self.axes = between_class_axes(means)
        few = len(means.counts) <= means.means.shape[1]
        self.rules = (FewClasses if few else ManyClasses)(means, self.axes, weight, bias)
        watched = _WATCHED if watch else 0
        self.ends = list(accumulate((len(self.axes), watched, sum(self.rules.widths))))  # of parts of columns
        self.columns = self._columns(watched).T  # [d, r + 4 + those of the rules, and zeros]
        self.counts = torch.zeros_like(means.counts)
        self.projected = means.means.new_zeros(len(self.axes))
        self.squares = torch.zeros_like(means.counts)
        self.balance = means.means.new_zeros(len(means.counts), watched)
        self.watched = self.counts.new_zeros(())
        self.mismatches = torch.zeros_like(self.watched, dtype=torch.int64)
        self.errors = torch.zeros_like(self.mismatches)
        self.coarseness = 0.0  # unit in the last place of 1 in the dtype of the features

    def _columns(self, watched: int) -> Tensor:
        """[r + 4 + ..., d] in working precision: directions, random directions, those of the rules, and zeros."""
        means, directions = self.means.means, len(self.axes)
        dim = means.shape[1]
        columns = means.new_zeros(-(-self.ends[-1] // _EVEN) * _EVEN, dim, dtype=self.means.working)
        self.axes.fill(columns[:directions])
        chance = torch.Generator("cpu").manual_seed(0)
        watch = torch.randn(watched, dim, generator=chance, dtype=torch.float64, device="cpu")
        columns[directions : self.ends[1]] = (watch / watch.norm(dim=1, keepdim=True)).to(columns)
        self.rules.fill(columns[self.ends[1] : self.ends[2]])
        return columns

    def blocks(self, features: Tensor) -> Iterator[slice]:
        """Slices that cut features [B, d] into blocks for `add`."""
        width = self.columns.shape[1]
        if isinstance(self.rules, ManyClasses):
            size = max(1, _MANY_ELEMENTS // max(width, min(1024, len(self.means.counts))))
            return (slice(start, start + size) for start in range(0, len(features), size))
        return _classes.blocks(features, width, least=512, precision=self.means.working)

    def add(self, features: Tensor, index: Tensor, decisions: Tensor | None = None) -> None:
        """Take in features [B, d] and the places [B] of their classes; decisions [B] where no head was given."""
        with own_precision(features):
            self._add(features, index, decisions)

    def _add(self, features: Tensor, index: Tensor, decisions: Tensor | None) -> None:
        residuals = self.means.residuals_of(features, index)
        projected, watched, extra, _ = (residuals @ self.columns).tensor_split(self.ends, dim=1)
        nearest, differs = self.rules.decide(features, residuals, projected, extra, index)
        if decisions is not None:
            differs = self.means.present[nearest] != decisions
        self.projected += projected.double().square().sum(0)
        self.squares += self.means.scatter(squared_norms(residuals), index)
        self.counts += self.means.scatter(torch.ones_like(index), index)
        if watched.shape[1]:
            self.balance.index_add_(0, index, watched.double())
            self.watched += watched.double().square().sum()
        self.coarseness = max(self.coarseness, torch.finfo(features.dtype).eps)
        self.errors += (nearest != index).sum()
        if differs is not None:
            self.mismatches += differs.sum()

    def merge(self, other: "SecondPass") -> None:
        """Take in what another worker has summed over other rows with the same means."""
        for name in self.SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.coarseness = max(self.coarseness, other.coarseness)

    @property
    def points(self) -> float:
        return self.counts.sum().item()

    def trace(self) -> float:
        """tr(Sigma_W Sigma_B^+)."""
        axes = self.columns[:, : len(self.axes)]
        with own_precision(axes):
            offset = sum(counts @ (part @ axes).double().square() for counts, part in self._rounding())
        along = (self.projected - offset).clamp(min=0) / self.counts.sum()
        return trace_of_ratio(along, self.axes.eigenvalues, self.variances())

    def variances(self) -> Tensor:
        """[K'] float64: mean squared distance of each class to its mean."""
        return (self.squares / self.counts - self.means.squared_rounding).clamp(min=0)

    def require_same_features(self) -> None:
        """Raises ValueError if the features differ from those whose means were taken, by more than rounding."""
        difference = self._difference()
        if difference > _DIFFERENT:
            raise ValueError(
                f"compute: the two passes saw different features, by about {difference:.0%} of their spread within "
                "classes. Usual causes: dropout or batch norm in training mode, random augmentation, or labels in "
                "another order than the features. Call model.eval() before the first pass, turn augmentation off, and "
                "give both passes the same features and labels"
            )

    def _difference(self) -> float:
        """Estimate of what differs between the two passes, as a share of the residuals; 0 if rounding explains it.

        Along a direction, the n residuals of a class add up to 0. If the second pass differs from the first by noise,
        their sum has the variance of n differences instead, so n is divided out.
        """
        watch = self.columns[:, len(self.axes) : len(self.axes) + _WATCHED]
        with own_precision(watch):
            shift = _classes.joined(self.means.means, (part @ watch for _, part in self._rounding())).double()
        drift = (self.balance - self.counts[:, None] * shift).square().mean(1) / self.counts
        spread = self.watched / (_WATCHED * self.counts.sum())
        excess = (drift - self._rounding_of_drift(spread)).clamp(min=0).mean().item()
        return (excess / spread.item()) ** 0.5 if spread > 0 else float("inf") if excess else 0.0

    def _rounding_of_drift(self, spread: Tensor) -> Tensor:
        """[K']: squared sum of residuals over their number that rounding may leave in each class."""
        means = self.means.means
        squares = _classes.joined(means, (means[rows].square().sum(1) for rows in _classes.blocks(means)))
        feature = (_ROUNDING * self.coarseness) ** 2 * squares / means.shape[1]
        # points of a class that lie nearer to each other than their rounding may all be rounded to the same other side
        feature = torch.where(spread <= feature, self.counts * feature, feature)
        mean = squares * (self.counts * torch.finfo(torch.float64).eps) ** 2
        return feature + self.counts * mean

    def _rounding(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Blocks of (counts [B], what the rounded means are missing [B, d] in working precision)."""
        size = max(1, _MANY_ELEMENTS // self.means.means.shape[1])
        for counts, start in zip(self.means.counts.split(size), range(0, len(self.counts), size), strict=True):
            yield counts, self.means.rounding_block(slice(start, start + size)).to(self.columns.dtype)


def trace_of_ratio(along: Tensor, eigenvalues: Tensor, variances: Tensor) -> float:
    """tr(Sigma_W Sigma_B^+) from the variances [r] of all points along the eigenvectors of Sigma_B and eigenvalues [r].

    inf if all class means coincide (r = 0) and features do not, by their variances [K']; nan if both do.
    """
    if len(along) == 0:
        return float("inf") if bool((variances > 0).any()) else float("nan")
    return (along / eigenvalues).sum().item()
