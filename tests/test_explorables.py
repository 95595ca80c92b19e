"""Explorables are self-contained, deterministic, small, and say what they show and what they lack."""

import base64
import copy
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from ncbook import experiments, explorables, runs
from ncbook.explorables import _page


def tiny_run(networks=("mlp",), seeds=(0, 1)) -> runs.Run:
    """A run of the shape that experiments.collapse gives: 4 epochs, 12 points, halving measures."""
    rng = np.random.default_rng(0)
    epochs, count = np.array([0, 1, 3, 9]), 12
    rows = [
        (name, decay, seed, epoch) for name in networks for decay in (0.1, 0.0) for seed in seeds for epoch in epochs
    ]
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    history = dict(zip(("network", "weight_decay", "seed", "epoch"), columns, strict=True))
    for measure in ("nc1", "nc2_norms", "nc2_angles", "nc3", "nc4"):
        history |= {f"{measure}_{split}": 0.5 ** history["epoch"] for split in ("train", "test")}
    history["nc4_test_train_means"] = history["nc4_test"]
    history |= {"train_error": np.where(history["epoch"] < 3, 0.5, 0.0), "test_error": 0.5 ** history["epoch"]}
    arrays = {}
    for name in networks:
        arrays |= {
            f"{name}/epoch": epochs,
            f"{name}/points": rng.normal(size=(4, count, 2)).astype(np.float32),
            f"{name}/means": rng.normal(size=(4, 3, 2)).astype(np.float32),
            f"{name}/classifier": rng.normal(size=(4, 3, 2)).astype(np.float32),
            f"{name}/seen": np.array([0.1, 0.2, 0.3, 0.4], dtype=np.float32),
            f"{name}/labels": np.tile([8, 3, 5], count // 3),
            f"{name}/test": np.arange(count) % 2 == 0,
        }
    config = {"networks": list(networks), "weight_decays": [0.1, 0.0], "seeds": list(seeds), "plane_classes": [8, 3, 5]}
    provenance = {
        "experiment": "collapse", "preset": "custom", "hardware": "a test's CPU", "seconds": 1.2,
        "date": "2026-01-02", "ncbook": "0.1.0",
    }  # fmt: skip
    return runs.Run(config, history, arrays, provenance)


@pytest.fixture(scope="module")
def laptop() -> runs.Run:
    """The recorded run that the book shows."""
    return experiments.collapse.load("laptop", live=False)


def data_of(fragment: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" class="nc-data">(.*?)</script>', fragment)[1])


def decode(packed: dict) -> np.ndarray:
    """The inverse of pack, written apart from it."""
    integers = np.frombuffer(base64.b64decode(packed["int16"]), dtype="<i2")
    return integers.reshape(packed["shape"]) * packed["scale"]


def without_id(fragment: str) -> str:
    return re.sub(r"nc-[0-9a-f]{12}(-\d+)?", "ID", fragment)


@pytest.mark.parametrize(
    "array", [np.zeros((2, 0)), np.zeros(3), np.array([[-2.5, 1e-3], [2.5, 0.7]]), np.array([1e-30])]
)
def test_packed_arrays_come_back_within_the_stated_bound(array):
    packed = _page.pack(array)
    back = decode(packed)
    assert back.shape == array.shape
    assert np.abs(back - array).max(initial=0) <= np.abs(array).max(initial=0) / 65534 * (1 + 1e-9)


def test_a_large_random_array_comes_back():
    array = np.random.default_rng(1).normal(size=(33, 240, 2))
    assert np.abs(decode(_page.pack(array)) - array).max() <= np.abs(array).max() / 65534 * (1 + 1e-9)


def test_short_numbers_keep_the_shape_and_leave_gaps_only_where_they_may():
    assert _page.short([[1.23456, 2e-9], [0, -98765]]) == [[1.235, 2e-9], [0, -98760]]
    assert _page.short([np.nan, np.inf, 1.2345], gaps=True, digits=2) == [None, None, 1.2]
    assert np.isnan(_page.short([np.nan])[0])  # which no page may hold: JSON refuses it


def test_pack_refuses_what_is_not_finite():
    with pytest.raises(ValueError, match="array: all entries must be finite, got nan"):
        _page.pack(np.array([0.0, np.nan]))


@pytest.mark.parametrize("words", [{}, {"last": 1, "first": 0}])
def test_a_template_gets_the_words_that_it_asks_for_and_no_more(words):
    with pytest.raises(ValueError, match=r"bound\.html asks for \['last'\], got \["):
        _page.body("bound", **words)
    assert 'max="7"' in _page.body("bound", last=7)


def test_every_template_of_a_run_says_where_the_run_comes_from():
    note = '<p class="nc-note">Run: collapse, preset custom; '
    assert _page.body("onset", tiny_run(), seeds=3).count(note) == 1
    assert _page.body("margins", tiny_run(), lines="", seed=0).count(note) == 1  # which says more in the same note


def test_choices_are_named_by_value_or_by_place_and_escaped():
    assert _page.options(["a", "b<"], 1) == '<option value="0">a</option><option value="1" selected>b&lt;</option>'
    assert (
        _page.options({0.5: "half", '"': "&"})
        == '<option value="0.5">half</option><option value="&quot;">&amp;</option>'
    )


def test_the_same_run_gives_the_same_bytes_but_for_the_number_of_a_repeat():
    first, second = (explorables.collapse(tiny_run())._repr_html_() for _ in range(2))
    ids = [re.search(r'<div class="nc-explorable nc-still" id="([^"]+)"', each)[1] for each in (first, second)]
    assert ids[0] != ids[1]
    assert ids[1].startswith(ids[0][:15])
    assert without_id(first) == without_id(second)
    other = explorables.collapse(tiny_run(seeds=(4, 5)))._repr_html_()
    assert ids[0][:15] not in other


def test_a_repeat_is_numbered_and_the_first_showing_is_not(monkeypatch):
    monkeypatch.setattr(_page, "_shown", type(_page._shown)())
    shown = explorables.collapse(tiny_run())
    ids = [re.search(r'id="(nc-[^"]+)"', shown._repr_html_())[1] for _ in range(3)]
    assert re.fullmatch(r"nc-[0-9a-f]{12}", ids[0])
    assert ids[1:] == [f"{ids[0]}-2", f"{ids[0]}-3"]


def test_what_ends_a_script_is_escaped_wherever_it_comes_from():
    evil = "</script><b>"
    run = tiny_run(networks=(evil,))
    fragment = explorables.collapse(replace(run, provenance=dict(run.provenance) | {"hardware": evil}))._repr_html_()
    assert "<b>" not in fragment.replace('<b class="', "")
    assert fragment.count("</script>") == 2
    assert list(data_of(fragment)["networks"]) == [evil]


def test_the_scripts_hold_nothing_that_ends_them():
    fragment = explorables.collapse(tiny_run())._repr_html_()
    script = fragment.rsplit("<script>", 1)[1].split("</script>")[0]
    assert "</" not in script
    assert "<!--" not in script


def test_the_fragment_asks_for_nothing_from_outside(laptop):
    fragment = explorables.collapse(laptop)._repr_html_()
    assert not re.search(r"https?:|src=|@import|url\(|import\(|fetch\(", fragment)


def test_size_of_the_published_figure(laptop):
    assert len(explorables.collapse(laptop)._repr_html_().encode()) < 165_000  # with the curves of five seeds


def test_controls_and_pictures_have_names():
    fragment = explorables.collapse(tiny_run())._repr_html_()
    assert re.search(r'role="group" aria-label="[^"]+"', fragment)
    assert len(re.findall(r'<canvas [^>]*role="img" aria-label="[^"]+"', fragment)) == fragment.count("<canvas") == 2
    labels = re.findall(r"<label.*?</label>", fragment, flags=re.DOTALL)
    assert sum("<select" in each or "<input" in each for each in labels) == 3
    assert fragment.count('role="status"') == 1
    assert all('aria-hidden="true"' in each for each in re.findall(r"<svg[^>]*>", fragment))


def test_no_class_name_can_meet_one_of_the_page():
    fragment = explorables.collapse(tiny_run())._repr_html_()
    names = " ".join(re.findall(r'class="([^"]*)"', fragment)).split()
    assert all(name.startswith("nc-") for name in names)


def test_provenance_and_seeds_are_stated(laptop):
    fragment = explorables.collapse(laptop)._repr_html_()
    about = laptop.provenance
    for part in (about["preset"], about["hardware"], f"{about['seconds']:.0f} s", about["date"], about["ncbook"]):
        assert str(part) in fragment
    assert "Points, means and arrows: seed 0. Weight decay 0.005 throughout." in fragment
    assert "run this cell, or trust the notebook" in fragment


def test_plain_text_stands_in_where_no_html_is_shown(laptop):
    text = repr(explorables.collapse(laptop))
    assert "MLP: NC1 from" in text
    assert "preset laptop" in text


def test_the_numbers_are_those_of_the_run(laptop):
    net = data_of(explorables.collapse(laptop)._repr_html_())["networks"]["convnet"]
    history = laptop.history
    chosen = (history["network"] == "convnet") & (history["weight_decay"] == 0.005) & (history["seed"] == 1)
    np.testing.assert_allclose(net["curves"]["nc1"]["test"]["seeds"][1], history["nc1_test"][chosen], rtol=5e-4)
    nc1 = np.array(net["curves"]["nc1"]["train"]["seeds"])
    np.testing.assert_allclose(net["curves"]["nc1"]["train"]["median"], np.median(nc1, axis=0), rtol=1e-3)
    np.testing.assert_allclose(decode(net["points"]), laptop.arrays["convnet/points"], atol=1e-4)
    np.testing.assert_allclose(net["seen"], laptop.arrays["convnet/seen"], rtol=5e-4)


def test_classes_keep_the_order_of_the_means():
    data = data_of(explorables.collapse(tiny_run())._repr_html_())
    assert data["classes"] == [8, 3, 5]
    assert data["networks"]["mlp"]["classOf"] == [0, 1, 2] * 4


def test_terminal_phase_is_the_median_over_seeds_that_reach_it():
    run = tiny_run(seeds=(0, 1, 2))
    error = run.history["train_error"]
    terminal = lambda: data_of(explorables.collapse(run)._repr_html_())["networks"]["mlp"]["terminal"]  # noqa: E731
    assert terminal() == 3
    error[run.history["seed"] == 0] = 0.5
    error[(run.history["seed"] == 1) & (run.history["epoch"] == 3)] = 0.5
    assert terminal() == 6  # of 3 and 9
    error[:] = 0.5
    assert terminal() is None


def test_a_measure_that_is_not_defined_becomes_a_gap():
    run = tiny_run()
    run.history["nc1_train"][0] = np.nan
    run.history["nc1_test"][0] = np.inf
    shown = explorables.collapse(run)
    assert "NC1 from nan" in repr(shown)
    curves = data_of(shown._repr_html_())["networks"]["mlp"]["curves"]["nc1"]
    assert curves["train"]["seeds"][0][0] is None
    assert curves["test"]["seeds"][0][0] is None
    assert curves["train"]["median"][0] is None


@pytest.mark.parametrize(
    ("part", "key", "message"),
    [
        ("config", "networks", "run.config: has no networks"),
        ("arrays", "mlp/points", "run.arrays: has no mlp/points"),
        ("arrays", "mlp/seen", "run.arrays: has no mlp/seen"),
        ("history", "nc1_test", "run.history: has no column nc1_test"),
        ("provenance", "hardware", "run.provenance: .*has no hardware"),
    ],
)
def test_what_is_missing_is_named(part, key, message):
    run = copy.deepcopy(tiny_run())
    del getattr(run, part)[key]
    with pytest.raises(ValueError, match=message):
        explorables.collapse(run)


def test_a_plane_of_other_than_three_classes_is_refused():
    run = tiny_run()
    run.arrays["mlp/means"] = np.zeros((4, 4, 3))
    with pytest.raises(ValueError, match=r"mlp/means must be \[P, 3, 2\].*got \[4, 4, 3\]"):
        explorables.collapse(run)
