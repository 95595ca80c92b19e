"""Estimators of mutual information where the truth is known: points of a normal law, with noise or in bins."""

import math

import numpy as np
import scipy
import torch

from ncbook import metrics
from ncbook.experiments._experiment import Row
from ncbook.experiments.information_bottleneck.arm import Arm, Result
from ncbook.experiments.information_bottleneck.config import Config


def channel(dim: int, noise: float) -> float:
    """I(X; X + Z) = d/2 log(1 + 1/sigma^2) in nats, for X standard normal and Z ~ N(0, sigma^2 I)."""
    return dim / 2 * math.log1p(1 / noise)


def binned_entropy(dim: int, width: float) -> float:
    """Entropy in nats of a standard normal vector whose coordinates are rounded down to multiples of `width`."""
    edges = width * np.arange(-math.ceil(12 / width), math.ceil(12 / width) + 1)
    return dim * float(scipy.special.entr(np.diff(scipy.special.ndtr(edges))).sum())


def population_bounds(dim: int, noise: float) -> tuple[float, float]:
    """(upper, lower): the kernel bounds on `channel` from infinitely many points.

    The mean of exp(-||x - x'||^2 / 2s) over x' ~ N(0, I) is (s / (1 + s))^(d/2) exp(-||x||^2 / 2(1 + s)), with
    s = sigma^2 for the upper bound and 4 sigma^2 for the lower one.
    """
    upper, lower = (channel(dim, s) + dim / (2 * (1 + s)) for s in (noise, 4 * noise))
    return upper, lower


def estimators(config: Config, device: str, arm: Arm) -> Result:
    """One row for each dimension, number of points, seed, and noise or bin."""
    return [
        arm.row(seed, dim=dim, num_points=points, **row)
        for dim in config.dims
        for points in config.counts
        for seed in config.seeds[: config.estimator_seeds]
        for row in _estimated(config, dim, points, seed)
    ], {}


def _estimated(config: Config, dim: int, points: int, seed: int) -> list[Row]:
    sample = torch.randn(points, dim, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    sides = (sample[:, 0] > 0).long()  # any two classes: MI(Y; T) is not looked at
    rows: list[Row] = []
    for setting, noise in enumerate(config.noises):
        found = metrics.mutual_information_kde(sample, sides, noise)
        bounds = {"information": float(found.input_upper), "information_lower": float(found.input_lower)}
        about = {"estimator": "kernel", "setting": setting, "noise_variance": noise}
        rows.append(about | bounds | {"true_information": channel(dim, noise)})
    for setting, width in enumerate(config.bins):
        entropy = metrics.mutual_information_binned(sample, sides, width).input
        about = {"estimator": "bins", "setting": setting, "bin_width": width}
        rows.append(about | {"information": entropy, "true_information": binned_entropy(dim, width)})
    return rows
