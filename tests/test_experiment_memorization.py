"""The experiment `memorization`: what it trains, what it measures, and every answer that its rules can give."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ncbook import data, models, runs, trainers
from ncbook.claims import NOT, PARTLY, REPRODUCED, UNTESTED
from ncbook.experiments import _noisy_labels, memorization
from ncbook.readings import memorization as reading
from ncbook.readings import moments

COLUMNS = {
    "dataset", "network", "label_noise", "seed", "epoch", "step", "train_loss", "train_error", "true_error",
    "test_loss", "test_error",
}  # fmt: skip
CLAIMS = {claim.id: claim for claim in memorization.CLAIMS}


@pytest.fixture(scope="module")
def laptop() -> runs.Run:
    return memorization.EXPERIMENT.recorded("laptop")


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    config = replace(memorization.Config.preset("smoke"), datasets=("digits",), noises=(0.0, 1.0), seeds=(3,), epochs=2)
    return memorization.run(config, "cpu")


def test_the_first_network_meets_everything_and_the_others_the_ends():
    config = memorization.Config(datasets=("a", "b"), networks=("main", "control"), noises=(0.0, 0.2, 1.0), seeds=(5,))
    assert memorization.arms(config) == [
        ("a", "main", 0.0, 5), ("a", "main", 0.2, 5), ("a", "main", 1.0, 5),
        ("b", "main", 0.0, 5), ("b", "main", 0.2, 5), ("b", "main", 1.0, 5),
        ("a", "control", 0.0, 5), ("a", "control", 1.0, 5),
    ]  # fmt: skip


def test_columns_and_rows(tiny, laptop):
    assert set(tiny.history) == set(laptop.history) == COLUMNS
    probes = trainers.log_spaced(150, 48)
    assert len(laptop.history["seed"]) == len(memorization.arms(memorization.Config())) * len(probes)
    assert sorted(set(laptop.history["epoch"].tolist())) == list(probes)
    for name, column in laptop.history.items():
        assert column.dtype.kind != "f" or np.isfinite(column).all(), name


def test_the_same_config_gives_the_same_numbers_to_the_bit(tiny):
    config = memorization.Config(**{name: tuple(v) if isinstance(v, list) else v for name, v in tiny.config.items()})
    again = memorization.run(config, "cpu")
    for name, column in tiny.history.items():
        np.testing.assert_array_equal(again.history[name], column)


def test_images_differ_from_seed_to_seed_and_not_otherwise():
    for name in ("digits", "glyphs"):
        one, same, other = (_noisy_labels.images(name, 5, 5, 16, 0.6, seed) for seed in (0, 0, 1))
        assert torch.equal(one.train.inputs, same.train.inputs)
        assert not torch.equal(one.train.inputs, other.train.inputs)


def test_errors_are_against_given_and_true_labels():
    class Fixed(models.Classifier):
        def __init__(self):
            super().__init__({}, 3, 3)

        def forward(self, inputs):
            return inputs

    eye = torch.eye(3)
    noisy = data.Dataset(
        "toy", data.Split(eye, torch.tensor([0, 1, 0])), data.Split(eye, torch.tensor([0, 2, 1])), ("a", "b", "c")
    )
    measured = _noisy_labels.measure(Fixed(), noisy, true=torch.tensor([0, 1, 2]))
    assert measured["train_error"] == pytest.approx(1 / 3)
    assert measured["true_error"] == 0
    assert measured["test_error"] == pytest.approx(2 / 3)
    assert measured["train_loss"] == pytest.approx(np.log(np.e + 2) - 2 / 3)


# --- rules, on runs whose answer is known


def made_up(*arms: tuple[float, list[float], list[float]]) -> runs.Run:
    """(noise, training errors, test errors) of one network; each arm has a seed of its own."""
    rows = [
        ("digits", "mlp", noise, seed, epoch, train, test)
        for seed, (noise, trains, tests) in enumerate(arms)
        for epoch, (train, test) in enumerate(zip(trains, tests, strict=True))
    ]
    names = ("dataset", "network", "label_noise", "seed", "epoch", "train_error", "test_error")
    columns = dict(zip(names, map(np.array, zip(*rows, strict=True)), strict=True))
    noises = sorted({noise for noise, _, _ in arms})
    return runs.Run({"networks": ["mlp"], "noises": noises}, columns)


LEARNED = [0.5, 0.0, 0.0]
BETTER, WORSE, HARMED = [0.5, 0.2, 0.1], [0.5, 0.2, 0.3], [0.5, 0.1, 0.2]


def test_interpolations_compares_zero_error_with_the_end():
    reached, missed = reading.interpolations(made_up((0.0, LEARNED, WORSE), (0.0, [0.5, 0.4, 0.1], BETTER))).to_dict(
        "records"
    )
    assert (reached["zero_error_epoch"], reached["test_error_then"], reached["test_error_end"]) == (1, 0.2, 0.3)
    assert (reached["best_epoch"], reached["test_error_best"]) == (1, 0.2)
    assert missed["zero_error_epoch"] == moments.NEVER
    assert np.isnan(missed["test_error_then"])
    assert missed["train_error_end"] == 0.1


@pytest.mark.parametrize(
    ("name", "arms", "verdict"),
    [
        ("interpolating-networks-generalize", [(0.0, LEARNED, BETTER)], REPRODUCED),
        ("interpolating-networks-generalize", [(0.0, LEARNED, HARMED)], NOT),
        ("interpolating-networks-generalize", [(0.0, LEARNED, [0.9, 0.6, 0.5])], NOT),
        ("interpolating-networks-generalize", [(0.0, [0.5, 0.2, 0.1], BETTER)], NOT),
        ("interpolating-networks-generalize", [(0.0, LEARNED, BETTER), (0.0, LEARNED, HARMED)], PARTLY),
        ("interpolating-networks-generalize", [(1.0, LEARNED, BETTER)], UNTESTED),
        ("random-labels-are-fitted", [(1.0, LEARNED, WORSE)], REPRODUCED),
        ("random-labels-are-fitted", [(1.0, [0.9, 0.5, 0.1], WORSE)], NOT),
        ("random-labels-are-fitted", [(1.0, LEARNED, WORSE), (1.0, [0.9, 0.0, 0.1], WORSE)], PARTLY),
        ("random-labels-are-fitted", [(0.0, LEARNED, WORSE)], UNTESTED),
        ("past-zero-error-true-labels", [(0.0, LEARNED, BETTER), (0.2, LEARNED, WORSE)], REPRODUCED),
        ("past-zero-error-true-labels", [(0.0, LEARNED, [0.5, 0.2, 0.2])], NOT),
        ("past-zero-error-true-labels", [(0.0, LEARNED, BETTER), (0.0, LEARNED, WORSE)], PARTLY),
        ("past-zero-error-true-labels", [(0.0, [0.5, 0.4, 0.3], BETTER)], UNTESTED),
        ("past-zero-error-noisy-labels", [(0.2, LEARNED, BETTER), (0.0, LEARNED, WORSE)], REPRODUCED),
        ("past-zero-error-noisy-labels", [(0.1, LEARNED, WORSE), (0.0, LEARNED, BETTER)], NOT),
        ("past-zero-error-noisy-labels", [(0.1, LEARNED, WORSE), (0.2, LEARNED, BETTER)], PARTLY),
        ("past-zero-error-noisy-labels", [(0.0, LEARNED, BETTER), (1.0, LEARNED, BETTER)], UNTESTED),
    ],
)
def test_each_rule_can_give_each_verdict(name, arms, verdict):
    assert CLAIMS[name].judge(made_up(*arms)).verdict == verdict
