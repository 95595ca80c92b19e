"""The movable line is self-contained and small, has names for all its parts, and holds the numbers of the run."""

import copy
import json
import re

import numpy as np
import pytest

from ncbook import experiments, explorables
from ncbook.experiments.margins import plane


@pytest.fixture(scope="module")
def laptop():
    return experiments.margins.load("laptop")


@pytest.fixture(scope="module")
def fragment(laptop) -> str:
    return explorables.margins(laptop)._repr_html_()


def data_of(fragment: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" class="nc-data">(.*?)</script>', fragment)[1])


def test_it_is_small_and_asks_for_nothing_from_outside(fragment):
    assert len(fragment.encode()) < 50_000
    assert not re.search(r"https?:|src=|@import|url\(|import\(|fetch\(", fragment)


def test_controls_and_picture_have_names(fragment):
    assert len(re.findall(r'<canvas [^>]*role="img" tabindex="0"', fragment)) == fragment.count("<canvas") == 1
    labels = re.findall(r"<label.*?</label>", fragment, flags=re.DOTALL)
    assert sum("<select" in each or "<input" in each for each in labels) == 4
    assert fragment.count('role="status"') == 1
    assert fragment.count('<th scope="row">') == 5
    assert all('aria-hidden="true"' in each for each in re.findall(r"<svg[^>]*>", fragment))
    names = " ".join(re.findall(r'class="([^"]*)"', fragment)).split()
    assert all(name.startswith("nc-") for name in names)


def test_points_and_lines_are_those_of_the_run(laptop, fragment):
    data = data_of(fragment)
    points, labels = np.array(data["points"]), np.array(data["labels"])
    np.testing.assert_allclose(points, laptop.arrays["plane/points"], atol=1e-4)
    assert labels.tolist() == laptop.arrays["plane/labels"].tolist()
    margins = {name: plane.margin(plane.Line(*line), points, labels) for name, line in data["lines"].items()}
    assert margins["H1"] < 0 < margins["H2"] < 0.2 * margins["H3"]
    assert margins["H3"] == pytest.approx(data["best"], abs=1e-3)


def test_it_starts_with_the_narrow_line(fragment):
    assert re.findall(r'<option value="(\w+)" selected', fragment) == ["H2"]


def test_without_html_it_says_the_numbers(laptop):
    text = repr(explorables.margins(laptop))
    plane = laptop.to_frame().query("part == 'plane' and seed == 451")
    errors = plane.set_index("family").risk
    for name in ("H1", "H2", "H3"):
        assert re.search(rf"{name}, [^.]*: margin -?[\d.]+, error {100 * errors[name]:.2g} %", text)


def test_a_run_without_the_picture_is_refused(laptop):
    without = copy.deepcopy(laptop)
    del without.arrays["plane/centers"]
    with pytest.raises(ValueError, match="plane/centers"):
        explorables.margins(without)
