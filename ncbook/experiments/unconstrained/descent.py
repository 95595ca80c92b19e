"""Ways downhill for unconstrained features, in float64 and for a whole batch of starts at once.

The gradients are written out, because the book shows them: with P the softmax of the logits Z = H W^T + 1 b^T, or Z
itself for the square loss, and one-hot targets Y, the residual R = (P - Y)/N gives

    dW = R^T H + lambda_W W,    dH = R W + lambda_H H,    db = R^T 1.
"""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook import metrics, trainers
from ncbook.experiments._experiment import Rows
from ncbook.experiments.unconstrained.arms import Arm

_LINE_SEARCH = 25  # evaluations in one iteration of L-BFGS


@dataclass(frozen=True)
class Problem:
    """What is minimized. loss_name: "cross_entropy" or "square"; decays as in `models.unconstrained_objective`."""

    loss_name: str = "cross_entropy"
    weight_decay: float = 0.0
    feature_decay: float = 0.0
    bias: bool = True

    def minimum(self, num_classes: int, dim: int, per_class: int) -> metrics.UnconstrainedMinimum:
        """Of the objective, in closed form."""
        forms = {"cross_entropy": metrics.unconstrained_cross_entropy, "square": metrics.unconstrained_square_loss}
        return forms[self.loss_name](num_classes, dim, per_class, self.weight_decay, self.feature_decay)


@dataclass
class Points:
    """A batch of A models: weight [A, K, d], features [A, N, d], bias [A, K]; labels [N] are shared."""

    weight: Tensor
    features: Tensor
    bias: Tensor
    labels: Tensor

    @property
    def parts(self) -> tuple[Tensor, Tensor, Tensor]:
        return self.weight, self.features, self.bias

    @property
    def sizes(self) -> tuple[int, int, int]:
        """K, d and the number of points of a class."""
        num_classes, dim = self.weight.shape[1:]
        return num_classes, dim, len(self.labels) // num_classes

    @property
    def squared_norm(self) -> Tensor:
        """||W||^2 + ||H||^2 [A]."""
        return self.weight.square().sum((1, 2)) + self.features.square().sum((1, 2))

    def logits(self) -> Tensor:
        """[A, N, K]"""
        return self.features @ self.weight.mT + self.bias[:, None]


def starts(
    num_classes: int, per_class: int, dim: int, each: Sequence[tuple[int, float]], device: torch.device
) -> Points:
    """W and H from N(0, scale^2), b = 0, one model for each (seed, scale); the same on every device."""
    weights, features = [], []
    for seed, scale in each:
        chance = torch.Generator().manual_seed(seed)
        weights.append(scale * torch.randn(num_classes, dim, generator=chance, dtype=torch.float64))
        features.append(scale * torch.randn(num_classes * per_class, dim, generator=chance, dtype=torch.float64))
    weight, bias = torch.stack(weights), torch.zeros(len(weights), num_classes, dtype=torch.float64)
    labels = torch.arange(num_classes).repeat_interleave(per_class)
    return Points(weight.to(device), torch.stack(features).to(device), bias.to(device), labels.to(device))


def fit_losses(points: Points, problem: Problem) -> Tensor:
    """The objective without its penalty [A]: mean cross-entropy in nats, or half the mean squared error of a point."""
    logits = points.logits()
    if problem.loss_name == "square":
        return (logits - _targets(points)).square().sum((1, 2)) / (2 * len(points.labels))
    return -F.log_softmax(logits, 2)[:, range(len(points.labels)), points.labels].mean(1)


def losses(points: Points, problem: Problem) -> Tensor:
    """The objective with its penalty [A]."""
    weight, features = (part.square().sum((1, 2)) for part in (points.weight, points.features))
    return fit_losses(points, problem) + (problem.weight_decay * weight + problem.feature_decay * features) / 2


def gradients(points: Points, problem: Problem) -> tuple[Tensor, Tensor, Tensor]:
    """Of the objective, by weight [A, K, d], features [A, N, d] and bias [A, K]."""
    logits = points.logits()
    predicted = logits if problem.loss_name == "square" else F.softmax(logits, 2)
    return _chain(points, problem, (predicted - _targets(points)) / len(points.labels))


def _chain(points: Points, problem: Problem, residual: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    by_weight = residual.mT @ points.features + problem.weight_decay * points.weight
    by_features = residual @ points.weight + problem.feature_decay * points.features
    by_bias = residual.sum(1) if problem.bias else torch.zeros_like(points.bias)
    return by_weight, by_features, by_bias


def _targets(points: Points) -> Tensor:
    return F.one_hot(points.labels, points.weight.shape[1]).double()


Step = Callable[[Points], None]


def gradient_descent(problem: Problem, rate: float) -> Step:
    """theta <- theta - rate * gradient, in place."""

    def step(points: Points) -> None:
        for part, slope in zip(points.parts, gradients(points, problem), strict=True):
            part -= rate * slope

    return step


def adam(problem: Problem, rate: float, points: Points) -> Step:
    """torch's Adam with its own settings, which works entry by entry and so on a batch as on each model alone."""
    optimizer = torch.optim.Adam(points.parts, lr=rate)

    def step(points: Points) -> None:
        for part, slope in zip(points.parts, gradients(points, problem), strict=True):
            part.grad = slope
        optimizer.step()

    return step


def lbfgs(problem: Problem, points: Points) -> Step:
    """One iteration of L-BFGS with a line search, on a batch of one."""
    optimizer = torch.optim.LBFGS(
        points.parts, max_iter=1, max_eval=_LINE_SEARCH, history_size=20, tolerance_grad=1e-13, tolerance_change=0,
        line_search_fn="strong_wolfe",
    )  # fmt: skip

    def closure() -> float:
        for part, slope in zip(points.parts, gradients(points, problem), strict=True):
            part.grad = slope
        return losses(points, problem).item()

    def step(points: Points) -> None:
        optimizer.step(closure)

    return step


def scaled_flow(rate: float) -> Step:
    """Gradient descent on the plain cross-entropy L, without decays and bias, with steps rate * N / (L ||theta||^2).

    Gradient flow slows down as L falls. To multiply its speed by a positive number changes when it comes to a place,
    and not its path. L soon underflows, so that gradient / L is formed from logarithms.
    """
    problem = Problem(bias=False)

    def step(points: Points) -> None:
        speed = rate * len(points.labels) / points.squared_norm
        residual = _residual_over_loss(points) * speed[:, None, None]
        for part, slope in zip(points.parts, _chain(points, problem, residual), strict=True):
            part -= slope

    return step


def log_loss(points: Points) -> Tensor:
    """Natural logarithm of the mean cross-entropy [A], right also where the cross-entropy underflows."""
    return torch.logsumexp(_log_losses(_log_odds(points)), 1) - math.log(len(points.labels))


def _log_odds(points: Points) -> Tensor:
    """[A, N, K]: z_j - z_y, and minus infinity for j = y."""
    logits = points.logits()
    own = points.labels[None, :, None].expand(len(logits), -1, 1)
    return (logits - logits.gather(2, own)).scatter(2, own, -math.inf)


def _log_losses(odds: Tensor) -> Tensor:
    """[A, N]: log of log(1 + e^u), u = logsumexp of the odds; e^u itself once that is exact in float64."""
    total = torch.logsumexp(odds, 2)
    return torch.where(total < -40, total, F.softplus(total.clamp(min=-40), threshold=100).log())


def _residual_over_loss(points: Points) -> Tensor:
    """(P - Y) / (N L) [A, N, K], where P - Y and L may both be far below the smallest float64."""
    odds = _log_odds(points)
    own_probability = -torch.logsumexp(F.pad(odds, (0, 1)), 2, keepdim=True)  # the padding is the odds of j = y
    others = (odds + own_probability - log_loss(points)[:, None, None]).exp() / len(points.labels)
    own = points.labels[None, :, None].expand(len(others), -1, 1)
    return others.scatter(2, own, -others.sum(2, keepdim=True))


def descend(
    points: Points, step: Step, last: int, probes: Collection[int] = (), probe: Callable[[int], Rows] | None = None
) -> list[Rows]:
    """`last` steps in place; what probe(t) returned after each step t in `probes`, 0 being the start.

    Who watches is told each step; else no bar shows.
    """
    measured: list[Rows] = []
    with trainers.progress(last, 0, lambda done: None) as report:
        for done in range(last + 1):
            if probe is not None and done in probes:
                measured.append(probe(done))
                trainers.after_probe(measured)
            if done < last:
                step(points)
                report(done + 1)
    return measured


def objective_rows(arm: Arm, points: Points, problem: Problem, done: int) -> Rows:
    """A row a model: the objective, and by what share it exceeds its minimum."""
    smallest = problem.minimum(*points.sizes).loss
    values = enumerate(losses(points, problem).tolist())
    return [{**arm.row(index, done), "objective": value, "excess": value / smallest - 1} for index, value in values]


def padded(points: Points, dim: int) -> Points:
    """The same models with features in `dim` dimensions, the new ones all zero."""
    room = dim - points.weight.shape[2]
    return replace(points, weight=F.pad(points.weight, (0, room)), features=F.pad(points.features, (0, room)))
