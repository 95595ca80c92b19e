"""What "The interventions on images" says in words about the recorded run, and its exercises' solutions."""

import json
import re

import numpy as np
import pytest
import torch
from prose._ledger import entries

from ncbook import experiments, explorables, runs
from ncbook.evidence import FAILS, HOLDS, OPEN
from ncbook.readings import image_interventions as reading
from ncbook.readings import image_tables as tables_of
from ncbook.readings import strength_tables

IMAGES = experiments.image_interventions


@pytest.fixture(scope="module")
def run():
    return IMAGES.load("laptop", live=False)


@pytest.fixture(scope="module")
def lost(run):
    return 100 * reading.losses(run)


@pytest.fixture(scope="module")
def ahead(run):
    """Points of accuracy above the baseline at the end."""
    return 100 * reading.gains(run, "final")


def verdict(name: str, run) -> tuple[int, int]:
    (found,) = [each for each in IMAGES.CLAIMS if each.id == f"images-{name}"]
    evidence = found.judge(run)
    return evidence.yes, len(evidence.by_seed)


def test_anti_flatness_costs_8_to_22_points_in_all_seven(run, lost):
    assert len(lost) == 7
    assert lost.anti_released.between(8, 22).all()
    assert reading.by_arm(run, "release_train_acc").anti_released.min() >= 0.95
    assert verdict("anti-flatness-costs-accuracy", run) == (7, 7)


def test_preventing_collapse_costs_7_to_9_points_and_flatness_changes_a_point(run, ahead):
    digits = ahead.loc["digits"]
    assert digits.prevented.between(-9, -7).all()
    assert digits.flatter.abs().max() <= 1.05
    assert digits.encouraged.between(0, 2.5).all()
    assert verdict("prevented-as-accurate", run) == (0, 0)  # too strong a push to judge
    assert verdict("encouraged-as-accurate", run) == (4, 4)
    assert verdict("flatter-no-better", run) == (4, 4)


def test_low_confidence_costs_two_fifths_on_the_digits(run, lost):
    digits, glyphs = lost.loc["digits"], lost.loc["glyphs"]
    assert digits.confidence.between(6, 9).all()
    assert digits[["flooding", "smoothing"]].median().between(6, 8).all()
    assert digits.norms.max() < 1 < digits.pinned.max() <= 3.1
    assert (glyphs.confidence >= 5).sum() == 1
    assert 0.37 < (digits.confidence / digits.anti_released).median() < 0.43
    value = reading.by_arm(run, "release_unit_flatness_bound").groupby("task").median().loc["digits"]
    assert value.confidence / value.anti_released == pytest.approx(0.01, rel=0.15)
    assert reading.by_arm(run, "release_head_norm").loc["digits"].confidence.median() == pytest.approx(2, abs=0.1)
    assert verdict("loss-specific-to-flatness", run) == (2, 7)


def test_as_sharp_and_anything_between_1_and_21_points(run, lost):
    value = reading.by_arm(run, "release_unit_flatness_bound")
    assert (value.anti_pinned / value.anti_released).between(0.99, 1.01).all()
    both = lost[["anti_pinned", "anti_released"]]
    assert round(both.min().min()) == 1
    assert round(both.max().max()) == 21
    saved = lost.anti_released - lost.anti_pinned
    assert saved.loc["digits"].between(8, 19).all()
    assert (saved.loc["glyphs"] > 2).sum() == 2
    assert saved.loc["glyphs"].min() < 0
    exact = reading.by_arm(run, "release_relative_flatness").groupby("task").median()
    assert (exact.anti_pinned / exact.anti_released).between(0.3, 0.6).all()
    assert verdict("sharp-is-inaccurate", run) == (5, 7)


def test_the_accuracy_is_lowest_while_the_norm_grows_and_rises_before_the_release(run):
    frame = run.to_frame()
    middle = frame.groupby(["task", "arm", "epoch"]).median(numeric_only=True)
    for task in ("digits", "glyphs"):
        pushed = middle.loc[task].loc["kept_schedule"]
        assert pushed.test_acc[(pushed.index > 0) & (pushed.index <= 100)].idxmin() in (70, 80)
        assert pushed.unit_flatness_bound[80] > 0.9 * 360
        assert pushed.test_acc[100] > pushed.test_acc[80]
    digits = middle.loc["digits"]
    assert digits.loc["anti_kept"].train_acc[80] < 0.99
    gap = digits.loc["baseline"].test_acc - digits.loc["anti_kept"].test_acc
    assert gap[80] > 2 * gap[100] > 2 * gap[160]


def test_release_and_schedule_each_suffice(run, ahead):
    assert ahead.anti_released.min() > -1.2
    assert ahead.loc["digits"].anti_kept.between(-13, -7).all()
    assert ahead.kept_schedule.min() > -1.7
    assert reading.by_arm(run, "final_unit_flatness_bound").kept_schedule.min() > 0.95 * 360
    kappa = [
        reading.by_arm(run, f"{when}_relative_flatness").kept_schedule.groupby("task").median()
        for when in ("final", "release")
    ]
    assert (kappa[1] / kappa[0]).between(6.5, 7.6).all()
    assert verdict("recovery-needs-release", run) == (0, 7)
    assert verdict("released-recovers", run) == (5, 7)


def test_the_conventions_are_forty_to_fifty_apart_at_the_release(run):
    frame = run.to_frame()
    rows = frame[(frame.task == "digits") & (frame.arm == "released_schedule")]
    jump = (rows.relative_flatness_bound / rows.unit_flatness_bound)[rows.epoch == 100]
    assert 40 < jump.median() < 50
    end = rows[rows.epoch == 160]
    assert (end.relative_flatness_bound < end.unit_flatness_bound).all()
    table = reading.outcomes(run).set_index("arm").loc["released_schedule"]
    assert (table.release_relative_flatness / table.final_relative_flatness > 1000).all()
    assert (table.release_train_loss / table.final_train_loss > 1000).all()
    assert verdict("kappa-falls", run) == (7, 7)


def test_the_ceiling_is_never_passed(run):
    assert run.history["unit_flatness_bound"].max() <= 20**2 * (1 - 1 / 10) * (1 + 1e-6)


def test_the_growth_of_exercise_2_is_the_one_of_the_figure(run):
    """From a norm of about 2 to 20 in some 260 steps, four an epoch."""
    assert np.log(10) / np.log(1.009) == pytest.approx(260, rel=0.02)
    frame = run.to_frame()
    norms = frame[(frame.task == "digits") & (frame.arm == "anti_kept")].groupby("epoch").head_norm.median()
    assert norms[norms > 19.5].index[0] in (80, 90)
    assert norms[10] == pytest.approx(3, abs=1)


# --- exercises


def _share() -> float:  # as in the chapter's solution
    lost = reading.losses(IMAGES.load("laptop", live=False)).loc["digits"]
    return (lost.confidence / lost.anti_released).median()


def my_kappa_tau(logits, weight, temperature):  # as in the chapter's solution
    p = torch.softmax(logits / temperature, dim=1)
    unsure = 1 - p.square().sum(dim=1)
    return weight.square().sum() * unsure.mean()


def by_the_largest(logits, weight, temperature):
    return weight.square().sum() * (1 - torch.softmax(logits / temperature, dim=1).amax(dim=1)).mean()


def not_squared(logits, weight, temperature):
    return my_kappa_tau(logits, weight, temperature) / weight.norm()


def without_temperature(logits, weight, temperature):
    return my_kappa_tau(logits, weight, 1.0)


def exponentials(logits, weight, temperature):
    powers = (logits / temperature).exp()
    p = powers / powers.sum(dim=1, keepdim=True)
    return weight.square().sum() * (1 - p.square().sum(dim=1)).mean()


FUNCTIONS = {
    "images/write-regularizer": (my_kappa_tau, [by_the_largest, not_squared, without_temperature, exponentials])
}
SOLUTIONS = {"images/steps": lambda: 640, "images/growth": lambda: 1 + 0.01 * 10 * 0.09, "images/share": _share}


# --- the explorable


def page_data(fragment: str) -> dict:
    return json.loads(re.search(r'class="nc-data">(.*?)</script>', fragment, re.S).group(1))


def test_the_explorable_has_every_arm_of_every_task(run):
    data = page_data(explorables.image_interventions(run)._repr_html_())
    assert len({arm["label"] for arm in data["arms"]}) == len(data["arms"]) == 16 + 6
    assert data["steps"] == list(range(0, 161, 10))
    assert data["clock"] == "epoch"
    assert {arm["change"] for arm in data["arms"]} == {None, 100}
    assert [arm["curves"]["test_acc"]["shape"] for arm in data["arms"]] == [[4, 17]] * 16 + [[3, 17]] * 6
    assert not any("reached" in arm for arm in data["arms"])


def test_the_explorable_asks_for_nothing_from_outside_and_is_small(run):
    fragment = explorables.image_interventions(run)._repr_html_()
    assert "http" not in fragment.replace("http://www.w3.org", "")
    assert len(fragment) < 200_000


def test_the_explorable_says_what_is_missing(run):
    history = {name: column for name, column in run.history.items() if name != "unit_flatness_bound"}
    with pytest.raises(ValueError, match=r"run\.history: has no column unit_flatness_bound; .*image_interventions"):
        explorables.image_interventions(runs.Run(run.config, history, {}, run.provenance))


# --- the second run, from other seeds


@pytest.fixture(scope="module")
def again():
    return experiments.image_interventions.load("laptop-again", live=False)


def test_of_the_second_run_s_glyphs_two_of_three_need_release_and_schedule(again):
    gains = 100 * reading.gains(again, "final")
    assert (gains.loc["digits", ["anti_released", "kept_schedule"]] > 0).all().all()
    glyphs = gains.loc["glyphs"]
    for arm in ("anti_released", "kept_schedule"):
        below = glyphs[arm][glyphs[arm] < 0]
        assert len(below) == 2
        assert below.round(0).between(-5, -2).all()
    assert (glyphs.released_schedule > 0).all()


def test_low_confidence_costs_five_points_on_one_of_the_glyphs_and_on_two_of_the_second_run(run, again):
    assert (reading.losses(run).loc["glyphs"].confidence >= 0.05).sum() == 1
    assert (reading.losses(again).loc["glyphs"].confidence >= 0.05).sum() == 2


def test_what_the_two_runs_say_together():
    rows = entries("image_interventions")
    holds = [name for name, entry in rows.items() if entry.verdict == HOLDS]
    assert sorted(holds) == [
        "images-anti-flatness-costs-accuracy", "images-augmentation-weakens-the-push",
        "images-damage-goes-with-step-size", "images-encouraged-as-accurate",
        "images-encouraged-as-accurate-at-equal-loss", "images-encouraged-as-accurate-at-strengths",
        "images-encouraged-as-accurate-in-the-sweep", "images-flatter-no-better", "images-kappa-falls",
        "images-kappa-recovers-at-strengths", "images-loss-of-confidence-costs-less-than-half",
        "images-low-confidence-costs-little", "images-low-confidence-costs-little-decayed",
        "images-released-recovers",
    ]  # fmt: skip
    fails = [name for name, entry in rows.items() if entry.verdict == FAILS]
    assert sorted(fails) == [
        "images-augmentation-weakens-at-equal-loss", "images-loss-specific-to-flatness",
        "images-recovery-needs-release",
    ]  # fmt: skip
    for name in ("prevented-as-accurate-at-strengths", "norms-cost-little-decayed", "train-loss-costs-less-than-half"):
        assert rows[f"images-{name}"].verdict == OPEN
    assert rows["images-rest-for-kappa"].verdict == OPEN
    assert rows["images-recovery-needs-release"].holds == 1
    for name in ("images-anti-flatness-costs-accuracy", "images-released-recovers"):
        assert rows[f"{name}-in-the-sweep"].verdict == OPEN
    for name in ("images-encouraged-as-accurate", "images-flatter-no-better"):
        assert rows[name].runs[0].said.startswith(OPEN)


# --- MNIST, at three strengths


@pytest.mark.parametrize("preset", ["laptop-mnist", "laptop-mnist-again"])
def test_on_mnist_a_falling_rate_spares_the_network_and_not_its_centers(preset):
    run = IMAGES.load(preset, live=False)
    gain = 100 * reading.graded_gains(run, "release").groupby("strength").median()
    train = reading.by_strength(run, "release_train_acc").groupby("strength").median()
    center = 100 * reading.by_strength(run, "release_ncc_acc_test")
    center = center.sub(center.baseline, axis=0).groupby("strength").median()
    for strength in (0.5, 2.5):
        assert gain.sharp[strength] < -6 < -2 < gain.sharp_decayed[strength]
        assert train.sharp[strength] < 0.95 < 0.99 < train.sharp_decayed[strength]
        assert max(center.sharp[strength], center.sharp_decayed[strength]) < -6
    assert gain.long.min() > gain.sharp.min() / 2
    end = 100 * reading.graded_gains(run, "final").groupby("strength").median()
    assert end.sharp.min() > -0.5
    assert end.encouraged.min() > 0


@pytest.mark.parametrize("preset", ["laptop-augmented", "laptop-augmented-again"])
def test_shifts_weaken_the_push_at_the_same_coefficient_and_not_at_equal_loss(preset):
    rise = reading.raised(IMAGES.load(preset, live=False))
    assert rise.notna().all().all()
    assert (rise.augmented < rise.plain).all()
    assert (rise.at_equal_loss > 1.3 * rise.plain).all()
    assert rise.loss_ratio.between(20, 34).all()


@pytest.mark.parametrize("preset", ["laptop-controls", "laptop-controls-again"])
def test_on_mnist_flooding_costs_accuracy_and_low_confidence_with_a_larger_loss_does_not(preset):
    run = IMAGES.load(preset, live=False)
    gain = 100 * reading.graded_gains(run, "release").groupby("strength").median()
    train = reading.by_strength(run, "release_train_acc").groupby("strength").median()
    loss = reading.by_strength(run, "release_train_loss").groupby("strength").median()
    for rate in ("", reading.DECAYED):
        flooded, unsure = f"flooded{rate}", f"unsure{rate}"
        for strength in (0.5, 2.5):
            assert gain[flooded][strength] < -1.2 < -0.8 < gain[unsure][strength]
            assert train[flooded][strength] < 0.992 < train[unsure][strength]
        assert loss[unsure][2.5] > loss[flooded][2.5]
    end = 100 * reading.graded_gains(run, "final").groupby("strength").median()
    assert end.drop(columns=["long", "long_decayed"]).min(axis=None) > -0.3


# --- tables


def told(values, form=".1f"):
    low, middle, high = (format(each, form) for each in (values.min(), values.median(), values.max()))
    return f"{middle} ({low} to {high})".replace("-0.0", "0.0")


def test_the_arms_of_the_table_are_those_of_the_run_with_their_levels(run):
    table = tables_of.arms(run).set_index("arm")
    assert len(table) == len(run.config["arms"]) == 16
    assert "0.79" in table["until the release"]["flooding"]
    assert (table["after it"] == "the same").sum() == len(reading.UNCHANGED)
    settings = tables_of.settings(run).set_index("setting").value
    assert settings["noisy digits"] == "mlp, 4 seeds"
    assert settings["release after epoch"] == "100"


def test_the_tables_of_the_first_tasks_are_read_from_the_history(run, lost):
    frame = run.to_frame()
    table = tables_of.as_sharp(run).set_index(["images", "arm"])
    then = frame[(frame.task == "glyphs") & (frame.arm == "anti_pinned") & (frame.epoch == 100)]
    assert table["κ"]["glyphs", "anti-flatness, head from the cap"] == f"{then.relative_flatness.median():.0f}"
    assert table["points lost"]["glyphs", "anti-flatness, head from the cap"] == told(lost.loc["glyphs"].anti_pinned)
    table = tables_of.costs(run).set_index("arm")
    assert table["digits: release"]["flooding"] == told(lost.loc["digits"].flooding)
    assert table["glyphs: end"]["flooding"] == ""  # which the glyphs have not
    table = tables_of.over_epochs(run)
    assert table.epoch.tolist() == list(range(0, 161, 20))
    middle = frame[(frame.task == "digits") & (frame.arm == "anti_kept")].groupby("epoch").test_acc.median()
    assert table["test accuracy (%)"].tolist() == [f"{100 * middle[epoch]:.0f}" for epoch in table.epoch]
    assert tables_of.conventions(run).epoch.tolist() == [100, 160]


def test_the_table_of_the_sweep_gets_worse_with_the_task():
    table = tables_of.sweep(IMAGES.load("laptop-sweep", live=False))
    base = table["baseline (%)"].astype(int).tolist()
    lost = [float(each.split()[0]) for each in table.iloc[:, 2]]
    assert sorted(lost[:3]) == lost[:3]
    assert sorted(base[:3], reverse=True) == base[:3]
    assert lost[4] > lost[3]


def test_the_tables_of_strengths_are_medians_over_the_seeds():
    graded = IMAGES.load("laptop-mnist", live=False)
    frame = graded.to_frame()
    end = frame[(frame.task == "mnist@2.5") & (frame.epoch == 45)].pivot(index="seed", columns="arm")
    table = strength_tables.collapse_at_strengths(graded).set_index(["arm", "strength"])
    row = table.loc[("collapse prevented", "2.5")]
    assert row.points == told(100 * (end.test_acc.prevented - end.test_acc.baseline))
    assert row["R"] == f"{end.variance_ratio_train.prevented.median():.2g}"
    then = frame[(frame.task == "mnist@0.5") & (frame.epoch == 25)].pivot(index="seed", columns="arm")
    row = strength_tables.flatness_at_strengths(graded).set_index(["pushed up", "strength"]).loc[("κ", "0.5")]
    assert row["training accuracy (%)"] == f"{100 * then.train_acc.sharp.median():.0f}"
    assert row.points == told(100 * (then.test_acc.sharp - then.test_acc.baseline))


def test_the_tables_of_controls_have_a_row_an_arm_and_rate():
    controlled = IMAGES.load("laptop-controls", live=False)
    frame = controlled.to_frame()
    then = frame[(frame.task == "mnist@2.5") & (frame.epoch == 25)].pivot(index="seed", columns="arm")
    costs = strength_tables.control_costs(controlled).set_index(["held up", "learning rate"])
    assert len(costs) == 8
    gain = 100 * (then.test_acc.flooded_decayed - then.test_acc.baseline_decayed)
    assert costs["strength 2.5"]["training loss", "falling"] == told(gain.round(2))
    measures = strength_tables.control_measures(controlled).set_index(["held up", "learning rate"])
    wrong = 100 * (1 - then.train_acc.sharp.median())
    assert measures["wrong training images (%)"]["κ", "constant"].split(", ")[2] == f"{wrong:.1f}"
    assert measures["κ"]["norms", "falling"].split(", ")[2] == f"{then.relative_flatness.long_decayed.median():.2g}"
    assert strength_tables.encouraged(controlled).strength.tolist() == ["0.1", "0.5", "2.5"]
    raised = strength_tables.augmentation(IMAGES.load("laptop-augmented", live=False))
    assert raised.strength.tolist() == ["0.001", "0.002", "0.004"]
