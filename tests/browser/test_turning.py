"""The turnable figure in a browser: mouse, keyboard and sliders."""

import pytest

from ncbook import experiments, explorables


@pytest.fixture(scope="module")
def fragment() -> str:
    return explorables.simplex(experiments.simplex.load("laptop"))._repr_html_()


@pytest.fixture
def shown(show, page, fragment):
    """The page with the figure, which does not play by itself."""
    page.emulate_media(reduced_motion="reduce")
    return show(fragment)


def pixels(page) -> str:
    return page.evaluate("document.querySelector('.nc-space').toDataURL()")


def angles(page) -> tuple[float, float]:
    return tuple(float(page.input_value(name)) for name in (".nc-turn", ".nc-tilt"))


def test_the_arrow_keys_turn_the_picture(shown):
    before, (turn, tilt) = pixels(shown), angles(shown)
    shown.focus(".nc-space")
    shown.keyboard.press("ArrowRight")
    shown.keyboard.press("ArrowDown")
    assert angles(shown) == (turn + 5, tilt + 5)
    assert pixels(shown) != before


def test_dragging_to_the_right_turns_the_front_to_the_right(shown):
    turn, tilt = angles(shown)
    box = shown.locator(".nc-space").bounding_box()
    shown.mouse.move(box["x"] + 100, box["y"] + 100)
    shown.mouse.down()
    shown.mouse.move(box["x"] + 160, box["y"] + 100, steps=3)
    shown.mouse.up()
    shown.mouse.move(box["x"] + 200, box["y"] + 200)  # let go: moves nothing
    assert angles(shown) == (turn + 30, tilt)


def test_turning_goes_round(shown):
    shown.locator(".nc-turn").fill("178")
    shown.focus(".nc-space")
    shown.keyboard.press("ArrowRight")
    assert angles(shown)[0] == -177


def test_the_sliders_turn_it_too_and_are_hidden_in_the_plane(shown):
    before = pixels(shown)
    shown.locator(".nc-turn").fill("90")
    assert pixels(shown) != before
    shown.select_option(".nc-network", "k3-d2-wd0.005")
    assert not shown.locator(".nc-turn").is_visible()
    flat = pixels(shown)
    shown.focus(".nc-space")
    shown.keyboard.press("ArrowRight")
    assert pixels(shown) == flat


def test_it_opens_at_the_start_and_plays_once_when_it_comes_into_view(show, page, fragment):
    page.clock.install()
    show('<div style="height: 3000px"></div>' + fragment)
    page.clock.run_for(20_000)
    assert page.input_value(".nc-slider") == "0"
    page.locator(".nc-space").scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.nc-play').textContent === 'Pause'")
    page.clock.run_for(20_000)
    assert page.input_value(".nc-slider") == page.get_attribute(".nc-slider", "max")
    page.evaluate("scrollTo(0, 0)")
    page.locator(".nc-slider").fill("0")
    page.locator(".nc-space").scroll_into_view_if_needed()
    page.clock.run_for(20_000)
    assert page.input_value(".nc-slider") == "0"


def test_it_does_not_play_by_itself_once_a_reader_has_taken_it_in_hand(show, page, fragment):
    page.clock.install()
    show('<div style="height: 3000px"></div>' + fragment)
    page.evaluate("document.querySelector('.nc-network').dispatchEvent(new Event('input', { bubbles: true }))")
    page.locator(".nc-space").scroll_into_view_if_needed()
    page.clock.run_for(20_000)
    assert page.input_value(".nc-slider") == "0"


def test_with_less_motion_it_shows_the_end(shown):
    assert shown.input_value(".nc-slider") == shown.get_attribute(".nc-slider", "max")
    shown.clock.install()
    shown.clock.run_for(20_000)
    assert shown.text_content(".nc-play") == "Play"
