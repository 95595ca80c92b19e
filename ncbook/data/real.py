"""Real image sets, downloaded once by torchvision and then held as tensors."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
import torch.nn.functional as F

from ncbook._torchvision import torchvision
from ncbook.data.dataset import Dataset, Split, standardized

REAL = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST", "cifar10": "CIFAR10"}


def data_folder() -> Path:
    """Where downloads go: $NCBOOK_DATA, else ~/.cache/ncbook/data."""
    return Path(os.environ.get("NCBOOK_DATA") or Path.home() / ".cache" / "ncbook" / "data")


def real(name: str) -> Dataset:
    """One of `REAL` as standardized float32 tensors [N, C, 32, 32]; 28-pixel images are padded with zeros.

    Downloaded once. Raises ValueError for an unknown name, and RuntimeError, with the way out, when the download
    fails or the files are damaged.
    """
    if name not in REAL:
        raise ValueError(f"name: no real set is called {name!r}; there are {', '.join(REAL)}")
    folder = data_folder() / name
    source = getattr(torchvision("datasets"), REAL[name])
    if not folder.exists():
        _download(name, source, folder)
    try:
        train, test = (source(folder, train=train) for train in (True, False))
    except Exception as error:  # every way in which a damaged file can fail to parse
        raise RuntimeError(
            f"could not read {name} from {folder}: {error}\nDelete that folder and run this again to download it anew."
        ) from error
    return Dataset(name, *standardized(_split(train), _split(test)), tuple(train.classes))


def _download(name: str, source, folder: Path) -> None:  # source: one of torchvision's classes
    """Into a temporary folder, which is moved into place once it is whole: a failure leaves nothing behind."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{name}-", dir=folder.parent) as temporary:
            whole = Path(temporary) / name
            source(whole, download=True)  # fetches both splits
            if not folder.exists():  # another process may have been faster
                whole.rename(folder)
    except (OSError, RuntimeError) as error:
        raise RuntimeError(
            f"could not get {name} into {folder}: {error}\n"
            f"Check the network and run this again, or put torchvision's {REAL[name]} files there by hand. "
            "The presets 'smoke' and 'laptop' need no download."
        ) from error


def _split(source) -> Split:  # any of torchvision's sets, which share no useful base class
    images = torch.as_tensor(source.data).float()
    images = images[:, None] if images.ndim == 3 else images.permute(0, 3, 1, 2)
    margin = (32 - images.shape[-1]) // 2
    return Split(F.pad(images, (margin,) * 4).contiguous(), torch.as_tensor(source.targets).long())
