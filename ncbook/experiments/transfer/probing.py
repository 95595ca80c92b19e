"""How well features tell classes apart that the network was not trained on: few shots, a linear probe, clusters."""

import numpy as np
import scipy
import torch
from torch import Tensor

_PENALTIES = np.logspace(-6, 2, 9)  # over the mean squared norm of the centered features
_RESTARTS = 5  # of k-means


def few_shot(
    features: Tensor, labels: Tensor, shots: int, trials: int, penalty: float, seed: int
) -> tuple[float, float]:
    """(ridge, nearest mean): mean accuracy over `trials` draws of `shots` points a class, on all the other points.

    Ridge regression onto one-hot labels, on features less the shots' mean, with `penalty` times the mean squared norm
    of these; and the nearest of the shots' class means. features [N, d], labels [N] of K classes of equal size.
    """
    points, classes = features.double(), int(labels.max()) + 1
    chosen = _draws(labels, classes, shots, trials, seed)  # [trials, K shots]
    kept = torch.ones(trials, len(labels), dtype=torch.bool, device=labels.device).scatter_(1, chosen, False)
    shown, targets = points[chosen], torch.eye(classes, dtype=points.dtype, device=points.device)[labels[chosen]]
    scores = _ridge_scores(shown, targets, points, penalty)
    centers = shown.unflatten(1, (classes, shots)).mean(2)  # the draws are ordered by class
    nearness = points @ centers.mT - centers.square().sum(2)[:, None] / 2  # (||h||^2 - distance^2) / 2
    found = [_share(kept & (each.argmax(2) == labels), kept) for each in (scores, nearness)]
    return found[0], found[1]


def _draws(labels: Tensor, classes: int, shots: int, trials: int, seed: int) -> Tensor:
    """Row numbers [trials, K shots], `shots` of each class in turn, without replacement within a trial."""
    generator = np.random.default_rng(seed)
    rows = [np.flatnonzero(labels.cpu().numpy() == c) for c in range(classes)]
    draws = [np.concatenate([generator.choice(each, shots, replace=False) for each in rows]) for _ in range(trials)]
    return torch.from_numpy(np.stack(draws)).to(labels.device)


def _ridge_scores(shown: Tensor, targets: Tensor, points: Tensor, penalty: float) -> Tensor:
    """Scores [trials, N, K] of points [N, d] by ridge regression with an intercept on shown [trials, n, d]."""
    middle = shown.mean(1, keepdim=True)
    centered, goal = shown - middle, targets - targets.mean(1, keepdim=True)
    gram = centered @ centered.mT  # [trials, n, n]
    size = gram.diagonal(dim1=1, dim2=2).mean(1)[:, None, None]
    weight: Tensor = centered.mT @ torch.linalg.solve(gram + penalty * size * torch.eye(gram.shape[1]).to(gram), goal)
    return points @ weight - middle @ weight + targets.mean(1, keepdim=True)


def _share(right: Tensor, kept: Tensor) -> float:
    return (right.sum() / kept.sum()).item()


def linear_probe(features: Tensor, labels: Tensor) -> tuple[float, float]:
    """(ridge, nearest mean): accuracy on the second half of the points of classifiers fitted to the first half.

    Scikit-learn's ridge classifier, its penalty chosen by leave-one-out within the first half; and the nearest of the
    first half's class means. features [N, d] in random order, labels [N].
    """
    from sklearn.linear_model import RidgeClassifierCV  # slow to import, and every chapter imports this module

    points, classes, half = features.double().cpu().numpy(), labels.cpu().numpy(), len(labels) // 2
    points = points - points[:half].mean(0)
    scale = np.sqrt((points[:half] ** 2).sum(1).mean()) or 1.0
    first, second = points[:half] / scale, points[half:] / scale
    ridge = RidgeClassifierCV(half * _PENALTIES).fit(first, classes[:half]).predict(second)
    names = np.unique(classes[:half])
    centers = np.stack([first[classes[:half] == c].mean(0) for c in names])
    nearest = names[((second[:, None] - centers) ** 2).sum(2).argmin(1)]
    return float((ridge == classes[half:]).mean()), float((nearest == classes[half:]).mean())


def recovered(features: Tensor, groups: Tensor, labels: Tensor, seed: int) -> float:
    """Share of points whose fine class the clusters of their super-class find: chance is near 1 / (classes in it).

    The residual h - mu of each super-class is clustered by k-means into as many clusters as it holds fine classes, and
    clusters are matched to classes one to one so that most points are right. features [N, d]; groups [N], the
    super-classes that were trained; labels [N], the fine classes.
    """
    points, fine, coarse = (each.detach().cpu().numpy() for each in (features.double(), labels, groups))
    return float(sum(_matched(points[coarse == g], fine[coarse == g], seed) for g in np.unique(coarse)) / len(fine))


def _matched(points: np.ndarray, labels: np.ndarray, seed: int) -> int:
    """Points of one super-class in the cluster that was matched to their class."""
    from sklearn.cluster import KMeans  # slow to import, and every chapter imports this module

    names, numbers = np.unique(labels, return_inverse=True)
    residuals = points - points.mean(0)
    scale = np.abs(residuals).max() or 1.0  # k-means stops early on residuals that are tiny
    places = min(len(names), len(np.unique(residuals / scale, axis=0)))  # a dead network has but one
    clusters = KMeans(places, n_init=_RESTARTS, random_state=seed).fit_predict(residuals / scale)
    counts = np.zeros((len(names), len(names)), dtype=int)
    np.add.at(counts, (clusters, numbers), 1)
    return int(counts[scipy.optimize.linear_sum_assignment(-counts)].sum())
