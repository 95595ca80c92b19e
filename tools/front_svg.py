"""Small drawings in SVG for the front page, in the colors of the book; the page's style sheet knows light and dark.

A color is a class of the style sheet: `class0`, `class1` and so on; `palette` says which color that is.
"""

import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

import numpy as np

import ncbook

_COLOR = re.compile(r"--nc-(train|test|class\d): (#\w{6});")
# one outline a class, of radius about 1 around the origin, as in explorables/core.js
_OUTLINES = (
    "M{r} 0A{r} {r} 0 1 1 -{r} 0A{r} {r} 0 1 1 {r} 0Z",
    "M-{a} -{a}H{a}V{a}H-{a}Z",
    "M0 -{h}L{r} {a}H-{r}Z",
    "M0 -{h}L{h} 0L0 {h}L-{h} 0Z",
)


def palette() -> str:
    """The colors of the explorables as `--front-train`, `--front-test`, `--front-class0` and so on, light and dark."""
    text = (Path(ncbook.__file__).parent / "explorables" / "core.css").read_text(encoding="utf-8")
    named = [f"--front-{name}:{color}" for name, color in _COLOR.findall(text)]
    light, dark = (";".join(colors) for colors in (named[: len(named) // 2], named[len(named) // 2 :]))
    return f':root{{{light}}}html[data-theme="dark"]{{{dark}}}'


def outline(label: int, radius: float) -> str:
    """The path of a mark of a class around the origin."""
    sizes = {"r": radius, "a": 0.85 * radius, "h": 1.2 * radius}
    return _OUTLINES[label].format(**{name: number(size) for name, size in sizes.items()})


def mark(label: int, place: Sequence[float], radius: float, kind: str = "") -> str:
    """A mark of a class at `place` [2]."""
    x, y = map(number, place)
    classes = f"class{label} {kind}".strip()
    return f'<path class="{classes}" transform="translate({x} {y})" d="{outline(label, radius)}"/>'


def path(points: Iterable[Sequence[float]], classes: str, closed: bool = False) -> str:
    """Straight lines through points [n, 2]."""
    drawn = "L".join(f"{number(x)} {number(y)}" for x, y in points)
    return f'<path class="{classes}" d="M{drawn}{"Z" if closed else ""}"/>'


def words(text: str, place: Sequence[float], classes: str, anchor: str = "start") -> str:
    """A label whose base line begins, or with the anchor `end` ends, at `place` [2]."""
    x, y = map(number, place)
    return f'<text class="{classes}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


def picture(box: Sequence[float], told: str, drawing: Iterable[str], classes: str) -> str:
    """A drawing within `box`, left, top, width and height; `told` is for those who do not see it."""
    view = " ".join(map(number, box))
    head = f'<svg class="{classes}" viewBox="{view}" role="img" aria-label="{escape(told)}">'
    return "\n".join([head, *drawing, "</svg>"])


def number(value: float) -> str:
    """To one decimal, without a zero that says nothing."""
    return f"{round(float(value), 1) + 0:g}"


def between(values: np.ndarray, low: float, high: float, start: float, end: float) -> np.ndarray:
    """Values from low to high, laid out from start to end."""
    return start + (end - start) * (np.asarray(values, dtype=float) - low) / (high - low)
