"""Networks that classify inputs of a given shape, and the names by which an experiment's config calls them."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise

from torch import nn

from ncbook._checks import require_choice, require_flag
from ncbook.models.classifier import Classifier
from ncbook.models.modular import inputs_of, require_sizes
from ncbook.models.torchvision_networks import (
    densenet121,
    require_image,
    resnet18,
    resnet34,
    resnet50,
    vgg11_bn,
    vgg13_bn,
    vgg16_bn,
)


def mlp(
    input_shape: tuple[int, ...], num_classes: int, width: int = 128, depth: int = 3, batch_norm: bool = True
) -> Classifier:
    """A multilayer perceptron of `depth` blocks, each `width` wide (d = width). Blocks "hidden1", "hidden2", ...

    A block is linear, batch norm and ReLU; with batch_norm=False linear with a bias and ReLU. Linear layers start as
    PyTorch's do. Raises ValueError for num_classes < 2, or width or depth < 1.

    >>> list(models.mlp((2,), num_classes=3, width=8, depth=2).layers(torch.zeros(4, 2)))
    ['hidden1', 'hidden2']
    """
    require_sizes(num_classes=(num_classes, 2), width=(width, 1), depth=(depth, 1))
    require_flag("batch_norm", batch_norm)
    sizes = [inputs_of(input_shape)] + [width] * depth
    blocks: dict[str, nn.Module] = {}
    for level, (fan_in, fan_out) in enumerate(pairwise(sizes), start=1):
        norm = [nn.BatchNorm1d(fan_out)] if batch_norm else []
        layers = [nn.Linear(fan_in, fan_out, bias=not batch_norm), *norm, nn.ReLU()]
        blocks[f"hidden{level}"] = nn.Sequential(*([nn.Flatten()] if level == 1 else []), *layers)
    return Classifier(blocks, width, num_classes)


def convnet(input_shape: tuple[int, ...], num_classes: int, width: int = 128) -> Classifier:
    """A small convolutional network for 8 to 32 pixel images; d = width.

    Two convolution blocks of width/8 and width/4 channels, the second halving the image, then one linear
    block; batch norm and ReLU in each. Raises ValueError for an input_shape that is not [C, H, W], num_classes < 2 or
    width < 1.

    >>> models.convnet((1, 16, 16), num_classes=10, width=64).features(torch.zeros(2, 1, 16, 16)).shape
    torch.Size([2, 64])
    """
    require_image("a convolutional network", input_shape)
    require_sizes(num_classes=(num_classes, 2), width=(width, 1))
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


NETWORKS: dict[str, Callable[..., Classifier]] = {
    "mlp": mlp,
    "mlp_no_bn": partial(mlp, batch_norm=False),
    "convnet": convnet,
    "resnet18": resnet18,
    "resnet34": resnet34,
    "resnet50": resnet50,
    "vgg11_bn": vgg11_bn,
    "vgg13_bn": vgg13_bn,
    "vgg16_bn": vgg16_bn,
    "densenet121": densenet121,
}


def build(name: str, input_shape: tuple[int, ...], num_classes: int, width: int) -> Classifier:
    """The network called `name`; raises ValueError that lists the names.

    >>> models.build("mlp", (1, 8, 8), num_classes=10, width=32).head.weight.shape
    torch.Size([10, 32])
    """
    require_choice("name", name, NETWORKS)
    return NETWORKS[name](input_shape, num_classes, width=width)


def _convolution(fan_in: int, fan_out: int, stride: int) -> nn.Sequential:
    convolution = nn.Conv2d(fan_in, fan_out, kernel_size=3, stride=stride, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(fan_out), nn.ReLU())
