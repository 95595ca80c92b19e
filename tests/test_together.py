"""What belongs together stays on one line of a page."""

import pytest
import together
from docutils import nodes

SPACE = "\N{NO-BREAK SPACE}"


def kept(*children: nodes.Node) -> nodes.paragraph:
    document = nodes.document("", "")
    document += nodes.paragraph("", "", *children)
    together.keep(None, document, "page")
    return document[0]


def tied(paragraph: nodes.paragraph) -> list[str]:
    return [each.astext() for each in paragraph.findall(nodes.inline) if each["classes"] == ["together"]]


@pytest.mark.parametrize(
    ("before", "after", "held"),
    [
        ("with ", ", and then", "x,"),
        ("with (", ") and", "(x)"),
        ("the ", "-th class", "x-th"),
        ("", ".", "x."),
        ("(", " is", "(x"),
    ],
)
def test_a_formula_stays_with_what_touches_it(before, after, held):
    paragraph = kept(nodes.Text(before), nodes.math("x", "x"), nodes.Text(after))
    assert tied(paragraph) == [held]
    assert paragraph.astext() == f"{before}x{after}"


def test_a_formula_that_nothing_touches_stays_as_it_is():
    paragraph = kept(nodes.Text("of "), nodes.math("x", "x"), nodes.Text(" and "), nodes.math("y", "y"))
    assert tied(paragraph) == []
    assert [type(each) for each in paragraph.children] == [nodes.Text, nodes.math, nodes.Text, nodes.math]


def test_two_formulas_in_a_row_keep_their_order():
    paragraph = kept(
        nodes.math("x", "x"), nodes.Text(", "), nodes.math("y", "y"), nodes.Text("; "), nodes.strong("", "z")
    )
    assert tied(paragraph) == ["x,", "y;"]
    assert paragraph.astext() == "x, y; z"


def test_a_percent_sign_stays_with_its_number():
    assert kept(nodes.Text("7.5 % of 5 % and a % b")).astext() == f"7.5{SPACE}% of 5{SPACE}% and a % b"


def test_code_stays_as_it_is():
    assert kept(nodes.literal("", "3 % 2")).astext() == "3 % 2"
