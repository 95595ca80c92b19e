"""Every page of the built book on a desk in the light, opened from disk with the network cut off."""

import re
from contextlib import contextmanager, nullcontext
from urllib.parse import parse_qsl, quote

import barriers
import pytest
import visits
from book_pages import (
    CHAPTER,
    CHAPTERS,
    IN_THE_FORM,
    MOVING,
    PAGES,
    WITH_FIGURES,
    WITH_SLIDER,
    WITHOUT_SLIDER,
)
from pages import fresh_page, ids
from visits import every


@pytest.fixture(scope="module")
def reader(chromium):
    """A page that goes through the book: Chromium then compiles only once what all pages of the book load."""
    with fresh_page(chromium) as page:
        yield page


@pytest.fixture(scope="module")
def opened(request, reader, book):
    visits.open_page(reader, book, request.param)
    yield reader
    visits.leave_page(reader)


@contextmanager
def on_a_phone(page, width=390):
    page.set_viewport_size({"width": width, "height": 800})
    try:
        yield
    finally:  # the page is also that of other tests
        page.set_viewport_size({"width": 1280, "height": 900})


@contextmanager
def themed(page, theme):
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    try:
        yield
    finally:
        page.evaluate("document.documentElement.dataset.theme = 'light'")


def test_the_table_of_contents_names_all_pages(book):
    built = {
        str(path.relative_to(book).with_suffix("")) for path in book.rglob("*.html") if "_static" not in path.parts
    }
    assert built == {*PAGES, "index", "404"}


def test_index_leads_to_the_welcome_page(page, book):
    page.goto((book / "index.html").as_uri())
    page.wait_for_url("**/book/welcome.html")


@every(PAGES)
def test_page_opens_offline_without_problems(opened):
    opened.wait_for_timeout(300)
    assert opened.problems == []


@every(PAGES)
def test_a_page_is_light_and_silent_and_asks_for_nothing_elsewhere(opened):
    visits.check_that_it_is_light_and_silent(opened)
    assert opened.evaluate("document.documentElement.dataset.theme") == "light"


@every(MOVING)
def test_the_first_moving_figure_is_near_and_a_link_at_the_top_leads_to_it(opened):
    visits.check_that_its_first_moving_figure_is_near(opened)


@every(PAGES)
def test_images_load_and_have_alt_texts(opened):
    for image in opened.locator("img").all():
        # a broken one cannot be decoded
        image.evaluate("async image => { image.loading = 'eager'; await image.decode(); }")
    for image in opened.locator("img:not(.logo__image)").all():  # beside that one stands the name of the book
        alt = image.get_attribute("alt")
        assert alt
        assert not alt.startswith("_images/"), alt


@every(IN_THE_FORM)
def test_equations_are_rendered(opened):
    opened.wait_for_selector("mjx-container", state="attached")  # the first may be in a menu
    written = opened.locator("div.math").count()
    assert written > 0
    assert opened.locator("div.math mjx-container").count() >= written
    assert opened.locator("mjx-merror").count() == 0
    assert not re.search(r"\\(frac|sum|operatorname)", opened.locator("article").inner_text())


@every(PAGES)
def test_no_formula_is_a_stop_of_the_tab_key(opened):
    opened.wait_for_function("() => !window.MathJax?.startup?.promise || MathJax.startup.promise.then(() => true)")
    assert opened.locator("mjx-container[tabindex]").count() == 0


@every(IN_THE_FORM)
@pytest.mark.parametrize("width", [390, 1280])
def test_every_equation_fits_into_its_column(opened, width):
    cut = """each => each.scrollWidth > each.clientWidth + 2 && each.clientWidth"""
    with on_a_phone(opened) if width == 390 else nullcontext():
        opened.evaluate("for (const fold of document.querySelectorAll('article details')) fold.open = true")
        wide = opened.evaluate(
            f"[...document.querySelectorAll('div.math')].filter({cut}).map(each => each.textContent)"
        )
        opened.evaluate("for (const fold of document.querySelectorAll('article details')) fold.open = false")
    assert wide == []


@every(IN_THE_FORM)
def test_a_formula_of_the_text_is_not_cut_on_a_phone(opened):
    right = "getBoundingClientRect().right"
    cut = f"each => each.querySelector('mjx-math').{right} > each.{right} + 1"
    formulas = "[...document.querySelectorAll('article span.math:has(mjx-math)')]"
    with on_a_phone(opened):
        opened.evaluate("for (const fold of document.querySelectorAll('article details')) fold.open = true")
        wide = opened.evaluate(f"{formulas}.filter({cut}).map(each => each.textContent)")
        opened.evaluate("for (const fold of document.querySelectorAll('article details')) fold.open = false")
    assert wide == []


@every(["book/measures"])
def test_a_number_in_a_formula_stays_on_one_line_on_a_phone(opened):
    bottoms = "[...each.querySelectorAll('mjx-c')].map(digit => digit.getBoundingClientRect().bottom)"
    lines = f"all => all.map(each => {bottoms}).map(of => Math.max(...of) - Math.min(...of))"
    with on_a_phone(opened):
        opened.locator("td mjx-mn").first.wait_for()
        assert max(opened.locator("td mjx-mn").evaluate_all(lines)) < 5


@every(IN_THE_FORM)
def test_solutions_are_folded_until_they_are_asked_for(opened):
    solution = opened.locator("article details:not(.ledger-box, .hide, .nc-more)").first  # nor folded code
    assert not solution.locator("p").first.is_visible()
    solution.locator("summary").click()
    assert solution.locator("p").first.is_visible()


@every(PAGES)
def test_nothing_overflows_on_a_phone(opened):
    with on_a_phone(opened):
        assert opened.evaluate("document.documentElement.scrollWidth") <= 390


@every(PAGES)
def test_titles_of_the_pages_before_and_after_are_not_cut_on_a_narrow_phone(opened):
    cut = "all => all.filter(each => each.scrollWidth > each.clientWidth).map(each => each.textContent)"
    with on_a_phone(opened, 360):
        assert opened.locator(".prev-next-area > a").evaluate_all(cut) == []


@every(["book/teaching/class", "book/columns", "book/notation"])
def test_short_code_in_a_table_is_not_broken_on_a_phone(opened):
    with on_a_phone(opened):
        short = opened.locator("td code.short:visible")
        assert set(short.evaluate_all("all => all.map(each => each.getClientRects().length)")) == {1}


# Words, and the parts of names between underscores, that stand on two lines.
BROKEN = """cells => cells.flatMap(cell => {
  const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT), broken = [];
  for (let text; (text = texts.nextNode()); ) {
    for (const word of text.parentElement.closest("mjx-container") ? [] : text.data.matchAll(/[^\\W_]+/g)) {
      const range = document.createRange();
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map(box => Math.round(box.top)));
      if (lines.size > 1) broken.push(word[0]);
    }
  }
  return broken;
})"""


@every(
    ["book/ledger", "book/notation", "book/howto/measure", *(f"book/reference/{name}" for name in ("data", "figures"))]
)
def test_words_in_a_table_are_not_broken_on_a_phone(opened):
    with on_a_phone(opened):
        assert opened.locator("td:visible").evaluate_all(BROKEN) == []


@every(["book/4-grokking/doses", "book/2-generalization/test_collapse", "book/reference/figures"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_sign_behind_a_heading_takes_no_line_of_its_own(opened, width):
    below = """signs => signs.filter(sign => {
      const words = document.createRange();
      words.selectNodeContents(sign.parentElement);
      words.setEndBefore(sign);
      return sign.checkVisibility() && sign.getBoundingClientRect().top > words.getBoundingClientRect().bottom - 4;
    }).map(sign => sign.parentElement.textContent)"""
    with on_a_phone(opened, width):
        signs = opened.locator("article :is(h1, h2, h3) > a.headerlink")
        assert signs.count() > 0
        assert signs.evaluate_all(below) == []


@every(IN_THE_FORM)
def test_code_that_shows_nothing_is_one_fold_where_it_stands_together(opened):
    silent = ".cell.tag_hide-input:not(:has(.cell_output))"
    assert opened.locator(f"{silent} + {silent}").count() == 0


def test_the_index_of_the_reference_fits_on_a_phone(page, book):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto((book / "genindex.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_contents_of_a_page_are_not_cut(page, book):
    page.goto((book / "book/reference/metrics.html").as_uri())
    contents = page.locator("#pst-secondary-sidebar")
    assert contents.evaluate("list => list.scrollWidth - list.clientWidth") <= 0


@every(WITH_FIGURES)
def test_a_phone_gets_the_narrow_drawing_of_every_figure_and_shows_it_whole(opened):
    every_image, figures = "div.cell_output img", "picture.figure-drawing > img"
    assert opened.locator(every_image).count() == opened.locator(figures).count() > 0
    with on_a_phone(opened):
        opened.locator(figures).evaluate_all("all => all.forEach(each => { each.loading = 'eager'; })")
        opened.wait_for_function(
            f"[...document.querySelectorAll('{figures}')].every(each => /-narrow[.]webp$/.test(each.currentSrc))"
        )
        places = "each => each.getBoundingClientRect()).map(box => [box.x, box.right]"
        boxes = opened.evaluate(f"[...document.querySelectorAll('{figures}')].map({places})")
        assert all(0 <= left < right <= 390 for left, right in boxes), boxes


@every(["book/welcome"])
def test_sidebar_opens_on_a_phone(opened):
    with on_a_phone(opened):
        opened.locator(".primary-toggle:visible").click()
        opened.get_by_role("link", name="Watching a network collapse").first.wait_for(state="visible")


@every(WITH_FIGURES)
def test_dark_figures_melt_into_the_page(opened):
    with themed(opened, "dark"):
        image = opened.locator("div.cell_output img").first
        assert "invert" in image.evaluate("image => getComputedStyle(image).filter")


@every([CHAPTER])
def test_the_note_in_place_of_a_lab_has_no_light_box_on_a_dark_page(opened):
    with themed(opened, "dark"):
        box = opened.locator("[role=note]").locator("xpath=ancestor::*[contains(@class, 'text_html')]")
        style = box.evaluate("box => [getComputedStyle(box).backgroundColor, getComputedStyle(box).padding]")
        assert style == ["rgba(0, 0, 0, 0)", "0px"]


@every(WITH_SLIDER)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_slider_moves_the_picture(opened, theme):
    with themed(opened, theme):
        figures = opened.locator(".nc-explorable", has=opened.locator("input[type=range]"))
        over_time = figures.filter(has=opened.get_by_role("button", name="Play"))
        figure = (over_time if over_time.count() else figures).first
        figure.evaluate("figure => figure.querySelectorAll('.nc-more').forEach(fold => { fold.open = true; })")
        slider = figure.locator("input[type=range]").first
        slider.scroll_into_view_if_needed()
        picture = figure.locator("canvas").first
        slider.focus()
        before = look_after(opened, picture, "Home")
        after = look_after(opened, picture, "End", "PageDown")  # both ends of a turn look alike
    assert before[0] != after[0]
    assert before[1] != after[1]


def look_after(page, picture, *keys: str) -> tuple[str, str]:
    """The pixels and the label of a picture, once the page has been painted after the keys."""
    for key in keys:
        page.keyboard.press(key)
    page.evaluate("() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)))")
    return picture.evaluate("canvas => canvas.toDataURL()"), picture.get_attribute("aria-label")


@every([CHAPTER])
def test_links_of_the_prose_set_the_figure_and_lead_to_it(opened):
    links = opened.locator("a[href^='#nc-'][href*=':']").all()
    assert len(links) > 1
    told = []
    for link in links:
        link.click()
        figure = opened.locator(".nc-explorable").filter(has=opened.locator(":focus"))
        opened.wait_for_function(_WHOLE_IN_VIEW, arg=figure.element_handle())
        set_last = [name for name, _ in parse_qsl(link.get_attribute("href").partition(":")[2])][-1]
        assert figure.locator(":focus").get_attribute("name") == set_last
        told.append(figure.locator("[role=status]").inner_text())
    assert len(set(told)) == len(links)  # each leads to another place
    assert "#nc-" not in opened.url


# What is higher than the window shows its upper end.
_WHOLE_IN_VIEW = """(figure) => {
  const { top, bottom } = figure.getBoundingClientRect();
  const header = document.querySelector(".bd-header-article")?.getBoundingClientRect().bottom ?? 0;
  return top >= header && (bottom <= innerHeight || bottom - top > innerHeight - header);
}"""


@every(WITHOUT_SLIDER)
def test_other_chapters_have_no_slider(opened):
    assert opened.locator(".nc-explorable input[type=range]").count() == 0


@every(["book/4-grokking/onset"])
def test_the_rule_that_is_chosen_moves_the_crossings(opened):
    figure = opened.locator(".nc-explorable").first
    figure.scroll_into_view_if_needed()
    picture, choice = figure.locator("canvas").first, figure.locator("select").first
    before = look_after(opened, picture), figure.locator(".nc-told").inner_text()
    choice.select_option(index=2)
    after = look_after(opened, picture), figure.locator(".nc-told").inner_text()
    assert before[0][0] != after[0][0]
    assert before[1] != after[1]


@every(CHAPTERS)
def test_launch_buttons_open_this_chapter_in_colab_binder_and_kaggle(opened, chapters_address):
    chapter = f"{chapters_address.removesuffix('book')}{opened.name}.ipynb"
    slug, branch = chapters_address.removesuffix("/book").split("/blob/")
    wanted = {
        "colab": f"https://colab.research.google.com/github/{chapter}",
        "binder": f"https://mybinder.org/v2/gh/{slug}/{branch}?urlpath=lab/tree/{opened.name}.ipynb",
        "kaggle": f"https://www.kaggle.com/kernels/welcome?src={quote(f'https://github.com/{chapter}', safe='')}",
    }
    links = {name: opened.locator(f"a[href*='{name}']").first.get_attribute("href") for name in wanted}
    assert links == wanted


@every([CHAPTER])
def test_the_lab_says_that_it_needs_a_kernel(opened):
    assert opened.locator("[class*=widget], script[type*=widget]").count() == 0
    assert opened.get_by_role("link", name="Open this chapter in Colab").count() == 1


@every(IN_THE_FORM)
def test_the_verdicts_of_a_chapter_are_folded_and_lead_to_their_rules(opened, book):
    box = opened.locator("details.ledger-box")
    assert box.count() == 1
    table = box.locator("table")
    assert not table.is_visible()
    box.locator("summary").click()
    assert table.is_visible()
    links = table.locator("a").evaluate_all("all => all.map(link => link.getAttribute('href'))")
    assert links
    assert [link for link in links if link.removeprefix("../rules.html#") not in ids(book / "book/rules.html")] == []
    box.locator("summary").click()


# --- the tables of the ledger


LEDGER = "book/ledger"


def shown(table, column: int) -> list[str]:
    return [row.locator("td").nth(column).inner_text() for row in table.locator("tbody tr").all() if row.is_visible()]


@every([LEDGER])
def test_the_ledger_opens_with_the_three_sources_of_the_book(opened):
    heads = opened.locator("section h2").all_inner_texts()
    assert [re.search(r"Agarwal|Hui|Han", head)[0] for head in heads[:3]] == ["Agarwal", "Hui", "Han"]


@every([LEDGER])
def test_a_table_of_the_ledger_sorts_by_a_column_and_back(opened):
    table = opened.locator(".ledger-table table").first
    button = table.locator("thead th button").nth(2)
    button.click()
    verdicts = shown(table, 2)
    assert verdicts == sorted(verdicts, key=str.lower)
    assert len(set(verdicts)) > 1  # the control: there is something to sort
    button.click()
    assert shown(table, 2) == sorted(verdicts, key=str.lower, reverse=True)
    assert table.locator("thead th").nth(2).get_attribute("aria-sort") == "descending"


@every([LEDGER])
def test_a_table_of_the_ledger_is_filtered_by_words(opened):
    around = opened.locator(".ledger-table").first
    field, table = around.locator("input"), around.locator("table")
    whole = len(shown(table, 0))
    field.fill("holds stated")
    found = list(zip(shown(table, 1), shown(table, 2), strict=True))
    assert set(found) == {("stated", "holds")}
    assert around.locator("output").inner_text() == f"{len(found)} of {whole}"
    field.fill("")
    assert len(shown(table, 0)) == whole


# --- at the end, since little is left of the page


@every(PAGES)
def test_axe_finds_nothing_in_the_light_or_in_the_dark(opened, axe):
    barriers.prepare(opened, axe)
    assert barriers.found(opened, barriers.ALL) == []
    opened.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert barriers.found(opened, barriers.OF_COLORS) == []
