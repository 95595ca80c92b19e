"""Words of a page, cut to what a slide holds. A line of the source is a sentence: that is how chapters are written."""

import copy
import re
from collections.abc import Iterable

from bs4 import NavigableString, Tag

MOST_WORDS = 40  # of a slide, beside its title
READ_ALOUD = "In words"  # begins the sentence that reads a formula aloud
_FORMULA = re.compile(r"\\\(.*?\\\)", re.DOTALL)
_DISPLAYED = re.compile(r"\\\[.*?\\\]", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_GOES_ON = re.compile(rf"[,;](?=(?:\s|\\end{{\w+}})*\\]</div>(?:<p>{READ_ALOUD}|$))")


def plain(element: Tag) -> Tag:
    """A copy without links and ids, which lead nowhere on a slide, and without numbers in front of titles."""
    found = copy.copy(element)
    for each in found.select(".headerlink, .caption-number, .section-number"):
        each.decompose()
    for link in found.select("a, span.std, span.pre"):
        link.unwrap()
    for each in [found, *found.find_all(id=True)]:
        del each["id"]
    return found


def inner(element: Tag) -> str:
    """The HTML within an element, as `plain` has it, in one line."""
    return " ".join(plain(element).decode_contents().split())


def sentences(paragraph: Tag) -> list[str]:
    """The sentences of a paragraph, as HTML."""
    lines = [""]
    for child in plain(paragraph).children:
        if isinstance(child, NavigableString):
            head, *rest = child.output_ready("minimal").split("\n")
            lines[-1] += head
            lines += rest
        else:
            lines[-1] += str(child).replace("\n", " ")
    return [line.strip() for line in lines if line.strip()]


def of_box(box: Tag) -> list[str]:
    """The sentences of a box, below its title and without what is folded."""
    return [line for each in box.select(":scope > p:not(.admonition-title)") for line in sentences(each)]


def folded(box: Tag) -> list[str]:
    """The sentences of the answer that a box hides."""
    return [line for each in box.select("details p") for line in sentences(each)]


def words(html: str) -> int:
    """How many words it has; a formula among them is one, and one that is displayed is none."""
    return len(_DISPLAYED.sub(" ", _FORMULA.sub(" x ", _TAG.sub("", html))).split())


def bare(html: str) -> str:
    """Its words, without tags and formulas."""
    return _DISPLAYED.sub(" ", _FORMULA.sub(" ", _TAG.sub(" ", html)))


def asks(html: str) -> bool:
    """Whether the sentence is a question."""
    return _TAG.sub("", html).endswith("?")


def first(lines: Iterable[str], most: int = MOST_WORDS) -> list[str]:
    """As many of the first sentences as have at most so many words together."""
    found: list[str] = []
    for line in lines:
        if words(" ".join([*found, line])) > most:
            break
        found.append(line)
    return found


def last(lines: list[str], most: int = MOST_WORDS) -> list[str]:
    """As many of the last sentences as have at most so many words together."""
    return first(lines[::-1], most)[::-1]


def paragraph(lines: list[str]) -> str:
    return f"<p>{' '.join(lines)}</p>" if lines else ""


def ended(body: str) -> str:
    """The body of a slide; a formula after which nothing on it goes on ends with a full stop."""
    return _GOES_ON.sub(".", body)


def points(lines: Iterable[str]) -> str:
    """A list."""
    return f"<ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>"
