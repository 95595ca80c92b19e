"""Train many networks of one architecture at once: a seed and settings a member, one tensor program for all."""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ncbook._checks import (
    as_tuple,
    require,
    require_callable,
    require_instance,
    require_integer,
    require_not_negative,
    require_number,
    require_positive,
)
from ncbook.data import Split
from ncbook.models import Classifier
from ncbook.trainers._fits import require_fit, require_model
from ncbook.trainers.gradient_filters import Filtering
from ncbook.trainers.losses import Flooded, RateReduction
from ncbook.trainers.outputs import Outputs
from ncbook.trainers.recipe import Recipe
from ncbook.trainers.stacked import (
    EAGER_STEPS,
    Captured,
    Points,
    Precise,
    Stack,
    keep_freed_memory,
    over_members,
    points,
    require_stackable,
    traced,
)
from ncbook.trainers.training import factor

_WORTH_TRACING = 200  # steps: in about as many, tracing has saved the time that it takes


@dataclass(frozen=True)
class Member:
    """One network of an ensemble, such as one cell of a phase diagram.

    `seed` goes to `build`. None takes the recipe's value. All initial parameters are multiplied by `init_scale`;
    `coefficients` are those of the recipe's regularizers, in their order. Raises ValueError, naming the field.

    >>> trainers.Member(seed=3, weight_decay=1.0, init_scale=2.0).learning_rate is None
    True
    """

    seed: int
    learning_rate: float | None = None
    weight_decay: float | None = None
    init_scale: float = 1.0
    coefficients: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        require_integer("seed", self.seed)
        if self.learning_rate is not None:
            require_positive("learning_rate", self.learning_rate)
        if self.weight_decay is not None:
            require_not_negative("weight_decay", self.weight_decay)
        require_positive("init_scale", self.init_scale)
        if self.coefficients is not None:
            for value in as_tuple("coefficients", self.coefficients, "a tuple of numbers, or None"):
                require_number("coefficients", value, "a finite number", math.isfinite)


class Ensemble:
    """S networks on their way: a step at a time, each as `Training` would take it alone.

    `step` counts finished steps; `parameters` maps names to tensors [S, ...], which change in place.

    >>> whole = trainers.Recipe(steps=60, learning_rate=0.1)
    >>> members = [trainers.Member(0), trainers.Member(1)]
    >>> ensemble = trainers.Ensemble(lambda seed: models.PairMLP(7), data.modular(7).train, whole, members)
    >>> ensemble.advance()
    >>> ensemble.step, ensemble.losses().shape
    (1, torch.Size([2]))
    """

    def __init__(
        self,
        build: Callable[[int], Classifier],
        train: Split | Sequence[Split],
        recipe: Recipe,
        members: Sequence[Member],
    ) -> None:
        require_callable("build", build, "of a seed that returns a network")
        require_instance("recipe", recipe, Recipe, "a trainers.Recipe")
        members = as_tuple("members", members, "trainers.Member, one or more in a list")
        _require_recipe(recipe, members)
        self.recipe, self.members, self.step = recipe, tuple(members), 0
        self.train = points(train, len(members))
        self._device = self.train.labels.device
        networks = [_scaled(_built(build, member), member.init_scale).to(self._device) for member in members]
        self._require_data(networks[0])
        keep_freed_memory()
        self._stack = Stack(networks, self._device, _trained(networks, self.train, recipe))
        self._prepare()

    def _require_data(self, network: Classifier) -> None:
        """Points of all members at once, as those of one split."""
        inputs, labels = self.train.inputs, self.train.labels
        whole = Split(inputs, labels) if self.train.shared else Split(inputs.flatten(0, 1), labels.flatten())
        require_fit(network, whole)

    def _prepare(self) -> None:
        """What a step reads and writes, all on the device."""
        values, recipe = self._stack.values, self.recipe
        decays = [recipe.weight_decay if each.weight_decay is None else each.weight_decay for each in self.members]
        rates = [each.learning_rate or recipe.learning_rate for each in self.members]
        usual = tuple(term.coefficient for term in recipe.regularizers)
        coefficients = [usual if each.coefficients is None else each.coefficients for each in self.members]
        self._rates, self._decays = values.new_tensor(rates)[:, None], values.new_tensor(decays)[:, None]
        self._coefficients = values.new_tensor(coefficients)  # [S, regularizers]
        self._factors = _factors(recipe).to(values)  # [steps, 3]
        self._now = torch.zeros(1, dtype=torch.int64, device=self._device)
        self._moments = torch.zeros_like(values)
        self._squares = torch.zeros_like(values) if recipe.optimizer == "adamw" else None
        self._sizes = [leaf[0].numel() for leaf in self._stack.leaves]
        self._filters = Filtering(recipe.filters, values.split(self._sizes, 1))
        self._finite = torch.ones(len(self.members), dtype=torch.bool, device=self._device)
        # Terms that are off are left out, not multiplied by 0, which costs their time and cannot undo an infinity.
        self._eager = dict.fromkeys(_phases(recipe), EAGER_STEPS)
        self._programs: dict[tuple[int, ...], Callable[..., Any]] = {}
        self._updates = {on: Captured(partial(self._update, on), self._device) for on in _phases(recipe)}

    def _program(self, on: tuple[int, ...]) -> Callable[..., Any]:
        """`_differentiate` with the regularizers `on`; the same bits before it is traced and afterwards.

        It is traced before a GPU captures it, and late enough that a training that is left early does not pay for it.
        """
        if on in self._programs:
            return self._programs[on]
        program = partial(self._differentiate, on)
        self._eager[on] -= 1
        if self._eager[on] > 0 or self.recipe.steps < _WORTH_TRACING:
            return program
        with self._stack.unmoved():  # tracing takes the step once
            self._programs[on] = traced(program, self._stack.leaves, self._coefficients)
        return self._programs[on]

    @property
    def parameters(self) -> dict[str, Tensor]:
        return {name: value.detach() for name, value in self._stack.tensors.items()}

    @property
    def diverged(self) -> tuple[bool, ...]:
        """Whether a member's loss or parameters were ever not finite."""
        return tuple((~(self._finite & self._stack.values.isfinite().all(1))).tolist())

    def advance(self) -> None:
        """One optimizer step of every member, and the cap on the heads' norms."""
        self._updates[_active(self.recipe, self.step)]()
        self.step += 1

    def outputs(self, data: Split | Sequence[Split]) -> Outputs:
        """Outputs [S, ...] for one split, or for one a member (padded and masked), in evaluation mode."""
        with self._stack.evaluating():
            return self._stack.outputs(points(data, len(self.members)), self.recipe.precision)

    def losses(self) -> Tensor:
        """The recipe's loss of each member on its training data, without regularizers [S]."""
        with self._stack.evaluating():
            return over_members(self.recipe.loss, self._stack.outputs(self.train, self.recipe.precision))

    def model(self, member: int) -> Classifier:
        """A copy of one network, in evaluation mode."""
        require_integer("member", member, -len(self.members), len(self.members) - 1)
        return self._stack.model(member)

    def models(self) -> list[Classifier]:
        """Copies of all networks, in evaluation mode."""
        return [self.model(member) for member in range(len(self.members))]

    def _update(self, on: tuple[int, ...]) -> None:
        rate, first, second = self._factors.index_select(0, self._now).split(1, 1)  # [1, 1] each
        with torch.no_grad():
            losses, gradient = self._program(on)(self._stack.leaves, self._coefficients)
            self._finite.logical_and_(losses.isfinite())
            if self.recipe.filters:
                gradient = self._filtered(gradient)
            if self._squares is None:
                self._sgd(gradient, self._rates * rate)
            else:
                self._adamw(gradient, self._rates * rate, first, second, self._squares)
            self._cap_heads()
            self._now.add_(1)

    @torch.enable_grad()
    def _differentiate(
        self, on: tuple[int, ...], leaves: Sequence[Tensor], coefficients: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Losses without regularizers [S], and the gradient of the objective [S, P]."""
        outputs = self._stack.outputs(self.train, self.recipe.precision, leaves)
        losses = objectives = over_members(self.recipe.loss, outputs)
        for term in on:
            objectives = objectives + coefficients[:, term] * over_members(self.recipe.regularizers[term], outputs)
        gradients = torch.autograd.grad(objectives.sum(), leaves)
        return losses.detach(), torch.cat([gradient.flatten(1) for gradient in gradients], 1)  # [S], [S, P]

    def _filtered(self, gradient: Tensor) -> Tensor:
        gradients, values = (rows.split(self._sizes, 1) for rows in (gradient, self._stack.values))
        return torch.cat(self._filters(list(gradients), values, self._now), 1)

    def _sgd(self, gradient: Tensor, rates: Tensor) -> None:
        """torch.optim.SGD with a rate and decay a row; all buffers are [S, P]."""
        values = self._stack.values
        gradient.addcmul_(values, self._decays)
        self._moments.mul_(self.recipe.momentum).add_(gradient)
        values.addcmul_(self._moments, rates, value=-1)

    def _adamw(self, gradient: Tensor, rates: Tensor, first: Tensor, second: Tensor, squares: Tensor) -> None:
        """torch.optim.AdamW with a rate and decay a row; `first` and `second` correct the biases."""
        values, (beta1, beta2) = self._stack.values, self.recipe.betas
        values.mul_(1 - rates * self._decays)
        self._moments.lerp_(gradient, 1 - beta1)
        squares.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        torch.sqrt(squares, out=gradient).mul_(second).add_(self.recipe.eps)
        torch.div(self._moments, gradient, out=gradient)
        values.addcmul_(gradient, rates * first, value=-1)

    def _cap_heads(self) -> None:
        if self.recipe.head_norm is not None:
            heads = self._stack.tensors["head.weight"].flatten(1)  # [S, K d]
            heads.mul_((self.recipe.head_norm / heads.norm(dim=1, keepdim=True)).clamp(max=1))


def _active(recipe: Recipe, step: int) -> tuple[int, ...]:
    """Which regularizers are in the loss of `step`."""
    return tuple(index for index, term in enumerate(recipe.regularizers) if term.active(step))


def _phases(recipe: Recipe) -> set[tuple[int, ...]]:
    """Every set of regularizers that some step has."""
    changes = {0} | {step for term in recipe.regularizers for step in (term.start, term.stop) if step is not None}
    return {_active(recipe, step) for step in changes if step < recipe.steps}


def _factors(recipe: Recipe) -> Tensor:
    """Of each step [steps, 3], in float64: the schedule's, AdamW's 1 / (1 - beta1^t) and 1 / sqrt(1 - beta2^t)."""
    rates = torch.tensor([factor(recipe, step) for step in range(recipe.steps)], dtype=torch.float64)
    t = torch.arange(1, recipe.steps + 1, dtype=torch.float64)
    first, second = recipe.betas
    return torch.stack([rates, 1 / (1 - first**t), (1 - second**t).rsqrt()], 1)


def _built(build: Callable[[int], Classifier], member: Member) -> Classifier:
    network = build(member.seed)
    require_model(network, "build")
    return network


def _scaled(model: Classifier, scale: float) -> Classifier:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(scale)
    return model


def _trained(networks: Sequence[Classifier], train: Points, recipe: Recipe) -> list[str]:
    """Names of the parameters that get a gradient: the others, as in a single training, do not even decay."""
    network = Precise(copy.deepcopy(networks[0]), recipe.precision)
    inputs, labels = (train.inputs, train.labels) if train.shared else (train.inputs[0], train.labels[0])
    require_stackable(network, train)
    named = {name: value for name, value in network.model.named_parameters() if value.requires_grad}
    reached = set()
    for on in _phases(recipe):
        with torch.enable_grad():
            features, logits, weight = network(inputs)
            outputs = Outputs(features, logits, labels, weight)
            value = recipe.loss(outputs) + sum(recipe.regularizers[term](outputs) for term in on)
            gradients = torch.autograd.grad(value, list(named.values()), allow_unused=True)
        reached.add(tuple(name for name, value in zip(named, gradients, strict=True) if value is not None))
    require("regularizers", sorted(reached), len(reached) == 1, "the same parameters to be trained in all steps")
    return list(reached.pop())


def _require_recipe(recipe: Recipe, members: Sequence[Member]) -> None:
    require("optimizer", recipe.optimizer, recipe.optimizer in ("sgd", "adamw"), "sgd or adamw for an ensemble")
    for name, neutral in (("batch_size", None), ("stop", ()), ("augment", None), ("attack", None), ("compile", False)):
        value = getattr(recipe, name)
        require(name, value, value == neutral, f"{neutral} for an ensemble")
    for name, terms in (("loss", [recipe.loss]), ("regularizers", [term.measure for term in recipe.regularizers])):
        inner = [term.loss if isinstance(term, Flooded) else term for term in terms]
        fine = not any(isinstance(term, RateReduction) for term in inner)
        require(name, terms, fine, "no RateReduction, which is not for ensembles; use fit")
    require("members", members, len(members) > 0, "one member at least")
    for member in members:
        require_instance("members", member, Member, "trainers.Member, one or more in a list")
    for member in members:
        fine = member.coefficients is None or len(member.coefficients) == len(recipe.regularizers)
        require("coefficients", member, fine, f"one for each of {len(recipe.regularizers)} regularizers")
