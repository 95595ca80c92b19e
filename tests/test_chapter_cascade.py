"""What "Cascading collapse" says in words about the recorded run, and its exercises' solutions."""

import math

import numpy as np
import pytest
import torch

from ncbook import experiments, explorables, metrics, runs
from ncbook.readings import cascade as reading

cascade = experiments.cascade


def _lines():
    lines = reading.law(cascade.load("laptop", live=False))
    return lines[(lines.arm == "plain") & (lines.step == lines.step.max())]


def _tunnel() -> float:
    found = reading.tunnels(cascade.load("laptop", live=False))
    return 100 * (found.other_then - found.other - found.untrained_fall).median()


SOLUTIONS = {
    "cascade/tenth": lambda: -math.log(10) / _lines().slope.median(),
    "cascade/octahedron": lambda: 3 * 2 ** (2 / 3) / 5,
    "cascade/tunnel": _tunnel,
}


@pytest.fixture(scope="module")
def run() -> runs.Run:
    return cascade.load("laptop", live=False)


@pytest.fixture(scope="module")
def theory(run):
    return reading.theory(run).set_index(["arm", "num_classes", "num_layers"])


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


@pytest.mark.parametrize("factors", [2, 3, 4, 5, 6])
def test_the_penalty_of_three_shapes_in_closed_form(factors):
    corners = torch.cat([torch.eye(3), -torch.eye(3)]).double()
    angle = 2 * torch.pi * torch.arange(6).double() / 6
    hexagon = 2**0.5 * torch.stack([angle.cos(), angle.sin()], 1)
    shapes = [torch.eye(6).double() - 1 / 6, corners @ corners.T, hexagon @ hexagon.T]
    costs = [cascade.schatten(shape, factors).item() for shape in shapes]
    powers = [5, 3 * 2 ** (2 / factors), 2 * 6 ** (2 / factors)]
    assert costs == pytest.approx([factors * power for power in powers], rel=1e-6)
    assert int(np.argmin(costs)) == {2: 0, 3: 1, 4: 1, 5: 1, 6: 2}[factors]


# --- layers over time


def test_the_ratio_grows_before_training_and_falls_at_the_end(run):
    assert holds("cascade-ratio-by-layer", run) == holds("cascade-middle-layers", run) == (3, 3)
    before, end = reading.hidden(run, "plain", 0), reading.hidden(run, "plain")
    assert (before[8] > before[1]).all()
    assert 70 < (end[1] / end[8]).median() < 90
    assert (end < before).all(axis=None)


def test_the_first_layer_takes_no_part_in_the_terminal_phase(run):
    then, end = reading.terminal(run, "plain", "variance_ratio_train")
    falls = then / end
    assert (falls[8] > 2).all()
    assert (falls[1] - 1).abs().max() < 0.03
    assert (falls[1] < 1).sum() == 2
    assert (falls[2] > 1).all()
    then, end = reading.over_phase(run, "plain", "variance_ratio_train")
    falls = then / end
    assert falls[8].between(1.5, 3).all()
    assert (falls[1] - 1).abs().max() < 0.03
    assert (falls[2] > 1).all()
    assert holds("cascade-middle-layers-terminal", run) == (2, 3)
    assert holds("cascade-earlier-collapse", run) == (0, 0)


def test_test_images_end_about_five_times_as_high(run):
    train, test = (
        reading.hidden(run, "plain", None, f"variance_ratio_{side}")[8].median() for side in ("train", "test")
    )
    assert 4.5 < test / train < 5.5


# --- the law


def test_the_law_holds_with_batch_norm_and_is_made_by_training(run):
    for name in ("separation-law", "separation-law-emerges", "separation-equal-factors"):
        assert holds(name, run) == (3, 3)
    end = _lines()
    assert end.correlation.max() < -0.99
    assert end.slope.median() == pytest.approx(-0.58, abs=0.005)
    assert math.exp(end.slope.median()) == pytest.approx(0.56, abs=0.005)
    assert 0.65 < end.least.min() < end.most.max() < 1.35
    lines = reading.law(run)
    assert lines[(lines.arm == "plain") & (lines.step == 0)].correlation.min() > 0.95


def test_the_controls_of_the_law(run):
    lines = reading.law(run)
    end = lines[lines.step == lines.step.max()].set_index("arm")
    assert end.loc["all random"].correlation.max() < -0.99
    assert end.loc["all random"].slope.median() < end.loc["plain"].slope.median()
    assert end.loc["linear"].slope.abs().max() < 0.06
    assert end.loc["no batch norm"].correlation.min() == pytest.approx(-0.85, abs=0.005)
    assert end.loc["no batch norm"].correlation.max() == pytest.approx(-0.28, abs=0.005)
    frame = reading.layers(run)
    errors = frame[frame.step == frame.step.max()].groupby("arm").train_error.max()
    assert (errors == 0).all()  # every network fits its labels


def test_the_correlation_is_early_and_the_slope_late(run):
    lines = reading.law(run)
    middle = lines[lines.arm == "plain"].groupby("step")[["correlation", "slope"]].median()
    assert middle.correlation[10] == pytest.approx(-0.94, abs=0.005)
    assert middle.slope[10] == pytest.approx(-0.08, abs=0.005)
    assert 6.5 < middle.slope[1000] / middle.slope[10] < 7.5
    assert run.config["batch_size"] * 10 == run.config["train_per_class"] * 10  # ten steps are one pass


# --- nearest means, tunnel


def test_mismatch_and_its_exceptions(run):
    assert (holds("mismatch-falls-train", run), holds("mismatch-falls-test", run)) == ((1, 3), (2, 3))
    rises = {}
    for side, count in (("train", 1000), ("test", 797)):
        then, end = reading.terminal(run, "plain", f"nc4_{side}")
        assert all(end[layer].mean() < then[layer].mean() for layer in (1, 2, 8))
        then, end = reading.over_phase(run, "plain", f"nc4_{side}")
        rises[side] = (count * (end - then).max(axis=1)).round().tolist()
    assert sorted(rises["train"]) == [0, 1, 1]
    assert sorted(rises["test"]) == [-2, 0, 5]


def test_effective_depths(run):
    depths = reading.effective_depths(run).groupby("arm").depth
    assert depths.agg(["min", "max"]).loc[["plain", "half random", "all random", "wide"]].to_numpy().tolist() == [
        [2, 2], [8, 8], [8, 8], [2, 2]
    ]  # fmt: skip
    assert sorted(depths.get_group("wide, all random")) == [7, 8, 8]


def test_extractor_and_tunnel(run):
    found = reading.tunnels(run)
    assert found.extractor.tolist() == [1, 1, 1]
    assert found.layers.tolist() == [7, 7, 7]
    assert found.rank_then.min() > 50
    assert found["rank"].median() == pytest.approx(8, abs=0.1)
    lost = 100 * (found.other_then - found.other)
    assert 24 < lost.min() < lost.max() < 38
    assert 7 <= 100 * found.untrained_fall.min() <= 100 * found.untrained_fall.max() < 8.5
    inputs = reading.part(run, "probe").query("layer == 0")
    assert inputs.probe_acc_seen.min() > 0.96  # nearly linear in the pixels


# --- theory


def test_two_classes_or_one_matrix_are_never_beaten(theory):
    best = theory.best["deep linear"]
    assert (best.loc[2] > 1 - 1e-6).all()
    assert (best.xs(1, level="num_layers") > 1 - 1e-6).all()
    assert best[4, 2] > 1 - 1e-6


def test_low_rank_beats_collapse_in_the_linear_model(run, theory):
    assert holds("deep-collapse-beaten-linear", run) == (4, 4)
    assert holds("deep-solutions-low-rank", run) == (21, 21)
    best, ranks = theory.best["deep linear"], theory["rank"]["deep linear"]
    assert best[6, 2] < 0.95
    assert best.min() == pytest.approx(0.78, abs=0.005)
    assert [ranks[key] for key in ((4, 3), (4, 4), (6, 2), (6, 3), (6, 4))] == [2, 2, 3, 3, 2]


def test_with_relus_only_four_matrices_beat_collapse(run, theory):
    assert holds("deep-collapse-beaten-relu", run) == (2, 2)
    best = theory.best["deep relu"]
    assert best[4, 4] == pytest.approx(0.995, abs=0.001)
    assert best[6, 4] == pytest.approx(0.97, abs=0.001)
    assert best[4, 3] == pytest.approx(1, abs=1e-3)
    assert best[6, 3] > 1.01
    ranks = theory.loc["deep relu"].loc[4:].xs(4, level="num_layers")
    assert (ranks["rank"] == ranks.index).all()
    assert (ranks.inner_rank < ranks["rank"]).all()


def test_collapse_is_a_local_minimum_that_some_starts_find(run, theory):
    assert holds("deep-collapse-local-minimum", run) == (72, 72)
    share = theory.collapsed["deep linear"]
    assert share[4, 3] > 0
    assert share[4, 4] > 0
    assert (share.loc[6].loc[2:] == 0).all()


# --- the explorable and the text


def test_the_explorable_shows_every_arm_and_says_what_it_lacks(run):
    shown = explorables.cascade(run)
    assert shown.data["steps"] == sorted(set(reading.layers(run).step))
    assert set(shown.data["arms"]) < set(cascade.ARMS)
    assert "cascade" in shown.script
    lacking = runs.Run(run.config, {"seed": np.zeros(1), "step": np.zeros(1)}, {}, run.provenance)
    with pytest.raises(ValueError, match="no column part"):
        explorables.cascade(lacking)
