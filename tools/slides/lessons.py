"""Lesson plans, and what of them a teacher says at which slide."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from bs4 import Tag
from classroom import lessons

from slides.slide import Slide

# What a row of the plan is done with tells which slides it can be at.
_WITH = {
    "explorable": ("explorable",), "lab": ("lab",), "exercise": ("exercise",), "figure": ("figure",),
    "table": ("table",), "board": ("title", "question", "predict", "definition", "formula"),
}  # fmt: skip


@dataclass(frozen=True)
class Item:
    """What a lesson plan has for one place: the ids that it links to, what it is done with, and its words as HTML."""

    html: str
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
        yield Item(html, _places(what) + _places(tool), tuple(kinds))


def _items(listed: Tag) -> list[Item]:
    return [Item(_inner(each), _places(each)) for each in listed.select("ul:not(ul ul) > li")]


def _places(element: Tag) -> tuple[str, ...]:
    anchors = (link["href"].partition("#")[2] for link in element.find_all("a", href=True))
    return tuple(anchor for anchor in anchors if anchor)


def _inner(element: Tag) -> str:
    """The words, without links, which a speaker cannot follow."""
    return re.sub(r"</?a\b[^>]*>", "", element.decode_contents()).strip()


def teach(slides: list[Slide], lesson: Lesson) -> None:
    """Puts each item of the lesson at a slide: by its first link that leads to one, and else by order."""
    here = 0
    for item in lesson.plan:
        linked = _linked(slides, item)
        here = _next(slides, item, here) if linked is None else linked
        slides[here].taught.append(item.html)
    questions = [place for place, slide in enumerate(slides) if slide.kind == "predict"] or [0]
    shown = [place for place, slide in enumerate(slides) if slide.kind in ("explorable", "figure", "table")] or [0]
    _spread(slides, "Predict", lesson.predict, questions[: len(lesson.predict)])
    _spread(slides, "Ask", lesson.ask, shown)


def _linked(slides: list[Slide], item: Item) -> int | None:
    return next((n for place in item.places for n, slide in enumerate(slides) if place in slide.places), None)


def _next(slides: list[Slide], item: Item, here: int) -> int:
    """The first slide after `here` of the item's kinds, or else the next one, so that rows keep their order."""
    later = range(here + 1 if slides[here].taught else here, len(slides))
    return next((place for place in later if slides[place].kind in item.kinds), min(later, default=here))


def _spread(slides: list[Slide], title: str, items: list[Item], places: list[int]) -> None:
    for number, item in enumerate(items):
        by_order = places[math.floor(number * len(places) / len(items))]
        linked = _linked(slides, item)
        slides[by_order if linked is None else linked].taught.append(f"<b>{title}.</b> {item.html}")
