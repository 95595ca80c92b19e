"""One slide, before it is written."""

from dataclasses import dataclass, field

# What is left out first where a deck has too many slides comes last.
KINDS = (
    "title", "known", "contents", "explorable", "figure", "question", "predict", "exercise", "definition", "lab", "formula", "points",
    "table",
)  # fmt: skip


@dataclass
class Slide:
    """A slide: its kind, of `KINDS`, its title and what it shows, as HTML.

    section  the title of the section of the chapter that it is from, as HTML
    said     what the chapter says there and the slide does not: for the notes, as HTML
    taught   what the lesson plan says there: for the notes, as HTML
    places   ids of the chapter's page that it stands for
    """

    kind: str
    title: str
    body: str
    section: str = ""
    said: list[str] = field(default_factory=list)
    taught: list[str] = field(default_factory=list)
    places: set[str] = field(default_factory=set)


def thinned(slides: list[Slide], most: int) -> list[Slide]:
    """At most so many of the slides, in their order: the kinds that come late in `KINDS` go first, from the end."""
    ranked = sorted(range(len(slides)), key=lambda place: (KINDS.index(slides[place].kind), place))
    return [slides[place] for place in sorted(ranked[:most])]
