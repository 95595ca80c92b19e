"""Parameters of torchvision's networks, held against what is known of their layers."""

import math

import pytest
import torch
from tables import for_each

from ncbook import models
from ncbook._torchvision import torchvision

# name -> parameters before the last layer, and its inputs
KNOWN = {
    "resnet18": (11_176_512, 512), "resnet50": (23_508_032, 2048), "densenet121": (6_953_856, 1024),
    "densenet169": (12_484_480, 1664), "vgg16": (134_260_544, 4096),
}  # fmt: skip


@for_each("classes", [10, 1000])
@for_each("name", KNOWN)
def test_the_last_layer_is_told_from_the_rest(name, classes):
    found, (before, dim) = models.count_parameters(name, classes), KNOWN[name]
    assert found.head == dim * classes + classes
    assert found.total == before + found.head
    assert found.feature_dim == dim
    assert found.saved_by_fixing == pytest.approx((dim + 1) * classes / (before + (dim + 1) * classes))


@pytest.mark.parametrize("name", models.ARCHITECTURES)
def test_every_architecture_has_a_last_layer_that_is_its_output(name):
    with torch.device("meta"):
        network = getattr(torchvision("models"), name)(num_classes=7).eval()
    last = [each for each in network.modules() if isinstance(each, torch.nn.Linear)][-1]
    found = models.count_parameters(name, 7)
    assert network(torch.empty(2, 3, 224, 224, device="meta")).shape == (2, 7)
    assert (found.feature_dim, found.head) == (last.in_features, last.weight.numel() + 7)
    assert found.total == sum(each.numel() for each in network.parameters())


def narrowed_by_hand(name: str, classes: int) -> int:
    """The network with K features, layer by layer."""
    nn = torch.nn
    with torch.device("meta"):
        network = getattr(torchvision("models"), name)(num_classes=classes)
        if name == "vgg16":
            network.classifier[3], network.classifier[6] = nn.Linear(4096, classes), nn.Linear(classes, classes)
        elif name.startswith("mobilenet"):
            before = network.classifier[0].in_features
            network.classifier = nn.Sequential(nn.Linear(before, classes), nn.Linear(classes, classes))
        elif name.startswith("shufflenet"):
            before = network.conv5[0].in_channels
            network.conv5 = nn.Sequential(nn.Conv2d(before, classes, 1, bias=False), nn.BatchNorm2d(classes))
            network.fc = nn.Linear(classes, classes)
        else:
            unit, dim = network.layer4[-1], network.fc.in_features
            last = "conv3" if name == "resnet50" else "conv2"
            old = getattr(unit, last)
            setattr(unit, last, nn.Conv2d(old.in_channels, classes, old.kernel_size, bias=False))
            setattr(unit, last.replace("conv", "bn"), nn.BatchNorm2d(classes))
            unit.downsample = nn.Sequential(nn.Conv2d(dim, classes, 1, bias=False), nn.BatchNorm2d(classes))
            network.fc = nn.Linear(classes, classes)
    return sum(each.numel() for each in network.parameters())


@for_each("classes", [10, 1000])
@for_each("name", [name for name in models.ARCHITECTURES if not name.startswith("densenet")])
def test_a_network_with_as_many_features_as_classes_is_counted_layer_by_layer(name, classes):
    found = models.count_parameters(name, classes)
    if classes >= found.feature_dim:
        assert found.narrowed is None
        assert math.isnan(found.saved_by_narrowing)
    else:
        assert found.narrowed == narrowed_by_hand(name, classes)
        assert found.saved_by_narrowing == pytest.approx(1 - found.narrowed / found.total)


def test_where_several_layers_make_the_features_nothing_is_counted():
    assert models.count_parameters("densenet121", 10).narrowed is None


@for_each(("optimizer", "state"), [("sgd", ["momentum_buffer"]), ("adamw", ["exp_avg", "exp_avg_sq"])])
def test_training_keeps_what_the_optimizer_keeps(optimizer, state):
    weight = torch.nn.Parameter(torch.ones(6, 5))
    made = torch.optim.SGD([weight], 0.1, momentum=0.9) if optimizer == "sgd" else torch.optim.AdamW([weight])
    weight.sum().backward()
    made.step()
    kept = [weight, weight.grad, *(made.state[weight][name] for name in state)]
    assert models.training_bytes(30, optimizer) == sum(each.numel() * each.element_size() for each in kept)
