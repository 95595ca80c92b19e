"""What "Is collapse necessary? Is flatness?" says in words about the recorded run, and its exercises' solutions."""

import json
import math
import re
from pathlib import Path

import notebooks
import numpy as np
import pytest
import torch

from ncbook import experiments, explorables, metrics, readings, runs
from ncbook.claims import QUOTES
from ncbook.evidence import FAILS, HOLDS
from ncbook.readings import interventions as reading
from ncbook.readings.interventions import delays

CHAPTER = Path(__file__).parents[1] / "book/4-grokking/interventions.ipynb"


@pytest.fixture(scope="module")
def run():
    return experiments.interventions.load("laptop", live=False)


@pytest.fixture(scope="module")
def table(run):
    return reading.outcomes(run)


@pytest.fixture(scope="module")
def prose() -> str:
    notebook = notebooks.read(CHAPTER)
    return " ".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def holds(name: str, run) -> tuple[int, int]:
    (found,) = [each for each in experiments.interventions.CLAIMS if each.id == name]
    evidence = found.judge(run)
    return evidence.yes, len(evidence.by_seed)


def arm(table, name):
    return table[table.arm == name].set_index("seed")


def test_88_networks_and_a_chance_of_34_percent(run, table):
    assert len(table) == 88
    assert round(100 / run.config["p"], 1) == 3.4


def test_collapse_encouraged_is_sooner_in_every_seed_and_twice_as_soon_in_most(run):
    ratios = delays(run).encouraged
    assert (ratios < 1).all()
    assert (ratios <= 0.5).sum() > 4


def test_prevented_two_of_eight_reach_99_percent_uncollapsed_and_all_end_above_75(run, table):
    prevented = arm(table, "prevented")
    assert holds("collapse-prevented-as-soon", run) == (0, 8)
    assert holds("collapse-prevented-as-accurate", run) == (2, 8)
    assert np.isfinite(prevented.generalized).sum() == 2
    assert prevented.variance_ratio_train.dropna().between(2.9, 4.5).all()
    assert prevented.final_ratio.min() > 3
    assert prevented.final_acc.min() > 0.75
    loss = prevented.release_train_loss.median() / arm(table, "baseline").release_train_loss.median()
    assert 1000 < loss < 2000


def test_anti_flatness_delays_all_by_17_and_five_recover_after_release(run, table):
    assert delays(run).anti_released.min() > 1.7
    assert holds("anti-flatness-delays", run) == (8, 8)
    assert holds("anti-flatness-released-generalizes", run) == (5, 5)
    released = arm(table, "anti_released")
    assert released.release_train_acc.median() > 0.95
    assert (released.release_test_acc < 0.2).sum() > 4
    assert np.isinf(arm(table, "anti_kept").generalized).all()
    assert arm(table, "kept_schedule").final_acc.max() < 0.06
    assert (arm(table, "baseline_schedule").final_acc < 0.6).sum() >= 2


def test_the_controls_take_the_delay_apart(run, table):
    ratios = delays(run)
    assert (ratios.norms_released >= 1.25).all()
    assert (ratios.smoothing >= 1.25).all()
    assert (ratios.confidence >= 1.25).sum() == 2
    assert ratios.confidence.max() < 1.4
    assert holds("delay-specific-to-flatness", run) == (0, 8)
    frame = run.to_frame()
    assert frame[(frame.arm == "smoothing") & (frame.step > 0)].test_acc.max() < 0.05
    kappa = table.groupby("arm").release_relative_flatness.median()
    assert 150 < kappa.anti_released / kappa.smoothing < 250
    assert 0.3 < kappa.norms_released / kappa.anti_released < 0.4
    flooding = arm(table, "flooding")
    assert round(flooding.release_test_acc.median(), 2) == 0.92
    assert np.isinf(flooding.generalized).sum() == 5


def test_networks_generalize_at_fifty_to_seventeen_thousand_times_the_kappa(run, table):
    usual = arm(table, "baseline").relative_flatness.median()
    others = table[table.arm.isin(["confidence", "flooding", "encouraged"])].relative_flatness.dropna() / usual
    assert 50 < others.min() < 60
    assert 17000 < others.max() < 18000
    frame = run.to_frame()
    start = frame[(frame.arm == "baseline") & (frame.step == 0)].relative_flatness
    assert table.relative_flatness.max() < 100
    assert (others * usual).max() > start.median()


def test_encouraged_is_forty_times_less_flat_in_its_own_moment_and_mostly_flatter_at_the_same(run, again, table):
    assert (arm(table, "encouraged").relative_flatness / arm(table, "baseline").relative_flatness).min() > 40
    assert holds("collapsed-is-flat", run) == (6, 8)
    assert holds("collapsed-is-flat-at-equal-loss", run) == (5, 8)
    assert holds("collapsed-is-flat", again) == holds("collapsed-is-flat-at-equal-loss", again) == (7, 7)


def test_what_generalizes_is_not_flat_at_the_same_step_and_is_at_the_same_loss(run, again):
    assert holds("flat-when-it-generalizes", run) == (0, 8)
    found = reading.against_baseline(run).set_index("arm")
    assert found.at_step[["confidence", "flooding"]].min() > 80
    assert 1.5 < found.at_loss.max() < 2.1
    for which in (run, again):
        assert holds("flat-when-it-generalizes-at-equal-loss", which) == (8, 8)


def test_kappa_follows_the_loss(run):
    assert holds("confidence-makes-flat", run) == (6, 8)
    assert reading.loss_correlations(run).min() > 0.99


def test_the_tables_show_what_the_run_holds(run, table):
    tables = readings.intervention_tables
    prevented = arm(table, "prevented").dropna(subset="ncc_acc_test")
    shown = tables.uncollapsed(run).set_index("seed")
    assert list(shown.index) == list(prevented.index)
    assert (shown["test accuracy (%)"] >= 99).all()
    assert shown["nearest center (%)"].round().tolist() == [25, 40]
    release = tables.at_release(run).set_index("arm")
    assert release["κ"]["anti-flatness"] == "31,000"
    norms = arm(table, "norms_released")
    assert release["|W|²|h|²"]["large norms"] == f"{norms.release_squared_norms.median():,.0f}"
    assert release["test accuracy (%)"]["flooding"] == "92"
    assert tables.results(run)["reach 99 %"].tolist()[:4] == ["8 of 8", "8 of 8", "2 of 8", "5 of 8"]
    then = tables.when_generalizing(run).set_index("arm")
    kappas = arm(table, "flooding").relative_flatness
    assert then["κ"]["flooding"] == f"{kappas.median():.2g} ({kappas.min():.2g} to {kappas.max():.2g})"


# --- the second run, from other seeds


@pytest.fixture(scope="module")
def again():
    return experiments.interventions.load("laptop-again", live=False)


def test_the_second_run_differs_in_its_seeds_alone(run, again):
    assert not set(run.config["seeds"]) & set(again.config["seeds"])
    assert len(again.config["seeds"]) == len(run.config["seeds"]) == 8
    same = [name for name in run.config if run.config[name] == again.config[name]]
    assert set(run.config) - set(same) == {"seeds"}


def test_no_claim_holds_in_one_run_and_fails_in_the_other(run, again):
    pairs = [{claim.judge(run).word, claim.judge(again).word} for claim in experiments.interventions.CLAIMS]
    assert len(pairs) == 13
    assert not any({HOLDS, FAILS} <= pair for pair in pairs)


def test_the_counts_of_the_second_run(run, again):
    steps = reading.by_arm(again, "generalized")
    assert np.isinf(steps.baseline).sum() == 2
    ratios = delays(again)
    assert (ratios.anti_released >= 1.25).all()
    assert holds("anti-flatness-delays", again) == (6, 6)
    assert holds("anti-flatness-released-generalizes", again)[0] == 3
    assert (ratios.norms_released >= 1.25).sum() == 5
    assert holds("flat-when-it-generalizes", again) == (1, 7)


@pytest.mark.parametrize(
    ("name", "word", "held", "seeds"),
    [
        ("collapse-prevented-as-accurate", FAILS, 3, 14), ("confidence-makes-flat", HOLDS, 13, 16),
        ("collapsed-is-flat", HOLDS, 13, 15), ("collapsed-is-flat-at-equal-loss", HOLDS, 12, 15),
    ],
)  # fmt: skip
def test_what_the_two_runs_say_together(name, word, held, seeds, run, again):
    (claim,) = [each for each in experiments.interventions.CLAIMS if each.id == name]
    both = claim.judge(run) + claim.judge(again)
    assert (both.word, sum(both.by_seed.values()), len(both.by_seed)) == (word, held, seeds)


@pytest.mark.parametrize("name", ["collapse-prevented-as-soon", "delay-specific-to-flatness"])
def test_in_no_seed_of_either_run(name, run, again):
    assert holds(name, run)[0] == holds(name, again)[0] == 0


@pytest.mark.parametrize("name", ["collapse-encouraged-sooner", "anti-flatness-delays"])
def test_in_every_seed_of_either_run(name, run, again):
    assert holds(name, run) == (8, 8)
    assert holds(name, again) == (6, 6)


# --- numbers of the paper


def test_the_paper_s_numbers_are_those_that_were_read(prose):
    assert QUOTES["anti-flatness-kappa"].seen
    assert QUOTES["anti-flatness-kappa"].text == "2209.94"
    assert "2209.94" in prose
    assert round(2209.94 / (50**2 * (1 - 1 / 10)), 2) == 0.98


# --- exercises


def _loss_bound() -> float:
    return 2 * 13**2 * 20**2 * 1e-6


def _encouraged() -> float:  # as in the chapter's solution
    kappas = reading.by_arm(experiments.interventions.load("laptop", live=False), "relative_flatness")
    return (kappas.encouraged / kappas.baseline).median()


SOLUTIONS = {
    "interventions/ceiling": lambda: 720.0,
    "interventions/loss-bound": _loss_bound,
    "interventions/encouraged": _encouraged,
}


def my_push(features, labels, level):  # as in the chapter's solution
    classes = labels.unique()
    means = torch.stack([features[labels == k].mean(0) for k in classes])
    own = means[torch.searchsorted(classes, labels)]
    within = (features - own).square().sum(1).mean()
    between = (means - means.mean(0)).square().sum(1).mean()
    ratio = within / between
    return torch.relu(math.log(level) - ratio.log())


def without_logarithms(features, labels, level):
    return torch.relu(level - metrics.variance_ratio(features, labels))


def down_too(features, labels, level):
    return math.log(level) - metrics.variance_ratio(features, labels).log()


def around_the_origin(features, labels, level):
    means = metrics.class_means(features, labels)
    within = (features - means[labels]).square().sum(1).mean()
    return torch.relu(math.log(level) - (within / means.square().sum(1).mean()).log())


def every_point_counts(features, labels, level):
    own = metrics.class_means(features, labels)[labels]
    ratio = (features - own).square().sum() / (own - own.mean(0)).square().sum()
    return torch.relu(math.log(level) - ratio.log())


FUNCTIONS = {
    "interventions/write-push": (my_push, [without_logarithms, down_too, around_the_origin, every_point_counts])
}


def test_the_bound_of_exercise_2_holds_on_random_networks():
    generator = torch.Generator().manual_seed(0)
    for scale in (0.1, 1.0, 5.0):
        features = torch.randn(30, 6, generator=generator, dtype=torch.float64)
        weight = scale * torch.randn(4, 6, generator=generator, dtype=torch.float64)
        labels = torch.randint(4, (30,), generator=generator)
        loss = torch.nn.functional.cross_entropy(features @ weight.T, labels)
        bound = 2 * weight.square().sum() * features.square().sum(1).max() * loss
        assert metrics.relative_flatness(features, weight) <= bound


# --- the explorable


def page_data(fragment: str) -> dict:
    return json.loads(re.search(r'class="nc-data">(.*?)</script>', fragment, re.S).group(1))


def test_the_explorable_shows_the_numbers_of_the_run(run, table):
    data = page_data(explorables.interventions(run)._repr_html_())
    assert len({arm["label"] for arm in data["arms"]}) == len(data["arms"]) == len(run.config["arms"])
    for arm, name in zip(data["arms"], run.config["arms"], strict=True):
        steps = table[table.arm == name].generalized
        assert [np.inf if step is None else step for step in arm["reached"]] == steps.tolist()
        assert arm["change"] in (None, run.config["release"])
    assert data["steps"][-1] == max(run.config["steps"])


def test_the_answers_of_the_explorable_are_those_of_the_run(run):
    asked = page_data(explorables.interventions(run)._repr_html_())["questions"]
    frame = run.to_frame()
    centers = frame[frame.test_acc >= 0.99].groupby(["arm", "seed"]).first().ncc_acc_test
    low, high = 100 * centers["prevented"].min(), 100 * centers["prevented"].max()
    assert f"({low:.0f} to {high:.0f}) where collapse is prevented" in asked["centers"]["answer"]
    assert (round(low), round(high)) == (25, 40)
    for key, name in (("collapse", "prevented"), ("flatness", "anti_released"), ("encouraged", "encouraged")):
        ratios = delays(run)[name]
        there = (frame[frame.arm == name].groupby("seed").test_acc.max() >= 0.99).sum()
        assert f"{there} of 8 networks reach 99 % test accuracy" in asked[key]["answer"]
        factor = f"{ratios.median():.1f} ({ratios.min():.1f} to {ratios.max():.1f})"
        assert f"{factor} times the steps of their baselines" in asked[key]["answer"]
        assert asked[key]["answer"].endswith("or more." if there < 8 else "baselines.")
    then = frame[frame.step == run.config["release"]].groupby("arm").median(numeric_only=True)
    assert (
        f"flooding has a training loss of {then.train_loss.flooding:.2f} and a test accuracy of 92 %"
        in (asked["loss"]["answer"])
    )


def test_the_explorable_asks_for_nothing_from_outside_and_is_small(run):
    fragment = explorables.interventions(run)._repr_html_()
    assert "http" not in fragment.replace("http://www.w3.org", "")
    assert len(fragment) < 200_000


def test_the_explorable_says_what_is_missing(run):
    history = {name: column for name, column in run.history.items() if name != "relative_flatness"}
    with pytest.raises(ValueError, match=r"run\.history: has no column relative_flatness"):
        explorables.interventions(runs.Run(run.config, history, {}, run.provenance))
