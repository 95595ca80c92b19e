"""Makes what a class gets: python tools/handouts.py, or make class.

From the chapters and the lesson plans come notebooks for students and for instructors, and a worksheet for each lab.
"""

import json
import shutil
import sys
from pathlib import Path

import chromium
import nbformat
import notebooks
import pdf
from classroom import cells, instructor, lessons, printed, readable, sheet, student
from nbformat import NotebookNode
from playwright.sync_api import Browser
from printing import printer

from ncbook import labs
from ncbook.labs import Plan
from ncbook.results import HOWTO

ROOT = notebooks.BOOK.parent
LESSONS_AT = "teaching/lessons"
LESSONS = notebooks.BOOK / LESSONS_AT
MADE = ROOT / "_build" / "class"
UNMEASURED = "a time that was not measured"
ALL, PLAIN, TEACHER = "all", "", "-teacher"  # the name of the file of all, and how those of either kind end
PAGES = {PLAIN: 1, TEACHER: 2}


def main() -> int:
    """0 where all that there are lessons for could be made, else 1, after a word that says why."""
    shutil.rmtree(MADE, ignore_errors=True)
    chapters = {chapter_of(path): nbformat.read(path, as_version=4) for path in paths()}
    plans = [offer.plan for offer in labs.OFFERS.values()]
    write_notebooks(chapters)
    if chromium.path() is None:
        print("No worksheets: no Chromium was found (Debian: apt-get install chromium-headless-shell).")
        return 1
    titles = {chapter: cells.title(notebook) for chapter, notebook in chapters.items()}
    with printer.started() as browser:
        wrong = write_worksheets(browser, plans, titles, MADE / "worksheets", LESSONS)
    print("\n".join([*wrong, f"What a class needs is in {MADE}"]))
    return int(bool(wrong))


def paths() -> list[Path]:
    """The notebooks that are taught: all but the pages on how to use the package."""
    return [path for path in notebooks.chapters() if chapter_of(path) not in HOWTO.values()]


def chapter_of(path: Path) -> str:
    """The name of a chapter, such as 4-grokking/onset."""
    return str(path.relative_to(notebooks.BOOK).with_suffix(""))


def write_notebooks(chapters: dict[str, NotebookNode]) -> None:
    """Both versions of every chapter; says which have no lesson plan."""
    times, citations = seconds(), readable.Citations(notebooks.BOOK / "references.bib")
    for chapter, notebook in chapters.items():
        lesson = lessons.read(LESSONS, chapter)
        if lesson is None:
            print(f"{chapter}: no lesson plan, because {LESSONS.relative_to(ROOT)} has no {Path(chapter).name}.md")
        else:
            lesson = readable.with_links(lesson, LESSONS_AT, str(Path(chapter).parent), pdf.address())
        _write(student.version(notebook), chapter, "student", citations)
        _write(instructor.version(notebook, lesson, times.get(chapter, UNMEASURED)), chapter, "instructor", citations)
    print(f"{len(chapters)} notebooks for students, and as many for instructors", flush=True)


def seconds() -> dict[str, str]:
    """How long each chapter runs against the recorded runs, in words."""
    measured = json.loads((ROOT / "benchmarks" / "chapters.json").read_text(encoding="utf-8"))
    return {chapter: f"{spent:.0f} s ({measured['hardware']})" for chapter, spent in measured["seconds"].items()}


def _write(notebook: NotebookNode, chapter: str, kind: str, citations: readable.Citations) -> None:
    folder = str(Path(chapter).parent)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = citations.in_words(readable.with_links(cell.source, folder, folder, pdf.address()))
    file = MADE / kind / f"{chapter}.ipynb"
    file.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, file)


def write_worksheets(
    browser: Browser, plans: list[Plan], titles: dict[str, str], folder: Path, lessons_at: Path
) -> list[str]:
    """A worksheet for each lab, with one for the teacher, and one file of all; returns what is wrong, in words."""
    folder.mkdir(parents=True, exist_ok=True)
    wrong = []
    for plan in plans:
        lesson = lessons.read(lessons_at, plan.chapter)
        if lesson is None:
            print(f"{plan.name}: no worksheet, because {plan.chapter} has no lesson plan")
        else:
            wrong += _worksheet(browser, plan, titles[plan.chapter], lesson, folder)
    for kind in PAGES:
        if made := [file for plan in plans if (file := folder / f"{plan.name}{kind}.pdf").exists()]:
            printed.join(made, folder / f"{ALL}{kind}.pdf")
    return wrong


def _worksheet(browser: Browser, plan: Plan, title: str, lesson: str, folder: Path) -> list[str]:
    """That of one lab, of both kinds; returns what is wrong."""
    try:
        pages = {kind: sheet.page(title, plan, lesson, kind == TEACHER) for kind in PAGES}
    except ValueError as error:
        return [f"{plan.name}: no worksheet, because its lesson plan {error}"]
    taken = {kind: printed.write(browser, html, folder / f"{plan.name}{kind}.pdf") for kind, html in pages.items()}
    return [
        f"{plan.name}{kind}.pdf: {count} pages and not {PAGES[kind]}: shorten the lab of the lesson plan"
        for kind, count in taken.items()
        if count != PAGES[kind]
    ]


if __name__ == "__main__":
    sys.exit(main())
