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
from classroom import cells, instructor, lessons, printed, sheet, student
from nbformat import NotebookNode
from playwright.sync_api import Browser
from printing import printer

from ncbook import labs
from ncbook.labs import Plan

ROOT = Path(__file__).resolve().parents[1]
LESSONS = ROOT / "book" / "teaching" / "lessons"
SECONDS = ROOT / "benchmarks" / "chapters.json"
MADE = ROOT / "_build" / "class"
ALL = "all"  # the name of the file with all worksheets
TEACHER = "-teacher"  # after the name of a worksheet that says what comes out


def main() -> int:
    """0 where all that there are lessons for could be made, else 1, after a word that says why."""
    shutil.rmtree(MADE, ignore_errors=True)
    chapters = {chapter_of(path): nbformat.read(path, as_version=4) for path in notebooks.chapters()}
    write_notebooks(chapters)
    if chromium.path() is None:
        print("No worksheets: no Chromium was found (Debian: apt-get install chromium-headless-shell).")
        return 1
    plans = [offer.plan for offer in labs.OFFERS.values()]
    titles = {chapter: cells.title(notebook) for chapter, notebook in chapters.items()}
    with printer.started() as browser:
        wrong = write_worksheets(browser, plans, titles, MADE / "worksheets", LESSONS)
    print("\n".join([*wrong, f"What a class needs is in {MADE}"]))
    return int(bool(wrong))


def chapter_of(path: Path) -> str:
    """The name of a chapter, such as 4-grokking/onset."""
    return str(path.relative_to(notebooks.BOOK).with_suffix(""))


def write_notebooks(chapters: dict[str, NotebookNode]) -> None:
    """Both versions of every chapter; says which have no lesson."""
    told = seconds()
    for chapter, notebook in chapters.items():
        lesson = lessons.read(LESSONS, chapter)
        if lesson is None:
            print(f"{chapter} has no lesson plan: {LESSONS.relative_to(ROOT) / Path(chapter).name}.md is missing")
        _write(student.version(notebook), chapter, "student")
        _write(
            instructor.version(notebook, lesson, told.get(chapter, "a time that was not measured")),
            chapter,
            "instructor",
        )
    print(f"{len(chapters)} notebooks for students, and as many for instructors", flush=True)


def seconds() -> dict[str, str]:
    """How long each chapter runs against the recorded runs, in words."""
    measured = json.loads(SECONDS.read_text(encoding="utf-8"))
    return {chapter: f"{spent:.0f} s ({measured['hardware']})" for chapter, spent in measured["seconds"].items()}


def _write(notebook: NotebookNode, chapter: str, kind: str) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = cells.with_public_links(cell.source, str(Path(chapter).parent), pdf.address())
    file = MADE / kind / f"{chapter}.ipynb"
    file.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, file)


def write_worksheets(
    browser: Browser, plans: list[Plan], titles: dict[str, str], folder: Path, lessons_at: Path
) -> list[str]:
    """A worksheet for each lab, with one for the teacher, and one file of all; returns what is wrong, in words."""
    folder.mkdir(parents=True, exist_ok=True)
    wrong, made = [], {"": [], TEACHER: []}
    for plan in plans:
        lesson = lessons.read(lessons_at, plan.chapter)
        if lesson is None:
            print(f"{plan.name}: no worksheet, because its chapter has no lesson plan")
            continue
        for kind, files in made.items():
            file = folder / f"{plan.name}{kind}.pdf"
            try:
                html = sheet.page(titles[plan.chapter], plan, lesson, bool(kind))
            except ValueError as error:
                wrong.append(f"{plan.name}: no worksheet, because its lesson plan {error}")
                break
            files.append(file)
            if (pages := printed.write(browser, html, file)) != (allowed := 2 if kind else 1):
                wrong.append(f"{file.name} takes {pages} pages and not {allowed}: shorten the lab of its lesson plan")
    for kind, files in made.items():
        if files:
            printed.join(files, folder / f"{ALL}{kind}.pdf")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
