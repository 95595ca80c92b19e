"""The student's version of a chapter: what gives an answer away is left out, and there is room to write."""

from itertools import pairwise

from nbformat import NotebookNode

from classroom import cells, parts

TOP = (
    "**Student's version.** Solutions and results are left out; write where it says *yours*. "
    "Everything runs from top to end: an exercise that has no answer yet only says so."
)
ANSWER = "**Your answer:**"
PREDICTION = "**Your prediction:**"
KNOWN = "**What do you know now?** Yours, in three sentences:"
_PLACES = {parts.PREDICT: PREDICTION, parts.KNOWN: KNOWN, parts.SOLUTION: ANSWER, parts.ANSWER: ANSWER}


def version(chapter: NotebookNode) -> NotebookNode:
    """The notebook for a student."""
    made = cells.markdown("students-version", [TOP])
    for cell in chapter.cells:
        made += cells.markdown(cell.id, _texts(cell.source)) if cell.cell_type == "markdown" else _code(cell)
    return cells.notebook(chapter, made)


def _texts(source: str) -> list[str]:
    """Where the cell says what came out, all of it leads to the verdicts, and goes with them."""
    found = parts.of(source)
    if any(part.kind == parts.RESULTS for part in found):
        return []
    texts = [text for part in found for text in _kept(part)]
    places = set(_PLACES.values())
    return [text for before, text in pairwise(["", *texts]) if not {before, text} <= places]


def _kept(part: parts.Part) -> list[str]:
    if part.kind == parts.TEXT:
        return [part.text]
    return [part.text, PREDICTION] if part.kind == parts.PREDICT else [_PLACES[part.kind]]


def _code(cell: NotebookNode) -> list[NotebookNode]:
    """The cell as it is, without outputs; none for the verdicts."""
    if "chapters.verdicts(" in cell.source:
        return []
    return [NotebookNode(cell, outputs=[], execution_count=None)]
