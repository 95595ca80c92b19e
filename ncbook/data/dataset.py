"""One small type for all data."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Split:
    """inputs [N, ...] and labels [N] int64, on one device.

    Inputs are images [N, channels, height, width] float32, points [N, d], or the pairs [N, 2] int64 of arithmetic.

    >>> data.Split(torch.zeros(4, 2), torch.tensor([0, 0, 1, 1])).inputs.shape
    torch.Size([4, 2])
    """

    inputs: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        if self.labels.shape != self.inputs.shape[:1]:
            raise ValueError(f"labels: {len(self.labels)} labels for {len(self.inputs)} inputs")

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device | str) -> "Split":
        return Split(self.inputs.to(device), self.labels.to(device))


@dataclass(frozen=True)
class Dataset:
    """A training and a test split of one classification problem.

    >>> digits.input_shape, len(digits.train), len(digits.test)
    ((1, 8, 8), 1000, 797)
    """

    name: str
    train: Split
    test: Split
    class_names: tuple[str, ...]

    @property
    def num_classes(self) -> int:
        return len(self.class_names)

    @property
    def input_shape(self) -> tuple[int, ...]:
        return tuple(self.train.inputs.shape[1:])

    def to(self, device: torch.device | str) -> "Dataset":
        return replace(self, train=self.train.to(device), test=self.test.to(device))


def standardized(train: Split, test: Split) -> tuple[Split, Split]:
    """Both splits, shifted and scaled by the mean and standard deviation of the training inputs, channel by channel."""
    axes = (0, *range(2, train.inputs.ndim))
    mean = train.inputs.mean(axes, keepdim=True)
    scale = train.inputs.std(axes, keepdim=True).clamp(min=1e-6)
    first, second = (Split((each.inputs - mean) / scale, each.labels) for each in (train, test))
    return first, second


def balanced(labels: np.ndarray, per_class: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of `per_class` points of each class of labels [N], drawn by `seed`, and all other rows; both by class."""
    order = np.random.default_rng(seed).permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]  # by class, at random within each
    rank = np.concatenate([np.arange(count) for count in np.bincount(labels)])
    return order[rank < per_class], order[rank >= per_class]
