"""The figures of relative flatness and of the interventions, in a page: by keyboard, in the dark, on a phone."""

import re

import numpy as np
import pytest

from ncbook import experiments, explorables, readings


@pytest.fixture(scope="module")
def flatness_run():
    return experiments.flatness.load("laptop")


@pytest.fixture(scope="module")
def interventions_run():
    return experiments.interventions.load("laptop")


@pytest.fixture(scope="module")
def flatness(flatness_run) -> str:
    return explorables.flatness(flatness_run)._repr_html_()


@pytest.fixture(scope="module")
def interventions(interventions_run) -> str:
    return explorables.interventions(interventions_run)._repr_html_()


def pixels(page) -> str:
    return page.evaluate("document.querySelector('.nc-curves').toDataURL()")


def label(page) -> str:
    return page.get_attribute(".nc-curves", "aria-label")


# ---- relative flatness ----


def test_the_scale_moves_by_keyboard_and_says_the_values_of_the_run(show, flatness, flatness_run):
    page = show(flatness)
    own = readings.flatness.rows(flatness_run, "scale", arm="trained", seed=flatness_run.config["seeds"][0])
    page.focus(".nc-slider")
    for key, row in (("Home", own.iloc[0]), ("ArrowRight", own.iloc[1]), ("End", own.iloc[-1])):
        before = pixels(page), label(page)
        page.keyboard.press(key)
        assert pixels(page) != before[0]
        assert label(page) != before[1]
        for place, column in enumerate(("relative_flatness", "relative_flatness_bound", "train_loss")):
            said = page.text_content(f".nc-value{place}")
            if row[column] > 0:
                assert float(said) == pytest.approx(row[column], rel=6e-3)
            else:  # rounded to 0, which has no place on a logarithmic axis
                assert said == "below 1e-300"
        assert f"exact κ {page.text_content('.nc-value0')}" in label(page)
    assert page.get_attribute(".nc-slider", "aria-valuetext").startswith("Factor s ")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_every_classifier_has_a_picture_and_words_of_its_own(show, flatness):
    page = show(flatness)
    seen = set()
    for case in range(page.locator(".nc-case option").count()):
        page.select_option(".nc-case", str(case))
        seen.add((pixels(page), label(page), page.text_content(".nc-still-words")))
    assert len(seen) == 6
    assert len({words for _, words, _ in seen}) == 6
    assert "Confidence λδ" in page.text_content(".nc-what")


def test_the_scale_starts_where_the_network_was_trained_and_a_simplex_at_its_peak(show, flatness):
    page = show(flatness)
    assert page.text_content(".nc-now") == "1"
    page.select_option(".nc-case", "4")
    peak = float(page.text_content(".nc-value0"))
    page.focus(".nc-slider")
    for key in ("Home", "End"):
        page.keyboard.press(key)
        assert float(page.text_content(".nc-value0")) < peak


# ---- interventions ----


def arm_of(run, arm: str, column: str, step: int) -> np.ndarray:
    frame = run.to_frame()
    return frame[(frame.arm == arm) & (frame.step == step)][column].to_numpy(dtype=float)


def median_and_range(text: str) -> list[float]:
    """Of "name: 0.5 (0.1 to 0.9). ..."."""
    found = re.search(r": (?:ended at step \d+ with )?(\S+) \((\S+) to (\S+)\)\.", text)
    return [float(number) for number in found.groups()]


@pytest.mark.parametrize("column", ["test_acc", "relative_flatness"])
def test_step_and_measure_change_the_picture_and_the_words_are_those_of_the_run(
    show, interventions, interventions_run, column
):
    page = show(interventions)
    page.select_option(".nc-measure", column)
    page.focus(".nc-slider")
    page.keyboard.press("Home")
    seen = {pixels(page)}
    for _ in range(3):
        page.keyboard.press("ArrowRight")
        seen.add(pixels(page))
        values = arm_of(interventions_run, "baseline", column, int(page.text_content(".nc-now")))
        expected = [np.median(values), values.min(), values.max()]
        assert median_and_range(page.text_content(".nc-told0")) == pytest.approx(expected, rel=6e-3, abs=1e-4)
    assert len(seen) == 4


def test_both_arms_can_be_chosen_and_the_second_left_out(show, interventions, interventions_run):
    page = show(interventions)
    before = pixels(page), label(page)
    page.select_option(".nc-first", label="collapse prevented")
    assert pixels(page) != before[0]
    assert page.text_content(".nc-told0").startswith("collapse prevented: ")
    with_two = pixels(page)
    page.select_option(".nc-second-arm", label="none")
    assert pixels(page) != with_two
    assert not page.locator(".nc-entry1").is_visible()
    assert "anti-flatness" not in label(page)
    assert page.text_content(".nc-status") == label(page)
    frame = interventions_run.to_frame()
    own = frame[(frame.arm == "prevented") & (frame.test_acc >= 0.99)]
    count = own.seed.nunique()
    page.focus(".nc-slider")
    page.keyboard.press("End")
    assert f"reached by {count} of 8 seeds" in page.text_content(".nc-told0")


def test_an_arm_that_ended_earlier_says_so(show, interventions, interventions_run):
    page = show(interventions)
    page.select_option(".nc-first", label="collapse encouraged")
    steps = dict(zip(interventions_run.config["arms"], interventions_run.config["steps"], strict=True))
    assert f"ended at step {steps['encouraged']} with " in page.text_content(".nc-told0")


def test_every_measure_has_a_picture(show, interventions):
    page = show(interventions)
    options = page.locator(".nc-measure option").evaluate_all("all => all.map(each => each.value)")
    seen = set()
    for option in options:
        page.select_option(".nc-measure", option)
        seen.add(pixels(page))
    assert len(seen) == len(options) == 7


# ---- both ----

BOTH = pytest.mark.parametrize("name", ["flatness", "interventions"])


@BOTH
def test_a_screen_reader_is_told_when_the_slider_is_let_go(show, request, name):
    page = show(request.getfixturevalue(name))
    slider = page.locator(".nc-slider")
    slider.evaluate("s => { s.value = 3; s.dispatchEvent(new Event('input')) }")
    assert page.text_content(".nc-status") == ""
    slider.dispatch_event("change")
    assert page.text_content(".nc-status") == label(page)
    assert page.locator("[role=status], [aria-live], output").count() == 1


@BOTH
def test_play_runs_and_pauses_by_keyboard(show, request, name):
    page = show(request.getfixturevalue(name))
    page.locator(".nc-slider").fill("0")
    page.focus(".nc-play")
    page.keyboard.press("Space")
    assert page.text_content(".nc-play") == "Pause"
    page.wait_for_function("document.querySelector('.nc-slider').value >= 2")
    page.keyboard.press("Space")
    assert page.text_content(".nc-play") == "Play"
    assert page.text_content(".nc-status") == label(page)


@BOTH
@pytest.mark.parametrize("width", [390, 768, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_overflows(show, request, page, name, width, theme):
    page.set_viewport_size({"width": width, "height": 740})
    show(request.getfixturevalue(name))
    light = pixels(page)
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    if theme == "dark":
        page.wait_for_function("before => document.querySelector('.nc-curves').toDataURL() !== before", arg=light)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("window.innerWidth")
    edges = page.evaluate(
        "[...document.querySelectorAll('.nc-explorable *')].map(e => e.getBoundingClientRect().right)"
    )
    assert max(edges) <= width


@BOTH
def test_jupyterlab_leaves_the_keys_to_the_controls(show, request, name):
    page = show(request.getfixturevalue(name))
    marked = page.locator(":is(button, input, select)[data-lm-suppress-shortcuts]").count()
    assert marked == page.locator("button, input, select").count() >= 3


@BOTH
def test_two_copies_do_not_meet(show, request, name):
    page = show(2 * request.getfixturevalue(name))
    assert page.locator(".nc-still").count() == 0
    before = page.locator(".nc-now").nth(0).text_content()
    page.locator(".nc-slider").nth(1).fill("1")
    assert page.locator(".nc-now").nth(0).text_content() == before
    assert page.locator(".nc-now").nth(1).text_content() != before
