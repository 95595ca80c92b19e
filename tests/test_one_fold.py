"""Cells of folded code that show nothing are one fold where they stand together."""

import one_fold
from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode


def cell(name: str, folded: bool = True, shows: bool = False) -> nodes.container:
    """A cell as MyST-NB leaves it: its code, folded or not, and what it shows."""
    made = nodes.container(nb_element="cell_code", ids=[name])
    source = nodes.container("", nodes.literal_block(name, name), nb_element="cell_code_source")
    made += HideCodeCellNode("", source) if folded else source
    if shows:
        made += nodes.container("", nodes.literal_block("shown", "shown"), nb_element="cell_code_output")
    return made


def folds(*children: nodes.Node) -> list[tuple[list[str], str]]:
    """The ids and the code of what is left."""
    document = nodes.document("", "")
    document += [*children]
    one_fold.join(None, document, "page")
    return [(child["ids"], child.astext().replace("\n\n", " ")) for child in document.children]


def test_three_silent_cells_are_one_that_has_all_their_names():
    assert folds(cell("a"), cell("b"), cell("c")) == [(["a", "b", "c"], "a b c")]


def test_a_cell_that_shows_something_stays_by_itself():
    found = folds(cell("a"), cell("b", shows=True), cell("c"))
    assert [ids for ids, _ in found] == [["a"], ["b"], ["c"]]


def test_code_that_is_read_is_not_folded():
    assert [ids for ids, _ in folds(cell("a"), cell("b", folded=False), cell("c"))] == [["a"], ["b"], ["c"]]


def test_text_between_two_cells_keeps_them_apart():
    assert len(folds(cell("a"), nodes.paragraph("", "and"), cell("b"))) == 3
