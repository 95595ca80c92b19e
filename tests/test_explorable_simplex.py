"""The turnable figure is self-contained and small, has names for all its parts, and shows the numbers of the run."""

import copy
import json
import re

import numpy as np
import pytest

from ncbook import experiments, explorables


@pytest.fixture(scope="module")
def laptop():
    return experiments.simplex.load("laptop")


@pytest.fixture(scope="module")
def fragment(laptop) -> str:
    return explorables.simplex(laptop)._repr_html_()


def networks_of(fragment: str) -> dict:
    data = re.search(r'<script type="application/json" class="nc-data">(.*?)</script>', fragment)[1]
    return json.loads(data)["networks"]


def test_a_simplex_is_drawn_only_where_one_fits(fragment):
    networks = networks_of(fragment)
    gram = np.array(networks["k4-d3-wd0.005"]["ideal"])
    np.testing.assert_allclose(gram @ gram.T, (4 * np.eye(4) - 1) / 3, atol=1e-4)
    assert networks["k4-d2-wd0.005"]["ideal"] == []


def test_plain_text_stands_in_where_no_html_is_shown(laptop):
    text = repr(explorables.simplex(laptop))
    assert "4 classes, 3 dimensions: NC1 on train ends at" in text
    assert "preset laptop" in text


@pytest.mark.parametrize(
    ("part", "key", "message"),
    [
        ("config", "class_order", "run.config: has no class_order"),
        ("arrays", "k3-d2-wd0.005/points", "run.arrays: has no k3-d2-wd0.005/points"),
        ("history", "nc1_test", "run.history: has no column nc1_test"),
    ],
)
def test_what_is_missing_is_named(laptop, part, key, message):
    run = copy.deepcopy(laptop)
    del getattr(run, part)[key]
    with pytest.raises(ValueError, match=message):
        explorables.simplex(run)
