"""What every training loop does for those around it: a clean end on Ctrl-C, a bar with the time left, first probes."""

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import Any

from tqdm.auto import tqdm

INTERRUPTED = "interrupted"


@contextmanager
def interrupts() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets, so that no step is left half done; the second interrupts as ever."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # only the main thread may handle signals
        yield asked
        return
    before = signal.getsignal(signal.SIGINT)

    def handle(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    signal.signal(signal.SIGINT, handle)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def progress(steps: int, done: int, on_step: Callable[[int], None] | None) -> Iterator[Callable[[int], None]]:
    """What to call after each step: `on_step`, or else a bar with the time left."""
    if on_step is not None:
        yield on_step
        return
    in_worker = multiprocessing.parent_process() is not None  # whose bars would write over each other
    with tqdm(total=steps, initial=done, unit="step", delay=2, leave=None, disable=in_worker) as bar:
        yield lambda step: bar.update()


class FirstProbesDone(Exception):
    """Ends a training in a block of `first_probes`."""


_FIRST: ContextVar[tuple[int, list[Any]] | None] = ContextVar("first probes", default=None)


@contextmanager
def first_probes(count: int) -> Iterator[list[Any]]:
    """In this block each training raises FirstProbesDone after its first `count` probes; gives what these returned.

    So the beginning of a long experiment can be made again in seconds. It holds in this thread alone.
    """
    results: list[Any] = []
    token = _FIRST.set((count, results))
    try:
        yield results
    finally:
        _FIRST.reset(token)


def after_probe(measured: list[Any]) -> None:
    """To be called by a training after each probe, with the results of all of them so far."""
    wanted = _FIRST.get()
    if wanted is None:
        return
    count, results = wanted
    results.append(measured[-1])
    if len(measured) >= count:
        raise FirstProbesDone
