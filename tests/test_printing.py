"""The pages of a small book become one document for print."""

import re
from collections import Counter

import pdf
import pytest
import yaml
from bs4 import BeautifulSoup
from printing import document, pages, solutions
from printing.pages import Entry, key

SITE = "https://example.org/book/"
FRONT = """<section id="book">
<h1>A small book<a class="headerlink" href="#book">#</a></h1>
<div class="front-hero"><div class="front-words"><p>What it is.</p></div>
<div class="front-doors"><a href="part/one.html">Read</a></div>
<style>a {}</style><div class="front-figure"><svg></svg><button class="front-player">Play</button></div></div>
<section id="the-parts"><h2>The parts</h2></section>
<section id="the-answer"><h2>The answer</h2><p><a href="part/two.html#same">There</a></p></section>
</section>"""
ONE = """<section id="one">
<h1><span class="section-number">1.1. </span>One "first"<a class="headerlink" href="#one">#</a></h1>
<p id="same"><a href="#exercises">here</a> <a href="two.html">next</a> <a href="two.html#same">there</a>
<a href="../welcome.html">front</a> <a href="../left/out.html#x">left out</a> <a href="https://example.com/">outside</a>
<a href="#nc-toy:step=3">at step 3</a></p>
<div class="cell" id="moving"><div id="moving"></div>
<div class="nc-explorable nc-still" id="nc-1"><p class="nc-waiting">Wait.</p>
<script>wireLinks(root, "toy");</script></div></div>
<div class="cell">
<details class="admonition hide above-input"><summary><p>Show the code</p></summary><pre>run()</pre></details>
<picture><source media="(max-width: 600px)" srcset="../../_images/a-narrow.webp">
<img src="../../_images/a.webp" loading="lazy" alt="A"></picture></div>
<details><summary>For specialists</summary><p>More.</p></details>
<section id="exercises"><h2>Exercises</h2>
<p><strong>1.
How late?</strong> (easy).</p><div class="cell"><pre>answer = None</pre></div>
<details><summary>Solution</summary><p id="inside">Late. <a href="#same">See</a></p></details>
<p><strong>2. How much?</strong></p><p>Twice <strong>as much</strong>?</p>
<details><summary>Solution</summary><p>Much.</p></details></section>
</section>"""
TWO = """<section id="two"><h1>Two</h1><h2 id="same">Same</h2><label for="field">x</label><input id="field">
<p><a href="one.html#inside">the first solution</a></p></section>"""
PAGE = """<!doctype html><html><head><link rel="stylesheet" href="{up}_static/{style}.css?v=1">
<script>window.MathJax = {{}}</script><script defer src="{up}_static/mathjax/formulas.js?v=1"></script>
<script src="{up}_static/other.js"></script></head>
<body><main><article class="bd-article">{body}</article></main></body></html>"""
STILL = '<div class="nc-explorable" id="nc-1"><p>Step 9</p><img alt="Drawn" src="data:image/png;base64,AA"></div>'
TOC = {
    "root": "book/welcome",
    "parts": [
        {"chapters": [{"file": "book/part/one", "sections": [{"file": "book/part/two"}]}]},
        {"caption": "Reference", "chapters": [{"file": "book/part/two"}]},
    ],
}
BODIES = {"book/welcome": FRONT, "book/part/one": ONE, "book/part/two": TWO}
CONTENTS = [Entry("book/welcome", 1), Entry("book/part/one", 1), Entry("book/part/two", 2, "Reference")]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Three built pages."""
    folder = tmp_path_factory.mktemp("site")
    for name, body in BODIES.items():
        file = folder / f"{name}.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        style = "front" if name.endswith("welcome") else "book"
        file.write_text(PAGE.format(up="../" * name.count("/"), style=style, body=body), encoding="utf-8")
    (folder / "_static").mkdir()
    (folder / "_static/front.css").write_text(".front-plane > path { fill: red }")
    return folder


@pytest.fixture(scope="module")
def joined(site):
    """The document as Chromium reads it."""
    book = document.Book(site, CONTENTS, SITE, "9.8.7", {"book/part/one": [STILL]})
    return BeautifulSoup(str(book.joined()), "html.parser")


def place(joined, page, anchor=""):
    return joined.find(id=key(page, anchor))


def links(joined, page):
    """The targets by the words of the link."""
    return {" ".join(link.get_text().split()): link["href"] for link in place(joined, page).select("a[href]")}


def test_the_contents_are_read_in_their_order(tmp_path):
    (tmp_path / "_toc.yml").write_text(yaml.safe_dump(TOC))
    assert pages.contents(tmp_path / "_toc.yml") == [
        *CONTENTS[:2], Entry("book/part/two", 2), Entry("book/part/two", 1, "Reference")
    ]  # fmt: skip


def test_no_id_stands_twice(joined):
    assert [name for name, times in Counter(each["id"] for each in joined.select("[id]")).items() if times > 1] == []
    assert place(joined, "book/part/two", "field")
    assert joined.find("label")["for"] == key("book/part/two", "field")


def test_every_link_within_leads_to_a_place_of_the_document(joined):
    inside = [link["href"][1:] for link in joined.select("a[href^='#']")]
    assert inside
    assert [name for name in inside if joined.find(id=name) is None] == []


def test_links_to_pages_of_the_book_stay_within_and_others_are_public(joined):
    found = links(joined, "book/part/one")
    assert found["here"] == f"#{key('book/part/one', 'exercises')}"
    assert found["next"] == f"#{key('book/part/two')}"
    assert found["there"] == f"#{key('book/part/two', 'same')}"
    assert found["front"] == f"#{key('book/welcome')}"
    assert found["left out"] == f"{SITE}book/left/out.html#x"
    assert found["outside"] == "https://example.com/"


def test_an_explorable_is_a_still_with_a_link_to_where_it_moves(joined):
    online = f"{SITE}book/part/one.html#moving"
    cell = place(joined, "book/part/one", "moving")
    assert [cell.img["alt"], cell.script, cell.find(class_="nc-waiting")] == ["Drawn", None, None]
    assert cell.select_one(".print-online a")["href"] == online
    assert links(joined, "book/part/one")["at step 3"] == online


def test_as_many_stills_as_explorables_are_asked_for(site):
    with pytest.raises(ValueError, match="zip"):
        document.Book(site, CONTENTS, SITE, "9.8.7", {}).joined()


def test_folds_are_open_and_code_has_no_title(joined):
    assert joined.find(["details", "summary"]) is None
    titles = [each.get_text() for each in joined.select(".print-fold-title")]
    assert titles == ["For specialists"]
    chapter = place(joined, "book/part/one").get_text()
    assert ["More." in chapter, "run()" in chapter, "Show the code" in chapter] == [True, True, False]


def test_solutions_stand_at_the_end_with_links_both_ways(joined):
    last = joined.select("section.print-chapter")[-1]
    assert last["id"] == document.SOLUTIONS
    assert [each.get_text() for each in last.select("h1, h2, h3")] == [
        "Solutions", '1.1. One "first"', "1. How late?", "2. How much?"
    ]  # fmt: skip
    assert "Much." not in place(joined, "book/part/one").get_text()
    there, back = joined.select(".print-solution > a"), last.select(".print-back > a")
    assert [joined.find(id=link["href"][1:]).get_text() for link in there] == ["1. How late?", "2. How much?"]
    assert [joined.find(id=link["href"][1:]) for link in back] == [link.parent for link in there]
    assert links(joined, "book/part/two")["the first solution"] == f"#{last.find('p')['id']}"


def test_a_solution_without_an_exercise_is_found_out(site, tmp_path):
    body = "<section><h1>A</h1><details><summary>Solution</summary>x</details></section>"
    (tmp_path / "a.html").write_text(PAGE.format(up="", style="a", body=body))
    with pytest.raises(ValueError, match="no exercise"):
        solutions.take(pages.Page(tmp_path, Entry("a", 1)))


def test_pictures_are_the_wide_ones_at_once(joined, site):
    picture = joined.find("picture")
    assert picture.find("source") is None
    assert picture.img.attrs == {"src": (site / "_images/a.webp").as_uri(), "alt": "A"}


def test_the_contents_name_every_chapter_with_room_for_its_page(joined):
    nav = joined.find("nav")
    told = [(entry.a.get_text(), entry.a["href"][1:]) for entry in nav.select(".print-entry")]
    assert told == [
        ("About this book", key("book/welcome")), ('1.1. One "first"', key("book/part/one")),
        ("Two", key("book/part/two")), ("Solutions", document.SOLUTIONS),
    ]  # fmt: skip
    rooms = [room["data-page-of"] for room in nav.select("[data-page-of]")]
    assert rooms == [place for _, place in told]
    assert nav.select_one(".print-caption").get_text() == "Reference"


def test_a_page_of_a_part_stands_below_it(joined):
    assert [each.name for each in place(joined, "book/part/two").find_all(re.compile("^h"))] == ["h2", "h3"]


def test_the_title_page_has_the_first_words_and_the_version(joined):
    title = joined.select_one(".print-title")
    assert [title.h1.get_text(), joined.title.get_text()] == ["A small book"] * 2
    assert [title.svg is None, title.style is None, title.button is None] == [False, False, True]
    assert ["What it is." in title.get_text(), "9.8.7" in title.get_text()] == [True, True]
    about = place(joined, "book/welcome").get_text()
    assert ["The answer" in about, "Read" in about, "The parts" in about] == [True, False, False]


def test_styles_and_formulas_come_once_and_other_scripts_not_at_all(joined, site):
    assert [link["href"] for link in joined.select("link")] == [(site / "_static/book.css").as_uri()]
    assert [script.get("src") for script in joined.select("script")] == [
        None, (site / "_static/mathjax/formulas.js").as_uri()
    ]  # fmt: skip
    styles = "".join(style.get_text() for style in joined.select("style"))
    assert ".front-plane > path { fill: red }" in styles
    assert '@top-right { content: "1.1. One \\"first\\"" }' in styles


def test_the_front_page_links_to_the_file_that_is_written():
    front = (pdf.ROOT / "book/welcome.md").read_text(encoding="utf-8")
    assert f"({pdf.address()}{pdf.NAME})" in front


def test_the_site_is_published_with_the_file():
    workflow = yaml.safe_load((pdf.ROOT / ".github/workflows/pages.yml").read_text(encoding="utf-8"))
    steps = workflow["jobs"]["publish"]["steps"]
    commands = [step.get("run", step.get("uses")) for step in steps]
    upload = next(step for step in steps if "upload-pages" in step.get("uses", ""))
    assert commands.index("make book") < commands.index("make pdf") < steps.index(upload)
    assert (pdf.ROOT / upload["with"]["path"]) == pdf.SITE
