"""The explorable works from a file on disk, with no kernel and no network: by keyboard, in the dark, on a phone."""

import pytest

from ncbook import experiments, explorables

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>explorable</title>
<meta name="viewport" content="width=device-width"></head>
<body>{body}</body></html>"""
_BOOK = '<main class="bd-content"><div class="cell_output"><div class="output text_html">{}</div></div></main>'
# what the theme of the book does to every plain output
_LIGHT_BOX = """<style>html[data-theme=dark] .bd-content div.cell_output .text_html:not(:has(table.dataframe)) {
background-color: #ced6dd; color: #222; padding: .5rem }</style>"""


@pytest.fixture(scope="session")
def fragment() -> str:
    """The figure of the book's recorded run."""
    return explorables.collapse(experiments.collapse.load("laptop", live=False))._repr_html_()


def pixels(page, canvas: str) -> str:
    return page.evaluate("name => document.querySelector(name).toDataURL()", canvas)


def label(page, canvas: str) -> str:
    return page.get_attribute(canvas, "aria-label")


def width_and_view(page) -> list[int]:
    return page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")


def test_the_slider_moves_both_pictures_by_keyboard(show, fragment):
    page = show(fragment)
    first = [pixels(page, ".nc-plane"), pixels(page, ".nc-curves"), label(page, ".nc-plane")]
    assert "epoch 0" in first[2]
    page.focus(".nc-slider")
    page.keyboard.press("ArrowRight")
    assert "epoch 1:" in label(page, ".nc-plane")
    page.keyboard.press("End")
    last = [pixels(page, ".nc-plane"), pixels(page, ".nc-curves"), label(page, ".nc-plane")]
    assert all(a != b for a, b in zip(first, last, strict=True))
    assert "epoch 200:" in last[2]
    assert page.get_attribute(".nc-slider", "aria-valuetext") == "epoch 200"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_screen_reader_is_told_when_the_slider_is_let_go(show, fragment):
    page = show(fragment)
    assert page.text_content(".nc-status") == ""
    slider = page.locator(".nc-slider")
    slider.evaluate("s => { s.value = 5; s.dispatchEvent(new Event('input')) }")
    assert page.text_content(".nc-status") == ""
    slider.dispatch_event("change")
    assert "epoch 5" in page.text_content(".nc-status")
    assert page.locator("[role=status], [aria-live], output").count() == 1  # nothing else speaks while it plays


def test_play_runs_pauses_and_starts_again_by_keyboard(show, fragment):
    page = show(fragment)
    page.focus(".nc-play")
    page.keyboard.press("Space")
    assert page.text_content(".nc-play") == "Pause"
    page.wait_for_function("document.querySelector('.nc-slider').value >= 2")
    page.keyboard.press("Space")
    assert page.text_content(".nc-play") == "Play"
    assert "epoch" in page.text_content(".nc-status")
    page.locator(".nc-slider").fill("32")
    page.click(".nc-play")
    page.wait_for_function("document.querySelector('.nc-play').textContent === 'Play'")
    assert page.input_value(".nc-slider") == "33"
    page.click(".nc-play")
    assert page.input_value(".nc-slider") == "0"


def test_less_motion_means_slow_steps(show, fragment, page):
    page.emulate_media(reduced_motion="reduce")
    page.clock.install()
    show(fragment)
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))
    page.click(".nc-play")
    page.clock.run_for(900)
    assert page.input_value(".nc-slider") == "0"
    page.clock.run_for(900)
    assert page.input_value(".nc-slider") == "1"


@pytest.mark.parametrize(
    "switch",
    [
        "document.documentElement.dataset.theme = 'dark'",
        "document.documentElement.setAttribute('theme', 'dark')",
        "document.body.dataset.jpThemeLight = 'false'",
    ],
    ids=["book", "colab", "jupyterlab"],
)
def test_the_dark_theme_of_each_home_recolours_words_and_pictures(show, fragment, switch):
    page = show(fragment)
    colors = "(s => [s.color, s.backgroundColor])(getComputedStyle(document.querySelector('.nc-explorable')))"
    light, picture = page.evaluate(colors), pixels(page, ".nc-plane")
    page.evaluate(switch)
    page.wait_for_function("before => document.querySelector('.nc-plane').toDataURL() !== before", arg=picture)
    dark = page.evaluate(colors)
    assert light[0] != dark[0]
    assert light[1] != dark[1]


def test_the_book_puts_no_light_box_around_it(show, fragment):
    page = show(_LIGHT_BOX + _BOOK.format(fragment))
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    box = page.evaluate("getComputedStyle(document.querySelector('.text_html')).backgroundColor")
    assert box == "rgba(0, 0, 0, 0)"


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_overflows(show, fragment, page, width):
    page.set_viewport_size({"width": width, "height": 740})
    show(fragment)
    scroll, view = width_and_view(page)
    assert scroll <= view
    edges = page.evaluate(
        "[...document.querySelectorAll('.nc-explorable *')].map(e => e.getBoundingClientRect().right)"
    )
    assert max(edges) <= view
    page.locator(".nc-slider").fill("9")
    assert "epoch 9:" in label(page, ".nc-plane")


def test_pictures_are_sharp_on_a_fine_screen(chromium, fragment, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(_PAGE.format(body=fragment), encoding="utf-8")
    context = chromium.new_context(viewport={"width": 390, "height": 800}, device_scale_factor=2)
    page = context.new_page()
    page.goto(path.as_uri())
    ratio = page.evaluate("(c => c.width / c.clientWidth)(document.querySelector('.nc-plane'))")
    context.close()
    assert ratio == pytest.approx(2, abs=0.01)


def test_it_follows_its_size_also_when_first_hidden(show, fragment):
    page = show(f'<div id="tab" style="display:none">{fragment}</div>')
    page.evaluate("document.querySelector('#tab').style.display = 'block'")
    drawn = "(c => c.width === c.clientWidth && c.width)(document.querySelector('.nc-curves'))"
    wide = page.wait_for_function(drawn).json_value()
    page.set_viewport_size({"width": 500, "height": 800})
    page.wait_for_function(f"{drawn} && document.querySelector('.nc-curves').width !== {wide}")
    assert "epoch 0" in label(page, ".nc-plane")


def test_two_copies_of_one_output_both_start(show, fragment):
    page = show(fragment + fragment)
    assert page.locator(".nc-still").count() == 0
    page.locator(".nc-slider").nth(1).fill("4")
    epochs = [each.text_content() for each in page.locator(".nc-now").all()]
    assert epochs == ["0", "4"]


def test_without_scripts_it_says_so_and_shows_no_dead_control(chromium, fragment, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(_PAGE.format(body=fragment), encoding="utf-8")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert "run this cell, or trust the notebook" in page.locator(".nc-waiting").inner_text()
    assert not page.locator(".nc-slider").is_visible()
    context.close()


def test_the_sentence_goes_once_the_script_runs(show, fragment):
    page = show(fragment)
    assert "trust the notebook" not in page.inner_text("body")
    assert page.locator(".nc-slider").is_visible()
