"""The directions in which class means differ: eigenvectors of Sigma_B, from the smaller of its two Gram matrices."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ncbook.metrics._classes import Means, blocks, column_blocks, joined
from ncbook.metrics._pairs import Vectors, smallest_distance

# Directions in which class means differ by less than this share of the largest difference (as a ratio of
# eigenvalues of Sigma_B) are rounding noise: inverting them would put noise of size 1/eps into NC1.
_RANK_CUT = 1e-10


@dataclass(frozen=True)
class Axes:
    """The r directions, in descending order of what they hold.

    squares [r] float64: eigenvalues of M^T M, M the centered class means; vectors float64: the eigenvectors of
    M M^T [K', r] where K' <= d, and those of M^T M [d, r] where K' > d.
    """

    means: Means
    squares: Tensor
    vectors: Tensor

    @property
    def of_classes(self) -> bool:
        """Whether `vectors` are those of the K' x K' matrix."""
        return _fewer_classes(self.means)

    @property
    def eigenvalues(self) -> Tensor:
        """[r] float64: of Sigma_B = M^T M / K'."""
        return self.squares / len(self.means.counts)

    def __len__(self) -> int:
        return len(self.squares)

    def fill(self, out: Tensor) -> Tensor:
        """Write the directions into `out` [r, d], in its precision."""
        if not self.of_classes:
            return out.copy_(self.vectors.T)
        for columns in column_blocks(self.means.means):
            out[:, columns] = self._directions(columns)
        return out

    def coordinates(self, working: torch.dtype) -> Tensor:
        """[K', r]: the centered class means along the directions."""
        if self.of_classes:
            return (self.vectors * self.squares.sqrt()).to(working)
        out = self.vectors.new_empty(len(self.means.counts), len(self), dtype=working)
        for rows in blocks(self.means.means):
            out[rows] = (self.means.centered_block(rows) @ self.vectors).to(working)
        return out

    def span(self) -> bool:
        """Whether the directions hold all that tells the class means apart, as they do unless the rank was cut."""
        count, dim = self.means.means.shape
        if len(self) == min(count - 1, dim):
            return True
        beside = self._squares_beside().max().sqrt()
        return bool(beside <= 1e-7 * smallest_distance(Vectors(self.means.means, self.means.center)))

    def _squares_beside(self) -> Tensor:
        """[K'] float64: squared distances of the centered class means to the span of the directions."""
        if not self.of_classes:
            parts = (self.means.centered_block(rows) for rows in blocks(self.means.means))
            squares = ((part - (part @ self.vectors) @ self.vectors.T).square().sum(1) for part in parts)
            return joined(self.means.means, squares)
        along, beside = self.vectors * self.squares.sqrt(), torch.zeros_like(self.means.counts)
        for columns in column_blocks(self.means.means):
            part = self.means.centered_block(columns=columns)
            beside += (part - along @ self._directions(columns)).square().sum(1)
        return beside

    def _directions(self, columns: slice) -> Tensor:
        return (self.vectors.T @ self.means.centered_block(columns=columns)) / self.squares.sqrt()[:, None]


def between_class_axes(means: Means) -> Axes:
    """The directions above rounding."""
    # a difference between means below float64's rounding of the means themselves is no difference
    noise = (8 * torch.finfo(torch.float64).eps * means.means.norm()).square()
    squares, vectors = (each.flip(-1) for each in torch.linalg.eigh(_gram(means)))
    rank = min(len(means.counts) - 1, means.means.shape[1])  # centering leaves K'-1 at most
    squares, vectors = squares[:rank], vectors[:, :rank]
    kept = (squares > _RANK_CUT * squares[0]) & (squares > noise)
    return Axes(means, squares[kept], vectors[:, kept])


def _gram(means: Means) -> Tensor:
    """M M^T [K', K'] where K' <= d, and M^T M [d, d] where K' > d."""
    if _fewer_classes(means):
        parts = (means.centered_block(columns=columns) for columns in column_blocks(means.means))
        return _sum(part @ part.T for part in parts)
    parts = (means.centered_block(rows) for rows in blocks(means.means))
    return _sum(part.T @ part for part in parts)


def _sum(matrices: Iterator[Tensor]) -> Tensor:
    total = next(matrices)
    for matrix in matrices:
        total += matrix
    return total


def _fewer_classes(means: Means) -> bool:
    return len(means.counts) <= means.means.shape[1]
