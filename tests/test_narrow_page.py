"""What is broken on a phone, and where."""

import narrow_page
import pytest
from docutils import nodes


def marked(*children: nodes.Node) -> nodes.entry:
    """A cell of a table with one paragraph."""
    document = nodes.document("", "")
    document += nodes.entry("", nodes.paragraph("", "", *children))
    narrow_page.mark(None, document, "page")
    return document[0]


def lines(code: str) -> list[str]:
    """The lines that long code may stand in."""
    (literal,) = marked(nodes.literal("", code)).findall(nodes.literal)
    assert {node.rawsource for node in literal.findall(nodes.raw)} <= {""}
    assert {node.astext() for node in literal.findall(nodes.raw)} <= {"<wbr>"}
    return "".join("\n" if isinstance(child, nodes.raw) else child.astext() for child in literal.children).split("\n")


@pytest.mark.parametrize(("code", "short"), [("learning_rate", True), ("relative_flatness", False)])
def test_code_that_a_column_on_a_phone_has_room_for_is_marked(code, short):
    (literal,) = marked(nodes.literal("", code)).findall(nodes.literal)
    assert ("short" in literal["classes"]) is short


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("readings.simplex.setting_of", ["readings.", "simplex.", "setting_", "of"]),
        ("learning_rate", ["learning_rate"]),  # is short
        ("_train_of_several", ["_train_", "of_", "several"]),
        ("metrics.simplex_etf(K, d)", ["metrics.", "simplex_", "etf(", "K, d)"]),
        ("Recipe(betas=..., eps=...)", ["Recipe(", "betas=", "..., eps=", "...)"]),
        ("RelativeFlatnessBound", ["RelativeFlatnessBound"]),
        ("ncbook.__version__", ["ncbook.", "__version__"]),
    ],
)
def test_long_code_is_broken_where_its_parts_meet(code, parts):
    assert lines(code) == parts
    assert "".join(lines(code)) == code


def test_the_longest_code_is_broken_on_a_wide_page_too():
    (literal,) = marked(nodes.literal("", "readings.information_bottleneck.digits_courses")).findall(nodes.literal)
    assert literal["classes"] == ["long"]


def test_code_of_a_sentence_is_left_alone():
    document = nodes.document("", "")
    document += nodes.paragraph("", "", nodes.literal("", "readings.simplex.setting_of"))
    narrow_page.mark(None, document, "page")
    assert [*document.findall(nodes.raw)] == []


@pytest.mark.parametrize(("text", "prose"), [("how unequal the distances from the center are", True), ("0.7", False)])
def test_cells_of_prose_are_marked(text, prose):
    assert ("prose" in marked(nodes.Text(text))["classes"]) is prose


@pytest.mark.parametrize(
    ("printed", "classes", "prose"),
    [
        ("No answer yet: put yours in place of None.", ["output", "stream"], True),
        ("layer  points\nfirst     100", ["output", "stream"], False),
        ("answer = None", [], False),
    ],
)
def test_printed_sentences_are_marked_and_columns_are_not(printed, classes, prose):
    document = nodes.document("", "")
    document += nodes.literal_block(printed, printed, classes=classes)
    narrow_page.mark(None, document, "page")
    assert ("prose" in document[0]["classes"]) is prose
