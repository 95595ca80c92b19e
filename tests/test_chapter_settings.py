"""What "What makes a network collapse" says in words about the recorded run, and the solutions of its exercises."""

import json
import math
import re

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


def test_eleven_of_twelve_trainings_collapse_and_the_twelfth_is_the_mlp_on_glyphs(run, arms):
    assert answers("collapse-across-data-and-networks", run) == (11, 12, 12)  # yes, can answer, all
    main = arms[arms.network.isin(["mlp", "convnet"]) & (arms.loss_name == "ce") & (arms.weight_decay == 5e-3)]
    (broken,) = main[main.fall_train < 10].to_dict("records")
    assert (broken["dataset"], broken["network"]) == ("glyphs", "mlp")


def test_near_epoch_47_that_seed_errs_again_and_the_rate_drops_at_50(run, arms):
    frame = run.to_frame()
    seed = frame[(frame.dataset == "glyphs") & (frame.network == "mlp") & (frame.loss_name == "ce") & (frame.seed == 2)]
    burst = seed[seed.epoch == 47].iloc[0]
    zero = seed[seed.train_error == 0].iloc[0]
    assert burst.train_error == pytest.approx(0.03, abs=0.002)
    assert burst.nc1_train > zero.nc1_train
    assert zero.epoch <= 10
    assert (seed[seed.epoch > 50].train_error == 0).all()
    recipe = experiments.settings.recipe_of(LAPTOP, experiments.settings.arms(LAPTOP)[0], 1000)
    assert recipe.schedule.at[0] == 50 * 10  # ten batches an epoch


def test_nc1_on_test_falls_about_threefold_on_digits_and_less_than_twofold_on_glyphs(arms):
    main = arms[arms.network.isin(["mlp", "convnet"]) & (arms.loss_name == "ce") & (arms.weight_decay == 5e-3)]
    assert main[main.dataset == "digits"].fall_test.between(2.5, 3.5).all()
    assert (main[main.dataset == "glyphs"].fall_test < 2).all()
    medians = main.groupby(["dataset", "network"])[["fall_train", "test_error_end"]].median()
    assert medians.fall_train["glyphs", "convnet"] > medians.fall_train["digits", "convnet"]
    assert all(
        medians.test_error_end["glyphs", each] > medians.test_error_end["digits", each] for each in ("mlp", "convnet")
    )


def test_twenty_three_of_twenty_four_and_a_narrow_miss(run, by_loss):
    others = by_loss[by_loss.loss_name != "ce"]
    assert ((others.fall_train >= 10).sum(), len(others)) == (23, 24)
    assert answers("all-losses-collapse", run) == (19, 24, 24)
    assert round(others.fall_train.min(), 1) == 9.5


def test_seven_of_24_have_the_same_features(run):
    assert answers("all-losses-same-features", run) == (7, 24, 24)


def test_the_rescaled_squared_error_goes_furthest(by_loss):
    ends = by_loss.groupby(["dataset", "loss_name"])[["nc1_train_end", "nc3_train_end"]].median()
    for dataset in ("digits", "glyphs"):
        ce, rescaled = ends.loc[dataset, "ce"], ends.loc[dataset, "mse_rescaled"]
        assert ce.nc1_train_end / rescaled.nc1_train_end > 5
        assert rescaled.nc3_train_end / ce.nc3_train_end > 4


def test_test_errors_are_within_a_point_in_22_of_24_and_an_image_is_013_points(run):
    assert answers("all-losses-same-test-error", run) == (22, 24, 24)
    assert round(100 / 797, 2) == 0.13


def test_the_part_outside_accounts_for_three_quarters_of_nc3(by_loss):
    ends = by_loss.groupby(["dataset", "loss_name"])[["outside_span_end", "nc3_train_end"]].median()
    predicted = 2 - 2 * (1 - ends.outside_span_end) ** 0.5
    assert (predicted / ends.nc3_train_end).between(0.75, 1).all()
    share = ends.outside_span_end.unstack()
    assert share.mse.between(0.09, 0.13).all()
    assert share.mse_rescaled.between(0.17, 0.22).all()
    assert (share.ce <= 0.05).all()


def test_without_weight_decay_ten_times_higher_and_still_falling_less_than_twofold(run, arms):
    needed, drift = claim("weight-decay-makes-collapse", run), claim("drift-without-weight-decay", run)
    assert min(needed.values) > 10
    assert drift.holds == (True,) * 3
    without = arms[(arms.network == "mlp") & (arms.weight_decay == 0)]
    assert (without.fall_train < 2).all()


def test_without_batch_norm_zero_error_is_reached_and_nothing_collapses(run, arms):
    plain = arms[arms.network == "mlp_no_bn"]
    assert (plain.zero_error_epoch < readings.moments.NEVER).all()
    assert (plain.fall_train < 10).all()
    assert answers("collapse-without-batch-norm", run) == (0, 0, 9)
    assert (plain.zero_error_epoch >= 22).all()
    assert (plain[plain.weight_decay == 5e-3].zero_error_epoch >= 47).all()
    assert (plain[plain.weight_decay == 5e-3].fall_train < 1).all()


def test_the_claim_on_test_collapse_is_asked_of_the_eleven_trainings_that_collapse(run):
    assert answers("no-test-collapse-across-data", run) == (11, 11, 12)
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
