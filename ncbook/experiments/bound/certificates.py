"""What one can say of the population's CDNV without the population: from concentration, and from resampling."""

import math
from itertools import combinations

import torch
from torch import Tensor

from ncbook import models
from ncbook.experiments.bound.terms import mean_and_variance


def deviations(largest_norm: float, count: int, failure: float) -> tuple[float, float]:
    """What ||E f - Avg f|| and |E ||f||^2 - Avg ||f||^2| do not exceed, each with probability 1 - failure.

    For `count` independent points of a map f fixed in advance with ||f|| <= R = `largest_norm`. The first: the mean
    deviation is at most R/sqrt(n), and one point moves the average by at most 2R/n (McDiarmid's inequality). The
    second is Hoeffding's inequality for numbers in [0, R^2].
    """
    shift = largest_norm * (1 + math.sqrt(2 * math.log(1 / failure))) / math.sqrt(count)
    return shift, largest_norm**2 * math.sqrt(math.log(2 / failure) / (2 * count))


def hoeffding(train: list[Tensor], largest_norm: float, failure: float) -> list[float]:
    """For each pair i < j, a bound on the population's CDNV that holds for all pairs at once with probability
    1 - failure, if the features were fixed before the points were drawn; inf where it says nothing."""
    shift, square = deviations(largest_norm, len(train[0]), failure / (2 * len(train)))
    parts = [mean_and_variance(features) for features in train]
    # |Var_P - Var_S| <= square gap + ||mu_P - mu_S|| (||mu_P|| + ||mu_S||), and ||mu_P|| <= ||mu_S|| + shift
    gaps = [square + shift * (2 * mean.norm().item() + shift) for mean, _ in parts]
    return [_hoeffding_pair(parts, gaps, shift, i, j) for i, j in combinations(range(len(train)), 2)]


def _hoeffding_pair(parts: list[tuple[Tensor, Tensor]], gaps: list[float], shift: float, i: int, j: int) -> float:
    distance = (parts[i][0] - parts[j][0]).norm().item()
    least = distance - 2 * shift  # the population's means are at least this far apart
    if least <= 0:
        return math.inf
    factor = (1 + 2 * shift / least) ** 2
    spread = parts[i][1].item() + parts[j][1].item() + gaps[i] + gaps[j]
    return factor * spread / (2 * distance**2)


def bootstrap(sample: list[Tensor], draws: int, failure: float, seed: int) -> list[float]:
    """For each pair i < j, the 1 - failure quantile of the bound when `sample` plays the population and points drawn
    from it with replacement play the sample. Right in the limit for points independent of the features."""
    chance = torch.Generator().manual_seed(seed)
    means, deviated = zip(*(_resampled(features, draws, chance) for features in sample), strict=True)
    return [_bootstrap_pair(means, deviated, failure, i, j) for i, j in combinations(range(len(sample)), 2)]


def _resampled(features: Tensor, draws: int, chance: torch.Generator) -> tuple[tuple[Tensor, Tensor], Tensor]:
    """(mean [d], variance), and [2, draws]: how far mean and variance of each drawn sample are from these."""
    count, (mean, variance) = len(features), mean_and_variance(features)
    drawn = torch.randint(count, (draws, count), generator=chance)
    shares = torch.zeros(draws, count, dtype=features.dtype).scatter_add_(
        1, drawn, torch.full_like(drawn, 1 / count, dtype=features.dtype)
    )
    residuals = (features - mean).cpu()
    shifts = (shares @ residuals).norm(dim=1)
    variances = shares @ residuals.square().sum(1) - shifts.square()
    return (mean.cpu(), variance.cpu()), torch.stack([shifts, (variances - variance.cpu()).abs()])


def _bootstrap_pair(
    parts: tuple[tuple[Tensor, Tensor], ...], deviated: tuple[Tensor, ...], failure: float, i: int, j: int
) -> float:
    distance = (parts[i][0] - parts[j][0]).norm()
    shifts, gaps = deviated[i] + deviated[j]
    bounds = (1 + shifts / distance).square() * (parts[i][1] + parts[j][1] + gaps) / (2 * distance.square())
    return bounds.quantile(1 - failure).item()


def norm_scale(model: models.Classifier, inputs: Tensor, count: int) -> float:
    """max ||x|| times the product of ||W_l||_F over sqrt(n), W_l with the batch norm after it folded in.

    Bounds on ||E f - Avg f|| that hold for all ReLU networks of such weights at once are proportional to it, with
    constants above 1. nan for a network with other layers than these.
    """
    product, last = inputs.flatten(1).double().norm(dim=1).max().item(), None
    for layer in model.blocks.modules():
        if isinstance(layer, torch.nn.Conv2d):
            return math.nan
        if isinstance(layer, torch.nn.BatchNorm1d) and last is not None and layer.running_var is not None:
            scale = layer.weight * (layer.running_var + layer.eps).rsqrt()
            product *= (scale[:, None] * last.weight).norm().item()
        last = layer if isinstance(layer, torch.nn.Linear) else last
    return product / math.sqrt(count)
