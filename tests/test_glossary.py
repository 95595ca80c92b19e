"""Chapters link the first use of a term to the glossary, and every link leads somewhere."""

from collections import Counter

import chapter_form as form
import glossary
import notebooks
import pytest

CHAPTERS = {path.stem: notebooks.read(path) for path in notebooks.chapters()}
FEWEST = 6  # terms that a chapter links


@pytest.mark.parametrize("name", form.IN_FORM)
def test_a_chapter_links_the_first_use_of_its_terms(name):
    assert len(set(glossary.linked(CHAPTERS[name]))) >= FEWEST, "python tools/glossary.py PART/NAME"


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_link_leads_to_a_term_and_no_term_is_linked_twice(name):
    linked = Counter(glossary.linked(CHAPTERS[name]))
    assert set(linked) <= set(glossary.terms())
    assert [label for label, count in linked.items() if count > 1] == []


def test_every_term_is_linked():
    linked = {label for chapter in CHAPTERS.values() for label in glossary.linked(chapter)}
    assert set(glossary.terms()) - linked == set()


def prose(text: str) -> notebooks.Node:
    return notebooks.Node(cells=[notebooks.Node(cell_type="markdown", source=each) for each in text.split("---")])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Class means, and class means.", "[Class means](#gloss-class-mean), and class means."),
        ("A max-margin classifier.", "A [max-margin classifier](#gloss-max-margin-classifier)."),
        ("NC1---then NC1 and NC2", "[NC1](#gloss-nc1)---then NC1 and [NC2](#gloss-nc2)"),
        ("The **strict saddle** is", "The **[strict saddle](#gloss-strict-saddle)** is"),
        ("> **The margin.**\n> A *seed* is", "> **The margin.**\n> A *seed* is"),
        ("## Seeds\n`seed` $seed$ [seed](x.ipynb) <a href='#y'>seed</a>", None),
        ("$$\nseed\n$$\n<details><summary>seed</summary> seed </details>\n```\nseed\n```", None),
        ("{cite:t}`seed` seedling", None),
        ("## Exercises\n---seed", None),
        ("[seeds](#gloss-seed), and a seed", None),
    ],
)
def test_the_first_plain_use_is_linked_and_nothing_else(text, expected):
    notebook = prose(text)
    for _ in range(2):  # the second time changes nothing
        glossary.link(notebook)
        assert "---".join(cell.source for cell in notebook.cells) == (expected or text)
