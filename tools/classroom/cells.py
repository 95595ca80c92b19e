"""Cells of the notebooks that a class gets, made from those of a chapter."""

import re

import nbformat
from nbformat import NotebookNode

# Where other pages of the book are: no file of them lies beside these notebooks, but of the other chapters.
_LINK = re.compile(r"\]\((?:(?P<page>[\w./-]+)\.md|(?=#gloss-))(?P<place>#[\w-]+)?\)")


def markdown(name: str, texts: list[str]) -> list[NotebookNode]:
    """A Markdown cell for each text; the first has the id `name`, and the others are numbered."""
    ids = [name, *(f"{name}-{number}" for number in range(2, len(texts) + 1))]
    return [nbformat.v4.new_markdown_cell(text, id=own) for own, text in zip(ids, texts, strict=False)]


def notebook(chapter: NotebookNode, cells: list[NotebookNode]) -> NotebookNode:
    """One that runs as the chapter does; ValueError where it is no valid notebook."""
    made = nbformat.v4.new_notebook(cells=cells, metadata=chapter.metadata)
    try:
        nbformat.validate(made)
    except nbformat.ValidationError as error:
        raise ValueError(f"no valid notebook: {error}") from error
    return made


def title(chapter: NotebookNode) -> str:
    """The heading of the chapter."""
    return re.search(r"^# (.+)$", chapter.cells[0].source, re.MULTILINE)[1]


def with_public_links(text: str, folder: str, site: str) -> str:
    """Links to pages of the book, from a chapter in book/`folder`, lead to the public `site`, which ends with a slash."""

    def public(match: re.Match[str]) -> str:
        page = match["page"] or "../glossary"
        path = page.removeprefix("../") if page.startswith("../") else f"{folder}/{page}"
        return f"]({site}book/{path}.html{match['place'] or ''})"

    return _LINK.sub(public, text)
