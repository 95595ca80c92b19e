"""Which device to use, and how many CPU threads."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch


def pick_device(name: str | torch.device | None = None) -> torch.device:
    """`name`, else the GPU where there is one, else the CPU. Raises ValueError for a device that is not there."""
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(f"device: {name!r} is not a device; use 'cpu' or 'cuda'") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(f"device: {name!r} was asked for, but this torch sees no GPU; use 'cpu'")
    return device


@contextmanager
def threads(count: int | None = None) -> Iterator[int]:
    """Run the block with `count` CPU threads, else $NCBOOK_THREADS, else 1.

    The book's networks are so small that a second thread gains little, and on a machine with other work two
    threads that wait for each other can be many times slower than one. One thread also gives the same
    numbers on a laptop and on a workstation.
    """
    count = count or int(os.environ.get("NCBOOK_THREADS", "1"))
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield count
    finally:
        torch.set_num_threads(before)
