"""The files of a new result: `lay_out` writes them into a checkout of the repository, each with its TODOs."""

import json
from keyword import iskeyword
from pathlib import Path
from string import Template
from typing import Any

from ncbook import __version__
from ncbook._checks import Name, as_path
from ncbook.results import RESULTS

_TEMPLATES = Path(__file__).parent
# template -> where it goes; $name is the result's name
_FILES = {
    "experiment.txt": "ncbook/experiments/$name.py",
    "claims.txt": "ncbook/experiments/$name.ini",
    "reading.txt": "ncbook/readings/$name.py",
    "figure.txt": "ncbook/figures/$name.py",
    "explorable.txt": "ncbook/explorables/$name.py",
    "exercise.txt": "ncbook/exercises/$name.py",
    "picture.txt": "tests/pictures/$name.py",
    "test.txt": "tests/test_experiment_$name.py",
}


def lay_out(name: str, part: str, root: Name | None = None) -> list[Path]:
    """Write the files of the result `name`, whose chapter goes into the folder `part` of the book; returns their paths.

    root: the checkout, by default the folder where the command is given. Adds the line to `ncbook/results.py`. Raises
    ValueError for a name that is taken or is no Python name, a part that the book has not, or a root that is no
    checkout; nothing is written then.
    """
    root = Path.cwd() if root is None else as_path("root", root)
    _require(name, part, root)
    words = {"name": name, "cell": name.replace("_", "-"), "part": part, "version": __version__}
    words["title"] = name.replace("_", " ").capitalize()
    written = [_write(root / Template(path).substitute(words), _filled(file, words)) for file, path in _FILES.items()]
    written.append(_write(root / "book" / part / f"{name}.ipynb", _chapter(words)))
    _register(root / "ncbook" / "results.py", name, part)
    return written


def _require(name: str, part: str, root: Path) -> None:
    if not (root / "ncbook" / "results.py").is_file():
        raise ValueError(f"root: {root} is no checkout of the repository; give the command in its top folder")
    if not name.isidentifier() or iskeyword(name) or name != name.lower():
        raise ValueError(f"name: expected a Python name in small letters such as class_imbalance, got {name!r}")
    if name in RESULTS or (root / "ncbook" / "readings" / f"{name}.py").exists():
        raise ValueError(f"name: {name!r} is taken; choose another")
    parts = sorted(path.name for path in (root / "book").iterdir() if path.name[:1].isdigit())
    if part not in parts:
        raise ValueError(f"part: the book has no folder {part!r}; there are {', '.join(parts)}")


def _filled(template: str, words: dict[str, str]) -> str:
    return Template((_TEMPLATES / template).read_text(encoding="utf-8")).substitute(words)


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def _register(path: Path, name: str, part: str) -> None:
    """After the last result of its part, which is the order of the book."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    line = f'    "{name}": "{part}/{name}",\n'
    same = [at for at, each in enumerate(lines) if f'"{part}/' in each]
    end = same[-1] if same else max(at for at, each in enumerate(lines) if '": "' in each)
    path.write_text("".join([*lines[: end + 1], line, *lines[end + 1 :]]), encoding="utf-8")


def _chapter(words: dict[str, str]) -> str:
    """A notebook from `chapter.txt`: cells, told apart by lines `%% kind id`, and `checked` for those that are."""
    cells = []
    for block in _filled("chapter.txt", words).split("%% ")[1:]:
        head, _, source = block.partition("\n")
        kind, cell_id, *checked = head.split()
        cell: dict[str, Any] = {
            "cell_type": kind,
            "id": cell_id,
            "metadata": {},
            "source": source.strip().splitlines(keepends=True),
        }
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
            if checked:
                cell["metadata"] = {"tags": ["nbval-check-output"]}
            if cell_id.startswith("fig-"):
                cell["metadata"] = {"mystnb": {"image": {"alt": "TODO: what the figure shows, in a sentence."}}}
        cells.append(cell)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    about = {"kernelspec": kernel, "language_info": {"name": "python"}}
    whole = {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
