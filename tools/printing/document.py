"""One document of the whole book: a title, the contents, the chapters, and the solutions of all exercises."""

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from printing import links, prepare, solutions
from printing.elements import link, new
from printing.pages import Entry, Page, key

_FOLDER = Path(__file__).parent
_FRAME = """<!doctype html>
<html lang="en" data-theme="light" data-mode="light"><head><meta charset="utf-8"><title></title></head>
<body><main class="bd-main"><div class="bd-content"></div></main></body></html>"""
_ABOUT = "About this book"
SOLUTIONS = "book-solutions"  # the id of that chapter


@dataclass(frozen=True)
class Book:
    """What is printed: the built book at `site`, its pages, its public address and version, and its stills.

    `stills` has for each page the HTML of its explorables at rest, in their order.
    """

    site: Path
    contents: list[Entry]
    address: str
    version: str
    stills: dict[str, list[str]]

    def joined(self) -> BeautifulSoup:
        """The document."""
        pages = [Page(self.site, entry) for entry in self.contents]
        taken = [self._prepared(page) for page in pages]
        result = BeautifulSoup(_FRAME, "html.parser")
        result.title.string = pages[0].title
        title = _title_page(pages[0], self.address, self.version)
        chapters = [_chapter(page.title, key(page.name), page.article, page.entry.level) for page in pages]
        chapters[0]["class"] += " print-front"
        for page, chapter in zip(pages, chapters, strict=True):
            chapter["class"] += " print-small" if page.entry.caption else ""  # it is looked up, and not read
        chapters.append(_solutions(pages, taken))
        result.select_one(".bd-content").extend([title, _contents(pages), *chapters])
        _add_head(result, pages)
        return result

    def _prepared(self, page: Page) -> list[solutions.Solution]:
        """Makes a page ready for print, and returns its solutions."""
        prepare.show_pictures(page)
        links.lead_within(page, {entry.name for entry in self.contents}, self.address)
        prepare.put_stills(page, self.stills.get(page.name, []), self.address)
        links.tell_apart(page)
        taken = solutions.take(page)
        prepare.open_folds(page)
        prepare.lower_headings(page, page.entry.level - 1)
        return taken


def _title_page(front: Page, address: str, version: str) -> Tag:
    """The heading and the first words of the front page, with its figure; the rest stays, and is a chapter."""
    found = new("section", class_="print-title print-front")
    front.article.h1.replace_with(heading := new("h1", _ABOUT))
    found.append(new("h1", front.title))
    front.title = heading.get_text()
    found.extend(front.article.select(".front-words, .front-hero style, .front-figure"))
    for moving in found.select(".front-player, script"):
        moving.decompose()
    found.append(told := new("p", f"Version {version}. The book online, where its figures move: "))
    told.append(new("a", address, href=address))
    for rest in front.article.select(f".front-hero, #{key(front.name, 'the-parts')}"):
        rest.decompose()
    return found


def _chapter(title: str, name: str, article: Tag, level: int = 1) -> Tag:
    """A section that begins a page of paper, and has its title at the top of each of its pages."""
    found = new("section", id=name, class_=f"print-chapter print-head-{level}")
    quoted = title.replace("\\", "\\\\").replace('"', '\\"')
    page = f'#{name} {{ page: {name} }}\n@page {name} {{ @top-right {{ content: "{quoted}" }} }}'
    found.extend([new("style", page), article])
    return found


def _contents(pages: list[Page]) -> Tag:
    found = new("nav", class_="print-contents")
    found.append(new("h1", "Contents"))
    for caption, group in groupby(pages, lambda page: page.entry.caption):
        if caption:
            found.append(new("p", caption, class_="print-caption"))
        found.extend([_entry(page.title, key(page.name), page.entry.level) for page in group])
    found.append(_entry("Solutions", SOLUTIONS, 1))
    return found


def _entry(title: str, place: str, level: int) -> Tag:
    found = new("p", class_=f"print-entry print-level-{level}")
    found.extend(link(title, place))
    return found


def _solutions(pages: list[Page], taken: list[list[solutions.Solution]]) -> Tag:
    article = new("article", class_="bd-article")
    article.append(new("h1", "Solutions"))
    article.extend([solutions.section(*each) for each in zip(pages, taken, strict=True) if each[1]])
    return _chapter("Solutions", SOLUTIONS, article)


def _add_head(result: BeautifulSoup, pages: list[Page]) -> None:
    """The styles and the formulas of the pages, and the styles of the printed book."""
    styles = dict.fromkeys(style for page in pages[1:] for style in page.styles)
    result.head.extend([new("link", rel="stylesheet", href=style) for style in styles])
    front = (pages[0].site / "_static" / "front.css").read_text(encoding="utf-8")
    result.head.append(new("style", f"@scope (.print-front) {{\n{front}}}"))
    result.head.append(new("style", (_FOLDER / "print.css").read_text(encoding="utf-8")))
    scripts = {str(script): script for page in pages for script in page.formula_scripts}
    result.head.extend(scripts.values())
