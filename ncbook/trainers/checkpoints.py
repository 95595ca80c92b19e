"""The state of a training on disk: written whole, read without pickle's code, and refused if it is another's."""

import dataclasses
import io
import warnings
from pathlib import Path
from typing import Any

import torch

from ncbook._files import written_whole
from ncbook.data import Split
from ncbook.models import Classifier
from ncbook.trainers.recipe import Recipe


class DamagedCheckpoint(ValueError):
    """A checkpoint that cannot be read, or that belongs to another training.

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
    torch.save(state, buffer)
    try:
        with written_whole(path) as file:
            file.write(buffer.getbuffer())
    except OSError as error:
        warnings.warn(f"could not write the checkpoint {path}: {error}; the last good one stays", stacklevel=2)


def load(path: Path, identity: str, device: torch.device) -> dict[str, Any] | None:
    """The state in `path`, None if there is no such file. Raises DamagedCheckpoint that says what to do."""
    if not path.exists():
        return None
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except Exception as error:  # every way in which a damaged file can fail to parse
        raise DamagedCheckpoint(
            f"the checkpoint {path} is damaged: {error}. Delete the file to start afresh."
        ) from error
    if not isinstance(state, dict) or state.get("identity") != identity:
        raise DamagedCheckpoint(
            f"the checkpoint {path} belongs to another training; delete the file or name another one.\n"
            f"there: {state.get('identity') if isinstance(state, dict) else type(state)}\nhere:  {identity}"
        )
    return state


def identity(model: Classifier, train: Split, recipe: Recipe, seed: int) -> str:
    """What must be equal for a training to go on: shapes of the network, sums over the data, recipe, seed."""
    shapes = {name: list(value.shape) for name, value in model.state_dict().items()}
    data = [list(train.inputs.shape), train.inputs.double().sum().item(), int(train.labels.sum())]
    return f"{_plain(recipe)}, seed {seed}, data {data}, network {shapes}"


def _plain(value: Any) -> str:
    """repr, but functions by name: theirs holds an address that differs from process to process."""
    if dataclasses.is_dataclass(value):
        entries = (f"{field.name}={_plain(getattr(value, field.name))}" for field in dataclasses.fields(value))
        return f"{type(value).__name__}({', '.join(entries)})"
    if isinstance(value, tuple):
        return f"({', '.join(map(_plain, value))})"
    return getattr(value, "__qualname__", repr(value))
