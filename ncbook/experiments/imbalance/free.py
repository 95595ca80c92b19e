"""Unconstrained features with classes of two sizes, without a bias: the minimum of the regularized loss by L-BFGS.

At a minimum all features of a class are equal, because the loss is convex in the logits and the penalty is their
nuclear norm; so a class has one feature here, which counts as often as the class has points. Sizes need not be whole.
"""

from dataclasses import dataclass
from itertools import product
from typing import Any

import torch
from torch import Tensor

from ncbook import trainers
from ncbook.experiments.imbalance import geometry
from ncbook.experiments.imbalance.config import Config
from ncbook.readings.imbalance import ADJUSTED, FREE, LIMIT, PLAIN, REWEIGHTED
from ncbook.trainers.outputs import Term

_MOST_STEPS = 4000
_FLAT = 1e-10  # an entry of the gradient


@dataclass(frozen=True)
class Problem:
    """One minimization: `arm` is the loss."""

    part: str
    arm: str
    ratio: float
    weight_decay: float
    feature_decay: float
    seed: int


def problems(config: Config) -> list[Problem]:
    """Every pair of decays at every ratio; the other losses with the first pair alone; and the limit."""
    seeds = config.seeds[: config.starts]
    pairs = list(zip(config.weight_strengths, config.feature_strengths, strict=True))
    kinds = [(PLAIN, pair) for pair in pairs] + [(arm, pairs[0]) for arm in (REWEIGHTED, ADJUSTED)]
    found = [
        Problem(FREE, arm, ratio, *pair, seed) for seed, (arm, pair), ratio in product(seeds, kinds, config.free_ratios)
    ]
    limits = product(seeds, config.limits)
    return found + [Problem(LIMIT, PLAIN, config.limit_ratio, decay, decay, seed) for seed, decay in limits]


def sizes(config: Config, ratio: float) -> Tensor:
    """[K] float64: points of each class, the frequent ones first."""
    counts = torch.full((config.classes,), float(config.free_per_class), dtype=torch.float64)
    counts[-config.rare :] /= ratio
    return counts


def loss_of(arm: str, counts: Tensor) -> Term:
    """The loss of an arm for classes of these sizes."""
    given = tuple(counts.tolist())
    losses: dict[str, Term] = {REWEIGHTED: trainers.Reweighted(given), ADJUSTED: trainers.LogitAdjusted(given)}
    return losses.get(arm, trainers.CrossEntropy())


def row(config: Config, problem: Problem) -> dict[str, Any]:
    """The minimum of one problem from a random start, measured."""
    counts = sizes(config, problem.ratio)
    weight, features, slope = minimum(problem, counts)
    found = {name: getattr(problem, name) for name in Problem.__dataclass_fields__}
    return found | {"step": 0, "slope": slope} | geometry.measure(weight, features, counts, config.rare)


def minimum(problem: Problem, counts: Tensor) -> tuple[Tensor, Tensor, float]:
    """W [K, K], the class features [K, K] and the largest entry of the gradient of `objective`."""
    chance = torch.Generator().manual_seed(problem.seed)
    size = len(counts)
    start = 0.1 * torch.randn(2, size, size, generator=chance, dtype=torch.float64)
    trainers.before_training([start])  # how nearly rows are one at the end is decided by last digits
    both = start.requires_grad_()
    optimizer = torch.optim.LBFGS(
        [both], max_iter=_MOST_STEPS, tolerance_grad=_FLAT, tolerance_change=0.0, history_size=30,
        line_search_fn="strong_wolfe",
    )  # fmt: skip

    def closure() -> Tensor:
        optimizer.zero_grad()
        value = objective(problem, counts, both[0], both[1])
        value.backward()
        return value

    optimizer.step(closure)
    closure()
    slope = 0.0 if both.grad is None else both.grad.abs().max().item()
    weight, scaled = both.detach()
    return weight, scaled / counts.sqrt()[:, None], slope


def objective(problem: Problem, counts: Tensor, weight: Tensor, scaled: Tensor) -> Tensor:
    """(1/N) sum_i loss(W h_i, y_i) + lambda_W/2 ||W||^2 + lambda_H/2 ||H||^2, with rows sqrt(n_c) h_c in `scaled`."""
    features = scaled / counts.sqrt()[:, None]
    labels = torch.arange(len(counts))
    outputs = trainers.Outputs(features, features @ weight.T, labels, weight, mask=counts)  # a weight for each point
    penalty = problem.weight_decay * weight.square().sum() + problem.feature_decay * scaled.square().sum()
    return loss_of(problem.arm, counts)(outputs) + penalty / 2
