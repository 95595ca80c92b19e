"""How a network is trained, as values."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from numbers import Real

import torch
from torch import Tensor

from ncbook._checks import (
    as_tuple,
    require,
    require_callable,
    require_choice,
    require_flag,
    require_instance,
    require_integer,
    require_number,
    require_positive,
    require_share,
    require_tuple,
)
from ncbook.data import Split
from ncbook.models import Classifier
from ncbook.trainers.gradient_filters import GradientFilter
from ncbook.trainers.losses import CrossEntropy
from ncbook.trainers.outputs import Term
from ncbook.trainers.regularizers import Regularizer

OPTIMIZERS = ("sgd", "adamw", "lbfgs")
PRECISIONS = ("float32", "bfloat16")

Schedule = Callable[[int], float]
Augmentation = Callable[[Tensor, torch.Generator], Tensor]
Attacking = Callable[[Classifier, Split], Split]


def constant(step: int) -> float:
    """The same learning rate in every step.

    >>> trainers.constant(100)
    1.0
    """
    require_number("step", step, "a number of steps", math.isfinite)
    return 1.0


@dataclass(frozen=True)
class Drops:
    """Multiplies the learning rate by `factor` when each of the steps `at` is reached.

    >>> schedule = trainers.Drops(at=(50, 80), factor=0.1)
    >>> [round(schedule(step), 2) for step in (0, 50, 80)]
    [1.0, 0.1, 0.01]
    """

    at: tuple[int, ...]
    factor: float = 0.1

    def __post_init__(self) -> None:
        for step in as_tuple("at", self.at, "a tuple of steps"):
            require_integer("at", step, 0)
        require_share("factor", self.factor)

    def __call__(self, step: int) -> float:
        require_number("step", step, "a number of steps", math.isfinite)
        return self.factor ** sum(step >= drop for drop in self.at)


@dataclass(frozen=True)
class Cosine:
    """1 until step `start`, then half a cosine to `last` at step `steps` and after.

    >>> schedule = trainers.Cosine(steps=100)
    >>> schedule(0), schedule(50), schedule(100)
    (1.0, 0.5, 0.0)
    """

    steps: int
    last: float = 0.0
    start: int = 0

    def __post_init__(self) -> None:
        require_integer("steps", self.steps, 1)
        require_number("last", self.last, "a number in [0, 1]", lambda value: 0 <= value <= 1)
        require_integer("start", self.start)
        require("start", self.start, 0 <= self.start < self.steps, f"an integer in 0..{self.steps - 1}, before steps")

    def __call__(self, step: int) -> float:
        require_number("step", step, "a number of steps", math.isfinite)
        passed = (step - self.start) / (self.steps - self.start)
        return self.last + (1 - self.last) * (1 + math.cos(math.pi * min(max(passed, 0.0), 1.0))) / 2


@dataclass(frozen=True)
class WarmUp:
    """Linear from 1/steps in step 0 to 1 in step steps-1, times the schedule `then`.

    >>> schedule = trainers.WarmUp(steps=4)
    >>> [schedule(step) for step in range(5)]
    [0.25, 0.5, 0.75, 1.0, 1.0]
    """

    steps: int
    then: Schedule = constant

    def __post_init__(self) -> None:
        require_integer("steps", self.steps, 1)
        require_callable("then", self.then, "of the step")

    def __call__(self, step: int) -> float:
        require_number("step", step, "a number of steps", math.isfinite)
        return min((step + 1) / self.steps, 1.0) * self.then(step)


@dataclass(frozen=True)
class Seen:
    """Training so far, as a stop rule sees it: loss and error are means over the latest epoch while it was trained.

    >>> trainers.Seen(step=10, loss=0.3, error=0.05, zero_error_step=None).error
    0.05
    """

    step: int
    loss: float
    error: float
    zero_error_step: int | None


StopRule = Callable[[Seen], bool]


@dataclass(frozen=True)
class LossBelow:
    """Stop once the training loss (the loss term alone, without regularizers) is below `level`.

    >>> trainers.LossBelow(0.1)(trainers.Seen(step=10, loss=0.3, error=0.05, zero_error_step=None))
    False
    """

    level: float

    def __post_init__(self) -> None:
        require_positive("level", self.level)

    def __call__(self, seen: Seen) -> bool:
        require_instance("seen", seen, Seen, "trainers.Seen")
        return seen.loss < self.level


@dataclass(frozen=True)
class AccuracyAbove:
    """Stop once the training accuracy is at least `level`.

    >>> trainers.AccuracyAbove(0.9)(trainers.Seen(step=10, loss=0.3, error=0.05, zero_error_step=None))
    True
    """

    level: float

    def __post_init__(self) -> None:
        require_number("level", self.level, "a number in (0, 1]", lambda value: 0 < value <= 1)

    def __call__(self, seen: Seen) -> bool:
        require_instance("seen", seen, Seen, "trainers.Seen")
        return 1 - seen.error >= self.level


@dataclass(frozen=True)
class AfterZeroError:
    """Stop `steps` steps after the first epoch without a training error.

    >>> trainers.AfterZeroError(100)(trainers.Seen(step=150, loss=0.01, error=0.0, zero_error_step=50))
    True
    """

    steps: int

    def __post_init__(self) -> None:
        require_integer("steps", self.steps, 0)

    def __call__(self, seen: Seen) -> bool:
        require_instance("seen", seen, Seen, "trainers.Seen")
        return seen.zero_error_step is not None and seen.step >= seen.zero_error_step + self.steps


@dataclass(frozen=True)
class Recipe:
    """Everything about a training but the network, the data and the seed.

    Attributes:
        steps: optimizer steps; for L-BFGS of at most 20 iterations each
        batch_size: points a step, in a new order each epoch; None for all points. The last batch of an epoch is left
            out when it is not full, since batch norm on a handful of points disturbs the rest
        optimizer: "sgd" with `momentum`; "adamw" with `betas` and `eps`; "lbfgs" on all points with line search
        learning_rate: times schedule(step) with step = 0, 1, ...
        weight_decay: of every parameter: lambda in the objective's lambda/2 ||theta||^2, for AdamW decoupled from it
        loss: a function of `Outputs`, like the regularizers, which are added to it
        filters: change the objective's gradient before the optimizer sees it, one after the other; not for L-BFGS
        head_norm: after each step the head's weight is scaled down to this Frobenius norm if it is larger
        precision: "float32", or "bfloat16" for autocast of the network; losses are float32 or better in both
        stop: rules, each asked at the end of an epoch, at most every 10 steps; the first that holds ends it
        augment: changes the inputs of a batch, given a generator on their device
        attack: changes a batch, given the network and the batch, after `augment`; such as an `Attack`
        compile: torch.compile of the network, on CUDA only: elsewhere it costs more than it gains

    Raises ValueError, naming the field, for a value that makes no sense.

    >>> trainers.Recipe(steps=100, learning_rate=0.1, weight_decay=5e-4, schedule=trainers.Cosine(100)).optimizer
    'sgd'
    """

    steps: int
    learning_rate: float
    batch_size: int | None = None
    optimizer: str = "sgd"
    momentum: float = 0.9
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0
    schedule: Schedule = constant
    loss: Term = field(default_factory=CrossEntropy)
    regularizers: tuple[Regularizer, ...] = ()
    filters: tuple[GradientFilter, ...] = ()
    head_norm: float | None = None
    precision: str = "float32"
    stop: tuple[StopRule, ...] = ()
    augment: Augmentation | None = None
    attack: Attacking | None = None
    compile: bool = False

    def __post_init__(self) -> None:
        require_choice("optimizer", self.optimizer, OPTIMIZERS)
        require_choice("precision", self.precision, PRECISIONS)
        require_integer("steps", self.steps, 1)
        if self.batch_size is not None:
            require_integer("batch_size", self.batch_size, 2)
        self._require_betas()
        for name, rule, fine in _NUMBERS:
            require_number(name, getattr(self, name), rule, fine)
        if self.head_norm is not None:
            require_positive("head_norm", self.head_norm)
        require_flag("compile", self.compile)
        self._require_functions()
        if self.optimizer == "lbfgs":
            self._require_lbfgs()

    def _require_betas(self) -> None:
        expected = "two numbers in [0, 1)"
        require_instance("betas", self.betas, (tuple, list), expected)
        fine = len(self.betas) == 2 and all(isinstance(beta, Real) and 0 <= beta < 1 for beta in self.betas)
        require("betas", self.betas, fine, expected)

    def _require_functions(self) -> None:
        require_callable("schedule", self.schedule, "of the step")
        require_callable("loss", self.loss, "of Outputs")
        if self.augment is not None:
            require_callable("augment", self.augment, "of (inputs, generator), or None")
        if self.attack is not None:
            require_callable("attack", self.attack, "of (model, points), or None")
        require_tuple("regularizers", self.regularizers, Regularizer, "a tuple of trainers.Regularizer")
        for name, form in (("filters", "of gradients, parameters and memory"), ("stop", "of trainers.Seen")):
            require_instance(name, getattr(self, name), tuple, "a tuple of functions")
            for each in getattr(self, name):
                require_callable(name, each, form)

    def _require_lbfgs(self) -> None:
        for name, neutral, why in (
            ("batch_size", None, "takes all points at once"),
            ("augment", None, "needs the same inputs in every step"),
            ("attack", None, "needs the same inputs in every step"),
            ("filters", (), "needs the gradient of its objective"),
        ):
            value = getattr(self, name)
            require(name, value, value == neutral, f"{neutral}, since L-BFGS {why}")


_NUMBERS: tuple[tuple[str, str, Callable[[float], bool]], ...] = (
    ("learning_rate", "a finite number > 0", lambda value: 0 < value < math.inf),
    ("momentum", "a number in [0, 1)", lambda value: 0 <= value < 1),
    ("eps", "a finite number > 0", lambda value: 0 < value < math.inf),
    ("weight_decay", "a finite number >= 0", lambda value: 0 <= value < math.inf),
)


def steps_per_epoch(points: int, batch_size: int | None) -> int:
    """Full batches among `points` training points; 1 for None. Raises ValueError for a batch of more points.

    >>> trainers.steps_per_epoch(points=1000, batch_size=64)
    15
    """
    require_integer("points", points, 1)
    if batch_size is None:
        return 1
    require_integer("batch_size", batch_size, 1)
    if batch_size > points:
        raise ValueError(f"batch_size: {batch_size} is more than the {points} training points")
    return points // batch_size
