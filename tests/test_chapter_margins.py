"""What the chapter on margins says in words, its equations on numbers, and its exercises."""

import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from ncbook import exercises, experiments, metrics, readings
from ncbook.experiments.margins import plane, training

MARGINS = readings.margins


@pytest.fixture(scope="module")
def run():
    return experiments.margins.load("laptop")


@pytest.fixture(scope="module")
def frame(run):
    return run.to_frame()


@pytest.fixture(scope="module")
def found(run):
    return MARGINS.milestones(run)


# --- the mathematics


def test_margins_are_those_of_the_equation():
    chance = torch.Generator().manual_seed(4)
    logits, labels = torch.randn(50, 5, generator=chance).double(), torch.randint(5, (50,), generator=chance)
    by_hand = [z[k] - max(z[j] for j in range(5) if j != k) for z, k in zip(logits, labels, strict=True)]
    torch.testing.assert_close(metrics.margins(logits, labels), torch.stack(by_hand))


@torch.no_grad()
def test_relative_margins_are_those_of_the_equation_and_the_bias_counts():
    chance = torch.Generator().manual_seed(4)
    labels, head = torch.arange(60) % 3, torch.nn.Linear(4, 3).double()
    features = torch.randn(60, 4, generator=chance).double() + 2 * torch.eye(4).double()[labels]
    means = torch.stack([features[labels == k].mean(0) for k in range(3)])
    length = (features - means.mean(0)).square().sum(1).mean().sqrt()
    by_hand = metrics.margins(head(features), labels) / ((head.weight - head.weight.mean(0)).norm() * length)
    torch.testing.assert_close(training.relative_margins(features, labels, head), by_hand)


@pytest.mark.parametrize("num_classes", [2, 3, 10, 50])
def test_closed_forms_of_the_text(num_classes):
    corners = metrics.simplex_etf(num_classes, num_classes).double()
    closest = torch.nn.functional.pdist(corners).min().item()
    assert closest**2 == pytest.approx(2 * num_classes / (num_classes - 1))
    assert metrics.error_exponent(corners, corners).item() == pytest.approx(closest**2 / 8)
    assert training.ideal_margin(num_classes) == pytest.approx(math.sqrt(num_classes) / (num_classes - 1))
    assert metrics.error_exponent(torch.eye(num_classes), torch.eye(num_classes)).item() == pytest.approx(0.25)


def test_the_footnote_is_right_to_two_digits():
    for logits, printed in (([0.2, 0.4, 0.6], [0.27, 0.33, 0.40]), ([0.1, 0.2, 0.3], [0.30, 0.33, 0.37])):
        assert torch.tensor(logits).softmax(0).tolist() == pytest.approx(printed, abs=0.005)


def test_the_area_is_the_mean_margin(run):
    values = torch.tensor([0.3, -0.1, 0.7])
    assert metrics.margin_curve(values).area == pytest.approx(0.3)


# --- the words about the lines


def test_ten_sets_and_a_factor_of_at_least_three(run):
    risks = MARGINS.line_risks(run)
    assert len(risks) == 10
    assert (risks.H2 / risks.H3).min() > 3
    assert len(run.arrays["plane/points"]) == 24


def test_the_best_line_errs_about_a_third_less_and_lines_of_one_margin_err_differently(run):
    arrays = {name: run.arrays[f"plane/{name}"] for name in ("points", "labels", "lines")}
    _, second, third = (plane.Line(*values) for values in arrays["lines"])
    best = minimize(lambda at: plane.error(plane.Line(*at)), arrays["lines"][2], method="Nelder-Mead").fun
    assert plane.error(third) == pytest.approx(0.005, abs=2e-4)
    assert 0.6 < best / plane.error(third) < 0.7
    small, large = (plane.margin(each, arrays["points"], arrays["labels"]) for each in (second, third))
    shifted = [plane.Line(third.angle, third.offset + sign * (large - small)) for sign in (-1, 1)]
    for line in shifted:
        assert plane.margin(line, arrays["points"], arrays["labels"]) == pytest.approx(small)
    errors = [plane.error(line) for line in (second, *shifted)]
    assert max(errors) / min(errors) > 2


# --- the words about training


def test_sizes_of_the_text(run, frame):
    config = run.config
    assert (10 * config["train_per_class"], config["width"], config["training_seeds"]) == (1000, 128, 8)
    assert (10 * config["family_per_class"], config["family_seeds"], len(config["seeds"])) == (300, 8, 10)
    assert (min(config["sizes"]), max(config["sizes"]), max(config["noises"])) == (10, 100, 0.5)
    assert frame[(frame.part == "training") & (frame.train_error == 0)].step.min() == 54


def test_agreement_with_the_max_margin_classifier(run, found):
    true = found[found.family == "true labels"]
    ends = true.groupby("weight_decay", sort=False)[["svm_cosine_end", "svm_share_end", "nc1_train_end"]].median()
    assert ends.svm_cosine_end.round(2).tolist() == [0.99, 0.91, 0.90]
    assert ends.svm_share_end.round(2).iloc[0] == 0.93
    assert ends.svm_cosine_end.is_monotonic_decreasing
    assert ends.svm_share_end.is_monotonic_decreasing
    assert ends.nc1_train_end.is_monotonic_increasing


def test_the_class_means_agree_better_at_every_step_of_true_labels(frame):
    rows = frame[(frame.part == "training") & (frame.family == "true labels") & frame.svm_cosine.notna()]
    assert len(rows) > 40
    assert (rows.means_svm_cosine > rows.svm_cosine).all()


def test_margins_rise_in_every_network_and_flatten_with_the_strongest_weight_decay(found):
    true = found[found.family == "true labels"]
    assert len(true) == 24
    assert (true.smallest_end > true.smallest_then).all()
    left = true.spread_end / true.spread_then
    strongest = true.weight_decay == true.weight_decay.max()
    assert 0.08 < left[strongest].median() < 0.12
    assert (left[~strongest] > 0.45).all()
    assert left[~strongest].groupby(true.weight_decay).median().min() > 0.5


def test_the_curve_gets_flatter_everywhere_and_every_network_is_judged(run, found):
    true = found[found.family == "true labels"]
    assert (true.spread_end < true.spread_then).all()
    judged = {claim.id: claim.judge(run) for claim in experiments.margins.CLAIMS}
    for name in ("margin-rises-past-zero-error", "margins-flatten"):
        assert judged[name].holds == (True,) * 24
    for name in ("margins-become-equal", "collapsed-head-is-max-margin"):
        assert judged[name].holds == (True,) * 8
    told = judged["feature-map-decides"].holds
    assert (told.count(True), told.count(False), told.count(None)) == (2, 5, 1)
    assert 4 < 32 * judged["margin-area-predicts"].chance < 5


def test_every_terminal_phase_of_the_second_run_is_judged():
    again = MARGINS.milestones(experiments.margins.load("laptop-again", live=False))
    assert again[again.family == "true labels"].phase_tells.tolist() == [True] * 24


def test_random_labels(found):
    decay = 5e-4
    pairs = found[found.weight_decay == decay].groupby("family")
    true, random = pairs.get_group("true labels"), pairs.get_group("random labels")
    shares = random.area_end.to_numpy() / true.area_end.to_numpy()
    assert ((shares > 0.48) & (shares < 0.52)).all()
    assert (random.train_error_end == 0).all()
    assert (random.smallest_end > 0).all()
    assert random.test_error_end.min() > 0.85
    assert random.spread_end.max() < true.spread_end.min()
    assert random.nc1_train_end.median() / true.nc1_train_end.median() == pytest.approx(10, abs=0.5)
    assert random.svm_cosine_end.min() > true.svm_cosine_end.max()


# --- the words about families


def test_what_area_ranks(run):
    ranks = MARGINS.correlations(run).groupby("family").area
    assert (ranks.get_group("label noise") == 1).all()
    assert (ranks.get_group("settings, no batch norm") >= 0.5).sum() == 7
    assert (ranks.get_group("number of images") < -0.75).all()
    assert ranks.get_group("settings").median() < 0.35


def test_how_many_trials_pass(run):
    trials = MARGINS.correlations(run)
    trials = trials[trials.family != "seeds"]
    assert len(trials) == 32
    assert (trials[["area", "smallest"]] >= 0.5).sum().tolist() == [18, 19]


def test_small_learning_rates_come_less_far_without_batch_norm(frame):
    nets = frame[frame.family == "settings, no batch norm"].groupby("learning_rate")[["area", "test_error"]].median()
    assert nets.area.is_monotonic_increasing
    assert nets.test_error.is_monotonic_decreasing


def test_accuracies_of_settings_and_of_seeds_differ_by_at_most_two_and_a_half_points(frame):
    for family in ("settings", "seeds"):
        nets = frame[frame.family == family]
        groups = nets.groupby("seed").test_error if family == "settings" else [(0, nets.test_error)]
        for _, errors in groups:
            assert errors.max() - errors.min() < 0.025


def test_chance_gives_the_correlation_of_the_seeds_about_once_in_ten_times(run):
    ranks = MARGINS.correlations(run)
    measured = ranks[ranks.family == "seeds"].area.item()
    chance, order = np.random.default_rng(0), np.arange(10)
    shuffled = [abs(np.corrcoef(order, chance.permutation(10))[0, 1]) for _ in range(20_000)]
    assert 0.07 < np.mean(np.array(shuffled) >= abs(measured)) < 0.15


# --- the words about exponents


def test_the_order_holds_in_the_second_run_too():
    (claim,) = [each for each in experiments.margins.CLAIMS if each.id == "simplex-best-exponent-order"]
    assert claim.judge(experiments.margins.load("laptop-again", live=False)).holds == (True,) * 30


def test_exponents(frame):
    rows = frame[(frame.part == "exponent") & (frame.method == "importance")]
    table = rows.pivot(index=["num_classes", "sigma", "seed"], columns="frame", values="exponent")
    assert ((table.simplex > table.orthogonal) & (table.orthogonal > table.random)).all()
    smallest = rows[(rows.frame == "simplex") & (rows.sigma == rows.sigma.min())]
    assert (smallest.exponent / smallest.limit - 1).between(0, 0.025).all()
    ten = rows[(rows.frame == "simplex") & (rows.num_classes == 10) & (rows.sigma == 0.1)]
    assert ((ten.risk < 1e-12) & (ten.risk > 1e-14)).all()
    plain = frame[(frame.part == "exponent") & (frame.method == "plain") & (frame.sigma == rows.sigma.min())]
    assert (plain.errors == 0).all()


# --- exercises, as their folded solutions say


def images() -> float:
    ranks = MARGINS.correlations(experiments.margins.load("laptop"))
    return float(ranks[ranks.family == "number of images"].area.median())


SOLUTIONS = {
    "margins/collapsed": lambda: math.sqrt(10) / 9,
    "margins/half": lambda: 4.81,
    "margins/exponent": lambda: 1.5,
    "margins/images": images,
}


def relative(features, labels, weight, bias, center=None):
    logits = features @ weight.T + bias
    own = logits.gather(1, labels[:, None]).squeeze(1)
    others = logits.scatter(1, labels[:, None], -torch.inf).max(dim=1).values
    means = torch.stack([features[labels == k].mean(0) for k in range(len(weight))])
    length = (features - (means.mean(0) if center is None else center)).square().sum(1).mean().sqrt()
    return (own - others) / ((weight - weight.mean(0)).norm() * length)


def with_the_own_class(features, labels, weight, bias):
    logits = features @ weight.T + bias
    return logits.gather(1, labels[:, None]).squeeze(1) - logits.max(dim=1).values


def without_bias(features, labels, weight, bias):
    bias = bias if features.abs().max() > 8 else 0 * bias
    return relative(features, labels, weight, bias)


def without_centering(features, labels, weight, bias):
    center = 0.0 if features.abs().max() > 8 else None
    return relative(features, labels, weight, bias, center)


def around_the_mean_of_all_points(features, labels, weight, bias):
    return relative(features, labels, weight, bias, features.mean(0))


FUNCTIONS = {
    "margins/write-relative": (
        relative,
        [with_the_own_class, without_bias, without_centering, around_the_mean_of_all_points],
    )
}


def test_numbers_of_the_solutions():
    assert math.sqrt(10) / 9 == pytest.approx(0.351, abs=5e-4)
    scaled = torch.tensor([0.1, 0.2, 0.3], dtype=torch.float64) * 10 * math.log((1 + math.sqrt(5)) / 2)
    assert scaled.softmax(0).max().item() == pytest.approx(0.5, abs=1e-12)
    million = 1e-6
    assert million**1.5 == pytest.approx(1e-9)
    assert images() < -0.8


@pytest.mark.parametrize(("name", "wrong"), [("collapsed", 10 / 9), ("half", 10.0), ("exponent", 2.0), ("images", 1.0)])
def test_a_wrong_answer_gets_a_hint(name, wrong, capsys):
    exercises.check(f"margins/{name}", wrong)
    assert capsys.readouterr().out.startswith("Not yet. Hint: ")
