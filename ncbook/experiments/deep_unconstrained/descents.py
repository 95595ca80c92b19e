"""Deep unconstrained features: free features, `layers` weight matrices behind them, and decay on all.

One feature a class, so within-class collapse is built in: what is asked is where the class means go, layer by layer.
"deep linear" has the cross-entropy and no activations, "deep relu" half the mean squared error to one-hot targets and
a ReLU after the features and after each matrix but the last.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook.experiments.deep_unconstrained.config import Config

_RANK_CUT = 1e-3  # a singular value below this share of the largest counts as zero


@dataclass(frozen=True)
class Deep:
    """One problem of M = layers + 1 factors: features H [width, K], W_1, ... [width, width], the last [K, width]."""

    model: str
    classes: int
    layers: int
    width: int
    decay: float

    @property
    def shapes(self) -> list[tuple[int, int]]:
        wide = (self.width, self.width)
        return [(self.width, self.classes), *[wide] * (self.layers - 1), (self.classes, self.width)]

    def outputs(self, flat: Tensor) -> list[Tensor]:
        """What comes out of every factor before its activation, [d_l, K] each; the last are the logits Z [K, K]."""
        parts = flat.split([rows * columns for rows, columns in self.shapes])
        found = [parts[0].view(self.shapes[0])]
        for part, shape in zip(parts[1:], self.shapes[1:], strict=True):
            before = found[-1] if self.model == "deep linear" else found[-1].relu()
            found.append(part.view(shape) @ before)
        return found

    def loss(self, flat: Tensor) -> Tensor:
        """The objective: the fit, and decay/2 times the sum of all squares."""
        logits = self.outputs(flat)[-1]
        if self.model == "deep linear":
            fit = F.cross_entropy(logits.T, torch.arange(self.classes))
        else:
            fit = (logits - torch.eye(self.classes, dtype=flat.dtype)).square().sum() / (2 * self.classes)
        return fit + self.decay / 2 * flat.square().sum()


def schatten(logits: Tensor, factors: int) -> Tensor:
    """M sum_i s_i^(2/M): the least sum of squares of M matrices whose product is `logits`, with singular values s_i."""
    values = torch.linalg.svdvals(logits)
    noise = 16 * len(logits) * torch.finfo(values.dtype).eps * values[0]  # a small power would make much of it
    return factors * values[values > noise].pow(2 / factors).sum()


def collapsed(problem: Deep) -> tuple[float, float]:
    """Size a and loss of the collapsed solution, the best of its shape: logits a (I - 11^T/K), or a I with ReLUs."""
    classes, factors = problem.classes, problem.layers + 1
    rank = classes - 1 if problem.model == "deep linear" else classes

    def loss(size: float) -> float:
        linear = problem.model == "deep linear"
        fit = math.log1p((classes - 1) * math.exp(-size)) if linear else (1 - size) ** 2 / 2
        return fit + problem.decay / 2 * factors * rank * size ** (2 / factors)

    grid = np.linspace(0.01, 30 if problem.model == "deep linear" else 1, 3000)
    best = int(np.argmin([loss(size) for size in grid]))
    span = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = scipy.optimize.minimize_scalar(loss, bounds=span, method="bounded", options={"xatol": 1e-12})
    return float(found.x), float(found.fun)


def collapsed_point(problem: Deep) -> Tensor:
    """The collapsed solution as one vector: every factor scaled alike."""
    classes, factors = problem.classes, problem.layers + 1
    target = torch.eye(classes, dtype=torch.float64)
    if problem.model == "deep linear":
        target = target - 1 / classes
    root = collapsed(problem)[0] ** (1 / factors) * target  # a projection: its powers are itself
    parts = [torch.zeros(shape, dtype=torch.float64) for shape in problem.shapes]
    for part in parts:
        part[:classes, :classes] = root
    return torch.cat([part.flatten() for part in parts])


def descend(problem: Deep, start: Tensor, steps: int) -> Tensor:
    """Down from `start` by L-BFGS."""

    def value_and_slope(flat: np.ndarray) -> tuple[float, np.ndarray]:
        point = torch.from_numpy(flat.copy()).requires_grad_()
        loss = problem.loss(point)
        (slope,) = torch.autograd.grad(loss, point)
        return loss.item(), slope.numpy()

    options = {"maxiter": steps, "maxfun": 2 * steps, "ftol": 1e-14, "gtol": 1e-9}
    return torch.from_numpy(
        scipy.optimize.minimize(value_and_slope, start.numpy(), jac=True, method="L-BFGS-B", options=options).x
    )


def lowest_curvature(problem: Deep, point: Tensor) -> float:
    """The smallest eigenvalue of the Hessian over the largest: not below 0, up to rounding, at a local minimum."""
    values = torch.linalg.eigvalsh(torch.autograd.functional.hessian(problem.loss, point))
    return (values[0] / values[-1]).item()


def rank(matrix: Tensor) -> int:
    """How many singular values are above a thousandth of the largest."""
    values = torch.linalg.svdvals(matrix)
    return int((values > _RANK_CUT * values[0]).sum())


def deep_rows(config: Config, arm: tuple[str, int, int]) -> list[dict[str, Any]]:
    """All rows of one model, number of classes and number of layers."""
    model, classes, layers = arm
    decay = config.linear_decay if model == "deep linear" else config.relu_decay
    problem = Deep(model, classes, layers, classes + config.extra_dims, decay)
    center, best = collapsed_point(problem), collapsed(problem)[1]
    about = {"arm": model, "num_classes": classes, "num_layers": layers, "step": config.descent_steps}
    about["collapsed_loss"] = best
    about["lowest_curvature"] = lowest_curvature(problem, center) if model == "deep linear" else math.nan
    return [
        about | {"start": kind, "seed": seed} | _found(problem, descend(problem, start, config.descent_steps))
        for seed in config.seeds
        for kind, start in _starts(problem, center, config.nudge, seed)
    ]


def _found(problem: Deep, point: Tensor) -> dict[str, float]:
    *inner, logits = problem.outputs(point)
    ranks = {"logit_rank": float(rank(logits)), "inner_rank": float(min(map(rank, inner)))}
    return {"regularized_loss": problem.loss(point).item()} | ranks


def _starts(problem: Deep, center: Tensor, nudge: float, seed: int) -> list[tuple[str, Tensor]]:
    """Factors with entries of variance 1 / columns; and the collapsed solution with a disturbance."""
    chance = torch.Generator().manual_seed(seed)
    parts = [torch.randn(shape, generator=chance, dtype=torch.float64) / shape[1] ** 0.5 for shape in problem.shapes]
    noise = torch.randn(center.shape, generator=chance, dtype=torch.float64)
    return [
        ("random", torch.cat([part.flatten() for part in parts])),
        ("nudged", center + nudge * center.norm() * noise / noise.norm()),
    ]
