"""Keep every notebook in the form that git keeps: `python tools/notebooks.py write | check [CHAPTER]`.

`write` executes each notebook against recorded runs and leaves outputs only in checked cells (tagged
`nbval-check-output`: text or a table, which nbval compares), numbers those cells, and drops all else that
executing leaves behind. Prose stands one sentence a line. `check` only looks, and lists what is not in form. CHAPTER
names one notebook, such as 4-grokking/onset.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sentences import one_a_line

if TYPE_CHECKING:
    from nbformat import NotebookNode

BOOK = Path(__file__).resolve().parents[1] / "book"
CHECKED = "nbval-check-output"
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def chapters(only: str = "") -> list[Path]:
    """Every notebook of the book, or the one of a chapter such as 4-grokking/onset; SystemExit if there is none."""
    found = sorted(path for path in BOOK.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
    found = [path for path in found if only in ("", str(path.relative_to(BOOK).with_suffix("")))]
    return found or sys.exit(f"no chapter is called {only}; it is named like 4-grokking/onset")


class Node(dict[str, Any]):
    """A dictionary of a notebook's file, whose keys are also attributes."""

    def __getattr__(self, name: str) -> Any:
        if name not in self:
            raise AttributeError(name)
        return self[name]


def read(path: Path) -> Node:
    """A notebook, to be looked at. nbformat, which takes seconds to import, is left to those who change one."""
    notebook: Node = json.loads(path.read_text(encoding="utf-8"), object_hook=Node)
    for cell in notebook.cells:
        cell["source"] = "".join(cell.source)
    return notebook


def is_checked(cell: Node) -> bool:
    """Whether nbval compares this cell's output."""
    return cell.cell_type == "code" and CHECKED in cell.metadata.get("tags", [])


def problems(notebook: Node) -> list[str]:
    """What keeps `notebook` from the form that git keeps; empty when it is in that form."""
    found = [] if notebook.metadata == _METADATA else ["notebook metadata is more than the kernel's name"]
    ids = [cell.get("id", "") for cell in notebook.cells]
    if len(set(ids)) < len(ids):
        found.append("two cells share an id")
    for cell in notebook.cells:
        found += [f"cell {cell.get('id')}: {problem}" for problem in _cell_problems(cell)]
    return found


def _is_text(output: Node) -> bool:
    return output.output_type == "stream" and output.name == "stdout"


def _is_table(output: Node) -> bool:
    return output.output_type == "execute_result" and set(output.data) == {"text/plain", "text/html"}


def _cell_problems(cell: Node) -> list[str]:
    found = []
    if not _ID.fullmatch(cell.get("id", "")):
        found.append("its id is not small letters, digits and hyphens, such as fig-nc1: change it here and in claims")
    if cell.cell_type != "code":
        return found + ([] if one_a_line(cell.source) == cell.source else ["two sentences stand on one line"])
    if cell.outputs and not is_checked(cell):
        found.append("it stores an output, but is not checked")
    if is_checked(cell) and not (cell.outputs and cell.execution_count):
        found.append("it is checked, but stores no output")
    if not all(_is_text(output) or _is_table(output) for output in cell.outputs):
        found.append("a checked output must be printed text or a table of ncbook.tables, and nothing else")
    if len(cell.outputs) > 1:
        found.append("its output is in several pieces: print text, or end with one table")
    if "execution" in cell.metadata or (cell.execution_count and not is_checked(cell)):
        found.append("it stores how it was executed")
    return found


def written(notebook: NotebookNode) -> NotebookNode:
    """The notebook, executed and brought into form."""
    import nbformat
    from nbclient import NotebookClient

    NotebookClient(notebook, timeout=300, kernel_name="python3", coalesce_streams=True).execute()
    notebook.metadata = nbformat.from_dict(_METADATA)
    number = 0
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            cell.source = one_a_line(cell.source)
            continue
        number += is_checked(cell)
        cell.execution_count = number if is_checked(cell) else None
        cell.outputs = cell.outputs if is_checked(cell) else []
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = number
    return notebook


def _write(path: Path) -> None:
    import nbformat

    nbformat.write(written(nbformat.read(path, as_version=4)), path)


def main(command: str, only: str = "") -> int:
    """Run `write` or `check` over the book or one chapter; returns the number of notebooks with problems."""
    wrong = 0
    for path in chapters(only):
        if command == "write":
            _write(path)
        found = problems(read(path))
        wrong += bool(found)
        mend = f"; mend it with: make notebooks CHAPTER={path.relative_to(BOOK).with_suffix('')}"
        print(f"{path.relative_to(BOOK)}: {'; '.join(found) + mend if found else 'in form'}")
    return wrong


if __name__ == "__main__":
    if sys.argv[1:2] not in (["write"], ["check"]):
        sys.exit("usage: python tools/notebooks.py write | check [CHAPTER]")
    sys.exit(main(*sys.argv[1:3]))
