"""What "Faster grokking, and stuck softmaxes" says in words about the recorded run, and its exercises' solutions."""

import math

import numpy as np
import pytest
import torch
from prose._ledger import entries

from ncbook import experiments, readings
from ncbook.evidence import CHECKED, FAILS, HOLDS, OPEN, UNTESTED

# the chapter's words for verdicts over both runs: claim, its word, seeds that hold, seeds
VERDICTS = [
    ("grokfast-sooner", FAILS, 0, 11), ("softmax-collapse-stands-still", CHECKED, 8, 8),
    ("softmax-collapse-is-the-obstacle", UNTESTED, 0, 0), ("stablemax-groks", UNTESTED, 0, 0),
    ("orthogonal-gradients-grok", OPEN, 2, 8), ("slingshots-come-in-cycles", HOLDS, 6, 6),
    ("slingshots-need-a-small-eps", HOLDS, 6, 6),
]  # fmt: skip


@pytest.fixture(scope="module")
def run():
    return experiments.numerics.load("laptop", live=False)


@pytest.fixture(scope="module")
def frame(run):
    return run.to_frame()


def part(frame, name, *arms):
    return frame[(frame.part == name) & frame.arm.isin(arms)]


@pytest.fixture(scope="module")
def rows():
    return entries("numerics")


@pytest.mark.parametrize(("name", "word", "held", "seeds"), VERDICTS)
def test_the_verdicts_are_those_of_the_words(rows, name, word, held, seeds):
    assert (rows[name].verdict, rows[name].holds, len(rows[name].seeds)) == (word, held, seeds)


def test_the_first_run_alone_would_have_left_the_slingshots_open(rows):
    for name in ("slingshots-come-in-cycles", "slingshots-need-a-small-eps"):
        assert rows[name].runs[0].said.startswith(OPEN)


def test_each_seed_of_both_runs_has_two_slingshots_and_none_with_the_larger_eps(run):
    for which in (run, experiments.numerics.load("laptop-again", live=False)):
        spikes = readings.numerics.by_arm(which, "slingshot", "spikes")
        assert (spikes.single == 2).all()
        assert (spikes.large_eps == 0).all()


def test_with_orthogonal_gradients_all_leave_chance_in_the_second_run_too():
    again = experiments.numerics.load("laptop-again", live=False)
    final = readings.numerics.by_arm(again, "stuck", "final_acc")
    assert final[["orthogonal_single", "orthogonal_double"]].min().min() > 0.7


def test_every_claim_is_in_words():
    assert [claim.id for claim in experiments.numerics.CLAIMS] == [name for name, *_ in VERDICTS]


def test_the_baseline_memorizes_within_a_hundred_steps_and_generalizes_after_about_a_thousand(run, frame):
    baseline = part(frame, "speed", "baseline")
    assert (baseline[baseline.step == 100].train_acc == 1).all()
    assert readings.numerics.by_arm(run, "speed", "generalized").baseline.between(800, 1300).all()


def test_speed_none_with_the_filter_or_longer_momentum_and_five_of_six_with_a_larger_rate(run):
    steps = readings.numerics.by_arm(run, "speed", "generalized")
    assert np.isfinite(steps.baseline).all()
    assert np.isinf(steps[["grokfast", "momentum"]]).all().all()
    assert (steps.rate <= steps.baseline).sum() == 5
    assert (steps.rate < steps.baseline / 2).sum() == 4
    reached = np.isfinite(steps.rate_held)
    assert reached.sum() == 5
    assert (steps.rate_held > steps.baseline)[reached].all()
    assert run.config["speed_steps"] == 1600


def test_frozen_networks_are_flat_and_know_nothing(frame):
    still = part(frame, "frozen", "frozen", "frozen_double")
    assert still.step.max() == 400
    assert (still.moved == 0).all()
    assert (still.train_loss == 0).all()
    assert (still.train_loss_float32 == 0).all()
    assert still.relative_flatness_float32.max() < 1e-35
    assert still.test_acc.max() == 0
    assert (still.zero_float64 == 1).all()
    assert (still.train_acc == 1).all()


def test_weight_decay_frees_the_softmax_at_step_75_and_three_of_four_grok(run, frame):
    thawed = part(frame, "frozen", "thawed")
    assert (thawed[thawed.zero_float32 == 0].groupby("seed").step.min() == 75).all()
    assert np.isfinite(readings.numerics.by_arm(run, "frozen", "generalized").thawed).sum() == 3
    assert 0.5 < readings.numerics.by_arm(run, "frozen", "final_acc").thawed.min() < 0.99


def test_softmax_collapse_sets_in_for_70_percent_in_float32_and_for_none_in_float64(run, frame):
    table = readings.numerics.outcomes(run)
    single, double = (table[(table.part == "stuck") & (table.arm == arm)] for arm in ("single", "double"))
    assert single.zero_float32.between(0.65, 0.75).all()
    rows = part(frame, "stuck", "single")
    assert rows.loc[rows.groupby("seed").zero_float32.idxmax()].step.between(900, 1100).all()
    assert (double.zero_float64 == 0).all()
    assert (double.final_acc == 0).all()


def test_orthogonal_gradients_leave_chance_and_hold_the_weights(frame):
    ends = part(frame, "stuck", "orthogonal_single", "orthogonal_double").groupby(["arm", "seed"]).last()
    assert ends.test_acc.min() > 0.8
    assert ends.head_norm.between(8, 10).all()
    whole = part(frame, "stuck", "single", "double").groupby(["arm", "seed"]).last()
    assert whole.head_norm.between(16, 21).all()


def test_slingshots_jump_from_the_last_digit_of_float32_at_nearly_the_same_steps(frame):
    jumps = []
    for _, rows in part(frame, "slingshot", "single").groupby("seed"):
        loss, steps = rows.train_loss.to_numpy(), rows.step.to_numpy()
        found = readings.numerics.spikes(loss, rows.head_norm.to_numpy())
        jumps.append([int(steps[at]) for at in found])
        assert all(loss[at - 10 : at].min() < 1.5e-7 for at in found)
    first, second = zip(*jumps, strict=True)
    assert max(first) - min(first) <= 50
    assert max(second) - min(second) <= 50
    rows = part(frame, "slingshot", "single")
    lowest = rows[rows.step < 600].train_loss.min()
    assert 6.5 < math.log10(rows[rows.step > 200].train_loss.max() / lowest) < 7.8


def test_in_float64_the_loss_falls_far_lower_and_no_slingshot_arm_generalizes(frame):
    lowest = frame[frame.part == "slingshot"].groupby("arm").train_loss.min()
    assert lowest.double < lowest.single / 50
    assert frame[(frame.part == "slingshot") & (frame.step > 100)].test_acc.max() < 0.1


# --- exercises


def _grokfast() -> float:  # as in the chapter's solution
    return readings.numerics.times(experiments.numerics.load("laptop", live=False)).grokfast.median()


SOLUTIONS = {
    "numerics/lead": lambda: math.log(28 * 2**24),
    "numerics/stablemax": lambda: math.log(49 / 21),
    "numerics/grokfast": _grokfast,
}


def across(gradient, theta):
    along = (theta * gradient).sum() / (theta * theta).sum()
    rest = gradient - torch.nan_to_num(along) * theta
    return rest * gradient.norm() / rest.norm()


def at_its_own_length(gradient, theta):
    return gradient - (theta * gradient).sum() / (theta * theta).sum() * theta


def as_if_theta_had_length_one(gradient, theta):
    rest = gradient - (theta * gradient).sum() * theta
    return rest * gradient.norm() / rest.norm()


def row_by_row(gradient, theta):
    rest = gradient - (theta * gradient).sum(-1, keepdim=True) / (theta * theta).sum(-1, keepdim=True) * theta
    return rest * gradient.norm() / rest.norm()


def without_a_direction(gradient, theta):
    rest = gradient - (theta * gradient).sum() / (theta * theta).sum() * theta
    return rest * gradient.norm() / rest.norm()


FUNCTIONS = {
    "numerics/write-orthogonal": (
        across,
        [at_its_own_length, as_if_theta_had_length_one, row_by_row, without_a_direction],
    )
}


def test_the_tables_count_the_seeds_that_arrive(run):
    tables = readings.numerics
    speeds = tables.speeds(run).set_index("training")
    assert speeds.loc["baseline"].tolist() == ["6 of 6", "1112"]
    assert speeds.loc["longer momentum"].tolist() == ["0 of 6", "1600"]
    still = tables.still(run).set_index("training")
    assert still["largest change of a weight"].tolist() == ["0", "0", "19"]
    assert still["pairs without gradient, %"].tolist() == ["100", "100", "2"]
    arrived = tables.without_decay(run).set_index("training")
    assert arrived.loc["softmax, float64"].tolist() == ["0 of 4", "0.000 to 0.000"]
    assert arrived.loc["orthogonal, float32", "seeds that reach 99 %"] == "2 of 4"


def test_numbers_of_the_folded_solutions():
    assert round(SOLUTIONS["numerics/lead"](), 2) == 19.97
    assert round(math.log(28 * 2**53), 2) == 40.07
    assert round(SOLUTIONS["numerics/stablemax"](), 3) == 0.847
    assert round(1e8 * math.log1p(28 * math.exp(-20))) == 6
