"""The repository keeps its own promises: one address, notebooks in form, pages that lead somewhere."""

import re
import runpy
import shutil
import sys
from datetime import date
from itertools import accumulate
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import ncbook
from ncbook.results import CHAPTERS as BY_NAME
from ncbook.results import HOWTO

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
import address  # noqa: E402
import contents  # noqa: E402
import notebooks  # noqa: E402
import release  # noqa: E402
import sentences  # noqa: E402

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ADDRESS = PROJECT["urls"]["Repository"]
SLUG, BRANCH = address.address()
CHAPTERS = notebooks.chapters()


TEXTS = address.text_files()


def copy_to(folder: Path) -> None:
    for path in TEXTS:
        copy = folder / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)


def test_every_copy_of_the_repository_address_agrees():
    pattern = re.compile(r"github\.com/(?:github/)?([\w.-]+/ncbook)\b|colab\S*/github/([\w.-]+/[\w.-]+)")
    found = {match: path for path in TEXTS for match in pattern.findall(path.read_text())}
    slugs = {slug for pair in found for slug in pair if slug}
    assert slugs == {SLUG}, f"make address brings these files in agreement: {found}"
    assert f"https://github.com/{SLUG}" == ADDRESS


def test_a_fork_changes_its_address_everywhere_with_one_command(tmp_path):
    copy_to(tmp_path)
    changed = address.change("https://github.com/jane/nc-course.git", "spring", tmp_path)
    assert address.address(tmp_path) == ("jane/nc-course", "spring")
    assert len(changed) > len(CHAPTERS)
    site = yaml.safe_load((tmp_path / "_config.yml").read_text())["html"]["baseurl"]
    assert site.removeprefix("https://").split("/") == ["jane.github.io", "nc-course", ""]
    text = "\n".join(path.read_text() for path in address.text_files(tmp_path))
    assert not re.search(rf"{SLUG}(?![\w.-])|nc-course/(blob|tree|raw)/(?!spring)", text)
    assert yaml.safe_load((tmp_path / ".github/workflows/pages.yml").read_text())[True]["push"]["branches"] == [
        "spring"
    ]
    assert address.site(SLUG) not in text  # that of the built book
    back = address.change(ADDRESS, BRANCH, tmp_path)
    assert back == changed
    assert all((tmp_path / path.relative_to(ROOT)).read_text() == path.read_text() for path in TEXTS)


def test_the_version_stands_in_one_place_and_what_names_it_agrees(tmp_path):
    assert release.version() == ncbook.__version__
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == ncbook.__version__
    assert f"## {ncbook.__version__}" in (ROOT / "CHANGELOG.md").read_text()
    copy_to(tmp_path)
    changed = {path.relative_to(tmp_path) for path in release.change("9.8.7", tmp_path)}
    assert changed >= {path.relative_to(ROOT) for path in CHAPTERS}
    assert release.version(tmp_path) == "9.8.7"
    assert "## Unreleased\n\n## 9.8.7, 20" in (tmp_path / "CHANGELOG.md").read_text()
    assert f"version = {{9.8.7}},\n  year    = {{{date.today().year}}}" in (tmp_path / "book/welcome.md").read_text()
    left = [path for path in address.text_files(tmp_path) if f"v{ncbook.__version__}" in path.read_text()]
    assert left == []


@pytest.mark.parametrize("version", ["", "v1.2.3", "1.2"])
def test_what_is_no_version_is_refused(version, tmp_path):
    with pytest.raises(SystemExit, match=r"1\.2\.3"):
        release.change(version, tmp_path)


@pytest.mark.parametrize("url", ["https://gitlab.com/jane/nc-course", "nc-course", ""])
def test_an_address_that_colab_cannot_open_is_refused(url, tmp_path):
    shutil.copy(ROOT / "_config.yml", tmp_path)
    with pytest.raises(SystemExit, match="OWNER/NAME"):
        address.change(url, "main", tmp_path)


def test_colab_links_name_files_that_exist():
    pattern = re.compile(rf"colab\.research\.google\.com/github/{SLUG}/blob/{BRANCH}/([\w./-]+\.ipynb)")
    named = {name for path in TEXTS for name in pattern.findall(path.read_text())}
    assert named
    missing = [name for name in named if not (ROOT / name).is_file()]
    assert not missing, f"links to chapters that are gone: {missing}"


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_notebooks_are_in_the_form_that_git_keeps(path):
    chapter = path.relative_to(notebooks.BOOK).with_suffix("")
    assert notebooks.problems(notebooks.read(path)) == [], f"make notebooks CHAPTER={chapter}"


def test_a_notebook_out_of_form_is_found_out():
    output = notebooks.Node(output_type="execute_result", data={"text/plain": "1"}, metadata={}, execution_count=3)
    cell = notebooks.Node(
        cell_type="code",
        id="8f3c_x",
        source="1",
        metadata={"execution": {}},
        execution_count=3,
        outputs=[output, output],
    )
    notebook = notebooks.Node(cells=[cell], metadata={"widgets": {}})
    assert len(notebooks.problems(notebook)) == 6


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_figure_cell_has_an_alt_text(path):
    for cell in notebooks.read(path).cells:
        if cell.cell_type == "code" and re.search(r"^figures\.", cell.source, re.M):
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
            assert alt, f'{cell.id}: give the cell {{"mystnb": {{"image": {{"alt": "what is seen"}}}}}} as metadata'


SET_UP = f"""import importlib.util

if importlib.util.find_spec("ncbook") is None:
    %pip install --quiet --no-deps git+{ADDRESS}@v{ncbook.__version__}

"""


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_the_first_cell_installs_the_release_that_the_chapter_was_written_for_and_nothing_else(path):
    code = [cell.source for cell in notebooks.read(path).cells if cell.cell_type == "code"]
    every = BY_NAME | HOWTO
    name = next(name for name, chapter in every.items() if path == notebooks.BOOK / f"{chapter}.ipynb")
    assert code[0].startswith(SET_UP), f"the first cell begins with:\n{SET_UP}"
    assert code[0].endswith(f'\n\nchapters.begin("{name}", written_for="{ncbook.__version__}")')
    assert "pip install" not in "\n".join(code[1:])


def test_the_table_of_contents_follows_the_registry_of_results():
    assert contents.main("check") == 0, "make contents"
    assert {f"{chapter}.ipynb" for chapter in (BY_NAME | HOWTO).values()} == {
        str(path.relative_to(notebooks.BOOK)) for path in CHAPTERS
    }


def test_the_course_has_a_session_for_every_chapter():
    course = (notebooks.BOOK / "teaching" / "course-module.md").read_text(encoding="utf-8")
    script = "1-collapse/collapse"  # the chapter of the plan itself
    assert [each for each in BY_NAME.values() if f"(../{each}.ipynb)" not in course and each != script] == []


def test_the_page_of_columns_is_up_to_date(capsys):
    """As a script, though not in a process of its own, which would import torch anew."""
    runpy.run_path(str(ROOT / "tools" / "columns.py"), run_name="__main__")
    assert (ROOT / "book" / "columns.md").read_text(encoding="utf-8") == capsys.readouterr().out, "make ledger"


SENTENCES = {
    "One. Two.": "One.\nTwo.",
    "See e.g. Papyan et al. It is so (really). Yes": "See e.g. Papyan et al. It is so (really).\nYes",
    "1. One. Two\n2. Three": "1. One.\n   Two\n2. Three",
    "- a, i.e. b. **Bold.** {cite:t}`x. Y` says": "- a, i.e. b.\n  **Bold.**\n  {cite:t}`x. Y` says",
    "$a. B$ and `c. D` and [e. F](g.md). End": "$a. B$ and `c. D` and [e. F](g.md).\nEnd",
    "```python\nx = 1. + 2\n```\nAb. Cd": "```python\nx = 1. + 2\n```\nAb.\nCd",
    "$$\na. B\n$$": "$$\na. B\n$$",
    "| a. B | c |\n| --- | --- |\n| D. E | f |": "| a. B | c |\n| --- | --- |\n| D. E | f |",
    "> **Predict.** One. Two.\n>\n> - Ab. Cd": "> **Predict.**\n> One.\n> Two.\n>\n> - Ab.\n>   Cd",
    "# One. Two": "# One. Two",
}


@pytest.mark.parametrize("text", SENTENCES)
def test_prose_stands_one_sentence_a_line(text):
    assert sentences.one_a_line(text) == SENTENCES[text]
    assert sentences.one_a_line(SENTENCES[text]) == SENTENCES[text]


def test_citations_are_in_the_bibliography():
    keys = set(re.findall(r"^@\w+\{(\w+),", (ROOT / "book" / "references.bib").read_text(), re.M))
    pages = [*CHAPTERS, *(ROOT / "book").rglob("*.md")]
    cited = {
        key
        for page in pages
        for group in re.findall(r"\{cite:\w\}`([\w,]+)`", page.read_text())
        for key in group.split(",")
    }
    assert cited
    assert cited <= keys, f"add to book/references.bib: {cited - keys}"


def requirements(path: str) -> list[Requirement]:
    lines = (ROOT / path).read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def test_the_package_and_the_book_ask_for_the_same_ranges():
    needed = {str(Requirement(line)) for line in PROJECT["dependencies"]}
    assert needed <= {str(each) for each in requirements("requirements.txt")}


def test_the_frameworks_are_tried_with_the_ranges_of_the_extras():
    """pytorch-lightning is what lightning brings, without a second copy of it."""
    extras = {name: [Requirement(line) for line in lines] for name, lines in PROJECT["optional-dependencies"].items()}
    tried = {each.name: each.specifier for each in requirements("requirements.txt")}
    for name, (wanted,) in extras.items():
        assert wanted.specifier == tried[name if name in tried else f"pytorch-{name}"]


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13"])
def test_every_python_has_one_pin_of_all_that_make_installs_and_it_lies_in_the_range(python):
    machine = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux"}
    pins = [pin for pin in requirements("constraints.txt") if not pin.marker or pin.marker.evaluate(machine)]
    for wanted in requirements("requirements.txt"):
        (pin,) = [pin for pin in pins if canonicalize_name(pin.name) == canonicalize_name(wanted.name)]
        (version,) = [each.version for each in pin.specifier]
        assert wanted.specifier.contains(version), f"{wanted}: constraints.txt pins {pin}"


def test_readme_leads_somewhere_on_any_site_that_shows_it():
    """The index of packages shows it without the repository around it."""
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / "README.md").read_text())
    assert links
    assert [link for link in links if not link.startswith("https://")] == []
    inside = re.findall(
        rf"\]\(https://github.com/{SLUG}/(?:blob|raw)/{BRANCH}/([^)#]+)", (ROOT / "README.md").read_text()
    )
    assert [path for path in inside if not (ROOT / path).exists()] == []


def test_readme_is_short():
    lines = len((ROOT / "README.md").read_text().splitlines())
    assert lines < 120, f"{lines} lines: move what is longer to CONTRIBUTING.md or the book"


def test_the_project_speaks_of_itself_alone():
    """No path of a machine; the home folder is written with a tilde."""
    for path in TEXTS:
        found = re.search(r"(?<![\w.])/(root|home|work|tmp)/\w", path.read_text())
        assert not found, f"{path} names a folder of one machine: {found and found[0]}"


def test_what_is_measured_on_the_training_set_has_one_name():
    """As "training error": no page, table or docstring says "train error". A column's name, train_error, is code."""
    shortened = re.compile(r"\btrain (accurac|error|loss|set\b|data\b|point|image)", re.I)
    texts = [path for path in TEXTS if not path.is_relative_to(ROOT / "tests")]
    assert len(texts) > 300
    assert [str(path) for path in texts if shortened.search(path.read_text())] == []


def test_the_page_of_measures_is_complete():
    from ncbook import metrics

    listed = set(re.findall(r"`([A-Za-z]\w+)`", (ROOT / "book" / "measures.md").read_text()))
    measures = {name for name in metrics.__all__ if name != "NotFinite"}
    assert measures == listed & set(dir(metrics)), "book/measures.md lists every public metric, and no other"


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("book/webassets/*.css")) + sorted(ROOT.glob("ncbook/**/*.css")), ids=lambda path: path.name
)
def test_no_block_of_a_style_sheet_is_left_open(path):
    """Else all that follows it holds inside of it, for phones only or in the dark only."""
    depths = accumulate({"{": 1, "}": -1}.get(sign, 0) for sign in path.read_text(encoding="utf-8"))
    *before, last = depths
    assert min(before) >= 0
    assert last == 0
