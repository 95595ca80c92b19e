"""Sums over all pairs of classes, in tiles of the Gram matrix: no K x K matrix is formed."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from ncbook.metrics._classes import blocks, joined

_TILE = 512  # rows and columns of a tile: 2 MiB in float64
_CHUNK = 2**11  # columns of the vectors that are multiplied at a time

# ||a - b||^2 = ||a||^2 + ||b||^2 - 2 a.b keeps fewer than ten digits where it is smaller than this share of
# ||a||^2 + ||b||^2: such pairs are subtracted first.
_NEAR = 1e-6


@dataclass(frozen=True)
class Vectors:
    """Rows [K, d] of any float dtype, seen from `center` [d] in float64, or from the origin."""

    rows: Tensor
    center: Tensor | None = None

    def block(self, which: slice | Tensor, columns: slice = slice(None)) -> Tensor:
        """Some of the rows in float64."""
        part = self.rows[which, columns].double()
        return part if self.center is None else part - self.center[columns]

    def squares(self) -> Tensor:
        """[K] float64: squared lengths."""
        return joined(self.rows, (self.block(rows).square().sum(1) for rows in blocks(self.rows)))

    def products(self, first: slice, second: slice) -> Tensor:
        """A tile of the Gram matrix."""
        chunks = [slice(start, start + _CHUNK) for start in range(0, self.rows.shape[1], _CHUNK)]
        tile = self.block(first, chunks[0]) @ self.block(second, chunks[0]).T
        for columns in chunks[1:]:
            tile = tile + self.block(first, columns) @ self.block(second, columns).T
        return tile


@dataclass(frozen=True)
class Tile:
    """The inner products of some rows, `first`, with others, `second`: a tile on or above the diagonal."""

    first: slice
    second: slice
    products: Tensor

    def of_pairs(self, values: Tensor) -> Tensor:
        """The entries of [first, second] that belong to pairs i < j."""
        if self.first != self.second:
            return values.flatten()
        return values[torch.ones_like(values, dtype=torch.bool).triu(1)]


@dataclass
class Moments:
    """Count, mean, and summed squared deviation from the mean, put together as Chan, Golub and LeVeque (1983) do."""

    count: int = 0
    mean: float = 0.0
    scatter: float = 0.0

    def add(self, values: Tensor) -> None:
        if len(values) == 0:
            return
        mean = values.mean()
        scatter = (values - mean).square().sum().item()
        shift, total = mean.item() - self.mean, self.count + len(values)
        self.scatter += scatter + shift**2 * self.count * len(values) / total
        self.mean += shift * len(values) / total
        self.count = total

    @property
    def std(self) -> float:
        return math.sqrt(self.scatter / self.count)


class Angles:
    """(mean |cos + 1/(K-1)|, std of cos) over pairs of distinct rows, from the tiles."""

    def __init__(self, squares: Tensor) -> None:
        self._lengths, self._cosines, self._away = squares.sqrt(), Moments(), 0.0

    def add(self, tile: Tile) -> None:
        lengths = self._lengths
        cosines = tile.of_pairs(tile.products / lengths[tile.first, None] / lengths[tile.second])
        self._cosines.add(cosines)
        self._away += (cosines + 1 / (len(lengths) - 1)).abs().sum().item()

    def result(self) -> tuple[float, float]:
        return self._away / self._cosines.count, self._cosines.std


def tiles(vectors: Vectors) -> Iterator[Tile]:
    """The tiles of the Gram matrix on and above its diagonal."""
    parts = [slice(start, start + _TILE) for start in range(0, len(vectors.rows), _TILE)]
    for at, first in enumerate(parts):
        for second in parts[at:]:
            yield Tile(first, second, vectors.products(first, second))


def angles(vectors: Vectors) -> tuple[float, float]:
    """(mean |cos + 1/(K-1)|, std of cos) over ordered pairs of distinct rows."""
    found = Angles(vectors.squares())
    for tile in tiles(vectors):
        found.add(tile)
    return found.result()


def angles_and_half_sum(vectors: Vectors, variances: Tensor) -> tuple[tuple[float, float], float]:
    """`angles` and `half_sum` from one Gram matrix."""
    squares = vectors.squares()
    found, total = Angles(squares), 0.0
    for tile in tiles(vectors):
        found.add(tile)
        total += _half_sums(tile, vectors, squares, variances).sum().item()
    return found.result(), total / _pairs_of(squares)


def half_sum(vectors: Vectors, variances: Tensor) -> Tensor:
    """Mean over pairs of (Var_i + Var_j) / (2 ||v_i - v_j||^2): float64 scalar, differentiable."""
    squares = vectors.squares()
    sums = [_half_sums(tile, vectors, squares, variances).sum() for tile in tiles(vectors)]
    return torch.stack(sums).sum() / _pairs_of(squares)


def smallest_distance(vectors: Vectors) -> float:
    """The smallest distance of two rows."""
    squares = vectors.squares()
    least = [tile.of_pairs(_squared_distances(tile, vectors, squares)) for tile in tiles(vectors)]
    return math.sqrt(min(each.min().item() for each in least if len(each)))


def _half_sums(tile: Tile, vectors: Vectors, squares: Tensor, variances: Tensor) -> Tensor:
    both = variances[tile.first, None] + variances[tile.second]
    # a row's distance to itself is left out before the division: its gradient would be 0 times infinity
    return tile.of_pairs(both) / (2 * tile.of_pairs(_squared_distances(tile, vectors, squares)))


def _squared_distances(tile: Tile, vectors: Vectors, squares: Tensor) -> Tensor:
    both = squares[tile.first, None] + squares[tile.second]
    distances = both - 2 * tile.products
    near = (distances <= _NEAR * both).nonzero()
    if tile.first == tile.second:
        near = near[near[:, 0] < near[:, 1]]
    for rows in blocks(vectors.rows[:1].expand(len(near), -1)):
        one, other = near[rows].T
        apart = vectors.block(one + tile.first.start) - vectors.block(other + tile.second.start)
        distances[one, other] = apart.square().sum(1)
    return distances


def _pairs_of(squares: Tensor) -> int:
    return len(squares) * (len(squares) - 1) // 2
