"""The exercises of a chapter: what is asked, in how many minutes, and how the solution is checked."""

import ast
import re
from dataclasses import dataclass
from functools import cached_property

from nbformat import NotebookNode

from classroom import parts
from ncbook import exercises

_ASKED = re.compile(
    r"\*\*(?P<number>\d+)\.\s(?P<title>[^*]+?)\.?\*\*\s\((?P<difficulty>\w+), (?P<minutes>\d+) minutes\)"
)
_CHECK = re.compile(r'exercises\.check(?P<function>_function)?\("(?P<name>[^"]+)", .+\)$')
_CODE = re.compile(r"```python\n(?P<code>.*?)\n```\n*", re.DOTALL)


@dataclass(frozen=True)
class Question:
    """An exercise: its heading, the id of its cell, and its solution in Markdown."""

    number: str
    title: str
    difficulty: str
    minutes: int
    name: str
    function: bool
    cell: str
    solution: str

    @property
    def code(self) -> str:
        """Python that finds the answer and checks it."""
        found = "\n\n\n".join(match["code"] for match in _CODE.finditer(self.solution))
        if self.function:
            return f'{found}\n\n\nexercises.check_function("{self.name}", {_last_function(found)})'
        if not found:  # an answer that is found by hand
            found = f'answer = exercises.EXERCISES["{self.name}"].answer()'
        return f'{found}\n\nexercises.check("{self.name}", answer)'

    @property
    def words(self) -> str:
        """What the solution says beside its code."""
        return _CODE.sub("", self.solution).strip()

    @cached_property
    def expected(self) -> str:
        """What is right: a number, or the inputs on which a function has to be right."""
        if self.function:
            return f"right on {'; '.join(trial.what for trial in exercises.FUNCTIONS[self.name].trials)}"
        exercise = exercises.EXERCISES[self.name]
        return f"{float(exercise.answer()):.4g}, within {100 * exercise.tolerance:g} %"


def _last_function(code: str) -> str:
    return [each.name for each in ast.parse(code).body if isinstance(each, ast.FunctionDef)][-1]


def of(chapter: NotebookNode) -> list[Question]:
    """The exercises of a chapter, in their order; ValueError where heading, check and solution do not go together."""
    asked, checks, solutions = [], [], []
    for cell in chapter.cells:
        if cell.cell_type == "markdown":
            asked += _ASKED.finditer(cell.source)
            solutions += [part.text for part in parts.of(cell.source) if part.kind == parts.SOLUTION]
        elif match := _CHECK.search(cell.source):
            checks.append((cell.id, match))
    return [
        Question(
            head["number"], " ".join(head["title"].split()), head["difficulty"], int(head["minutes"]), check["name"],
            bool(check["function"]), cell, solution,
        )
        for head, (cell, check), solution in zip(asked, checks, solutions, strict=True)
    ]  # fmt: skip
