"""Every address on every page of the built book leads somewhere: links, pictures, styles, scripts and figures."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import pdf
import pytest
import yaml
from explorable_links import LINKS
from pages import ids, parsed

ROOT = Path(__file__).parents[2]
_CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
SITE = _CONFIG["html"]["baseurl"]
REPOSITORY, BRANCH = _CONFIG["repository"]["url"], _CONFIG["repository"]["branch"]
_BUILT = ROOT / "_build" / "html"
PAGES = sorted(str(path.relative_to(_BUILT)) for path in _BUILT.rglob("*.html") if "_static" not in path.parts)
ATTRIBUTES = ("href", "src", "srcset", "data", "poster", "action")
# A file of this repository, on GitHub or on a site that opens it from there.
_OURS = re.compile(
    rf"(?:{re.escape(REPOSITORY)}|/github/{re.escape(REPOSITORY.removeprefix('https://github.com/'))})"
    rf"/(?:blob|raw|edit|tree)/{re.escape(BRANCH)}/([^?#]+)"
)


def addresses(page: Path) -> set[str]:
    """All that a page names in one of `ATTRIBUTES`, each element of a set of pictures by itself."""
    found = set()
    for attribute in ATTRIBUTES:
        for value in map(str, parsed(page).xpath(f"//@{attribute}")):
            found |= {each.split()[0] for each in value.split(",")} if attribute == "srcset" else {value}
    return {each for each in found if not each.startswith(("data:", "mailto:"))}


def what_is_wrong(book: Path, page: Path, address: str) -> str:
    """Why an address leads nowhere, or nothing. Of addresses outside, only those of the book itself are judged."""
    if address.startswith(SITE):
        address = urlsplit(SITE).path + address.removeprefix(SITE)
    if re.match(r"[a-z]+:", address):
        ours = _OURS.search(unquote(address))
        return "" if not ours or (ROOT / ours[1]).exists() else "no such file in the repository"
    path, _, anchor = address.partition("#")
    if re.match(r"nc-[a-z_]+:", anchor):  # sets a figure of this page
        return "" if sets_a_figure(page, anchor) else "no figure here has such a control"
    target = file_of(book, page, unquote(path.partition("?")[0]))
    if target == book / pdf.NAME:  # made by `make pdf`, after the pages
        return ""
    if not target.is_file():
        return "no such file"
    return "" if not anchor or target.suffix != ".html" or unquote(anchor) in ids(target) else "no such place there"


def file_of(book: Path, page: Path, path: str) -> Path:
    root = urlsplit(SITE).path
    if path.startswith("/"):
        return book / path.removeprefix(root) if path.startswith(root) else Path("/nowhere")
    return (page.parent / path).resolve() if path else page


def sets_a_figure(page: Path, anchor: str) -> bool:
    """Whether one explorable of the page has all controls that the link names."""
    wanted = {name for name, _ in parse_qsl(anchor.partition(":")[2], keep_blank_values=True)}
    return any(wanted <= set(figure.xpath(".//@name")) for figure in parsed(page).find_class("nc-explorable"))


@pytest.mark.parametrize("name", PAGES)
def test_every_address_within_the_book_leads_somewhere(book, name):
    page = book / name
    wrong = {address: what_is_wrong(book, page, address) for address in addresses(page)}
    assert {address: why for address, why in wrong.items() if why} == {}


def test_the_styles_name_files_that_there_are(book):
    for sheet in book.rglob("_static/**/*.css"):
        named = re.findall(r"url\(\s*['\"]?([^'\")]+)", sheet.read_text(encoding="utf-8"))
        files = {re.split("[?#]", each)[0] for each in named if not each.startswith(("data:", "#"))}
        assert [each for each in files if not (sheet.parent / each).exists()] == [], sheet


def test_links_that_set_figures_are_among_those_that_were_looked_at(book):
    """The control of the test above: the built pages have as many as the notebooks."""
    found = [each for name in PAGES for each in addresses(book / name) if re.match(r"#nc-[a-z_]+:", each)]
    assert len(found) >= len({(link.chapter, link.href) for link in LINKS}) > 0


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("book/welcome.html", ""),
        ("book/wellcome.html", "no such file"),
        ("book/glossary.html#gloss-features", ""),
        ("book/glossary.html#gloss-feature", "no such place there"),
        ("#main-content", ""),
        ("#gloss-features", "no such place there"),
        ("#nc-collapse:epoch=4", "no figure here has such a control"),
        ("book", "no such file"),
        ("/elsewhere/index.html", "no such file"),
        (f"{SITE}book/welcome.html", ""),
        (f"{SITE}{pdf.NAME}", ""),
        (f"{SITE}book/wellcome.html", "no such file"),
        (f"{REPOSITORY}/blob/{BRANCH}/README.md", ""),
        (f"{REPOSITORY}/edit/{BRANCH}/READYOU.md", "no such file in the repository"),
        (f"{REPOSITORY.replace('.com', '.com/github')}/blob/{BRANCH}/no.ipynb", "no such file in the repository"),
        (f"{REPOSITORY}/issues", ""),
        ("https://example.org/nothing", ""),
    ],
)  # fmt: skip
def test_an_address_that_leads_nowhere_is_found_out(book, address, why):
    assert what_is_wrong(book, book / "search.html", address) == why


def test_addresses_outside_are_well_formed(book):
    outside = {
        str(address) for name in PAGES for address in parsed(book / name).xpath("//article//a/@href")
        if re.match(r"[a-z]+:", address)
    }  # fmt: skip
    shapes = {
        "arxiv.org": r"https://arxiv\.org/abs/\d{4}\.\d{4,5}(v\d+)?",
        "doi.org": r"https://doi\.org/10\.\d{4,9}/\S+",
        "hdl.handle.net": r"https://hdl\.handle\.net/[\d.]+/\S+",
    }
    assert outside
    for address in outside:
        assert re.fullmatch(shapes.get(urlsplit(address).netloc, r"https://[\w.-]+(/\S*)?"), address), address
