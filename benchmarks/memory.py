"""python -m memory N d K: MiB by which one call of metrics.collapse raises the peak memory of a fresh process."""

import resource
import sys

import samples
import torch

from ncbook import metrics


def peak() -> int:
    """Peak resident memory of this process so far, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(points: int, dim: int, num_classes: int) -> float:
    torch.set_num_threads(1)
    metrics.collapse(*samples.classes(1000, 8, 4))  # what the first call loads is not the call's own memory
    data = samples.classes(points, dim, num_classes)
    filler = torch.ones(points, dim)  # making the data peaks above keeping it: level that first
    del filler
    before = peak()
    keep = torch.ones((before * 1024 - _resident()) // 4)  # fill up to the peak, so that any use of memory shows
    metrics.collapse(*data)
    del keep
    return (peak() - before) / 1024


def _resident() -> int:
    """Resident memory now, in bytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


if __name__ == "__main__":
    print(main(*map(int, sys.argv[1:])))
