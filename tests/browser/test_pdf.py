"""Two pages of the built book as a PDF; and all of it as one document, before it is printed."""

from collections import Counter
from unicodedata import normalize

import pdf
import pypdf
import pytest
from pages import fresh_page
from printing import document, printer
from printing.pages import contents as entries
from printing.pages import key

PART, CHAPTER = "book/4-grokking/part", "book/4-grokking/grokking"
LARGEST = 30e6  # bytes of the whole book


@pytest.fixture(scope="module")
def contents():
    return entries(pdf.ROOT / "_toc.yml")


@pytest.fixture(scope="module")
def file(chromium, book, contents, tmp_path_factory):
    """The front page, the first page of a part, and a chapter with explorables and exercises."""
    some = [contents[0], *(entry for entry in contents if entry.name in (PART, CHAPTER))]
    return pdf.make(chromium, book, some, tmp_path_factory.mktemp("pdf"))


@pytest.fixture(scope="module")
def reader(file):
    return pypdf.PdfReader(file)


@pytest.fixture(scope="module")
def texts(reader):
    """The words of each page of paper."""
    return [" ".join(normalize("NFKC", page.extract_text()).split()) for page in reader.pages]


def annotations(reader):
    return [each.get_object() for page in reader.pages for each in page.get("/Annots", [])]


def test_links_within_lead_to_places_of_the_pdf(reader):
    places = {name.removeprefix("/") for name in reader.named_destinations}
    within = [str(link["/Dest"]).removeprefix("/") for link in annotations(reader) if "/Dest" in link]
    assert key(CHAPTER) in within
    assert [name for name in within if name not in places] == []


def test_links_to_other_pages_are_public(reader):
    outside = {str(link["/A"]["/URI"]) for link in annotations(reader) if "/A" in link}
    assert f"{pdf.address()}book/4-grokking/flatness.html" in outside
    assert [address for address in outside if not address.startswith("https://")] == []


def test_the_contents_name_the_page_of_each_chapter(file, texts):
    place = printer.pages_of_places(file)[key(CHAPTER)]
    assert "Contents" in texts[1]
    assert f"4.1. Grokking {place}" in texts[1]
    assert "4.1. Grokking" in texts[place - 1]
    assert texts[place - 1].count("A network that makes no error on its training set") == 1


def test_solutions_are_on_the_page_that_the_exercise_names(file, texts):
    numbers = printer.pages_of_places(file)
    first = numbers[key(CHAPTER, "solution-1")]
    assert f"Solution, page {first}" in texts[numbers[key(CHAPTER, "to-solution-1")] - 1]
    assert "1. How late?" in texts[first - 1]


def test_formulas_are_set_and_explorables_are_drawn(texts):
    told = " ".join(texts)
    assert "\\(" not in told
    assert "This figure moves when its script may run" not in told
    assert told.count("This figure moves in the book online") == 2


def test_the_outline_leads_to_the_chapters(reader):
    def titles(items):
        for item in items:
            yield from titles(item) if isinstance(item, list) else [item.title]

    assert {"Contents", "4. Grokking and flatness", "4.1. Grokking", "Solutions"} <= set(titles(reader.outline))


def test_every_page_of_paper_says_something(texts):
    assert [number for number, text in enumerate(texts, 1) if len(text) < 20] == []


def test_a_part_of_the_book_takes_no_more_than_its_part_of_the_size(file, book, contents):
    """By the size of its pages, of which explorables are most."""
    sizes = {entry.name: (book / f"{entry.name}.html").stat().st_size for entry in contents}
    share = sum(sizes[name] for name in (contents[0].name, PART, CHAPTER)) / sum(sizes.values())
    assert file.stat().st_size < LARGEST * share


def test_in_the_whole_book_every_place_has_one_name_and_every_link_within_a_place(book, contents):
    waiting = {
        entry.name: ["<p>still</p>"] * (book / f"{entry.name}.html").read_text("utf-8").count('class="nc-explorable')
        for entry in contents
    }
    joined = document.Book(book, contents, pdf.address(), pdf.version(), waiting).joined()
    names = Counter(each["id"] for each in joined.select("[id]"))
    assert [name for name, times in names.items() if times > 1] == []
    within = {link["href"][1:] for link in joined.select("a[href^='#']")}
    assert sorted(within - set(names)) == []
    assert len(joined.select(".print-back")) == len(joined.select(".print-solution")) > 100


def test_a_dark_page_is_printed_in_light_colors_with_open_folds(chromium, book):
    with fresh_page(chromium) as page:
        page.add_init_script("localStorage.setItem('mode', 'dark'); localStorage.setItem('theme', 'dark')")
        page.goto((book / f"{CHAPTER}.html").as_uri())
        theme = "document.documentElement.dataset.theme"
        assert page.evaluate(theme) == "dark"
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate(theme) == "light"
        closed = page.locator("article details:not([open])")
        assert closed.count() == 0
        assert page.evaluate("document.getAnimations().length") == 0, "what fades in is printed pale, or not at all"
        assert not page.locator(".nc-explorable button").first.is_visible()
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.evaluate(theme) == "dark"
        assert closed.count() > 0
