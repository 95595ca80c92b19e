"""What the chapter beyond one label says in words, its equations on numbers, and the solutions of its exercises."""

import math

import numpy as np
import pytest
import torch
from prose._trials import BOTH, load

from ncbook import exercises, experiments, metrics
from ncbook.readings import targets as reading
from ncbook.readings.targets import ALL, DIGITS, FREE_LABELS, LABELS, PICK_ALL, REGRESSION, SHUFFLED, SIGMOID, SOME, TWO

DECAY = 0.005


@pytest.fixture(scope="module", params=BOTH)
def run(request):
    return load("targets", request.param)


def numbers(run, dataset, decay=DECAY):
    table = reading.ends(run, REGRESSION)
    return table[(table.dataset == dataset) & (table.weight_decay == decay)].set_index("seed")


# --- equations


def test_each_singular_value_minimizes_what_the_chapter_says():
    """(S - s)^2 / 2N + r s over s >= 0, on a grid."""
    count, price = 4, 0.1
    grid = np.linspace(0, 3, 300_001)
    for value in (2 * math.sqrt(2), math.sqrt(2), 0.3):
        best = grid[np.argmin((value - grid) ** 2 / (2 * count) + price * grid)]
        assert best == pytest.approx(max(value - count * price, 0), abs=1e-5)


def test_the_targets_of_the_code_cell():
    targets = torch.tensor([[2.0, 0], [-2.0, 0], [0, 1.0], [0, -1.0]])
    assert torch.linalg.svdvals(targets).tolist() == pytest.approx([2.83, 1.41], abs=0.005)
    found = metrics.unconstrained_regression(targets, 3, 0.4, 0.4)
    assert found.rank == 1


def test_twice_the_deviation_has_rows_that_are_longer_by_a_root():
    chance = torch.Generator().manual_seed(0)
    targets = torch.linalg.qr(torch.randn(50, 3, generator=chance, dtype=torch.float64) + 0.0)[0]
    targets = (targets - targets.mean(0)) @ torch.diag(torch.tensor([2.0, 1.0, 1.0], dtype=torch.float64))
    frame = torch.linalg.qr(targets)[0] @ torch.diag(torch.tensor([2.0, 1.0, 1.0], dtype=torch.float64))
    lengths = metrics.unconstrained_regression(frame - frame.mean(0), 3, 1e-6, 1e-6).weight.norm(dim=1)
    assert (lengths[0] / lengths[1]).item() == pytest.approx(math.sqrt(2), abs=0.01)


def test_the_roots_of_the_two_numbers_are_as_two_to_one():
    low, high = np.linalg.eigvalsh(np.array([[2.25, 0.75], [0.75, 1.0]]))
    assert math.sqrt(high / low) == pytest.approx(2, abs=0.005)


# --- what came out


def test_all_shares_fall_in_the_first_steps_and_rise_again_without_decay(run):
    frame = run.to_frame()
    rows = frame[(frame.part == REGRESSION) & (frame.dataset == TWO) & (frame.weight_decay == 0)]
    for column in ("outside_components_train", "outside_rows_train"):
        medians = rows.groupby("step")[column].median()
        early = medians[medians.index <= 32].min()
        assert early < 0.35 * medians[0]
        assert medians.iloc[-1] > 1.5 * early


def test_with_the_largest_decay_w_moves_towards_the_covariance():
    for preset in BOTH:
        table = reading.ends(load("targets", preset), REGRESSION)
        medians = table[table.dataset == TWO].groupby("weight_decay").gram_covariance.median()
        assert medians[0.02] < medians[DECAY]


def test_in_some_seed_the_root_is_not_the_nearest(run):
    table = numbers(run, TWO)
    assert (table.gram_root >= table[["gram_covariance", "gram_identity"]].min(axis=1)).any()


def test_new_points_lie_where_the_training_points_do(run):
    for dataset in (TWO, DIGITS, SHUFFLED):
        table = numbers(run, dataset)
        assert table.outside_components_test.median() < 1.6 * table.outside_components_train.median()


def test_on_digits_more_decay_leaves_as_little_outside_and_predicts_worse(run):
    usual, strong = (numbers(run, DIGITS, decay) for decay in (DECAY, 0.02))
    assert strong.outside_components_train.median() < 1.3 * usual.outside_components_train.median()
    assert 1.7 < strong.unexplained_test.median() / usual.unexplained_test.median() < 2.6


def pairs(run, arm, decay=DECAY, dataset=ALL):
    table = reading.ends(run, LABELS)
    return table[(table.dataset == dataset) & (table.arm == arm) & (table.weight_decay == decay)]


def test_without_training_means_are_further_from_averages_than_pixels(run):
    first = reading.starts(run, LABELS)
    pixels = reading.ends(run, "pixels").average_residual_train
    assert first[first.dataset == ALL].average_residual_train.min() > pixels.max()
    assert pairs(run, PICK_ALL, 0.0).average_residual_train.median() > 0.8 * pixels.median()


def test_some_networks_with_sigmoids_make_training_errors(run):
    assert (pairs(run, SIGMOID).train_error > 0).any()


def test_free_features_are_averages_with_either_loss(run):
    table = reading.ends(run, FREE_LABELS)
    assert set(table.arm) == {PICK_ALL, SIGMOID}
    assert table.average_residual_train.max() < 1e-8


def test_half_of_the_distance_of_unseen_pairs_is_not_that_of_averages(run):
    assert pairs(run, PICK_ALL, dataset=SOME).unseen_off_test.median() == pytest.approx(0.5, abs=0.15)


# --- exercises, as their folded solutions say


def _vanish():
    low, high = torch.linalg.eigvalsh(torch.tensor([[2.25, 0.75], [0.75, 1.0]])).sqrt()
    return low / high


def _length():
    table = reading.ends(experiments.targets.load("laptop"), "free labels")
    own = table[(table.arm == "pick-all-label") & (table.regularization == 5e-3)]
    return own.average_scale_train.median() * ((1 - 1 / 4) / 2) ** 0.5


SOLUTIONS = {"targets/vanish": _vanish, "targets/length": _length}


def outside(features, count):
    centered = features - features.mean(0)
    variances = torch.linalg.svdvals(centered).square()
    return variances[count:].sum() / variances.sum()


def outside_of_what_is_not_centered(features, count):
    variances = torch.linalg.svdvals(features).square()
    return variances[count:].sum() / variances.sum()


def outside_by_values(features, count):
    values = torch.linalg.svdvals(features - features.mean(0))
    return values[count:].sum() / values.sum()


def outside_of_two(features, count):
    return outside(features, 2)


def values(targets, weight_decay, feature_decay):
    found = torch.linalg.svdvals(targets - targets.mean(0))
    return (found - len(targets) * (weight_decay * feature_decay) ** 0.5).clamp(min=0)


def values_that_may_be_negative(targets, weight_decay, feature_decay):
    found = torch.linalg.svdvals(targets - targets.mean(0))
    return found - len(targets) * (weight_decay * feature_decay) ** 0.5


def values_of_what_is_not_centered(targets, weight_decay, feature_decay):
    return (torch.linalg.svdvals(targets) - len(targets) * (weight_decay * feature_decay) ** 0.5).clamp(min=0)


def values_for_one_decay(targets, weight_decay, feature_decay):
    return (torch.linalg.svdvals(targets - targets.mean(0)) - len(targets) * weight_decay).clamp(min=0)


def values_without_a_price(targets, weight_decay, feature_decay):
    return torch.linalg.svdvals(targets - targets.mean(0))


FUNCTIONS = {
    "targets/write-outside": (
        outside, [outside_of_what_is_not_centered, outside_by_values, outside_of_two],
    ),
    "targets/write-values": (
        values,
        [values_that_may_be_negative, values_of_what_is_not_centered, values_for_one_decay, values_without_a_price],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "wrong"), [("vanish", 4.0), ("length", 0.61)])
def test_a_wrong_answer_gets_a_hint(name, wrong, capsys):
    exercises.check(f"targets/{name}", wrong)
    assert capsys.readouterr().out.startswith("Not yet. Hint: ")
