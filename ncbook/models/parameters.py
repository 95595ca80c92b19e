"""How many parameters torchvision's networks train, and how many of them are saved where the head is not trained."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ncbook._checks import require_choice, require_integer
from ncbook._torchvision import torchvision

# Those that the survey names (residual networks, DenseNets, ShuffleNets), and three others of very different heads.
ARCHITECTURES = (
    "resnet18", "resnet50", "densenet121", "densenet169", "shufflenet_v2_x0_5", "shufflenet_v2_x1_0",
    "mobilenet_v3_small", "mobilenet_v3_large", "vgg16",
)  # fmt: skip
_COPIES = {"sgd": 3, "adamw": 4}  # numbers a parameter: itself, its gradient, and the moments of the optimizer


@dataclass(frozen=True)
class Parameters:
    """Numbers of trained parameters of one network for K classes.

    Attributes:
        total: with everything trained
        head: of the last layer, weights [K, d] and biases [K]
        feature_dim: d, the features that the last layer reads
        narrowed: what is left of `total` if the layer before makes K features in place of d, and the head reads them;
            None where there is no such network: for K >= d, and where the features are the outputs of several layers

    >>> tiny = models.Parameters(total=100, head=30, feature_dim=9, narrowed=60)
    >>> tiny.saved_by_fixing, tiny.saved_by_narrowing
    (0.3, 0.4)
    """

    total: int
    head: int
    feature_dim: int
    narrowed: int | None

    @property
    def saved_by_fixing(self) -> float:
        """The share of the trained parameters that are those of the head."""
        return self.head / self.total

    @property
    def saved_by_narrowing(self) -> float:
        """The share that d = K leaves out, negative where a map that it needs costs more; nan where there is none."""
        return float("nan") if self.narrowed is None else 1 - self.narrowed / self.total


def count_parameters(name: str, num_classes: int) -> Parameters:
    """The `Parameters` of torchvision's network `name`, one of `ARCHITECTURES`, with a head for so many classes.

    Sizes alone are made, no weights. For d = K the last layer with d outputs gets K of them, and with it its batch
    norm; in a residual network the sum needs a map of the other d features to K, a 1 x 1 convolution and batch norm, as
    where its stages meet (our count: Zhou et al. 2022 say how many are saved, not each layer). Raises ValueError
    for another name or num_classes < 2.

    >>> found = models.count_parameters("resnet18", num_classes=1000)
    >>> found.total, found.head, round(found.saved_by_fixing, 3)
    (11689512, 513000, 0.044)
    """
    require_choice("name", name, ARCHITECTURES)
    require_integer("num_classes", num_classes, 2)
    with torch.device("meta"):
        network: nn.Module = getattr(torchvision("models"), name)(num_classes=num_classes)
    layers = [each for each in network.modules() if isinstance(each, nn.Linear | nn.Conv2d)]
    head: Any = layers[-1]
    total, dim = _size(network), head.in_features
    narrowed = None if num_classes >= dim else _narrowed(layers[:-1], dim, num_classes, name.startswith("resnet"))
    left = None if narrowed is None else total - narrowed - (dim - num_classes) * num_classes
    return Parameters(total, _size(head), dim, left)


def training_bytes(parameters: int, optimizer: str = "sgd") -> int:
    """Bytes that training keeps for so many parameters in float32: weights, gradients and the optimizer's state.

    "sgd" with momentum keeps one number more for each parameter, "adamw" two. Activations are not counted (this
    book's arithmetic). Raises ValueError for another optimizer or parameters < 0.

    >>> models.training_bytes(1000), models.training_bytes(1000, "adamw")
    (12000, 16000)
    """
    require_integer("parameters", parameters, 0)
    require_choice("optimizer", optimizer, tuple(_COPIES))
    return 4 * _COPIES[optimizer] * parameters


def _narrowed(layers: list[Any], dim: int, num_classes: int, residual: bool) -> int | None:
    """How many parameters before the head are left out with `num_classes` features in place of `dim`."""
    made = [layer for layer in layers if len(layer.weight) == dim]
    if not made or made[-1] is not layers[-1]:  # else the features are not the outputs of the last layer
        return None
    last = made[-1]
    each = last.weight[0].numel() + (last.bias is not None)
    normed = 2 * isinstance(last, nn.Conv2d)  # a convolution that makes the features has a batch norm in each of these
    return (dim - num_classes) * (each + normed) - residual * num_classes * (dim + 2)


def _size(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
