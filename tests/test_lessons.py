"""The lesson plans of all chapters have one form, fill 90 minutes, and name what is there."""

import re
from pathlib import Path

import pytest
from classroom.lessons import LAB, OUTCOME, TABLE, rendered, sections
from notebooks import BOOK, chapters

from ncbook import labs
from ncbook.results import HOWTO

FOLDER = BOOK / "teaching" / "lessons"
NAMES = sorted({path.stem for path in chapters()} - set(HOWTO))  # pages on how to use the package are no lessons
PARTS = ["Aims", "Plan", "Predict", LAB, "Ask", "Misunderstandings", "Without a network, without a GPU"]
FEWEST = {"Aims": 3, "Predict": 1, "Ask": 4, "Misunderstandings": 3}
MINUTES = 90
every = pytest.mark.parametrize("name", NAMES)


def lesson(name: str) -> dict[str, str]:
    return sections((FOLDER / f"{name}.md").read_text(encoding="utf-8"), 2)


def rows(table: str) -> list[list[str]]:
    """The cells of a table's rows below its heading."""
    return [[cell.get_text() for cell in row.find_all("td")] for row in rendered(table).select("tbody tr")]


def test_every_chapter_has_a_lesson_and_every_lesson_a_chapter():
    assert sorted(path.stem for path in FOLDER.glob("*.md")) == NAMES


@every
def test_a_lesson_has_all_its_parts(name):
    parts = lesson(name)
    assert [part for part in parts if part] == PARTS
    for part, fewest in FEWEST.items():
        assert len(re.findall(r"^- ", parts[part], re.M)) >= fewest, part
    lab = sections(parts[LAB], 3)
    assert list(lab) == ["", TABLE, OUTCOME]
    assert 3 <= len(re.findall(r"^\d\. ", lab[""], re.M)) <= 5
    assert 3 <= len(rows(lab[TABLE])) <= 12


@every
def test_a_lesson_fills_the_session(name):
    assert sum(int(row[0]) for row in rows(lesson(name)["Plan"])) == MINUTES


def test_the_course_of_one_session_fills_it():
    course = (BOOK / "teaching" / "course-module.md").read_text(encoding="utf-8")
    assert sum(int(row[0]) for row in rows(sections(course, 2)["One session"])) == MINUTES


@every
def test_links_of_a_lesson_lead_somewhere(name):
    for target in re.findall(r"\]\((?!http)([^)#]*)", (FOLDER / f"{name}.md").read_text(encoding="utf-8")):
        assert not target or (FOLDER / target).exists(), target


@every
def test_every_lesson_is_on_a_page_of_lessons(name):
    pages = Path(FOLDER).parent.glob("lessons-*.md")
    assert sum(f"lessons/{name}.md\n" in page.read_text(encoding="utf-8") for page in pages) == 1


@pytest.mark.parametrize("name", sorted(labs.OFFERS))
def test_the_lesson_of_a_lab_names_settings_that_it_has(name):
    plan = labs.OFFERS[name].plan
    text = sections(lesson(Path(plan.chapter).name)[LAB], 3)[""].lower()
    assert any(setting.label.lower() in text for setting in plan.settings)
