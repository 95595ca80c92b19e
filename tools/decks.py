"""Makes slides of the built book: python tools/decks.py, or make slides. One deck a chapter, and one of the whole."""

import sys
from itertools import groupby
from pathlib import Path

from printing.pages import Entry, Page, contents
from slides import chapter, deck, files, front, lessons

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
SLIDES = ROOT / "_build" / "slides"
REVEAL = ROOT / "node_modules" / "reveal.js" / "dist"
LESSONS = ROOT / "book" / "teaching" / "lessons"
ALL = '<p class="all-decks"><a href="index.html">All slides</a></p>'


def main() -> int:
    """0, after a word that says where they are."""
    make(SITE, contents(ROOT / "_toc.yml"), SLIDES)
    print(f"The slides are at {SLIDES / 'index.html'}")
    return 0


def make(site: Path, entries: list[Entry], folder: Path, plans: Path = LESSONS, reveal: Path = REVEAL) -> None:
    """Writes the decks of a built book at `site` into a folder, with notes from the lesson plans in `plans`."""
    parts = [_part(site, list(group), plans) for _, group in groupby(chapters(entries), key=_folder)]
    welcome = Page(site, entries[0])
    decks = {"index": deck.written(welcome.title, front.slides(welcome, parts))}
    for part in parts:
        for page, slides in part.chapters:
            decks[chapter.name(page)] = deck.written(page.title, slides)
    files.write(folder, decks, site, reveal)


def chapters(entries: list[Entry]) -> list[Entry]:
    """The numbered pages of the contents: parts, and the chapters that have a deck."""
    return [entry for entry in entries[1:] if not entry.caption]


def _folder(entry: Entry) -> str:
    return entry.name.split("/")[-2]


def _part(site: Path, entries: list[Entry], plans: Path) -> front.Part:
    """A page of a part comes first; the closing chapter has none."""
    first, *rest = [Page(site, entry) for entry in entries]
    pages = rest if chapter.name(first) == "part" else [first]
    return front.Part(first.title, _folder(entries[0]), [(page, _slides(page, first.title, plans)) for page in pages])


def _slides(page: Page, part: str, plans: Path) -> list[deck.Slide]:
    found = chapter.slides(page, part if part != page.title else "")
    found[0].body += ALL
    plan = plans / f"{chapter.name(page)}.md"
    if plan.exists():
        lessons.teach(found, lessons.read(plan))
    return found


if __name__ == "__main__":
    sys.exit(main())
