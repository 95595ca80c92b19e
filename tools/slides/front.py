"""The deck of the whole book: its question, its parts with links to their decks, and figures that carry each part."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from printing.pages import Page

from slides import chapter, texts, words
from slides.slide import Slide


@dataclass(frozen=True)
class Part:
    """A part of the book: the title of its page, its folder, and its chapters with the slides of their decks."""

    title: str
    folder: str
    chapters: list[tuple[Page, list[Slide]]]


def slides(front: Page, parts: list[Part]) -> list[Slide]:
    """The deck. The last part, the closing chapter alone, also ends it."""
    *before, closing = parts
    found = [_title(front), _question(front)]
    for part in before:
        found += [_contents(part), *_figures(part)]
    ((page, deck),) = closing.chapters
    end = [slide for slide in deck if slide.kind in ("figure", "known")]
    return [*found, *(replace(slide, section=_link(page)) for slide in end)]


def _title(front: Page) -> Slide:
    lines = texts.sentences(front.article.select_one(".front-words p"))
    return Slide("title", front.title, texts.paragraph(texts.first(lines)), "Slides")


def _question(front: Page) -> Slide:
    lines = texts.sentences(front.article.select_one("#the-question p"))
    shown = texts.last(lines)
    return Slide("question", "Neural collapse", texts.paragraph(shown), said=lines[: -len(shown)])


def _contents(part: Part) -> Slide:
    lines = [_link(page) for page, _ in part.chapters]
    return Slide("contents", part.title, texts.points(lines))


def _link(page: Page) -> str:
    return f'<a href="{chapter.name(page)}.html">{page.title}</a>'


def _figures(part: Part) -> Iterator[Slide]:
    """Those of words.yml, of the chapters that are there: CHAPTER#ID, or CHAPTER for its first."""
    for place in words.figures(part.folder):
        name, _, anchor = place.partition("#")
        for page, deck in part.chapters:
            if chapter.name(page) == name:
                figures = (slide for slide in deck if slide.kind == "figure" and (not anchor or anchor in slide.places))
                yield replace(next(figures), section=_link(page), taught=[])
