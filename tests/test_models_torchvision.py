"""torchvision's networks with the stem for small images, held against torchvision's own modules."""

import math
from collections.abc import Callable, Iterator
from functools import cache

import pytest
import torch
from tables import for_each
from torch import nn

from ncbook._torchvision import torchvision
from ncbook.models import torchvision_networks

DIMENSIONS = {
    "resnet18": 512,
    "resnet34": 512,
    "resnet50": 2048,
    "vgg11_bn": 512,
    "vgg13_bn": 512,
    "vgg16_bn": 512,
    "densenet121": 1024,
}
LEAST = {name: {"r": 1, "v": 32, "d": 8}[name[0]] for name in DIMENSIONS}
STAGES = [f"stage{level}" for level in range(1, 6)]
LAYERS = [f"layer{level}" for level in range(1, 5)]
EVERY = for_each("name", DIMENSIONS)
RESNETS = for_each("name", ["resnet18", "resnet34", "resnet50"])
VGGS = for_each("name", ["vgg11_bn", "vgg13_bn", "vgg16_bn"])


def build(name: str, shape=(3, 32, 32), classes: int = 5, **options):
    torch.manual_seed(0)
    return getattr(torchvision_networks, name)(shape, classes, **options)


@pytest.fixture(scope="module")
def whole() -> Iterator[Callable[[str], nn.Module]]:
    """Each network with all its weights, drawn once, for tests that change its mode and running moments at most."""
    built = cache(lambda name: build(name, classes=50))
    yield built
    built.cache_clear()  # 400 MB


def sketch(*arguments, **options):
    """A network without memory for its weights: sizes, and nothing else, can be asked of it."""
    with torch.device("meta"):
        return build(*arguments, **options).eval()


def images(shape=(3, 32, 32), count: int = 2) -> torch.Tensor:
    return torch.randn(count, *shape, generator=torch.Generator().manual_seed(1))


def no_images(shape=(3, 32, 32)) -> torch.Tensor:
    return torch.empty(3, *shape, device="meta")


def original(name: str) -> nn.Module:
    """torchvision's network for photographs and 1000 classes, without memory for its weights."""
    with torch.device("meta"):
        return getattr(torchvision("models"), name)()


def made_small(name: str) -> nn.Module:
    """torchvision's network with its own forward method, changed from outside to be the function that ours is."""
    body = original(name)
    with torch.device("meta"):
        if name.startswith("resnet"):
            body.conv1, body.maxpool = nn.Conv2d(3, 64, 3, stride=1, padding=1, bias=False), nn.Identity()
            body.fc = nn.Linear(DIMENSIONS[name], 50)
        elif name.startswith("densenet"):
            body.features.conv0 = nn.Conv2d(3, 64, 3, stride=1, padding=1, bias=False)
            body.features.pool0, body.classifier = nn.Identity(), nn.Linear(1024, 50)
        else:
            body.avgpool, body.classifier = nn.AdaptiveAvgPool2d(1), nn.Linear(512, 50)
    return body


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@for_each(("name", "size"), zip(DIMENSIONS, (47, 32, 32, 47, 32, 32, 32), strict=True))
@torch.no_grad()
def test_it_is_the_function_of_torchvisions_own_module(name, size, whole):
    ours, theirs, inputs = whole(name), made_small(name), images((3, size, size + 5))
    weights = dict(zip(theirs.state_dict(), ours.state_dict().values(), strict=True))
    theirs.load_state_dict({key: tensor.clone() for key, tensor in weights.items()}, assign=True)
    for mode in (True, False):  # training first: it moves the running means and variances
        logits = theirs.train(mode)(inputs)
        assert logits.std() > 1e-3
        torch.testing.assert_close(ours.train(mode)(inputs), logits, rtol=1e-5, atol=1e-6)


@for_each(("name", "channels"), zip(DIMENSIONS, (1, 3, 1, 3, 1, 3, 1), strict=True))
def test_the_number_of_parameters_is_torchvisions_but_for_stem_and_head(name, channels):
    theirs, dim, classes = count(original(name)), DIMENSIONS[name], 7
    old_stem = 64 * 3 * (9 if name.startswith("vgg") else 49)
    linear = [(25088, 4096), (4096, 4096), (4096, 1000)] if name.startswith("vgg") else [(dim, 1000)]
    old_head = sum(fan_in * fan_out + fan_out for fan_in, fan_out in linear)
    expected = theirs - old_stem - old_head + 64 * channels * 9 + dim * classes + classes
    assert count(sketch(name, (channels, 32, 32), classes)) == expected


@for_each(
    ("name", "parameters"),
    [("resnet18", 11_173_962), ("resnet34", 21_282_122), ("resnet50", 23_520_842), ("vgg16_bn", 14_728_266)],
)
def test_it_has_the_size_that_is_published_for_ten_classes_of_small_color_images(name, parameters):
    assert count(sketch(name, classes=10)) == parameters


@EVERY
@torch.no_grad()
def test_the_blocks_and_the_size_of_the_image_after_each(name):
    if name.startswith("resnet"):
        expected = dict(zip(["stem", *LAYERS, "pool"], [32, 32, 16, 8, 4, None], strict=True))
    elif name.startswith("vgg"):
        expected = dict(zip([*STAGES, "pool"], [16, 8, 4, 2, 1, None], strict=True))
    else:
        dense = ["dense1", "transition1", "dense2", "transition2", "dense3", "transition3", "dense4"]
        expected = dict(zip(["stem", *dense, "pool"], [32, 32, 16, 16, 8, 8, 4, 4, None], strict=True))
    output, sizes = no_images(), {}
    for label, block in sketch(name).blocks.items():
        output = block(output)
        sizes[label] = output.shape[2] if output.ndim == 4 else None
    assert list(sizes.items()) == list(expected.items())


@EVERY
def test_weights_and_head_start_as_torchvision_draws_them(name, whole):
    """He's normal distribution: variance 2 / fan-out for residual networks and VGG, 2 / fan-in for DenseNet."""
    model = whole(name)
    for label, module in model.named_modules():
        if isinstance(module, nn.Conv2d):
            out, fan_in, *kernel = module.weight.shape
            fan = (fan_in if name.startswith("densenet") else out) * math.prod(kernel)
            spread = 5 / math.sqrt(2 * module.weight.numel())  # five standard errors
            assert module.weight.std().item() == pytest.approx(math.sqrt(2 / fan), rel=spread), label
            assert module.weight.abs().max() > 2 * math.sqrt(2 / fan), label  # a uniform distribution ends at 1.73
            assert module.bias is None or not module.bias.any(), label
        elif isinstance(module, nn.BatchNorm2d):
            assert bool((module.weight == 1).all()), label
            assert not module.bias.any(), label
    head, dim = model.head, DIMENSIONS[name]
    if name.startswith("vgg"):
        assert head.weight.std().item() == pytest.approx(0.01, rel=0.03)
    else:
        assert 0.99 / math.sqrt(dim) < head.weight.abs().max() <= 1 / math.sqrt(dim)
    assert bool(head.bias.any()) == name.startswith("resnet")


@EVERY
def test_another_width_than_its_own_is_refused(name):
    assert sketch(name, width=DIMENSIONS[name]).head.in_features == DIMENSIONS[name]
    with pytest.raises(ValueError, match=rf"width: .*{DIMENSIONS[name]}.*got 128"):
        sketch(name, width=128)


@EVERY
@torch.no_grad()
def test_the_least_image_that_is_taken(name):
    least = LEAST[name]
    smallest = (2, least, least)
    assert sketch(name, smallest)(no_images(smallest)).shape == (3, 5)
    for shape in [(2, least, least - 1), (2, least - 1, least)]:
        with pytest.raises(ValueError, match=rf"input_shape: .*at least {least} .*got list \[2, "):
            sketch(name, shape)


@EVERY
@for_each("shape", [(64,), (32, 32), (0, 32, 32), (1, 3, 32, 32)])
def test_a_shape_that_is_no_image_is_refused(name, shape):
    with pytest.raises(ValueError, match=r"input_shape: .*\[C, H, W\]"):
        sketch(name, shape)


@RESNETS
@torch.no_grad()
def test_the_stem_keeps_small_images_large(name):
    """The stem of the published notebook neither strides nor pools: the first stage sees every pixel."""
    assert sketch(name, (1, 28, 20)).blocks["stem"](no_images((1, 28, 20))).shape == (3, 64, 28, 20)


@VGGS
@torch.no_grad()
def test_a_larger_image_is_averaged_over_its_places(name, whole):
    model, inputs = whole(name).eval(), images((3, 64, 96), 2)
    output = inputs
    for stage in STAGES:
        output = model.blocks[stage](output)
    assert output.shape == (2, 512, 2, 3)
    torch.testing.assert_close(model.features(inputs), output.mean(dim=(2, 3)))


@torch.no_grad()
def test_features_of_densenet_are_rectified_before_they_are_averaged(whole):
    model, inputs = whole("densenet121").train(), images()
    output = inputs
    for block in list(model.blocks.values())[:-1]:
        output = block(output)
    mean, variance = output.mean(dim=(0, 2, 3), keepdim=True), output.var(dim=(0, 2, 3), keepdim=True, correction=0)
    rectified = ((output - mean) / (variance + 1e-5).sqrt()).clamp(min=0)
    torch.testing.assert_close(model.features(inputs), rectified.mean(dim=(2, 3)), rtol=1e-4, atol=1e-5)
