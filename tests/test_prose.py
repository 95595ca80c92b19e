"""Every number that a chapter states in words is that of its recorded run, or is named as given."""

import importlib
import re
from functools import cache
from pathlib import Path

import notebooks
import pytest

from ncbook import experiments
from ncbook.results import RESULTS

ROOT = Path(__file__).parents[1]
WORDS = [
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
]  # fmt: skip
_NUMBER = rf"(?:\d[\d,]*(?:\.\d+)?|{'|'.join(WORDS)}|all|none|both|half)"
_MULTIPLE = "|".join(f"{word}fold" for word in WORDS)
# Counts of trials and seeds, shares, multiples and durations: what a new recording may change.
QUANTITY = re.compile(
    rf"\b{_NUMBER} of (?:the |its |our |all |these )*{_NUMBER}\b|\b{_NUMBER}-fold\b|\b(?:{_MULTIPLE})\b|"
    rf"\b{_NUMBER}(?: (?:to|and|or) {_NUMBER})? (?:%|percent|times|steps|epochs)(?!\w)",
    re.IGNORECASE,
)
CHAPTERS = list({chapter: name for name, chapter in reversed(RESULTS.items())}.values())[::-1]  # by their first result
SLOT = re.compile(r"\{([^{}]+)\}")


@cache
def prose(name: str) -> str:
    """The text of a chapter in one line: without equations, code, links' addresses and links to the glossary."""
    cells = notebooks.read(ROOT / "book" / f"{RESULTS[name]}.ipynb").cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    text = re.sub(r"```.*?```|\$\$.*?\$\$|</?[a-z][^<>{}$]*>", " ", text, flags=re.DOTALL)
    text = re.sub(r"\[([^\]]*)\]\(#gloss-[^)]*\)", r"\1", text)
    text = re.sub(r"\$[^$]*\$", "$", text).replace("$ %", "%")
    return " ".join(re.sub(r"\]\([^)]*\)", "]", text).split())


def module(name: str):
    return importlib.import_module(f"prose.{name}")


def number(text: str) -> float:
    word = text.lower().removesuffix("fold")
    return float(WORDS.index(word)) if word in WORDS else float(text.replace(",", ""))


def digits(text: str) -> int:
    return len(text.partition(".")[2])


def uncovered(text: str, pieces: list[str]) -> list[str]:
    """Quantities in `text` that are in none of the pieces."""
    covered = [match.span() for piece in pieces for match in re.finditer(re.escape(piece), text)]
    return [
        text[max(0, match.start() - 40) : match.end() + 40]
        for match in QUANTITY.finditer(text)
        if not any(start <= match.start() and match.end() <= end for start, end in covered)
    ]


def plain(piece: str) -> str:
    return SLOT.sub(r"\1", piece)


FACTS = [(name, piece) for name in CHAPTERS for piece in module(name).FACTS]


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_quantity_is_computed_or_given(name):
    pieces = [plain(piece) for piece in module(name).FACTS] + list(module(name).GIVEN)
    assert uncovered(prose(name), pieces) == [], f"give them in tests/prose/{name}.py"


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_piece_is_in_the_chapter(name):
    pieces = [plain(piece) for piece in module(name).FACTS] + list(module(name).GIVEN)
    assert [piece for piece in pieces if piece not in prose(name)] == []


@cache
def recorded(name: str):
    return experiments.get(name).load("laptop", live=False)


@pytest.mark.parametrize(("name", "piece"), FACTS)
def test_a_number_in_the_prose_is_that_of_the_run(name, piece):
    stated = SLOT.findall(piece)
    found = module(name).FACTS[piece](recorded(name))
    found = list(found) if isinstance(found, tuple | list) else [found]
    assert len(found) == len(stated) > 0
    for text, value in zip(stated, found, strict=True):
        assert round(float(value), digits(text)) == number(text), f"{text}: the run gives {value}"


@pytest.mark.parametrize("other", ["nine of eleven networks", "300 steps", "all of the 20 seeds", "3.7-fold", "12.3 %"])
def test_the_control_a_number_that_nobody_gave_is_noticed(other):
    known = ["four of eleven networks", "120 steps", "17 of the 20 seeds"]
    assert uncovered(f"So {other} did.", known)
    assert uncovered("So four of eleven networks did, after 120 steps, in 17 of the 20 seeds.", known) == []
