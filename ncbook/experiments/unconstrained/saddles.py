"""Saddles of the regularized cross-entropy: critical points of lower rank, their Hessians, and the way out of them."""

from itertools import chain

import numpy as np
import torch
from torch import Tensor

from ncbook import trainers
from ncbook.experiments._experiment import Arrays, Rows
from ncbook.experiments.unconstrained import descent as ways
from ncbook.experiments.unconstrained.arms import Arm
from ncbook.experiments.unconstrained.config import Config
from ncbook.experiments.unconstrained.descent import Points, Problem

_PROBES = 60


def saddle(config: Config, device: torch.device, arm: Arm) -> tuple[Rows, Arrays]:
    """Stay at the critical point of rank `arm.setting`, and leave it after a nudge.

    Rows have the objective alone: at the origin there is no collapse to measure.
    """
    problem = Problem("cross_entropy", config.saddle_weight_decay, config.saddle_feature_decay)
    critical = {seed: critical_point(config, seed, arm.setting, device) for seed in config.seeds}
    points = _joined([_nudged(critical[seed], nudge, seed) for seed, nudge in arm.starts])
    step, last = ways.gradient_descent(problem, config.cross_entropy_rate), config.escape_steps

    def probe(done: int) -> Rows:
        return ways.objective_rows(arm, points, problem, done)

    found = ways.descend(points, step, last, trainers.log_spaced(last, _PROBES), probe)
    arrays = {
        "saddle/eigenvalues": np.stack([hessian_eigenvalues(point, problem) for point in critical.values()]),
        "saddle/loss": np.array([ways.losses(point, problem).item() for point in critical.values()]),
        "saddle/gradient": np.array([_largest_slope(point, problem) for point in critical.values()]),
    }
    return list(chain.from_iterable(found)), arrays


def critical_point(config: Config, seed: int, rank: int, device: torch.device) -> Points:
    """A minimum among features of `rank` dimensions, seen in all dimensions; rank 0 is the origin.

    Along the dimensions that were added W and H are zero, and so are their gradients R^T H and R W.
    """
    problem = Problem("cross_entropy", config.saddle_weight_decay, config.saddle_feature_decay)
    start = (seed, config.scales[0] if rank else 0.0)
    points = ways.starts(config.saddle_classes, config.saddle_per_class, max(rank, 1), [start], device)
    if rank:
        ways.descend(points, ways.lbfgs(problem, points), 300)
    return ways.padded(points, config.saddle_dim)


def hessian_eigenvalues(points: Points, problem: Problem) -> np.ndarray:
    """All eigenvalues, ascending, of the second derivatives by W, H and b together, at one model."""
    sizes = [part.numel() for part in points.parts]

    def loss(flat: Tensor) -> Tensor:
        parts = zip(torch.split(flat, sizes), points.parts, strict=True)
        weight, features, bias = (own.reshape(part.shape) for own, part in parts)
        return ways.losses(Points(weight, features, bias, points.labels), problem)[0]

    flat = torch.cat([part.flatten() for part in points.parts])
    return torch.linalg.eigvalsh(torch.autograd.functional.hessian(loss, flat)).cpu().numpy()


def _largest_slope(points: Points, problem: Problem) -> float:
    return max(slope.abs().max().item() for slope in ways.gradients(points, problem))


def _nudged(points: Points, size: float, seed: int) -> Points:
    """W and H with Gaussian noise of standard deviation `size`."""
    chance = torch.Generator().manual_seed(seed)
    weight, features = (
        part + size * torch.randn(part.shape, generator=chance, dtype=part.dtype).to(part.device)
        for part in (points.weight, points.features)
    )
    return Points(weight, features, points.bias.clone(), points.labels)


def _joined(each: list[Points]) -> Points:
    weight, features, bias = (torch.cat(parts) for parts in zip(*(points.parts for points in each), strict=True))
    return Points(weight, features, bias, each[0].labels)
