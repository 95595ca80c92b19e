"""The contract of every network: blocks, features, a linear head."""

import copy
import io
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest
import torch
from tables import for_each

from ncbook import models

SHAPES = [(1, 8, 8), (1, 28, 28), (3, 32, 32)]
WIDTHS = {
    "mlp": 24,
    "mlp_no_bn": 24,
    "convnet": 24,
    "resnet18": 512,
    "resnet34": 512,
    "resnet50": 2048,
    "vgg11_bn": 512,
    "vgg13_bn": 512,
    "vgg16_bn": 512,
    "densenet121": 1024,
}
ANY_SHAPE = ("mlp", "mlp_no_bn", "convnet", "resnet18")
CASES = [(name, shape) for name in models.NETWORKS for shape in (SHAPES if name in ANY_SHAPE else SHAPES[-1:])]
FAMILIES = ("mlp", "mlp_no_bn", "convnet", "resnet18", "vgg11_bn", "densenet121")  # the others are deeper ones of these
EVERY = for_each("name", FAMILIES)


@cache
def network(name: str, shape=SHAPES[-1]) -> models.Classifier:
    """In evaluation mode, after one batch of training has moved the running means and variances. Not to be changed."""
    torch.manual_seed(0)
    model = models.build(name, shape, 5, WIDTHS[name])
    with torch.no_grad():
        model(images(shape, seed=2))
    return model.eval()


def images(shape=SHAPES[-1], count: int = 2, seed: int = 1) -> torch.Tensor:
    return torch.randn(count, *shape, generator=torch.Generator().manual_seed(seed))


def test_every_network_is_tested():
    assert set(WIDTHS) == set(models.NETWORKS)


@for_each(("name", "shape"), CASES)
@torch.no_grad()
def test_shapes(name, shape):
    with torch.device("meta"):  # no memory, no arithmetic
        model, inputs = models.build(name, shape, 5, WIDTHS[name]).eval(), torch.empty(2, *shape)
    assert model.features(inputs).shape == (2, WIDTHS[name])
    assert model(inputs).shape == (2, 5)
    assert model.head.weight.shape == (5, WIDTHS[name])
    assert model.head.bias.shape == (5,)


@EVERY
@torch.no_grad()
def test_the_contract_of_a_classifier(name):
    """In-place activations inside a block are fine as long as the layers read before it stay as they were."""
    model, inputs = network(name), images()
    features, logits, layers, output = model.features(inputs), model(inputs), model.layers(inputs), inputs
    assert torch.equal(model.head(features), logits)
    assert list(layers) == list(model.blocks)
    assert torch.equal(list(layers.values())[-1], features)
    for label, block in model.blocks.items():
        output = block(output.clone())
        assert layers[label].ndim == 2
        assert torch.equal(layers[label], output.flatten(1)), label
    assert torch.equal(inputs, images())
    # in evaluation mode images do not see each other
    torch.testing.assert_close(logits[1:2], model(inputs[1:2]), rtol=1e-4, atol=1e-4)


@for_each("name", FAMILIES[2:])
@torch.no_grad()
def test_the_memory_format_does_not_matter(name):
    model, inputs = network(name), images()
    last = copy.deepcopy(model).to(memory_format=torch.channels_last)
    moved = inputs.to(memory_format=torch.channels_last)
    torch.testing.assert_close(last(moved), model(inputs), rtol=1e-4, atol=1e-4)
    layers, expected = last.layers(moved), model.layers(inputs)
    for label in model.blocks:
        torch.testing.assert_close(layers[label], expected[label], rtol=1e-4, atol=1e-4)


@EVERY
def test_every_parameter_takes_part(name):
    """Weights get a gradient that is not 0; that of a bias before batch norm is 0 but for rounding."""
    model = copy.deepcopy(network(name)).train()
    model(images()).square().sum().backward()
    gradients = {label: parameter.grad for label, parameter in model.named_parameters()}
    idle = [label for label, grad in gradients.items() if grad is None or (grad.ndim > 1 and not grad.any())]
    assert idle == []


@EVERY
def test_the_seed_fixes_the_weights(name):
    states = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        states.append(models.build(name, SHAPES[-1], 5, WIDTHS[name]).state_dict())
    one, same, other = states
    assert all(torch.equal(one[key], same[key]) for key in one)
    assert all(not torch.equal(one[key], other[key]) for key in one if one[key].ndim > 1)


@EVERY
@torch.no_grad()
def test_a_network_is_saved_as_plain_tensors_and_as_a_whole(name):
    model, inputs, file = network(name), images(), io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    loaded = models.build(name, SHAPES[-1], 5, WIDTHS[name])
    loaded.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(loaded.eval()(inputs), model(inputs))
    assert torch.equal(pickle.loads(pickle.dumps(model))(inputs), model(inputs))


@for_each("name", models.NETWORKS)
def test_a_single_class_is_refused(name):
    with pytest.raises(ValueError, match=r"num_classes: .*2, got 1"):
        models.build(name, SHAPES[-1], 1, WIDTHS[name])


@for_each("depth", [1, 2, 5])
def test_an_mlp_has_as_many_blocks_as_it_is_deep(depth):
    model = models.mlp((1, 8, 8), 5, width=16, depth=depth)
    assert list(model.blocks) == [f"hidden{level}" for level in range(1, depth + 1)]


@torch.no_grad()
def test_an_mlp_without_batch_norm_is_linear_maps_with_biases_and_rectifiers():
    model, inputs = models.mlp((3, 4, 4), 5, width=16, depth=2, batch_norm=False), images((3, 4, 4))
    state = model.state_dict()
    assert [list(weight.shape) for weight in state.values()] == [[16, 48], [16], [16, 16], [16], [5, 16], [5]]
    weights = list(state.values())
    hidden = inputs.flatten(1)
    for level in (0, 2):
        hidden = (hidden @ weights[level].T + weights[level + 1]).clamp(min=0)
    torch.testing.assert_close(model.features(inputs), hidden)
    torch.testing.assert_close(model.train()(inputs), hidden @ weights[4].T + weights[5])


def test_an_mlp_with_batch_norm_has_no_bias_before_it():
    kinds = [type(layer).__name__ for layer in models.mlp((1, 8, 8), 5, width=16, depth=2).blocks["hidden2"]]
    assert kinds == ["Linear", "BatchNorm1d", "ReLU"]
    assert models.mlp((1, 8, 8), 5).blocks["hidden2"][0].bias is None


def test_the_name_mlp_has_batch_norm_and_mlp_no_bn_has_none():
    def norms(name):
        return sum(isinstance(module, torch.nn.BatchNorm1d) for module in network(name).modules())

    assert (norms("mlp"), norms("mlp_no_bn")) == (3, 0)


@for_each(("make", "argument"), [("mlp", "width"), ("mlp", "depth"), ("convnet", "width")])
def test_a_size_of_0_is_refused(make, argument):
    with pytest.raises(ValueError, match=f"{argument}: .*1, got 0"):
        getattr(models, make)((1, 8, 8), 5, **{argument: 0})


@for_each("shape", [(1, 1, 1), (1, 9, 9), (1, 17, 31), (2, 16, 16), (3, 33, 20)])
@torch.no_grad()
def test_a_convnet_takes_images_of_odd_sizes(shape):
    assert network("convnet", shape)(images(shape)).shape == (2, 5)


@for_each("shape", [(64,), (8, 8), (0, 8, 8), (1, 0, 8), (1, 1, 8, 8)])
def test_a_convnet_refuses_a_shape_that_is_no_image(shape):
    with pytest.raises(ValueError, match=r"input_shape: .*\[C, H, W\]"):
        models.convnet(shape, 5)


def test_an_unknown_network_is_answered_with_the_names_that_there_are():
    with pytest.raises(ValueError, match=rf"'alexnet'.*{', '.join(models.NETWORKS)}"):
        models.build("alexnet", (1, 8, 8), 5, 16)


@for_each("name", [name for name in models.NETWORKS if name != "mlp_no_bn"])
def test_a_name_calls_the_function_of_that_name(name):
    assert models.NETWORKS[name].__name__ == name


# --- networks from a seed


def drawn(seed: int, meeting: threading.Barrier | None = None) -> torch.Tensor:
    """Weights of two layers, between whose draws another thread may draw as well."""
    if meeting is not None:
        meeting.wait()
    with models.seeded(seed):
        layers = []
        for _ in range(2):
            layers.append(torch.nn.Linear(20, 20))
            time.sleep(0.01)  # where there is no lock, the other thread is between the two draws now
    return torch.cat([layer.weight.detach().flatten() for layer in layers])


def test_seeded_gives_each_of_two_threads_the_weights_of_its_seed():
    alone = [drawn(seed) for seed in range(2)]
    assert not torch.equal(*alone)
    before, meeting = torch.get_rng_state(), threading.Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        for _ in range(3):
            together = list(pool.map(lambda seed: drawn(seed, meeting), range(2)))
            assert all(torch.equal(*pair) for pair in zip(together, alone, strict=True))
    assert torch.equal(torch.get_rng_state(), before)


def test_seeded_leaves_the_global_generator_as_it_was_also_after_an_error_and_nests():
    before = torch.get_rng_state()
    with pytest.raises(RuntimeError, match="shape"), models.seeded(3):
        torch.rand(5).view(7)
    with models.seeded(3):
        first = torch.rand(2)
        with models.seeded(4):
            torch.rand(7)
        rest = torch.rand(2)
    assert torch.equal(torch.get_rng_state(), before)
    with models.seeded(3):
        assert torch.equal(torch.rand(2), first)
        assert torch.equal(torch.rand(2), rest)
