"""Every page of the built book on a phone in the dark."""

import re
from itertools import pairwise

import barriers
import pytest
import visits
from book_pages import CHAPTERS, MOVING, PAGES
from pages import fresh_page
from visits import every


@pytest.fixture(scope="module")
def reader(chromium):
    with fresh_page(chromium, **visits.PHONE, theme="dark") as page:
        yield page


@pytest.fixture(scope="module")
def opened(request, reader, book):
    visits.open_page(reader, book, request.param)
    yield reader
    visits.leave_page(reader)


@every(PAGES)
def test_a_page_is_light_and_silent_and_asks_for_nothing_elsewhere(opened):
    visits.check_that_it_is_light_and_silent(opened)
    assert opened.evaluate("document.documentElement.dataset.theme") == "dark"


@every(MOVING)
def test_the_first_moving_figure_is_near_and_a_link_at_the_top_leads_to_it(opened):
    visits.check_that_its_first_moving_figure_is_near(opened)


@every(["book/welcome", *CHAPTERS, "book/ledger"])
def test_fingers_and_keys_reach_everything(opened, axe):
    barriers.prepare(opened, axe)
    assert barriers.found(opened, barriers.OF_A_PHONE) == []


@every(["book/later_work", "book/teaching/course-module"])
def test_a_table_of_long_sentences_is_a_list(opened):
    """Each cell takes the width of the list, under the one before it."""
    rows = opened.locator(".as-list tbody tr").all()
    assert len(rows) > 20
    for row in rows:
        list_width = row.bounding_box()["width"]
        boxes = [cell.bounding_box() for cell in row.locator("td").all()]
        assert all(box["width"] > 0.9 * list_width for box in boxes)
        assert all(above["y"] + above["height"] <= below["y"] + 1 for above, below in pairwise(boxes))
    assert opened.locator(".as-list :is(thead, th)").filter(visible=True).count() == 0


@every(["book/teaching/course-module", *(page for page in PAGES if "/lessons-" in page)])
def test_the_plan_of_a_lesson_fits(opened):
    plans = opened.locator("article table").filter(has_text=re.compile(r"^\s*minutes"))
    assert plans.count() > 0
    for plan in plans.all():
        assert plan.evaluate("table => table.offsetWidth - table.parentElement.clientWidth") <= 0
