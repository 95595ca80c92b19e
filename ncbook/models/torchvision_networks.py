"""torchvision's residual networks, VGG and DenseNet, as networks for small images.

The blocks are torchvision's own. What differs is what it made for photographs of 224 pixels: the first convolution
is 3 x 3 with stride 1, no max-pooling follows it, and the head is one linear layer. Weights are random, drawn as
torchvision draws them, the replaced stem too; nothing is downloaded. Every network raises ValueError for a width
other than its own d, for an input_shape that is not [C, H, W] or too small an image, and for num_classes < 2.
"""

from itertools import pairwise
from typing import Any, Literal

from torch import nn

from ncbook._checks import as_tuple, is_integer, require, require_integer
from ncbook._torchvision import torchvision
from ncbook.models.classifier import Classifier
from ncbook.models.modular import require_sizes


def resnet18(input_shape: tuple[int, ...], num_classes: int, width: int = 512) -> Classifier:
    """ResNet-18 (He et al. 2016) for small images; d = 512. Blocks "stem", "layer1", ..., "layer4", "pool".

    The network of Papyan, Han and Donoho's published notebook. Layers 2 to 4 halve the image.

    >>> network = models.resnet18((3, 32, 32), num_classes=10)
    >>> list(network.eval().layers(torch.zeros(1, 3, 32, 32))), network.head.weight.shape
    (['stem', 'layer1', 'layer2', 'layer3', 'layer4', 'pool'], torch.Size([10, 512]))
    """
    _require("ResNet-18", 512, width, input_shape, num_classes)
    return _resnet(torchvision("models").resnet18(num_classes=num_classes), input_shape)


def resnet34(input_shape: tuple[int, ...], num_classes: int, width: int = 512) -> Classifier:
    """ResNet-34 for small images; d = 512. Blocks as in `resnet18`, with more residual units each.

    >>> models.resnet34((3, 32, 32), num_classes=10).head.weight.shape
    torch.Size([10, 512])
    """
    _require("ResNet-34", 512, width, input_shape, num_classes)
    return _resnet(torchvision("models").resnet34(num_classes=num_classes), input_shape)


def resnet50(input_shape: tuple[int, ...], num_classes: int, width: int = 2048) -> Classifier:
    """ResNet-50 for small images; d = 2048. Blocks as in `resnet18`, of bottleneck units.

    >>> models.resnet50((3, 32, 32), num_classes=10).head.weight.shape
    torch.Size([10, 2048])
    """
    _require("ResNet-50", 2048, width, input_shape, num_classes)
    return _resnet(torchvision("models").resnet50(num_classes=num_classes), input_shape)


def vgg11_bn(input_shape: tuple[int, ...], num_classes: int, width: int = 512) -> Classifier:
    """VGG-11 (Simonyan and Zisserman 2015) with batch norm for images from 32 pixels; d = 512.

    Blocks "stage1", ..., "stage5", each of convolutions and a max-pooling that halves the image, then "pool". In place
    of torchvision's three linear layers with dropout there is the head alone, drawn as the last of the three is:
    weights from N(0, 0.01^2), bias 0.

    >>> models.vgg11_bn((3, 32, 32), num_classes=10).head.weight.shape
    torch.Size([10, 512])
    """
    _require("VGG-11", 512, width, input_shape, num_classes, least=32)
    return _vgg("A", input_shape, num_classes)


def vgg13_bn(input_shape: tuple[int, ...], num_classes: int, width: int = 512) -> Classifier:
    """VGG-13 with batch norm for images from 32 pixels; d = 512. Blocks and head as in `vgg11_bn`.

    >>> models.vgg13_bn((3, 32, 32), num_classes=10).head.weight.shape
    torch.Size([10, 512])
    """
    _require("VGG-13", 512, width, input_shape, num_classes, least=32)
    return _vgg("B", input_shape, num_classes)


def vgg16_bn(input_shape: tuple[int, ...], num_classes: int, width: int = 512) -> Classifier:
    """VGG-16 with batch norm for images from 32 pixels; d = 512. Blocks and head as in `vgg11_bn`.

    >>> models.vgg16_bn((3, 32, 32), num_classes=10).head.weight.shape
    torch.Size([10, 512])
    """
    _require("VGG-16", 512, width, input_shape, num_classes, least=32)
    return _vgg("D", input_shape, num_classes)


def densenet121(input_shape: tuple[int, ...], num_classes: int, width: int = 1024) -> Classifier:
    """DenseNet-121 (Huang et al. 2017) for images from 8 pixels; d = 1024.

    Blocks "stem", "dense1", "transition1", ..., "transition3", "dense4", "pool"; a transition halves the image. The
    last batch norm and ReLU belong to "pool".

    >>> models.densenet121((3, 32, 32), num_classes=10).head.weight.shape
    torch.Size([10, 1024])
    """
    _require("DenseNet-121", 1024, width, input_shape, num_classes, least=8)
    body = torchvision("models").densenet121(num_classes=num_classes)
    parts = body.features
    stem = _stem(input_shape[0], fan="fan_in")
    blocks: dict[str, nn.Module] = {"stem": nn.Sequential(stem, parts.norm0, parts.relu0)}
    for level in (1, 2, 3):
        blocks[f"dense{level}"] = getattr(parts, f"denseblock{level}")
        blocks[f"transition{level}"] = getattr(parts, f"transition{level}")
    blocks["dense4"] = parts.denseblock4
    blocks["pool"] = nn.Sequential(parts.norm5, nn.ReLU(inplace=True), *_average())
    return _classifier(blocks, body.classifier)


def _resnet(body: Any, input_shape: tuple[int, ...]) -> Classifier:
    stem = _stem(input_shape[0], fan="fan_out")
    blocks: dict[str, nn.Module] = {"stem": nn.Sequential(stem, body.bn1, body.relu)}
    for name in ("layer1", "layer2", "layer3", "layer4"):
        blocks[name] = getattr(body, name)
    blocks["pool"] = nn.Sequential(*_average())
    return _classifier(blocks, body.fc)


def _vgg(configuration: str, input_shape: tuple[int, ...], num_classes: int) -> Classifier:
    """Only the convolutions are torchvision's: its VGG class would first draw 120 million weights of linear layers."""
    vgg = torchvision("models.vgg")
    layers = list(vgg.make_layers(vgg.cfgs[configuration], batch_norm=True))
    layers[0] = nn.Conv2d(input_shape[0], 64, kernel_size=3, padding=1)
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    ends = [place + 1 for place, layer in enumerate(layers) if isinstance(layer, nn.MaxPool2d)]
    stages = [nn.Sequential(*layers[start:end]) for start, end in pairwise([0, *ends])]
    blocks: dict[str, nn.Module] = {f"stage{level}": stage for level, stage in enumerate(stages, start=1)}
    blocks["pool"] = nn.Sequential(*_average())
    head = nn.Linear(512, num_classes)
    nn.init.normal_(head.weight, std=0.01)
    nn.init.zeros_(head.bias)
    return _classifier(blocks, head)


def _stem(channels: int, fan: Literal["fan_in", "fan_out"]) -> nn.Conv2d:
    stem = nn.Conv2d(channels, 64, kernel_size=3, padding=1, bias=False)
    nn.init.kaiming_normal_(stem.weight, mode=fan, nonlinearity="relu")
    return stem


def _average() -> tuple[nn.Module, nn.Module]:
    """[N, d, H, W] -> [N, d]"""
    return nn.AdaptiveAvgPool2d(1), nn.Flatten()


def _classifier(blocks: dict[str, nn.Module], head: nn.Linear) -> Classifier:
    model = Classifier(blocks, head.in_features, head.out_features)
    model.head = head
    return model


def _require(
    name: str, dim: int, width: int, input_shape: tuple[int, ...], num_classes: int, *, least: int = 1
) -> None:
    require_integer("width", width)
    require("width", width, width == dim, f"{dim}, the features of {name}")
    require_image(name, input_shape, least)
    require_sizes(num_classes=(num_classes, 2))


def require_image(name: str, input_shape: tuple[int, ...], least: int = 1) -> None:
    """ValueError unless input_shape is [C, H, W] with H and W at least `least`; `name` is the network that asks."""
    expected = f"[C, H, W] with H and W at least {least} for {name}"
    shape = as_tuple("input_shape", input_shape, expected)
    fine = len(shape) == 3 and all(is_integer(size) for size in shape) and shape[0] >= 1 and min(shape[1:]) >= least
    require("input_shape", list(shape), fine, expected)
