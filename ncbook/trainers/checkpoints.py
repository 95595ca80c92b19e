"""The state of a training on disk: written whole, read without pickle's code, and refused if it is another's."""

import io
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ncbook._files import written_whole
from ncbook.trainers.plain import NotPlain, Unknown, plain, restored


class DamagedCheckpoint(ValueError):
    """A checkpoint that cannot be used: it is damaged, holds what this process does not know, or is another training's.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "training.pt")
    ...     _ = file.write_bytes(b"no training")
    ...     try:
    ...         trainers.fit(network, digits.train, recipe, seed=0, checkpoint=file)
    ...     except trainers.DamagedCheckpoint:
    ...         print("delete the file to start afresh")
    delete the file to start afresh
    """


def save(path: Path, state: dict[str, Any]) -> None:
    """Write `state`. A disk that is full or read-only is said in a warning: what is there stays, training goes on."""
    buffer = io.BytesIO()
    torch.save(plain(state), buffer)
    try:
        with written_whole(path) as file:
            file.write(buffer.getbuffer())
    except OSError as error:
        warnings.warn(f"could not write the checkpoint {path}: {error}; the last good one stays", stacklevel=2)


def require_plain(value: Any, name: str) -> None:
    """ValueError that says what a checkpoint can hold, for a value that it could not."""
    try:
        plain(value)
    except NotPlain as error:
        raise ValueError(
            f"{name}: a checkpoint cannot hold {error}. It holds numbers, words, None, tensors and numpy arrays, "
            "dataclasses and named tuples of these, and lists, tuples, sets and dicts of these; return such values, or "
            "train without checkpoint"
        ) from None


def load(path: Path, identity: Mapping[str, str], device: torch.device) -> dict[str, Any] | None:
    """The state in `path`, None if there is no such file. Raises DamagedCheckpoint that says what to do.

    A training that differs in its number of steps alone, and has not gone beyond them, is the same.
    """
    try:
        content = path.read_bytes()  # a file that cannot be opened is not a damaged one
    except (FileNotFoundError, NotADirectoryError):  # the second as where the folder cannot be made either
        return None
    try:
        read = torch.load(io.BytesIO(content), map_location=device, weights_only=True)
    except Exception as error:  # every way in which a damaged file can fail to parse
        raise DamagedCheckpoint(_unreadable(path, content, error)) from error
    parts = [read.get(name) if isinstance(read, dict) else None for name in ("identity", "training")]
    if not all(isinstance(part, dict) for part in parts):
        raise DamagedCheckpoint(f"the checkpoint {path} is none of this release; {_WAY_OUT}")
    _require_same(path, read["identity"], identity, read["training"]["step"])
    try:
        state: dict[str, Any] = restored(read)
    except Unknown as error:
        raise DamagedCheckpoint(f"the checkpoint {path} holds what a probe gave: {error}, or {_WAY_OUT}") from error
    return state


_WAY_OUT = "delete the file to start afresh, or name another one"


def _unreadable(path: Path, content: bytes, error: Exception) -> str:
    """What is wrong with a file that torch does not read. An archive with the right checksums is whole."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            whole = archive.testzip() is None
    except Exception:  # every way in which a damaged file can fail to parse
        whole = False
    if whole:
        return f"the checkpoint {path} holds objects, which could run code, and is not opened; {_WAY_OUT}"
    return f"the checkpoint {path} is damaged: {error}. Delete the file to start afresh."


def _require_same(path: Path, there: Mapping[str, str], here: Mapping[str, str], step: int) -> None:
    differ = [name for name in {**there, **here} if there.get(name) != here.get(name)]
    if differ == ["steps"]:
        if step <= int(here["steps"]):
            return
        raise DamagedCheckpoint(
            f"the checkpoint {path} belongs to another training, which has gone on to step {step}: more than the "
            f"{here['steps']} steps of this one; {_WAY_OUT}"
        )
    if differ:
        lines = "".join(f"\n{name}: there {there.get(name)}, here {here.get(name)}" for name in differ)
        raise DamagedCheckpoint(f"the checkpoint {path} belongs to another training; {_WAY_OUT}.{lines}")
