"""`python -m ncbook new`: what it lays out works as it is, and says what is left to be written."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ncbook import scaffold

ROOT = Path(__file__).parents[1]
NAME, PART = "class_imbalance", "1-collapse"
LAID_OUT = {
    f"ncbook/experiments/{NAME}.py", f"ncbook/experiments/{NAME}.ini",
    f"ncbook/readings/{NAME}.py", f"ncbook/figures/{NAME}.py",
    f"ncbook/explorables/{NAME}.py", f"ncbook/exercises/{NAME}.py", f"tests/pictures/{NAME}.py",
    f"tests/test_experiment_{NAME}.py", f"book/{PART}/{NAME}.ipynb",
}  # fmt: skip


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A copy of the package, the book's folders and the tests, with a result laid out in it."""
    root = tmp_path_factory.mktemp("checkout")
    # with what is compiled, for that takes seconds, but for what another worker is about to rename
    shutil.copytree(ROOT / "ncbook", root / "ncbook", ignore=shutil.ignore_patterns("*.pyc.*"))
    shutil.copytree(ROOT / "tests" / "pictures", root / "tests" / "pictures")
    shutil.copy(ROOT / "tests" / "test_pictures.py", root / "tests")
    for part in (ROOT / "book").iterdir():
        if part.is_dir():
            (root / "book" / part.name).mkdir(parents=True)
    done = run(root, "-m", "ncbook", "new", NAME, "--part", PART)
    assert done.returncode == 0, done.stderr
    assert {str(Path(line).relative_to(root)) for line in done.stdout.splitlines()[:-1]} == LAID_OUT
    return root


# Both in one process, as each would take seconds to import torch. An exit code of its own tells a failed record.
RECORD_AND_TEST = f"""
import sys
import pytest
from ncbook.__main__ import main
sys.exit(9 if main(["record", "{NAME}"]) else pytest.main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def tried(checkout) -> subprocess.CompletedProcess:
    """The run is recorded, then the picture and the test of the new result are tried."""
    files = ("tests/test_pictures.py", f"tests/test_experiment_{NAME}.py")
    return run(checkout, "-c", RECORD_AND_TEST, "-v", *files, "-k", NAME, "-p", "no:cacheprovider")


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONPATH": str(root), "NCBOOK_CACHE": str(root / "cache")}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # they take seconds to import, and those tests need none
    return subprocess.run([sys.executable, *arguments], cwd=root, env=environment, capture_output=True, text=True)


def test_one_line_is_added_after_the_last_result_of_the_part(checkout):
    before = (ROOT / "ncbook" / "results.py").read_text().splitlines()
    after = (checkout / "ncbook" / "results.py").read_text().splitlines()
    (added,) = [place for place, line in enumerate(after) if line not in before]
    assert after[added] == f'    "{NAME}": "{PART}/{NAME}",'
    assert '"1-collapse/' in after[added - 1]
    assert '"2-generalization/' in after[added + 1]


def test_at_most_nine_files():
    assert len(LAID_OUT) <= 9


def test_it_trains_and_its_figure_shows_what_it_says(tried):
    assert "recorded in " in tried.stdout, tried.stderr
    lines = [line for line in tried.stdout.splitlines() if line.startswith("tests/test_pictures.py::")]
    assert any("test_a_figure_shows_what_it_says" in line for line in lines), tried.stdout
    assert all(" PASSED" in line for line in lines), tried.stdout


def test_its_test_says_what_is_to_be_written(tried):
    assert tried.returncode == 1, tried.stdout
    for words in ("test_nothing_is_left_to_be_written", "TODO: the claim in our words", "TODO: the question"):
        assert words in tried.stdout
    failed = tried.stdout.split("short test summary")[1]
    assert "test_the_rule" not in failed
    assert "test_pictures" not in failed


def test_the_chapter_is_a_notebook(checkout, monkeypatch):
    monkeypatch.setitem(sys.modules, "rfc3987_syntax", None)  # seconds, for addresses that no notebook's schema has
    import nbformat  # which takes long without that, too

    notebook = nbformat.read(checkout / "book" / PART / f"{NAME}.ipynb", as_version=4)
    nbformat.validate(notebook)
    cells = {cell.id: cell for cell in notebook.cells}
    assert set(cells) >= {"setup", "fig-class-imbalance", "numbers", "explorable", "exercise-fall"}
    assert [name for name, cell in cells.items() if "nbval-check-output" in cell.metadata.get("tags", [])] == [
        "numbers"
    ]


def test_it_keeps_the_rules_of_style(checkout):
    shutil.copy(ROOT / "pyproject.toml", checkout)
    done = run(checkout, "-m", "ruff", "check", *sorted(each for each in LAID_OUT if not each.endswith(".ini")))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "part", "message"),
    [
        ("collapse", PART, "name: 'collapse' is taken"), (NAME, PART, "is taken"),
        ("Two Words", PART, "name: expected a Python name in small letters"), ("class", PART, "expected a Python name"),
        ("new_one", "9-nowhere", "part: the book has no folder '9-nowhere'; there are 1-collapse, 2-generalization"),
    ],
)  # fmt: skip
def test_what_cannot_be_laid_out_is_refused(checkout, name, part, message):
    before = sorted(checkout.rglob("*.py"))
    with pytest.raises(ValueError, match=message):
        scaffold.lay_out(name, part, checkout)
    assert sorted(checkout.rglob("*.py")) == before


def test_another_folder_is_no_checkout(tmp_path):
    with pytest.raises(ValueError, match="is no checkout"):
        scaffold.lay_out("new_one", PART, tmp_path)
