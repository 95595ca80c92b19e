"""What moves, folds or waits on a page stands still, open and ready on paper."""

import re

from bs4 import BeautifulSoup

from printing import links
from printing.elements import new
from printing.pages import Page


def show_pictures(page: Page) -> None:
    """Each picture comes from where it lies, at once, and in its wide form."""
    for source in page.article.select("picture > source"):
        source.decompose()
    for image in page.article.find_all("img", src=True):
        image["src"] = page.absolute(image["src"])
        del image["loading"]


def put_stills(page: Page, stills: list[str], address: str) -> None:
    """In place of each explorable its still, with a link to where it moves."""
    for figure, still in zip(page.article.select(".nc-explorable"), stills, strict=True):
        target = links.online(page, figure, address)
        note = new("p", "This figure moves in the book online: ", class_="print-online")
        note.append(new("a", target.removeprefix("https://"), href=target))
        figure.insert_after(note)
        figure.replace_with(BeautifulSoup(still, "html.parser"))


def open_folds(page: Page) -> None:
    """A fold becomes a block under its title; that of code has none."""
    for fold in page.article.find_all("details"):
        title = fold.summary.extract()
        if "hide" not in fold.get("class", []):
            title.name, title["class"] = "p", "print-fold-title"
            fold.insert(0, title)
        fold.name = "div"
        fold["class"] = [*fold.get("class", []), "print-fold"]


def lower_headings(page: Page, levels: int) -> None:
    """A chapter of a part stands below it in the outline."""
    for heading in page.article.find_all(re.compile(r"^h[1-6]$")):
        heading.name = f"h{min(int(heading.name[1]) + levels, 6)}"
