"""The instructor's version of a chapter: the lesson first, solutions open and as code, and what is to be expected."""

from collections.abc import Iterator

import nbformat
from nbformat import NotebookNode

from classroom import cells, lessons, parts, questions
from classroom.questions import Question

_HEAD = "| exercise | difficulty | minutes | expected |\n| --- | --- | ---: | --- |"


def version(chapter: NotebookNode, lesson: str | None, seconds: str) -> NotebookNode:
    """The notebook for an instructor; `seconds` says how long it takes to run."""
    asked = questions.of(chapter)
    made = cells.markdown("instructors-version", [_top(asked, seconds)])
    if lesson is not None:
        made += cells.markdown("lesson", _by_section(lesson))
    by_cell, waiting = {each.cell: each for each in asked}, iter(asked)
    for cell in chapter.cells:
        if cell.cell_type == "markdown":
            made += cells.markdown(cell.id, ["\n\n".join(_opened(cell.source, waiting))])
        else:
            made.append(_solved(cell, by_cell.get(cell.id)))
    return cells.notebook(chapter, made)


def _top(asked: list[Question], seconds: str) -> str:
    text = f"**Instructor's version.** It has the solutions: do not hand it out. Running it takes {seconds}."
    if not asked:
        return text
    rows = [f"| {each.number}. {each.title} | {each.difficulty} | {each.minutes} | {each.expected} |" for each in asked]
    total = f"| all | | {sum(each.minutes for each in asked)} | |"
    return "\n".join([text, "", _HEAD, *rows, total])


def _by_section(lesson: str) -> list[str]:
    found = lessons.sections(lesson, 2)
    return [found.pop(""), *(f"## {head}\n\n{body}" for head, body in found.items())]


def _opened(source: str, waiting: Iterator[Question]) -> Iterator[str]:
    """The texts of a cell, with its folds open; `waiting` are the exercises whose solutions come next."""
    for part in parts.of(source):
        if part.kind in (parts.TEXT, parts.PREDICT, parts.KNOWN):
            yield part.text
        elif part.kind == parts.SOLUTION:
            yield _solution(next(waiting))
        else:
            yield f"**{part.kind}.**\n\n{part.text}"


def _solution(question: Question) -> str:
    words = question.words or "The cell above finds it."
    return f"**Solution.**\n\n{words}\n\n**Expected:** {question.expected}."


def _solved(cell: NotebookNode, question: Question | None) -> NotebookNode:
    """The cell with what is recorded of its output; that of an exercise with the solution."""
    return cell if question is None else nbformat.v4.new_code_cell(question.code, id=cell.id, metadata=cell.metadata)
