"""Networks from a seed. torch has one random generator for the whole process, so that one lock has to guard it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ncbook._checks import require_seed

_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Build networks in this block: torch's global generator starts at `seed`, and is afterwards as it was.

    Only one thread of the process is inside at a time, so that the weights are those of the seed in every thread that
    builds its networks here.

    >>> with models.seeded(0):
    ...     again = models.mlp((1, 8, 8), num_classes=10)
    >>> torch.equal(again.head.weight, network.head.weight)
    True
    """
    require_seed("seed", seed)
    with _ONE_AT_A_TIME, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
