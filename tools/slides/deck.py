"""Writes slides as one page of reveal.js."""

from html import escape
from pathlib import Path
from string import Template

from slides import texts
from slides.slide import Slide

_FRAME = Template(Path(__file__).with_name("deck.html").read_text(encoding="utf-8"))
_BOXES = ("question", "predict", "definition", "known")  # they have the color of the box on the page
_SLIDE = """<section class="slide-{kind}{box}">
<header>{section}<{level}>{title}</{level}></header>
<div class="slide-body">{body}</div>
<aside class="notes">{notes}</aside>
</section>"""


def written(title: str, slides: list[Slide]) -> str:
    """The HTML of a deck, which stands at the root of the folder of decks."""
    return _FRAME.substitute(title=escape(title), slides="\n".join(map(_slide, slides)))


def _slide(slide: Slide) -> str:
    section = "" if slide.section in ("", slide.title) else f'<p class="slide-section">{slide.section}</p>'
    box = f" admonition box {slide.kind}" if slide.kind in _BOXES else ""
    level = "h1" if slide.kind == "title" else "h2"
    return _SLIDE.format(
        kind=slide.kind,
        box=box,
        section=section,
        level=level,
        title=slide.title,
        body=texts.ended(slide.body),
        notes=_notes(slide),
    )


def _notes(slide: Slide) -> str:
    """What the lesson plan says first, and then what the chapter says."""
    taught = "".join(f"<p>{each}</p>" for each in slide.taught)
    said = texts.paragraph(slide.said)
    return taught + ("<hr>" if taught and said else "") + said
