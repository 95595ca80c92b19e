"""What test_sweep gives its workers to do; apart from it, so that they need not import what the tests do."""

import os
import time

import torch

from ncbook import trainers


def late_first(arm: int) -> tuple[int, int]:
    """The first arm ends last."""
    time.sleep(0.3 if arm == 0 else 0.0)
    return arm, os.getpid()


def threads_seen(arm: int) -> int:
    return torch.get_num_threads()


def failing(arm: int) -> int:
    if arm == 1:
        raise trainers.Diverged(f"arm {arm}")
    return arm
