"""One network that trains in the background."""

import threading
import time
from collections.abc import Callable

from ncbook import data, trainers
from ncbook.experiments import collapse as experiment
from ncbook.labs._settings import Settings

_PAUSE = 0.3  # seconds between two pictures; where drawing is slow, twice as long as it takes


class _Stopped(Exception):
    """Leaves the training loop."""


class Training:
    """Trains from the moment it is made. Its thread only fills the attributes below and touches no widget.

    rows     history rows measured so far
    epoch    finished epochs
    picture  the last image that `draw(self)` gave; at most three a second are asked for
    state    "training", then "done", "stopped", "diverged" or "failed"
    message  what went wrong, if anything did
    """

    def __init__(self, settings: Settings, dataset: str, draw: Callable[["Training"], bytes]) -> None:
        self.settings, self.dataset = settings, dataset
        self.picture, self._draw, self._next_picture = b"", draw, 0.0
        self.rows: list[dict] = []
        self.epoch = 0
        self.state = "training"
        self.message = ""
        self._stopping = threading.Event()
        self._start, self._end = time.perf_counter(), 0.0
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    @property
    def running(self) -> bool:
        return self.state == "training"

    @property
    def seconds(self) -> float:
        """Since the start, until now or until the end."""
        return (self._end or time.perf_counter()) - self._start

    def stop(self) -> None:
        """Ask for an end after the epoch under way; what was measured stays."""
        self._stopping.set()

    def _work(self) -> None:
        state = "failed"
        try:
            self._train()
            state = "done"
        except _Stopped:
            state = "stopped"
        except trainers.Diverged as error:
            state, self.message = "diverged", f"Training diverged: {error}."
        except Exception as error:  # a lab says whatever happens in a sentence, and stays usable
            self.message = f"Training failed ({type(error).__name__}): {error}"
        self._end = time.perf_counter()
        self.state = state  # last, for who sees the state may rely on the rest

    def _train(self) -> None:
        config, asked = self.settings.config(self.dataset), self.settings
        with trainers.threads():
            dataset = data.load(self.dataset).to(trainers.pick_device())
            experiment.train_arm(
                config, dataset, asked.network, asked.weight_decay, asked.seed, self._finished, on_row=self.rows.append
            )

    def _finished(self, epoch: int) -> None:
        self.epoch = epoch
        if time.perf_counter() > self._next_picture:
            self._take_picture()
        if self._stopping.is_set() and epoch < self.settings.epochs:
            raise _Stopped

    def _take_picture(self) -> None:
        """Drawn here, between two epochs: two threads that compute in Python at once slow each other down fivefold."""
        start = time.perf_counter()
        self.picture = self._draw(self)
        end = time.perf_counter()
        self._next_picture = end + max(_PAUSE, 2 * (end - start))
