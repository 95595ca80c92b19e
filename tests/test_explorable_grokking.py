"""The figure of a grokking network is self-contained, has names for its parts, and shows the run's numbers."""

import base64
import copy
import json
import re

import numpy as np
import pytest

from ncbook import experiments, explorables, readings


@pytest.fixture(scope="module")
def laptop():
    return experiments.grokking.load("laptop")


@pytest.fixture(scope="module")
def fragment(laptop) -> str:
    return explorables.grokking(laptop)._repr_html_()


@pytest.fixture(scope="module")
def shown(fragment) -> dict:
    return json.loads(re.search(r'<script type="application/json" class="nc-data">(.*?)</script>', fragment)[1])


def decoded(packed: dict) -> np.ndarray:
    integers = np.frombuffer(base64.b64decode(packed["int16"]), dtype="<i2").reshape(packed["shape"])
    return integers * packed["scale"]


def test_it_is_small_and_asks_for_nothing_from_outside(fragment):
    assert len(fragment.encode()) < 250_000
    assert not re.search(r"https?:|src=|@import|url\(|import\(|fetch\(", fragment)


def test_controls_and_pictures_have_names(fragment):
    assert len(re.findall(r'<canvas [^>]*role="img" aria-label="[^"]+"', fragment)) == fragment.count("<canvas") == 3
    labels = re.findall(r"<label.*?</label>", fragment, flags=re.DOTALL)
    assert sum("<select" in each or "<input" in each for each in labels) == 2
    assert fragment.count('role="status"') == 1
    assert all('aria-hidden="true"' in each for each in re.findall(r"<svg[^>]*>", fragment))
    names = " ".join(re.findall(r'class="([^"]*)"', fragment)).split()
    assert all(name.startswith("nc-") for name in names)


def test_the_numbers_are_those_of_the_run(laptop, shown):
    history, place = laptop.history, 3
    rows = (history["weight_decay"] == 1) & (history["seed"] == laptop.config["seeds"][place])
    rows &= np.isin(history["step"], laptop.arrays["frames"])
    assert shown["steps"] == laptop.arrays["frames"].tolist()
    np.testing.assert_allclose(shown["seeds"][place]["test_acc"], history["test_acc"][rows], atol=1e-4)
    np.testing.assert_allclose(decoded(shown["circle"]), laptop.arrays["circle"], atol=1e-3)
    shares = decoded(shown["spectrum"])
    np.testing.assert_allclose(shares.sum(2), 1, atol=1e-3)
    assert (shares[:, -1].argmax(1) + 1 == laptop.arrays["frequency"]).all()


def test_every_cell_of_the_phase_diagram_says_a_sentence(laptop, fragment):
    cells = re.findall(r'class="nc-cell" data-dark="([^"]*)" aria-label="([^"]+)">([^<]+)<', fragment)
    table = readings.grokking.phase_table(laptop)
    assert len(cells) == len(table) == 36
    assert sum(shown == "–" for *_, shown in cells) == np.isinf(table.generalized).sum()
    last = table[(table.weight_decay == 4) & (table.fraction == 0.8)].iloc[0]
    assert cells[5][2] == f"{last.generalized:.0f}"
    assert cells[5][1].startswith(f"Weight decay 4, fraction 0.8: memorized at step {last.memorized:.0f}, grokked at")
    assert "grokked not within 2000 steps" in cells[-1][1]


def test_plain_text_stands_in_where_no_html_is_shown(laptop):
    text = repr(explorables.grokking(laptop))
    assert "seed 301 1.00" in text
    assert "preset laptop" in text


@pytest.mark.parametrize(
    ("part", "key", "message"),
    [
        ("arrays", "circle", "run.arrays: has no circle"),
        ("arrays", "phase/generalized", "run.arrays: has no phase/generalized"),
        ("history", "fourier_gini", "run.history: has no column fourier_gini"),
    ],
)
def test_what_is_missing_is_named(laptop, part, key, message):
    run = copy.deepcopy(laptop)
    del getattr(run, part)[key]
    with pytest.raises(ValueError, match=message):
        explorables.grokking(run)
