"""Write the pages of the reference that follow from the package, `book/reference/*.md`: python tools/api.py.

Signatures and docstrings come from autodoc when the book is built; here stands which names there are.
"""

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from page.docstrings import public

from ncbook.results import CHAPTERS

FOLDER = Path(__file__).resolve().parents[1] / "book" / "reference"
OWN_LAB = Path(__file__).parent / "page" / "own_lab.md"

# The pages, and the packages and modules whose names they explain, each with its docstring and an example.
PAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "metrics": ("Metrics", ("metrics", "measuring")),
    "data": ("Data", ("data",)),
    "models": ("Models", ("models",)),
    "trainers": ("Trainers", ("trainers",)),
    "experiments": ("Experiments and runs", ("experiments", "runs")),
    "ledger": ("Ledger, claims and evidence", ("ledger", "claims", "evidence")),
    "labs": ("Labs, exercises and chapters", ("labs", "exercises", "chapters", "tables", "doctor")),
}
_SHORT = """\
# Readings, figures and explorables

What a run says is a table, a picture, or a picture that moves: `readings`, `figures` and `explorables` take a finished
run and give it. Each belongs to one result, and the chapter that teaches the result shows it.

```python
from ncbook import experiments, figures, readings, tables

run = experiments.collapse.load("laptop")
figures.variability(run)
tables.Table(readings.collapse.nc1_by_images(run))
```
"""


def explained(module: ModuleType) -> list[str]:
    """The names of a module that have a docstring of their own: its functions and classes, each in ABC order."""
    values = {name: getattr(module, name) for name in public(module)}
    return sorted((name for name, value in values.items() if is_explained(value)), key=str.lower)


def is_explained(value: Any) -> bool:
    """A function, also one with a cache, or a class; no module, number, table or name of a type."""
    return inspect.isfunction(inspect.unwrap(value)) or (inspect.isclass(value) and hasattr(value, "__module__"))


def page(title: str, names: tuple[str, ...]) -> str:
    """One page, in MyST: of each module what it is for, and its functions and classes."""
    parts = [f"# {title}\n"]
    for name in names:
        module = import_module(f"ncbook.{name}")
        parts += [f"## `ncbook.{name}`\n", _rst(f".. automodule:: ncbook.{name}")]
        parts += [_labs() if name == "labs" else "", _constants(module), _rst(*_entries(module))]
    return "\n".join(filter(None, parts))


def _labs() -> str:
    """The labs that there are, which have no docstring to read, and how one more is made."""
    from ncbook import labs

    head = "Each takes its settings by name, and `large=True` for a projector.\n"
    table = "| lab | chapter | question |\n| --- | --- | --- |"
    plans = [offer.plan for offer in labs.OFFERS.values()]
    rows = [f"| `labs.{plan.name}()` | [](/book/{plan.chapter}.ipynb) | {_escaped(plan.question)} |" for plan in plans]
    return "\n".join([head, table, *rows, "", OWN_LAB.read_text(encoding="utf-8")])


def _entries(module: ModuleType) -> Iterator[str]:
    for name in explained(module):
        value = getattr(module, name)
        if not inspect.isclass(value):
            yield f".. autofunction:: {module.__name__}.{name}"
            continue
        yield f".. autoclass:: {module.__name__}.{name}"
        yield "   :members:"
        if fields := getattr(value, "_fields", ()):  # a named tuple says of each only which place it has
            yield f"   :exclude-members: {', '.join(fields)}"


def _constants(module: ModuleType) -> str:
    named = [name for name in public(module) if name.isupper()]
    return f"Constants: {', '.join(f'`{name}`' for name in named)}.\n" if named else ""


def _rst(*lines: str) -> str:
    return "\n".join(["```{eval-rst}", *lines, "```", ""])


def short() -> str:
    """The page of what shows runs: a table a result, with the first sentence of each docstring."""
    parts = [_SHORT, _own()]
    for result, chapter in CHAPTERS.items():
        rows = [f"| `{call}` | {_cell(value)} |" for call, value in _shown(result)]
        parts.append(f"## `{result}`\n\nIn [](/book/{chapter}.ipynb).\n\n| call | what it gives |\n| --- | --- |")
        parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)


def _own() -> str:
    """The figures that are of no result."""
    from ncbook import figures

    rows = [
        f"| `figures.{name}` | {_cell(getattr(figures, name))} |"
        for name in figures.__all__
        if name not in figures.OF_RUNS
    ]
    return "\n".join(["## A network of one's own\n\n| call | what it gives |\n| --- | --- |", *rows, ""])


def _shown(result: str) -> Iterator[tuple[str, Any]]:
    """How a reading, figure or explorable of a result is called, and the function itself."""
    from ncbook import explorables, figures

    module = import_module(f"ncbook.readings.{result}")
    for name in public(module):
        if inspect.isfunction(getattr(module, name)) and getattr(module, name).__doc__:
            yield f"readings.{result}.{name}", getattr(module, name)
    for name in figures.__all__:
        if getattr(figures, name).__module__ == f"ncbook.figures.{result}":
            yield f"figures.{name}", getattr(figures, name)
    for name in explorables.__all__:
        if explorables.OTHERS.get(name, name) == result:
            yield f"explorables.{name}", getattr(explorables, name)


def _cell(value: Any) -> str:
    return _escaped(" ".join(inspect.getdoc(value).split("\n\n")[0].split()))


def _escaped(text: str) -> str:
    for mark in "\\*|<$":
        text = text.replace(mark, f"\\{mark}")
    return text


def pages() -> dict[Path, str]:
    """All pages that are written here, by their files."""
    found = {FOLDER / f"{name}.md": page(*content) for name, content in PAGES.items()}
    return found | {FOLDER / "figures.md": short()}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for file, content in pages().items():
        file.write_text(content, encoding="utf-8")
