"""What a chapter's prose consists of where a class is concerned: predictions, answers, and what came out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

TEXT, PREDICT, KNOWN, SOLUTION, ANSWER, RESULTS = (
    "text", "Predict", "What we know now", "Solution", "Answer", "What came out, in numbers"
)  # fmt: skip
_BOX = r"^> \*\*(?P<box>{})\.\*\*[^\n]*(?:\n>[^\n]*)*"
_FOLD = r"^{quote}<details><summary>(?P<title>{titles})</summary>\n(?P<body>.*?)\n{quote}</details>$"
_PART = re.compile(
    _BOX.format(f"{PREDICT}|{KNOWN}") + "|" + _FOLD.format(quote="", titles=f"{SOLUTION}|{ANSWER}|{RESULTS}"),
    re.MULTILINE | re.DOTALL,
)
_QUOTED = re.compile(r"\n>\n" + _FOLD.format(quote="> ", titles=ANSWER), re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Part:
    """A piece of a Markdown cell: its kind, and its text; that of a fold is what is folded."""

    kind: str
    text: str


def of(source: str) -> list[Part]:
    """The parts of a Markdown cell, in their order; an answer that is folded within a box comes after the box."""
    return [part for part in _parts(source) if part.text]


def _parts(source: str) -> Iterator[Part]:
    place = 0
    for match in _PART.finditer(source):
        yield Part(TEXT, source[place : match.start()].strip())
        place = match.end()
        if match["title"]:
            yield Part(match["title"], match["body"].strip())
        else:
            yield from _box(match)
    yield Part(TEXT, source[place:].strip())


def _box(match: re.Match[str]) -> Iterator[Part]:
    yield Part(match["box"], _QUOTED.sub("", match[0]))
    for answer in _QUOTED.finditer(match[0]):
        yield Part(ANSWER, re.sub(r"^> ?", "", answer["body"], flags=re.MULTILINE).strip())
