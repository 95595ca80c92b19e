"""What "What makes a network collapse" says in words about the recorded run, and the solutions of its exercises."""

import json
import math
import re

import numpy as np
import pytest
import torch

from ncbook import experiments, explorables, readings, runs, trainers

LAPTOP = experiments.settings.Config.preset("laptop")


@pytest.fixture(scope="module")
def run():
    return experiments.settings.load("laptop", live=False)


@pytest.fixture(scope="module")
def arms(run):
    return readings.settings.outcomes(run)


@pytest.fixture(scope="module")
def by_loss(arms):
    return arms[(arms.network == "mlp") & (arms.weight_decay == 5e-3)]


def claim(name: str, run):
    (found,) = [each for each in experiments.settings.CLAIMS if each.id == name]
    return found.judge(run)


def answers(name: str, run) -> tuple[int, int, int]:
    """How many trials say yes, can answer, and there are."""
    evidence = claim(name, run)
    return evidence.holds.count(True), evidence.valid, len(evidence.holds)


@pytest.fixture(scope="module")
def again():
    return experiments.settings.load("laptop-again", live=False)


def networks_of(arms):
    return arms[arms.network.isin(["mlp", "convnet"]) & (arms.loss_name == "ce") & (arms.weight_decay == 5e-3)]


def test_all_trainings_collapse_and_approach_a_simplex(run):
    for name in ("collapse-across-data-and-networks", "simplex-across-data-and-networks"):
        assert answers(name, run) == (16, 16, 16)  # yes, can answer, all


def test_in_the_second_run_one_mlp_on_glyphs_errs_again_at_epoch_112_and_is_not_judged(again):
    assert answers("collapse-across-data-and-networks", again) == (15, 15, 16)
    assert answers("simplex-across-data-and-networks", again) == (15, 15, 16)
    main = networks_of(readings.settings.outcomes(again))
    (late,) = main[~main.phase_tells].to_dict("records")
    frame = again.to_frame()
    base = frame[(frame.dataset == "glyphs") & (frame.network == "mlp") & (frame.loss_name == "ce")]
    rows = base[base.seed == late["seed"]].set_index("epoch")
    assert rows.train_error[112] == pytest.approx(0.005)
    assert (rows.train_error[(rows.index >= 6) & (rows.index != 112)] == 0).all()
    assert rows.nc1_train[112] / rows.nc1_train[83] == pytest.approx(4, abs=0.1)
    assert rows.nc1_train.idxmin() == rows.index[-1] == 150


def test_the_rate_is_constant_for_90_epochs():
    recipe = experiments.settings.recipe_of(LAPTOP, experiments.settings.arms(LAPTOP)[0], 1000)
    assert [recipe.schedule(step) for step in (0, 899, 1500)] == pytest.approx([1, 1, 0], abs=1e-9)  # ten an epoch


def test_nc1_on_test_falls_about_threefold_on_digits_and_less_than_twofold_on_glyphs(arms):
    main = networks_of(arms)
    assert main[main.dataset == "digits"].fall_test.between(2.4, 3.5).all()
    assert (main[main.dataset == "glyphs"].fall_test < 2).all()
    medians = main.groupby(["dataset", "network"])[["fall_train", "test_error_end"]].median()
    for network in ("mlp", "convnet"):
        assert medians.fall_train["glyphs", network] > medians.fall_train["digits", network]
        assert medians.test_error_end["glyphs", network] > medians.test_error_end["digits", network]


def test_thirty_one_of_thirty_two_and_a_narrow_miss(run, by_loss):
    others = by_loss[by_loss.loss_name != "ce"]
    assert ((others.fall_train >= 10).sum(), len(others)) == (31, 32)
    assert answers("all-losses-collapse", run) == (31, 32, 32)
    assert round(others.fall_train.min(), 1) == 9.5


def test_the_features_are_those_of_cross_entropy_under_label_smoothing_alone(run):
    assert answers("all-losses-same-features", run) == (8, 32, 32)
    holds = dict.fromkeys(LAPTOP.losses[1:], 0)
    pairs = experiments.settings.claims._beside_the_first_loss(run)
    for loss, answer in zip(pairs.loss_name, claim("all-losses-same-features", run).holds, strict=True):
        holds[loss] += answer
    assert holds == {"smoothed": 8, "focal": 0, "mse": 0, "mse_rescaled": 0}


def test_the_rescaled_squared_error_goes_furthest(by_loss):
    ends = by_loss.groupby(["dataset", "loss_name"])[["nc1_train_end", "nc3_train_end"]].median()
    for dataset in ("digits", "glyphs"):
        ce, rescaled = ends.loc[dataset, "ce"], ends.loc[dataset, "mse_rescaled"]
        assert ce.nc1_train_end / rescaled.nc1_train_end > 2
        assert rescaled.nc3_train_end / ce.nc3_train_end > 4


def test_test_errors_are_within_a_point_in_22_of_32_and_an_image_is_013_points(run):
    assert answers("all-losses-same-test-error", run) == (22, 32, 32)
    assert round(100 / 797, 2) == 0.13


def test_no_guide_on_the_glyphs_cross_entropy_is_second_in_nc1_and_last_in_test_error(by_loss):
    glyphs = by_loss[by_loss.dataset == "glyphs"].groupby("loss_name")[["nc1_train_end", "test_error_end"]].median()
    assert list(glyphs.nc1_train_end.sort_values().index[:2]) == ["mse_rescaled", "ce"]
    assert glyphs.test_error_end.idxmax() == "ce"


def test_the_part_outside_accounts_for_four_fifths_of_nc3(by_loss):
    ends = by_loss.groupby(["dataset", "loss_name"])[["outside_span_end", "nc3_train_end"]].median()
    predicted = 2 - 2 * (1 - ends.outside_span_end) ** 0.5
    assert (predicted / ends.nc3_train_end).between(0.8, 1).all()
    share = ends.outside_span_end.unstack()
    assert share[["mse", "mse_rescaled"]].stack().between(0.16, 0.24).all()
    assert (share[["ce", "smoothed", "focal"]].stack() <= 1 / 12).all()


def test_without_weight_decay_ten_times_higher_and_still_falling_less_than_threefold(run, again):
    for each in (run, again):
        needed, drift = claim("weight-decay-makes-collapse", each), claim("drift-without-weight-decay", each)
        assert min(needed.values) > 10
        assert drift.holds == (True,) * 4
        arms = readings.settings.outcomes(each)
        assert (arms[(arms.network == "mlp") & (arms.weight_decay == 0)].fall_train < 3).all()


def test_without_batch_norm_zero_error_is_reached_and_nothing_collapses(run, arms, again):
    plain = arms[arms.network == "mlp_no_bn"]
    assert (plain.zero_error_epoch < readings.moments.NEVER).all()
    largest = plain[plain.weight_decay == 5e-3]
    assert (plain[plain.weight_decay < 5e-3].fall_train < 2).all()
    assert (largest.fall_train < 1).all()
    assert answers("collapse-without-batch-norm", run) == (0, 3, 12)
    assert answers("collapse-without-batch-norm", again) == (0, 4, 12)
    (late,) = largest[~largest.phase_at_full_rate].phase_start
    assert late == 46  # the last error at the probe before, epoch 34


def test_weight_decay_lowers_the_test_error_in_six_of_eight_and_eight_of_eight(run, again):
    assert answers("weight-decay-regularizes", run) == (6, 8, 8)
    assert answers("weight-decay-regularizes", again) == (8, 8, 8)


def test_the_test_set_is_asked_to_follow_where_the_training_set_has_collapsed(run):
    assert answers("no-test-collapse-across-data", run) == (16, 16, 16)
    assert max(value for value in claim("no-test-collapse-across-data", run).values if value == value) < 0.5


# --- exercises


def _focal_ratio() -> float:
    """By automatic differentiation, for three classes and a point of probability 0.9."""
    gradients = []
    for loss in (trainers.CrossEntropy(), trainers.Focal(gamma=3)):
        logits = torch.tensor([[math.log(0.9), math.log(0.05), math.log(0.05)]], requires_grad=True)
        nothing = torch.zeros(1, 1)
        loss(trainers.Outputs(nothing, logits, torch.tensor([0]), nothing)).backward()
        gradients.append(logits.grad[0, 0].item())
    return gradients[0] / gradients[1]


def _smoothing_gap() -> float:
    """The gap at which the loss of a grid is smallest."""
    gaps = torch.linspace(4, 7, 3001)
    logits = torch.zeros(len(gaps), 10)
    logits[:, 0] = gaps
    smoothed = torch.nn.functional.cross_entropy(
        logits, torch.zeros(len(gaps), dtype=torch.long), label_smoothing=0.05, reduction="none"
    )
    return gaps[smoothed.argmin()].item()


def _decay_ratio() -> float:  # as in the chapter's solution
    arms = readings.settings.outcomes(experiments.settings.load("laptop", live=False))
    mlp = arms[(arms.dataset == "digits") & (arms.network == "mlp") & (arms.loss_name == "ce")]
    ends = mlp.groupby("weight_decay").nc1_train_end.median()
    return ends[0.0] / ends[0.005]


SOLUTIONS = {
    "settings/smoothing": _smoothing_gap,
    "settings/focal": _focal_ratio,
    "settings/off-means": lambda: 0.4,
    "settings/decay": _decay_ratio,
}


def _outside(weight, means):  # as in the chapter's solution
    centered = means - means.mean(dim=0)
    inside = weight @ torch.linalg.pinv(centered) @ centered
    return (weight - inside).square().sum() / weight.square().sum()


def _inside(weight, means):
    return 1 - _outside(weight, means)


def _outside_all_means(weight, means):
    inside = weight @ torch.linalg.pinv(means) @ means
    return (weight - inside).square().sum() / weight.square().sum()


def _mean_over_rows(weight, means):
    return torch.stack([_outside(row[None], means) for row in weight]).mean()


FUNCTIONS = {"settings/write-outside": (_outside, [_inside, _outside_all_means, _mean_over_rows])}


# --- tables


def test_the_table_of_conditions_has_a_row_a_change_with_its_learning_rate(run):
    rows = [tuple(row) for row in readings.settings.conditions(run).itertuples(index=False)]
    losses = ("label smoothing", "focal", "squared error", "squared error, rescaled")
    rates = (0.02, 0.02, 0.02, 0.01)
    assert rows == [
        ("images", "digits", "glyphs", 0.02),
        ("network", "multilayer perceptron", "convolutional network", 0.02),
        ("network", "multilayer perceptron", "perceptron without batch norm", 0.2),
        *[("loss", "cross-entropy", loss, rate) for loss, rate in zip(losses, rates, strict=True)],
        ("weight decay", "0.005", "0.0005", 0.02),
        ("weight decay", "0.005", "0", 0.02),
    ]


def test_groups_are_called_as_readers_call_them_in_the_order_of_the_run(run, arms):
    groups = readings.names.grouped(arms[arms.loss_name == "ce"], "network", "weight_decay")
    assert groups.obj.columns.isin(["network", "weight decay"]).sum() == 2
    assert groups.ngroups == 7
    assert next(iter(groups.groups)) == ("MLP", "0.005")


def test_what_is_left_of_a_measure(arms):
    shares = readings.settings.left(arms, "nc1_train").nc1_train
    assert shares.to_numpy() == pytest.approx((1 / arms.fall_train).to_numpy(), nan_ok=True)


# --- the explorable


def page_data(fragment: str) -> dict:
    return json.loads(re.search(r'class="nc-data">(.*?)</script>', fragment, re.S).group(1))


def test_the_explorable_shows_the_numbers_of_the_run(run, arms):
    data = page_data(explorables.settings(run)._repr_html_())
    labels = [arm["label"] for arm in data["arms"]]
    assert len(set(labels)) == len(labels) == len(experiments.settings.arms(LAPTOP)) // len(LAPTOP.seeds)
    first = data["arms"][0]
    ends = arms[
        (arms.dataset == "digits") & (arms.network == "mlp") & (arms.loss_name == "ce") & (arms.weight_decay == 5e-3)
    ]
    assert first["label"] == "digits, multilayer perceptron, cross-entropy, weight decay 0.005"
    assert [seed[-1] for seed in first["curves"]["nc1"]["train"]["seeds"]] == pytest.approx(ends.nc1_train_end, 1e-3)
    assert first["curves"]["error"]["test"]["median"][-1] == pytest.approx(ends.test_error_end.median(), 1e-3)
    assert first["zero"] == sorted(ends.zero_error_epoch)
    assert data["epochs"][-1] == LAPTOP.epochs


def test_the_explorable_asks_for_nothing_from_outside_and_is_small(run):
    fragment = explorables.settings(run)._repr_html_()
    assert "http" not in fragment.replace("http://www.w3.org", "")
    assert len(fragment) < 200_000


def test_the_explorable_says_what_is_missing(run):
    history = {name: column for name, column in run.history.items() if name != "nc3_test"}
    with pytest.raises(ValueError, match=r"run\.history: has no column nc3_test"):
        explorables.settings(runs.Run(run.config, history, {}, run.provenance))


def test_the_explorable_says_where_nc1_is_not_defined(run):
    last = (run.history["network"] == "mlp_no_bn") & (run.history["epoch"] == LAPTOP.epochs)
    history = run.history | {"nc1_train": np.where(last, np.nan, run.history["nc1_train"])}
    words = repr(explorables.settings(runs.Run(run.config, history, {}, run.provenance)))
    assert words.count("NC1 on train is not defined at the end") == len(LAPTOP.weight_decays)
