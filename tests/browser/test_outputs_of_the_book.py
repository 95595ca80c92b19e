"""What the cells printed when the book was built is, to the letter, what the notebooks keep.

Building the book executes each chapter against recorded runs. `make replay CHAPTER=...` has nbval compare one chapter
in the same way, without building it.
"""

import nbformat
import pytest
from jupyter_cache import get_cache
from notebooks import BOOK, chapters, is_checked

CHAPTERS = {str(path.relative_to(BOOK).with_suffix("")): path for path in chapters()}


def printed(cell) -> list[str | dict[str, str]]:
    """The text that a cell wrote, in one piece, and what it ended with, in each form."""
    text = "".join(each.text for each in cell.outputs if each.output_type == "stream")
    return [text, *(dict(each.data) for each in cell.outputs if each.output_type != "stream")]


def checked(notebook, kept) -> dict[str, list[str | dict[str, str]]]:
    """Of a notebook, what was printed by the cells that are checked in the one that is kept."""
    names = {cell.id for cell in kept.cells if is_checked(cell)}
    return {cell.id: printed(cell) for cell in notebook.cells if cell.id in names}


@pytest.mark.parametrize("name", CHAPTERS)
def test_checked_cells_printed_what_the_notebook_keeps(book, name):
    kept = nbformat.read(CHAPTERS[name], as_version=4)
    _, executed = get_cache(str(book.parent / ".jupyter_cache")).merge_match_into_notebook(kept)
    assert checked(executed, kept) == checked(kept, kept)


def test_there_are_checked_cells_in_nearly_every_chapter():
    """The control of the test above."""
    kept = {name: nbformat.read(path, as_version=4) for name, path in CHAPTERS.items()}
    assert [name for name, notebook in kept.items() if not checked(notebook, notebook)] == ["answer/answer"]
