"""Cells of the notebooks that a class gets, made from those of a chapter."""

import re

import nbformat
from nbformat import NotebookNode


def markdown(name: str, texts: list[str]) -> list[NotebookNode]:
    """A Markdown cell for each text; the first has the id `name`, and the others are numbered."""
    ids = [name, *(f"{name}-{number}" for number in range(2, len(texts) + 1))]
    return [nbformat.v4.new_markdown_cell(text, id=own) for own, text in zip(ids, texts, strict=False)]


def notebook(chapter: NotebookNode, cells: list[NotebookNode]) -> NotebookNode:
    """One of these cells, which runs as the chapter does."""
    made = nbformat.v4.new_notebook(cells=cells, metadata=chapter.metadata)
    nbformat.validate(made)
    return made


def title(chapter: NotebookNode) -> str:
    """The heading of the chapter."""
    return re.search(r"^# (.+)$", chapter.cells[0].source, re.MULTILINE)[1]
