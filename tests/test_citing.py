"""How to cite: CITATION.cff, the BibTeX of the page on citing, the package and the changelog say the same."""

import datetime
import re
import shutil
import sys
from pathlib import Path

import pytest
import release
import yaml
from pybtex.database import parse_string

import ncbook

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def citation(root: Path = ROOT) -> dict:
    return yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))


def bibtex(page: str, root: Path = ROOT) -> dict[str, str]:
    (block,) = re.findall(r"```bibtex\n(.*?)```", (root / "book" / page).read_text(encoding="utf-8"), re.DOTALL)
    ((_, entry),) = parse_string(block, "bibtex").entries.items()
    fields = {name: " ".join(value.split()) for name, value in entry.fields.items()}
    return fields | {"author": str(*entry.persons["author"]).strip("{}")}


def test_the_citation_file_agrees_with_the_package():
    found = citation()
    assert found["cff-version"] == "1.2.0"
    assert found["type"] == "software"
    assert found["message"]
    assert found["version"] == ncbook.__version__
    assert found["title"].startswith(f"{PROJECT['name']}: ")
    assert found["repository-code"] == PROJECT["urls"]["Repository"]
    assert [each["name"] for each in found["authors"]] == [each["name"] for each in PROJECT["authors"]]
    assert found["license"] in PROJECT["license"].split(" AND ")


def test_the_date_of_the_release_is_that_of_the_changelog():
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    (day,) = re.findall(rf"^## {re.escape(ncbook.__version__)}, (\S+)$", changes, re.MULTILINE)
    assert citation()["date-released"] == datetime.date.fromisoformat(day)


def agree(entry: dict[str, str], cff: dict) -> None:
    assert entry["title"] == cff["title"]
    assert [entry["author"]] == [each["name"] for each in cff["authors"]]
    assert entry["version"] == cff["version"]
    assert entry["year"] == str(cff["date-released"].year)
    assert entry["url"] == cff["repository-code"]


def test_the_bibtex_entry_agrees_with_the_citation_file():
    agree(bibtex("citing.md"), citation())


def test_the_front_page_shows_the_same_entry():
    assert bibtex("welcome.md") == bibtex("citing.md")


def test_a_release_changes_both(tmp_path):
    for name in ("ncbook/__init__.py", "CITATION.cff", "CHANGELOG.md", "book/citing.md", "book/welcome.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    release.change("9.8.7", tmp_path)
    assert citation(tmp_path)["version"] == "9.8.7"
    assert citation(tmp_path)["date-released"] == datetime.date.today()
    agree(bibtex("citing.md", tmp_path), citation(tmp_path))
    assert bibtex("welcome.md", tmp_path) == bibtex("citing.md", tmp_path)
    assert ncbook.__version__ not in (tmp_path / "book" / "citing.md").read_text(encoding="utf-8")
