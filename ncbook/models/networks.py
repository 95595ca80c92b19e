"""The networks themselves."""

from collections.abc import Callable
from itertools import pairwise
from math import prod

from torch import nn

from ncbook._torchvision import torchvision
from ncbook.models.classifier import Classifier


def mlp(input_shape: tuple[int, ...], num_classes: int, width: int = 128, depth: int = 3) -> Classifier:
    """A multilayer perceptron: `depth` blocks of linear, batch norm and ReLU, each `width` wide (d = width)."""
    sizes = [prod(input_shape)] + [width] * depth
    blocks: dict[str, nn.Module] = {}
    for level, (fan_in, fan_out) in enumerate(pairwise(sizes), start=1):
        layers = [nn.Linear(fan_in, fan_out, bias=False), nn.BatchNorm1d(fan_out), nn.ReLU()]
        blocks[f"hidden{level}"] = nn.Sequential(*([nn.Flatten()] if level == 1 else []), *layers)
    return Classifier(blocks, width, num_classes)


def convnet(input_shape: tuple[int, ...], num_classes: int, width: int = 128) -> Classifier:
    """A small convolutional network for 8 to 32 pixel images; d = width.

    Two convolution blocks of width/8 and width/4 channels, the second halving the image, then one linear
    block; batch norm and ReLU in each.
    """
    channels, height, across = input_shape
    narrow, wide = max(1, width // 8), max(1, width // 4)
    blocks: dict[str, nn.Module] = {
        "conv1": _convolution(channels, narrow, stride=1 if height <= 16 else 2),
        "conv2": _convolution(narrow, wide, stride=2),
    }
    shrink = 2 if height <= 16 else 4
    area = -(-height // shrink) * -(-across // shrink)
    linear = nn.Linear(wide * area, width, bias=False)
    blocks["hidden"] = nn.Sequential(nn.Flatten(), linear, nn.BatchNorm1d(width), nn.ReLU())
    return Classifier(blocks, width, num_classes)


def resnet18(input_shape: tuple[int, ...], num_classes: int, width: int = 512) -> Classifier:
    """torchvision's ResNet-18 with the stem for small images: a 3 x 3 convolution, no max-pooling; d = 512.

    The network of Papyan, Han and Donoho's published notebook. Raises ValueError for any other width.
    """
    if width != 512:
        raise ValueError(f"width: ResNet-18 has 512 features, got {width}")
    body = torchvision("models").resnet18(num_classes=num_classes)
    stem = nn.Conv2d(input_shape[0], 64, kernel_size=3, padding=1, bias=False)
    blocks: dict[str, nn.Module] = {"stem": nn.Sequential(stem, body.bn1, body.relu)}
    for name in ("layer1", "layer2", "layer3", "layer4"):
        blocks[name] = getattr(body, name)
    blocks["pool"] = nn.Sequential(body.avgpool, nn.Flatten())
    return Classifier(blocks, 512, num_classes)


NETWORKS: dict[str, Callable[..., Classifier]] = {"mlp": mlp, "convnet": convnet, "resnet18": resnet18}


def build(name: str, input_shape: tuple[int, ...], num_classes: int, width: int) -> Classifier:
    """The network called `name`; raises ValueError that lists the names."""
    if name not in NETWORKS:
        raise ValueError(f"name: no network is called {name!r}; there are {', '.join(NETWORKS)}")
    return NETWORKS[name](input_shape, num_classes, width=width)


def _convolution(fan_in: int, fan_out: int, stride: int) -> nn.Sequential:
    convolution = nn.Conv2d(fan_in, fan_out, kernel_size=3, stride=stride, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(fan_out), nn.ReLU())
