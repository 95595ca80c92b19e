"""What stands in the way of those who read a page by keyboard or by ear is mended while the page is made."""

import keyboard

FOLD = '<details><summary aria-label="Toggle hidden content"><p>Show the code</p></summary></details>'
SOURCES = '<div role="list" class="citation-list"><div class="citation" id="id1" role="doc-biblioentry">A</div></div>'
FIGURE = '<div class="nc-explorable nc-still" id="nc-{}" role="group" aria-label="A figure"></div>'
PART = '<ul><li><a href="part.html">1. A &amp; B</a><details open=""><summary><i></i></summary>{}</details></li></ul>'


def mended(**context):
    context = {"generate_toctree_html": lambda **options: PART.format(options), **context}
    keyboard.mend(None, "page", "page.html", context, None)
    return context


def test_names_that_hide_the_words_of_a_page_are_left_out():
    assert mended(body=FOLD)["body"] == "<details><summary><p>Show the code</p></summary></details>"


def test_roles_that_have_no_meaning_are_left_out():
    body = mended(body=SOURCES + '<ul role="list"></ul>')["body"]
    assert body == '<div class="citation-list"><div class="citation" id="id1">A</div></div><ul role="list"></ul>'


def test_the_templates_know_the_first_figure_that_moves():
    assert mended(body=FIGURE.format("a1") + FIGURE.format("b2"))["first_figure"] == "nc-a1"
    assert mended(body="<p>nc-explorable</p>")["first_figure"] is None
    assert mended()["first_figure"] is None


def test_a_button_that_folds_a_part_says_which():
    chapters = mended()["generate_toctree_html"](depth=2)
    assert '<summary aria-label="Chapters of 1. A &amp; B">' in chapters
    assert "{'depth': 2}" in chapters
