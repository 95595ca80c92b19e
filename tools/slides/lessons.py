"""Lesson plans, and what of them a teacher says at which slide."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from bs4 import Tag
from classroom import lessons

from slides.nearest import Index
from slides.slide import Slide

_BOARD = ("title", "question", "predict", "definition", "formula")
# What a row of the plan is done with tells which slides it can be at.
_WITH = {
    "explorable": ("explorable",), "lab": ("lab",), "exercise": ("exercise",), "figure": ("figure",),
    "table": ("table", "question"), "board": _BOARD, "box": ("known",),
}  # fmt: skip
_ASKED_AT = ("question", "explorable", "figure", "table", "formula", "definition", "points")
_AT_THE_END = ("lab", "exercise", "known")  # of a deck, whatever the plan does after them
_NEAR = 1.4  # how near the words of an item and of a slide are, for the item to be put there


@dataclass(frozen=True)
class Item:
    """What a lesson plan has for one place: its HTML, the words that tell the place, ids that it links to, and what it
    is done with."""

    html: str
    words: str
    places: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lesson:
    plan: list[Item]
    predict: list[Item]
    ask: list[Item]


def read(file: Path) -> Lesson:
    """A lesson plan, as book/teaching/lessons has it."""
    parts = lessons.sections(file.read_text(encoding="utf-8"), 2)
    plan, predict, ask = (lessons.rendered(parts.get(name, "")) for name in ("Plan", "Predict", "Ask"))
    return Lesson(list(_rows(plan)), _items(predict), _items(ask))


def _rows(plan: Tag) -> Iterator[Item]:
    """Each with the minutes of the session that it takes."""
    rows = [row.find_all("td") for row in plan.select("tbody tr")]
    ends = list(accumulate(int(minutes.get_text()) for minutes, _, _ in rows))
    for (minutes, what, tool), end in zip(rows, ends, strict=True):
        begin = end - int(minutes.get_text())
        html = f"<b>Minutes {begin} to {end}.</b> {_inner(what)} ({_inner(tool)})"
        kinds = [kind for name, each in _WITH.items() if name in tool.get_text().lower() for kind in each]
        yield Item(html, f"{_inner(what)} {_inner(tool)}", _places(what) + _places(tool), tuple(kinds))


def _items(listed: Tag) -> list[Item]:
    return [Item(_inner(each), _inner(each), _places(each)) for each in listed.select("ul:not(ul ul) > li")]


def _places(element: Tag) -> tuple[str, ...]:
    anchors = (link["href"].partition("#")[2] for link in element.find_all("a", href=True))
    return tuple(anchor for anchor in anchors if anchor)


def _inner(element: Tag) -> str:
    """The words, without links, which a speaker cannot follow."""
    return re.sub(r"</?a\b[^>]*>", "", element.decode_contents()).strip()


def teach(slides: list[Slide], lesson: Lesson) -> None:
    """Puts each item at a slide: by its first link that leads to one, or else by its words, or else by order."""
    index = Index(slides)
    rows = _rows_at(slides, index, lesson.plan)
    for item, place, then in zip(lesson.plan, rows, [*rows[1:], None], strict=True):
        turn = "" if then in (None, place) else f" <i>Then slide {then + 1}.</i>"
        slides[place].taught.append(item.html + turn)
    _spread(slides, index, "Predict", lesson.predict, ("predict", "question"))
    _spread(slides, index, "Ask", lesson.ask, _ASKED_AT)


def _rows_at(slides: list[Slide], index: Index, rows: list[Item]) -> list[int]:
    """The slide of each row of the plan."""
    found: list[int] = []
    for row in rows:
        place = _linked(slides, row)
        if place is None and found:
            place = _named(slides, index, row, found)
        found.append(_next(slides, row, found[-1] if found else 0) if place is None else place)
    return found


def _named(slides: list[Slide], index: Index, row: Item, before: list[int]) -> int | None:
    """The slide that the words of a row lead to; of rows at the board, which may have none, only if they are clear."""
    fitting = [place for place in range(1, len(slides)) if slides[place].kind in row.kinds]
    shown = any(slides[place].kind not in _BOARD for place in fitting)
    here = next((place for place in reversed(before) if slides[place].kind not in _AT_THE_END), 0)
    return index.nearest(row.words, fitting or range(1, len(slides)), here, 0 if shown else _NEAR)


def _linked(slides: list[Slide], item: Item) -> int | None:
    return next((n for place in item.places for n, slide in enumerate(slides) if place in slide.places), None)


def _next(slides: list[Slide], row: Item, here: int) -> int:
    """The first slide from `here` on that shows what the row is done with, or else `here`."""
    shown = (place for place, slide in enumerate(slides) if slide.kind in row.kinds and slide.kind not in _BOARD)
    return next((place for place in shown if place >= here), here)


def _spread(slides: list[Slide], index: Index, title: str, items: list[Item], kinds: tuple[str, ...]) -> None:
    places = [place for place, slide in enumerate(slides) if slide.kind in kinds] or [0]
    for number, item in enumerate(items):
        by_order = places[math.floor(number * len(places) / len(items))]
        found = (_linked(slides, item), index.nearest(item.words, places, by_order, _NEAR), by_order)
        place = next(each for each in found if each is not None)
        slides[place].taught.append(f"<b>{title}.</b> {item.html}")
