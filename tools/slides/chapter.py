"""The rule: which slides a chapter's page makes, in the order of the page."""

from bs4 import Tag
from printing.pages import Page

from slides import pieces, texts, words
from slides.slide import Slide, only, thinned

MOST = 25  # slides of a deck
_LEFT_OUT = {"further-reading"}
_TURNS = 3  # exercises with a slide of their own
_OPENING = 60  # words of the title slide


def name(page: Page) -> str:
    """That of a chapter, and of its deck: "grokking"."""
    return page.name.rpartition("/")[2]


def slides(page: Page, part: str) -> list[Slide]:
    """Those of a page; `part` is the title of its part."""
    reader = _Reader(page)
    opening = reader.opening(part)
    reader.read(page.article.h1.parent)
    found = sorted(one_formula_each([opening, *reader.slides]), key=lambda slide: slide.kind == "known")
    return thinned(found, MOST)


def one_formula_each(found: list[Slide]) -> list[Slide]:
    """Without the formulas of a section beside its first that is read aloud, or else its first."""
    chosen: dict[str, int] = {}
    for place, slide in enumerate(found):
        if slide.kind == "formula":
            before = chosen.setdefault(slide.section, place)
            if _is_read_aloud(slide) and not _is_read_aloud(found[before]):
                chosen[slide.section] = place
    return only(found, {n for n, slide in enumerate(found) if slide.kind != "formula" or chosen[slide.section] == n})


def _is_read_aloud(slide: Slide) -> bool:
    return texts.READ_ALOUD in slide.body


class _Reader:
    """Goes through a page: what it shows becomes slides, and its prose what is said there.

    Prose in front of the first slide of a section is said at that slide, all other at the slide before it. So a
    section without a slide is said at the first slide after it.
    """

    def __init__(self, page: Page):
        self.page = page
        self.slides: list[Slide] = []
        self.section, self.waiting, self.places, self.begun = "", list[str](), set[str](), False

    def opening(self, part: str) -> Slide:
        """The title of the chapter, and its question."""
        lines = texts.sentences(self.page.article.h1.find_next("p"))
        asked = next((place for place, line in enumerate(lines) if texts.asks(line)), 0)
        shown = texts.last(lines[: asked + 1], _OPENING)
        start = self.page.article.select_one(".box.start")
        return Slide("title", self.page.title, texts.paragraph(shown), part, said=texts.of_box(start) if start else [])

    def read(self, section: Tag) -> None:
        """Makes the slides of a section, and of those within it."""
        for child in section.find_all(True, recursive=False):
            if child.name == "section" and child.get("id") not in _LEFT_OUT:
                self.section, self.begun = texts.inner(child.find(["h2", "h3"])), False
                self.places.add(child["id"])
                self.exercises(child) if child["id"] == "exercises" else self.read(child)
                if lines := words.of_section(name(self.page), child["id"]):
                    self._add(Slide("points", "", texts.points(lines)), child)
            elif child.name == "p":
                self._say(child)
            else:
                for piece in pieces.answers(child) or [self._piece(child)]:
                    self._add(piece, child)

    def exercises(self, section: Tag) -> None:
        """The list of all, slides of the first short ones, and the closing box."""
        named = [each for each in section.find_all("p", recursive=False) if pieces.is_exercise(each)]
        made = [(*pieces.exercise(each), each.find_next_sibling(class_="cell") or each) for each in named]
        lines = [line for line, _, _ in made][: pieces.MOST_POINTS]
        self._add(Slide("exercise", "Your turn", texts.points(lines)), section.h2)
        for turn, cell in [(turn, cell) for _, turn, cell in made if turn is not None][:_TURNS]:
            self._add(turn, cell)
        if box := section.select_one(":scope > .box.known"):
            self._add(self._piece(box), box)

    def _say(self, paragraph: Tag) -> None:
        lines = texts.sentences(paragraph)
        if not self.begun:
            self.waiting += lines
            return
        here = self.slides[-1]
        before = paragraph.find_previous_sibling()
        if before is not None and "math" in before.get("class", []) and lines[0].startswith(texts.READ_ALOUD):
            here.body = pieces.read_aloud(here.body, lines[0])
        here.said += lines

    def _piece(self, element: Tag) -> Slide | None:
        classes = element.get("class", [])
        if element.name == "ul":
            return pieces.listed(element)
        if "math" in classes:
            return self._formula(element)
        if "known" in classes:
            return pieces.known(element, words.known(name(self.page)))
        if "definition" in classes:
            return pieces.definition(element)
        if kind := next((kind for kind in ("predict", "question") if kind in classes), None):
            return pieces.asked(element, kind, words.asked(name(self.page), element.find_parent("section")["id"]))
        return pieces.shown(element, self.page) if "cell" in classes else None

    def _formula(self, display: Tag) -> Slide | None:
        """A slide; None where the formula goes on with that of the slide before, and has room there."""
        slide, before = pieces.formula(display), self.slides[-1] if self.begun else None
        if before is None or before.kind != "formula" or not pieces.goes_on(display):
            return slide
        both = before.body + slide.body
        if slide.body.startswith("<p>") and texts.words(both) <= texts.MOST_WORDS:
            before.body, slide = both, None
        return slide

    def _add(self, slide: Slide | None, element: Tag) -> None:
        if slide is None:
            return
        slide.section, slide.title = self.section if slide.kind != "known" else "", slide.title or self.section
        slide.said, self.waiting, self.begun = [*self.waiting, *slide.said], [], True
        slide.places |= self.places | {each["id"] for each in [element, *element.find_all(id=True)] if each.get("id")}
        self.places = set()
        self.slides.append(slide)
