"""The causal transformer against a slow float64 definition, and what it refuses."""

import math

import pytest
import torch
from torch.nn.functional import gelu

from ncbook import models


def network(dim: int = 8, heads: int = 2, depth: int = 2, context: int = 4) -> models.CausalTransformer:
    with models.seeded(3):
        made = models.CausalTransformer(11, dim, heads, depth, context).double()
    with torch.no_grad():  # far from the start, where all is linear
        for parameter in made.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, dtype=torch.float64))
    return made


def normed(x: torch.Tensor, layer: torch.nn.LayerNorm) -> torch.Tensor:
    centered = x - x.mean()
    return layer.weight * centered / (centered.square().mean() + layer.eps).sqrt() + layer.bias


def by_hand(model: models.CausalTransformer, words: list[int], heads: int) -> torch.Tensor:
    """The logits after one window: every layer at every position, position by position."""
    embedding = model.blocks["embedding"]
    states = [embedding.words[word] + embedding.positions[place] for place, word in enumerate(words)]
    for name, layer in model.blocks.items():
        if not name.startswith("layer"):
            continue
        own = layer.attention
        rows = [normed(state, own.norm) for state in states]
        queries, keys, values = ([part.weight @ row for row in rows] for part in (own.queries, own.keys, own.values))
        after = []
        for place, state in enumerate(states):
            parts = []
            for head in torch.arange(len(state)).chunk(heads):
                scores = [queries[place][head] @ keys[seen][head] / math.sqrt(len(head)) for seen in range(place + 1)]
                shares = torch.stack(scores).softmax(0)
                parts.append(sum(share * values[seen][head] for seen, share in enumerate(shares)))
            middle = state + own.write.weight @ torch.cat(parts)
            feed = layer.feed
            after.append(middle + feed.write.weight @ gelu(feed.read.weight @ normed(middle, feed.norm)))
        states = after
    return model.head.weight @ normed(states[-1], model.blocks["norm"][1])


@pytest.mark.parametrize(("heads", "depth", "context"), [(1, 1, 1), (2, 1, 4), (2, 2, 4), (4, 3, 3)])
def test_logits_are_those_of_the_definition(heads, depth, context):
    model = network(heads=heads, depth=depth, context=context)
    windows = torch.randint(11, (5, context), generator=torch.Generator().manual_seed(0))
    expected = torch.stack([by_hand(model, window.tolist(), heads) for window in windows])
    torch.testing.assert_close(model(windows), expected)
    torch.testing.assert_close(model.head(model.features(windows)), expected)


def test_no_position_sees_a_later_word():
    model = network(depth=3)
    windows = torch.randint(11, (6, 4), generator=torch.Generator().manual_seed(0))
    other = windows.clone()
    other[:, -1] = (other[:, -1] + 1) % 11
    for name in ("layer1", "layer2"):
        first, second = (model.layers(each)[name].unflatten(1, (4, 8)) for each in (windows, other))
        assert torch.equal(first[:, :-1], second[:, :-1])
        assert not torch.equal(first[:, -1], second[:, -1])


def test_layers_are_named_and_the_last_ones_have_one_position():
    shapes = {name: tuple(rows.shape) for name, rows in network().layers(torch.zeros(2, 4, dtype=torch.int64)).items()}
    assert shapes == {"embedding": (2, 32), "layer1": (2, 32), "layer2": (2, 8), "norm": (2, 8)}


def test_matrices_start_small_and_what_writes_starts_smaller_with_depth():
    with models.seeded(0):
        model = models.CausalTransformer(500, 128, 4, 8, 4)
    spreads = {name: parameter.std().item() for name, parameter in model.named_parameters() if parameter.ndim == 2}
    for name, spread in spreads.items():
        assert spread == pytest.approx(0.02 / 4 if name.endswith("write.weight") else 0.02, rel=0.1), name


def test_the_number_of_parameters():
    count = sum(parameter.numel() for parameter in models.CausalTransformer(200, 32, 2, 3, 4).parameters())
    assert count == 2 * 200 * 32 + 4 * 32 + 3 * (12 * 32**2 + 4 * 32) + 2 * 32


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"vocabulary": 1}, "vocabulary: .*got 1"),
        ({"dim": 0}, "dim: .*got 0"),
        ({"dim": 10, "heads": 4}, "heads: expected a divisor of the dimension 10, got 4"),
        ({"depth": 0}, "depth: .*got 0"),
        ({"context": 2.5}, "context: .*got 2.5"),
    ],
)
def test_wrong_sizes_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        models.CausalTransformer(**{"vocabulary": 5, **arguments})


@pytest.mark.parametrize(
    ("windows", "message"),
    [
        (torch.zeros(3, 5, dtype=torch.int64), r"inputs: .*\[N, 4\].*\[3, 5\]"),
        (torch.zeros(3, 4), "inputs: .*integers"),
        ([[0, 1, 2, 3]], "inputs: .*list"),
    ],
)
def test_what_is_no_window_is_refused(windows, message):
    with pytest.raises((ValueError, TypeError), match=message):
        network()(windows)
