"""Real image sets: downloaded from a server on the loopback in the formats in which they are published, and read."""

import gc
import gzip
import importlib
import os
import re
import socket
import threading
from pathlib import Path

import numpy as np
import pytest
import real_sets
import torch
from real_sets import CLASSES, COARSE, Images
from tables import for_each

from ncbook import data
from ncbook._torchvision import torchvision

real = importlib.import_module("ncbook.data.real")  # in `ncbook.data` the function has taken its name

pytestmark = pytest.mark.filterwarnings("ignore:Python 3.14 will, by default, filter:DeprecationWarning")  # of tarfile


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """An empty data folder."""
    monkeypatch.setenv("NCBOOK_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def server(monkeypatch):
    """The loopback, which no proxy may come between."""
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(variable, "127.0.0.1")
    with real_sets.Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def publish(folder, server, monkeypatch):
    """publish(name) puts a set on the server, and nowhere else."""

    def publish(name: str, damage=bytes) -> None:
        source = getattr(torchvision("datasets"), data.REAL[name])
        server.files = real_sets.publish(name, server.address, lambda *pair: monkeypatch.setattr(source, *pair), damage)

    return publish


def left_behind(folder: Path) -> list[Path]:
    return list(folder.rglob("*"))


# --- a whole set


def served(name: str, pixels: np.ndarray) -> np.ndarray:
    """What becomes of bytes [N, C, H, W] before they are scaled: float64 [N, C, 32, 32]."""
    if name == "stl10":
        return np.stack([pixels[:, :, i::3, j::3] for i in range(3) for j in range(3)]).mean(0)
    margin = (32 - pixels.shape[-1]) // 2
    return np.pad(pixels, ((0, 0), (0, 0), (margin, margin), (margin, margin))).astype(np.float64)


def standardized(pixels: np.ndarray, by: np.ndarray) -> torch.Tensor:
    """Scaled by mean and standard deviation of each channel of `by`."""
    mean, scale = by.mean((0, 2, 3), keepdims=True), by.std((0, 2, 3), keepdims=True, ddof=1)
    return torch.from_numpy((pixels - mean) / scale).float()


NAMES = {
    "mnist": ("0 - zero", "9 - nine"),
    "fashion_mnist": ("T-shirt/top", "Ankle boot"),
    "emnist": ("0", "t"),
    "cifar10": ("class 0", "class 9"),
    "cifar100": ("fine 0", "fine 99"),
    "svhn": ("0", "9"),
    "stl10": ("class 0", "class 9"),
}


@pytest.mark.parametrize("name", data.REAL)
def test_a_set_in_its_published_format_is_downloaded_and_read(name, publish, folder):
    publish(name)
    dataset, sets = data.load(name), real_sets.images(name)
    train, test = (served(name, each.pixels) for each in sets)
    for split, pixels, each in zip((dataset.train, dataset.test), (train, test), sets, strict=True):
        torch.testing.assert_close(split.inputs, standardized(pixels, train), rtol=1e-5, atol=1e-5)
        assert split.inputs.shape[2:] == (32, 32)
        assert split.inputs.is_contiguous()
        assert (split.inputs.dtype, split.labels.dtype) == (torch.float32, torch.int64)
        assert split.labels.tolist() == each.labels.tolist()
    assert (dataset.name, dataset.num_classes) == (name, CLASSES[name])
    assert len(set(dataset.class_names)) == CLASSES[name]
    assert (dataset.class_names[0], dataset.class_names[-1]) == NAMES[name]
    assert [path.name for path in folder.iterdir()] == [name]


def test_emnist_is_upright(publish, monkeypatch):
    """An L: its upright stroke is a column on the left, its foot a row at the bottom."""
    letter = np.zeros((47, 1, 28, 28), np.uint8)
    letter[:, :, 4:24, 8] = letter[:, :, 23, 8:18] = 255
    each = Images(letter, np.arange(47, dtype=np.uint8))
    monkeypatch.setattr(real_sets, "images", lambda name: (each, each))
    publish("emnist")
    ink = data.real("emnist").train.inputs[0, 0] > 1
    assert ink[6:26, 10].all()
    assert ink[25, 10:20].all()
    assert ink.sum() == 29


def test_the_super_classes_of_cifar100_are_those_of_its_files(publish):
    publish("cifar100")
    groups = real.cifar100_super_classes()
    assert groups == data.SuperClasses(tuple(COARSE), tuple(f"big {k}" for k in range(20)))
    dataset = data.real("cifar100")
    assert groups(dataset).train.labels.tolist() == [COARSE[c] for c in dataset.train.labels]


def test_a_set_is_downloaded_once(publish, server):
    publish("svhn")
    first = data.real("svhn")
    assert {path[1:] for path in server.requests} == {"train_32x32.mat", "test_32x32.mat"}
    server.requests.clear()
    assert torch.equal(data.real("svhn").train.inputs, first.train.inputs)
    assert server.requests == []


def test_a_set_that_another_process_finished_first_is_kept(publish, folder, monkeypatch):
    publish("mnist")
    move = real._move

    def late(whole, target):
        (target / "MNIST").mkdir(parents=True)
        os.rename(whole / "MNIST" / "raw", target / "MNIST" / "raw")
        (target / "theirs").touch()
        move(whole, target)

    monkeypatch.setattr(real, "_move", late)
    assert len(data.real("mnist").train) == 20
    assert [path.name for path in folder.iterdir()] == ["mnist"]
    assert (folder / "mnist" / "theirs").exists()


# --- downloads that fail


def assert_refused(name: str, folder: Path, reason: str) -> None:
    """`name` cannot be had: the error says so, why, and what to do, and nothing is left, the time-out included."""
    before = socket.getdefaulttimeout()
    with pytest.raises(RuntimeError, match=reason) as caught:
        data.real(name)
    assert f"could not get {name} into {folder / name}: " in str(caught.value)
    assert f"Check the network and run this again, or put torchvision's {data.REAL[name]} files" in str(caught.value)
    assert "'laptop' need no download" in str(caught.value)
    assert left_behind(folder) == []
    assert socket.getdefaulttimeout() == before


FAULTS = {
    "broken_off": "File not found or corrupted",
    "truncated": "File not found or corrupted",
    "page": "File not found or corrupted",
    "missing": "404",
    "stall": "timed out",
    "silence": "timed out",
}


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # torchvision keeps the connection of a 404
@for_each(  # every fault with two sets, every set with one or two
    ("name", "fault"), list(zip(list(data.REAL) * 2, list(FAULTS) * 2, strict=False))
)
def test_a_failed_download_says_what_to_do_and_leaves_nothing(name, fault, publish, server, folder, monkeypatch):
    """A server that falls silent would send the rest after a minute: who waits so long gets the set, and fails here."""
    publish(name)
    if FAULTS[fault] == "timed out":
        monkeypatch.setattr(real, "TIME_OUT", 0.3)
    server.answer = fault
    assert_refused(name, folder, FAULTS[fault])
    assert server.requests
    if fault == "missing":
        gc.collect()  # so that what is kept is not blamed on a later test


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def page(content: bytes) -> bytes:
    return real_sets.PAGE


DAMAGED = {  # what unpacking or reading says
    "mnist": "EOFError|BadGzipFile",
    "fashion_mnist": "EOFError|BadGzipFile",
    "emnist": "BadZipFile",
    "cifar10": "EOFError|ReadError",
    "cifar100": "EOFError|ReadError",
    "svhn": "Error",
    "stl10": "EOFError|ReadError",
}


@for_each(("name", "damage"), list(zip(data.REAL, (half, page) * 4, strict=False)))
def test_damage_that_the_checksum_does_not_show_leaves_nothing(name, damage, publish, folder):
    """As when a mirror publishes new checksums: unpacking and reading then find out, each in its own way."""
    publish(name, damage)
    assert_refused(name, folder, DAMAGED[name])


def test_a_second_mirror_serves_where_the_first_fails(publish, server, monkeypatch):
    publish("mnist")
    nowhere = "http://127.0.0.1:1/"
    monkeypatch.setattr(torchvision("datasets").MNIST, "mirrors", [nowhere, server.address])
    assert len(data.real("mnist").train) == 20


def test_a_server_that_is_not_there(publish, server, folder, monkeypatch):
    publish("cifar10")
    monkeypatch.setattr(torchvision("datasets").CIFAR10, "url", "http://127.0.0.1:1/cifar-10-python.tar.gz")
    assert_refused("cifar10", folder, "refused")


def test_the_time_out_is_that_of_the_module_and_is_taken_back(publish, server, monkeypatch):
    seen = []
    publish("mnist")
    download = torchvision("datasets").MNIST.download
    monkeypatch.setattr(
        torchvision("datasets").MNIST,
        "download",
        lambda self: (seen.append(socket.getdefaulttimeout()), download(self))[1],
    )
    socket.setdefaulttimeout(77.0)
    try:
        data.real("mnist")
        assert socket.getdefaulttimeout() == 77.0
    finally:
        socket.setdefaulttimeout(None)
    assert set(seen) == {30.0}


def test_an_interrupted_download_leaves_nothing(publish, folder, monkeypatch):
    publish("mnist")
    source = torchvision("datasets").MNIST
    download = source.download

    def interrupted(self):
        download(self)
        assert left_behind(folder)
        raise KeyboardInterrupt

    monkeypatch.setattr(source, "download", interrupted)
    with pytest.raises(KeyboardInterrupt):
        data.real("mnist")
    assert left_behind(folder) == []
    assert socket.getdefaulttimeout() is None


# --- files that are there


def test_a_folder_that_was_filled_by_hand_is_read(publish, server, folder):
    publish("mnist")
    raw = folder / "mnist" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, content in server.files.items():
        (raw / name.removesuffix(".gz")).write_bytes(gzip.decompress(content))
    assert len(data.real("mnist").test) == 10
    assert server.requests == []


KEPT = {  # where each set's training images or labels lie
    "mnist": "MNIST/raw/train-images-idx3-ubyte",
    "fashion_mnist": "FashionMNIST/raw/t10k-labels-idx1-ubyte",
    "emnist": "EMNIST/raw/emnist-balanced-train-labels-idx1-ubyte",
    "cifar10": "cifar-10-batches-py/data_batch_3",
    "cifar100": "cifar-100-python/meta",
    "svhn": "test_32x32.mat",
    "stl10": "stl10_binary/test_y.bin",
}


@for_each("name", data.REAL)
def test_a_damaged_file_says_what_to_delete(name, publish, folder):
    """Half of it left, its head, nothing, and no file."""
    publish(name)
    data.real(name)
    path = folder / name / KEPT[name]
    content = path.read_bytes()
    for kept in (content[: len(content) // 2], content[:7], b"", None):
        path.unlink() if kept is None else path.write_bytes(kept)
        with pytest.raises(RuntimeError, match=re.escape(f"could not read {name} from {folder / name}: ")) as caught:
            data.real(name)
        assert "Delete that folder and run this again" in str(caught.value)


def test_an_unknown_name_is_answered_with_those_that_there_are(folder):
    with pytest.raises(ValueError, match="name: no real set is called 'imagenet'; there are mnist, fashion"):
        data.real("imagenet")
    assert not folder.exists()


def test_an_empty_variable_means_the_home_folder(monkeypatch):
    monkeypatch.setenv("NCBOOK_DATA", "")
    assert real.data_folder() == Path.home() / ".cache" / "ncbook" / "data"
