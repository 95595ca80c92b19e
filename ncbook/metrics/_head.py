"""The geometry of a linear head beside class means: NC2 of its rows, and NC3."""

from torch import Tensor

from ncbook.metrics._classes import Means, blocks, column_blocks
from ncbook.metrics._pairs import Vectors, angles
from ncbook.metrics.geometry import etf_gram


def of_head(means: Means, weight: Tensor) -> tuple[float, float, float, float, float]:
    """nc2_norms_head, nc2_angles_head, nc2_equiangularity_head, nc3, nc3_etf; weight [K, d]."""
    rows = weight if len(means.present) == len(weight) else weight[means.present]  # [K', d]
    vectors = Vectors(rows)
    squares = vectors.squares()
    return (
        spread_of_norms(squares),
        *angles(vectors),
        _self_duality(means, rows, squares.sum().sqrt()),
        _distance_to_etf(means, rows) if len(rows) <= rows.shape[1] + 1 else _distance_to_etf_of_many(means, rows),
    )


def spread_of_norms(squares: Tensor) -> float:
    """std / mean of lengths (population std), from their squares."""
    norms = squares.sqrt()
    return (norms.std(correction=0) / norms.mean()).item()


def _self_duality(means: Means, rows: Tensor, norm: Tensor) -> float:
    """|| W/||W||_F - M/||M||_F ||_F^2."""
    parts = (rows[part].double() / norm - means.centered_block(part) / means.centered_norm for part in blocks(rows))
    return sum(part.square().sum().item() for part in parts)


def _distance_to_etf(means: Means, rows: Tensor) -> float:
    """|| P/||P||_F - E ||_F with P = W M^T and E the Gram matrix of a simplex ETF of norm 1."""
    product = means.means.new_zeros(len(rows), len(rows))
    for columns in column_blocks(rows):
        product += rows[:, columns].double() @ means.centered_block(columns=columns).T
    return (product / product.norm() - etf_gram(len(rows), rows.device)).norm().item()


def _distance_to_etf_of_many(means: Means, rows: Tensor) -> float:
    """The same from d x d matrices, where K > d + 1.

    The square is 2 - 2 <P, E> / ||P||. Rows of M^T add up to 0, so <P, E> = tr(P) / sqrt(K-1); and ||P||^2 =
    <W^T W, M^T M>. The rank of P is d at most, that of E is K-1, so the square is at least 2 - 2 sqrt(d / (K-1)), and
    no digits are lost to cancellation.
    """
    count, dim = rows.shape
    of_rows, of_means = means.means.new_zeros(2, dim, dim)
    trace = means.means.new_zeros(())
    for part in blocks(rows):
        row, mean = rows[part].double(), means.centered_block(part)
        of_rows += row.T @ row
        of_means += mean.T @ mean
        trace += (row * mean).sum()
    cosine = trace / (count - 1) ** 0.5 / (of_rows * of_means).sum().sqrt()
    return (2 - 2 * cosine).sqrt().item()
