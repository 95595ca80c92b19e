"""The experiment on implicit bias: closed forms, its descents, its runs, and the rules of its claims."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.svm import SVC

from ncbook import explorables, runs
from ncbook.evidence import FAILS, HOLDS, OPEN, UNTESTED
from ncbook.experiments import implicit_bias as bias
from ncbook.experiments.implicit_bias import completion, logistic, network, square
from ncbook.experiments.implicit_bias.arm import Arm
from ncbook.readings.implicit_bias import ends, since_zero_error, slopes

CONFIG = bias.Config.preset("smoke")
TINY = replace(
    CONFIG, seeds=(7,), square_steps=30, scaled_steps=40, plain_steps=40, adam_steps=40, completion_steps=10,
    size=8, rank=1, observed=(30, 40), escape_steps=20, train_per_class=4, network_steps=5, norm_epochs=2,
    norm_batch=20, logistic_probes=5,
)  # fmt: skip
JUDGES = {claim.id: claim.judge for claim in bias.CLAIMS}


@pytest.fixture(scope="module")
def laptop() -> runs.Run:
    return bias.EXPERIMENT.recorded("laptop")


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return bias.run(TINY, "cpu")


# --- the square loss


def test_the_nearest_solution_solves_and_no_other_is_nearer():
    inputs, targets = square.equations(CONFIG, 3)
    start = np.random.default_rng(0).standard_normal(CONFIG.square_dim)
    found = square.nearest_solution(inputs, targets, start)
    np.testing.assert_allclose(inputs @ found, targets, atol=1e-12)
    other = found + np.linalg.svd(inputs)[2][-1]  # a direction that X does not see
    np.testing.assert_allclose(inputs @ other, targets, atol=1e-12)
    assert np.linalg.norm(found - start) < np.linalg.norm(other - start)
    np.testing.assert_allclose(square.nearest_solution(inputs, targets, 0 * start), np.linalg.pinv(inputs) @ targets)


def test_gradient_descent_goes_to_the_nearest_solution_to_twelve_digits():
    config = replace(CONFIG, seeds=(5,), square_steps=3000)
    for method in ("gd", "momentum", "moved"):
        rows, _ = square.square(config, Arm("square", method))
        assert rows[-1]["distance"] < 1e-12
    assert square.square(config, Arm("square", "adam"))[0][-1]["distance"] > 0.1


# --- the logistic loss


@pytest.mark.parametrize("dim", [2, 10])
@pytest.mark.parametrize("seed", [2, 3])
def test_the_max_margin_plane_is_that_of_a_support_vector_machine(dim, seed):
    signed = logistic.separable(CONFIG, dim, seed)
    best = logistic.max_margin(signed)
    assert (signed @ best).min() == pytest.approx(1, abs=1e-9)
    points, labels = np.vstack([signed, -signed]), np.repeat([1, -1], len(signed))  # mirrored: no intercept
    machine = SVC(kernel="linear", C=1e8, tol=1e-8).fit(points, labels)
    np.testing.assert_allclose(machine.coef_[0], best, rtol=1e-4, atol=1e-5)


def test_two_points_have_a_max_margin_by_hand():
    np.testing.assert_allclose(logistic.max_margin(np.array([[2.0, 0.0], [0.0, 1.0]])), [0.5, 1.0], atol=1e-12)


@pytest.mark.parametrize("size", [0.1, 3.0, 30.0])
def test_scaled_descent_is_minus_the_gradient_over_the_loss(size):
    signed = np.stack([logistic.separable(CONFIG, 3, seed) for seed in (1, 2)])
    weights = size * np.random.default_rng(0).standard_normal((2, 3))
    variable = torch.tensor(weights, requires_grad=True)
    margins = (torch.tensor(signed) @ variable[:, :, None])[:, :, 0]
    losses = torch.nn.functional.softplus(-margins).mean(1)
    losses.sum().backward()
    np.testing.assert_allclose(logistic.log_loss(signed, weights), losses.detach().log(), rtol=1e-9, atol=1e-12)
    expected = -variable.grad / losses.detach()[:, None]
    np.testing.assert_allclose(logistic.descent_over_loss(signed, weights), expected, rtol=1e-8, atol=1e-10)


def test_far_out_the_loss_underflows_and_the_step_does_not():
    signed = logistic.separable(CONFIG, 2, 1)[None]
    weights = 5000 * logistic.max_margin(signed[0])[None]
    assert math.exp(logistic.log_loss(signed, weights)[0]) == 0
    step = logistic.descent_over_loss(signed, weights)[0]
    assert np.isfinite(step).all()
    assert step @ weights[0] > 0


# --- products of matrices


def test_written_gradients_of_a_product_are_those_of_torch():
    factors = [torch.randn(2, 4, 4, dtype=torch.float64, requires_grad=True) for _ in range(3)]
    whole = completion.product(factors)
    torch.testing.assert_close(whole, factors[2] @ factors[1] @ factors[0])
    value = whole.square().sum() / 2
    expected = torch.autograd.grad(value, factors)
    found = completion.gradients([each.detach() for each in factors], whole.detach())
    for slope, right in zip(found, expected, strict=True):
        torch.testing.assert_close(slope, right)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_entries_of_the_starting_product_have_the_same_size_at_every_depth(depth):
    config = replace(CONFIG, seeds=tuple(range(20)))
    size = completion.product(completion.starts(config, depth, 0.01)).std().item()
    assert size == pytest.approx(0.01 / config.size**0.5, rel=0.1)


def test_the_truth_has_its_rank_and_size():
    matrix, mask = completion.truth(CONFIG, 300, 4)
    assert torch.linalg.matrix_rank(matrix) == CONFIG.rank
    assert matrix.square().mean().item() == pytest.approx(1)
    assert mask.sum() == 300


def test_soft_thresholding_fits_and_has_a_smaller_nuclear_norm_than_the_truth():
    config = replace(CONFIG, size=10, rank=2)
    matrix, mask = completion.truth(config, 60, 4)
    found = completion.least_nuclear_norm(matrix * mask, mask)
    assert ((found - matrix) * mask).norm() / (matrix * mask).norm() < 0.01
    assert torch.linalg.svdvals(found).sum() <= torch.linalg.svdvals(matrix).sum()


def test_every_solution_of_the_small_matrix_has_the_determinant_minus_one():
    for corner in (-3.0, 0.0, 8.0):
        assert np.linalg.det(np.array([[corner, 1.0], [1.0, 0.0]])) == pytest.approx(-1)


@pytest.mark.parametrize("sign", [1, -1])
def test_starts_of_the_small_matrix_have_the_sign_of_the_determinant(sign):
    whole = completion.product(completion._escape_starts(CONFIG, 3, sign))
    assert (torch.linalg.det(whole) * sign > 0).all()


# --- networks


def test_the_perceptron_is_homogeneous_and_its_normalized_margin_has_no_scale():
    model, own = network.build(CONFIG, 3), network.dataset(CONFIG, "true", 3).train
    logits = model(own.inputs).detach()
    margin = network.normalized_margin(model, logits, own.labels)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2)
    doubled = model(own.inputs).detach()
    torch.testing.assert_close(doubled, 8 * logits)
    assert network.normalized_margin(model, doubled, own.labels) == pytest.approx(margin, rel=1e-5)


def test_random_labels_are_random_for_training_alone():
    true, random = (network.dataset(replace(CONFIG, train_per_class=100), kind, 3) for kind in ("true", "random"))
    assert (true.train.labels == random.train.labels).double().mean().item() == pytest.approx(0.1, abs=0.04)
    assert torch.equal(true.test.labels, random.test.labels)


def test_the_learning_rate_of_the_network_with_batch_norm_falls_to_zero():
    recipe = network.norm_recipe(CONFIG, 100, 2e-3)
    assert recipe.steps == 2 * CONFIG.norm_epochs  # batches of 50
    assert [recipe.schedule(step) for step in (0, recipe.steps // 2, recipe.steps)] == pytest.approx([1, 0.5, 0])


# --- runs


def test_a_run_has_the_columns_and_parts_of_the_recorded_one(tiny, laptop):
    assert list(tiny.history) == list(laptop.history)
    assert set(tiny.history["part"]) == set(laptop.history["part"])
    plane = {name for name in laptop.arrays if not name.startswith("singular")}
    assert plane <= set(tiny.arrays)


def test_the_same_config_gives_the_same_numbers_to_the_bit(tiny):
    again = bias.run(TINY, "cpu")
    for name, column in tiny.history.items():
        np.testing.assert_array_equal(again.history[name], column)


def test_another_seed_gives_other_numbers(tiny):
    rows, _ = bias.measure_arm(replace(TINY, seeds=(8,)), "cpu", Arm("logistic", "gd", dim=2))
    mine = tiny.history["log_loss"][(tiny.history["part"] == "logistic") & (tiny.history["method"] == "gd")]
    assert np.float32(rows[-1]["log_loss"]) not in mine


def test_the_code_still_gives_the_recorded_planes(laptop):
    config = bias.Config.preset("laptop")
    signed = np.stack([logistic.separable(config, 2, seed) for seed in config.seeds])
    np.testing.assert_allclose(laptop.arrays["plane/signed"], signed, rtol=1e-12)
    best = laptop.arrays["plane/best"]
    np.testing.assert_allclose(best, [logistic.max_margin(own) for own in signed], rtol=1e-8)


# --- the rules, on runs where the answer is known

# claim -> rows that it judges, and columns with values that hold and values that do not
CASES = {
    "square-loss-least-norm": ({"part": "square", "method": "gd"}, {"distance": (1e-9, 0.1)}),
    "optimizers-choose-solutions": ({"part": "square", "method": "adam"}, {"distance": (0.3, 0.01)}),
    "logistic-max-margin": (
        {"part": "logistic", "method": "scaled"}, {"direction_distance": (1e-3, 0.1), "margin_ratio": (1, 1)},
    ),
    "logistic-norm": ({"part": "logistic", "method": "scaled"}, {"weight_norm": (None, 1e9)}),
    "depth-lowers-rank": ({"part": "completion", "method": "depth3"}, {"effective_rank": (2.0, 25.0)}),
    "depth-recovers": ({"part": "completion", "method": "depth3"}, {"unseen_error": (1e-3, 2.0)}),
    "not-least-nuclear-norm": (
        {"part": "completion", "method": "depth3"}, {"nuclear_norm": (2.0, 0.1), "effective_rank": (1.0, 1.0)},
    ),
    "network-collapses-without-decay": ({}, {"nc1_train": (None, 1.0)}),
    "network-nears-collapse-without-decay": ({}, {"nc1_train": (None, 1.0)}),
    "random-labels-collapse-less": ({"labels": "random"}, {"nc1_train": (1.0, None)}),
    "collapse-brings-generalization": ({"labels": "random"}, {"test_error": (0.1, 0.9)}),
}  # fmt: skip


def changed(run: runs.Run, rows: dict, columns: dict) -> runs.Run:
    """The run with given values in some columns of the rows that are chosen."""
    history = dict(run.history)
    chosen = np.ones(len(history["seed"]), dtype=bool)
    for name, wanted in rows.items():
        chosen &= np.isin(history[name], wanted)
    for name, value in columns.items():
        if value is not None:
            history[name] = np.where(chosen, value, history[name])
    return replace(run, history=history)


def ideal(run: runs.Run, name: str) -> runs.Run:
    """A run in which what the rule presupposes holds for every trial."""
    history = dict(run.history)
    if name.startswith("square") or name.startswith("optim"):
        return changed(run, {"part": "square"}, {"residual": 1e-12, "distance": 1e-9})
    if name == "logistic-norm":
        place = {seed: number for number, seed in enumerate(run.config["seeds"])}
        norms = [
            run.arrays[f"best_norm/{dim}"][place[seed]] if dim else 1.0
            for dim, seed in zip(history["dim"], history["seed"], strict=True)
        ]
        history["weight_norm"] = np.array(norms) * history["log_time"]
    if name.startswith(("depth", "not-least")):
        return changed(run, {"part": "completion"}, {"residual": 1e-3})
    if name.startswith(("network", "collapse", "random")):
        history["train_error"] = np.zeros(len(history["seed"]))
        history["nc1_train"] = 1 / (1 + history["step"])
    return replace(run, history=history)


@pytest.mark.parametrize("name", CASES)
def test_a_rule_can_give_every_word(laptop, name):
    """Half of the seeds against the other half leave it open."""
    rows, columns = CASES[name]
    base, judge = ideal(laptop, name), JUDGES[name]
    right = changed(base, rows, {column: values[0] for column, values in columns.items()})
    wrong = {column: values[1] for column, values in columns.items()}
    if name == "random-labels-collapse-less":  # a fall as with true labels is no smaller one
        right, wrong = changed(base, rows, {"nc1_train": 1.0}), {"nc1_train": base.history["nc1_train"]}
    assert judge(right).word == HOLDS
    assert set(judge(right).seeds) == set(laptop.config["seeds"])
    assert judge(changed(right, rows | {"seed": laptop.config["seeds"][::2]}, wrong)).word == OPEN
    if name == "square-loss-least-norm":
        rows = {"part": "square"}
    assert judge(changed(right, rows, wrong)).word == FAILS


def powered(run: runs.Run, power: float, **rows: object) -> runs.Run:
    """The run with distances log(t)^power."""
    history = dict(run.history)
    chosen = history["part"] == "logistic"
    for name, value in rows.items():
        chosen &= history[name] == value
    with np.errstate(invalid="ignore"):
        distances = np.where(chosen, np.abs(history["log_time"]) ** power, history["direction_distance"])
    return replace(run, history=history | {"direction_distance": distances})


def test_the_rule_of_the_rate_finds_the_power(laptop):
    assert slopes(powered(laptop, -0.5)).to_numpy() == pytest.approx(-0.5, abs=1e-6)
    assert JUDGES["logistic-rate"](powered(laptop, -1.0)).word == HOLDS
    assert JUDGES["logistic-rate"](powered(laptop, -0.5)).word == FAILS
    one = JUDGES["logistic-rate"](powered(powered(laptop, -1.0), -2.0, seed=laptop.config["seeds"][0]))
    assert one.by_seed == {seed: float(seed != laptop.config["seeds"][0]) for seed in laptop.config["seeds"]}


def test_the_rule_of_growing_norms(laptop):
    judge, history = JUDGES["norms-may-grow"], dict(laptop.history)
    step = 1.0 + history["step"]
    grown = {**history, "square_loss": 0.1 / step, "frobenius_norm": step, "effective_rank": 1 + 1 / step}
    assert judge(replace(laptop, history=grown)).word == HOLDS
    assert judge(replace(laptop, history={**grown, "frobenius_norm": 1 / step})).word == FAILS
    first = np.isin(history["seed"], laptop.config["seeds"][::2])
    mixed = {**grown, "frobenius_norm": np.where(first, 1 / step, step)}
    assert judge(replace(laptop, history=mixed)).word == OPEN
    never = judge(replace(laptop, history={**grown, "square_loss": np.ones(len(step))}))
    assert never.word == UNTESTED
    assert len(never.holds) == 2 * len(laptop.config["seeds"])


def test_the_rule_of_margins(laptop):
    judge, history = JUDGES["network-margins-rise"], dict(laptop.history)
    step = 1.0 + history["step"]
    rising = {**history, "train_error": 0 * step, "normalized_margin": step}
    assert judge(replace(laptop, history=rising)).word == HOLDS
    assert judge(replace(laptop, history={**rising, "normalized_margin": 1 / step})).word == FAILS
    some = np.isin(history["seed"], laptop.config["seeds"][::2])
    assert judge(replace(laptop, history={**rising, "normalized_margin": np.where(some, 1 / step, step)})).word == OPEN
    late = {**rising, "train_error": 1.0 * (history["step"] < 900)}
    assert judge(replace(laptop, history=late)).word == UNTESTED


def test_runs_that_cannot_tell_are_not_judged(laptop):
    unsolved = changed(laptop, {"part": "square"}, {"residual": 0.5})
    assert JUDGES["optimizers-choose-solutions"](unsolved).word == UNTESTED
    assert JUDGES["square-loss-least-norm"](unsolved).word == UNTESTED
    loose = changed(laptop, {"part": "completion", "method": "depth3"}, {"residual": 0.5})
    for name in ("depth-lowers-rank", "depth-recovers", "not-least-nuclear-norm"):
        assert JUDGES[name](loose).word == UNTESTED
    unfitted = changed(laptop, {"part": ["network", "batch_norm"]}, {"train_error": 0.5})
    for name in (
        "network-margins-rise", "network-collapses-without-decay", "network-nears-collapse-without-decay",
        "random-labels-collapse-less", "collapse-brings-generalization",
    ):  # fmt: skip
        assert JUDGES[name](unfitted).word == UNTESTED
    assert since_zero_error(unfitted, "network", "true", 0.0).empty


def test_judges_give_plain_values(laptop):
    for claim in bias.CLAIMS:
        evidence = claim.judge(laptop)
        assert {type(each) for each in evidence.holds} <= {bool, type(None)}
        assert {type(each) for each in evidence.values} <= {float}
        assert set(evidence.seeds) <= set(laptop.config["seeds"])


def test_ends_are_the_last_rows(laptop):
    last = ends(laptop, "logistic", method="scaled")
    assert len(last) == len(laptop.config["dims"]) * len(laptop.config["seeds"])
    assert set(last.step) == {laptop.config["scaled_steps"]}


# --- the explorable


def test_the_explorable_carries_the_points_of_the_run(laptop):
    shown = explorables.implicit_bias(laptop)
    fragment = shown._repr_html_()
    assert len(fragment.encode()) < 100_000
    assert "http" not in fragment
    assert len(shown.data["sets"]) == 4
    points = np.array(shown.data["sets"][0]["points"])
    labels = np.array(shown.data["sets"][0]["labels"])
    assert set(labels.tolist()) == {-1, 1}
    signed = laptop.arrays["plane/signed"][0][: len(points)]
    np.testing.assert_allclose(points * labels[:, None], signed, atol=0.006)


def test_a_run_without_points_is_refused(laptop):
    with pytest.raises(ValueError, match=r"run\.arrays: has no plane/signed"):
        explorables.implicit_bias(replace(laptop, arrays={}))
