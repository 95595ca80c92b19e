"""torchvision: imported only when asked for, also beside a torch that its operators do not fit; and its data sets."""

import importlib
import pickle
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch

from ncbook import data
from ncbook._torchvision import torchvision


def fresh(code: str) -> subprocess.CompletedProcess:
    """Run `code` in a new Python, where nothing has been imported yet."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def succeeds(code: str) -> str:
    done = fresh(code)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# --- the trap


def test_a_plain_import_works_or_dies_of_the_missing_operator():
    """If this fails, torchvision breaks in a new way, and `_torchvision` has to learn it."""
    done = fresh("import torchvision")
    assert done.returncode == 0 or "RuntimeError: operator torchvision::nms does not exist" in done.stderr


def test_ours_works_again_and_again_and_makes_a_plain_import_work():
    code = """
import torch
from ncbook._torchvision import torchvision as ours
model = ours("models").resnet18(num_classes=3).eval()
assert model(torch.zeros(1, 3, 32, 32)).shape == (1, 3)
assert ours("models") is ours("models")
import torchvision.models as plain
assert plain is ours("models")
print(ours("datasets").MNIST.__name__)
"""
    assert succeeds(code) == "MNIST"


def test_ours_works_after_a_plain_import_that_failed():
    code = """
try:
    import torchvision
except RuntimeError:
    pass
from ncbook._torchvision import torchvision
print(torchvision("models").resnet18.__name__)
"""
    assert succeeds(code) == "resnet18"


def _raise(error):
    def fail(name):
        raise error

    return fail


def test_a_missing_torchvision_is_answered_with_how_to_install_it(monkeypatch):
    monkeypatch.setattr(importlib, "import_module", _raise(ModuleNotFoundError("No module", name="torchvision")))
    with pytest.raises(ImportError, match="torchvision is not installed; pip install torchvision"):
        torchvision("models")


def test_a_missing_package_of_torchvision_keeps_its_name(monkeypatch):
    monkeypatch.setattr(importlib, "import_module", _raise(ModuleNotFoundError("No module named 'PIL'", name="PIL")))
    with pytest.raises(ImportError, match="PIL"):
        torchvision("models")


def test_another_error_is_passed_on(monkeypatch):
    monkeypatch.setattr(importlib, "import_module", _raise(RuntimeError("something else")))
    with pytest.raises(RuntimeError, match="something else"):
        torchvision("models")


# --- nothing is imported or fetched before it is asked for


def test_importing_every_module_needs_neither_torchvision_nor_the_network():
    code = """
import importlib, pkgutil, socket, sys

def refuse(*arguments):
    raise AssertionError("a connection was opened")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
import ncbook
names = [module.name for module in pkgutil.walk_packages(ncbook.__path__, "ncbook.")]
for name in names:
    importlib.import_module(name)
assert "torchvision" not in sys.modules
print(len(names))
"""
    assert int(succeeds(code)) > 20


# --- real data sets, from files as torchvision keeps them

KEPT_AS_IDX = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST"}


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """An empty data folder, and no network."""

    def refuse(*arguments, **options):
        raise URLError("no network")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    monkeypatch.setenv("NCBOOK_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def images(count: int, *shape: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def write_idx(path: Path, values: np.ndarray) -> None:
    """The format of MNIST: magic number, sizes in big-endian order, bytes."""
    path.write_bytes(bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">i4").tobytes() + values.tobytes())


def write_mnist(raw: Path) -> None:
    """20 training and 10 test images with labels 0, 1, ..., 9, 0, ..."""
    raw.mkdir(parents=True)
    for prefix, count, seed in (("train", 20, 0), ("t10k", 10, 1)):
        write_idx(raw / f"{prefix}-images-idx3-ubyte", images(count, 28, 28, seed=seed))
        write_idx(raw / f"{prefix}-labels-idx1-ubyte", np.arange(count, dtype=np.uint8) % 10)


def write_cifar10(base: Path) -> None:
    """Five training batches and a test batch of 4 images each."""
    base.mkdir(parents=True)
    for seed, name in enumerate([*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]):
        batch = {"data": images(4, 3072, seed=seed), "labels": [seed, 1, 2, 3]}
        (base / name).write_bytes(pickle.dumps(batch))
    (base / "batches.meta").write_bytes(pickle.dumps({"label_names": [f"class {k}" for k in range(10)]}))


def standardized(pixels: np.ndarray, by: np.ndarray) -> torch.Tensor:
    """[N, C, H, W] bytes, scaled by mean and standard deviation of each channel of `by`."""
    mean, scale = by.mean((0, 2, 3), keepdims=True), by.std((0, 2, 3), keepdims=True, ddof=1)
    return torch.from_numpy((pixels - mean) / scale).float()


@pytest.mark.parametrize("name", KEPT_AS_IDX)
def test_mnist_and_its_family_are_padded_and_scaled_by_the_training_set(folder, name):
    write_mnist(folder / name / KEPT_AS_IDX[name] / "raw")
    dataset = data.real(name)
    padded = [
        np.pad(images(count, 1, 28, 28, seed=seed), ((0, 0), (0, 0), (2, 2), (2, 2)))
        for count, seed in ((20, 0), (10, 1))
    ]
    assert dataset.train.inputs.shape == (20, 1, 32, 32)
    torch.testing.assert_close(dataset.train.inputs, standardized(padded[0], padded[0]), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(dataset.test.inputs, standardized(padded[1], padded[0]), rtol=1e-4, atol=1e-4)
    assert dataset.train.labels.tolist() == [*range(10), *range(10)]
    assert (dataset.train.labels.dtype, dataset.num_classes) == (torch.int64, 10)


def test_cifar10_has_its_channels_first(folder, monkeypatch):
    write_cifar10(folder / "cifar10" / "cifar-10-batches-py")
    monkeypatch.setattr(torchvision("datasets.cifar"), "check_integrity", lambda *arguments: True)
    dataset = data.load("cifar10")
    train = np.concatenate([images(4, 3072, seed=seed) for seed in range(5)]).reshape(20, 3, 32, 32)
    test = images(4, 3072, seed=5).reshape(4, 3, 32, 32)
    torch.testing.assert_close(dataset.train.inputs, standardized(train, train), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(dataset.test.inputs, standardized(test, train), rtol=1e-4, atol=1e-4)
    assert dataset.train.labels.tolist()[::4] == [0, 1, 2, 3, 4]
    assert dataset.class_names == tuple(f"class {k}" for k in range(10))


def left_behind(folder: Path) -> list[Path]:
    return list(folder.rglob("*"))


@pytest.mark.parametrize("name", data.REAL)
def test_a_failed_download_says_what_to_do_and_leaves_nothing(folder, name):
    with pytest.raises(RuntimeError, match="no network") as caught:
        data.real(name)
    assert f"could not get {name} into {folder / name}" in str(caught.value)
    assert "Check the network" in str(caught.value)
    assert "'laptop' need no download" in str(caught.value)
    assert left_behind(folder) == []


@pytest.mark.parametrize("error", [OSError("connection reset"), KeyboardInterrupt()], ids=["reset", "interrupt"])
def test_a_download_that_breaks_off_leaves_nothing(folder, monkeypatch, error):
    def half(dataset):
        write_mnist(Path(dataset.raw_folder))
        raise error

    monkeypatch.setattr(torchvision("datasets").MNIST, "download", half)
    with pytest.raises((RuntimeError, KeyboardInterrupt)):
        data.real("mnist")
    assert left_behind(folder) == []


def test_a_download_happens_once(folder, monkeypatch):
    calls = []

    def whole(dataset):
        calls.append(dataset)
        if not Path(dataset.raw_folder).exists():
            write_mnist(Path(dataset.raw_folder))

    monkeypatch.setattr(torchvision("datasets").MNIST, "download", whole)
    first, second = data.real("mnist"), data.real("mnist")
    assert len(calls) == 1
    assert torch.equal(first.train.inputs, second.train.inputs)
    assert [path.name for path in folder.iterdir()] == ["mnist"]


@pytest.mark.parametrize("size", [0, 10, 5000])
def test_a_damaged_file_says_what_to_delete(folder, size):
    raw = folder / "mnist" / "MNIST" / "raw"
    write_mnist(raw)
    path = raw / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(RuntimeError, match="Delete that folder") as caught:
        data.real("mnist")
    assert str(folder / "mnist") in str(caught.value)


def test_an_empty_variable_means_the_home_folder(monkeypatch):
    from ncbook.data.real import data_folder

    monkeypatch.setenv("NCBOOK_DATA", "")
    assert data_folder() == Path.home() / ".cache" / "ncbook" / "data"
