"""What an explorable has drawn, and what it should have drawn: lines, marks and boxes in the pixels of a canvas.

An expectation places its items with axes that it lays into the plot by itself: the plot's box is found from the lines
that frame it, the range of each axis follows from the data, and every tick label must stand where such an axis has its
value. So a wrongly scaled axis is found out although its ticks go along with it.
"""

import itertools
import json
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
    turn: float | None
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
        """left, top, right, bottom of the plot: the ends of the long lines along its axes, first of its frame."""
        ends: dict[tuple[int, bool], list[float]] = {}
        beside: tuple[list[float], list[float]] = ([], [])  # where a plot without lines upwards has its lines across
        for item in self.items:
            for part in item.parts if isinstance(item, Line) and len(item.parts[0]) == 2 else ():
                length = np.abs(np.subtract(part[0], part[1]))
                side = int(length.argmax())
                if length[side] > 0.4 * (self.width, self.height)[side] and length[1 - side] < 0.01:
                    ends.setdefault((side, _is_chrome(item)), []).extend(place[side] for place in part)
                    beside[side].append(part[0][1 - side])
        across, up = (ends.get((side, True), ends.get((side, False), beside[1 - side])) for side in (0, 1))
        assert across, "no lines frame the plot"
        assert up, "no lines frame the plot"
        return min(across), min(up), max(across), max(up)

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
                self.problems.append(
                    f"tick {value:g} along {'xy'[side]} stands at {place:.1f}, not {float(at(value)):.1f}"
                )
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
            return lambda values: (
                start + (end - start) * (np.asarray(values, float) - self.low) / (self.high - self.low)
            )
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


def told_by(page: Any) -> dict[str, Any]:
    """What `drawn()` of recorder.js tells of a page. Numbers that are not finite, null in JSON, are nan."""
    return json.loads(re.sub(r"(?<=[\[,:])null(?=[\],}])", "NaN", page.evaluate("drawn()")))


def read(found: dict[str, Any]) -> dict[str, Canvas]:
    """The canvases among what a page tells."""
    return {name: _canvas(about, found["colors"]) for name, about in found["canvases"].items()}


def _canvas(about: dict[str, Any], colors: dict[str, str]) -> Canvas:
    texts = [item for item in about["items"] if item["kind"] == "text"]
    items: list[Any] = []
    for item in about["items"]:
        if item["kind"] != "text":
            items += _items(item, colors)
    merged = [item for item, after in itertools.pairwise([*items, None]) if not _filled_first(item, after)]
    return Canvas(about["width"], about["height"], merged, texts)


def _filled_first(item: Any, after: Any) -> bool:
    """A mark is filled and then outlined, which makes one item of it."""
    both = isinstance(item, Mark) and isinstance(after, Mark)
    return both and item.edge is None and after.edge is not None and item.at == after.at


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
    drawn: dict[Any, list[Any]] = {}
    for item in canvas.items:
        if not _is_chrome(item):
            drawn.setdefault(_kind(item), []).append(item)
    places = {kind: np.array([_places(item) for item in items]) for kind, items in drawn.items()}
    taken = {kind: np.zeros(len(items), bool) for kind, items in drawn.items()}
    missing: list[Item] = []
    for item in expected:
        kind = _kind(item)
        if isinstance(item, Word):
            if not any(text["text"] == item.text and _close(text["at"], item.at) for text in canvas.texts):
                missing.append(item)
        elif kind not in drawn or (found := _nearest(item, drawn[kind], places[kind], taken[kind])) is None:
            missing.append(item)
        else:
            taken[kind][found] = True
    told = [*canvas.problems, *(f"missing {_short(each)}" for each in missing)]
    extra = [item for kind, items in drawn.items() for item, known in zip(items, taken[kind], strict=True) if not known]
    return told + [f"unexpected {_short(each)}" for each in extra]


def _kind(item: Any) -> Any:
    """What tells items apart but for their places."""
    color = "mixed" if item.__dict__.get("color", "").startswith("#") else item.__dict__.get("color")
    kind = (
        type(item).__name__,
        color,
        getattr(item, "dash", None),
        getattr(item, "hollow", None),
        getattr(item, "how", None),
    )
    return (*kind, item.closed, tuple(map(len, item.parts))) if isinstance(item, Line) else kind


def _places(item: Any) -> np.ndarray:
    if isinstance(item, Line):
        return np.array([place for part in item.parts for place in part], float).ravel()
    if isinstance(item, Box):
        return np.array([item.left, item.top, item.width, item.height], float)
    size = {Ring: lambda: (item.radius,), Oval: lambda: item.half}.get(type(item), tuple)()
    return np.array([*item.at, *size], float)


def _nearest(item: Item, others: list[Any], places: np.ndarray, taken: np.ndarray) -> int | None:
    """Which of the drawn items that are still free is the one, if any."""
    off = np.abs(places - _places(item)).max(axis=1, initial=0) + np.where(taken, np.inf, 0)
    for i in np.argsort(off, kind="stable"):
        if not off[i] <= NEAR:
            return None
        if all(_agree(name, value, getattr(others[i], name)) for name, value in vars(item).items()):
            return int(i)
    return None


def _is_chrome(item: Any) -> bool:
    """Grid and axes: unbroken straight lines of a color that no data has."""
    return (
        isinstance(item, Line)
        and item.color in _CHROME
        and not item.dash
        and all(len(part) == 2 for part in item.parts)
    )


def _agree(name: str, wanted: Any, other: Any) -> bool:
    """Of what is no place: exact for words, near for numbers and mixed colors."""
    if wanted is None or name in ("parts", "at", "left", "top", "height", "radius", "half"):
        return True
    if name in ("alpha", "width", "turn"):
        return abs(wanted - other) <= max(0.02, NEAR if abs(other) > 4 else 0)
    if isinstance(wanted, str) and wanted.startswith("#"):
        return all(abs(a - b) <= 3 for a, b in zip(bytes.fromhex(wanted[1:]), bytes.fromhex(other[1:]), strict=True))
    return bool(wanted == other)


def _close(a: Any, b: Any) -> bool:
    a, b = np.asarray(a, float), np.asarray(b, float)
    return a.shape == b.shape and bool((np.abs(a - b) <= NEAR).all())


def _short(item: Any) -> str:
    text = re.sub(r"(\.\d)\d+", r"\1", str(item).replace("np.float64", ""))
    return text if len(text) < 260 else f"{text[:200]} ... {text[-55:]}"


# ---- what several explorables draw ----


@dataclass(frozen=True)
class Plane:
    """The map from data [x, y] to pixels: one scale for both axes, `middle` of the data in the middle of the canvas."""

    scale: float
    canvas: Canvas
    middle: Place = (0, 0)

    def __call__(self, point: Any) -> Place:
        x, y = float(point[0]) - self.middle[0], float(point[1]) - self.middle[1]
        return self.canvas.width / 2 + self.scale * x, self.canvas.height / 2 - self.scale * y


def segment(start: Place, end: Place, color: str, **about: Any) -> Line:
    return Line((((float(start[0]), float(start[1])), (float(end[0]), float(end[1]))),), color, **about)


def arrow(start: Place, tip: Place) -> list[Item]:
    """A dashed arrow with two barbs, drawn twice: a halo and the arrow."""
    away = np.subtract(start, tip)
    size = float(np.hypot(*away))
    items: list[Item] = []
    for width, color in ((3.6, "back"), (1.8, "text")):
        items.append(segment(start, tip, color, dash=(6, 4), width=width))
        for turn in (0.45, -0.45):
            rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
            barb = np.add(tip, rotation @ away * (min(9, 0.6 * size) / size if size else 0))
            items.append(segment(barb, tip, color, width=width))
    return items


def stick(start: Place, tip: Place, c: int, shape: str) -> list[Item]:
    """A class mean: a thick line with a marker at its end."""
    return [segment(start, tip, f"class{c}", width=6), Mark(tip, f"class{c}", shape, edge="text")]


SHAPES = ("circle", "square", "triangle", "diamond")


def triangle(place: Callable[[Any], Place]) -> Line:
    """The simplex of three classes in the plane."""
    corners = [place((np.cos(turn), np.sin(turn))) for turn in 2 * np.pi * np.arange(3) / 3]
    return Line((tuple(corners),), "faint", (2, 4), closed=True)


def number_ring(canvas: Canvas, points: np.ndarray, frequency: int) -> list[Item]:
    """The numbers 0 to p - 1 as points, joined in the order of their angle at a frequency."""
    p = len(points)
    place = Plane((min(canvas.width, canvas.height) - 44) / 2 / np.linalg.norm(points, axis=1).max(), canvas)
    order = [x * pow(frequency, -1, p) % p for x in range(p)]
    items: list[Item] = [Line((tuple(place(points[x]) for x in order),), "faint", closed=True)]
    for x, point in enumerate(points):
        at = place(point)
        items += [Mark(at, "class0", "circle"), Word(str(x), (at[0] + 6, at[1] - 5))]
    return items


def bars(canvas: Canvas, shares: np.ndarray, bold: Iterable[int]) -> list[Item]:
    """A bar a frequency, from 1 on; those in `bold` in another color."""
    left, top, right, bottom = canvas.box
    canvas.y(Axis(0, 1, log=False))
    slot = (right - left) / len(shares)
    return [
        Box(left + i * slot + 1, bottom - share * (bottom - top), max(1, slot - 2), share * (bottom - top),
            "class0" if i + 1 in bold else "faint")
        for i, share in enumerate(map(float, shares))
    ]  # fmt: skip
