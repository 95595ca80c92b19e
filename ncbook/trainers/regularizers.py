"""Measures of collapse, flatness and confidence that training can push up or down, and the push itself.

Functions of `Outputs` with a differentiable scalar: the metrics of those names without their checks, so that they run
under `torch.func.vmap`, on batches in which classes are missing too.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook._checks import require, require_callable, require_flag, require_integer, require_number, require_positive
from ncbook.trainers.outputs import Outputs, Term, one_hot, precise, require_outputs


@dataclass(frozen=True)
class Floor:
    """x -> relu(log level - log x): pushes x up to `level`, and no further. At x = 0 it is finite and does not push.

    >>> trainers.Floor(1.0)(torch.tensor([0.5, 2.0]))  # log 2 below the level, 0 above
    tensor([0.6931, 0.0000])
    """

    level: float

    def __post_init__(self) -> None:
        require_positive("level", self.level)

    def __call__(self, value: Tensor) -> Tensor:
        require("value", value, isinstance(value, Tensor) and value.is_floating_point(), "a float tensor")
        return F.relu(math.log(self.level) - value.clamp(min=torch.finfo(value.dtype).tiny).log())


@dataclass(frozen=True)
class Regularizer:
    """coefficient * shape(measure(outputs)), added to the loss in steps start, ..., stop - 1 (counted from 0).

    A positive coefficient pushes the measure down, a negative one up. `shape` keeps the push bounded: torch.log1p,
    or `Floor(level)`, which pushes up with a positive coefficient. stop=None: until the end.

    >>> term = trainers.Regularizer(trainers.feature_norm, coefficient=0.1, stop=100)
    >>> term(outputs), term.active(100)
    (tensor(2.), False)
    """

    measure: Term
    coefficient: float
    shape: Callable[[Tensor], Tensor] | None = None
    start: int = 0
    stop: int | None = None

    def __post_init__(self) -> None:
        require_callable("measure", self.measure, "of Outputs")
        require_number("coefficient", self.coefficient, "a finite number", math.isfinite)
        if self.shape is not None:
            require_callable("shape", self.shape, "of a tensor, or None")
        require_integer("start", self.start, 0)
        if self.stop is not None:
            require_integer("stop", self.stop)
        require("stop", self.stop, self.stop is None or self.stop > self.start, f"a step after start={self.start}")

    def active(self, step: int) -> bool:
        """Whether the term is in the loss of step 0, 1, ..."""
        require_number("step", step, "a number of steps")
        return self.start <= step and (self.stop is None or step < self.stop)

    def __call__(self, outputs: Outputs) -> Tensor:
        """shape(measure(outputs)), without the coefficient."""
        if not isinstance(outputs, Outputs):  # the measure looks at the rest
            require_outputs(outputs)
        value = self.measure(outputs)
        return value if self.shape is None else self.shape(value)


def variance_ratio(outputs: Outputs) -> Tensor:
    """`metrics.variance_ratio` of the batch; small where the classes have collapsed.

    0, with gradient 0, where the metric has no finite value: one class alone, or all class means equal to rounding.

    >>> trainers.variance_ratio(outputs)
    tensor(0.2051)
    """
    require_outputs(outputs)
    means, present, within = _class_means(outputs)
    centered = (means - means.sum(0) / present.sum()) * present[:, None]
    spread, between = outputs.mean(within), centered.square().sum()
    apart = between > _rounding(means, spread)
    return torch.where(apart, spread * present.sum() / torch.where(apart, between, 1.0), 0.0)


def cdnv(outputs: Outputs) -> Tensor:
    """`metrics.cdnv` of the batch, the measure NCC of Han et al. (2025) as their code computes it.

    The mean leaves out pairs of classes whose means are equal to rounding, for which the metric is infinite; with no
    pair left it is 0, with gradient 0: a batch may hold one class alone.

    >>> trainers.cdnv(outputs)
    tensor(0.0385)
    """
    require_outputs(outputs)
    means, present, within = _class_means(outputs)
    chosen = _members(outputs, within.dtype)
    variances = within @ chosen / chosen.sum(0).clamp(min=1)
    distances = _squared_distances(means)
    pairs = (distances > _rounding(means, outputs.mean(within))) & (present[:, None] * present > 0)
    ratios = (variances[:, None] + variances) / (2 * torch.where(pairs, distances, 1.0))
    return torch.where(pairs, ratios, 0.0).sum() / pairs.sum().clamp(min=1)


def relative_flatness(outputs: Outputs) -> Tensor:
    """`metrics.relative_flatness` of the batch.

    >>> trainers.relative_flatness(outputs)
    tensor(0.8388)
    """
    require_outputs(outputs)
    require("outputs.weight", outputs.weight, len(outputs.weight) == outputs.logits.shape[1], "a row for each class")
    spread = _over_pairs(precise(outputs.logits), _squared_distances(precise(outputs.weight)) / 2)
    return outputs.mean(spread * precise(outputs.features).square().sum(1))


@dataclass(frozen=True)
class FlatnessBound:
    """`metrics.relative_flatness_bound` of the batch, ||W||_F^2 (1 - ||p||^2) ||phi||^2.

    unit_features=True leaves ||phi||^2 out; with temperature=2, that is the regularizer of Han et al. (2025).

    >>> trainers.FlatnessBound()(outputs)
    tensor(1.6777)
    """

    temperature: float = 1.0
    unit_features: bool = False

    def __post_init__(self) -> None:
        require_flag("unit_features", self.unit_features)
        require_positive("temperature", self.temperature)

    def __call__(self, outputs: Outputs) -> Tensor:
        require_outputs(outputs)
        values = _uncertainties(precise(outputs.logits) / self.temperature)
        if not self.unit_features:
            values = values * precise(outputs.features).square().sum(1)
        return outputs.mean(values) * precise(outputs.weight).square().sum()


def uncertainty(outputs: Outputs) -> Tensor:
    """Mean 1 - ||p||^2, between 0 and 1 - 1/K: pushed up, a confidence penalty.

    >>> trainers.uncertainty(outputs)
    tensor(0.1628)
    """
    require_outputs(outputs)
    return outputs.mean(_uncertainties(precise(outputs.logits)))


def squared_norms(outputs: Outputs) -> Tensor:
    """||W||_F^2 mean ||phi||^2: the factors of the flatness bound without its uncertainty.

    >>> trainers.squared_norms(outputs)  # 10 times 2
    tensor(20.)
    """
    require_outputs(outputs)
    return precise(outputs.weight).square().sum() * feature_norm(outputs)


def feature_norm(outputs: Outputs) -> Tensor:
    """Mean ||phi||^2.

    >>> trainers.feature_norm(outputs)
    tensor(2.)
    """
    require_outputs(outputs)
    return outputs.mean(precise(outputs.features).square().sum(1))


def _squared_distances(rows: Tensor) -> Tensor:
    """||a - b||^2 of all pairs [K, K]: subtracts before it squares, and holds no K x K x d numbers.

    Has a gradient, but no second derivative.
    """
    return torch.cdist(rows, rows, compute_mode="donot_use_mm_for_euclid_dist").square()


def _members(outputs: Outputs, dtype: torch.dtype) -> Tensor:
    """[N, K]: 1 where a point is in a class, 0 elsewhere and for padding."""
    chosen = one_hot(outputs).to(dtype)
    return chosen if outputs.mask is None else chosen * outputs.mask[:, None].to(dtype)


def _uncertainties(logits: Tensor) -> Tensor:
    """1 - ||p||^2 [N]"""
    classes = logits.shape[1]
    return _over_pairs(logits, 1 - torch.eye(classes, dtype=logits.dtype, device=logits.device))


def _over_pairs(logits: Tensor, matrix: Tensor) -> Tensor:
    """p^T matrix p [N] for a matrix [K, K] that is 0 on the diagonal: no 1 - p, which would round off."""
    shares = logits.softmax(1)
    return (shares @ matrix.to(shares) * shares).sum(1)


def _class_means(outputs: Outputs) -> tuple[Tensor, Tensor, Tensor]:
    """Class means [K, d], 1 for classes that occur [K], and each point's squared distance to its mean [N].

    Each mean is first taken as a constant, which a second mean, of the residuals, puts right: an offset of the features
    or distant classes then cost no digits. The means returned are measured from a point amid them, absent ones 0.
    """
    features = precise(outputs.features)
    chosen = _members(outputs, features.dtype)
    counts = chosen.sum(0)
    present, shares = (counts > 0).to(features), (chosen / counts.clamp(min=1)).T
    rounded = shares @ features.detach()
    residuals = features - rounded[outputs.labels]
    corrections = shares @ residuals
    means = (rounded - rounded.sum(0) / present.sum() + corrections) * present[:, None]
    return means, present, (residuals - chosen @ corrections).square().sum(1)


def _rounding(means: Tensor, variance: Tensor) -> Tensor:
    """The squared distance that rounding may leave between equal class means, of points of that variance."""
    return (8 * torch.finfo(means.dtype).eps) ** 2 * (means.square().sum() + variance).detach()
