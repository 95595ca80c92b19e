"""A small built book becomes decks of slides."""

import re

import decks
import nbformat
import notebooks
import pytest
from bs4 import BeautifulSoup
from printing.pages import Entry, Page
from slides import chapter, lessons, pieces, texts, words
from slides.slide import KINDS, Slide, thinned

PAGE = """<!doctype html><html><head></head><body><article class="bd-article"><section id="top">
<h1><span class="section-number">1.1. </span>One<a class="headerlink" href="#top">#</a></h1>{body}</section></article>
</body></html>"""
FIGURE = """<div class="cell" id="{name}"><div class="cell_output"><figure id="{name}">
<picture><source srcset="../../_images/n.webp"><img src="../../_images/{name}.webp" alt='A "line"'></picture>
<figcaption><p><span class="caption-number">Fig. 1 </span>
<span class="caption-text"><em>It falls.</em> First panel: all.</span></p>
</figcaption></figure></div></div>"""
SOME = " ".join(["word"] * 20)
MANY = " ".join(["word"] * 30)
BODY = f"""<p>It is small.
<em>Does it grow?</em>
At the end you know.</p>
<div class="cell" id="moving"><div class="nc-explorable" id="nc-1" aria-label="It moves"><input type="range">
<p class="nc-note">Recorded.</p><script>"</p>"</script></div></div>
<div class="box start admonition"><p class="admonition-title">Before you start</p><p>You need nothing.</p></div>
<section id="first"><h2>The first<a class="headerlink" href="#first">#</a></h2>
<p>Prose in front.
We count <a href="x.html">links</a>:</p>
<div class="math notranslate">\\[ a = b < c \\]</div>
<p>In words: a is b.
More of it.</p>
<div class="math">\\[ d \\]</div>
<p>Here <span>e</span> is f, and</p>
<div class="math">\\[ g \\]</div>
<div class="box predict admonition"><p class="admonition-title">Predict</p><p>{MANY}.
The ratio is \\(a / b\\), as long as {MANY}.
Which is higher?
Each link shows it.</p><details><summary>Answer</summary><p>The first.</p></details></div>
{FIGURE.format(name="fig-a")}
<p>After the figure.</p>
<div class="cell" id="numbers"><table class="nc-cells"><caption>Steps: medians.</caption><tr><th>x</th></tr>
<tr><td>1</td></tr></table></div>
<details><summary>For specialists</summary>{FIGURE.format(name="fig-folded")}</details>
</section>
<section id="second"><h2>The second</h2>
<div class="box definition admonition"><p class="admonition-title">Definition</p><p>The <strong>ratio</strong> is</p>
<div class="math">\\[ r, \\]</div><ul><li><p>of {MANY},</p></li><li>or not.</li></ul><p>It is {MANY}.
And it is {MANY}.</p></div>
<ul class="simple"><li><p><strong>Size.</strong>
It stays.
{MANY}.</p></li><li><p>Shape.</p></li><li><p>Signs.
They keep {SOME}.</p></li></ul></section>
<section id="words"><h2>Only words</h2><p>Said later.</p></section>
<section id="exercises"><h2>Exercises</h2>
<p><strong>1.
How late?</strong>
(easy, 5 minutes).
How many steps?</p><div class="cell" id="exercise-late"></div><details><summary>Solution</summary><p>Ten.</p></details>
<p><strong>2. Long.</strong> (medium, 10 minutes).
{MANY}.
{MANY}.</p>
<p><strong>3. Two parts.</strong> (medium, 5 minutes).
Compute</p><div class="math">\\[ c, \\]</div>
<p>and its square.</p>
<div class="box known admonition"><p class="admonition-title">What we know now</p><p>
It grows.
It <em>moves</em>.</p><p><em>Open:</em> why?
Next: <a href="two.html">Two</a>.</p></div></section>
<section id="further-reading"><h2>Further reading</h2><p>Books.</p>{FIGURE.format(name="fig-late")}</section>"""
FRONT = """<div class="front-words"><p>What it is.</p></div><section id="the-question"><h2>Q</h2><p>Long words.
Does it explain?</p></section>"""
CLOSING = """<p>So, does it?</p><section id="q"><h2>5.1. By question</h2><div class="cell" id="answers">
<table class="nc-answers"><tbody><tr><th>Enough?</th><td data-head="Papers">Yes.</td>
<td data-head="Here">No (in 3 of <a href="r.html">8 seeds</a>).</td></tr></tbody></table></div></section>"""
LESSON = """# Lesson: One

## Plan
| minutes | what | with |
| --- | --- | --- |
| 10 | Guess $a$. | the board |
| 15 | Move it. | the explorable |
| 40 | Read. | [the table](../../1-part/one.ipynb#numbers) |
| 25 | Work. | [exercise 1](../../1-part/one.ipynb#exercise-late) |

## Predict
- **Before the figure.** Which? *The first.*

## Ask
- Where? *See [the second](../../1-part/one.ipynb#second).*
- When? *Now.*
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Four built pages, with a picture."""
    folder = tmp_path_factory.mktemp("site")
    bodies = {"welcome": FRONT, "1-part/part": "<p>Part.</p>", "1-part/one": BODY, "answer/answer": CLOSING}
    for name, body in bodies.items():
        file = folder / "book" / f"{name}.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(PAGE.format(body=body), encoding="utf-8")
    for name in ("_images/fig-a.webp", "_static/mathjax/formulas.js", "_static/ncbook.css", "_static/logo.svg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


@pytest.fixture
def slides(site):
    return chapter.slides(Page(site, Entry("book/1-part/one", 2)), "1. Part")


def text(html):
    return re.sub(r"\s+(?=[\s.:])", "", " ".join(BeautifulSoup(html, "html.parser").get_text(" ").split()))


def test_a_chapter_makes_slides_in_its_order(slides):
    assert [(slide.kind, slide.title) for slide in slides] == [
        ("title", "1.1. One"), ("explorable", "It moves"), ("formula", "The first"), ("predict", "Predict"),
        ("figure", "It falls"), ("table", "Steps"), ("definition", "Definition"), ("points", "The second"),
        ("exercise", "Your turn"), ("exercise", "Your turn: How late? (5 minutes)"),
        ("exercise", "Your turn: Two parts (5 minutes)"), ("known", "What we know now"),
    ]  # fmt: skip
    assert {slide.kind for slide in slides} <= set(KINDS)


def test_what_a_slide_shows_is_short(slides):
    shown = {slide.title: text(slide.body) for slide in slides}
    assert shown["1.1. One"] == "It is small. Does it grow?"
    assert shown["Predict"] == rf"{MANY}. The ratio is \(a / b\), as long as {MANY}. Which is higher?"
    assert shown["The first"] == r"Prose in front. We count links: \[ a = b < c \] In words: a is b."
    assert shown["The second"] == f"Size. It stays. Shape. Signs. They keep {SOME}."
    assert shown["Definition"] == rf"The ratio is \[ r, \] of {MANY}, or not. It is {MANY}."
    assert shown["Your turn"] == "How late? (easy, 5 minutes) Long (medium, 10 minutes) Two parts (medium, 5 minutes)"
    assert shown["Your turn: Two parts (5 minutes)"] == r"Compute \[ c, \] and its square."
    assert shown["What we know now"] == "It grows. It moves. Open: why?"


def test_what_the_chapter_says_besides_is_in_the_notes(slides):
    said = {slide.title: text(" ".join(slide.said)) for slide in slides}
    assert said["The first"].startswith("Prose in front.")
    assert said["Predict"] == "Each link shows it. Answer. The first."
    assert said["It falls"] == "First panel: all. After the figure."
    assert said["It moves"].endswith("Recorded.")
    assert said["1.1. One"] == "You need nothing."
    assert said["Your turn"] == "Said later."  # of a section without a slide
    assert said["Your turn: How late? (5 minutes)"] == "Solution. Ten."


def test_a_formula_in_the_middle_of_a_sentence_goes_on_with_the_one_before(site, monkeypatch):
    monkeypatch.setattr(chapter, "one_formula_each", list)
    formulas = [
        slide for slide in chapter.slides(Page(site, Entry("book/1-part/one", 2)), "") if slide.kind == "formula"
    ]
    assert [slide.body.count('class="formula"') for slide in formulas] == [1, 2]


def test_a_formula_that_is_read_aloud_stands_for_its_section():
    silent, aloud = (Slide("formula", "", body, "S") for body in ("a", "b In words: c"))
    opening = Slide("title", "", "")
    assert chapter.one_formula_each([opening, silent, aloud]) == [opening, aloud]
    assert chapter.one_formula_each([opening, silent, Slide("formula", "", "d", "S")]) == [opening, silent]


def test_too_many_slides_lose_the_least_important_from_the_end():
    kinds = ["title", "figure", "table", "table", "known"]
    found = [Slide(kind, str(number), "", said=[str(number)]) for number, kind in enumerate(kinds)]
    assert [slide.title for slide in thinned(found, 4)] == ["0", "1", "2", "4"]
    assert found[2].said == ["2", "3"]  # nothing that is said is lost


def test_the_words_in_front_of_a_formula_make_room_for_those_that_read_it_aloud():
    assert pieces.read_aloud("<p>We count</p>F", "In words: so.") == "<p>We count</p>F<p>In words: so.</p>"
    assert pieces.read_aloud(f"<p>{MANY}</p>F", f"In words: {MANY}") == f"F<p>In words: {MANY}</p>"
    assert pieces.read_aloud("<p>We count</p>F", f"In words: {MANY} {MANY}") == "<p>We count</p>F"  # it is too long


@pytest.mark.parametrize(("rows", "columns"), [(20, 2), (2, 12)])
def test_a_table_that_nobody_could_read_is_left_out(rows, columns):
    row = f"<tr>{'<td>1</td>' * columns}</tr>"
    cell = BeautifulSoup(f"<div><table class='nc-cells'>{row * rows}</table></div>", "html.parser")
    assert pieces.table(cell) is None


def test_the_title_of_a_table_is_what_stands_in_front_of_the_first_colon_or_the_next_sentence():
    for caption, shown in (
        ("Steps: medians.", ("Steps", "Medians.")),
        ("Of two. Early: at first.", ("Of two", "Early: at first.")),
    ):
        html = f"<div><table class='nc-cells'><caption>{caption}</caption><tr><td>1.5</td></tr></table></div>"
        slide = pieces.table(BeautifulSoup(html, "html.parser"))
        assert (slide.title, text(slide.body).removeprefix("1.5 ")) == shown


def test_a_question_that_is_too_long_begins_later_and_one_that_needs_words_has_them():
    box = BeautifulSoup(f"<div><p>{MANY}.\n{MANY}.\n{MANY}.\nWhich?</p></div>", "html.parser").div
    assert text(pieces.asked(box, "predict", ["Two of them."]).body) == f"Two of them. {MANY}. {MANY}. Which?"


@pytest.mark.parametrize("after", ["", "<p>In words: c is d.</p>"])
def test_a_formula_after_which_no_sentence_goes_on_ends_with_a_full_stop(after):
    for formula in (r"\[ c = d, \]", r"\[\begin{split} c &= d; \end{split}\]"):
        body = f'<p>So</p><div class="formula">{formula}</div>'
        assert texts.ended(body + after) == (body + after).replace("d,", "d.").replace("d;", "d.")
        assert texts.ended(f"{body}<p>where d is small.</p>") == f"{body}<p>where d is small.</p>"


def test_a_formula_is_one_word_and_one_on_display_is_none():
    assert texts.words(r"The <b>ratio</b> \(a + b = c\) is \[ d + e \]") == 4


def taught(slides, tmp_path, lesson):
    """What the lesson plan says at each slide, by its title."""
    (tmp_path / "one.md").write_text(lesson)
    lessons.teach(slides, lessons.read(tmp_path / "one.md"))
    return {slide.title: text(" ".join(slide.taught)) for slide in slides if slide.taught}


def test_minutes_go_to_slides_by_link_or_kind_and_questions_by_order(slides, tmp_path):
    found = taught(slides, tmp_path, LESSON)
    assert found["1.1. One"] == r"Minutes 0 to 10. Guess \(a\). (the board) Then slide 2."
    assert found["It moves"].startswith("Minutes 10 to 25. Move it.")
    assert found["Steps"].startswith("Minutes 25 to 65. Read. (the table) Then slide 10.")
    assert found["Your turn: How late? (5 minutes)"].startswith("Minutes 65 to 90. Work. (exercise 1)")
    assert found["Predict"] == "Predict. Before the figure. Which? The first."
    assert found["Definition"] == "Ask. Where? See the second."  # the first slide of that section
    assert sum("When?" in each for each in found.values()) == 1


def row(what, tool):
    return f"| 10 | {what} | {tool} |\n"


def plan(*rows, ask=()):
    heading = "## Plan\n| minutes | what | with |\n| --- | --- | --- |\n"
    return heading + "".join(rows) + "\n## Ask\n" + "".join(f"- {each}\n" for each in ask)


def test_words_lead_an_item_to_its_slide_wherever_that_is(slides, tmp_path):
    rows = row("Begin.", "the board"), row("How late is it?", "exercise 1"), row("Why does it fall?", "the figure")
    found = taught(slides, tmp_path, plan(*rows, ask=["Does it move by itself?", "Which ratio of counted links?"]))
    assert "Begin." in found["1.1. One"]
    assert found["Your turn: How late? (5 minutes)"].endswith("Then slide 5.")
    assert "Why does it fall?" in found["It falls"]  # in front of the row before
    assert found["It moves"].startswith("Ask. Does it move by itself?")
    assert found["The first"].startswith("Ask. Which ratio of counted links?")


def test_what_has_no_words_of_a_slide_stays_at_the_slide_of_the_row_before(slides, tmp_path):
    rows = row("Begin.", "the board"), row("Steps.", "the table"), row("Anything.", "the board"), row("Pairs.", "paper")
    assert taught(slides, tmp_path, plan(*rows))["Steps"].count("Minutes") == 3


@pytest.fixture(scope="module")
def folder(site, tmp_path_factory):
    """The decks, with something in place of reveal.js."""
    reveal = tmp_path_factory.mktemp("package") / "dist"
    for name in ("reveal.css", "reveal.js", "plugin/notes.js", "../LICENSE"):
        (reveal / name).parent.mkdir(parents=True, exist_ok=True)
        (reveal / name).write_text(name)
    plans = tmp_path_factory.mktemp("plans")
    (plans / "one.md").write_text(LESSON)
    names = ("book/welcome", "book/1-part/part", "book/1-part/one", "book/answer/answer")
    made = tmp_path_factory.mktemp("slides")
    decks.make(site, [*(Entry(name, 1) for name in names), Entry("book/ledger", 1, "Reference")], made, plans, reveal)
    return made


def test_each_deck_names_only_files_that_lie_beside_it(folder):
    made = sorted(folder.glob("*.html"))
    assert [file.stem for file in made] == ["answer", "index", "one"]
    for file in made:
        soup = BeautifulSoup(file.read_text("utf-8"), "html.parser")
        named = [each.get("src") or each.get("href") for each in soup.select("[src], link[href], a[href]")]
        assert [name for name in named if not (folder / name).is_file()] == []
    assert (folder / "_images/fig-a.webp").is_file()


def test_the_first_deck_leads_to_all_others_and_they_back(folder):
    links = {
        file.stem: {link["href"] for link in BeautifulSoup(file.read_text("utf-8"), "html.parser").select("a[href]")}
        for file in folder.glob("*.html")
    }
    assert "one.html" in links["index"]
    assert all("index.html" in links[name] for name in ("one", "answer"))


def test_notes_say_first_what_the_lesson_plan_says(folder):
    soup = BeautifulSoup((folder / "one.html").read_text("utf-8"), "html.parser")
    notes = [text(str(each)) for each in soup.select("aside.notes")]
    assert re.match(r"Predict\. Before the figure\..* link", next(note for note in notes if note.startswith("Predict")))
    image = soup.select_one(".slide-figure img")
    assert [image["src"], image["alt"]] == ["_images/fig-a.webp", 'A "line"']


def test_an_answer_is_shown_without_its_counts_and_said_with_them(folder):
    soup = BeautifulSoup((folder / "answer.html").read_text("utf-8"), "html.parser")
    slide = soup.select_one(".slide-question")
    assert [each.get_text() for each in slide.select("h2, td")] == ["Enough?", "Yes.", "No."]
    assert "No (in 3 of 8 seeds)." in slide.select_one(".notes").get_text()


def test_words_made_by_hand_are_short_and_belong_to_chapters():
    made = words.chapters()
    named = {entry.name.rpartition("/")[2] for entry in decks.chapters(decks.contents(decks.ROOT / "_toc.yml"))}
    assert set(made) <= named
    for name in made:
        assert 3 <= len(words.known(name)) <= pieces.MOST_POINTS
        assert [point for point in words.known(name) if texts.words(point) > 17] == []


def test_words_in_front_of_a_question_belong_to_a_section_that_asks_one():
    for notebook in notebooks.chapters():
        cells = [cell.source for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "markdown"]
        parts = re.split(r"^##+ (.+)$", "\n".join(cells), flags=re.MULTILINE)[1:]
        asking = {_name(head) for head, body in zip(parts[::2], parts[1::2], strict=True) if "> **Predict.**" in body}
        assert set(words.asked_in(notebook.stem)) <= asking


def _name(head: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", head.lower()).strip("-")


def test_the_page_on_slides_says_where_they_are():
    page = (decks.ROOT / "book/teaching/slides.md").read_text("utf-8")
    assert "make slides" in page
    assert str((decks.SLIDES / "index.html").relative_to(decks.ROOT)) in page
