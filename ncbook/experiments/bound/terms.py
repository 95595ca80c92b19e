"""The terms of the bound, measured for every pair of classes of one network."""

from itertools import combinations

import torch
from torch import Tensor

from ncbook import metrics

# column -> the term of `metrics.CollapseBound`
TERMS = {
    "cdnv_test": "population_cdnv",
    "cdnv_train": "train_cdnv",
    "a": "a",
    "A": "A",
    "B": "B",
    "cdnv_bound": "bound",
}


def by_class(features: Tensor, labels: Tensor, num_classes: int) -> list[Tensor]:
    """Features [N, d] as float64 [n_k, d], one a class."""
    return [features[labels == c].double() for c in range(num_classes)]


def mean_and_variance(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean [d] and mean squared distance to it, of [n, d]."""
    mean = features.mean(0)
    return mean, (features - mean).square().sum(1).mean()


def stand_ins(classes: list[Tensor]) -> list[Tensor]:
    """Two points [2, d] a class with its mean and its variance: all that the bound asks of a class."""
    return [_two_points(*mean_and_variance(features)) for features in classes]


def _two_points(mean: Tensor, variance: Tensor) -> Tensor:
    step = torch.zeros_like(mean)
    step[0] = variance.sqrt()
    return torch.stack([mean - step, mean + step])


def pair_terms(train: list[Tensor], population: list[Tensor]) -> list[dict[str, float]]:
    """One row for each pair i < j: class_i, class_j, the terms of `metrics.CollapseBound`, and lengths.

    shift_sum, the sum of the two mean shifts, and distance_train, distance_test between the class means are in
    the unit of the features.
    """
    small, large = stand_ins(train), stand_ins(population)
    return [_pair(small, large, i, j) for i, j in combinations(range(len(train)), 2)]


def _pair(train: list[Tensor], population: list[Tensor], i: int, j: int) -> dict[str, float]:
    found = metrics.test_collapse_bound(train[i], train[j], population[i], population[j])
    means = [[side[c].mean(0) for c in (i, j)] for side in (train, population)]
    near, far = ((first - second).norm().item() for first, second in means)
    return {"class_i": i, "class_j": j, **{name: getattr(found, term) for name, term in TERMS.items()}} | {
        "shift_sum": sum(found.mean_shifts), "distance_train": near, "distance_test": far,
    }  # fmt: skip


def mean_terms(train: list[Tensor], population: list[Tensor]) -> dict[str, float]:
    """Means over the pairs of the terms."""
    rows = pair_terms(train, population)
    return {name: sum(row[name] for row in rows) / len(rows) for name in TERMS}


def nearest_center_error(classes: list[Tensor], centers: Tensor) -> float:
    """Mean over classes of the share of their points that are nearer to another row of `centers` [K, d]."""
    wrong = [(torch.cdist(features, centers).argmin(1) != c).double().mean() for c, features in enumerate(classes)]
    return torch.stack(wrong).mean().item()


def gaussian_curves(dims: tuple[int, ...]) -> dict[str, Tensor]:
    """Two isotropic Gaussian classes at distances D = 1 to 12 standard deviations: error of the nearest-center rule
    and its bounds, in closed form. gaussian/cdnv and gaussian/bound are [dims, 60], the others [60]."""
    distance = torch.linspace(1, 12, 60, dtype=torch.float64)
    cdnv = torch.tensor(dims, dtype=torch.float64)[:, None] / distance.square()  # Var = d sigma^2 in both classes
    return {
        "gaussian/distance": distance,
        "gaussian/cdnv": cdnv,
        "gaussian/error": torch.special.ndtr(-distance / 2),
        "gaussian/bound": 4 * cdnv,
        "gaussian/directional": 1 / (1 + distance.square() / 4),
    }
