"""The turnable figure is self-contained and small, has names for all its parts, and shows the numbers of the run."""

import base64
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


def test_it_is_small_and_asks_for_nothing_from_outside(fragment):
    assert len(fragment.encode()) < 200_000
    assert not re.search(r"https?:|src=|@import|url\(|import\(|fetch\(", fragment)


def test_controls_and_picture_have_names(fragment):
    assert len(re.findall(r'<canvas [^>]*role="img" tabindex="0"', fragment)) == fragment.count("<canvas") == 1
    labels = re.findall(r"<label.*?</label>", fragment, flags=re.DOTALL)
    assert sum("<select" in each or "<input" in each for each in labels) == 5
    assert fragment.count('role="status"') == 1
    assert all('aria-hidden="true"' in each for each in re.findall(r"<svg[^>]*>", fragment))
    names = " ".join(re.findall(r'class="([^"]*)"', fragment)).split()
    assert all(name.startswith("nc-") for name in names)


def test_space_comes_first_and_the_numbers_are_those_of_the_run(laptop, fragment):
    networks = networks_of(fragment)
    assert list(networks) == ["k4-d3-wd0.005", "k3-d2-wd0.005", "k4-d2-wd0.005"]
    net, history = networks["k4-d3-wd0.005"], laptop.history
    rows = (history["num_classes"] == 4) & (history["dim"] == 3) & (history["weight_decay"] == 0.005)
    rows &= history["seed"] == 0
    np.testing.assert_allclose(net["values"][0][1], history["nc1_test"][rows], rtol=5e-3)
    np.testing.assert_allclose(net["values"][4][1], history["nc4_test_train_means"][rows], rtol=5e-3)
    packed = net["points"]
    integers = np.frombuffer(base64.b64decode(packed["int16"]), dtype="<i2").reshape(packed["shape"])
    np.testing.assert_allclose(integers * packed["scale"], laptop.arrays["k4-d3-wd0.005/points"], atol=2e-4)
    assert net["classes"] == [3, 5, 8, 9]


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
