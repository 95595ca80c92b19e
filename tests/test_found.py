"""What each page says of itself, and what makes the book's public address known."""

import re
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tools/page")]
import address  # noqa: E402
import card  # noqa: E402
import descriptions  # noqa: E402
import public_address  # noqa: E402

CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
SITE = CONFIG["html"]["baseurl"]
_CONTENTS = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
_ENTRIES = [entry for part in _CONTENTS["parts"] for entry in part["chapters"]]
PAGES = [_CONTENTS["root"], *(each["file"] for entry in _ENTRIES for each in (entry, *entry.get("sections", ())))]
DESCRIBED = descriptions.read(ROOT)


def test_every_page_and_no_other_has_a_sentence():
    assert set(DESCRIBED) == set(PAGES), f"bring {descriptions.FILE} in agreement with _toc.yml"


@pytest.mark.parametrize("page", DESCRIBED)
def test_a_sentence_is_plain_text_that_search_engines_show_whole(page):
    sentence = DESCRIBED[page]["says"]
    assert 50 <= len(sentence) <= 155, len(sentence)
    assert sentence.endswith(".")
    assert not re.search(r"[$\\*_`<>{}\[\]]", sentence)


def test_no_two_pages_say_the_same():
    assert [each for each, count in Counter(page["says"] for page in DESCRIBED.values()).items() if count > 1] == []


@pytest.mark.parametrize("page", DESCRIBED)
def test_nothing_else_is_said(page):
    assert set(DESCRIBED[page]) <= {"says", "names", "kind"}
    assert DESCRIBED[page].get("kind", "list") == "list"


def test_the_public_site_is_that_of_the_repository():
    slug, _ = address.address()
    assert f"https://{address.site(slug)}" == SITE


@pytest.mark.parametrize(
    ("slug", "site"),
    [("Ada/course", "ada.github.io/course/"), ("Ada/Ada.github.io", "ada.github.io/")],
)
def test_github_shows_a_site_below_its_owner(slug, site):
    assert address.site(slug) == site


def application(folder: Path, site: str = "https://ada.github.io/course/") -> SimpleNamespace:
    """What the extensions use of a Sphinx application that has built a book into a folder."""
    config = SimpleNamespace(
        html_baseurl=site, sitemap_filename="sitemap.xml", root_doc="book/welcome", html_title="Neural Collapse"
    )
    builder = SimpleNamespace(format="html", get_target_uri=lambda page: f"{page}.html")
    return SimpleNamespace(config=config, builder=builder, outdir=folder)


def test_everything_that_needs_the_address_of_the_site_follows_it(tmp_path):
    app = application(tmp_path)
    public_address.tell_others(app, app.config)
    card.tell_open_graph(app, app.config)
    public_address.write_robots(app, None)
    assert app.config.notfound_urls_prefix == "/course/"
    assert app.config.ogp_site_url == app.config.html_baseurl
    assert app.config.ogp_image == "https://ada.github.io/course/_static/card.png"
    assert "\nSitemap: https://ada.github.io/course/sitemap.xml\n" in (tmp_path / "robots.txt").read_text()


def test_the_page_at_the_address_says_what_the_first_page_says(tmp_path):
    tags = '<title>A</title>\n<meta name="description" content="A sentence." />\n<meta property="og:a" content="b" />'
    (tmp_path / "book").mkdir()
    (tmp_path / "book/welcome.html").write_text(f'<meta name="viewport" content="c" />{tags}')
    public_address.write_index(application(tmp_path), None)
    text = (tmp_path / "index.html").read_text()
    assert tags in text
    assert "viewport" not in text
    assert '<link rel="canonical" href="https://ada.github.io/course/book/welcome.html" />' in text


def test_after_a_build_that_failed_nothing_is_written(tmp_path):
    for write in (public_address.write_robots, public_address.write_index, card.write):
        write(application(tmp_path), RuntimeError())
    assert list(tmp_path.iterdir()) == []


def test_a_page_without_a_sentence_is_left_as_it_is():
    context = {"meta": None, "metatags": ""}
    descriptions.describe(SimpleNamespace(srcdir=ROOT), "search", "page.html", context, None)
    assert context == {"meta": None, "metatags": ""}


def test_a_sentence_may_have_quotation_marks():
    page = next(page for page in DESCRIBED if '"' in DESCRIBED[page]["says"])
    context = {"meta": None, "metatags": ""}
    descriptions.describe(SimpleNamespace(srcdir=ROOT), page, "page.html", context, None)
    assert re.findall(r'content="([^"]*)"', context["metatags"]) == [DESCRIBED[page]["says"].replace('"', "&quot;")] * 2


def test_the_picture_has_the_size_that_it_claims(tmp_path):
    from matplotlib.image import imread

    (tmp_path / "_static").mkdir()
    card.write(application(tmp_path), None)
    height, width, _ = imread(tmp_path / card.FILE).shape
    assert (width, height) == card.PIXELS
