"""What the meters hold: moved to another device, saved and read again, and closed once all workers are in it."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from ncbook import _checks


def move(part: object, device: torch.device) -> None:
    """Move every tensor of a meter to `device`, at any depth of what it holds."""
    attributes = vars(part)  # of frozen dataclasses and of what they have cached, too
    for name, value in attributes.items():
        if isinstance(value, Tensor):
            attributes[name] = value.to(device)
        elif isinstance(value, list):
            attributes[name] = [each.to(device) if isinstance(each, Tensor) else each for each in value]
        elif type(value).__module__.startswith("ncbook."):
            move(value, device)


def require_open(synced: bool, call: str) -> None:
    """What `sync` has made the meter of all workers takes in nothing more: it would count twice at the next `sync`."""
    if synced:
        raise ValueError(
            f"{call}: sync() has brought in the points of all workers; go on with the next pass, or with reset() "
            "(for a value in between, sync a copy() of the meter)"
        )


def require_device(features: Tensor, device: torch.device | None) -> None:
    """Batches lie where the meter does, if that is known yet."""
    if device is not None and features.device != device:
        raise ValueError(f"features: on {features.device}, but the meter is on {device}; to(device) moves it")


def require_fitting(state: Mapping[str, Any], names: Iterable[str], num_classes: int, dim: int) -> None:
    """`state` must have all `names` and be that of a meter of as many classes and dimensions."""
    _checks.require_instance("state", state, Mapping, "what state_dict() of a meter of this kind returned")
    if missing := sorted({"num_classes", "dim", *names} - state.keys()):
        raise ValueError(f"state: has no {', '.join(missing)}; use what state_dict() of a meter of this kind returned")
    if (state["num_classes"], state["dim"]) != (num_classes, dim):
        raise ValueError(
            f"state: is of {state['num_classes']} classes in {state['dim']} dimensions, "
            f"but this meter of {num_classes} classes in {dim}"
        )


def read(state: Mapping[str, Any], like: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies of the tensors of these names, on the devices and in the precisions of `like`, whose shapes they have."""
    found = {}
    for name, own in like.items():
        shape = list(state[name].shape) if name in state else "nothing"
        if shape != list(own.shape):
            raise ValueError(f"state: expected {name} of shape {list(own.shape)}, got {shape}")
        found[name] = state[name].to(own, copy=True)
    return found
