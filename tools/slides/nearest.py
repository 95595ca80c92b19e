"""Which slide an item of a lesson plan is about: the one with which it shares the words that few slides have."""

import math
import re
from collections import Counter
from collections.abc import Iterable

from bs4 import BeautifulSoup

from slides import texts
from slides.slide import Slide

_WORD = re.compile(r"[a-z]+\d*")
_ENDING = re.compile(r"(?<=\w{4})(?:ing|ed|es|ly|e|s)$")  # so that "classes" and "class" are one word
_SHORTEST = 3  # letters
_OF_TITLES = 3  # how many times as much a word of a title counts
_WAY = 0.03  # how much each slide on the way makes one farther
_LENGTH = 0.35  # power of a slide's number of words by which its score is divided, for long notes hold many words
# Words of plans and of questions, which say nothing about the place.
_USUAL = {
    "about", "after", "all", "and", "are", "before", "board", "can", "cell", "code", "did", "does", "each",
    "exercise", "explorable", "figure", "first", "for", "from", "has", "have", "how", "into", "lab", "less", "many",
    "minutes", "more", "most", "much", "network", "networks", "not", "one", "out", "pairs", "same", "say", "says",
    "table", "than", "that", "the", "their", "them", "then", "there", "they", "this", "those", "two", "was", "were",
    "what", "when", "where", "which", "who", "why", "will", "with", "would", "you",
}  # fmt: skip


class Index:
    """The words of the slides of a deck."""

    def __init__(self, slides: list[Slide]) -> None:
        self.titles = [_words(f"{slide.section} {slide.title}") for slide in slides]
        self.every = [title | _words(_shown(slide)) for slide, title in zip(slides, self.titles, strict=True)]
        held = Counter(word for words in self.every for word in words)
        self.rare = {word: math.log((len(slides) + 1) / often) for word, often in held.items()}

    def nearest(self, html: str, candidates: Iterable[int], here: int, least: float = 0) -> int | None:
        """The candidate that is nearest to these words, where slides that are far from `here` count less.

        None where its words are not as near as `least`, or none shares a word.
        """
        wanted = _words(html)
        near = {place: self._near(place, wanted) for place in candidates}
        best = max(near, key=lambda place: near[place] / (1 + _WAY * abs(place - here)), default=None)
        return best if best is not None and near[best] > 0 and near[best] >= least else None

    def _near(self, place: int, wanted: set[str]) -> float:
        words, titles = self.every[place], self.titles[place]
        counted = sum(self.rare[word] * (_OF_TITLES if word in titles else 1) for word in wanted & words)
        return counted / max(1, len(words)) ** _LENGTH


def _shown(slide: Slide) -> str:
    """What a slide says and what is said there, with what its pictures show in words."""
    body = BeautifulSoup(slide.body, "html.parser")
    alts = [image["alt"] for image in body.select("img")]
    return " ".join([body.get_text(" "), *alts, *slide.said])


def _words(html: str) -> set[str]:
    """Those that may tell one place from another, without endings; formulas have none."""
    plain = texts.bare(html).lower()
    found = (word for word in _WORD.findall(plain) if word not in _USUAL)
    return {_ENDING.sub("", word) for word in found if len(word) >= _SHORTEST or word[-1].isdigit()}
