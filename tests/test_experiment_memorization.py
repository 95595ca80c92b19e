"""The experiment `memorization`: what it trains, what it measures, and every answer that its rules can give."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ncbook import data, models, runs, trainers
from ncbook.evidence import FAILS, HOLDS, OPEN, UNTESTED
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


TRUE, NOISY, RANDOM = 0.0, 0.2, 1.0
MISSED, BURST = [0.5, 0.2, 0.1], [0.5, 0.0, 0.1]  # never without a training error; not at the end
LATE = [0.5, 0.1, 0.0, 0.1, 0.0]  # its terminal phase is one probe long
SLOW = [0.5, 0.4, 0.3, 0.2, 0.1]  # test errors
SMALL = "interpolating-networks-generalize"
FITS = "random-labels-are-fitted"
PAST_TRUE, PAST_NOISY = "past-zero-error-true-labels", "past-zero-error-noisy-labels"
STOPS = "early-stopping-regularizes"


@pytest.mark.parametrize(
    ("name", "arms", "word"),
    [
        (SMALL, [(TRUE, LEARNED, BETTER)] * 6, HOLDS),
        (SMALL, [(TRUE, LEARNED, HARMED)] * 6, FAILS),
        (SMALL, [(TRUE, LEARNED, [0.9, 0.6, 0.5])] * 6, FAILS),
        (SMALL, [(TRUE, LEARNED, BETTER), (TRUE, LEARNED, HARMED)] * 3, OPEN),
        (SMALL, [(TRUE, MISSED, BETTER), (TRUE, BURST, HARMED)] * 3, UNTESTED),
        (SMALL, [(RANDOM, LEARNED, BETTER)] * 6, UNTESTED),
        (FITS, [(RANDOM, LEARNED, WORSE)] * 6, HOLDS),
        (FITS, [(RANDOM, BURST, WORSE)] * 6, HOLDS),  # it has fitted them
        (FITS, [(RANDOM, MISSED, WORSE)] * 6, FAILS),
        (FITS, [(RANDOM, LEARNED, WORSE), (RANDOM, MISSED, WORSE)] * 3, OPEN),
        (FITS, [(TRUE, LEARNED, WORSE)] * 6, UNTESTED),
        (PAST_TRUE, [(TRUE, LEARNED, BETTER)] * 6 + [(NOISY, LEARNED, WORSE)], HOLDS),
        (PAST_TRUE, [(TRUE, LEARNED, [0.5, 0.2, 0.2])] * 6, FAILS),
        (PAST_TRUE, [(TRUE, LEARNED, BETTER), (TRUE, LEARNED, WORSE)] * 3, OPEN),
        (PAST_TRUE, [(TRUE, MISSED, BETTER), (TRUE, BURST, BETTER), (TRUE, LATE, SLOW)] * 2, UNTESTED),
        (PAST_NOISY, [(NOISY, LEARNED, BETTER)] * 6 + [(TRUE, LEARNED, WORSE)], HOLDS),
        (PAST_NOISY, [(0.1, LEARNED, WORSE)] * 6 + [(TRUE, LEARNED, BETTER)], FAILS),
        (PAST_NOISY, [(0.1, LEARNED, WORSE), (NOISY, LEARNED, BETTER)] * 3, OPEN),
        (PAST_NOISY, [(TRUE, LEARNED, BETTER), (RANDOM, LEARNED, BETTER)] * 3, UNTESTED),
        (STOPS, [(NOISY, LEARNED, WORSE)] * 6, HOLDS),
        (STOPS, [(NOISY, LEARNED, WORSE), (0.1, LEARNED, WORSE)] * 3, HOLDS),
        (STOPS, [(NOISY, LEARNED, BETTER)] * 6, FAILS),
        (STOPS, [(NOISY, BURST, WORSE)] * 6, UNTESTED),
        (STOPS, [(TRUE, LEARNED, WORSE)] * 6, UNTESTED),
    ],
)
def test_each_rule_says_what_the_made_up_runs_are(name, arms, word):
    assert CLAIMS[name].judge(made_up(*arms)).word == word


def test_trials_that_cannot_answer_are_shown_and_not_counted():
    arms = [(TRUE, LEARNED, BETTER)] * 6 + [(TRUE, LATE, SLOW), (TRUE, MISSED, WORSE)]
    evidence = CLAIMS[PAST_TRUE].judge(made_up(*arms))
    assert evidence.holds == (True,) * 6 + (None, None)
    assert (evidence.word, sorted(evidence.by_seed)) == (HOLDS, list(range(6)))


def test_the_stop_is_chosen_by_the_other_seeds():
    """Best at epochs 1, 1 and 2: the third seed is stopped where the others are best, and the first between them."""
    run = made_up((NOISY, LEARNED, WORSE), (NOISY, LEARNED, WORSE), (NOISY, LEARNED, BETTER), (TRUE, LEARNED, BETTER))
    table = reading.stopped_early(run)
    assert table.stop_epoch[:3].tolist() == [1, 1, 1]
    assert table.test_error_stop[:3].tolist() == [0.2, 0.2, 0.2]
    assert np.isnan(table.stop_epoch[3])  # no other seed


def test_what_was_not_trained_is_not_tested(laptop):
    for name in ("dropout-regularizes", "augmentation-regularizes"):
        assert CLAIMS[name].judge(laptop).word == UNTESTED


def test_other_seeds_are_other_seeds_and_nothing_else():
    config, again = memorization.Config.preset("laptop"), memorization.Config.preset("laptop-again")
    assert replace(again, seeds=config.seeds) == config
    assert not set(again.seeds) & set(config.seeds)
