"""metrics.measure keeps no more in memory than it says, whatever the classes look like and however many splits."""

import gc
import weakref

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ncbook import metrics, models
from ncbook.metrics import _classes, _layer_meter, _pairs, _second_pass

K, DIM, BATCH = 50, 10_000, 4
NUMBERS = K * DIM
BLOCKS = 3 * NUMBERS  # bytes of a few blocks, of columns up to a multiple of eight, and of the batch


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(_classes, "_BLOCK_ELEMENTS", 2**15)
    monkeypatch.setattr(_second_pass, "_MANY_ELEMENTS", 2**15)
    monkeypatch.setattr(_pairs, "_CHUNK", 2**8)


class Watch(TorchDispatchMode):
    """The most bytes that tensors made inside have held at a time, besides those of `network`."""

    def __init__(self, network):
        super().__init__()
        self.held = self.most = 0
        self._known = {each.untyped_storage().data_ptr() for each in network.parameters()}

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor):
                self._take_in(tensor.untyped_storage())
        return result

    def _take_in(self, storage):
        size, address = storage.nbytes(), storage.data_ptr()
        if size < 10_000 or address in self._known:
            return
        self._known.add(address)
        self.held += size
        self.most = max(self.most, self.held)
        weakref.finalize(storage, self._give_back, address, size)

    def _give_back(self, address, size):
        self._known.discard(address)
        self.held -= size


class Wide(nn.Module):
    """Points of many dimensions that lie in `rank` of them, and the first K as logits."""

    def __init__(self, rank):
        super().__init__()
        self.wide = nn.Linear(rank, DIM, bias=False)

    def forward(self, inputs):
        return self.wide(inputs)[:, :K]


def split(rank, seed):
    labels = torch.arange(2 * K) % K
    centers = torch.randn(K, rank, generator=torch.Generator().manual_seed(0))
    inputs = centers[labels] + 0.1 * torch.randn(2 * K, rank, generator=torch.Generator().manual_seed(seed))
    return list(zip(inputs.split(BATCH), labels.split(BATCH), strict=True))


def most_bytes(rank, names):
    with models.seeded(0):
        network = Wide(rank)
    splits = {name: split(rank, seed) for seed, name in enumerate(names)}
    gc.collect()
    with Watch(network) as watch:
        found = metrics.measure(network, splits, "wide", head=None)
    return watch.most, found


def make_large(monkeypatch):
    """What the layer has counts as large."""
    for module in (_classes, _layer_meter):
        monkeypatch.setattr(module, "LARGE", NUMBERS - 1)


@pytest.fixture
def only_large(monkeypatch):
    make_large(monkeypatch)


@pytest.fixture(params=[True, False], ids=["large", "small"])
def size(request, monkeypatch):
    if request.param:
        make_large(monkeypatch)


@pytest.mark.parametrize("rank", [2 * K, 5])
@pytest.mark.parametrize("names", [("train",), ("train", "test"), ("train", "validation", "test")], ids=len)
def test_a_layer_takes_what_is_said(size, rank, names):
    most, _ = most_bytes(rank, names)
    assert 12 * NUMBERS <= most <= _layer_meter.held(K, DIM) + BLOCKS


def test_two_large_splits_take_the_means_and_their_directions(only_large):
    most, _ = most_bytes(2 * K, ("train", "test"))
    assert most <= 12 * NUMBERS + BLOCKS


def test_the_nearest_means_of_the_training_set_are_the_same_however_they_are_kept(monkeypatch):
    names = ("train", "test", "validation")
    small = most_bytes(2 * K, names)[1]
    make_large(monkeypatch)
    large = most_bytes(2 * K, names)[1]
    for one, other in zip(small.rows, large.rows, strict=True):
        assert one.ncc_error_train_means == other.ncc_error_train_means
        assert one.nc4_train_means == other.nc4_train_means
        assert one.nc4_train_means > 0


@pytest.mark.parametrize(("sizes", "expected"), [((1000, 100_000), 2.0), ((10, 512), 0.00014336)])
def test_the_stated_bytes(sizes, expected):
    assert _layer_meter.held(*sizes) / 1e9 == pytest.approx(expected)
