"""The experiment `double_descent`: least squares against closed forms, and every answer that its rules can give."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from ncbook import data, explorables, runs, trainers
from ncbook.evidence import FAILS, HOLDS, OPEN, UNTESTED
from ncbook.experiments import _random_features, double_descent
from ncbook.readings import double_descent as reading

CLAIMS = {claim.id: claim for claim in double_descent.CLAIMS}


@pytest.fixture(scope="module")
def laptop() -> runs.Run:
    return double_descent.EXPERIMENT.recorded("laptop")


# --- random features and least squares


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def test_random_features_are_what_the_docstring_says():
    points = normal(7, 1, 2, 3)
    drawn = torch.from_numpy(np.random.default_rng(5).standard_normal((4, 7)))
    expected = (points.reshape(7, 6) @ drawn[:, :6].T / 6**0.5 + 0.3 * drawn[:, 6]).clamp(min=0) / 4**0.5
    torch.testing.assert_close(double_descent.random_features(points, 4, seed=5), expected)


def test_more_features_begin_with_the_fewer():
    points = normal(5, 3)
    few, many = (double_descent.random_features(points, count, seed=1) * count**0.5 for count in (4, 9))
    torch.testing.assert_close(many[:, :4], few)
    assert not torch.equal(double_descent.random_features(points, 4, seed=2) * 2, few)


def test_no_features_are_refused():
    with pytest.raises(ValueError, match="count: must be at least 1, got 0"):
        double_descent.random_features(normal(2, 2), 0, seed=0)


@pytest.mark.parametrize("shape", [(12, 5), (12, 12), (12, 20), (12, 24), (12, 90)])
def test_the_solution_is_that_of_the_pseudo_inverse(shape):
    phi, targets = normal(*shape), normal(12, 3, seed=1)
    torch.testing.assert_close(double_descent.solve(phi, targets), torch.linalg.pinv(phi) @ targets)


@pytest.mark.parametrize("shape", [(12, 5), (12, 20), (12, 90)])
def test_ridge_solves_the_normal_equations(shape):
    phi, targets, ridge = normal(*shape), normal(12, 3, seed=1), 0.02
    theta = double_descent.solve(phi, targets, ridge)
    gradient = phi.T @ (phi @ theta - targets) / 12 + ridge * theta
    assert gradient.abs().max() < 1e-12


@pytest.mark.parametrize("columns", [8, 40])
def test_copies_and_dead_features_do_not_count(columns):
    phi = normal(6, columns)
    phi = torch.cat([phi, phi[:2]])  # rank 6 with 8 rows
    phi[:, 0] = 0
    targets = torch.cat([normal(6, 2, seed=1), normal(6, 2, seed=1)[:2]])
    assert len(_random_features.factorize(phi).singular) == 6
    theta = double_descent.solve(phi, targets)
    torch.testing.assert_close(theta, torch.linalg.pinv(phi, rtol=1e-10) @ targets)
    torch.testing.assert_close(phi @ theta, targets)


def test_a_curve_agrees_with_solving_each_problem():
    dataset = data.digits(3, seed=4)
    found = _random_features.curve(dataset, (0.0, 0.5), (10, 30, 80), (0.0, 1e-3), seed=4)
    labels = data.LabelNoise(0.5, 4)(dataset).train.labels
    targets = double_descent.centered_one_hot(labels, 10)
    train, test = (double_descent.random_features(split.inputs, 80, 4) for split in (dataset.train, dataset.test))
    theta = double_descent.solve(train, targets, 1e-3)
    at = 1, 1, 2
    assert found["norm"][at] == pytest.approx(theta.norm().item())
    assert found["residual"][at] == pytest.approx((train @ theta - targets).square().sum().item() / 30)
    assert found["train_error"][at] == (train @ theta).argmax(1).ne(labels).double().mean()
    assert found["test_error"][at] == (test @ theta).argmax(1).ne(dataset.test.labels).double().mean()
    assert found["test_error"].shape == (2, 2, 3)


def test_targets_are_centered():
    targets = double_descent.centered_one_hot(torch.tensor([2, 0]), 4)
    assert targets.tolist() == [[-0.25, -0.25, 0.75, -0.25], [0.75, -0.25, -0.25, -0.25]]


# --- the recorded run


def test_shapes_of_the_recorded_run(laptop):
    config = laptop.config
    axes = ("per_class", "seeds", "noises", "ridges", "factors")
    assert set(laptop.arrays) == {"train_error", "residual", "test_error", "norm"}
    assert {array.shape for array in laptop.arrays.values()} == {tuple(len(config[name]) for name in axes)}
    assert all(np.isfinite(array).all() for array in laptop.arrays.values())
    arms = len(config["datasets"]) * len(config["optimizers"]) * len(config["time_noises"]) * len(config["time_seeds"])
    assert len(laptop.history["step"]) == arms * len(trainers.log_spaced(config["epochs"], config["probes"]))


def test_the_code_still_gives_the_recorded_curve(laptop):
    """A smallest curve of another seed is told apart."""
    config = laptop.config
    counts = [round(10 * config["per_class"][0] * factor) for factor in config["factors"]]
    curves = {
        seed: _random_features.curve(data.digits(config["per_class"][0], seed), [0.0], counts, [1e-4], seed)
        for seed in (1, 2)
    }
    ridge = config["ridges"].index(1e-4)
    recorded = laptop.arrays["norm"][0, 1, 0, ridge]
    assert np.allclose(curves[1]["norm"][0, 0], recorded, rtol=1e-4)
    assert not np.allclose(curves[2]["norm"][0, 0], recorded, rtol=1e-4)


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return double_descent.run(TINY, "cpu")


TINY = double_descent.Config(
    per_class=(2, 3), factors=(0.5, 1.0, 3.0), ridges=(0.0, 0.01), seeds=(7,), datasets=("digits",), time_noises=(0.2,),
    time_seeds=(7,), train_per_class=10, width=8, epochs=2, batch_size=20, probes=3,
)  # fmt: skip


def test_the_same_config_gives_the_same_numbers_to_the_bit(tiny, laptop):
    again = double_descent.run(TINY, "cpu")
    assert set(tiny.history) == set(laptop.history)
    for name in tiny.history:
        np.testing.assert_array_equal(again.history[name], tiny.history[name])
    for name in tiny.arrays:
        np.testing.assert_array_equal(again.arrays[name], tiny.arrays[name])


# --- rules, on runs whose answer is known

FACTORS = [0.2, 0.5, 0.9, 1.0, 1.1, 3.0, 9.0]
PEAK = [0.3, 0.2, 0.6, 0.8, 0.6, 0.2, 0.1]  # the second descent wins
LOSES = [0.3, 0.1, 0.6, 0.8, 0.6, 0.3, 0.2]
LATE = [0.3, 0.2, 0.2, 0.3, 0.6, 0.9, 0.1]  # the peak is elsewhere
FLAT = [0.3, 0.2, 0.2, 0.25, 0.2, 0.15, 0.15]  # highest at d = N, and no peak


def features(true: list[list[float]], noisy: list[list[float]]) -> runs.Run:
    """One number of points; a curve a seed, for true and for noisy labels."""
    errors = np.array([[[each] for each in pair] for pair in zip(true, noisy, strict=True)])[None]
    config = {"per_class": [10], "seeds": list(range(len(true))), "noises": [0.0, 0.2], "ridges": [0.0]}
    return runs.Run(config | {"factors": FACTORS}, {}, {"test_error": errors})


def test_model_wise_reads_the_curve():
    row = reading.model_wise(features([PEAK], [LATE])).to_dict("records")
    assert row[0] == {
        "points": 100,
        "seed": 0,
        "label_noise": 0.0,
        "first": 0.2,
        "peak": 0.8,
        "peak_at": 1.0,
        "last": 0.1,
    }
    assert row[1]["peak_at"] == 3.0


@pytest.mark.parametrize(
    ("name", "true", "noisy", "word"),
    [
        ("double-descent-peak", [PEAK] * 6, [LOSES] * 6, HOLDS),
        ("double-descent-peak", [PEAK] * 6, [LATE] * 6, OPEN),  # half of the trials of each seed
        ("double-descent-peak", [FLAT] * 6, [LATE] * 6, FAILS),
        ("second-descent-true-labels", [PEAK] * 6, [LOSES] * 6, HOLDS),
        ("second-descent-true-labels", [PEAK, LOSES] * 3, [PEAK] * 6, OPEN),
        ("second-descent-true-labels", [LOSES] * 6, [PEAK] * 6, FAILS),
        ("second-descent-noisy-labels", [LOSES] * 6, [PEAK] * 6, HOLDS),
        ("second-descent-noisy-labels", [PEAK] * 6, [PEAK, LOSES] * 3, OPEN),
        ("second-descent-noisy-labels", [PEAK] * 6, [LOSES] * 6, FAILS),
    ],
)
def test_each_rule_over_size_says_what_the_made_up_runs_are(name, true, noisy, word):
    evidence = CLAIMS[name].judge(features(true, noisy))
    assert (evidence.word, len(evidence.by_seed)) == (word, 6)


def over_time(*tests: list[float], zero: int = 6) -> runs.Run:
    """A training a list of test errors, with zero training error from probe `zero` on."""
    rows = [
        ("digits", "sgd", 0.2, seed, epoch, 0.0 if epoch >= zero else 0.5, value)
        for seed, values in enumerate(tests)
        for epoch, value in enumerate(values)
    ]
    names = ("dataset", "optimizer", "label_noise", "seed", "epoch", "train_error", "test_error")
    return runs.Run({}, dict(zip(names, map(np.array, zip(*rows, strict=True)), strict=True)))


FALLS = [0.9, 0.5, 0.4, 0.3, 0.3, 0.3, 0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1]
BUMP = [0.9, 0.3, 0.1, 0.1, 0.3, 0.4, 0.4, 0.4, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2]
FULL = [0.9, 0.4, 0.3, 0.3, 0.4, 0.5, 0.5, 0.5, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2]
STAYS = [0.9, 0.3, 0.1, 0.1, 0.3, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4]
SPIKE = [0.9, 0.3, 0.2, 0.2, 0.2, 0.9, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]  # one measurement only


def test_descents_reads_the_curve():
    (row,) = reading.descents(over_time(BUMP)).to_dict("records")
    assert (row["zero_error_epoch"], row["first"], row["peak"], row["end"]) == (6, 0.1, 0.4, 0.2)
    assert (row["bump"], row["full"]) == (True, False)


@pytest.mark.parametrize(("curve", "bump", "full"), [
    (FALLS, False, False), (BUMP, True, False), (FULL, True, True), (STAYS, False, False), (SPIKE, False, False),
])  # fmt: skip
def test_a_bump_rises_and_falls_and_is_full_below_the_first_minimum(curve, bump, full):
    (row,) = reading.descents(over_time(curve)).to_dict("records")
    assert (row["bump"], row["full"]) == (bump, full)


def test_a_rise_long_after_zero_error_is_not_the_one_that_is_meant():
    late = [0.9, 0.3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.4, 0.4, 0.4, 0.05, 0.05, 0.05, 0.05]
    (row,) = reading.descents(over_time(late, zero=2)).to_dict("records")
    assert not row["bump"]


RISES, WINS = "test-error-rises-then-falls", "second-descent-over-time-wins"


@pytest.mark.parametrize(
    ("name", "curves", "word"),
    [
        (RISES, [BUMP, FULL] * 3, HOLDS),
        (RISES, [BUMP, FALLS] * 3, OPEN),
        (RISES, [FALLS, STAYS] * 3, FAILS),
        (WINS, [FULL] * 6, HOLDS),
        (WINS, [FULL, BUMP] * 3, OPEN),
        (WINS, [BUMP] * 6, FAILS),
        (WINS, [FALLS, STAYS] * 3, UNTESTED),  # without a second descent there is nothing that could win
    ],
)
def test_each_rule_over_time_says_what_the_made_up_runs_are(name, curves, word):
    assert CLAIMS[name].judge(over_time(*curves)).word == word


@pytest.mark.parametrize("name", [RISES, WINS])
def test_without_a_terminal_phase_there_is_nothing_to_judge(name):
    assert CLAIMS[name].judge(over_time(*[FULL] * 6, zero=99)).word == UNTESTED
    short = over_time(*[FULL] * 6, zero=6)
    late = np.where(short.history["epoch"] == 12, 0.1, short.history["train_error"])  # errs once more near the end
    assert CLAIMS[name].judge(replace(short, history=short.history | {"train_error": late})).word == UNTESTED


def test_other_seeds_are_other_seeds_and_nothing_else():
    config, again = double_descent.Config.preset("laptop"), double_descent.Config.preset("laptop-again")
    assert replace(again, seeds=config.seeds, time_seeds=config.time_seeds) == config
    assert not set(again.seeds) & set(config.seeds)
    assert not set(again.time_seeds) & set(config.time_seeds)


# --- the explorable


def data_of(fragment: str) -> dict:
    return json.loads(re.search(r'class="nc-data">(.*?)</script>', fragment)[1])


def test_the_explorable_shows_the_medians_of_the_run(laptop):
    fragment = explorables.double_descent(laptop)._repr_html_()
    shown = data_of(fragment)
    for name in ("test_error", "train_error", "norm"):
        for at in ((0, 0, 0), (2, 1, 3)):  # n, noise, ridge
            n, noise, ridge = at
            expected = np.median(laptop.arrays[name][n, :, noise, ridge], axis=0)
            np.testing.assert_allclose(shown["curves"][name][n][noise][ridge]["median"], expected, rtol=1e-3)
    assert shown["points"] == [100, 200, 400]
    assert len(fragment) < 150_000
    assert not re.search(r"https?:|src=|@import|url\(|import\(|fetch\(", fragment)


def test_the_explorable_has_labeled_controls_and_says_where_it_was_made(laptop):
    fragment = explorables.double_descent(laptop)._repr_html_()
    labels = re.findall(r"<label.*?</label>", fragment, flags=re.DOTALL)
    assert sum("<select" in each or "<input" in each for each in labels) == 3
    assert len(re.findall(r'<canvas [^>]*role="img" aria-label="[^"]+"', fragment)) == fragment.count("<canvas") == 2
    assert fragment.count('role="status"') == 1
    assert laptop.provenance["date"] in fragment
    names = " ".join(re.findall(r'class="([^"]*)"', fragment)).split()
    assert all(name.startswith("nc-") for name in names)
    assert "label noise 0.2: test error" in repr(explorables.double_descent(laptop))


def test_the_explorable_names_what_is_missing(laptop):
    with pytest.raises(ValueError, match=r"run\.config: has no factors"):
        explorables.double_descent(runs.Run({}, {}))
    arrays = {name: array for name, array in laptop.arrays.items() if name != "norm"}
    with pytest.raises(ValueError, match=r"run\.arrays: has no norm"):
        explorables.double_descent(replace(laptop, arrays=arrays))
    with pytest.raises(ValueError, match="noises must be two"):
        explorables.double_descent(replace(laptop, config=dict(laptop.config) | {"noises": [0.0]}))
