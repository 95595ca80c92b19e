"""The network that collapses in the page comes with real digits and a recorded run, and stays small."""

import gzip
import importlib.util
import json
import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from ncbook import explorables
from ncbook.explorables import _page

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def fragment() -> str:
    return explorables.live_collapse()._repr_html_()


@pytest.fixture(scope="module")
def shown(fragment) -> dict:
    return json.loads(re.search(r'<script type="application/json" class="nc-data">(.*?)</script>', fragment)[1])


def test_it_is_small_with_all_its_data(fragment):
    assert len(gzip.compress(fragment.encode(), mtime=0)) < 45_000


def test_the_images_are_the_first_eighty_of_each_class(shown):
    letters = np.frombuffer(shown["settings"]["images"].encode(), dtype=np.uint8) - ord("A")
    found = letters.reshape(64, 10, 80).transpose(1, 2, 0)
    images, labels = load_digits(return_X_y=True)
    for c in range(10):
        wanted = images[labels == c][:80]
        assert sorted(map(tuple, found[c])) == sorted(map(tuple, wanted))


def test_the_file_of_images_is_what_its_program_writes():
    spec = importlib.util.spec_from_file_location("write_digits", ROOT / "tools" / "write_digits.py")
    write_digits = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(write_digits)
    assert write_digits.text() == write_digits.TARGET.read_text(encoding="utf-8")


def test_one_engine_serves_both_networks_that_train_in_a_page():
    texts = [_page.with_references(f"live_{name}_engine.js") for name in ("grokking", "collapse")]
    shared = _page._source("live_engine.js")
    assert all(text.count(shared) == 1 for text in texts)
    declared = [set(re.findall(r"^(?:function|const|class) (\w+)", text, re.MULTILINE)) for text in texts]
    assert {"randomNumbers", "product", "softmaxLoss", "trainInSlices", "serve"} <= declared[0] & declared[1]


def test_what_a_script_refers_to_comes_before_it_and_once():
    text = _page.with_references("live_collapse_engine.js")
    places = [text.index(each) for each in ("function randomNumbers", "function measureMeans", "class Network")]
    assert places == sorted(places)
    assert text.count("function randomNumbers") == 1
    assert "<reference" not in text


def test_the_network_that_is_told_of_is_the_recorded_one(shown, fragment):
    recorded, settings = shown["recording"], shown["settings"]
    assert settings["steps"] / recorded["epochs"][-1] == 50 * 10 / settings["recipe"]["batch"]
    assert "learns 500 real digits" in re.sub(r"\s+", " ", fragment)
    assert "300 others test it" in re.sub(r"\s+", " ", fragment)
    text = repr(explorables.live_collapse())
    assert f"{recorded['train']['nc1'][-1]:.3g} and" in text
