"""The slider over confidence is self-contained and small, has names for its parts, and shows the numbers of the run."""

import copy
import json
import re

import numpy as np
import pytest

from ncbook import experiments, explorables, readings


@pytest.fixture(scope="module")
def laptop():
    return experiments.flatness.load("laptop")


@pytest.fixture(scope="module")
def fragment(laptop) -> str:
    return explorables.flatness(laptop)._repr_html_()


def cases_of(fragment: str) -> list[dict]:
    data = re.search(r'<script type="application/json" class="nc-data">(.*?)</script>', fragment)[1]
    return json.loads(data)["cases"]


def test_simplices_follow_and_start_at_their_peak(fragment):
    for case, classes in zip(cases_of(fragment)[3:], (3, 10, 97), strict=True):
        assert case["name"] == f"exact collapse, K = {classes}"
        exact = np.array(case["curves"][0], dtype=float)
        assert exact[case["start"]] == pytest.approx(exact.max(), rel=0.01)


def test_the_loss_keeps_its_digits_and_the_axis_ends_below_it(laptop, fragment):
    """kappa is at most 2 ||W||_F^2 max ||h||^2 times the loss, at every place of the slider."""
    for case, arm in zip(cases_of(fragment)[:3], ("random", "trained", "stopped"), strict=True):
        own = readings.flatness.scaled(laptop, arm=arm, seed=301)
        kappa, _, loss, _ = (np.array(curve, dtype=float) for curve in case["curves"])
        allowed = 2 * own.squared_head_norm * own.largest_squared_feature_norm * loss
        assert len(loss) == len(own)
        assert (kappa <= 1.001 * allowed).all()
        assert case["low"] <= min(kappa.min(), loss.min())
        assert case["reference"] == pytest.approx(0.2044, abs=0.01)


def test_one_step_makes_random_labels_flatter_than_the_line(fragment):
    case = cases_of(fragment)[0]
    start = case["start"]
    assert case["at"][start] == 1
    assert case["curves"][0][start] > case["reference"] > case["curves"][0][start + 1]


def test_plain_text_stands_in_where_no_html_is_shown(laptop):
    text = repr(explorables.flatness(laptop))
    assert "exact collapse, K = 10: relative flatness from 4.2" in text
    assert "preset laptop" in text


@pytest.mark.parametrize(
    ("part", "key", "message"),
    [("history", "arm", "run.history: has no column arm"), ("arrays", "family/strengths", "has no family/strengths")],
)
def test_what_is_missing_is_named(laptop, part, key, message):
    run = copy.deepcopy(laptop)
    del getattr(run, part)[key]
    with pytest.raises(ValueError, match=message):
        explorables.flatness(run)
