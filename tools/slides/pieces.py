"""What becomes a slide: one function for each kind of piece that a chapter has."""

import re
from collections.abc import Callable, Iterator
from html import escape
from itertools import groupby

from bs4 import Tag
from printing.pages import Page

from slides import texts
from slides.slide import Slide

_MOST_ROWS, _MOST_COLUMNS = 12, 7  # of a table that can be read from the last row of a room
MOST_POINTS, _LONGEST_POINT = 5, 25  # points of a list, words of a point
_LEAD = 30  # words in front of a formula
_SHORT_POINT = 16  # words, of a list whose sentences are cut
_HEAD, _HEADED_POINT = 3, 32  # words of a head that is no sentence, and of a point that has one
_LONGEST_QUESTION = 90  # words of a box: a question that lacks its beginning is none
_GOES_ON = re.compile(r"[a-z]|Here <")
_COUNTS = re.compile(r" \([^()]*\bseeds[^()]*\)")
_TITLE_ENDS = re.compile(r"(?<=\w)[.:] ")  # of a caption
_LEVEL = re.compile(r"\((\w+), (\d+\s+minutes)\)\.?")  # of an exercise
_EXERCISE = re.compile(r"(\d+)\.\s+(.*?)\.?$", re.DOTALL)


def asked(box: Tag, kind: str, before: list[str]) -> Slide | None:
    """The question of a box, behind the words made by hand that it needs; how to see the answer is said."""
    lines = texts.of_box(box)
    last = max((place for place, line in enumerate(lines, 1) if texts.asks(line)), default=len(lines))
    shown = texts.last(lines[:last], _LONGEST_QUESTION)
    if not shown:
        return None
    answer = texts.folded(box)
    said = [*lines[: last - len(shown)], *lines[last:], *(["<b>Answer.</b>", *answer] if answer else [])]
    return Slide(kind, kind.capitalize(), texts.paragraph([*before, *shown]), said=said)


def definition(box: Tag) -> Slide | None:
    """Its sentences and formulas, as points where it is long; only the first of them where it is too long for that."""
    parts = [
        part
        for each in box.select(":scope > p:not(.admonition-title), :scope > div.math, :scope > ul")
        for part in (texts.sentences(each) if each.name == "p" else [_whole(each)])
    ]
    told = [part for part in parts if not _is_whole(part)]
    long = sum(map(texts.words, told)) > texts.MOST_WORDS
    if long and len(told) <= MOST_POINTS and max(map(texts.words, told)) <= _LONGEST_POINT:
        return Slide("definition", "Definition", "".join(_runs(parts, texts.points)))
    kept = texts.first(told)
    if not kept:
        return None
    shown = parts[: parts.index(told[len(kept)])] if len(kept) < len(told) else parts
    return Slide("definition", "Definition", "".join(_runs(shown, texts.paragraph)), said=told[len(kept) :])


def _whole(element: Tag) -> str:
    """A formula or a list, which is not cut."""
    if element.name == "ul":
        return texts.points(texts.inner(each.find("p") or each) for each in element.find_all("li", recursive=False))
    return _formula(element)


def _is_whole(part: str) -> bool:
    return part.startswith(('<div class="formula">', "<ul>"))


def _runs(parts: list[str], form: Callable[[list[str]], str]) -> Iterator[str]:
    """What stands between formulas and lists, in a form; and these."""
    for are_whole, run in groupby(parts, _is_whole):
        told = list(run)
        yield "".join(told) if are_whole else form(told)


def formula(display: Tag) -> Slide:
    """With the sentences that lead to it. The section gives the title."""
    before = display.find_previous_sibling()
    lead = texts.sentences(before) if before is not None and before.name == "p" else []
    if lead and lead[0].startswith(texts.READ_ALOUD):  # another formula
        lead = lead[1:]
    return Slide("formula", "", texts.paragraph(texts.last(lead, _LEAD)) + _formula(display))


def goes_on(display: Tag) -> bool:
    """Whether a formula belongs to the one before it: the words between them begin in the middle of a sentence."""
    before = display.find_previous_sibling()
    return before is not None and before.name == "p" and _GOES_ON.match(texts.sentences(before)[0]) is not None


def read_aloud(body: str, line: str) -> str:
    """The body of a formula's slide with a sentence that reads it aloud, for which the words in front make room."""
    bare = body.partition("</p>")[2] if body.startswith("<p>") else body
    fitting = (front for front in (body, bare) if texts.words(f"{front} {line}") <= texts.MOST_WORDS)
    front = next(fitting, None)
    return body if front is None else front + texts.paragraph([line])


def _formula(display: Tag) -> str:
    return f'<div class="formula">{texts.inner(display)}</div>'


def listed(element: Tag) -> Slide | None:
    """A list, if it is short; of a long point only its first sentences."""
    lines = [_point(texts.sentences(each.find("p") or each)) for each in element.find_all("li", recursive=False)]
    if len(lines) > MOST_POINTS or None in lines:
        return None
    return Slide("points", "", texts.points(filter(None, lines)))


def _point(lines: list[str]) -> str | None:
    """The first sentences of a point; None where they are too long. A head is shown with the sentence behind it."""
    headed = len(lines) > 1 and texts.words(lines[0]) <= _HEAD
    least, most = (lines[:2], _HEADED_POINT) if headed else (lines[:1], _SHORT_POINT)
    kept = max(texts.first(lines, _SHORT_POINT), least, key=len)
    return " ".join(kept).rstrip(";") if texts.words(" ".join(kept)) <= most else None


def figure(cell: Tag, page: Page) -> Slide:
    """The picture under its message, which is the first sentence of its caption."""
    caption = cell.select_one(".caption-text")
    image = cell.select_one("figure img")
    title = caption.em.extract()
    shown = f'<img src="{local(page, image["src"])}" alt="{escape(image["alt"])}">'
    return Slide("figure", texts.inner(title).rstrip("."), shown, said=[texts.inner(caption)])


def local(page: Page, address: str) -> str:
    """The address of a file that the page names, from the root of the site, where decks stand."""
    return page.absolute(address).removeprefix(f"{page.site.resolve().as_uri()}/")


def shown(cell: Tag, page: Page) -> Slide | None:
    """What a cell shows; None for code."""
    if cell.select_one(".nc-explorable"):
        return explorable(cell)
    if cell.select_one("figure img"):
        return figure(cell, page)
    if cell.select_one("table.nc-cells"):
        return table(cell)
    return lab(cell) if cell.select_one("[role=note] p") else None


def explorable(cell: Tag) -> Slide:
    """As it is; its notes are said."""
    root = cell.select_one(".nc-explorable")
    return Slide(
        "explorable", root["aria-label"], str(root), said=[texts.inner(each) for each in root.select(".nc-note")]
    )


def table(cell: Tag) -> Slide | None:
    """If it is small enough; its caption is the title, and what follows a colon stands below."""
    found = texts.plain(cell.select_one("table.nc-cells"))
    rows = found.find_all("tr")
    if len(rows) > _MOST_ROWS or max(len(row.find_all(["td", "th"])) for row in rows) > _MOST_COLUMNS:
        return None
    caption = texts.inner(found.caption.extract()) if found.caption else ""
    title, rest = [*_TITLE_ENDS.split(caption, maxsplit=1), ""][:2]
    below = f'<p class="below">{rest[0].upper()}{rest[1:]}</p>' if rest else ""
    return Slide("table", title.rstrip("."), f'<div class="nc-table">{found}{below}</div>')


def lab(cell: Tag) -> Slide:
    """What the lab trains."""
    note = cell.select_one("[role=note] p")
    for each in [note.b, *note.a.next_siblings, note.a]:  # a title, and how to open it
        each.extract()
    shown = texts.first(re.split(r"(?<=\.) +", texts.inner(note)))
    return Slide("lab", "The lab", texts.paragraph(shown))


def is_exercise(text: Tag) -> bool:
    return text.name == "p" and text.strong is not None and _EXERCISE.match(text.strong.get_text().strip()) is not None


def exercise(text: Tag) -> tuple[str, Slide | None]:
    """Its line in the list of all, and a slide of its own if it is short."""
    name = _EXERCISE.match(" ".join(text.strong.get_text().split()))[2]
    rest = texts.plain(text)
    rest.strong.extract()
    told = _LEVEL.search(rest.get_text())
    parts = [line for line in texts.sentences(rest) if not _LEVEL.fullmatch(line)] + list(_continued(text))
    line = f"{name} ({told[1]}, {told[2]})" if told else name
    if sum(map(texts.words, parts)) > texts.MOST_WORDS:
        return line, None
    title = f"Your turn: {name}" + (f" ({told[2]})" if told else "")
    return line, Slide("exercise", title, "".join(_runs(parts, texts.paragraph)), said=_solution(text))


def _continued(text: Tag) -> Iterator[str]:
    """What an exercise asks below its first paragraph: sentences, formulas and lists."""
    for each in text.find_next_siblings():
        if is_exercise(each) or not (each.name in ("p", "ul") or "math" in each.get("class", [])):
            return
        yield from texts.sentences(each) if each.name == "p" else [_whole(each)]


def _solution(text: Tag) -> list[str]:
    """The sentences of the solution of an exercise, which follows it."""
    fold = text.find_next_sibling(lambda each: each.name == "details" or is_exercise(each))
    lines = [line for each in fold.find_all("p", recursive=False) for line in texts.sentences(each)] if fold else []
    return ["<b>Solution.</b>", *lines] if lines else []


def known(box: Tag, points: list[str]) -> Slide:
    """The last slide: short points in place of its sentences, if there are some; below, what is open."""
    told, *rest = [texts.sentences(each) for each in box.select("p:not(.admonition-title)")]
    still = [line for lines in rest for line in lines if not line.startswith("Next:")]
    shown = texts.points((points or told)[:MOST_POINTS]) + "".join(f'<p class="open">{line}</p>' for line in still)
    return Slide("known", "What we know now", shown, said=told)


def answers(cell: Tag) -> list[Slide]:
    """Of the table of questions each row, without its counts; nothing where there is no such table."""
    found = []
    for row in cell.select("table.nc-answers tbody tr"):
        heads = "".join(f'<th scope="col">{each["data-head"]}</th>' for each in row.find_all("td"))
        told = [texts.inner(each) for each in row.find_all("td")]
        shown = "".join(f"<td>{_COUNTS.sub('', each)}</td>" for each in told)
        body = f'<div class="nc-table answers"><table><tr>{heads}</tr><tr>{shown}</tr></table></div>'
        found.append(Slide("question", texts.inner(row.th), body, said=told))
    return found
