"""Driving a lab without a browser: its fields are filled from here, and the page's ticks are imitated."""

import time
from collections.abc import Callable

SECONDS = 600  # far longer than any lab needs, for a machine may be busy


def fill(lab, **typed: str) -> None:
    for name, text in typed.items():
        lab.form.fields[name].value = text


def ticking(lab) -> bool:
    """Whether the invisible Play widget counts; version 7 of ipywidgets, which Colab has, calls it by another name."""
    return getattr(lab.heartbeat, "playing", None) or getattr(lab.heartbeat, "_playing", False)


def tip(control) -> str:
    """The words that show under the pointer, in version 7 of ipywidgets too."""
    return getattr(control, "tooltip", "") or getattr(control, "description_tooltip", "")


def tick_until(lab, met: Callable[[], bool]) -> None:
    """What the page does while a network trains: the invisible Play widget counts."""
    limit = time.monotonic() + SECONDS
    while not met():
        assert time.monotonic() < limit, "waited too long"
        for run in lab.runs[-1:]:
            run.thread.join(0.15)  # a page ticks less often; each tick writes all words anew
        lab.heartbeat.value = (lab.heartbeat.value + 1) % 100


def train(lab, **typed: str) -> None:
    """Train to the end."""
    fill(lab, **typed)
    lab.train.click()
    tick_until(lab, lambda: not ticking(lab))


def stop_all(lab) -> None:
    """Whatever still trains is stopped."""
    for run in lab.runs:
        run.stop()
        run.thread.join(SECONDS)
