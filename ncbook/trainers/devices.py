"""Which device to use, and how many CPU threads."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ncbook import _environment
from ncbook._checks import require_device, require_integer


def pick_device(name: str | torch.device | None = None) -> torch.device:
    """`name`, else the GPU where there is one, else the CPU. Raises ValueError for a device that is not there.

    >>> trainers.pick_device("cpu")
    device(type='cpu')
    """
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    require_device("device", name)
    return torch.device(name)


@contextmanager
def threads(count: int | None = None) -> Iterator[int]:
    """Run the block with `count` CPU threads, else $NCBOOK_THREADS, else 1.

    The book's networks are so small that a second thread gains little, and on a machine with other work two
    threads that wait for each other can be many times slower than one. One thread also gives the same
    numbers on a laptop and on a workstation.

    >>> with trainers.threads(1) as count:
    ...     count, torch.get_num_threads()
    (1, 1)
    """
    if count is None:
        count = _environment.whole("NCBOOK_THREADS", least=1, otherwise=1)
    require_integer("count", count, 1)
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield count
    finally:
        torch.set_num_threads(before)
