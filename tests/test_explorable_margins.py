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
