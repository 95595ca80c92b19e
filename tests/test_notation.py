"""A letter means one thing: the source of the notation, its page, and the formulas of the chapters."""

import chapter_form as form
import notation
import notebooks
import pytest
from letters import formulas, letters

SOURCE = notation.read()


def used(chapter: str, source) -> set[str]:
    declared = {*notation.of_the_book(source), *notation.of_chapter(source, chapter)}
    notebook = notebooks.read(notebooks.BOOK / f"{notation.CHAPTERS[chapter]}.ipynb")
    return {letter for formula in formulas(notebook) for letter in letters(formula, declared)}


def test_the_page_is_that_of_its_source():
    page = (notebooks.BOOK / "notation.md").read_text(encoding="utf-8")
    assert page == notation.page(SOURCE), "make ledger"


def test_no_letter_of_the_book_has_two_meanings():
    assert notation.twice(notation.of_the_book(SOURCE)) == set()


@pytest.mark.parametrize("chapter", notation.CHAPTERS)
def test_no_letter_of_a_chapter_has_two_meanings(chapter):
    assert notation.twice(notation.of_chapter(SOURCE, chapter)) == set()


def test_every_row_names_chapters_that_there_are():
    assert {chapter for row in SOURCE["single"] for chapter in row["chapters"]} <= set(notation.CHAPTERS)


def test_a_letter_of_the_book_means_the_same_in_every_chapter():
    assert notation.clashes(SOURCE) == set(), "rename the letter in the chapter"


@pytest.mark.parametrize("chapter", form.IN_FORM)
def test_every_letter_of_a_chapter_is_defined(chapter):
    defined = {*notation.of_the_book(SOURCE), *notation.of_chapter(SOURCE, chapter)}
    assert used(chapter, SOURCE) - defined == set(), "define them in book/notation.yml, then make ledger"


@pytest.mark.parametrize("chapter", form.IN_FORM)
def test_every_letter_that_is_a_chapters_own_is_used_there(chapter):
    assert set(notation.of_chapter(SOURCE, chapter)) - used(chapter, SOURCE) == set()


@pytest.mark.parametrize(
    ("formula", "found"),
    [
        (r"\operatorname{tr}(\Sigma_W \Sigma_{B}^{\dagger}) / K", {r"\Sigma_W", r"\Sigma_B", "K"}),
        (r"\bar{\mu}_{k} = \mu_k - \mu_G", {r"\bar\mu", r"\mu", r"\mu_G", "k"}),
        (r"\bar \mu _k^\top h_{k,i}", {r"\bar\mu", "h", "k", "i"}),
        (r"\tfrac{1}{K} \mathbf{1}\mathbf 1^\top \text{ if } \mathbb{R}^d", {"K", r"\mathbf 1", r"\mathbb R", "d"}),
        (r"M^{\star\top} M^\star + M", {r"M^\star", "M"}),
        (r"\lambda_W \lVert W \rVert_F^2 + \lambda_H", {r"\lambda_W", "W", r"\lambda", "H"}),
        (r"\max_j \log \mathrm{CE}(z_j), \dots \le \infty", {"z", "j"}),
        (r"\hat q_{k,i} \, \widehat{V}", {r"\hat q", "k", "i", "V"}),
    ],
)
def test_letters_are_read_from_tex(formula, found):
    declared = [r"\Sigma_W", r"\Sigma_B", r"\bar\mu", r"\mu", r"\mu_G", r"\mathbf 1", r"M^\star", r"\lambda_W"]
    assert letters(formula, declared) == found


def made_up(book=(), single=()):
    rows = [{"letters": list(each), "chapters": chapters, "meaning": ""} for each, chapters in single]
    return {
        "indices": ["k"], "constants": ["e"], "book": [{"letters": list(each), "meaning": ""} for each in book],
        "single": rows,
    }  # fmt: skip


def test_the_control_two_meanings_are_found():
    assert notation.twice(notation.of_the_book(made_up(["Kd", "n"]))) == set()
    assert notation.twice(notation.of_the_book(made_up(["Kd", "d"]))) == {"d"}
    assert notation.twice(notation.of_the_book(made_up(["Ke"]))) == {"e"}
    twofold = made_up(single=[("ab", ["bound"]), ("b", ["bound", "margins"])])
    assert notation.twice(notation.of_chapter(twofold, "bound")) == {"b"}
    assert notation.twice(notation.of_chapter(twofold, "margins")) == set()


def test_the_control_a_letter_of_the_book_in_a_chapter_is_found():
    source = made_up(["Kd"], [("ad", ["bound", "margins"]), ("k", ["transfer"])])
    assert notation.clashes(source) == {("bound", "d"), ("margins", "d"), ("transfer", "k")}


def test_the_control_a_letter_that_nobody_defined_is_found():
    without = {**SOURCE, "book": [row for row in SOURCE["book"] if row["letters"] != ["K"]]}
    assert used("bound", without) - {*notation.of_the_book(without), *notation.of_chapter(without, "bound")} == {"K"}
