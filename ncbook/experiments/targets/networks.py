"""Perceptrons of all seeds at once, whose targets are numbers or sets, by gradient descent on all points."""

from collections.abc import Callable, Collection, Sequence

import torch
from torch import Tensor
from torch.func import functional_call, stack_module_state, vmap

from ncbook import models, trainers
from ncbook.experiments._experiment import Rows
from ncbook.experiments.targets.config import Config

Loss = Callable[[Tensor], Tensor]  # outputs [S, N, m] -> the loss of each network [S]
Probe = Callable[["Networks", int], Rows]


class Networks:
    """S perceptrons without batch norm as one, built by `seeds`: a bias and a ReLU in each layer, and a linear head."""

    def __init__(self, config: Config, shape: tuple[int, ...], outputs: int, seeds: Sequence[int], device: str) -> None:
        built = []
        for seed in seeds:
            with models.seeded(seed):
                built.append(models.mlp(shape, outputs, config.width, config.depth, batch_norm=False).to(device))
        self._template = built[0]
        stacked, _ = stack_module_state(built)
        self.parameters = {name: value.detach().requires_grad_() for name, value in stacked.items()}

    @property
    def weight(self) -> Tensor:
        """[S, m, d] of the heads."""
        return self.parameters["head.weight"].detach()

    def __call__(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """inputs [S, N, ...] -> features [S, N, d] and outputs [S, N, m]."""

        def one(parameters: dict[str, Tensor], points: Tensor) -> tuple[Tensor, Tensor]:
            both: tuple[Tensor, Tensor] = functional_call(_Both(self._template), parameters, (points,))
            return both

        named = {f"model.{name}": value for name, value in self.parameters.items()}
        found: tuple[Tensor, Tensor] = vmap(one)(named, inputs)
        return found


class _Both(torch.nn.Module):
    """Features and outputs of a network."""

    def __init__(self, model: models.Classifier) -> None:
        super().__init__()
        self.model = model

    def forward(self, points: Tensor) -> tuple[Tensor, Tensor]:
        features = self.model.features(points)
        return features, self.model.head(features)


def descend(
    networks: Networks, inputs: Tensor, loss: Loss, recipe: trainers.Recipe, probe: Probe, probed: Collection[int]
) -> Rows:
    """Gradient descent with momentum on inputs [S, N, ...], as `recipe` says but for its loss; the rows of probes."""
    leaves = list(networks.parameters.values())
    trainers.before_training(leaves)
    optimizer = torch.optim.SGD(leaves, recipe.learning_rate, recipe.momentum, weight_decay=recipe.weight_decay)
    measured: list[Rows] = []
    with trainers.progress(recipe.steps, 0, lambda done: None) as report:
        for done in range(recipe.steps + 1):
            if done in probed:
                with torch.no_grad():
                    measured.append(probe(networks, done))
                trainers.after_probe(measured)
            if done < recipe.steps:
                optimizer.param_groups[0]["lr"] = recipe.learning_rate * recipe.schedule(done)
                optimizer.zero_grad()
                loss(networks(inputs)[1]).sum().backward()
                optimizer.step()
                report(done + 1)
    return [row for rows in measured for row in rows]
