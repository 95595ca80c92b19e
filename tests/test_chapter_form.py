"""Chapters read like a book: length, boxes, captions, hidden formatting, an exercise to write."""

import re
from collections import Counter

import boxes as box_kinds
import chapter_form as form
import notebooks
import pytest
from test_prose import QUANTITY

CHAPTERS = {path.stem: notebooks.read(path) for path in notebooks.chapters()}


def each(names):
    return pytest.mark.parametrize("chapter", [CHAPTERS[name] for name in names], ids=names)


@each(list(CHAPTERS))
def test_every_figure_has_a_caption_and_a_name(chapter):
    for cell in form.code(chapter):
        if form.FIGURE.search(cell.source):
            figure = cell.metadata.mystnb.get("figure", {})
            assert figure.get("caption"), f"{cell.id}: say what the figure shows, as mystnb.figure.caption"
            assert figure.name == cell.id
            places = re.findall(r"\b(?:[Ll]eft|[Rr]ight)(?: panel)?\b(?! of)", figure.caption)
            assert not places, f"{cell.id}: panels stand under each other on a phone; say First panel, Second panel"


def test_the_name_of_a_figure_is_that_of_no_other():
    names = Counter(
        cell.metadata.mystnb.figure.name
        for chapter in CHAPTERS.values()
        for cell in form.code(chapter)
        if cell.metadata.get("mystnb", {}).get("figure")
    )
    assert [name for name, count in names.items() if count > 1] == []


@each(form.IN_FORM)
def test_a_chapter_is_short_enough(chapter):
    assert form.words(chapter) <= form.MOST_WORDS


@each(form.IN_FORM)
def test_no_visible_cell_only_formats(chapter):
    exercises = re.compile(r"exercises\.check")
    shown = [
        cell.id
        for cell in form.code(chapter)
        if not form.is_hidden(cell) and not exercises.search(cell.source)
        if form.SHOWS.search(cell.source) or form.FORMATS.search(cell.source)
    ]
    assert shown == [], "tag these cells hide-input, or leave out what formats"


@each(form.IN_FORM)
def test_a_chapter_has_its_boxes_in_their_places(chapter):
    found = form.boxes(chapter)
    counts = Counter(word for _, word in found)
    assert set(counts) <= set(box_kinds.KINDS), counts
    assert counts["Before you start"] == counts["What we know now"] == 1
    assert counts["Predict"] >= 2, "ask twice before you show"
    places = {word: place / len(chapter.cells) for place, word in found}
    assert places["Before you start"] < 0.2
    assert places["What we know now"] > 0.8


@each(form.IN_FORM)
def test_what_we_know_is_said_without_counts_and_leads_on(chapter):
    (text,) = (cell.source for cell in form.prose(chapter) if "**What we know now" in cell.source)
    known = " ".join(line[2:] for line in text.splitlines() if line.startswith(">"))
    assert QUANTITY.findall(known) == []
    assert "*Open" in known
    assert re.search(r"Next: .*\[.+\]\(.+\)", known), "end with: Next: [title](file.ipynb)."


@each(form.IN_FORM)
def test_a_function_is_to_be_written(chapter):
    assert any("exercises.check_function(" in cell.source for cell in form.code(chapter))


@each(form.IN_FORM)
def test_every_explorable_is_met_early_or_linked_from_there(chapter):
    half = len(chapter.cells) // 2
    early = "\n".join(cell.source for cell in chapter.cells[:half])
    late = "\n".join(cell.source for cell in form.code(notebooks.Node(cells=chapter.cells[half:])))
    assert [name for name in re.findall(r"explorables\.(\w+)\(", late) if f"#nc-{name}:" not in early] == []


@pytest.mark.parametrize(
    ("source", "hidden"),
    [
        ("figures.collapse(run)", True),
        ("for seed in seeds:\n    print(seed)", True),
        ('print(f"{x:<8.2f}")', True),
        ("tables.Table(frame)", True),
        ("nc1 = metrics.nc1(features, labels)\nprint(nc1)", False),
        ("def my_nc1(features):\n    return 0", False),
    ],
)
def test_the_control_what_formats_is_recognized(source, hidden):
    assert bool(form.SHOWS.search(source) or form.FORMATS.search(source)) == hidden
