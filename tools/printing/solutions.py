"""Solutions move to the end of the printed book, with links there and back."""

import re
from dataclasses import dataclass

from bs4 import Tag

from printing.elements import link, new
from printing.pages import Page, key


@dataclass(frozen=True)
class Solution:
    """The solution of one exercise: the exercise's name, the id of each, and the elements that say it."""

    exercise: str
    exercise_id: str
    id: str
    body: list[Tag]


def take(page: Page) -> list[Solution]:
    """Takes the folds named "Solution" out of the page, and leaves a link in the place of each."""
    titles = [each for each in page.article.find_all("summary") if each.get_text(strip=True) == "Solution"]
    folds = [title.parent for title in titles]
    for title in titles:
        title.decompose()
    return [_taken(page, number, fold) for number, fold in enumerate(folds, 1)]


def _taken(page: Page, number: int, fold: Tag) -> Solution:
    found = Solution(
        _exercise(fold), key(page.name, f"to-solution-{number}"), key(page.name, f"solution-{number}"), fold.contents[:]
    )
    fold.replace_with(note := new("p", class_="print-solution", id=found.exercise_id))
    note.extend(link("Solution", found.id))
    return found


def _exercise(fold: Tag) -> str:
    """The bold words that begin with a number, nearest above the fold."""
    for paragraph in fold.find_previous_siblings("p"):
        name = " ".join(paragraph.strong.get_text().split()) if paragraph.strong else ""
        if re.match(r"\d+\.", name):
            return name.rstrip(".")
    raise ValueError(f"no exercise stands before the solution {fold.get_text()[:60]!r}")


def section(page: Page, taken: list[Solution]) -> Tag:
    """The solutions of one chapter under its title."""
    found = new("section", id=key(page.name, "solutions"))
    found.append(new("h2", page.title))
    for each in taken:
        found.extend([new("h3", each.exercise, id=each.id), *each.body, back := new("p", class_="print-back")])
        back.extend(link("Exercise", each.exercise_id))
    return found
