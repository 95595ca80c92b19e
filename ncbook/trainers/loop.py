"""What every training loop does for those around it: a clean end on Ctrl-C, a bar with the time left, first probes."""

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import FrameType
from typing import Any

import torch
from torch import Tensor
from tqdm.auto import tqdm

from ncbook._checks import as_tuple, require, require_callable, require_instance, require_integer, require_seed

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
    """What to call with the number of each finished step: it tells who watches, `on_step`, or else a bar.

    Who watches hears of `done` at once, before any probe: so one training is told from the next. The bar shows the time
    left.

    >>> with trainers.progress(3, 0, print) as report:
    ...     for step in (1, 2, 3):
    ...         report(step)
    1
    2
    3
    """
    require_integer("steps", steps, 1)
    require_integer("done", done, 0)
    if on_step is not None:
        require_callable("on_step", on_step, "of (step), or None")
    watch = _WATCH.get()
    if watch is not None:
        watch.on_step(done, steps)
        yield lambda step: _tell(step, steps, watch, on_step)
        return
    if on_step is not None:
        yield on_step
        return
    in_worker = multiprocessing.parent_process() is not None  # whose bars would write over each other
    with tqdm(total=steps, initial=done, unit="step", delay=2, leave=None, disable=in_worker) as bar:
        yield lambda step: bar.update()


@dataclass(frozen=True)
class _Watch:
    on_step: Callable[[int, int], None]
    on_probe: Callable[[Any], None]


_WATCH: ContextVar[_Watch | None] = ContextVar("who watches", default=None)


@contextmanager
def watched(on_step: Callable[[int, int], None], on_probe: Callable[[Any], None]) -> Iterator[None]:
    """In this block each training calls on_step(step, of how many), and on_probe with what a probe gave; no bar shows.

    So who does not know what an experiment trains can show how it goes. The first on_step of a training says where it
    starts. What they raise ends the training. It holds in this thread alone.

    >>> seen = []
    >>> with trainers.watched(lambda step, steps: seen.append((step, steps)), seen.append):
    ...     short = trainers.Recipe(steps=2, learning_rate=0.1)
    ...     fitted = trainers.fit(network, digits.train, short, 0, lambda model, step: "probed", probe_steps=(2,))
    >>> seen
    [(0, 2), (1, 2), 'probed', (2, 2)]
    """
    require_callable("on_step", on_step, "of (step, of how many)")
    require_callable("on_probe", on_probe, "of what a probe gave")
    token = _WATCH.set(_Watch(on_step, on_probe))
    try:
        yield
    finally:
        _WATCH.reset(token)


def is_watched() -> bool:
    """Whether a block of `watched` tells how far it is, so that no bar need show.

    >>> trainers.is_watched()
    False
    """
    return _WATCH.get() is not None


def _tell(step: int, steps: int, watch: _Watch, on_step: Callable[[int], None] | None) -> None:
    if on_step is not None:
        on_step(step)
    watch.on_step(step, steps)


class FirstProbesDone(Exception):
    """Ends a training in a block of `first_probes`.

    >>> try:
    ...     with trainers.first_probes(1):
    ...         trainers.fit(network, digits.train, recipe, seed=0, probe=lambda model, step: step, probe_steps=(0, 60))
    ... except trainers.FirstProbesDone:
    ...     print("after the first probe")
    after the first probe
    """


@dataclass(frozen=True)
class _FirstProbes:
    count: int
    results: list[Any]
    disturbance: int | None


_FIRST: ContextVar[_FirstProbes | None] = ContextVar("first probes", default=None)
_LAST_PLACES = 4  # times the distance of a number from the next: what the sums of a step differ by elsewhere


@contextmanager
def first_probes(count: int, disturbance: int | None = None) -> Iterator[list[Any]]:
    """In this block each training raises FirstProbesDone after its first `count` probes; gives what these returned.

    So the beginning of a long experiment can be made again in seconds. With `disturbance`, a seed, the last digit of
    every weight is changed at random before the training, which shows what the last digit decides. It holds in this
    thread alone.

    >>> with trainers.first_probes(2) as seen:
    ...     try:
    ...         trainers.fit(network, digits.train, recipe, 0, lambda model, step: step, probe_steps=range(60))
    ...     except trainers.FirstProbesDone:
    ...         pass
    >>> seen
    [0, 1]
    """
    require_integer("count", count, 1)
    if disturbance is not None:
        require_seed("disturbance", disturbance)
    wanted = _FirstProbes(count, [], disturbance)
    token = _FIRST.set(wanted)
    try:
        yield wanted.results
    finally:
        _FIRST.reset(token)


def before_training(weights: Iterable[Tensor]) -> None:
    """To be called by a training that starts from its first step, with what it trains: disturbed in place if asked.

    >>> before = network.head.weight.clone()
    >>> trainers.before_training([network.head.weight])  # outside of `first_probes` nothing changes
    >>> torch.equal(network.head.weight, before)
    True
    """
    weights = as_tuple("weights", weights, "tensors")
    for weight in weights:
        require_instance("weights", weight, Tensor, "tensors")
    wanted = _FIRST.get()
    if wanted is None or wanted.disturbance is None:
        return
    generator = torch.Generator().manual_seed(wanted.disturbance)
    with torch.no_grad():
        for weight in weights:
            noise = torch.randn(weight.shape, generator=generator, dtype=weight.dtype).to(weight.device)
            weight.mul_(1 + _LAST_PLACES * torch.finfo(weight.dtype).eps * noise)


def after_probe(measured: list[Any]) -> None:
    """To be called by a training after each probe, with the results of all of them so far.

    >>> with trainers.first_probes(2) as seen:
    ...     trainers.after_probe(["the first result"])
    >>> seen
    ['the first result']
    """
    require_instance("measured", measured, list, "a list of results")
    require("measured", measured, measured != [], "one result at least")
    watch = _WATCH.get()
    if watch is not None:
        watch.on_probe(measured[-1])
    wanted = _FIRST.get()
    if wanted is None:
        return
    wanted.results.append(measured[-1])
    if len(measured) >= wanted.count:
        raise FirstProbesDone
