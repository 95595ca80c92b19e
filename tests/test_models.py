"""The contract of every network: blocks, features, a linear head."""

import pytest
import torch

from ncbook import models

SHAPES = [(1, 8, 8), (1, 28, 28), (3, 32, 32)]
WIDTHS = {"mlp": 24, "convnet": 24, "resnet18": 512}
EVERY = pytest.mark.parametrize("name", models.NETWORKS)


def network(name: str, shape=(1, 8, 8), classes: int = 5, seed: int = 0) -> models.Classifier:
    torch.manual_seed(seed)
    return models.build(name, shape, classes, WIDTHS[name]).eval()


def images(shape=(1, 8, 8), count: int = 3) -> torch.Tensor:
    return torch.randn(count, *shape, generator=torch.Generator().manual_seed(1))


@EVERY
@pytest.mark.parametrize("shape", SHAPES)
@torch.no_grad()
def test_shapes(name, shape):
    model, inputs = network(name, shape), images(shape)
    assert model.features(inputs).shape == (3, WIDTHS[name])
    assert model(inputs).shape == (3, 5)
    assert model.head.weight.shape == (5, WIDTHS[name])


@EVERY
@torch.no_grad()
def test_the_head_of_the_features_is_the_network(name):
    model, inputs = network(name), images()
    assert torch.equal(model.head(model.features(inputs)), model(inputs))


@EVERY
@torch.no_grad()
def test_the_last_layer_is_the_features(name):
    model, inputs = network(name), images()
    layers = model.layers(inputs)
    assert list(layers) == list(model.blocks)
    assert all(output.ndim == 2 and len(output) == 3 for output in layers.values())
    assert torch.equal(list(layers.values())[-1], model.features(inputs))


@EVERY
@torch.no_grad()
def test_images_do_not_see_each_other_in_evaluation_mode(name):
    model, inputs = network(name), images()
    torch.testing.assert_close(model(inputs)[1:2], model(inputs[1:2]), rtol=1e-4, atol=1e-4)


@EVERY
def test_every_parameter_takes_part(name):
    model = network(name).train()
    model(images()).square().sum().backward()
    idle = [label for label, parameter in model.named_parameters() if parameter.grad is None]
    assert idle == []


@EVERY
def test_the_seed_fixes_the_weights(name):
    one, same, other = (network(name, seed=seed).state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(one[key], same[key]) for key in one)
    assert not torch.equal(one["head.weight"], other["head.weight"])


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_an_mlp_has_as_many_blocks_as_it_is_deep(depth):
    model = models.mlp((1, 8, 8), 5, width=16, depth=depth)
    assert list(model.blocks) == [f"hidden{level}" for level in range(1, depth + 1)]


@pytest.mark.parametrize("shape", [(1, 9, 9), (1, 17, 31), (2, 16, 16), (3, 33, 20)])
@torch.no_grad()
def test_a_convnet_takes_images_of_odd_sizes(shape):
    assert network("convnet", shape)(images(shape)).shape == (3, 5)


def test_resnet18_keeps_small_images_large():
    """The stem of the published notebook neither strides nor pools: the first stage sees every pixel."""
    model = network("resnet18", (1, 32, 32))
    assert model.blocks["stem"](images((1, 32, 32), 1)).shape == (1, 64, 32, 32)


def test_resnet18_has_the_size_of_the_published_one():
    """11,173,962 parameters for three channels and ten classes."""
    model = models.resnet18((3, 32, 32), 10)
    assert sum(parameter.numel() for parameter in model.parameters()) == 11_173_962


def test_resnet18_refuses_another_width():
    with pytest.raises(ValueError, match=r"width: .*512.*got 128"):
        models.build("resnet18", (1, 8, 8), 5, 128)


def test_an_unknown_network_is_answered_with_the_names_that_there_are():
    with pytest.raises(ValueError, match=r"'vgg'.*mlp, convnet, resnet18"):
        models.build("vgg", (1, 8, 8), 5, 16)
