"""One network on its way: a step at a time, and the whole state as tensors."""

import math
from collections import OrderedDict
from numbers import Real
from typing import Any

import torch
from torch import Tensor

from ncbook._checks import require, require_instance, require_seed
from ncbook.data import Split
from ncbook.models import Classifier
from ncbook.trainers._fits import fitting, require_fit
from ncbook.trainers.gradient_filters import Filtering
from ncbook.trainers.outputs import Outputs
from ncbook.trainers.recipe import Recipe, Seen, steps_per_epoch

_READ_EVERY = 10  # steps between two readings of the loss, which a GPU has to stop for
_LBFGS_ITERATIONS = 20


class Diverged(ArithmeticError):
    """The training loss became infinite or undefined.

    >>> wild = trainers.Recipe(steps=60, learning_rate=1e30)
    >>> try:
    ...     trainers.fit(network, digits.train, wild, seed=0, on_step=lambda step: None)
    ... except trainers.Diverged:
    ...     print("use a smaller learning rate")
    use a smaller learning rate
    """


class Training:
    """Trains `model` in place by `recipe` on `train`, one step a call of `advance`.

    `step` counts finished steps. `seed` fixes the order of the batches and the augmentation, whatever else draws
    random numbers meanwhile. Raises ValueError for a batch that is larger than the training set, for labels outside
    the network's classes, for no point at all, and for data on another device than the network.

    >>> training = trainers.Training(network, digits.train, recipe, seed=0)
    >>> training.advance()
    >>> training.step, training.steps_per_epoch, training.ended()
    (1, 4, None)
    """

    def __init__(self, model: Classifier, train: Split, recipe: Recipe, seed: int) -> None:
        require_instance("recipe", recipe, Recipe, "a trainers.Recipe")
        require_seed("seed", seed)
        require_fit(model, train)
        self.model, self.train, self.recipe, self.seed = model, train, recipe, seed
        self.step = 0
        self.steps_per_epoch = steps_per_epoch(len(train), recipe.batch_size)
        self._device = train.labels.device
        cuda = self._device.type == "cuda"
        self._layout = torch.channels_last if cuda and train.inputs.ndim == 4 else torch.preserve_format
        for parameter in model.parameters():
            if parameter.ndim == 4:
                parameter.data = parameter.data.to(memory_format=self._layout)
        self._features = torch.compile(model.features) if recipe.compile and cuda else model.features
        self._optimizer = _optimizer(model, recipe)
        self._filters = Filtering(recipe.filters, [_row(each.detach()) for each in model.parameters()])
        self._random = torch.Generator(self._device).manual_seed(seed)
        self._order = torch.arange(len(train), device=self._device)
        self._loss = torch.zeros((), device=self._device)  # sums over the epoch under way
        self._errors = torch.zeros((), device=self._device)
        self._zero_error_step: int | None = None
        self._latest = (self._loss, self._errors)  # of the last batch, as shares of the sums
        self._read_at = 0

    @property
    def learning_rate(self) -> float:
        """Of the step to come. Raises ValueError for a schedule that gives no finite number."""
        return float(self.recipe.learning_rate * factor(self.recipe, self.step))

    def advance(self) -> None:
        """One optimizer step, and the cap on the head's norm."""
        batch = self._batch()
        for group in self._optimizer.param_groups:
            group["lr"] = self.learning_rate
        self.model.train()
        self._optimizer.step(lambda: self._backward(batch))  # type: ignore[arg-type, return-value]
        self._loss, self._errors = self._loss + self._latest[0], self._errors + self._latest[1]
        if self.recipe.head_norm is not None:
            cap_norm(self.model.head.weight, self.recipe.head_norm)
        self.step += 1

    def ended(self) -> str | None:
        """Why training is over: "steps", or the stop rule that holds; None if it is not.

        Raises Diverged when the loss is no longer finite.
        """
        last, whole_epoch = self.step >= self.recipe.steps, self.step % self.steps_per_epoch == 0
        due = whole_epoch and self.step >= self._read_at
        if last or due:
            seen = self._seen()
            if due:  # what is remembered does not depend on where the training ends: it may go on from there
                self._read_at, self._zero_error_step = self.step + _READ_EVERY, seen.zero_error_step
            # the sums over a part of an epoch are no means over it
            rule = next((rule for rule in self.recipe.stop if rule(seen)), None) if whole_epoch else None
            if rule is not None:
                return repr(rule)
        return "steps" if last else None

    def goes_on(self, ended: str | None) -> str | None:
        """`ended` of a training that was to end elsewhere: None where one of more steps would have gone on."""
        by_rule = ended not in (None, "steps") and self._read_at == self.step + _READ_EVERY  # asked in either
        return ended if by_rule else self.ended()

    def state(self) -> dict[str, Any]:
        """All that a later `load_state` needs to go on to the same bits; tensors, numbers and containers of them."""
        return {
            "step": self.step,
            "model": self.model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "random": self._random.get_state(),
            "order": self._order,
            "loss": self._loss,
            "errors": self._errors,
            "zero_error_step": self._zero_error_step,
            "read_at": self._read_at,
            "filters": self._filters.memory,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`, of the same model, data, recipe and seed."""
        self.step, self._read_at = state["step"], state["read_at"]
        saved = OrderedDict(state["model"])
        saved._metadata = self.model.state_dict()._metadata  # type: ignore[attr-defined]  # versions of its modules
        self.model.load_state_dict(saved)
        self._optimizer.load_state_dict(state["optimizer"])
        self._random.set_state(state["random"].cpu())
        self._order, self._loss, self._errors = state["order"], state["loss"], state["errors"]
        self._zero_error_step, self._filters.memory = state["zero_error_step"], state["filters"]

    def _batch(self) -> Split:
        if self.step % self.steps_per_epoch == 0:
            self._loss, self._errors = torch.zeros_like(self._loss), torch.zeros_like(self._errors)
            if self.recipe.batch_size is not None:
                self._order = torch.randperm(len(self.train), generator=self._random, device=self._device)
        inputs, labels = self.train.inputs, self.train.labels
        if self.recipe.batch_size is not None:
            start = self.step % self.steps_per_epoch * self.recipe.batch_size
            rows = self._order[start : start + self.recipe.batch_size]
            inputs, labels = inputs[rows], labels[rows]
        if self.recipe.augment is not None:
            inputs = self.recipe.augment(inputs, self._random)
        batch = self.train if inputs is self.train.inputs else Split(inputs, labels)
        return batch if self.recipe.attack is None else self.recipe.attack(self.model, batch)

    def _backward(self, batch: Split) -> Tensor:
        """Gradients of the objective, and its value."""
        self._optimizer.zero_grad(set_to_none=True)
        with torch.enable_grad():
            outputs = self._outputs(batch)
            loss = objective = self.recipe.loss(outputs)
            for term in self.recipe.regularizers:
                if term.active(self.step):
                    objective = objective + term.coefficient * term(outputs)
            if isinstance(self._optimizer, torch.optim.LBFGS):  # the other optimizers decay by themselves
                squares = sum(parameter.square().sum() for parameter in self.model.parameters())
                objective = objective + self.recipe.weight_decay / 2 * squares
            objective.backward()
        if self.recipe.filters:
            self._filter()
        wrong = (outputs.logits.detach().argmax(1) != outputs.labels).float().mean()
        self._latest = loss.detach() / self.steps_per_epoch, wrong / self.steps_per_epoch
        return objective

    @torch.no_grad()
    def _filter(self) -> None:
        """A parameter that the objective does not reach has gradient 0 for the filters, and none for the optimizer."""
        parameters = list(self.model.parameters())
        gradients = [_row(torch.zeros_like(each) if each.grad is None else each.grad) for each in parameters]
        step = torch.tensor([self.step], device=self._device)
        filtered = self._filters(gradients, [_row(each) for each in parameters], step)
        for parameter, row in zip(parameters, filtered, strict=True):
            if parameter.grad is not None:
                parameter.grad.copy_(row.view(parameter.shape))

    def _outputs(self, batch: Split) -> Outputs:
        """The backbone in the recipe's precision; the head, which is cheap, never in less than float32."""
        inputs = batch.inputs.to(memory_format=self._layout)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self.recipe.precision == "bfloat16"):
            features = self._features(inputs) if self.step else self._first(inputs)
        if features.dtype == torch.bfloat16:
            features = features.float()
        return Outputs(features, self.model.head(features), batch.labels, self.model.head.weight)

    def _first(self, inputs: Tensor) -> Tensor:
        """The features in the first step, where inputs show themselves to be of a shape or type that does not fit."""
        with fitting(inputs):
            features = self._features(inputs)
        dim = self.model.head.weight.shape[1]
        fine = isinstance(features, Tensor) and features.ndim == 2 and features.shape[1] == dim
        require("model", features, fine, f"features [N, {dim}], which its head takes")
        return features

    def _seen(self) -> Seen:
        loss, error = self._loss.item(), self._errors.item()
        if not abs(loss) < float("inf"):
            raise Diverged(
                f"the training loss became {loss} in step {self.step} "
                f"at learning_rate={self.learning_rate:g}; use a smaller learning_rate"
            )
        first = self.step if error == 0 and self._zero_error_step is None else self._zero_error_step
        return Seen(self.step, loss, error, first)


def factor(recipe: Recipe, step: int) -> float:
    """Of the learning rate in a step; ValueError for a schedule that gives no finite number."""
    value = recipe.schedule(step)
    if not (isinstance(value, Real) and math.isfinite(value)):
        require("schedule", value, False, f"it to give a finite number for step {step}")
    return value


@torch.no_grad()
def cap_norm(weight: Tensor, largest: float) -> None:
    """Scale `weight` in place down to Frobenius norm `largest` if it is larger."""
    weight.mul_((largest / weight.norm()).clamp(max=1))


def _row(values: Tensor) -> Tensor:
    """[1, n]"""
    return values.reshape(1, -1)


def _optimizer(model: Classifier, recipe: Recipe) -> torch.optim.Optimizer:
    parameters, decay = list(model.parameters()), recipe.weight_decay
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(parameters, recipe.learning_rate, recipe.momentum, weight_decay=decay)
    if recipe.optimizer == "adamw":
        fused = all(parameter.is_floating_point() for parameter in parameters)
        rate, betas, eps = recipe.learning_rate, recipe.betas, recipe.eps
        return torch.optim.AdamW(parameters, rate, betas, eps, weight_decay=decay, fused=fused)
    return torch.optim.LBFGS(
        parameters,
        recipe.learning_rate,
        _LBFGS_ITERATIONS,
        tolerance_grad=1e-12,
        tolerance_change=1e-14,
        line_search_fn="strong_wolfe",
    )
