"""Work that goes on in a thread while the kernel stays free."""

import threading
import time
from collections.abc import Callable
from typing import Any

from ncbook import metrics, trainers

_PAUSE = 0.3  # seconds between two pictures; where drawing is slow, twice as long as it takes


class _Stopped(Exception):
    """Leaves the training loop."""


class Background:
    """A training in a thread that only fills the attributes below and touches no widget; `start` starts it.

    rows     history rows measured so far
    done     finished steps of `planned`
    picture  the last image that `draw()` gave; at most three a second are asked for
    state    "training", then "done", "stopped", "diverged" or "failed"
    message  what went wrong, if anything did

    A lab's own training defines `_train`, which calls `_finished` after each step.
    """

    def __init__(self, planned: int, draw: Callable[[], bytes]) -> None:
        self.planned, self.done = planned, 0
        self.picture, self._draw, self._next_picture = b"", draw, 0.0
        self.rows: list[dict[str, Any]] = []
        self.state, self.message = "new", ""
        self._stopping = threading.Event()
        self._earlier, self._start, self._end = 0.0, 0.0, 0.0
        self.thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Train in a new thread; after a stop it goes on where `_train` does."""
        self._earlier = self.seconds
        self._start, self._end = time.perf_counter(), 0.0
        self._stopping.clear()
        self.state = "training"
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    @property
    def running(self) -> bool:
        return self.state == "training"

    @property
    def seconds(self) -> float:
        """Of training, until now or until the end."""
        if self.state == "new":
            return 0.0
        return self._earlier + (self._end or time.perf_counter()) - self._start

    def stop(self) -> None:
        """Ask for an end after the step under way; what was measured stays."""
        self._stopping.set()

    def _train(self) -> None:
        raise NotImplementedError

    def _work(self) -> None:
        state = "failed"
        try:
            with trainers.threads():
                self._train()
            state = "done"
        except _Stopped:
            state = "stopped"
        except (trainers.Diverged, metrics.NotFinite) as error:
            state, self.message = "diverged", f"Training diverged: {error}."
        except Exception as error:  # a lab says whatever happens in a sentence, and stays usable
            self.message = f"Training failed ({type(error).__name__}): {error}"
        self._end = time.perf_counter()
        self.state = state  # last, for who sees the state may rely on the rest

    def _finished(self, done: int) -> None:
        self.done = done
        if done < self.planned:
            self._between()

    def _between(self) -> None:
        """Draw, if it is time, and end, if that was asked for."""
        if time.perf_counter() > self._next_picture:
            self._take_picture()
        if self._stopping.is_set():
            raise _Stopped

    def _take_picture(self) -> None:
        """Drawn here, between two steps: two threads that compute in Python at once slow each other down fivefold."""
        start = time.perf_counter()
        self.picture = self._draw()
        end = time.perf_counter()
        self._next_picture = end + max(_PAUSE, 2 * (end - start))
