"""Arrays of a file .npz or .safetensors, read one by one and without pickle."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor


class Arrays:
    """The arrays of an open file by name; each is read when it is asked for."""

    def __init__(self, names: list[str], source: Any) -> None:
        self._names, self._source = names, source

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def tensor(self, name: str) -> Tensor:
        """One of them. Raises ValueError, which names it, if it is missing, damaged, or no array of numbers."""
        if name not in self._names:
            raise ValueError(f"has no array {name!r}; it has {', '.join(self._names) or 'none'}")
        try:
            return self._source(name)
        except (ValueError, TypeError) as error:  # of numpy: Python objects, and torch: letters
            raise ValueError(f"{name}: is no array of numbers ({error}); save it as one") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise ValueError(f"{name}: is damaged ({error}); save the file again") from error


@contextmanager
def opened(path: Path) -> Iterator[Arrays]:
    """The arrays of a file, while the block lasts. Raises ValueError, which names the file, if it is none of arrays."""
    if not path.exists():
        raise ValueError(f"{path}: there is no such file")
    if path.is_dir():
        raise ValueError(f"{path}: is a folder; give a file .npz or .safetensors")
    if path.suffix == ".safetensors":
        with _safetensors(path) as file:
            yield Arrays(list(file.keys()), file.get_tensor)
    elif not zipfile.is_zipfile(path):
        raise ValueError(f"{path}: is no archive .npz, or is cut short; write it by numpy.savez, or as .safetensors")
    else:
        with np.load(path, allow_pickle=False) as file:
            yield Arrays(list(file.files), lambda name: _tensor(file[name]))


def _tensor(array: np.ndarray) -> Tensor:
    if array.dtype.kind in "iu":
        array = array.astype(np.int64, copy=False)
    return torch.from_numpy(array.astype(array.dtype.newbyteorder("="), copy=False))


@contextmanager
def _safetensors(path: Path) -> Iterator[Any]:
    try:
        import safetensors
    except ImportError as error:
        raise ModuleNotFoundError(
            f"{path}: the package safetensors is missing; pip install safetensors, or save the arrays as .npz"
        ) from error
    try:
        file = safetensors.safe_open(str(path), framework="pt")
    except safetensors.SafetensorError as error:
        raise ValueError(f"{path}: is no file .safetensors, or is cut short ({error}); save it again") from error
    with file:
        yield file
