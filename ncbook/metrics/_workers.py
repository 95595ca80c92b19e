"""What meters on several workers tell each other over torch.distributed: whether they fit together, and their sums."""

import hashlib
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, distributed

from ncbook import _checks

_NOTHING = torch.iinfo(torch.int64).min  # below every value and every negative of one


def several(group: distributed.ProcessGroup | None) -> bool:
    """Whether this process belongs to a group of at least two."""
    if not distributed.is_available():
        return False
    outside: object = distributed.GroupMember.NON_GROUP_MEMBER  # what torch gives who is not of a group: a number
    if group is not None and group != outside:
        _checks.require_instance("group", group, distributed.ProcessGroup, "a ProcessGroup")
    return distributed.is_initialized() and distributed.get_world_size(group) > 1


def agreed(values: Mapping[str, int | None], group: distributed.ProcessGroup | None) -> dict[str, int | None]:
    """What all workers that have a value call by the same name; None where no worker has one.

    Raises ValueError on all workers alike if two of them differ: whoever raised alone would leave the others waiting.
    """
    ends = [end for value in values.values() for end in ((_NOTHING,) * 2 if value is None else (value, -value))]
    highest = torch.tensor(ends, device=_device(group))
    distributed.all_reduce(highest, distributed.ReduceOp.MAX, group)
    found: dict[str, int | None] = {}
    for name, high, low in zip(values, *(highest[start::2].tolist() for start in (0, 1)), strict=True):
        if high != _NOTHING and high != -low:
            raise ValueError(f"sync: workers differ in {name}: from {-low} to {high}")
        found[name] = None if high == _NOTHING else high
    return found


def total(tensors: Sequence[Tensor], group: distributed.ProcessGroup | None) -> list[Tensor]:
    """The sums of the tensors over all workers, in one message of float64, which counts up to 2^53 exactly."""
    message = torch.cat([tensor.flatten().to(_device(group), torch.float64) for tensor in tensors])
    distributed.all_reduce(message, group=group)
    parts = message.split([tensor.numel() for tensor in tensors])
    return [part.view(tensor.shape).to(tensor) for part, tensor in zip(parts, tensors, strict=True)]


def largest(value: float, group: distributed.ProcessGroup | None) -> float:
    """The largest of all workers' values."""
    message = torch.tensor(value, dtype=torch.float64, device=_device(group))
    distributed.all_reduce(message, distributed.ReduceOp.MAX, group)
    return message.item()


def fingerprint(tensor: Tensor) -> int:
    """56 bits that differ, for all practical purposes, between tensors that differ in any bit."""
    content = tensor.detach().cpu().contiguous().numpy().tobytes()
    return int.from_bytes(hashlib.sha256(content).digest()[:7], "big")


def _device(group: distributed.ProcessGroup | None) -> torch.device:
    """Where messages of the group must lie: the CPU unless, as with NCCL, its backend serves other devices alone."""
    devices = [each.split(":")[0] for each in distributed.get_backend_config(group).split(",")]
    return torch.device("cpu" if "cpu" in devices else devices[0])
