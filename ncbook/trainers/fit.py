"""Minibatch SGD on tensors that already lie on the device."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
import torch.nn.functional as F

from ncbook.data import Split
from ncbook.models import Classifier

Measured = TypeVar("Measured")


class Diverged(ArithmeticError):
    """The training loss became infinite or undefined."""


@dataclass(frozen=True)
class Recipe:
    """How a network is trained: cross-entropy, SGD with momentum, and the step schedule of Papyan et al. (2020).

    The learning rate is divided by 10 after a third and again after two thirds of the epochs. `weight_decay`
    is the coefficient of SGD's L2 term, on every parameter. Raises ValueError for a value that makes no sense.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    momentum: float = 0.9
    weight_decay: float = 5e-4

    def __post_init__(self) -> None:
        for name, lowest in (("epochs", 1), ("batch_size", 2)):
            if getattr(self, name) < lowest:
                raise ValueError(f"{name}: must be at least {lowest}, got {getattr(self, name)}")
        if not 0 < self.learning_rate < float("inf"):
            raise ValueError(f"learning_rate: must be positive, got {self.learning_rate}")
        if not 0 <= self.momentum < 1:
            raise ValueError(f"momentum: must lie in [0, 1), got {self.momentum}")
        if not 0 <= self.weight_decay < float("inf"):
            raise ValueError(f"weight_decay: must not be negative, got {self.weight_decay}")

    def learning_rate_in(self, epoch: int) -> float:
        """Learning rate of epoch 1, 2, ..., `epochs`."""
        drops = sum(0 < third < epoch for third in (self.epochs // 3, 2 * self.epochs // 3))
        return self.learning_rate * 0.1**drops


def epochs(model: Classifier, train: Split, recipe: Recipe, seed: int) -> Iterator[int]:
    """Train `model` in place and yield the number of finished epochs: 0 before the first, then 1, 2, ...

    The caller may measure the model between two epochs, and stops training by leaving the loop. `seed` fixes
    the order of the batches; the last batch of an epoch is left out when it is not full, since batch norm
    on a handful of points disturbs the rest. Raises Diverged when the loss is no longer finite.
    """
    if recipe.batch_size > len(train):
        raise ValueError(f"batch_size: {recipe.batch_size} is more than the {len(train)} training points")
    device = train.labels.device
    optimizer = torch.optim.SGD(
        model.parameters(), recipe.learning_rate, recipe.momentum, weight_decay=recipe.weight_decay
    )
    shuffle = torch.Generator(device).manual_seed(seed)
    yield 0
    for epoch in range(1, recipe.epochs + 1):
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate_in(epoch)
        model.train()
        order = torch.randperm(len(train), generator=shuffle, device=device)
        loss = torch.zeros((), device=device)
        for batch in order[: len(order) // recipe.batch_size * recipe.batch_size].split(recipe.batch_size):
            optimizer.zero_grad(set_to_none=True)
            loss = F.cross_entropy(model(train.inputs[batch]), train.labels[batch])
            loss.backward()
            optimizer.step()
        if not bool(torch.isfinite(loss)):  # once an epoch: asking more often would stall a GPU
            raise Diverged(
                f"the training loss became {loss.item()} in epoch {epoch} "
                f"at learning_rate={recipe.learning_rate_in(epoch):g}; use a smaller learning_rate"
            )
        yield epoch


def fit(
    model: Classifier,
    train: Split,
    recipe: Recipe,
    seed: int,
    probe: Callable[[Classifier, int], Measured],
    probe_epochs: Collection[int],
    on_epoch: Callable[[int], None] = lambda epoch: None,
) -> list[Measured]:
    """Train `model` in place; returns what `probe(model, epoch)` gave after each epoch in `probe_epochs`.

    Epoch 0 is the untrained network. The model is in evaluation mode and without gradients while it is
    probed. `on_epoch` is called after every epoch, for a progress bar.
    """
    measured = []
    for epoch in epochs(model, train, recipe, seed):
        if epoch in probe_epochs:
            model.eval()
            with torch.no_grad():
                measured.append(probe(model, epoch))
        if epoch:
            on_epoch(epoch)
    return measured


def log_spaced(last: int, count: int) -> tuple[int, ...]:
    """0 and about `count` whole numbers from 1 to `last`, evenly spaced on a logarithmic axis, without repeats."""
    return (0, *np.unique(np.geomspace(1, last, count).round().astype(int)).tolist())
