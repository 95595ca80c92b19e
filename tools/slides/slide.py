"""One slide, before it is written, and which of many are kept."""

from dataclasses import dataclass, field

# What is left out first where a deck has too many slides comes last.
KINDS = (
    "title", "known", "contents", "explorable", "figure", "question", "predict", "exercise", "definition", "lab",
    "formula", "points", "table",
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


def only(slides: list[Slide], places: set[int]) -> list[Slide]:
    """The slides at these places, of which the first is one; what is said at another is said at the one before it."""
    found: list[Slide] = []
    for place, slide in enumerate(slides):
        if place in places:
            found.append(slide)
        else:
            found[-1].said += slide.said
            found[-1].places |= slide.places
    return found


def thinned(slides: list[Slide], most: int) -> list[Slide]:
    """At most so many of the slides, in their order: the kinds that come late in `KINDS` go first, from the end."""
    ranked = sorted(range(len(slides)), key=lambda place: (KINDS.index(slides[place].kind), place))
    return only(slides, set(ranked[:most]))
