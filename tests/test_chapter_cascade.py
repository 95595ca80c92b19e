"""What "Cascading collapse" says in words about the recorded run, and its exercises' solutions."""

import math

import numpy as np
import pytest
import torch

from ncbook import experiments, explorables, metrics, readings, runs
from ncbook.readings import cascade as reading
from ncbook.readings.moments import COLLAPSED

cascade = experiments.cascade


def _lines():
    lines = reading.law(cascade.load("laptop", live=False))
    return lines[(lines.arm == "plain") & (lines.step == lines.step.max())]


def _tunnel() -> float:
    found = reading.tunnels(cascade.load("laptop", live=False))
    return 100 * (found.other_then - found.other - found.untrained_fall).median()


SOLUTIONS = {
    "cascade/tenth": lambda: -math.log(10) / _lines().slope.median(),
    "cascade/tunnel": _tunnel,
}


def my_depth(layers, labels, limit, first=1, strict=False, last=False, none=None):  # as in the chapter's solution
    found = []
    for number, features in enumerate(layers, start=first):
        means = torch.stack([features[labels == k].mean(0) for k in range(int(labels.max()) + 1)])
        wrong = torch.cdist(features, means).argmin(1) != labels
        error = wrong.double().mean()
        if (error < limit) if strict else (error <= limit):
            found.append(number)
    if not found:
        return len(layers) + 1 if none is None else none
    return found[-1] if last else found[0]


FUNCTIONS = {
    "cascade/write-depth": (
        my_depth,
        [
            lambda *given: my_depth(*given, first=0),
            lambda *given: my_depth(*given, strict=True),
            lambda layers, labels, limit: next(
                k for k in range(len(layers), 0, -1) if k == 1 or my_depth(layers[k - 2 : k - 1], labels, limit) > 1
            ),
            lambda *given: my_depth(*given, none=0),
        ],
    )
}


@pytest.fixture(scope="module")
def run() -> runs.Run:
    return cascade.load("laptop", live=False)


def holds(name: str, run) -> tuple[int, int]:
    (claim,) = [each for each in cascade.CLAIMS if each.id == name]
    found = claim.judge(run)
    return found.holds.count(True), found.valid


# --- equations


def test_the_toy_by_hand():
    offsets = torch.tensor([[0.2, 0.5], [0.2, -0.5], [-0.2, 0.5], [-0.2, -0.5]])
    points = torch.cat([offsets + torch.tensor([1.0, 0.0]), offsets - torch.tensor([1.0, 0.0])])
    labels = torch.arange(2).repeat_interleave(4)
    assert metrics.variance_ratio(points, labels).item() == pytest.approx(0.04 + 0.25)
    assert 2 * metrics.nc1(points, labels) == pytest.approx(0.04)


# --- layers over time


def test_the_ratio_grows_before_training_and_falls_at_the_end(run):
    assert holds("cascade-ratio-by-layer", run) == holds("cascade-middle-layers", run) == (4, 4)
    before, end = reading.hidden(run, "plain", 0), reading.hidden(run, "plain")
    assert (before[8] > before[1]).all()
    assert (end[1] / end[8]).median() == pytest.approx(670, abs=5)
    assert (end < before).all(axis=None)


def test_every_hidden_layer_takes_part_in_the_terminal_phase_and_only_the_last_collapses(run):
    found = reading.phases(run).loc["plain"]
    assert found.phase_start.tolist() == [45] * 4
    assert found.phase_tells.all()
    then, end = reading.over_phase(run, "plain", "variance_ratio_train")
    falls = then / end
    assert (falls > 1).all(axis=None)
    assert (falls.diff(axis=1).iloc[:, 1:] > 0).all(axis=None)  # each less than the one after it
    assert falls[8].min() > COLLAPSED > falls[7].max()
    assert falls[7].min() > 6
    assert holds("cascade-middle-layers-terminal", run) == (4, 4)
    assert holds("cascade-earlier-collapse", run) == (0, 4)


# --- the law


def test_the_law_is_not_met_at_the_end_because_of_the_last_step(run):
    for name in ("separation-law", "separation-law-emerges", "separation-equal-factors"):
        assert holds(name, run) == (0, 4)
    end = _lines()
    assert -0.97 < end.correlation.min() < end.correlation.max() < -0.955
    assert end.slope.median() == pytest.approx(-1.06, abs=0.005)
    assert math.exp(end.slope.median()) == pytest.approx(0.35, abs=0.005)
    assert end.most.between(1.9, 2.15).all()
    separation = reading.hidden(run, "plain", None, "nc1_train")
    steps = -np.log(separation).diff(axis=1).iloc[:, 1:]
    assert (steps.idxmax(axis=1) == 8).all()
    lines = reading.law(run)
    before = lines[(lines.step == 0) & (lines.arm != "wide, all random")]  # which the table leaves out
    assert before[before.arm == "plain"].correlation.min() > 0.95
    assert (round(before.correlation.min(), 2), round(before.correlation.max(), 2)) == (0.44, 1.00)


def test_less_weight_decay_leaves_the_line_straight_and_the_last_layer_loose(run):
    assert holds("separation-law-quarter-decay", run) == (3, 4)
    assert holds("separation-law-no-decay", run) == (4, 4)
    lines = reading.law(run)
    end = lines[lines.step == lines.step.max()].set_index("arm").correlation
    assert end.loc["quarter decay"].between(-0.985, -0.97).all()
    assert (end.loc["no decay"].to_numpy() < end.loc["quarter decay"].to_numpy()).all()
    assert (end.loc["quarter decay"].to_numpy() < end.loc["plain"].to_numpy()).all()
    for arm in ("quarter decay", "no decay"):
        then, end = reading.over_phase(run, arm, "variance_ratio_train")
        assert len(end) == 4
        assert (then / end)[8].max() < COLLAPSED


def test_the_controls_of_the_law(run):
    lines = reading.law(run)
    end = lines[lines.step == lines.step.max()].set_index("arm")
    plain, noisy = end.loc["plain"].correlation.median(), end.loc["all random"].correlation.median()
    assert noisy == pytest.approx(plain, abs=0.005)
    assert end.loc["all random"].slope.max() < end.loc["plain"].slope.min()
    first = [reading.hidden(run, arm, None, "nc1_train")[1].median() for arm in ("plain", "all random")]
    assert first[1] > 10 * first[0]
    assert end.loc["linear"].slope.abs().max() < 0.06
    assert end.loc["no batch norm"].correlation.min() == pytest.approx(-0.70, abs=0.005)
    assert end.loc["no batch norm"].correlation.max() == pytest.approx(-0.18, abs=0.005)
    frame = reading.layers(run)
    errors = frame[frame.step == frame.step.max()].groupby("arm").train_error.max()
    assert (errors == 0).all()  # every network fits its labels


def test_the_line_is_straightest_where_the_error_ends_and_then_gets_steeper_and_bends(run):
    assert holds("separation-law-bends", run) == (4, 4)
    lines = reading.law(run)
    middle = lines[lines.arm == "plain"].groupby("step")[["correlation", "slope"]].median()
    assert middle.correlation[13] == pytest.approx(-0.86, abs=0.005)
    assert middle.slope[13] == pytest.approx(-0.09, abs=0.005)
    assert middle.correlation[45] == pytest.approx(-0.999, abs=0.0005)
    assert middle.correlation.idxmin() == 45
    assert 2 < middle.slope[2000] / middle.slope[45] < 2.5
    assert 3 < 13 * run.config["batch_size"] / (10 * run.config["train_per_class"]) < 3.5  # passes over the data


# --- nearest means, tunnel


def test_mismatch_rises_in_no_layer(run):
    assert holds("mismatch-falls-train", run) == holds("mismatch-falls-test", run) == (4, 4)
    for side in ("train", "test"):
        then, end = reading.over_phase(run, "plain", f"nc4_{side}")
        assert all(end[layer].mean() < then[layer].mean() for layer in (1, 2))
        assert (end <= then).all(axis=None)
    then, end = reading.over_phase(run, "plain", "nc4_train")
    assert (then[[7, 8]] == 0).all(axis=None)
    then, end = reading.over_phase(run, "plain", "nc4_test")
    assert end[8].mean() < then[8].mean()


def test_effective_depths(run):
    depths = reading.effective_depths(run).groupby("arm").depth
    assert sorted(depths.get_group("plain")) == [3, 3, 3, 3]
    assert sorted(depths.get_group("half random")) == [6, 6, 7, 7]
    assert sorted(depths.get_group("all random")) == [6, 6, 6, 6]
    assert sorted(depths.get_group("wide")) == [3, 3, 3, 4]
    assert sorted(depths.get_group("wide, all random")) == [6, 6, 6, 6]
    assert holds("effective-depth-random-labels", run) == (2, 4)


def test_extractor_and_tunnel(run):
    found = reading.tunnels(run)
    assert found.extractor.tolist() == [1] * 4
    assert found.layers.tolist() == [7] * 4
    assert found.rank_then.min() > 60
    assert found["rank"].median() == pytest.approx(9.2, abs=0.1)
    lost = 100 * (found.other_then - found.other)
    assert 15.5 < lost.min() < lost.max() < 24
    assert 7 <= 100 * found.untrained_fall.min() < 100 * found.untrained_fall.max() < 10
    inputs = reading.part(run, "probe").query("layer == 0")
    assert inputs.probe_acc_seen.min() > 0.96  # nearly linear in the pixels


def test_what_the_second_run_says(run):
    again = cascade.load("laptop-again", live=False)
    for each in (run, again):
        for name in ("separation-law", "separation-law-emerges", "separation-equal-factors"):
            assert holds(name, each) == (0, 4)
        for name in ("separation-law-no-decay", "separation-law-bends", "mismatch-falls-train", "mismatch-falls-test"):
            assert holds(name, each) == (4, 4)
    found = reading.tunnels(again)
    (odd,) = found[found.other_then - found.other <= found.untrained_fall].seed
    (claim,) = [each for each in cascade.CLAIMS if each.id == "tunnel-hurts-other-classes"]
    told = claim.judge(again)
    assert [seed for seed, answer in zip(told.seeds, told.holds, strict=True) if not answer] == [odd]


# --- tables


def test_the_tables_hold_medians_of_the_seeds(run):
    ratios = readings.layer_tables.ratios(run).set_index(["images", "step"])
    assert list(ratios.index.unique("step")) == [0, 13, 45, 2000]
    end = reading.hidden(run, "plain")
    assert ratios["layer 8"]["training", 2000] == pytest.approx(end[8].median())
    then, end = reading.over_phase(run, "plain", "variance_ratio_train")
    table = readings.layer_tables.tightening(run).set_index("layer")
    assert table.loc[7, "divided by"].startswith(f"{(then[7] / end[7]).median():.3g} (")
    law = readings.layer_tables.straightness(run).set_index("network")
    assert law.loc["no batch norm", "correlation at the end"] == "-0.561 (-0.699 to -0.178)"
    assert readings.layer_tables.line_over_time(run).step.tolist() == [0, 13, 45, 563, 2000]


# --- the explorable and the text


def test_the_explorable_shows_every_arm_and_says_what_it_lacks(run):
    shown = explorables.cascade(run)
    assert shown.data["steps"] == sorted(set(reading.layers(run).step))
    assert set(shown.data["arms"]) < set(cascade.ARMS)
    assert shown.name == "cascade"
    lacking = runs.Run(run.config, {"seed": np.zeros(1), "step": np.zeros(1)}, {}, run.provenance)
    with pytest.raises(ValueError, match="no column part"):
        explorables.cascade(lacking)
