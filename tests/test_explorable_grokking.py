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
