"""What the built pages tell search engines, and sites that show a link to them; the buttons that lead to GitHub."""

import re
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
import yaml
from pages import parsed

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tools/page"))
import card  # noqa: E402
import descriptions  # noqa: E402

CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
SITE, REPOSITORY = CONFIG["html"]["baseurl"], CONFIG["repository"]["url"]
DESCRIBED = descriptions.read(ROOT)
NUMBERED = [name for name in DESCRIBED if re.match(r"book/(\d|answer)", name)]


def told(page: Path) -> dict[str, list[str]]:
    """Per name or property of a `meta` element its contents."""
    found: dict[str, list[str]] = {}
    for element in parsed(page).xpath("//meta[@content]"):
        found.setdefault(element.get("name") or element.get("property"), []).append(element.get("content"))
    return found


@pytest.mark.parametrize("name", DESCRIBED)
def test_a_page_says_once_what_it_is(book, name):
    page = book / f"{name}.html"
    sentence, address = DESCRIBED[name]["says"], f"{SITE}{name}.html"
    heading = parsed(page).xpath("string(//article//h1)").removesuffix("#")
    expected = {
        **dict.fromkeys(("description", "og:description", "twitter:description"), sentence),
        "og:title": heading, "og:url": address, "og:type": "website", "og:site_name": CONFIG["title"],
        "og:image": f"{SITE}{card.FILE}", "og:image:alt": card.ALT, "twitter:card": "summary_large_image",
        "og:image:width": str(card.PIXELS[0]), "og:image:height": str(card.PIXELS[1]),
    }  # fmt: skip
    given = told(page)
    assert {key: given.get(key) for key in expected} == {key: [value] for key, value in expected.items()}
    assert parsed(page).xpath("//link[@rel='canonical']/@href") == [address]
    assert parsed(page).findtext(".//title") == f"{heading} — {CONFIG['title']}"


def test_titles_are_unique_and_chapters_have_their_numbers(book):
    titles = {name: parsed(book / f"{name}.html").findtext(".//title") for name in DESCRIBED}
    assert len(set(titles.values())) == len(titles)
    assert [titles[name] for name in NUMBERED if not re.match(r"\d+\.(\d+\.)? ", titles[name])] == []


def test_the_address_itself_tells_what_the_first_page_tells(book):
    index, first = told(book / "index.html"), told(book / "book/welcome.html")
    copied = {key: value for key, value in first.items() if re.match("og:|twitter:|description", key)}
    assert index.items() >= copied.items()


def test_the_picture_is_there(book):
    assert (book / card.FILE).read_bytes().startswith(b"\x89PNG")
    assert (book / card.FILE).stat().st_size < 300_000  # what sites take


def test_the_sitemap_lists_the_pages_of_the_book_and_robots_name_it(book):
    listed = [each.text for each in ElementTree.parse(book / "sitemap.xml").getroot().iterfind(".//{*}loc")]
    assert sorted(listed) == sorted(f"{SITE}{name}.html" for name in DESCRIBED)
    assert f"Sitemap: {SITE}sitemap.xml" in (book / "robots.txt").read_text().splitlines()


@pytest.mark.parametrize("name", DESCRIBED)
def test_the_buttons_open_the_source_and_an_issue_that_names_the_page(book, name):
    links = parsed(book / f"{name}.html").xpath("//a/@href")
    source = next(each for each in (f"{name}.md", f"{name}.ipynb") if (ROOT / each).exists())
    assert f"{REPOSITORY}/edit/{CONFIG['repository']['branch']}/{source}" in links
    (issue,) = {link for link in links if link.startswith(f"{REPOSITORY}/issues/new")}
    assert f"{name}.html" in parse_qs(urlsplit(issue).query)["title"][0]
