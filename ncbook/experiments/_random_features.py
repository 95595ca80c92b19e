"""Least squares on random ReLU features: the smallest model that has double descent, solved in closed form.

Everything is float64: at d = N the smallest singular value of the features decides the outcome.
"""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ncbook import data
from ncbook.experiments._noisy_labels import error

_OFFSET = 0.3  # standard deviation of a feature's threshold, where a projection has about 1


class Factors(NamedTuple):
    """phi [N, d] = left [N, r] diag(singular [r]) right [r, d], with r the rank of phi."""

    left: Tensor
    singular: Tensor
    right: Tensor


def random_features(inputs: Tensor, count: int, seed: int) -> Tensor:
    """[N, count] float64: relu(<v_j, x> + c_j) / sqrt(count) for random v_j and c_j, which `seed` draws.

    inputs [N, ...] are flattened to p numbers; v_j has entries of variance 1/p. The first features of a larger count
    are those of a smaller one, but for the factor 1/sqrt(count). Raises ValueError unless count >= 1.
    """
    if count < 1:
        raise ValueError(f"count: must be at least 1, got {count}")
    points = inputs.flatten(1).double()
    pixels = points.shape[1]
    rows = np.random.default_rng(seed).standard_normal((count, pixels + 1))  # row by row: a longer draw only adds
    drawn = torch.from_numpy(rows).to(points.device)
    projected = points @ drawn[:, :pixels].T / pixels**0.5 + _OFFSET * drawn[:, pixels]
    features: Tensor = projected.relu() / count**0.5
    return features


def solve(phi: Tensor, targets: Tensor, ridge: float = 0.0) -> Tensor:
    """Theta [d, K] that minimizes ||phi Theta - targets||_F^2 / N + ridge ||Theta||_F^2.

    phi [N, d], targets [N, K], float64. With ridge = 0 of all minimizers the one of least norm.
    """
    factors = factorize(phi)
    return factors.right.T @ coordinates(factors, targets, ridge)


def factorize(phi: Tensor) -> Factors:
    """The singular value decomposition of phi [N, d], without singular values that are zero up to rounding.

    With at least twice as many features as points phi is so well conditioned that the N x N matrix phi phi^T will do.
    """
    rows, columns = phi.shape
    if columns < 2 * rows:
        left, singular, right = torch.linalg.svd(phi, full_matrices=False)
        precision = torch.finfo(phi.dtype).eps * max(rows, columns)
    else:
        squares, left = torch.linalg.eigh(phi @ phi.T)
        singular = squares.clamp(min=0).sqrt()
        precision = (torch.finfo(phi.dtype).eps * columns) ** 0.5
        right = (phi.T @ left / singular.clamp(min=precision * singular.max())).T
    kept = singular > precision * singular.max()
    return Factors(left[:, kept], singular[kept], right[kept])


def coordinates(factors: Factors, targets: Tensor, ridge: float) -> Tensor:
    """[r, K]: the minimizer in the basis of the right singular vectors, so with the norm of Theta."""
    shrunk = factors.singular / (factors.singular**2 + len(targets) * ridge)
    return shrunk[:, None] * (factors.left.T @ targets)


def centered_one_hot(labels: Tensor, num_classes: int) -> Tensor:
    """Targets [N, K] float64: 1 - 1/K at the label, -1/K elsewhere."""
    return torch.nn.functional.one_hot(labels, num_classes).double() - 1 / num_classes


def curve(
    dataset: data.Dataset, noises: Sequence[float], counts: Sequence[int], ridges: Sequence[float], seed: int
) -> dict[str, np.ndarray]:
    """Each [noises, ridges, counts], for one draw of features and noise: train_error, test_error, norm of Theta, and
    residual, the squared training error per point.

    Both training errors are against the labels that were fitted, the wrong ones included; test labels are never noisy.
    """
    noisy = [data.LabelNoise(noise, seed)(dataset).train.labels for noise in noises]
    names = ("train_error", "residual", "test_error", "norm")
    results = {name: np.zeros((len(noises), len(ridges), len(counts))) for name in names}
    for c, count in enumerate(counts):
        train, test = (random_features(split.inputs, count, seed) for split in (dataset.train, dataset.test))
        factors = factorize(train)
        train, test = train @ factors.right.T, test @ factors.right.T  # [N, r] and [points to test, r]
        for (n, labels), (r, ridge) in product(enumerate(noisy), enumerate(ridges)):
            targets = centered_one_hot(labels, dataset.num_classes)
            theta = coordinates(factors, targets, ridge)
            fitted = train @ theta
            results["train_error"][n, r, c] = error(fitted, labels)
            results["residual"][n, r, c] = (fitted - targets).square().sum().item() / len(targets)
            results["test_error"][n, r, c] = error(test @ theta, dataset.test.labels)
            results["norm"][n, r, c] = theta.norm().item()
    return results
