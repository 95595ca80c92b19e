"""How fast averages over n points approach those of the population."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
import torch
from torch import Tensor

from ncbook import _checks
from ncbook.metrics import _classes, _validate


@dataclass(frozen=True)
class Concentration:
    """How far averages over n points are from the population's, and how fast that falls with n.

    Attributes:
        sizes: the n that were drawn
        mean_deviations: mean over draws of ||E f - Avg f||, one a size, in the unit of the features
        square_deviations: mean over draws of |E ||f||^2 - Avg ||f||^2|, one a size, in its square
        mean_rate, square_rate: exponents fitted by least squares of log deviation on log n
        mean_rate_error, square_rate_error: their standard errors

    >>> population = torch.randn(1000, 2, generator=torch.Generator().manual_seed(0))
    >>> draws = metrics.concentration(population, sizes=(10, 40, 160), generator=torch.Generator().manual_seed(1))
    >>> draws.mean_deviations[0] > draws.mean_deviations[2]
    True
    """

    sizes: tuple[int, ...]
    mean_deviations: tuple[float, ...]
    square_deviations: tuple[float, ...]
    mean_rate: float
    mean_rate_error: float
    square_rate: float
    square_rate_error: float


@torch.no_grad()
def concentration(
    population: Tensor, sizes: Sequence[int], generator: torch.Generator, repeats: int = 64
) -> Concentration:
    """Measure the two concentration terms of the survey's equation 9 against the number n of points.

    For each n in `sizes`, `repeats` independent draws of n of the rows, with replacement: independent points of
    the law that gives each row the same weight, so that no correction for a finite population is due. Theory says
    n^(-1/2) for both; that is what the fitted exponents should give within their errors. The fit's errors assume
    one exponent over all sizes, so sizes of a few points, where ||f||^2 is still skewed, can bend it.

    population [m, d] features of one class, any float dtype and device; `generator` on any device. Memory is
    `repeats` x m float64. Exponents are nan when deviations are no more than the rounding of the mean (exact
    collapse). Raises ValueError, naming the argument and the value, for fewer than three different sizes, a size
    or `repeats` below 1, or a population that is not a finite, non-empty floating-point matrix.

    >>> population = torch.randn(1000, 2, generator=torch.Generator().manual_seed(0))
    >>> draws = metrics.concentration(population, sizes=(10, 40, 160), generator=torch.Generator().manual_seed(1))
    >>> round(draws.mean_rate, 1)
    -0.6
    """
    _validate.require_matrix("population", population)
    _checks.require_integers("sizes", sizes)
    if len({int(size) for size in sizes}) < 3 or min(sizes) < 1:
        raise ValueError(f"sizes: expected at least three different sizes >= 1, got {list(sizes)}")
    _checks.require_instance("generator", generator, torch.Generator, "a Generator", "torch.Generator().manual_seed(0)")
    _checks.require_integer("repeats", repeats, 1)
    mean, variance = moments(population)
    deviations = [_deviations(population, mean, variance, _draw(population, n, repeats, generator)) for n in sizes]
    means, squares = np.array(deviations).T
    rounding = 16 * np.finfo(np.float64).eps * mean.norm().item()
    return Concentration(
        tuple(sizes),
        tuple(means.tolist()),
        tuple(squares.tolist()),
        *_power_law(sizes, means, rounding),
        *_power_law(sizes, squares, rounding * mean.norm().item()),
    )


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean [d] and mean squared distance to it, in float64 and in two passes."""
    blocks = [features[rows] for rows in _classes.blocks(features)]
    mean = torch.stack([block.double().sum(0) for block in blocks]).sum(0) / len(features)  # [d]
    squares = torch.stack([(block.double() - mean).square().sum() for block in blocks])  # [blocks]
    return mean, squares.sum() / len(features)


def _draw(population: Tensor, size: int, repeats: int, generator: torch.Generator) -> Tensor:
    """[repeats, m] float64: the share of each row in a draw of `size` rows with replacement."""
    drawn = torch.randint(len(population), (repeats, size), generator=generator, device=generator.device)
    shares = torch.zeros(repeats, len(population), dtype=torch.float64, device=generator.device)
    return shares.scatter_add(1, drawn, torch.full_like(drawn, 1 / size, dtype=torch.float64)).to(population.device)


def _deviations(population: Tensor, mean: Tensor, variance: Tensor, shares: Tensor) -> tuple[float, float]:
    """Mean over draws of the two terms; ||f||^2 - E ||f||^2 = ||r||^2 - Var + 2 r . E f for a residual r."""
    shifts, squares = torch.zeros_like(mean), torch.zeros_like(variance)
    for rows in _classes.blocks(population):
        residuals, weights = population[rows].double() - mean, shares[:, rows]
        shifts = shifts + weights @ residuals
        squares = squares + weights @ (residuals.square().sum(1) - variance + 2 * residuals @ mean)
    return shifts.norm(dim=1).mean().item(), squares.abs().mean().item()


def _power_law(sizes: Sequence[int], deviations: np.ndarray, rounding: float) -> tuple[float, float]:
    """Slope of log deviation on log size, and its standard error."""
    if not (deviations > rounding).all():
        return float("nan"), float("nan")

    fit = scipy.stats.linregress(np.log(sizes), np.log(deviations))
    return float(fit.slope), float(fit.stderr)
