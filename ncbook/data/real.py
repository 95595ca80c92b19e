"""Real image sets, downloaded once by torchvision and then held as tensors."""

import os
import pickle
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook import _environment
from ncbook._checks import require_instance
from ncbook._torchvision import torchvision
from ncbook.data.dataset import Dataset, Split, standardized
from ncbook.data.transformations import SuperClasses

REAL = {
    "mnist": "MNIST",
    "fashion_mnist": "FashionMNIST",
    "cifar10": "CIFAR10",
    "cifar100": "CIFAR100",
    "emnist": "EMNIST",
    "svhn": "SVHN",
    "stl10": "STL10",
}
TIME_OUT = 30.0  # seconds that a server may stay silent


def data_folder() -> Path:
    """Where downloads go: $NCBOOK_DATA, else ~/.cache/ncbook/data."""
    return _environment.folder("NCBOOK_DATA", "data")


def real(name: str) -> Dataset:
    """One of `REAL` as float32 tensors [N, C, 32, 32], standardized by the training set channel by channel.

    | name | train | test | K | C | pixels as published | download |
    | --- | --- | --- | --- | --- | --- | --- |
    | mnist | 60,000 | 10,000 | 10 | 1 | 28 x 28 | 12 MB |
    | fashion_mnist | 60,000 | 10,000 | 10 | 1 | 28 x 28 | 31 MB |
    | cifar10 | 50,000 | 10,000 | 10 | 3 | 32 x 32 | 170 MB |
    | cifar100 | 50,000 | 10,000 | 100 | 3 | 32 x 32 | 169 MB |
    | emnist, "balanced" | 112,800 | 18,800 | 47 | 1 | 28 x 28 | 560 MB |
    | svhn | 73,257 | 26,032 | 10 | 3 | 32 x 32 | 250 MB |
    | stl10 | 5,000 | 8,000 | 10 | 3 | 96 x 96 | 2.6 GB |

    28-pixel images are padded with two rows and columns of black on each side; an STL-10 pixel is the mean of a 3 x 3
    block. EMNIST's files hold transposed images, which are turned upright. Its 47 classes are digits and letters, where
    15 letters whose two cases look alike are one class each. SVHN's digit 0 has label 0, and its `extra` images are
    left out, as are STL-10's unlabeled ones (which its archive holds). MNIST's and SVHN's classes differ in size.

    Downloaded once. Raises ValueError for an unknown name, and RuntimeError, with the way out, when the download
    fails, when its server is silent for `TIME_OUT` seconds, or when the files are damaged.

    >>> try:
    ...     data.real("cifar11")
    ... except ValueError as error:
    ...     print(str(error).split(";")[0])
    name: no real set is called 'cifar11'
    """
    train, test, class_names = _read(name, _files(name))
    return Dataset(name, *standardized(_float(train), _float(test)), class_names)


def images_as_published(name: str) -> tuple[Split, Split]:
    """Both splits of one of `REAL` with the pixels of its files, uint8 [N, C, H, W]; raises as `real` does."""
    train, test, _ = _read(name, _files(name))
    return train, test


def cifar100_super_classes() -> SuperClasses:
    """The 20 super-classes of CIFAR-100, five classes each, as its files give them: Krizhevsky 2009, section 3.1.

    `cifar100_super_classes()(real("cifar100"))` has the 20 as its classes. Downloads the set where it is missing and
    raises RuntimeError as `real` does.

    >>> data.cifar100_super_classes()(data.real("cifar100")).num_classes  # doctest: +SKIP
    20
    """
    folder = _files("cifar100")
    _read("cifar100", folder)  # compares the files with their checksums, without which a pickle must not be opened
    source = torchvision("datasets").CIFAR100
    train, names = (_unpickled(folder / source.base_folder / each) for each in ("train", source.meta["filename"]))
    group = dict(zip(train["fine_labels"], train["coarse_labels"], strict=True))
    return SuperClasses(tuple(group[c] for c in range(len(group))), tuple(names["coarse_label_names"]))


def _unpickled(path: Path) -> dict[str, Any]:
    with open(path, "rb") as file:
        return pickle.load(file, encoding="latin1")


def _files(name: str) -> Path:
    """The folder with the files of a real set, which are downloaded if it is not there."""
    require_instance("name", name, str, "the name of a real set")
    if name not in REAL:
        raise ValueError(f"name: no real set is called {name!r}; there are {', '.join(REAL)}")
    folder = data_folder() / name
    if not os.path.exists(folder):
        _download(name, folder)
    return folder


def _download(name: str, folder: Path) -> None:
    """Into a temporary folder, which is moved into place once it is whole: a failure leaves nothing behind."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{name}-", dir=folder.parent) as temporary, _time_out(TIME_OUT):
            whole = Path(temporary) / name
            for train in (True, False):  # only SVHN keeps its splits apart
                _source(name, whole, train, download=True)
            _move(whole, folder)
    except Exception as error:  # every way in which a network, a server, an archive or a disk can fail
        raise RuntimeError(
            f"could not get {name} into {folder}: {type(error).__name__}: {error}\n"
            f"Check the network and run this again, or put torchvision's {REAL[name]} files there by hand; where that "
            "folder cannot be written, set NCBOOK_DATA to one that can. "
            "The presets 'smoke' and 'laptop' need no download."
        ) from error


def _move(whole: Path, folder: Path) -> None:
    try:
        whole.rename(folder)
    except OSError:
        if not folder.exists():  # else another process was faster
            raise


@contextmanager
def _time_out(seconds: float) -> Iterator[None]:
    """torchvision opens its connections without a time-out of their own: the default then counts."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _source(name: str, folder: Path, train: bool, download: bool = False) -> Any:
    """One split as torchvision reads it; its classes share no useful base class."""
    arguments: dict[str, Any] = {"train": train}
    if name in ("svhn", "stl10"):
        arguments = {"split": "train" if train else "test"}
    elif name == "emnist":
        arguments["split"] = "balanced"
    return getattr(torchvision("datasets"), REAL[name])(folder, download=download, **arguments)


def _read(name: str, folder: Path) -> tuple[Split, Split, tuple[str, ...]]:
    """Both splits with the images of the files, uint8 [N, C, H, W] and upright, and the names of the classes."""
    try:
        train, test = (_source(name, folder, train) for train in (True, False))
        class_names = tuple("0123456789" if name == "svhn" else train.classes)
        return _split(name, train), _split(name, test), class_names
    except Exception as error:  # every way in which a damaged file can fail to parse
        raise RuntimeError(
            f"could not read {name} from {folder}: {type(error).__name__}: {error}\n"
            "Delete that folder and run this again to download it anew."
        ) from error


def _split(name: str, source: Any) -> Split:
    images = torch.as_tensor(source.data)
    if images.ndim == 3:
        images = (images.mT if name == "emnist" else images)[:, None]
    elif name.startswith("cifar"):
        images = images.permute(0, 3, 1, 2)
    labels = source.labels if name in ("svhn", "stl10") else source.targets
    return Split(images.contiguous(), torch.as_tensor(labels).long())


def _float(split: Split) -> Split:
    """The images as float32 [N, C, 32, 32], still from 0 to 255."""
    images = split.inputs
    if images.shape[-1] == 96:
        return Split(_thirds(images), split.labels)
    margin = (32 - images.shape[-1]) // 2
    return Split(F.pad(images, (margin,) * 4).float(), split.labels)


def _thirds(images: Tensor) -> Tensor:
    """The means of 3 x 3 blocks, [N, C, H, W] -> [N, C, H / 3, W / 3]: a third of a side at a time, to save memory."""
    corners = (images[..., row::3, column::3] for row in range(3) for column in range(3))
    return sum((each.float() for each in corners), start=torch.zeros(())) / 9
