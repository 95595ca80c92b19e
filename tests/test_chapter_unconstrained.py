"""What the chapter on unconstrained features says in words, and its exercises."""

import math

import numpy as np
import pytest
import torch

from ncbook import experiments, metrics, readings

UFM = readings.unconstrained


@pytest.fixture(scope="module")
def run():
    return experiments.unconstrained.load("laptop")


@pytest.fixture(scope="module")
def frame(run):
    return run.to_frame()


# --- the mathematics


@pytest.mark.parametrize("decays", [(5e-3, 5e-4), (1e-2, 2e-2)])
def test_the_price_of_logits_is_their_nuclear_norm(decays):
    best = metrics.unconstrained_cross_entropy(4, 6, 10, *decays)
    price = (decays[0] * best.weight.square().sum() + decays[1] * best.features.square().sum()) / 2
    nuclear = np.linalg.svd((best.features @ best.weight.T).numpy(), compute_uv=False).sum()
    assert price.item() == pytest.approx(math.sqrt(decays[0] * decays[1]) * nuclear, rel=1e-12)


@pytest.mark.parametrize(("gap_to_try", "sign"), [(0.9, 1), (1.1, 1)])
def test_the_gap_of_the_text_minimizes_the_objective_of_the_text(gap_to_try, sign):
    s = math.sqrt(10 * 5e-3 * 5e-4)

    def f(a):
        return math.log1p(3 * math.exp(-a)) + s * 3 * a

    def g(a):
        return 3 / 8 * (1 - a) ** 2 + s * 3 * a

    best, square = math.log(1 / s - 3), 1 - 4 * s
    closed = metrics.unconstrained_cross_entropy(4, 4, 10, 5e-3, 5e-4)
    assert (best, f(best)) == pytest.approx((closed.logit_gap, closed.loss), rel=1e-12)
    assert sign * f(gap_to_try * best) > sign * f(best)
    closed = metrics.unconstrained_square_loss(4, 4, 10, 5e-3, 5e-4)
    assert (square, g(square)) == pytest.approx((closed.logit_gap, closed.loss), rel=1e-12)
    assert sign * g(gap_to_try * square) > sign * g(square)


# --- the words about the run


def test_the_constant_learning_rate_and_sizes_of_the_text(run):
    assert (run.config["saddle_dim"], run.config["nudge"]) == (8, 1e-6)
    assert (run.config["plain_steps"], run.config["scaled_steps"]) == (30_000, 6000)


def test_ways_down_are_the_product_of_the_text(run):
    negative = (run.arrays["saddle/eigenvalues"] < -1e-7).sum(axis=2)
    for rank, counts in enumerate(negative):
        assert (counts == (8 - rank) * (3 - rank)).all()


def test_waits_on_the_plateaus(run, frame):
    nudged = frame[(frame.part == "saddle") & (frame.scale > 0)]
    waits = [nudged[(nudged.setting == rank) & (nudged.excess < 0.01)].groupby("seed").step.min() for rank in range(3)]
    assert waits[0].max() < 200
    assert waits[1].min() > 1000
    left = frame[(frame.part == "saddle") & (frame.scale > 0) & (frame.setting == 1)]
    assert (left[left.step <= 100].objective > 0.21).all()
    assert waits[2].min() > 1000


def test_the_run_from_rank_1_waits_at_the_height_of_rank_2(run, frame):
    height = run.arrays["saddle/loss"][2].max()
    nudged = frame[(frame.part == "saddle") & (frame.scale > 0) & (frame.setting == 1)]
    waiting = nudged[(nudged.objective / height - 1).abs() < 0.01]
    assert (waiting.groupby("seed").step.max() - waiting.groupby("seed").step.min() > 300).all()


def test_plain_descent_ends_between_82_and_99_percent_and_each_tenfold_adds_less(run, frame):
    plain = frame[(frame.part == "flow") & (frame.method == "gd")]
    assert UFM.ends(run, "flow", method="gd").margin_ratio.between(0.82, 0.99).all()
    for _, own in plain.groupby(["setting", "seed"]):
        at = [own.margin_ratio.iloc[(own.step / step - 1).abs().argmin()] for step in (100, 1000, 10_000)]
        assert 0 < at[2] - at[1] < at[1] - at[0]


def test_scaled_steps_reach_999_and_losses_that_cannot_be_stored(run):
    last = UFM.ends(run, "flow", method="scaled")
    assert (last.margin_ratio > 0.999).all()
    assert last.minus_log_loss.max() > 1000


def test_adam_lowers_the_loss_and_not_the_shortfall(run):
    ends = {method: UFM.ends(run, "flow", method=method) for method in ("adam", "gd")}
    assert (ends["adam"].margin_ratio < 0.6).all()
    plain = ends["gd"].set_index(["setting", "seed"]).minus_log_loss
    adam = ends["adam"].set_index(["setting", "seed"]).minus_log_loss
    assert (adam > plain - 1).all()


def test_scaled_steps_and_plain_descent_are_on_one_path(run):
    """At the same loss, shortfalls agree to a fifth."""
    flow = UFM.rows(run, "flow")
    for (_, _), own in flow.groupby(["setting", "seed"]):
        curves = [own[own.method == method].sort_values("minus_log_loss") for method in ("gd", "scaled")]
        at = curves[0].minus_log_loss.max() - 1
        short = [np.exp(np.interp(at, c.minus_log_loss, np.log(np.maximum(c.shortfall, 1e-12)))) for c in curves]
        assert short[1] == pytest.approx(short[0], rel=0.2)


def claim(name, run):
    (found,) = [each for each in experiments.unconstrained.CLAIMS if each.id == name]
    return found.judge(run)


def test_the_theorem_comes_out_in_every_run_of_the_flow_and_the_limit_in_none_of_plain_descent(run):
    assert claim("unregularized-flow", run).holds == (True,) * 9
    assert claim("unregularized-descent-finite", run).holds == (False,) * 9


def test_every_measure_fell_and_no_seed_of_ten_classes_halved_the_angles(run, frame):
    plain = frame[(frame.part == "flow") & (frame.method == "gd")]
    early = plain[(plain.step >= 100) & (plain.margin_ratio > 0)].groupby(["setting", "seed"]).first()
    late = plain.groupby(["setting", "seed"]).last()
    left = late[UFM.COLLAPSE] / early[UFM.COLLAPSE]
    assert (left < 1).all(axis=None)
    kept = left[(left > 0.5).any(axis=1)]
    assert [run.config["flow_classes"][setting] for setting, _ in kept.index] == [10, 10, 10]
    assert claim("bias-without-regularization", run).holds.count(True) == 6
    assert (kept.nc2_angles_train > 0.5).all()
    assert (kept.drop(columns="nc2_angles_train") <= 0.5).all(axis=None)


# --- exercises, as their folded solutions say


def margin() -> float:
    run = experiments.unconstrained.load("laptop")
    last = UFM.ends(run, "flow", method="gd")
    setting = run.config["flow_classes"].index(10)
    share = last[last.setting == setting].margin_ratio.median()
    return share / (9 * run.config["flow_per_class"][setting] ** 0.5)


SOLUTIONS = {
    "ufm/decay": lambda: 0.00141421,
    "ufm/confidence": lambda: 1 - 9 * 0.0005 * math.sqrt(5000),
    "ufm/directions": lambda: 152,
    "ufm/margin": margin,
}


def objective(features, labels, weight, weight_decay, feature_decay):
    logits = features @ weight.T
    own = logits[torch.arange(len(labels)), labels]
    fit = (torch.logsumexp(logits, dim=1) - own).mean()
    price = weight_decay * weight.square().sum() + feature_decay * features.square().sum()
    return fit + price / 2


def summed(features, labels, *rest):
    return len(labels) * objective(features, labels, *rest)


def without_the_half(features, labels, weight, weight_decay, feature_decay):
    return objective(features, labels, weight, 2 * weight_decay, 2 * feature_decay)


def overflowing(features, labels, weight, weight_decay, feature_decay):
    chances = (features @ weight.T).exp()
    fit = -(chances[torch.arange(len(labels)), labels] / chances.sum(dim=1)).log().mean()
    return fit + (weight_decay * weight.square().sum() + feature_decay * features.square().sum()) / 2


FUNCTIONS = {"ufm/write-objective": (objective, [summed, without_the_half, overflowing])}


def test_numbers_of_the_solutions():
    gap = metrics.unconstrained_cross_entropy(10, 10, 5000, 5e-4, 5e-4).logit_gap
    assert gap == pytest.approx(2.96, abs=0.005)
    assert math.exp(gap) / (math.exp(gap) + 9) == pytest.approx(0.68, abs=0.005)
