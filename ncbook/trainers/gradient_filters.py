"""What is done to the gradient of the objective before the optimizer sees it.

A filter works on rows: gradients and parameters are lists of [S, n], a tensor for each parameter of the network and a
row for each member of an ensemble (S = 1 for a single network). It reads nothing back from the device.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from ncbook._checks import require_number, require_positive

_TINY = 1e-30  # of Prieto et al.'s code: keeps 0 / 0 from a gradient that has nothing left


class GradientFilter(Protocol):
    """`remembers`: whether it keeps a tensor a parameter, in `memory`, which starts as 0 and is changed in place.

    >>> class Halved:
    ...     remembers = False
    ...     def __call__(self, gradients, parameters, memory, step):
    ...         return [each / 2 for each in gradients]
    >>> recipe = trainers.Recipe(steps=2, learning_rate=0.1, filters=(Halved(),))
    >>> trainers.fit(network, digits.train, recipe, seed=0).ended
    'steps'
    """

    @property
    def remembers(self) -> bool: ...

    def __call__(
        self, gradients: Sequence[Tensor], parameters: Sequence[Tensor], memory: Sequence[Tensor], step: Tensor
    ) -> list[Tensor]:
        """The gradients that go on to the optimizer. `step` [1] counts the finished steps."""


@dataclass(frozen=True)
class Amplified:
    """g + strength * mu, mu the moving average of the gradients: Grokfast-EMA (Lee et al. 2024).

    mu starts as the first gradient, and is then decay * mu + (1 - decay) * g, with g included before it is used.

    >>> trainers.Recipe(steps=100, learning_rate=1e-3, optimizer="adamw", filters=(trainers.Amplified(),)).filters
    (Amplified(decay=0.98, strength=2.0),)
    """

    decay: float = 0.98
    strength: float = 2.0

    def __post_init__(self) -> None:
        require_number("decay", self.decay, "a number in [0, 1)", lambda value: 0 <= value < 1)
        require_positive("strength", self.strength)

    @property
    def remembers(self) -> bool:
        return True

    def __call__(
        self, gradients: Sequence[Tensor], parameters: Sequence[Tensor], memory: Sequence[Tensor], step: Tensor
    ) -> list[Tensor]:
        for average, gradient in zip(memory, gradients, strict=True):
            average.lerp_(gradient, 1 - self.decay * (step > 0).to(gradient))
        return [g + self.strength * average for g, average in zip(gradients, memory, strict=True)]


@dataclass(frozen=True)
class Orthogonal:
    """Each tensor's gradient without its part along the tensor itself, at its old length (Prieto et al. 2025).

    That part only scales the tensor. A tensor that is 0 keeps its gradient.

    >>> filtered = trainers.Orthogonal()([torch.tensor([[3.0, 4.0]])], [torch.tensor([[1.0, 0.0]])], [], torch.zeros(1))
    >>> filtered  # nothing along the parameter, and of the old length
    [tensor([[0., 5.]])]
    """

    @property
    def remembers(self) -> bool:
        return False

    def __call__(
        self, gradients: Sequence[Tensor], parameters: Sequence[Tensor], memory: Sequence[Tensor], step: Tensor
    ) -> list[Tensor]:
        return [_across(*pair) for pair in zip(gradients, parameters, strict=True)]


def _across(gradient: Tensor, parameter: Tensor) -> Tensor:
    squares = parameter.square().sum(1, keepdim=True) + _TINY
    rest = gradient - (parameter * gradient).sum(1, keepdim=True) / squares * parameter
    return rest * (gradient.norm(dim=1, keepdim=True) / (rest.norm(dim=1, keepdim=True) + _TINY))


class Filtering:
    """The filters of one training, one after the other, and what they remember."""

    def __init__(self, filters: Sequence[GradientFilter], parameters: Sequence[Tensor]) -> None:
        self.filters = tuple(filters)
        self.memory = [[torch.zeros_like(each) for each in parameters if own.remembers] for own in self.filters]

    def __call__(self, gradients: list[Tensor], parameters: Sequence[Tensor], step: Tensor) -> list[Tensor]:
        for own, memory in zip(self.filters, self.memory, strict=True):
            gradients = own(gradients, parameters, memory, step)
        return gradients
