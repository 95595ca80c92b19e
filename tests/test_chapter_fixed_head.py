"""What the chapter on fixed heads says in words, its equations on numbers, and its exercises' solutions."""

import math

import numpy as np
import pytest
import torch
from prose._trials import BOTH, load
from scipy.optimize import linprog

from ncbook import data, exercises, experiments, metrics, models
from ncbook.experiments.fixed_head import heads, training
from ncbook.readings import fixed_head as reading

DIGITS = "digits"


@pytest.fixture(scope="module")
def beside():
    """Rows beside the learned head on digits, of both runs."""
    tables = [reading.beside_learned(load("fixed_head", preset)) for preset in BOTH]
    return [table[table.dataset == DIGITS] for table in tables]


def losses(table, arm):
    return table[table.arm == arm].set_index("seed").lost


# --- equations


def test_the_simplex_reads_a_feature_and_subtracts_the_mean_of_all():
    features = torch.rand(6, 4, dtype=torch.float64)
    by_hand = (4 / 3) ** 0.5 * (features - features.mean(1, keepdim=True))
    torch.testing.assert_close(features @ metrics.simplex_on_axes(4, 4).T, by_hand)


def test_in_the_corner_the_last_two_rows_differ_in_the_last_feature_alone():
    third, fourth = metrics.simplex_etf(4, 3)[2:]
    assert torch.equal(third[:2], fourth[:2])
    assert third[2] > 0 > fourth[2]


def room(rows: np.ndarray) -> float:
    """The least over the classes of the largest margin with which a class wins by features that are not negative."""
    found = []
    for own in range(len(rows)):
        ahead = rows[own] - np.delete(rows, own, axis=0)  # [K-1, d]
        shape = len(ahead), rows.shape[1]
        best = linprog(
            [*[0] * shape[1], -1], A_ub=np.c_[-ahead, np.ones(shape[0])], b_ub=np.zeros(shape[0]),
            A_eq=[[*[1] * shape[1], 0]], b_eq=[1], bounds=[(0, None)] * shape[1] + [(None, None)],
        )  # fmt: skip
        found.append(-best.fun)
    return min(found)


def test_random_heads_lose_where_some_class_cannot_win(beside):
    """As the chapter says, what a random head on ten features costs is known before the training."""
    assert room(heads.rows(reading.SIMPLEX, 10, 0).numpy()) > 0.1
    assert room(heads.rows(reading.CORNERED, 9, 0).numpy()) < 0
    lost = {seed: value for table in beside for seed, value in losses(table, reading.RANDOM_K).items()}
    rooms = {seed: room(heads.rows(reading.RANDOM_K, 10, seed).numpy()) for seed in lost}
    assert {seed for seed in lost if lost[seed] >= 9} == {seed for seed in lost if rooms[seed] < 1e-9}
    assert max(value for value in lost.values() if value < 9) < 3


# --- what came out


def test_on_digits_only_heads_without_room_cost_more_than_a_point(beside):
    for table in beside:
        for arm in (reading.SIMPLEX, reading.TURNED, reading.RANDOM, reading.ALIKE, reading.EQUAL, reading.LEARNED_K):
            assert losses(table, arm).max() <= 1
        assert losses(table, reading.CIRCLE).min() > 1
        assert losses(table, reading.LEARNED_2).median() > 1
        assert losses(table, reading.CORNERED).between(8.5, 10).all()


def test_two_learned_heads_of_different_seeds_differ_by_more_than_half_a_point(beside):
    errors = beside[0].groupby("seed").test_error_learned.first()
    assert 100 * (errors.max() - errors.min()) > 0.5
    assert 100 / len(data.digits(100).test) == pytest.approx(0.13, abs=0.005)


def test_the_turned_simplex_and_ten_features_do_not_bring_the_shape(beside):
    for table in beside:
        angles = table.groupby("arm").nc2_angles_train.median()
        assert angles[reading.TURNED] > 0.8 * angles[reading.LEARNED]
        assert angles.drop([reading.RANDOM_K, reading.CIRCLE, reading.LEARNED_2]).idxmax() == reading.LEARNED_K
    assert (table[table.arm == reading.EQUAL].train_error > 0).any()


def test_lengths_change_the_loss_and_not_the_error():
    for preset in BOTH:
        table = reading.lengths(load("fixed_head", preset)).groupby("row_length")
        assert table.train_loss.median().is_monotonic_decreasing
        low, high = table.test_error.min(), table.test_error.max()
        assert low.max() < high.min()  # the ranges over the seeds overlap


def test_with_the_simplex_all_class_means_together_are_nearer_to_a_simplex():
    table = reading.imbalance(load("fixed_head", "laptop"))
    angles = table[table.ratio == 10].groupby("arm").nc2_angles_train.median()
    assert angles[reading.SIMPLEX] == pytest.approx(0.008, abs=0.0005)
    arm = training.Arm(DIGITS, reading.SIMPLEX, 1.0, 50.0, 4)
    assert training.images(experiments.fixed_head.Config(), arm).train.labels.bincount().tolist()[-1] == 2


# --- exercises, as their folded solutions say


def _lost() -> float:
    table = reading.beside_learned(experiments.fixed_head.load("laptop"))
    return table[(table.arm == "circle, d = 2") & (table.dataset == DIGITS)].lost.median()


SOLUTIONS = {
    "fixed_head/saved": lambda: 100 * (2048 + 1) * 1000 / models.count_parameters("resnet50", 1000).total,
    "fixed_head/frame": lambda: math.sqrt(10 / 9),
    "fixed_head/lost": _lost,
}


def logits(features, num_classes, length):
    read = features[:, :num_classes]
    return length * (num_classes / (num_classes - 1)) ** 0.5 * (read - read.mean(1, keepdim=True))


def not_centered(features, num_classes, length):
    return length * (num_classes / (num_classes - 1)) ** 0.5 * features[:, :num_classes]


def mean_of_every_feature(features, num_classes, length):
    centered = features - features.mean(1, keepdim=True)
    return length * (num_classes / (num_classes - 1)) ** 0.5 * centered[:, :num_classes]


def rows_of_four_classes(features, num_classes, length):
    return logits(features, num_classes, length) / (num_classes / (num_classes - 1)) ** 0.5 * (4 / 3) ** 0.5


def of_length_1(features, num_classes, length):
    return logits(features, num_classes, 1.0)


FUNCTIONS = {
    "fixed_head/write-logits": (logits, [not_centered, mean_of_every_feature, rows_of_four_classes, of_length_1])
}


@pytest.mark.parametrize(("name", "wrong"), [("saved", 20.5), ("frame", 1.0), ("lost", -2.0)])
def test_a_wrong_answer_gets_a_hint(name, wrong, capsys):
    exercises.check(f"fixed_head/{name}", wrong)
    assert capsys.readouterr().out.startswith("Not yet. Hint: ")
