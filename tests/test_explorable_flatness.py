"""The slider over confidence is self-contained and small, has names for its parts, and shows the numbers of the run."""

import copy
import json
import re

import numpy as np
import pytest

from ncbook import experiments, explorables
from ncbook.readings import flatness as reading


@pytest.fixture(scope="module")
def laptop():
    return experiments.flatness.load("laptop")


@pytest.fixture(scope="module")
def fragment(laptop) -> str:
    return explorables.flatness(laptop)._repr_html_()


def cases_of(fragment: str) -> list[dict]:
    data = re.search(r'<script type="application/json" class="nc-data">(.*?)</script>', fragment)[1]
    return json.loads(data)["cases"]


def test_it_is_small_and_asks_for_nothing_from_outside(fragment):
    assert len(fragment.encode()) < 60_000
    assert not re.search(r"https?:|src=|@import|url\(|import\(|fetch\(", fragment)


def test_controls_and_picture_have_names(fragment):
    assert len(re.findall(r'<canvas [^>]*role="img" aria-label', fragment)) == fragment.count("<canvas") == 1
    labels = re.findall(r"<label.*?</label>", fragment, flags=re.DOTALL)
    assert sum("<select" in each or "<input" in each for each in labels) == 2
    assert fragment.count('role="status"') == 1
    assert all('aria-hidden="true"' in each for each in re.findall(r"<svg[^>]*>", fragment))


def test_networks_come_first_with_the_numbers_of_the_first_seed(laptop, fragment):
    cases = cases_of(fragment)
    assert [len(case["curves"]) for case in cases] == [4] * 6
    own = reading.rows(laptop, "scale", arm="random", seed=laptop.config["seeds"][0])
    case = cases[2]
    assert "random" in case["name"]
    np.testing.assert_allclose(case["at"], own.scale, rtol=5e-4)
    np.testing.assert_allclose(case["curves"][0], own.relative_flatness, rtol=5e-4)
    assert f"test error {100 * own.test_error.iloc[0]:.3g} %" in case["still"]
    assert all(case["at"][case["start"]] == 1 for case in cases[:3])


def test_simplices_follow_and_start_at_their_peak(fragment):
    for case, classes in zip(cases_of(fragment)[3:], (3, 10, 97), strict=True):
        assert case["name"] == f"exact collapse, K = {classes}"
        exact = np.array(case["curves"][0], dtype=float)
        assert exact[case["start"]] == pytest.approx(exact.max(), rel=0.01)


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
