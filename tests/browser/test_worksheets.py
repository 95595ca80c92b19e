"""Worksheets of two labs as PDF files: one page each, nothing cut, letters of 10 points or more, black on white."""

import handouts
import pypdf
import pytest
from classroom import sheet
from lessons import LESSON
from printing import printer

from ncbook import labs

PLANS = [labs.collapse.plan, labs.grokking.plan]
TITLES = {plan.chapter: f"The chapter of {plan.name}" for plan in PLANS}
SMALLEST = 10 * 96 / 72  # pixels of CSS in 10 points
ROOM = 13 * 96 / 25.4  # and in 13 millimeters, of which "0.0023" takes most by hand
_TEXTS = """[...document.querySelectorAll("body *:not(mjx-container *)")].filter((each) =>
  each.matches("mjx-container") ||
  [...each.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()))"""


@pytest.fixture(scope="module")
def plans(tmp_path_factory):
    """A folder of lesson plans."""
    folder = tmp_path_factory.mktemp("lessons")
    for plan in PLANS:
        (folder / f"{plan.name}.md").write_text(LESSON, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def made(chromium, plans, tmp_path_factory):
    folder = tmp_path_factory.mktemp("worksheets")
    assert handouts.write_worksheets(chromium, PLANS, TITLES, folder, plans) == []
    return folder


def texts(file):
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(file).pages]


def test_a_worksheet_is_one_page_and_the_teachers_has_one_more_and_one_file_has_all(made):
    assert {file.stem: len(texts(file)) for file in made.iterdir()} == {
        "collapse": 1, "grokking": 1, "all": 2, "collapse-teacher": 2, "grokking-teacher": 2, "all-teacher": 4
    }  # fmt: skip


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_all_of_it_is_on_the_page_and_what_comes_out_is_not(made, plan):
    (text,) = texts(made / f"{plan.name}.pdf")
    told = ["Names", "Date", TITLES[plan.chapter], "compare two seeds with two settings.", "another seed"]
    told += [f"{setting.label} " for setting in plan.settings]
    assert [each for each in told if each not in text] == []
    assert "frac" not in text  # formulas are set
    assert "forty-two" not in text
    assert "forty-two times as high" in texts(made / f"{plan.name}-teacher.pdf")[1]


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_letters_are_large_and_black_and_no_line_is_wider_than_the_page(chromium, tmp_path, plan):
    file = tmp_path / "sheet.html"
    file.write_text(sheet.page("A", plan, LESSON, teacher=True), encoding="utf-8")
    with printer.opened(chromium, file, "print") as page:
        styles = page.evaluate(
            f"{_TEXTS}.map((each) => [parseFloat(getComputedStyle(each).fontSize), getComputedStyle(each).color])"
        )
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
    assert min(size for size, _ in styles) >= SMALLEST - 0.01
    assert {color for _, color in styles} == {"rgb(0, 0, 0)"}


def test_every_column_to_write_in_has_room_for_a_number(chromium, tmp_path):
    plan = labs.unconstrained.plan  # with ten columns, one of which has a single letter for its title
    file = tmp_path / "sheet.html"
    file.write_text(
        sheet.page("A", plan, (handouts.LESSONS / "unconstrained.md").read_text(encoding="utf-8"), teacher=False)
    )
    with printer.opened(chromium, file, "print") as page:
        widths = page.evaluate(
            "[...document.querySelectorAll('table:not(.settings) th + th')].map((it) => it.offsetWidth)"
        )
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
    assert len(widths) == 9
    assert min(widths) >= ROOM


def test_a_lab_that_takes_more_than_a_page_is_told(chromium, plans, tmp_path):
    task = "3. Go back"
    long = LESSON.replace(task, "\n".join(["3. Once more, as before."] * 30 + [task]))
    (tmp_path / "collapse.md").write_text(long, encoding="utf-8")
    wrong = handouts.write_worksheets(chromium, PLANS[:1], TITLES, tmp_path / "made", tmp_path)
    assert wrong[0] == "collapse.pdf: 2 pages and not 1: shorten the lab of the lesson plan"


def test_the_worksheets_of_the_book_are_made_as_they_should_be(chromium, tmp_path):
    """For every lab whose chapter has a lesson plan."""
    plans = [offer.plan for offer in labs.OFFERS.values()]
    titles = {plan.chapter: plan.name for plan in plans}
    assert handouts.write_worksheets(chromium, plans, titles, tmp_path, handouts.LESSONS) == []
