"""One small type for all data."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ncbook._checks import as_tuple, require, require_device, require_instance


@dataclass(frozen=True)
class Split:
    """inputs [N, ...] and labels [N] int64, on one device.

    Inputs are images [N, channels, height, width] float32, points [N, d], or the pairs [N, 2] int64 of arithmetic.
    Labels of another integer dtype become int64. Raises ValueError, with the way out, for labels of any other kind,
    such as one-hot rows, for another number of labels than of inputs, and for two devices.

    >>> data.Split(torch.zeros(4, 2), torch.tensor([0, 0, 1, 1])).inputs.shape
    torch.Size([4, 2])
    """

    inputs: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        require_instance("inputs", self.inputs, Tensor, "a tensor [N, ...]", "torch.as_tensor(inputs)")
        require("inputs", self.inputs, self.inputs.ndim >= 1, "[N, ...], a row for each point")
        object.__setattr__(self, "labels", as_labels(self.labels, "labels", self.inputs))

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device | str) -> "Split":
        require_device("device", device)
        return Split(self.inputs.to(device), self.labels.to(device))


def as_labels(labels: Any, name: str, inputs: Tensor) -> Tensor:
    """Labels [N] int64 for inputs [N, ...] on their device; ValueError that says how to make them of what was given."""
    require_instance(name, labels, Tensor, "a tensor [N] of integers", "torch.as_tensor(labels)")
    if labels.ndim == 2 and labels.shape[1] == 1:
        raise ValueError(f"{name}: expected [N], got a column {list(labels.shape)}; use labels[:, 0]")
    if labels.ndim == 2 and len(labels) == len(inputs):
        raise ValueError(
            f"{name}: expected [N], got rows {list(labels.shape)}; use labels.argmax(1) if they are one-hot"
        )
    if labels.dtype.is_floating_point or labels.dtype.is_complex or labels.dtype == torch.bool:
        raise ValueError(f"{name}: expected integers, got {labels.dtype}; use labels.long() if they number classes")
    if labels.shape != inputs.shape[:1]:
        shapes = f"{list(labels.shape)} for inputs {list(inputs.shape)}"
        raise ValueError(f"{name}: expected one for each of {len(inputs)} inputs, got {shapes}")
    if labels.device != inputs.device:
        raise ValueError(f"{name}: expected on {inputs.device}, as inputs are, got {labels.device}")
    return labels.long()


@dataclass(frozen=True)
class Dataset:
    """A training and a test split of one classification problem.

    Raises ValueError for no class, a label that is no class, and inputs of two shapes.

    >>> digits.input_shape, len(digits.train), len(digits.test)
    ((1, 8, 8), 1000, 797)
    """

    name: str
    train: Split
    test: Split
    class_names: tuple[str, ...]

    def __post_init__(self) -> None:
        require_instance("name", self.name, str, "the name of the data set")
        names = as_tuple("class_names", self.class_names, "the names of all classes, in their order")
        require("class_names", names, names != () and all(isinstance(each, str) for each in names), "words")
        object.__setattr__(self, "class_names", names)
        for name in ("train", "test"):
            require_instance(name, getattr(self, name), Split, "a data.Split")
            require_classes(getattr(self, name).labels, f"{name}.labels", len(names))
        shapes = f"{list(self.train.inputs.shape)} and {list(self.test.inputs.shape)}"
        alike = self.train.inputs.shape[1:] == self.test.inputs.shape[1:]
        require("test", shapes, alike, "inputs of the shape of those of train, but for N")

    @property
    def num_classes(self) -> int:
        return len(self.class_names)

    @property
    def input_shape(self) -> tuple[int, ...]:
        return tuple(self.train.inputs.shape[1:])

    def to(self, device: torch.device | str) -> "Dataset":
        return replace(self, train=self.train.to(device), test=self.test.to(device))


def require_classes(labels: Tensor, name: str, num_classes: int) -> None:
    """ValueError unless labels [N] lie in 0..K-1; not for those of the device meta, which have no values."""
    if len(labels) and not labels.is_meta:
        lowest, highest = (int(each) for each in labels.aminmax())
        if lowest < 0 or highest >= num_classes:
            raise ValueError(f"{name}: expected classes in 0..{num_classes - 1}, got {lowest}..{highest}")


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
