"""Tables and exercises of the chapter "Grokking on real images"."""

import re

import numpy as np
import pytest

from ncbook import experiments
from ncbook.readings import mnist_grokking as reading
from ncbook.readings import mnist_tables as tables_of


@pytest.fixture(scope="module")
def run():
    return experiments.mnist_grokking.load("laptop", live=False)


@pytest.fixture(scope="module")
def frame(run):
    return run.to_frame()


def told(values, form):
    low, middle, high = (format(each, form) for each in (values.min(), values.median(), values.max()))
    return f"{middle} ({low} to {high})"


def memorized(rows):
    """The first probe with a training accuracy of 0.9, of each seed."""
    return rows[rows.train_acc >= 0.9].groupby("seed").first()


def test_the_tables_of_the_large_start_are_read_from_its_history(run, frame):
    large = frame[frame.arm == "large start"]
    then, start = memorized(large), large[large.step == 0]
    table = tables_of.memorizing(run).set_index("measure")
    for label, name in (("test accuracy", "test_acc"), ("nearest center, test", "ncc_acc_test")):
        assert table["when memorized"][label] == told(then[name], ".2f")
        assert table["before training"][label] == told(start[name], ".2f")
    assert table["when memorized"]["R"] == told(then.variance_ratio_train, ".3g")
    final = large.groupby("seed").test_acc.apply(lambda own: own.tail(run.config["last"]).median())
    near = large[large.test_acc >= 0.9 * large.seed.map(final)].groupby("seed").first()
    table = tables_of.nearly_there(run).set_index("measure")
    assert table["at 90 % of the end"]["R"] == told(near.variance_ratio_train, ".3g")
    assert table["times smaller"]["NC1"] == told(then.nc1_train / near.nc1_train, ".1f")


def test_a_usual_start_is_half_way_before_it_has_memorized(run, frame):
    table = tables_of.delays(run).set_index("start")
    for arm in ("large start", "usual start"):
        own = frame[frame.arm == arm]
        final = own.groupby("seed").test_acc.apply(lambda each: each.tail(run.config["last"]).median())
        half = own[own.test_acc >= (0.1 + own.seed.map(final)) / 2].groupby("seed").step.first()
        assert table["memorized at step"][arm] == told(memorized(own).step, ".0f")
        assert table["half-way, in multiples of that step"][arm] == told(half / memorized(own).step, ".1f")


def test_the_table_of_leads_has_the_norm_first_and_collapse_after_the_onset(run):
    table = tables_of.leads(run)
    assert table.measure.iloc[0] == "norm of all weights"
    assert table.measure.iloc[-1] == "RNC1"
    counts = table.set_index("measure")["before the onset"]
    assert counts["relative flatness κ"] == counts["norm of all weights"] == "8 of 8"
    assert set(counts.iloc[2:]) == {"0 of 8"}


def test_under_the_table_s_other_rules_only_collapse_is_always_on_one_side(run):
    table = tables_of.rules(run)
    assert len(table) == 8
    assert set(table["R"]) == {"0 of 8"}
    assert table["κ"].tolist() == ["0 of 8" if rule.startswith("75%") else "8 of 8" for rule in table.iloc[:, 0]]


def test_the_clock_and_its_predictions(run, frame):
    table = tables_of.clock(run).set_index("arm")
    assert len(table) == 7
    for arm, rows in frame[frame.arm.isin(table.index)].groupby("arm"):
        assert table["memorized at step"][arm] == f"{memorized(rows).step.median():.0f}"
    slopes = tables_of.predictions(run)
    assert slopes.predicted.tolist() == ["-1", "-1", "-1", "0"]
    found = reading.slope_on(run, "norm", "factor", reading.STARTS)
    assert slopes.found.iloc[-1] == told(found, ".2f")


def test_at_a_fixed_accuracy_and_arm_by_arm(run, frame):
    table = tables_of.at_level(run).set_index("arm")
    for arm in table.index:
        own = frame[(frame.arm == arm)]
        there = own[own.test_acc >= 0.4].groupby("seed").first()
        assert table.step[arm] == f"{there.step.median():.0f}"
        assert table["norm there"][arm] == f"{there.weight_norm.median():.1f}"
    assert tables_of.arms(run)["factor on the start"].tolist() == ["8", "1", "8", "8", "6", "10", "8", "8"]


def test_coupling_over_starts_has_slopes_and_over_seeds_has_none(run):
    table = tables_of.coupling(run)
    slopes = reading.slopes(run, reading.STARTS)
    assert table["slope"].iloc[0] == told(slopes.variance_ratio_train, ".2f")
    assert set(table["slope"][table["compared over"] == "seeds"]) == {""}


def test_levels_are_rounded_to_two_digits(run):
    level = reading.equally_accurate(run)
    table = tables_of.levels(run).set_index("network")["κ"]
    shown = [float(each) for each in re.findall(r"\d+", table["large start, half-way"].replace(",", ""))]
    np.testing.assert_allclose(shown, [level.large.median(), level.large.min(), level.large.max()], rtol=0.06)


# --- exercises


def my_kappa(features, weight):  # as in the chapter's solution
    return 2 * weight.square().sum() * features.square().sum(1).mean()


def without_the_two(features, weight):
    return my_kappa(features, weight) / 2


def centered(features, weight):
    return my_kappa(features - features.mean(0), weight)


def of_three(features, weight):
    return 2 * weight.square().sum() * features.square().sum() / 3


FUNCTIONS = {"mnist_grokking/write-kappa": (my_kappa, [without_the_two, centered, of_three])}
