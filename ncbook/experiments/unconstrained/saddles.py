"""Saddles of the regularised cross-entropy: critical points of lower rank, their Hessians, and the way out of them."""

import numpy as np
import torch
from torch import Tensor

from ncbook import trainers
from ncbook.experiments.unconstrained import descent as ways
from ncbook.experiments.unconstrained.config import Config
from ncbook.experiments.unconstrained.descent import Points, Problem, Step
from ncbook.experiments.unconstrained.rows import Arm, Rows, closed_form, ignore


def saddle(config: Config, device: torch.device, arm: Arm) -> tuple[Rows, dict]:
    """Stay at the critical point of rank `arm.setting`, and leave it after a nudge; `scale` is the nudge's size."""
    decays = config.saddle_weight_decay, config.saddle_feature_decay
    problem = Problem("cross_entropy", *decays)
    found = [critical_point(config, seed, arm.setting, device) for seed in config.seeds]
    arrays = {
        "saddle/eigenvalues": np.stack([hessian_eigenvalues(point, problem) for point in found]),
        "saddle/loss": np.array([ways.losses(point, problem).item() for point in found]),
        "saddle/gradient": np.array([_largest_slope(point, problem) for point in found]),
    }
    about = [(seed, nudge) for nudge in (0.0, config.nudge) for seed in config.seeds]
    points = _joined([_nudged(point, nudge, seed) for nudge in (0.0, config.nudge)
                      for point, seed in zip(found, config.seeds, strict=True)])  # fmt: skip
    rows: Rows = []
    step = ways.gradient_descent(problem, config.cross_entropy_rate)
    _watch_loss(points, step, config, rows, arm, about, problem)
    return rows, arrays


def _watch_loss(
    points: Points, step: Step, config: Config, rows: Rows, arm: Arm, about: list, problem: Problem
) -> None:
    """Rows with the loss alone: at the origin there is no collapse to measure."""
    sizes = config.saddle_classes, config.saddle_dim, config.saddle_per_class
    closed = closed_form(arm.objective, *sizes, (problem.weight_decay, problem.feature_decay))

    def probe(done: int) -> None:
        for loss, (seed, nudge) in zip(ways.losses(points, problem).tolist(), about, strict=True):
            place = {**vars(arm), "seed": seed, "scale": nudge, "step": done}
            rows.append(place | {"loss": loss, "error": loss / closed.loss - 1})

    ways.descend(points, step, config.escape_steps, trainers.log_spaced(config.escape_steps, 60), probe)


def critical_point(config: Config, seed: int, rank: int, device: torch.device) -> Points:
    """A minimum among features of `rank` dimensions, seen in all dimensions; rank 0 is the origin.

    Along the dimensions that were added W and H are zero, and so are their gradients R^T H and R W.
    """
    problem = Problem("cross_entropy", config.saddle_weight_decay, config.saddle_feature_decay)
    sizes = config.saddle_classes, config.saddle_per_class, max(rank, 1)
    points = ways.starts(*sizes, (seed,), (config.scales[0] if rank else 0.0,), device)
    if rank:
        ways.descend(points, ways.lbfgs(problem, points), 300, (), ignore)
    return ways.padded(points, config.saddle_dim)


def hessian_eigenvalues(points: Points, problem: Problem) -> np.ndarray:
    """All eigenvalues, ascending, of the second derivatives by W, H and b together, at one model."""
    sizes = [part.numel() for part in points.parts]

    def loss(flat: Tensor) -> Tensor:
        weight, features, bias = (
            f.reshape(part.shape) for f, part in zip(flat.split(sizes), points.parts, strict=True)
        )
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
