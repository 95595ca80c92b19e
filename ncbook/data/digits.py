"""Real handwritten digits that ship with scikit-learn."""

from functools import cache

import numpy as np
import torch

from ncbook._checks import require_integer
from ncbook.data.dataset import Dataset, Split, balanced, standardized


def digits(train_per_class: int = 100, seed: int = 0) -> Dataset:
    """1797 real digits, 8 x 8 pixels, 10 classes: `train_per_class` of each to train, the rest to test.

    The training set is balanced, as neural collapse assumes. `seed` draws the split. Writers are shared
    between the splits, so test error here is easier than on digits by unseen hands. Inputs are
    [N, 1, 8, 8], standardized. Raises ValueError unless 1 <= train_per_class <= 150.

    >>> small = data.digits(train_per_class=20, seed=1)
    >>> small.train.inputs.shape, len(small.test)
    (torch.Size([200, 1, 8, 8]), 1597)
    """
    require_integer("train_per_class", train_per_class, 1, 150)  # to leave test images
    require_integer("seed", seed, 0)
    images, labels = _images()
    train, test = (_split(images, labels, rows) for rows in balanced(labels, train_per_class, seed))
    return Dataset("digits", *standardized(train, test), tuple("0123456789"))


@cache
def _images() -> tuple[np.ndarray, np.ndarray]:
    """All images [1797, 64] and their labels. They are read once a process, and may not be changed."""
    from sklearn.datasets import load_digits  # two seconds, which no other set should cost

    images, labels = load_digits(return_X_y=True)
    for array in (images, labels):
        array.setflags(write=False)
    return images, labels


def _split(images: np.ndarray, labels: np.ndarray, rows: np.ndarray) -> Split:
    inputs = torch.from_numpy(images[rows]).float().reshape(-1, 1, 8, 8)
    return Split(inputs, torch.from_numpy(labels[rows]).long())
