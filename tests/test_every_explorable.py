"""Every explorable is one self-contained, small piece of a page whose parts have names."""

import re

import fragments
import pytest
from explorable_links import LINKS

from ncbook import explorables

_LARGEST = {"cascade": 400_000, "image_interventions": 400_000, "interventions": 400_000, "settings": 400_000}


@pytest.fixture(scope="module", params=explorables.__all__)
def name(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def shown(name):
    return fragments.shown(name)


@pytest.fixture(scope="module")
def fragment(shown) -> str:
    return shown._repr_html_()


def test_it_is_small_and_asks_for_nothing_from_outside(name, fragment):
    assert len(fragment.encode()) < _LARGEST.get(name, 250_000)
    assert not re.search(r"https?:|src=|@import|url\(|import\(|fetch\(", fragment)


def test_the_page_does_without_descriptions_of_functions(fragment):
    assert "@type" not in re.sub(r"/\*\* @type [^\n]* \*/ \(", "(", fragment)  # what stands inside a line stays


def test_controls_and_pictures_have_names(fragment):
    body = fragment.split("<script", 1)[0].split("</style>")[-1]
    canvases = re.findall(r"<canvas[^>]*>", body)
    assert canvases
    assert all('role="img"' in each and ("aria-label" in each or "tabindex" in each) for each in canvases)
    labels = re.findall(r"<label.*?</label>", body, flags=re.DOTALL)
    assert sum("<select" in each or "<input" in each for each in labels) == len(re.findall("<select|<input", body)) > 0
    assert body.count('role="status"') == 1
    assert all('aria-hidden="true"' in each for each in re.findall(r"<svg[^>]*>", body))


def test_links_can_name_every_control_and_find_the_figure(name, fragment):
    body = fragment.split("</style>", 1)[1].split('<script type="application/json"')[0]
    controls = re.findall(r"<(?:select|input)\b[^>]*>", body)
    names = [re.search(r' name="([a-z]+)"', each)[1] for each in controls]
    assert len(set(names)) == len(names) > 0
    assert f'wireLinks(root, "{name}");' in fragment


@pytest.mark.parametrize("link", LINKS, ids=str)
def test_a_link_names_a_figure_of_its_chapter(link):
    assert link.settings
    assert link.name in link.shown


def test_no_class_name_can_meet_one_of_the_page(fragment):
    names = " ".join(re.findall(r'class="([^"]*)"', fragment)).split()
    assert all(each.startswith("nc-") for each in names)


def test_plain_text_stands_in_where_no_html_is_shown(name, shown):
    assert len(repr(shown)) > 60
    assert "preset laptop" in repr(shown) or name in fragments.WITHOUT_RUN
