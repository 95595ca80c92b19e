"""Quotations become boxes, and links to figures get their numbers."""

from types import SimpleNamespace

import boxes
import figure_numbers
import pytest
from docutils import nodes


def quotation(*children: nodes.Node) -> nodes.document:
    document = nodes.document("", "")
    document += nodes.block_quote("", *children)
    return document


def paragraph(*words: nodes.Node | str) -> nodes.paragraph:
    return nodes.paragraph("", "", *(nodes.Text(word) if isinstance(word, str) else word for word in words))


@pytest.mark.parametrize("kind", boxes.KINDS)
def test_a_quotation_that_begins_with_its_word_is_a_box(kind):
    document = quotation(paragraph("", nodes.strong("", f"{kind}."), " Which is higher?"), paragraph("And why?"))
    boxes.make_boxes(None, document)
    (box,) = document.children
    assert isinstance(box, nodes.admonition)
    assert box["classes"] == ["box", boxes.KINDS[kind]]
    assert [child.astext().strip() for child in box.children] == [kind, "Which is higher?", "And why?"]


def test_a_word_that_stands_alone_is_the_title_alone():
    document = quotation(paragraph(nodes.strong("", "Definition.")), paragraph("A mean."))
    boxes.make_boxes(None, document)
    assert [child.astext() for child in document[0].children] == ["Definition", "A mean."]


@pytest.mark.parametrize("first", [nodes.strong("", "Note."), nodes.emphasis("", "Predict."), "Predict."])
def test_other_quotations_stay_quotations(first):
    document = quotation(paragraph(first, " More."))
    boxes.make_boxes(None, document)
    assert isinstance(document[0], nodes.block_quote)


def test_a_link_to_a_figure_is_shown_with_its_number():
    document = nodes.document("", "")
    here = nodes.reference("", "Figure", refid="fig-a")
    there = nodes.reference("", "Figure", refuri="other.html#fig-b")
    words, unknown = nodes.reference("", "the figure", refid="fig-a"), nodes.reference("", "Figure", refid="fig-c")
    document += paragraph(here, there, words, unknown)
    numbers = {"one": {"figure": {"fig-a": (1, 2, 3)}}, "other": {"figure": {"fig-b": (4, 1, 1)}}}
    figure_numbers.number(SimpleNamespace(env=SimpleNamespace(toc_fignumbers=numbers)), document, "one")
    assert [each.astext() for each in (here, there, words, unknown)] == [
        "Fig. 1.2.3",
        "Fig. 4.1.1",
        "the figure",
        "Figure",
    ]
