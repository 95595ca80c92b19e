"""Real image sets, downloaded once by torchvision and then held as tensors."""

import os
from pathlib import Path

import torch
import torch.nn.functional as F

from ncbook._torchvision import torchvision
from ncbook.data.dataset import Dataset, Split, standardized

REAL = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST", "cifar10": "CIFAR10"}


def data_folder() -> Path:
    """Where downloads go: $NCBOOK_DATA, else ~/.cache/ncbook/data."""
    return Path(os.environ.get("NCBOOK_DATA", Path.home() / ".cache" / "ncbook" / "data"))


def real(name: str) -> Dataset:
    """One of `REAL` as standardized float32 tensors [N, C, 32, 32]; 28-pixel images are padded with zeros.

    Raises ValueError for an unknown name and RuntimeError, with the way out, when the download fails.
    """
    if name not in REAL:
        raise ValueError(f"name: no real set is called {name!r}; there are {', '.join(REAL)}")
    folder = data_folder() / name
    source = getattr(torchvision("datasets"), REAL[name])
    try:
        train, test = (source(folder, train=train, download=True) for train in (True, False))
    except (OSError, RuntimeError) as error:
        raise RuntimeError(
            f"could not get {name} into {folder}: {error}\n"
            f"Check the network and run this again, or put torchvision's {REAL[name]} files there by hand. "
            "The presets 'smoke' and 'laptop' need no download."
        ) from error
    return Dataset(name, *standardized(_split(train), _split(test)), tuple(train.classes))


def _split(source) -> Split:  # any of torchvision's sets, which share no useful base class
    images = torch.as_tensor(source.data).float()
    images = images[:, None] if images.ndim == 3 else images.permute(0, 3, 1, 2)
    margin = (32 - images.shape[-1]) // 2
    return Split(F.pad(images, (margin,) * 4).contiguous(), torch.as_tensor(source.targets).long())
