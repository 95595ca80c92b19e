"""The nearest class mean and the network's decision where classes are fewer than dimensions, or as many.

Scores are taken from the residual r of a point h = m + r, m the rounded mean of its class: the product of r with the
columns of the rule, and the score of m, a row of a K' x K matrix of float64 made once.
"""

import torch
from torch import Tensor

from ncbook.metrics._axes import Axes
from ncbook.metrics._classes import Means, column_blocks


class FewClasses:
    """Both rules, K' <= d.

    The network's rule, if a head is given, and the nearest mean, unless its scores follow from the projections on
    the directions between classes, add their columns to the matrix product of `SecondPass`.
    """

    def __init__(self, means: Means, axes: Axes, weight: Tensor | None, bias: Tensor | None) -> None:
        working = means.working
        self.present, self._means, self._weight = means.present, means, weight
        self._size = size = means.centered_norm.clamp(min=torch.finfo(torch.float64).tiny)
        self.along: Tensor | None = None  # [r, K']: the nearest mean from the projections, where that is exact
        self.widths = []
        if axes.span():
            self.along = (axes.coordinates(torch.float64) / size).to(working).T
        else:
            self.widths.append(len(means.counts))
        self.center_offsets = _from_best(_center_scores(means) / size).to(working)  # [K', K']
        self.head_offsets: Tensor | None = None  # [K', K]
        if weight is not None:
            self.widths.append(len(weight))
            self.head_offsets = _from_best(_head_scores(means, weight, bias)).to(working)

    def fill(self, out: Tensor) -> None:
        """Write the rules' own columns of the product into the rows of `out` [sum(widths), d], in its precision."""
        parts = list(out.split(self.widths)) if self.widths else []
        if self.along is None:
            centers = parts.pop(0)
            for columns in column_blocks(self._means.means):
                centers[:, columns] = self._means.centered_block(columns=columns) / self._size
        if self._weight is not None:
            parts.pop().copy_(self._weight)

    def decide(
        self, features: Tensor, residuals: Tensor, projected: Tensor, extra: Tensor, index: Tensor
    ) -> tuple[Tensor, Tensor | None]:
        """Places [B] of the nearest means, and whether [B] the network decides otherwise; None without a head."""
        parts = list(extra.split(self.widths, dim=1))
        scores = parts.pop(0) if self.along is None else projected @ self.along
        nearest = self.center_offsets.index_select(0, index).add_(scores).argmax(1)
        if self.head_offsets is None:
            return nearest, None
        decisions = self.head_offsets.index_select(0, index).add_(parts.pop()).argmax(1)
        return nearest, decisions != self.present[nearest]


def _center_scores(means: Means) -> Tensor:
    """[K', K'] float64: row o is ordered as minus the squared distances of the rounded mean o to the class means."""
    scores = -means.centered_squares.expand(len(means.counts), -1) / 2
    for columns in column_blocks(means.means):
        origins = means.rounded_block(columns=columns).double() - means.center[columns]
        scores = scores + origins @ means.centered_block(columns=columns).T
    return scores


def _head_scores(means: Means, weight: Tensor, bias: Tensor | None) -> Tensor:
    """[K', K] float64: the logits of the rounded means."""
    scores = means.means.new_zeros(len(means.counts), len(weight))
    if bias is not None:
        scores += bias.double()
    for columns in column_blocks(weight):
        part = weight[:, columns].double()
        origins = means.rounded_block(columns=columns).double() - means.center[columns]
        scores += origins @ part.T + part @ means.center[columns]
    return scores


def _from_best(scores: Tensor) -> Tensor:
    """Constants that all classes share say nothing about the best one, and would cost digits in float32."""
    return scores - scores.max(dim=1, keepdim=True).values
