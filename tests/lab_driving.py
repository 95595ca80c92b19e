"""Driving a lab without a browser: its fields are filled from here, and the page's ticks are imitated."""

import base64
import re
import time
from collections.abc import Callable
from html import unescape

SECONDS = 600  # far longer than any lab needs, for a machine may be busy
# Settings with which a lab trains in a second or two.
SMALL = {
    "bound": {"per_class": "3", "steps": "60", "population": "10"},
    "cascade": {"depth": "2", "width": "64", "steps": "250"},
    "collapse": {"width": "8", "epochs": "25"},
    "corrupted_labels": {"epochs": "30"},
    "doses": {"steps": "12", "settle": "4", "seeds": "2"},
    "double_descent": {"per_class": "3", "draws": "2"},
    "fixed_head": {"steps": "60"},
    "flatness": {"epochs": "25", "labels": "stopped"},
    "grokking": {"p": "7", "width": "8", "steps": "500"},
    "imbalance": {"width": "16", "steps": "60"},
    "implicit_bias": {"steps": "60"},
    "information_bottleneck": {"steps": "200", "sampled": "32"},
    "interventions": {"steps": "12", "release": "6", "seeds": "2"},
    "margins": {"per_class": "10", "width": "32", "steps": "60"},
    "next_token": {"width": "8", "sentences": "100", "steps": "30"},
    "numerics": {"steps": "50", "seeds": "2", "head_factor": "10"},
    "pruning": {"per_class": "10", "drop": "12", "steps": "24"},
    "reliability": {"width": "16", "steps": "40"},
    "settings": {"epochs": "25"},
    "simplex": {"steps": "60"},
    "targets": {"points": "40", "steps": "60"},
    "test_collapse": {"per_class": "2", "weight_decay": "0"},
    "transfer": {"width": "8", "epochs": "24"},
    "unconstrained": {"steps": "200"},
}


def fill(lab, **typed: str) -> None:
    for name, text in typed.items():
        lab.form.fields[name].value = text


def ticking(lab) -> bool:
    """Whether the invisible Play widget counts; version 7 of ipywidgets, which Colab has, calls it by another name."""
    return getattr(lab.heartbeat, "playing", None) or getattr(lab.heartbeat, "_playing", False)


def tip(control) -> str:
    """The words that show under the pointer, in version 7 of ipywidgets too."""
    return getattr(control, "tooltip", "") or getattr(control, "description_tooltip", "")


def tick(lab) -> None:
    """The page counts only where the kernel asked for it."""
    assert ticking(lab), "the page would not tick"
    lab.heartbeat.value = (lab.heartbeat.value + 1) % 100


def press(lab, button) -> None:
    """Press Train or Continue, which the first tick answers."""
    button.click()
    tick(lab)


def tick_until(lab, met: Callable[[], bool]) -> None:
    """What the page does while a network trains: the invisible Play widget counts."""
    limit = time.monotonic() + SECONDS
    while not met():
        assert time.monotonic() < limit, "waited too long"
        for run in lab.runs[-1:]:
            run.thread.join(0.15)  # a page ticks less often; each tick writes all words anew
        tick(lab)


def train(lab, **typed: str) -> None:
    """Train to the end."""
    fill(lab, **typed)
    press(lab, lab.train)
    tick_until(lab, lambda: not ticking(lab))


def stop_all(lab) -> None:
    """Whatever still trains is stopped."""
    for run in lab.runs:
        run.stop()
        run.thread.join(SECONDS)


def picture(lab) -> bytes:
    """The image that the page shows."""
    (content,) = re.findall('src="data:image/png;base64,([^"]+)"', lab.picture.value)
    return base64.b64decode(content)


def alt(lab) -> str:
    """What the picture says to those who do not see it."""
    (text,) = re.findall('alt="([^"]*)"', lab.picture.value)
    return unescape(text)


def told(lab) -> str:
    """The words of the status."""
    return unescape(re.sub("<[^>]*>", "", lab.status.value))


def downloads(lab) -> dict[str, bytes]:
    """The files that Export offers, by name."""
    found = re.findall('download="([^"]+)" href="data:[^,]+;base64,([^"]+)"', lab.exported.value)
    return {name: base64.b64decode(content) for name, content in found}


def python(lab) -> str:
    """The lines of Python that Export prints."""
    (lines,) = re.findall("<pre[^>]*>(.*)</pre>", lab.exported.value, re.DOTALL)
    return unescape(lines)
