"""Free features: gradients, scaled steps, saddles, the shape of a run, and rules that can say yes and no."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from ncbook import explorables, metrics, models, readings, runs
from ncbook.evidence import FAILS, HOLDS, OPEN, UNTESTED
from ncbook.experiments import unconstrained
from ncbook.experiments.unconstrained import descent as ways
from ncbook.experiments.unconstrained.arms import arms
from ncbook.experiments.unconstrained.parts import measure_arm, normalized_margin, threshold_decays
from ncbook.experiments.unconstrained.saddles import critical_point, hessian_eigenvalues

CPU = torch.device("cpu")
TINY = replace(
    unconstrained.Config.preset("smoke"), seeds=(4,), classes=(3,), per_class=(4,), dims=(3,), weight_decays=(1e-2,),
    feature_decays=(1e-2,), strengths=(0.5, 1.5), descent_steps=20, lbfgs_steps=5, saddle_classes=3,
    saddle_per_class=2, saddle_dim=4, escape_steps=5, flow_classes=(3,), flow_per_class=(4,), flow_dims=(2,),
    plain_steps=20, adam_steps=20, scaled_steps=20, probes=3,
)  # fmt: skip


@pytest.fixture(scope="module")
def laptop() -> runs.Run:
    return unconstrained.EXPERIMENT.recorded("laptop")


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return unconstrained.run(TINY, "cpu")


def some(scale: float = 0.7) -> ways.Points:
    """Two models of three classes of four points in five dimensions, biases not zero."""
    points = ways.starts(3, 4, 5, [(1, scale), (2, scale)], CPU)
    points.bias += torch.tensor([0.3, -0.2, 0.1], dtype=torch.float64)
    return points


# --- the ways downhill


@pytest.mark.parametrize("loss", ["cross_entropy", "square"])
def test_loss_and_written_gradient_are_those_of_the_model(loss):
    points, problem = some(), ways.Problem(loss, 0.03, 0.02)
    free = models.UnconstrainedFeatures(points.labels, 5, 3).double()
    with torch.no_grad():
        for parameter, part in zip((free.head.weight, free.points, free.head.bias), points.parts, strict=True):
            parameter.copy_(part[1])
    value = models.unconstrained_objective(free, 0.03, 0.02, loss=loss)
    value.backward()
    assert ways.losses(points, problem)[1].item() == pytest.approx(value.item(), rel=1e-13)
    slopes = ways.gradients(points, problem)
    for parameter, slope in zip((free.head.weight, free.points, free.head.bias), slopes, strict=True):
        torch.testing.assert_close(slope[1], parameter.grad, rtol=1e-12, atol=1e-15)


def test_a_step_of_gradient_descent_and_one_of_adam():
    points, problem = some(), ways.Problem(weight_decay=0.1)
    slope, before = ways.gradients(points, problem)[0], points.weight.clone()
    ways.gradient_descent(problem, 0.5)(points)
    torch.testing.assert_close(points.weight, before - 0.5 * slope)
    points = some()
    ways.adam(problem, 0.01, points)(points)  # the first step of Adam goes as far along every entry
    torch.testing.assert_close(points.weight, before - 0.01 * slope.sign(), rtol=0, atol=1e-6)


def test_models_of_a_batch_do_not_see_each_other():
    both, problem = some(), ways.Problem(weight_decay=0.1)
    alone = ways.Points(*(part[1:].clone() for part in both.parts), both.labels)
    for points in (both, alone):
        ways.descend(points, ways.gradient_descent(problem, 0.5), 30)
    torch.testing.assert_close(both.features[1], alone.features[0], rtol=1e-12, atol=1e-14)


def test_lbfgs_gets_to_the_closed_form():
    points, problem = ways.starts(3, 4, 3, [(0, 0.3)], CPU), ways.Problem("square", 1e-2, 1e-2)
    ways.descend(points, ways.lbfgs(problem, points), 100)
    assert ways.losses(points, problem).item() == pytest.approx(
        metrics.unconstrained_square_loss(3, 3, 4, 1e-2, 1e-2).loss, rel=1e-8
    )


def test_a_scaled_step_is_a_step_along_the_gradient():
    points, problem = ways.starts(3, 4, 5, [(1, 0.7), (2, 2.0)], CPU), ways.Problem(bias=False)
    speed = 0.2 * 12 / (ways.losses(points, problem) * points.squared_norm)
    expected = points.weight - speed[:, None, None] * ways.gradients(points, problem)[0]
    ways.scaled_flow(0.2)(points)
    torch.testing.assert_close(points.weight, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("gap", [0.5, 30.0, 45.0, 5000.0])
def test_collapsed_features_have_a_known_log_loss_and_residual_however_large(gap):
    best = metrics.unconstrained_max_margin(3, 3, 4)
    size = math.sqrt(gap)
    points = ways.Points(
        size * best.weight[None], size * best.features[None], torch.zeros(1, 3, dtype=torch.float64), best.labels
    )
    expected = math.log(math.log1p(2 * math.exp(-gap))) if gap < 100 else math.log(2) - gap
    assert ways.log_loss(points).item() == pytest.approx(expected, rel=1e-12)
    residual = ways._residual_over_loss(points)[0]
    wrong = torch.ones(12, 3, dtype=torch.float64) - F.one_hot(best.labels, 3)
    share = (2 * math.exp(-gap) / (1 + 2 * math.exp(-gap)) / math.log1p(2 * math.exp(-gap))) if gap < 100 else 1.0
    expected_residual = share * (wrong / 2 - F.one_hot(best.labels, 3)) / 12
    torch.testing.assert_close(residual, expected_residual, rtol=1e-9, atol=1e-12)


def test_the_normalized_margin_of_collapse_is_the_bound_and_scaling_does_not_change_it():
    best = metrics.unconstrained_max_margin(4, 5, 3)
    for size in (1.0, 7.0):
        points = ways.Points(
            size * best.weight[None], size * best.features[None], torch.zeros(1, 4, dtype=torch.float64), best.labels
        )
        assert normalized_margin(points, 0) == pytest.approx(1 / (3 * math.sqrt(3)), rel=1e-12)


# --- threshold and saddles


def test_decays_of_a_strength():
    weight_decay, feature_decay = threshold_decays(0.8, 4, 10, balance=10.0)
    assert 4 * math.sqrt(10 * weight_decay * feature_decay) == pytest.approx(0.8)
    assert weight_decay / feature_decay == pytest.approx(10)


@pytest.mark.parametrize("loss", ["cross_entropy", "square"])
@pytest.mark.parametrize("strength", [0.2, 0.97, 1.03])
def test_closed_norms_are_those_of_the_closed_form(laptop, loss, strength):
    forms = {"cross_entropy": metrics.unconstrained_cross_entropy, "square": metrics.unconstrained_square_loss}
    best = forms[loss](4, 4, 10, *threshold_decays(strength, 4, 10, 10.0))
    size = (best.features @ best.weight.T).norm().item()
    assert readings.unconstrained.closed_norms(laptop, loss, np.array([strength]))[0] == pytest.approx(
        size, rel=1e-9, abs=1e-12
    )


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_ways_down_from_a_critical_point(rank):
    """(d - rank)(K - 1 - rank) negative eigenvalues, none at rank K-1."""
    problem = ways.Problem("cross_entropy", TINY.saddle_weight_decay, TINY.saddle_feature_decay)
    point = critical_point(TINY, 5, rank, CPU)
    assert max(slope.abs().max().item() for slope in ways.gradients(point, problem)) < 1e-8
    assert torch.linalg.matrix_rank(point.weight[0], tol=1e-6) == rank
    assert (hessian_eigenvalues(point, problem) < -1e-7).sum() == (4 - rank) * (2 - rank)


# --- runs


def test_a_run_has_the_columns_and_arrays_of_the_recorded_one(tiny, laptop):
    assert set(tiny.history) == set(laptop.history)
    assert set(tiny.arrays) == set(laptop.arrays)
    assert set(tiny.history["part"]) == {"descent", "threshold", "saddle", "flow"}
    assert tiny.arrays["saddle/eigenvalues"].shape == (3, 1, 3 * 4 + 6 * 4 + 3)
    assert tiny.arrays["gd/points"].shape[1:] == (12, 2)


def test_the_same_config_gives_the_same_numbers_to_the_bit(tiny):
    again = unconstrained.run(TINY, "cpu")
    for name, column in tiny.history.items():
        np.testing.assert_array_equal(again.history[name], column)


def test_another_seed_gives_another_start(tiny):
    other = replace(TINY, seeds=(5,))
    rows, _ = measure_arm(other, "cpu", arms(other)[0])
    assert rows[0]["objective"] != tiny.history["objective"][0]


# --- the rules, on runs where the answer is known


CLAIMS = {claim.id: claim for claim in unconstrained.CLAIMS}
# claim -> rows that it judges, a column of them, a value that is right at every step, one that is wrong
CASES = {
    "cross-entropy-minimizers-collapse": ({"part": "descent", "loss_name": "cross_entropy"}, "nc1_train", 0.0, 1.0),
    "cross-entropy-any-start": ({"part": "descent", "loss_name": "cross_entropy"}, "excess", 0.0, 1e-3),
    "square-loss-minimizers": ({"part": "descent", "loss_name": "square"}, "excess", 0.0, 1e-3),
    "bias-with-regularization": ({"part": "descent", "loss_name": "square"}, "nc3_train", 0.0, 0.1),
    "square-loss-threshold": ({"part": "threshold", "loss_name": "square"}, "product_norm", None, 100.0),
    "unregularized-flow": ({"part": "flow", "method": "scaled"}, "margin_ratio", 0.9999, 0.99),
    "unregularized-descent-finite": ({"part": "flow", "method": "gd"}, "margin_ratio", 0.995, 0.98),
    "bias-without-regularization": ({"part": "flow", "method": "gd"}, "nc2_angles_train", None, 0.1),
    "regularization-bounds-the-norm": ({"part": "descent", "method": "gd"}, "logit_gap_deviation", 0.0, 0.5),
}


def changed(run: runs.Run, rows: dict, column: str, value: object) -> runs.Run:
    """The run with `value` in one column of the rows that are chosen."""
    chosen = np.logical_and.reduce([np.isin(run.history[name], wanted) for name, wanted in rows.items()])
    values = np.where(chosen, run.history[column] if value is None else value, run.history[column])
    return replace(run, history={**run.history, column: values})


def halving(run: runs.Run) -> runs.Run:
    """The run with angles that fall as 1/step."""
    return replace(run, history={**run.history, "nc2_angles_train": 1 / (1 + run.history["step"])})


def twice(run: runs.Run) -> runs.Run:
    """The run with three more seeds, 10 to 12, that came out as its own did."""
    history = {name: np.concatenate([column, column]) for name, column in run.history.items()}
    half = len(history["seed"]) // 2
    history["seed"] = history["seed"] + 10 * (np.arange(2 * half) >= half)
    arrays = dict(run.arrays)
    for name in ("saddle/eigenvalues", "saddle/gradient"):
        arrays[name] = np.concatenate([arrays[name], arrays[name]], axis=1)
    seeds = [*run.config["seeds"], *(seed + 10 for seed in run.config["seeds"])]
    return replace(run, config={**run.config, "seeds": seeds}, history=history, arrays=arrays)


def test_every_claim_is_tried():
    assert {*CASES, "strict-saddles"} == set(CLAIMS)


@pytest.mark.parametrize("name", CASES)
def test_a_rule_says_what_the_run_is(laptop, name):
    rows, column, right, wrong = CASES[name]
    six = twice(laptop)
    base = halving(six) if name == "bias-without-regularization" else six
    judge = CLAIMS[name].judge
    assert judge(changed(base, rows, column, right)).word == HOLDS
    assert judge(changed(base, rows, column, wrong)).word == FAILS
    some_wrong = changed(changed(base, rows, column, right), rows | {"seed": [1, 2, 11]}, column, wrong)
    assert judge(some_wrong).word == OPEN


def test_the_bias_is_read_from_where_every_point_is_told_apart(laptop):
    flow = {"part": "flow", "method": "gd"}
    never = changed(laptop, flow, "margin_ratio", -0.1)
    assert CLAIMS["bias-without-regularization"].judge(never).word == UNTESTED


def test_starts_that_did_not_arrive_do_not_tell_what_the_minimum_looks_like(laptop):
    away = changed(laptop, {"part": ["descent"]}, "excess", 0.5)
    assert CLAIMS["cross-entropy-minimizers-collapse"].judge(away).word == UNTESTED


def test_a_loss_below_the_closed_form_refutes_it(laptop):
    lower = changed(twice(laptop), {"part": ["descent"], "seed": [0]}, "excess", -1e-6)
    assert CLAIMS["cross-entropy-minimizers-collapse"].judge(lower).word == FAILS


def test_the_rule_of_the_saddles_asks_for_slope_curvature_escape_and_control(laptop):
    judge, six = CLAIMS["strict-saddles"].judge, twice(laptop)
    assert judge(six).word == HOLDS
    assert set(judge(six).seeds) == {0, 1, 2, 10, 11, 12}
    eigenvalues = six.arrays["saddle/eigenvalues"].copy()
    eigenvalues[1, 4] = 0.0
    one = judge(replace(six, arrays={**six.arrays, "saddle/eigenvalues": eigenvalues}))
    assert [seed for seed, answer in zip(one.seeds, one.holds, strict=True) if not answer] == [11]
    slopes = six.arrays["saddle/gradient"] + 1e-3
    assert judge(replace(six, arrays={**six.arrays, "saddle/gradient": slopes})).word == FAILS
    nudged = {"part": ["saddle"], "scale": [six.config["nudge"]]}
    assert judge(changed(six, nudged, "excess", 0.5)).word == FAILS
    assert judge(changed(six, {"part": ["saddle"], "scale": [0.0]}, "excess", 0.0)).word == FAILS


def test_other_seeds_are_other_seeds_and_nothing_else():
    config, again = unconstrained.Config.preset("laptop"), unconstrained.Config.preset("laptop-again")
    assert replace(again, seeds=config.seeds) == config
    assert not set(again.seeds) & set(config.seeds)


# --- the explorable


def test_the_explorable_shows_the_run_that_has_two_dimensions(laptop):
    shown = explorables.unconstrained(laptop)
    fragment = shown._repr_html_()
    assert len(fragment.encode()) < 150_000
    assert set(shown.data["methods"]) == {"scaled", "gd", "adam"}
    frames = shown.data["methods"]["gd"]
    assert len(frames["steps"]) == len(frames["exponent"]) == len(frames["curves"]["nc1_train"][0])
    assert "http" not in fragment


def test_the_pictures_of_every_method_start_alike_and_end_upright(laptop):
    firsts = [laptop.arrays[f"{method}/points"][0] for method in ("scaled", "gd", "adam")]
    assert all(np.array_equal(firsts[0], other) for other in firsts)
    packed = explorables.unconstrained(laptop).data["methods"]["scaled"]["means"]
    import base64

    means = (np.frombuffer(base64.b64decode(packed["int16"]), "<i2") * packed["scale"]).reshape(packed["shape"])[-1]
    angles = 2 * np.pi * np.arange(3) / 3
    np.testing.assert_allclose(means, np.stack([np.cos(angles), np.sin(angles)], 1), atol=1e-3)


def test_a_run_without_a_flow_in_the_plane_is_refused(laptop):
    with pytest.raises(ValueError, match=r"run\.arrays: has no scaled/step"):
        explorables.unconstrained(replace(laptop, arrays={}))
    with pytest.raises(ValueError, match=r"no flow of 3 classes in 2 dimensions"):
        explorables.unconstrained(replace(laptop, config={**laptop.config, "flow_dims": [8, 16, 3]}))
