"""Effective dimensions of a matrix, and how evenly class means are spread over directions."""

import torch
from torch import Tensor

from ncbook.metrics import _validate


def effective_rank(matrix: Tensor) -> Tensor:
    """exp(-sum_i p_i log p_i) with p_i = s_i / sum_j s_j over the singular values s_i (Roy and Vetterli 2007).

    matrix [m, n] -> float64 scalar between 1 and rank(matrix); no change under scaling or rotation. The matrix is
    taken as it is, so the answer depends on what is passed: features [N, d] give their own singular values s_i,
    their second moments or covariance give s_i^2 / N and thus a smaller number, and uncentered features count
    their mean as one direction. A matrix of zeros gives nan. Differentiable where all singular values are distinct
    and positive. Raises ValueError unless `matrix` is a finite floating-point matrix.

    >>> metrics.effective_rank(torch.diag(torch.tensor([1.0, 1.0, 0.0])))
    tensor(2., dtype=torch.float64)
    """
    singular = _singular_values(matrix)
    return torch.special.entr(singular / singular.sum()).sum().exp()


def stable_rank(matrix: Tensor) -> Tensor:
    """||A||_F^2 / ||A||_2^2 = sum_i s_i^2 / max_i s_i^2 (Rudelson and Vershynin 2007).

    matrix [m, n] -> float64 scalar between 1 and rank(matrix); no change under scaling or rotation, and insensitive
    to small singular values. A matrix of zeros gives nan. Differentiable where the largest singular value is simple.
    Raises ValueError unless `matrix` is a finite floating-point matrix.

    >>> metrics.stable_rank(torch.diag(torch.tensor([2.0, 2.0, 1.0])))
    tensor(2.2500, dtype=torch.float64)
    """
    singular = _singular_values(matrix)
    return (singular / singular[0]).square().sum()


def log_kernel_uniformity(class_means: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance over pairs of log(1 / ||u_i - u_j||), u_i the normalized centered class means.

    Hyperspherical uniformity with the logarithmic kernel, the form of NC2 for more classes than dimensions (Wu and
    Papyan 2024, linguistic collapse; the variance is what they correlate with the loss). The variance divides by
    the number of pairs i < j. It is 0 for equal angles, where the mean is lowest: -log(2K/(K-1))/2 nats.

    class_means [K, d], or the rows of a classifier; their unweighted mean is subtracted here. Two float64 scalars,
    in nats and nats^2, which do not change under scaling, rotation or shift. Two equal means give (inf, nan), a mean
    at the global mean gives nan. Differentiable. Raises ValueError for fewer than two rows or a non-finite entry.

    >>> mean, variance = metrics.log_kernel_uniformity(means)
    >>> mean  # -log(2K / (K - 1)) / 2 for a simplex
    tensor(-0.5493, dtype=torch.float64)
    """
    _validate.require_means(class_means)
    means = class_means.double()
    centered = means - means.mean(0)
    lengths = centered.norm(dim=1, keepdim=True)
    # what rounding leaves of a mean at the global mean has no direction
    noise = 8 * torch.finfo(torch.float64).eps * means.norm()
    unit = centered / torch.where(lengths > noise, lengths, float("nan"))
    # pdist subtracts before it squares: near directions keep their digits
    energies = -torch.nn.functional.pdist(unit).log()
    return energies.mean(), energies.var(correction=0)


def _singular_values(matrix: Tensor) -> Tensor:
    _validate.require_matrix("matrix", matrix)
    return torch.linalg.svdvals(matrix.double())
