"""The slider over a stuck softmax holds the curves of the run, groups its choices, and says what it lacks."""

import copy
import json
import re

import numpy as np
import pytest

from ncbook import experiments, explorables


@pytest.fixture(scope="module")
def laptop():
    return experiments.numerics.load("laptop", live=False)


@pytest.fixture(scope="module")
def fragment(laptop) -> str:
    return explorables.numerics(laptop)._repr_html_()


@pytest.fixture(scope="module")
def cases(fragment) -> list[dict]:
    data = re.search(r'<script type="application/json" class="nc-data">(.*?)</script>', fragment)[1]
    return json.loads(data)["cases"]


def test_three_trainings_from_the_enlarged_layer_and_five_without_decay(fragment, cases):
    groups = re.findall(r'<optgroup label="([^"]+)">(.*?)</optgroup>', fragment)
    assert [label for label, _ in groups] == ["W was multiplied by 30", "no weight decay from the start"]
    assert [choices.count("<option") for _, choices in groups] == [3, 5]
    assert re.findall(r'<option value="\d" selected>([^<]+)', fragment) == ["weight decay, float32"]
    assert re.findall(r'<option value="(\d)"', fragment) == [str(place) for place in range(len(cases))]


def test_curves_are_those_of_the_run_and_stablemax_has_no_share(laptop, cases):
    frame = laptop.to_frame()
    rows = frame[(frame.part == "frozen") & (frame.arm == "thawed")]
    table = rows.pivot(index="seed", columns="step", values="test_acc")
    np.testing.assert_allclose(cases[2]["test_acc"]["seeds"], table, rtol=1e-3, atol=1e-4)
    assert cases[2]["steps"] == table.columns.tolist()
    assert cases[5]["name"].startswith("StableMax")
    assert set(cases[5]["zero"]["median"]) == {None}
    assert set(cases[0]["moved"]) == set(cases[1]["moved"]) == {0.0}


def test_plain_text_says_who_generalizes_at_the_end(laptop):
    text = repr(explorables.numerics(laptop))
    assert "no decay, float64 0.00; weight decay, float32 1.00; softmax, float32 0.00" in text


def test_what_is_missing_is_named(laptop):
    run = copy.deepcopy(laptop)
    del run.history["moved"]
    with pytest.raises(ValueError, match=r"run\.history: has no column moved"):
        explorables.numerics(run)
