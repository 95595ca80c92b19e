"""What "The terminal phase of training" says in words about its recorded runs, and its exercises."""

import numpy as np
import pytest
import torch

from ncbook import data, experiments, explorables, readings, runs
from ncbook.experiments import double_descent, memorization


@pytest.fixture(scope="module")
def arms():
    return readings.memorization.interpolations(memorization.load("laptop"))


@pytest.fixture(scope="module")
def descent():
    return double_descent.load("laptop")


def median(arms, column, **chosen):
    for name, value in chosen.items():
        arms = arms[arms[name] == value]
    assert len(arms)
    return arms[column].median()


def test_random_labels_take_several_times_as_many_epochs(arms):
    for dataset, network in (("digits", "mlp"), ("glyphs", "mlp"), ("digits", "mlp_no_bn")):
        epochs = [
            median(arms, "zero_error_epoch", dataset=dataset, network=network, label_noise=noise)
            for noise in (0.0, 1.0)
        ]
        assert 2.5 <= epochs[1] / epochs[0] <= 9


def test_true_labels_give_about_one_percent_and_random_ones_chance(arms):
    chosen = {"dataset": "digits", "network": "mlp"}
    assert 0.008 <= median(arms, "test_error_end", label_noise=0.0, **chosen) <= 0.014
    assert arms[arms.label_noise == 1].test_error_end.between(0.87, 0.93).all()


def test_two_perceptrons_reach_zero_and_err_once_or_twice_at_the_end(arms):
    erring = arms[(arms.label_noise == 1) & (arms.train_error_end > 0)]
    assert erring[["dataset", "network"]].to_numpy().tolist() == [["digits", "mlp"]] * 2
    assert (erring.zero_error_epoch < 60).all()
    assert set((1000 * erring.train_error_end).round()) == {1, 2}


def test_past_zero_error_with_true_labels_every_seed_gains_and_digits_gain_about_a_point(arms):
    true = arms[(arms.label_noise == 0) & (arms.network == "mlp")]
    assert (true.test_error_end < true.test_error_then).all()
    digits = true[true.dataset == "digits"]
    assert 0.5 <= 100 * (digits.test_error_then - digits.test_error_end).median() <= 1.5


def test_on_noisy_digits_the_lowest_error_comes_early_and_more_than_doubles(arms):
    noisy = arms[(arms.dataset == "digits") & (arms.label_noise == 0.2)]
    assert (noisy.best_epoch <= 7).all()
    assert (noisy.test_error_then > 2 * noisy.test_error_best).all()
    lost, regained = (noisy.test_error_then - noisy.test_error_best, noisy.test_error_then - noisy.test_error_end)
    assert regained.median() < lost.median() / 3


def test_one_glyph_network_misses_its_lowest_error_by_little_more_than_a_point(arms):
    true = arms[(arms.label_noise == 0) & (arms.network == "mlp")]
    missed = true[true.test_error_end > true.test_error_best + 0.01]
    assert missed.dataset.tolist() == ["glyphs"]
    assert (missed.test_error_end - missed.test_error_best).item() < 0.015


def test_the_second_descent_wins_with_true_labels_and_with_noise_for_few_points_only(descent):
    sizes = readings.double_descent.model_wise(descent)
    wins = sizes["last"] < sizes["first"]
    assert wins[sizes.label_noise == 0].all()
    assert wins[(sizes.label_noise > 0) & (sizes.points == sizes.points.min())].all()
    assert not wins[(sizes.label_noise > 0) & (sizes.points == sizes.points.max())].any()


def test_the_best_ridge_has_less_than_half_the_error_of_the_exact_fit(descent):
    exact, ridge = (readings.double_descent.model_wise(descent, value) for value in (0.0, None))
    chosen = (exact.label_noise > 0) & (exact.points == exact.points.max())
    assert (ridge[chosen]["last"] < exact[chosen]["last"] / 2).all()


def test_a_fixed_ridge_removes_the_peak(descent):
    half, same = (descent.config["factors"].index(factor) for factor in (0.5, 1.0))
    for ridge, peaks in ((0, True), (2, False)):
        errors = descent.arrays["test_error"][-1, :, :, ridge]  # [seeds, noises, factors], for the largest n
        assert ((errors[..., same] > errors[..., half]) == peaks).all()


def test_the_training_error_vanishes_before_the_squared_error(descent):
    early = descent.config["factors"].index(0.7)
    assert (descent.arrays["train_error"][:, :, 0, 0, early] == 0).all()
    assert (descent.arrays["residual"][:, :, 0, 0, early] > 1e-3).all()


def test_what_happens_over_time_depends_on_the_optimizer(descent):
    times = readings.double_descent.descents(descent)
    sgd, adamw = (times[times.optimizer == name] for name in ("sgd", "adamw"))
    assert (len(sgd), len(adamw), sgd.bump.sum(), adamw.bump.sum()) == (32, 32, 28, 0)
    bumps = sgd[sgd.bump]
    assert (bumps.peak_epoch < bumps.zero_error_epoch).sum() == 27
    assert (times.peak - times["first"] >= 0.01).sum() >= 60
    full = times[times.full]
    glyphs = [["glyphs", "sgd", 0.2]] * 4 + [["glyphs", "sgd", 0.4]]
    assert full[["dataset", "optimizer", "label_noise"]].to_numpy().tolist() == glyphs


def test_on_digits_the_first_minimum_is_far_below_the_end(descent):
    times = readings.double_descent.descents(descent)
    digits = times[times.dataset == "digits"]
    assert (digits.end - digits["first"] >= 0.04).all()


def answers(module, name: str) -> tuple[int, int, int]:
    """How many trials say yes, can answer, and there are."""
    (claim,) = [each for each in module.CLAIMS if each.id == name]
    evidence = claim.judge(module.load("laptop"))
    return evidence.holds.count(True), evidence.valid, len(evidence.holds)


CAME_OUT = {
    memorization: [
        ("interpolating-networks-generalize", (7, 8, 8)),
        ("random-labels-are-fitted", (12, 12, 12)),
        ("past-zero-error-true-labels", (7, 7, 8)),
        ("past-zero-error-noisy-labels", (12, 12, 16)),
        ("early-stopping-regularizes", (10, 14, 16)),
        ("dropout-regularizes", (0, 0, 0)),
        ("augmentation-regularizes", (0, 0, 0)),
    ],
    double_descent: [
        ("double-descent-peak", (30, 30, 30)),
        ("second-descent-true-labels", (15, 15, 15)),
        ("second-descent-noisy-labels", (8, 15, 15)),
        ("test-error-rises-then-falls", (17, 38, 64)),
        ("second-descent-over-time-wins", (5, 17, 64)),
    ],
}


@pytest.mark.parametrize(("module", "row"), [(module, row) for module, rows in CAME_OUT.items() for row in rows])
def test_what_came_out(module, row):
    name, counts = row
    assert answers(module, name) == counts


def height() -> float:  # as in the chapter's solution
    sizes = readings.double_descent.model_wise(double_descent.load("laptop"))
    chosen = sizes[(sizes.points == sizes.points.max()) & (sizes.label_noise == 0)]
    return chosen["peak"].median() / chosen["last"].median()


SOLUTIONS = {
    "memorization/bayes": lambda: 0.27,
    "memorization/noisy-test": lambda: 0.284,
    "memorization/copies": lambda: 300,
    "memorization/peak-height": height,
}


def _fit(phi, targets, ridge):  # as in the chapter's solution
    if ridge == 0:
        return torch.linalg.pinv(phi) @ targets
    points, count = phi.shape
    penalty = points * ridge * torch.eye(count, dtype=phi.dtype)
    return torch.linalg.solve(phi.T @ phi + penalty, phi.T @ targets)


def _one_step(phi, targets, ridge):
    return phi.T @ targets


def _first_features(phi, targets, ridge):
    """Exact, where that is possible, but with as many features as there are points."""
    few = _fit(phi[:, : len(phi)], targets, ridge)
    return torch.cat([few, few.new_zeros(phi.shape[1] - len(few), few.shape[1])])


def _ridge_of_the_sum(phi, targets, ridge):
    return _fit(phi, targets, ridge / len(phi))


FUNCTIONS = {"memorization/write-fit": (_fit, [_one_step, _first_features, _ridge_of_the_sum])}


def test_the_noise_exercises_by_simulation():
    chance = np.random.default_rng(0)
    count, classes, noise = 400_000, 10, 0.3
    true = chance.integers(classes, size=count)
    label = np.where(chance.random(count) < noise, chance.integers(classes, size=count), true)
    assert np.mean(label != true) == pytest.approx(0.27, abs=0.004)
    answer = np.where(chance.random(count) < 0.02, (true + 1) % classes, true)
    assert np.mean(label != answer) == pytest.approx(0.284, abs=0.004)


def test_copied_points_move_the_peak():
    split = data.digits(40, seed=0).train
    rows = torch.cat([torch.arange(300), torch.arange(100)])  # 400 points, 100 of them twice
    targets = double_descent.centered_one_hot(split.labels[rows], 10)
    norms = {}
    for count in (200, 300, 400, 600):
        phi = experiments.double_descent.random_features(split.inputs[rows], count, seed=0)
        norms[count] = double_descent.solve(phi, targets).norm().item()
    assert max(norms, key=norms.get) == 300


# ---- the explorable ----


def test_the_answers_of_the_explorable_are_those_of_the_run(arms):
    asked = explorables.memorization(memorization.load("laptop")).data["questions"]
    digits = {"dataset": "digits", "network": "mlp"}
    for noise, words in ((0.0, "true labels"), (1.0, "random labels")):
        epoch = median(arms, "zero_error_epoch", label_noise=noise, **digits)
        assert f"4 of 4 with {words} (median epoch: {epoch:g})" in asked["labels"]["answer"]
        error = 100 * median(arms, "test_error_end", label_noise=noise, **digits)
        assert f"{error:.1f} % with {words} (lowest" in asked["images"]["answer"]
    lowest = 100 * median(arms, "test_error_best", label_noise=0.2, **digits)
    assert f"with label noise 0.2 (lowest on the way: {lowest:.1f} %)" in asked["noise"]["answer"]


def test_the_explorable_compares_labels_and_then_other_images_and_networks():
    data = explorables.memorization(memorization.load("laptop")).data
    compared = {
        key: [data["arms"][place]["label"] for place in asked["arms"]] for key, asked in data["questions"].items()
    }
    assert compared["labels"] == compared["images"] == ["true labels", "random labels"]
    assert compared["noise"] == ["true labels", "label noise 0.1", "label noise 0.2"]
    assert compared["other"] == ["glyphs, true labels", "glyphs, random labels"]
    assert compared["network"] == ["random labels", "perceptron without batch norm, random labels"]


def test_the_explorable_says_what_is_missing():
    run = memorization.load("laptop")
    history = {name: column for name, column in run.history.items() if name != "train_loss"}
    with pytest.raises(ValueError, match=r"run\.history: has no column train_loss; .*memorization"):
        explorables.memorization(runs.Run(run.config, history, {}, run.provenance))
