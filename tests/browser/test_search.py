"""A reader finds the page, whatever the spelling, from a server and from a disk, and from an address that is wrong."""

import re
from urllib.parse import quote_plus, urlsplit

import pytest
import yaml
from book_pages import ROOT
from pages import fresh_page
from served import served

FOLDER = urlsplit(yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["html"]["baseurl"]).path

# What is typed, and the page that is expected first.
FIRST = {
    "neural collapse": "book/1-collapse/collapse",
    "neural colapse": "book/1-collapse/collapse",  # codespell:ignore
    "nearest class center": "book/1-collapse/simplex",
    "nearest class centre": "book/1-collapse/simplex",  # codespell:ignore
    "centre": "book/1-collapse/simplex",  # codespell:ignore
    "label smoothing": "book/1-collapse/settings",
    "double descent": "book/1-collapse/memorization",
    "memorisation": "book/1-collapse/memorization",  # codespell:ignore
    "gradiant descent": "book/2-generalization/implicit_bias",  # codespell:ignore
    "information bottleneck": "book/3-representation/information_bottleneck",
    "infromation bottelneck": "book/3-representation/information_bottleneck",  # codespell:ignore
    "transfer": "book/3-representation/transfer",
    "grokking": "book/4-grokking/grokking",
    "groking": "book/4-grokking/grokking",
    "relative flatness": "book/4-grokking/flatness",
    "own network": "book/howto/measure",
    "own experiment": "book/howto/experiment",
    "own claim": "book/howto/claim",
    "ledger": "book/ledger",
    "glossary": "book/glossary",
    "notation": "book/notation",
}


@pytest.fixture(scope="module")
def reader(chromium):
    with fresh_page(chromium) as page:
        yield page


@pytest.fixture(scope="module")
def address(book):
    with served(book, FOLDER) as address:
        yield address


def answers(page, search: str, query: str):
    """The results on the search page, as elements."""
    page.goto(f"{search}?q={quote_plus(query)}")
    page.wait_for_selector("#search-results [role=status]")
    return page.locator("#search-results ul.search > li")


def own_problems(page):
    """But for what the theme says, and that the address which was asked for does not exist."""
    return [each for each in page.problems if not each.startswith("Failed to load resource: the server")]


@pytest.mark.parametrize("query", FIRST)
def test_the_page_that_one_would_expect_comes_first(reader, book, query):
    first = answers(reader, (book / "search.html").as_uri(), query).first
    assert first.locator("a").first.get_attribute("href") == f"{FIRST[query]}.html"


@pytest.mark.parametrize("page", ["book/1-collapse/settings", "book/4-grokking/interventions", "book/rules"])
def test_the_title_of_a_page_leads_to_it(reader, book, page):
    reader.goto((book / f"{page}.html").as_uri())
    title = reader.title().partition(" — ")[0]
    first = answers(reader, (book / "search.html").as_uri(), title).first
    assert first.locator("a").first.get_attribute("href") == f"{page}.html"


def test_a_result_has_a_number_a_sentence_and_sections_that_lead_somewhere(reader, book):
    first = answers(reader, (book / "search.html").as_uri(), "double descent").first
    assert first.locator("a").first.inner_text().startswith("1.5 ")
    said = first.locator("p").all_inner_texts()
    assert "double descent" in said[0]
    first.get_by_role("link", name="Double descent over size").click()
    reader.wait_for_url("**/memorization.html#double-descent-over-size")


def test_what_was_understood_is_said(reader, book):
    answers(reader, (book / "search.html").as_uri(), "neural colapse")  # codespell:ignore
    assert "“neural collapse”" in reader.inner_text("#search-results [role=status]")
    assert answers(reader, (book / "search.html").as_uri(), "xyzzyq").count() == 0
    assert reader.inner_text("#search-results [role=status]") == "No page has these words."


def test_on_a_server_the_order_is_the_same_and_a_line_of_the_text_is_shown(page, address, book):
    there = answers(page, f"{address}search.html", "saddle")
    page.wait_for_selector("#search-results p:has-text('a strict saddle')")
    assert not re.search(r"\\[(\[]|import ", page.inner_text("#search-results"))  # neither formulas nor code
    shown = [each.locator("a").first.get_attribute("href") for each in there.all()]
    here = answers(page, (book / "search.html").as_uri(), "saddle")
    assert shown == [each.locator("a").first.get_attribute("href") for each in here.all()]
    assert own_problems(page) == []


@pytest.mark.parametrize("missing", ["nothing", "book/1-collapse/nothing.html", "book/a/b/c/nothing.html"])
def test_an_address_that_is_wrong_leads_back_into_the_book(page, address, missing):
    assert page.goto(f"{address}{missing}").status == 404
    assert page.inner_text("h1") == "This page does not exist"
    for link in page.locator("article a").all():
        assert page.request.get(link.evaluate("link => link.href")).ok
    page.fill("article input[name=q]", "groking")
    page.press("article input[name=q]", "Enter")
    page.wait_for_selector("#search-results [role=status]")
    page.locator("#search-results li a").first.click()
    page.wait_for_url("**/grokking.html")
    assert own_problems(page) == []
