"""What an explorable has drawn, and what it should have drawn: lines, marks and boxes in the pixels of a canvas.

An expectation places its items with axes that it lays into the plot by itself: the plot's box is found from the lines
that frame it, the range of each axis follows from the data, and every tick label must stand where such an axis has its
value. So a wrongly scaled axis is found out although its ticks go along with it.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Place = tuple[float, float]
NEAR = 1.6  # pixels by which a drawn place may be off
_CHROME = ("grid", "muted")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_SHAPES = {"circle": "circle", "box": "square"}
_CORNERS = {3: "triangle", 4: "diamond"}
ZERO_AT, LOW_AT = 9, 36  # pixels from the end of a logarithmic axis to its zero and to its lowest positive value


@dataclass(frozen=True)
class Line:
    """A polyline, or several parts of one."""

    parts: tuple[tuple[Place, ...], ...]
    color: str
    dash: tuple[float, ...] = ()
    alpha: float = 1
    width: float | None = None
    closed: bool = False


@dataclass(frozen=True)
class Mark:
    """A filled or hollow outline around a place."""

    at: Place
    color: str
    shape: str | None = None
    hollow: bool = False
    edge: str | None = None


@dataclass(frozen=True)
class Box:
    """A filled rectangle, or only its outline."""

    left: float
    top: float
    width: float
    height: float
    color: str
    hollow: bool = False


@dataclass(frozen=True)
class Ring:
    """A circle: center, radius, color and what of it is drawn: "stroke" or "fill"."""

    at: Place
    radius: float
    color: str
    how: str = "stroke"


@dataclass(frozen=True)
class Oval:
    at: Place
    half: Place
    turn: float
    color: str
    dash: tuple[float, ...] = ()


@dataclass(frozen=True)
class Word:
    """A text that must be written at a place."""

    text: str
    at: Place


Item = Line | Mark | Box | Ring | Oval | Word


@dataclass
class Canvas:
    """One canvas with its drawn items; axes that an expectation lays into it check the tick labels."""

    width: float
    height: float
    items: list[Any]
    texts: list[dict[str, Any]]
    problems: list[str] = field(default_factory=list)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """left, top, right, bottom of the plot: around all long straight lines that run along an axis."""
        found = []
        for item in self.items:
            for part in item.parts if isinstance(item, Line) and not item.closed else ():
                (x0, y0), (x1, y1) = part[0], part[-1]
                long = abs(x1 - x0) > 0.4 * self.width or abs(y1 - y0) > 0.4 * self.height
                if len(part) == 2 and long and min(abs(x1 - x0), abs(y1 - y0)) < 0.01:
                    found += part
        assert found, "no line frames the plot"
        (left, top), (right, bottom) = np.min(found, 0), np.max(found, 0)
        return float(left), float(top), float(right), float(bottom)

    def x(self, axis: "Axis") -> Callable[[Any], np.ndarray]:
        left, _, right, _ = self.box
        return self._lay(axis, left, right, 0, ("center", "top"))

    def y(self, axis: "Axis") -> Callable[[Any], np.ndarray]:
        _, top, _, bottom = self.box
        return self._lay(axis, bottom, top, 1, ("right", "middle"))

    def _lay(self, axis: "Axis", start: float, end: float, side: int, how: Place) -> Callable[[Any], np.ndarray]:
        at = axis.between(start, end)
        labels = [(value_of(text["text"]), text) for text in self.texts if (text["align"], text["baseline"]) == how]
        ticks = [(value, text["at"][side]) for value, text in labels if value is not None]
        if len({value for value, _ in ticks}) < 2:
            self.problems.append(f"fewer than two ticks along {'xy'[side]}")
        for value, place in ticks:
            if not abs(float(at(value)) - place) <= NEAR:
                self.problems.append(f"tick {value:g} along {'xy'[side]} stands at {place:.1f}, not {float(at(value)):.1f}")
        return at

    def curve(self, x: Any, y: Any, color: str, **about: Any) -> Line:
        """A line through places in pixels; it has a gap where a value is not finite."""
        places = list(zip(map(float, x), map(float, y), strict=True))
        runs = itertools.groupby(places, lambda place: bool(np.isfinite(place[1])))
        return Line(tuple(tuple(run) for fine, run in runs if fine), color, **about)

    def upright(self, x: float, color: str, **about: Any) -> Line:
        """A vertical line through the whole plot."""
        _, top, _, bottom = self.box
        return Line((((float(x), bottom), (float(x), top)),), color, **about)


@dataclass(frozen=True)
class Axis:
    low: float
    high: float
    log: bool = True
    zero: bool = False
    inset: float = 0

    def between(self, start: float, end: float) -> Callable[[Any], np.ndarray]:
        forward = np.sign(end - start)
        start, end, edge = start + forward * self.inset, end - forward * self.inset, start
        if not self.log:
            return lambda values: start + (end - start) * (np.asarray(values, float) - self.low) / (self.high - self.low)
        first = start + forward * LOW_AT if self.zero else start

        def at(values: Any) -> np.ndarray:
            values = np.asarray(values, float)
            with np.errstate(all="ignore"):
                share = np.log(values / self.low) / np.log(self.high / self.low)
            return np.where(values == 0, edge + forward * ZERO_AT, first + (end - first) * share)

        return at


def rounded(value: float, below: bool) -> float:
    """The next of 1, 2, 5, 10, ... times a power of ten, downwards or upwards."""
    steps = [digit * 10.0**power for power in range(-330, 20) for digit in (1, 2, 5)]
    near = [step for step in steps if (step <= value * 1.001 if below else step >= value * 0.999)]
    return max(near) if below else min(near)


def spanning(values: Iterable[Any], at_most: float = np.inf, zero: bool | None = None) -> Axis:
    """The logarithmic axis for these values: rounded outwards, with a place for 0 where one of them is 0."""
    flat = np.concatenate([np.ravel(np.asarray(each, float)) for each in values])
    positive = flat[np.isfinite(flat) & (flat > 0)]
    low = rounded(min(float(positive.min()), at_most), below=True)
    has_zero = bool((flat == 0).any()) if zero is None else zero
    return Axis(low, rounded(max(2 * low, float(positive.max())), below=False), zero=has_zero)


def value_of(label: str) -> float | None:
    """The number that a tick label says; None for other words."""
    text = label.replace("−", "-").translate(_SUPERSCRIPTS).replace("·10", "e")
    if match := re.fullmatch(r"10(-\d+)", text):
        return float(f"1e{match[1]}")
    try:
        return float(text.removesuffix(" %")) / (100 if text.endswith(" %") else 1)
    except ValueError:
        return None


# ---- from the recorder ----


def read(found: dict[str, Any]) -> dict[str, Canvas]:
    """The canvases that `drawn()` of recorder.js tells of."""
    return {name: _canvas(about, found["colors"]) for name, about in found["canvases"].items()}


def _canvas(about: dict[str, Any], colors: dict[str, str]) -> Canvas:
    texts = [item for item in about["items"] if item["kind"] == "text"]
    items: list[Any] = []
    for item in about["items"]:
        if item["kind"] != "text":
            items += _items(item, colors)
    merged = [  # a mark is filled and then outlined: one item
        item for item, after in itertools.pairwise([*items, None])
        if not (isinstance(item, Mark) and isinstance(after, Mark) and item.edge is None and after.edge and item.at == after.at)
    ]  # fmt: skip
    return Canvas(about["width"], about["height"], merged, texts)


def _items(item: dict[str, Any], colors: dict[str, str]) -> list[Any]:
    fill, stroke = (colors.get(item[way], item[way]) for way in ("fill", "stroke"))
    dash, alpha, width = tuple(item["dash"]), item["alpha"], item["width"]
    if item["kind"] in ("rect", "frame"):
        hollow = item["kind"] == "frame"
        return [Box(*item["box"], stroke if hollow else fill, hollow)]
    stroked, path = item["kind"] == "stroke", item["path"]
    if item["at"] != [0, 0]:  # only marks are drawn around a moved origin
        (part,) = path
        shape = _CORNERS[len(part["line"])] if "line" in part else next(_SHAPES[key] for key in _SHAPES if key in part)
        hollow = fill == "rgba(0, 0, 0, 0)"
        return [Mark(tuple(item["at"]), stroke if hollow else fill, shape, hollow, stroke if stroked else None)]
    lines = tuple(tuple(map(tuple, part["line"])) for part in path if "line" in part)
    closed = any(part.get("closed") for part in path)
    found: list[Any] = [Line(lines, stroke if stroked else fill, dash, alpha, width, closed)] if lines else []
    for part in path:
        if "circle" in part:
            x, y, radius = part["circle"]
            found.append(Ring((x, y), radius, stroke if stroked else fill, item["kind"]))
        if "ellipse" in part and stroked:
            x, y, across, up, turn, *_ = part["ellipse"]
            found.append(Oval((x, y), (across, up), turn, stroke, dash))
    return found


# ---- comparing ----


def differences(canvas: Canvas, expected: Sequence[Item]) -> list[str]:
    """What is missing and what is too much, in words; empty where the picture is as expected."""
    drawn = [item for item in canvas.items if not _is_chrome(item)]
    missing = []
    for item in expected:
        if isinstance(item, Word):
            if not any(text["text"] == item.text and _close(text["at"], item.at) for text in canvas.texts):
                missing.append(item)
            continue
        at = next((i for i, other in enumerate(drawn) if _same(item, other)), None)
        if at is None:
            missing.append(item)
        else:
            del drawn[at]
    told = [*canvas.problems, *(f"missing {_short(each)}" for each in missing)]
    return told + [f"unexpected {_short(each)}" for each in drawn]


def _is_chrome(item: Any) -> bool:
    """Grid and axes: unbroken straight lines of a color that no data has."""
    return isinstance(item, Line) and item.color in _CHROME and not item.dash and all(len(part) == 2 for part in item.parts)


def _same(wanted: Item, other: Any) -> bool:
    if type(wanted) is not type(other):
        return False
    return all(_agree(name, value, getattr(other, name)) for name, value in vars(wanted).items())


def _agree(name: str, wanted: Any, other: Any) -> bool:
    if wanted is None or name in ("color", "dash", "hollow", "closed", "how", "shape", "edge"):
        return wanted is None or wanted == other
    if name in ("alpha", "turn", "width") and not isinstance(other, tuple):
        return abs(wanted - other) <= (NEAR if other > 4 else 0.02)
    if name == "parts":
        return len(wanted) == len(other) and all(map(_close, wanted, other))
    return _close(wanted, other)


def _close(a: Any, b: Any) -> bool:
    a, b = np.asarray(a, float), np.asarray(b, float)
    return a.shape == b.shape and bool((np.abs(a - b) <= NEAR).all())


def _short(item: Any) -> str:
    text = re.sub(r"(\.\d)\d+", r"\1", str(item).replace("np.float64", ""))
    return text if len(text) < 260 else f"{text[:200]} ... {text[-55:]}"
