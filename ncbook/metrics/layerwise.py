"""Collapse in every layer of a network, in two passes over the data whatever the number of layers."""

from collections.abc import Iterable
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from ncbook import _checks
from ncbook.metrics._wrapped import layered
from ncbook.metrics.collapse import Collapse
from ncbook.metrics.meter import CollapseMeter


class Layered(Protocol):
    """A network whose layers can be read: `layers(inputs)` by name, the last of them the input of `head`."""

    head: nn.Linear

    def layers(self, inputs: Tensor) -> dict[str, Tensor]: ...


@torch.no_grad()
def layerwise(model: Layered, batches: Iterable[tuple[Tensor, Tensor]], num_classes: int) -> dict[str, Collapse]:
    """`collapse` (Papyan et al. 2020) of the outputs of every layer, from first to last.

    batches yields (inputs [B, ...], labels [B]) and is iterated twice, so it must be something like a list or a
    DataLoader without shuffled augmentation, and not a generator. Each layer's output is flattened to [B, d_l].
    nc4 of every layer compares the nearest class mean in that layer with the decision of the whole network; the
    measures of the classifier are given for the last layer, which it reads, and are nan for the others. Raises
    ValueError as `CollapseMeter` does, and before the first batch if the model holds dropout or batch norm in training
    mode: the two passes would differ, and batch norm would change its running statistics.

    >>> from ncbook import models
    >>> with models.seeded(0):
    ...     network = models.mlp((2,), num_classes=3, width=8, depth=2).eval()
    >>> list(metrics.layerwise(network, [(features.float(), labels)], num_classes=3))
    ['hidden1', 'hidden2']
    """
    _checks.require_integer("num_classes", num_classes, 2)
    model, batches = layered(model, batches)
    require_evaluation(model)
    meters: dict[str, CollapseMeter] = {}
    for inputs, labels in batches:
        for name, features in model.layers(inputs).items():
            features = features.flatten(1)  # [B, d]
            meter = meters.setdefault(name, CollapseMeter(num_classes, features.shape[1]))
            meter.update(features, labels)
    if not meters:
        raise ValueError("batches: there are none; expected at least one")
    for meter in meters.values():
        meter.start_second_pass()
    for inputs, labels in batches:
        layers = {name: features.flatten(1) for name, features in model.layers(inputs).items()}
        logits = model.head(layers[next(reversed(layers))])
        for name, features in layers.items():
            meters[name].update(features, labels, logits)
    last = next(reversed(meters))
    return {name: meter.compute(model.head.weight if name == last else None) for name, meter in meters.items()}


def require_evaluation(model: object) -> None:
    """Raises ValueError if a module of the network would give other outputs each time, or change by giving them."""
    modules = model.named_modules() if isinstance(model, nn.Module) else ()
    for name, module in modules:
        if module.training and _varies(module):
            raise ValueError(
                f"model: {name or 'it'} is {type(module).__name__} in training mode, so two passes would see different "
                "features; call model.eval() first"
            )


def _varies(module: nn.Module) -> bool:
    if isinstance(module, _BatchNorm | nn.RReLU):
        return True
    dropout = getattr(module, "p", 0) if isinstance(module, _DropoutNd) else getattr(module, "dropout", 0)
    return isinstance(dropout, float) and dropout > 0  # that of attention and of recurrent layers is a number
