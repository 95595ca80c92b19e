"""Notebooks for students hold no answer, those for instructors only right ones; worksheets say what a lab needs."""

import ast
import math
import re

import handouts
import nbformat
import notebooks
import pytest
from classroom import instructor, lessons, parts, questions, readable, sheet, student
from IPython.core.inputtransformer2 import TransformerManager
from lessons import LESSON

from ncbook import exercises, labs

PATHS = handouts.paths()
SITE = "https://example.org/book/"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def chapter(request):
    return nbformat.read(request.param, as_version=4)


@pytest.fixture
def given(chapter):
    """What a student gets of it."""
    return student.version(chapter)


def prose(notebook) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def codes(notebook) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def left_out(chapter) -> list[str]:
    """The texts of all folds that say an answer, and of the boxes that say what is known."""
    kinds = (parts.SOLUTION, parts.ANSWER, parts.RESULTS, parts.KNOWN)
    cells = [cell.source for cell in chapter.cells if cell.cell_type == "markdown"]
    return [part.text for source in cells for part in parts.of(source) if part.kind in kinds]


def exercises_of(notebook) -> str:
    """All that follows the heading of the exercises."""
    text = "\n".join(cell.source for cell in notebook.cells)
    return text.partition("## Exercises")[2]


def test_a_student_gets_no_line_of_an_answer(chapter, given):
    lines = {line.strip("> ") for text in left_out(chapter) for line in text.splitlines()}
    told = {line.strip("> ") for cell in given.cells for line in cell.source.splitlines()}
    assert [line for line in lines & told if len(line) > 12 and not line.startswith(("def ", "\\"))] == []
    assert not re.search("What we know now|What came out, in numbers|<summary>(Solution|Answer)", prose(given))
    assert "verdicts" not in "\n".join(codes(given))


def test_a_student_finds_no_number_that_is_right(chapter, given):
    told = set(NUMBER.findall(exercises_of(given)))
    for question in questions.of(chapter):
        if not question.function:
            exercise = exercises.EXERCISES[question.name]
            right = {number for number in NUMBER.findall(question.solution) if is_right(number, exercise)}
            assert right & told == set(), question.name


def is_right(number: str, exercise: exercises.Exercise) -> bool:
    """Whether it would be accepted; a number of two digits or less may stand in a question for something else."""
    return len(number) > 2 and math.isclose(float(number), exercise.answer(), rel_tol=exercise.tolerance)


def test_a_student_has_room_for_every_answer_and_no_output(chapter, given):
    places = [cell.source for cell in given.cells if cell.source == student.ANSWER]
    assert len(places) >= len(questions.of(chapter))
    assert prose(given).count(student.PREDICTION) == prose(chapter).count("> **Predict.**")
    assert given.cells[0].source == student.TOP
    assert [cell.id for cell in given.cells if cell.cell_type == "code" and cell.outputs] == []
    assert len({cell.id for cell in given.cells}) == len(given.cells)


def test_a_student_runs_the_code_of_the_chapter_and_what_is_left_out_defines_nothing(chapter, given):
    kept = codes(given)
    assert [source for source in codes(chapter) if source in kept] == kept
    for source in set(codes(chapter)) - set(kept):
        assert not defines(source)


def defines(source: str) -> bool:
    """Whether later cells may need it: a cell that only draws or prints consists of expressions."""
    return not all(isinstance(each, ast.Expr) for each in ast.parse(source).body)


def test_an_instructor_gets_solutions_that_are_right(chapter, capsys):
    """With the cells before them that define something, in order."""
    asked = {question.cell: question for question in questions.of(chapter)}
    names = {"__name__": "__main__"}
    for cell in instructor.version(chapter, None, "a second").cells:
        if cell.cell_type != "code":
            continue
        source = TransformerManager().transform_cell(cell.source)
        if defines(source):
            capsys.readouterr()
            exec(compile(source, cell.id, "exec"), names)
        if cell.id in asked:
            assert capsys.readouterr().out.startswith("Right"), asked[cell.id].name
            del asked[cell.id]
    assert asked == {}


def test_an_instructor_gets_the_lesson_first_all_folds_open_and_the_recorded_outputs(chapter):
    made = instructor.version(chapter, LESSON, "eleven seconds")
    assert "eleven seconds" in made.cells[0].source
    heads = ["# Lesson: A chapter", "## Aims", "## Plan", "## Lab", "## Ask"]
    assert [cell.source.splitlines()[0] for cell in made.cells[1:6]] == heads
    for question in questions.of(chapter):
        minutes = rf"\| {question.number}\. {re.escape(question.title)} \| \w+ \| {question.minutes} \|"
        assert re.search(minutes, made.cells[0].source)
    text = prose(made)
    for told in left_out(chapter):
        words = re.sub(r"```python\n.*?```", "", told, flags=re.DOTALL).strip()
        assert words in text
    assert not re.search(r"<summary>(Solution|Answer|What came out)", text)
    assert [each.outputs for each in made.cells if each.get("outputs")] == [
        each.outputs for each in chapter.cells if each.get("outputs")
    ]
    assert len({cell.id for cell in made.cells}) == len(made.cells)


def test_an_answer_within_a_box_comes_out_of_it():
    source = (
        "Before.\n\n> **Predict.**\n> How many?\n>\n> <details><summary>Answer</summary>\n>\n> Three\n> or four.\n>\n"
        "> </details>\n\nAfter.\n\n<details><summary>For specialists</summary>\n\nMore.\n\n</details>"
    )
    assert [(part.kind, part.text) for part in parts.of(source)] == [
        (parts.TEXT, "Before."),
        (parts.PREDICT, "> **Predict.**\n> How many?"),
        (parts.ANSWER, "Three\nor four."),
        (parts.TEXT, "After.\n\n<details><summary>For specialists</summary>\n\nMore.\n\n</details>"),
    ]


def test_an_exercise_without_its_solution_is_found_out():
    chapter = nbformat.read(PATHS[0], as_version=4)
    chapter.cells = [cell for cell in chapter.cells if cell.id != "solution-angle"]
    with pytest.raises(ValueError, match="zip"):
        questions.of(chapter)


def test_links_and_citations_can_be_read_in_a_notebook():
    text = "[a](#gloss-arm) [b](part.md) [c](../measures.md#x) [d](../1-collapse/a.ipynb#y) [e](https://e.org/a.md)"
    assert readable.with_links(text, "4-grokking", "4-grokking", SITE) == (
        f"[a]({SITE}book/glossary.html#gloss-arm) [b]({SITE}book/4-grokking/part.html) "
        f"[c]({SITE}book/measures.html#x) [d](../1-collapse/a.ipynb#y) [e](https://e.org/a.md)"
    )
    led = readable.with_links(LESSON, "teaching/lessons", "1-collapse", SITE)
    assert "(collapse.ipynb)" in led
    assert f"({SITE}book/glossary.html#gloss-arm)" in led
    citations = readable.Citations(notebooks.BOOK / "references.bib")
    assert citations.in_words("{cite:t}`gromov2023grokking` {cite:p}`papyan2020prevalence,sukenik2024low`") == (
        "Gromov (2023) (Papyan et al., 2020; Súkeník et al., 2024)"
    )


def test_every_citation_and_link_of_the_chapters_is_made_readable(given):
    citations = readable.Citations(notebooks.BOOK / "references.bib")
    text = citations.in_words(readable.with_links(prose(given), "4-grokking", "4-grokking", SITE))
    assert re.findall(r"\{cite.*|\]\((?!http)[^)]*\.md.*|\]\(#gloss.*", text) == []


@pytest.mark.parametrize("section", ["## Lab", "### Write down", "### What comes out"])
def test_a_lesson_without_what_a_worksheet_needs_is_told(section, tmp_path):
    (tmp_path / "collapse.md").write_text(LESSON.replace(section, section + " else"))
    plan = labs.collapse.plan
    (wrong,) = handouts.write_worksheets(None, [plan], {plan.chapter: "A"}, tmp_path / "made", tmp_path)
    assert f'collapse: no worksheet, because its lesson plan has no section "{section}"' in wrong


def test_a_lab_without_a_lesson_has_no_worksheet(tmp_path, capsys):
    plan = labs.collapse.plan
    assert handouts.write_worksheets(None, [plan], {plan.chapter: "A"}, tmp_path / "made", tmp_path) == []
    assert capsys.readouterr().out == "collapse: no worksheet, because 1-collapse/collapse has no lesson plan\n"
    assert lessons.read(tmp_path, plan.chapter) is None


@pytest.mark.parametrize("name", labs.OFFERS)
def test_a_worksheet_has_all_settings_and_what_comes_out_is_the_teachers_alone(name):
    plan = labs.OFFERS[name].plan
    html = sheet.page("A < B", plan, LESSON, teacher=False)
    assert "<h1>A &lt; B</h1>" in html
    for setting in plan.settings:
        assert f"<td>{setting.label}</td>" in html
    assert "Change the <strong>first setting</strong>" in html
    assert html.count("<tr>") == 1 + len(plan.settings) + 4
    assert ["forty-two" in html, "forty-two" in sheet.page("A", plan, LESSON, teacher=True)] == [False, True]


def test_a_worksheet_names_defaults_limits_and_choices():
    html = sheet.page("A", labs.collapse.plan, LESSON, teacher=False)
    for row in (
        ("Images", "digits", "What is classified: digits; glyphs"),
        ("Epochs", "60", "Passes over the training set: a whole number from 1 to 10000"),
    ):
        assert "".join(f"<td>{cell}</td>" for cell in row) in html


def test_seconds_are_those_that_were_measured():
    assert re.fullmatch(r"\d+ s \(.+\)", handouts.seconds()["1-collapse/collapse"])
