"""The page on later work: one line a paper, and what it says of our tests is what the ledger has."""

import re
from functools import cache
from pathlib import Path

import pytest
from pybtex.database import parse_file

from ncbook import experiments
from ncbook.claims import OURS
from ncbook.results import RESULTS

ROOT = Path(__file__).parents[1]
BOOK = ROOT / "book"
PAGE = (BOOK / "later_work.md").read_text(encoding="utf-8")
PAPERS = 49  # 52 entries of the list, of which three are earlier versions of two papers
NUMBER = "Forty-nine"  # as the page says it
ROW = re.compile(
    r"^\| \{cite:t\}`(?P<key>\w+)` \| (?P<says>[^|]+) \| \*\*(?P<answer>[\w ]+)\*\*(?P<rest>[^|]*) \|$", re.M
)
ROWS = {match["key"]: match for match in ROW.finditer(PAGE)}
YES, PART, NO = "yes", "in part", "no"


@cache
def references():
    return parse_file(BOOK / "references.bib").entries


@cache
def claims() -> dict[str, tuple]:
    """Of each claim of the book: itself and its chapter, "3-representation/cascade.ipynb"."""
    return {
        claim.id: (claim, f"{RESULTS[name]}.ipynb")
        for name in experiments.names()
        for claim in experiments.get(name).claims
    }


def links(row: re.Match) -> tuple[list[str], list[str]]:
    """Pages, and rules of the ledger, to which the last column leads."""
    found = re.findall(r"\]\(([^)]+)\)", row["rest"])
    return [each for each in found if Path(each).suffix], [each for each in found if not Path(each).suffix]


def test_each_paper_of_the_list_has_a_line_of_its_own():
    lines = [line for line in PAGE.splitlines() if line.startswith("| ") and not re.match(r"\| (paper|---) ", line)]
    assert [line for line in lines if not ROW.fullmatch(line)] == []
    assert len(lines) == len(ROWS) == PAPERS, "a paper has two lines, or none"
    assert f"\n{NUMBER} papers" in PAGE


def test_papers_are_in_the_bibliography():
    assert set(ROWS) <= set(references())


def test_no_paper_stands_there_under_two_keys():
    titles = [re.sub(r"\W", "", references()[key].fields["title"]).lower() for key in ROWS]
    assert len(set(titles)) == len(titles)


def test_each_table_goes_by_years():
    for table in re.split(r"^## ", PAGE, flags=re.M)[1:]:
        years = [int(references()[match["key"]].fields["year"]) for match in ROW.finditer(table)]
        assert years
        assert years == sorted(years), table.splitlines()[0]


@pytest.mark.parametrize("key", ROWS)
def test_a_line_says_one_sentence_and_one_of_three_answers(key):
    assert ROWS[key]["answer"] in {YES, PART, NO}
    assert re.fullmatch(r"[A-Z][^.]*\.( [A-Z][^.]*\.)?", ROWS[key]["says"])
    assert len(ROWS[key]["says"].split()) <= 34


@pytest.mark.parametrize("key", ROWS)
def test_links_lead_to_chapters_and_to_rules_that_they_show(key):
    pages, rules = links(ROWS[key])
    assert [page for page in pages if not (BOOK / page).is_file()] == []
    assert [rule for rule in rules if rule not in claims()] == []
    assert {claims()[rule][1] for rule in rules} <= set(pages)


@pytest.mark.parametrize("key", [key for key, row in ROWS.items() if row["answer"] == YES])
def test_yes_means_that_rules_judge_what_the_paper_itself_says(key):
    pages, rules = links(ROWS[key])
    assert pages
    assert rules
    own = [rule for rule, (claim, _) in claims().items() if claim.source == key and claim.kind != OURS]
    assert [rule for rule in rules if rule not in own] == [], f"claims of {key}: {own}"


@pytest.mark.parametrize("key", [key for key, row in ROWS.items() if row["answer"] == PART])
def test_in_part_says_which_part_and_where(key):
    assert links(ROWS[key])[0]
    assert re.match(r", [^\[]+: \[", ROWS[key]["rest"])


def test_no_means_that_the_ledger_has_no_claim_of_the_paper():
    sources = {claim.source for claim, _ in claims().values()}
    assert [key for key, row in ROWS.items() if row["answer"] == NO and key in sources] == []


def test_what_was_not_read_is_not_judged():
    unread = [row for row in ROWS.values() if row["says"] == "Not read."]
    assert unread
    assert {row["answer"] for row in unread} == {NO}
