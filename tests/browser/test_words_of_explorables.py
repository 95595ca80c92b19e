"""What the figures of relative flatness and of the interventions say in words is what the run holds."""

import re

import numpy as np
import pytest
from fragments import shown

from ncbook import experiments, explorables, readings


@pytest.fixture(scope="module")
def interventions_run():
    return experiments.interventions.load("laptop")


@pytest.fixture(scope="module")
def interventions(interventions_run) -> str:
    return explorables.interventions(interventions_run)._repr_html_()


def label(page) -> str:
    return page.get_attribute(".nc-curves", "aria-label")


def test_the_scale_starts_where_the_network_was_trained_and_a_simplex_at_its_peak(show):
    page = show(explorables.flatness(experiments.flatness.load("laptop"))._repr_html_())
    assert page.text_content(".nc-now") == "1"
    page.select_option(".nc-case", "4")
    peak = float(page.text_content(".nc-value0"))
    page.focus(".nc-slider")
    for key in ("Home", "End"):
        page.keyboard.press(key)
        assert float(page.text_content(".nc-value0")) < peak


def arm_of(run, arm: str, column: str, step: int) -> np.ndarray:
    frame = run.to_frame()
    return frame[(frame.arm == arm) & (frame.step == step)][column].to_numpy(dtype=float)


def median_and_range(text: str) -> list[float]:
    """Of "name: 0.5 (0.1 to 0.9). ..."."""
    found = re.search(r": (?:ended at step \d+ with )?(\S+) \((\S+) to (\S+)\)\.", text)
    return [float(number) for number in found.groups()]


@pytest.mark.parametrize("column", ["test_acc", "relative_flatness"])
def test_medians_and_ranges_in_words_are_those_of_the_run(show, interventions, interventions_run, column):
    page = show(interventions)
    unfold(page)
    page.select_option(".nc-measure", column)
    page.focus(".nc-slider")
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
        values = arm_of(interventions_run, "baseline", column, int(page.text_content(".nc-now")))
        expected = [np.median(values), values.min(), values.max()]
        assert median_and_range(page.text_content(".nc-told0")) == pytest.approx(expected, rel=6e-3, abs=1e-4)


def unfold(page) -> None:
    page.eval_on_selector(".nc-more", "fold => { fold.open = true; }")


def test_both_arms_can_be_chosen_and_the_second_left_out(show, interventions, interventions_run):
    page = show(interventions)
    unfold(page)
    page.select_option(".nc-first", label="collapse prevented")
    assert page.text_content(".nc-told0").startswith("collapse prevented: ")
    page.select_option(".nc-second-arm", label="none")
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
    unfold(page)
    page.select_option(".nc-first", label="collapse encouraged")
    steps = dict(zip(interventions_run.config["arms"], interventions_run.config["steps"], strict=True))
    assert f"ended at step {steps['encouraged']} with " in page.text_content(".nc-told0")


ARMS = [
    "interventions", "doses", "image_interventions", "mnist_grokking", "memorization", "corrupted_trainings",
    "fixed_head", "next_token",
]  # fmt: skip


@pytest.mark.parametrize("name", ARMS)
def test_a_question_sets_its_arms_and_is_answered_and_a_choice_of_arms_is_of_no_question(show, name):
    figure = shown(name)
    page = show(figure._repr_html_())
    labels = [arm["label"] for arm in figure.data["arms"]]
    for key, question in figure.data["questions"].items():
        page.select_option(".nc-asked", key)
        assert page.text_content(".nc-answer") == question["answer"]
        assert page.text_content(".nc-status").startswith(question["answer"])
        for place, arm in enumerate(question["arms"]):
            assert page.text_content(f".nc-told{place}").startswith(f"{labels[arm]}: ")
        entries = page.locator(".nc-legend li").evaluate_all("all => all.filter(each => !each.hidden).length")
        assert entries == len(question["arms"])
        assert page.input_value(".nc-measure") == question["measure"]
        assert page.input_value(".nc-slider") == page.get_attribute(".nc-slider", "max")
    unfold(page)
    page.select_option(".nc-second-arm", "")
    page.select_option(".nc-first", str(len(labels) - 1))
    page.select_option(".nc-third-arm", "0")
    assert page.input_value(".nc-asked") == page.text_content(".nc-answer") == ""


def test_arms_of_a_question_that_are_chosen_by_hand_are_known_again(show, interventions):
    page = show(interventions)
    unfold(page)
    page.select_option(".nc-second-arm", label="collapse encouraged")
    assert page.input_value(".nc-asked") == "encouraged"
    page.select_option(".nc-measure", "ncc_acc_test")
    assert page.input_value(".nc-asked") == "encouraged"


@pytest.mark.parametrize("rule", ["steps", "epochs", "loss"])
def test_the_correlation_in_words_is_that_of_the_reading(show, rule):
    run = experiments.test_collapse.load("laptop")
    page = show(explorables.test_collapse(run)._repr_html_())
    page.eval_on_selector(".nc-more", "fold => { fold.open = true; }")
    page.select_option(".nc-rule", rule)
    own = readings.test_collapse.of_difficulty(run)
    stops = page.get_attribute(".nc-slider", "data-values").split()
    for place in range(0, len(stops), 3):
        page.locator(".nc-slider").fill(str(place))
        told = page.text_content(".nc-words")
        found = readings.test_collapse.correlations(readings.test_collapse.read_at(own, rule, float(stops[place])))
        if found.empty:
            assert "there is no correlation" in told
            continue
        said = re.search(r"rank correlation (\S+); (\d) seeds, (\S+) to ([^ )]+)\)", told).groups()
        wanted = [found.median(), len(found), found.min(), found.max()]
        assert [float(number) for number in said] == pytest.approx(wanted, abs=6e-4)
        assert ("higher one" in told) == (found.median() <= -0.5)
        assert ("lower one" in told) == (found.median() >= 0.5)
