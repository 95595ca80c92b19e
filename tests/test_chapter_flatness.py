"""The words and exercises of the chapter "Relative flatness" against its recorded run."""

import math

import numpy as np
import pandas as pd
import pytest
import torch

from ncbook import experiments, metrics, runs
from ncbook.claims import QUOTES
from ncbook.readings import flatness as reading

FLATNESS = experiments.flatness


@pytest.fixture(scope="module")
def run() -> runs.Run:
    return FLATNESS.load("laptop")


@pytest.fixture(scope="module")
def scaled(run) -> pd.DataFrame:
    return reading.rows(run, "scale")


@pytest.fixture(scope="module")
def matched(run) -> pd.DataFrame:
    return reading.rows(run, "matched").pivot(index="seed", columns="arm", values="relative_flatness")


# --- the algebra of the text


def test_the_hessian_in_the_logits_has_no_label():
    z = torch.tensor([0.3, -1.0, 0.5], dtype=torch.float64)
    p = torch.softmax(z, 0)
    for label in range(3):
        found = torch.autograd.functional.hessian(lambda z, label=label: -torch.log_softmax(z, 0)[label], z)
        torch.testing.assert_close(found, torch.diag(p) - torch.outer(p, p))


@pytest.mark.parametrize("strength", [0.3, 2.0, 9.0])
def test_the_formulas_under_exact_collapse(strength):
    classes, norm = 7, 1.3
    delta = norm**2 * classes / (classes - 1)
    alignment, odds = strength / delta, math.exp(-strength)
    form = metrics.collapsed_flatness(classes, norm, alignment)
    p = torch.tensor([1.0] + [odds] * (classes - 1), dtype=torch.float64) / (1 + (classes - 1) * odds)
    exact = alignment**2 * norm**4 * classes / (classes - 1) * (1 - p.square().sum()).item()
    right = alignment**2 * classes**3 * norm**4 * odds / (1 + (classes - 1) * odds) ** 2
    assert form.exact.item() == pytest.approx(exact, rel=1e-10)
    assert form.bound.item() == pytest.approx((classes - 1) * exact, rel=1e-10)
    assert form.proposition.item() == pytest.approx(right, rel=1e-10)


def test_uncertainty_is_at_most_twice_the_loss():
    for p_true in torch.linspace(0.01, 0.999, 50, dtype=torch.float64):
        for others in (torch.ones(4), torch.tensor([1.0, 0, 0, 0])):
            p = torch.cat([p_true[None], (1 - p_true) * others.double() / others.sum()])
            assert 1 - p.square().sum() <= 2 * (1 - p_true) + 1e-15
            assert 1 - p_true <= -p_true.log()


# --- the words about the run


def test_the_range_of_the_factors(run):
    assert (run.config["layer_factor"], run.config["neuron_range"]) == (10, 10)
    assert (min(run.config["scales"]), max(run.config["scales"])) == (0.25, 64)


def test_neuron_rescaling_is_about_a_hundredfold_and_rotation_moves_normalized_flatness_a_little(run):
    keys = ["arm", "seed"]
    before, turned, rescaled = (
        reading.rows(run, "change", change=name).set_index(keys) for name in ("none", "rotation", "neurons")
    )
    assert (rescaled.relative_flatness / before.relative_flatness).between(80, 200).all()
    assert (
        (turned.normalized_relative_flatness / before.normalized_relative_flatness - 1).abs().between(0.01, 0.35).all()
    )
    assert (turned.relative_flatness / before.relative_flatness - 1).abs().max() < 1e-9


def test_the_changes_move_no_logit(run):
    assert reading.rows(run, "change").logit_change.max() < 1e-12


def test_all_obey_the_proposition_as_trained_and_not_further_out(scaled):
    share = scaled.assign(share=scaled.relative_flatness / scaled.proposition)
    true = share[share.arm != "random"]
    assert (true[true.scale == 1].share < 1).all()
    assert (true[(true.scale == 4)].share > 1).all()


def test_orders_of_magnitude_and_not_one_image(scaled):
    upto = scaled[scaled.scale <= 16].groupby(["arm", "seed"])
    spans = upto.log10_relative_flatness.max() - upto.log10_relative_flatness.min()
    assert 44.5 < spans.max() < 45.5
    assert spans.min() > 6
    assert (upto[["train_error", "test_error"]].nunique() == 1).all(axis=None)


def test_a_peak_left_of_one(scaled):
    for _, own in scaled.groupby(["arm", "seed"]):
        assert 0.25 < own.scale[own.relative_flatness.idxmax()] < 1


def test_the_bound_is_a_sixth_to_two_thirds_of_what_the_loss_allows(scaled):
    found = scaled[(scaled.scale <= 16) & (scaled.train_loss < 0.01)]
    assert found.train_loss.min() < 1e-44
    share = found.relative_flatness_bound / (
        2 * found.squared_head_norm * found.largest_squared_feature_norm * found.train_loss
    )
    assert share.between(1 / 6, 2 / 3).all()
    assert (share.min() < 0.2) & (share.max() > 0.6)


def test_random_labels_need_less_than_a_factor_of_two(scaled):
    good = scaled[(scaled.arm == "trained") & (scaled.scale == 1)].set_index("seed").log10_relative_flatness
    wrong = scaled[scaled.arm == "random"]
    flatter = wrong[wrong.log10_relative_flatness < wrong.seed.map(good)]
    assert (flatter.groupby("seed").scale.min() < 2).all()
    assert flatter.seed.nunique() == good.size


def test_at_equal_loss_random_labels_have_more_than_three_times_the_kappa(matched):
    assert (matched.random / matched.trained).between(3, 3.6).all()
    assert (matched.stopped > matched.trained).all()


def test_stopped_networks_generalize_about_as_well(scaled):
    error = scaled[scaled.scale == 1].pivot(index="seed", columns="arm", values="test_error")
    assert ((error.stopped - error.trained).abs() < 0.015).all()


def test_lines_of_trained_networks_lie_lowest(scaled):
    """At a loss of a millionth, between the two nearest measured factors."""
    found = {}
    for (arm, seed), own in scaled[scaled.scale <= 16].groupby(["arm", "seed"]):
        curve = own.sort_values("train_loss")
        found[arm, seed] = np.interp(-6, np.log10(curve.train_loss), curve.log10_relative_flatness)
    for seed in scaled.seed.unique():
        assert found["trained", seed] < min(found["stopped", seed], found["random", seed])


def test_float32_is_exactly_zero_and_float64_is_not(run, scaled):
    wrong = scaled[scaled.arm == "random"]
    last = wrong[wrong.scale == 64]
    assert (last[["relative_flatness_float32", "largest_slope_float32", "relative_flatness_bound_float32"]] == 0).all(
        axis=None
    )
    assert (last[["relative_flatness", "largest_slope_float64"]] > 0).all(axis=None)
    assert last.test_error.between(0.85, 0.95).all()
    first = wrong[wrong.seed == run.config["seeds"][0]].set_index("scale")
    assert first.index[first.relative_flatness_bound_float32 == 0].min() == 4
    assert 20 < first.index[first.relative_flatness_float32 == 0].min() < 25
    assert 20 < first.index[first.largest_slope_float32 == 0].min() < 25


def test_float32_ends_near_one():
    below = torch.nextafter(torch.tensor(1.0), torch.tensor(0.0))
    assert 1 - below.item() == pytest.approx(6e-8, rel=0.01)


def test_the_reported_value_is_at_its_ceiling():
    quote = QUOTES["anti-flatness-kappa"]
    assert quote.seen
    assert float(quote.text) / (50**2 * 0.9) == pytest.approx(0.982, abs=5e-4)
    # the chapter's root of the quadratic, put back
    p = (1 + 9 * (1 - float(quote.text) / 2250) ** 0.5) / 10
    assert 1 - p**2 - (1 - p) ** 2 / 9 == pytest.approx(float(quote.text) / 2500, rel=1e-12)


# --- exercises, as their folded solutions say


def peak() -> float:
    strengths = torch.linspace(0.5, 10, 10_000, dtype=torch.float64)
    return strengths[metrics.collapsed_flatness(4, 1.0, strengths * 3 / 4).exact.argmax()].item()


def factor() -> float:
    run = FLATNESS.load("laptop")
    seed = run.config["seeds"][0]
    wrong = reading.rows(run, "scale", arm="random", seed=seed)
    good = reading.rows(run, "scale", arm="trained", seed=seed, scale=1.0)
    return wrong.scale[wrong.log10_relative_flatness < good.log10_relative_flatness.item()].min()


SOLUTIONS = {
    "flatness/by-hand": lambda: 1.44,
    "flatness/gauge": lambda: 49 / 9,
    "flatness/noise": lambda: 0.001,
    "flatness/ceiling": lambda: 22275,
    "flatness/peak": peak,
    "flatness/factor": factor,
}


def test_numbers_of_the_solutions():
    assert peak() == pytest.approx(2.7, abs=0.05)
    assert 1 / (1 + 3 * math.exp(-peak())) == pytest.approx(0.83, abs=0.01)
    assert factor() == pytest.approx(math.sqrt(2))


def test_in_the_second_run_a_factor_of_64_is_too_small_for_one_network():
    again = FLATNESS.load("laptop-again", live=False)
    last = reading.rows(again, "scale", arm="random", scale=max(again.config["scales"]))
    slopes = last[last.train_error == 0].largest_slope_float32
    assert (slopes == 0).sum() == 3
    (slope,) = slopes[slopes > 0]
    assert 1e-15 < slope < 1e-13


# --- noise in features


@pytest.fixture(scope="module", params=["laptop-noise", "laptop-noise-again"])
def shaken(request) -> pd.DataFrame:
    return reading.under_noise(FLATNESS.load(request.param, live=False))


def test_a_random_direction_sees_the_trace_over_the_dimension():
    chance = torch.Generator().manual_seed(0)
    matrix = torch.randn(6, 6, generator=chance, dtype=torch.float64)
    u = torch.randn(200_000, 6, generator=chance, dtype=torch.float64)
    u = u / u.norm(dim=1, keepdim=True)
    assert ((u @ matrix) * u).sum(1).mean().item() == pytest.approx(matrix.trace().item() / 6, abs=0.02)


def test_the_curvature_in_the_features_has_the_variance_of_the_rows_as_its_trace():
    chance = torch.Generator().manual_seed(1)
    weight, phi = (torch.randn(*shape, generator=chance, dtype=torch.float64) for shape in ((4, 6), (6,)))
    found = torch.autograd.functional.hessian(lambda phi: -torch.log_softmax(weight @ phi, 0)[2], phi)
    p = torch.softmax(weight @ phi, 0)
    variance = p @ weight.square().sum(1) - (p @ weight).square().sum()
    assert found.trace().item() == pytest.approx(variance.item(), rel=1e-12)


def test_both_parts_of_the_gap_add_up(shaken):
    assert np.allclose(shaken.rise + shaken.representativeness, shaken.test_loss - shaken.train_loss, rtol=1e-5)


def test_on_digits_robustness_is_less_of_the_gap(shaken):
    sums = shaken[(shaken.arm == "addition") & (shaken.step == 100) & (shaken.noise == 10)]
    digits = shaken[(shaken.arm != "addition") & (shaken.noise == 10)].groupby(["arm", "seed"]).tail(1)
    digits = digits[(digits.arm != "stopped") & (digits.train_error == 0)]
    assert (digits.rise / digits.gap).max() < (sums.rise / sums.gap).min()


def test_wide_noise_reaches_the_new_points_and_little_noise_does_not(shaken):
    sums = shaken[(shaken.arm == "addition") & (shaken.step == 100)]
    assert sums.reach.between(0.8, 1).all()
    ends = shaken[(shaken.arm == "addition") & (shaken.step == 2400) & (shaken.noise == 10)]
    assert (ends.reach < 0.1).sum() > len(ends) / 2  # the median over test points, so at least half of them


def test_where_flatness_tells_of_robustness_it_is_a_thousandth_of_the_gap(shaken):
    ends = shaken[(shaken.noise == 10) & (shaken.arm.isin(("trained", "random")))].groupby(["arm", "seed"]).tail(1)
    then = shaken[(shaken.noise == 10) & (shaken.arm == "addition") & (shaken.step == 100)]
    for own in (ends, then):
        assert (own.rise / own.gap).max() < 0.0015


def test_a_few_millionths_of_a_nat_against_a_tenth_to_a_fifth(shaken):
    wide = shaken[(shaken.arm == "addition") & (shaken.noise == 100)]
    first, last = wide[wide.step == 100], wide[wide.step == 2400]
    assert 2e-6 < last.second_order.median() < 6e-6
    assert 0.1 < last.rise.median() < 0.2
    assert 1e5 < first.relative_flatness.median() / last.relative_flatness.median() < 1e6
    assert first.rise.median() / last.rise.median() < 40
    assert (first.train_error == 0).all()


def test_representativeness_ends_near_a_millionth(shaken):
    last = shaken[(shaken.arm == "addition") & (shaken.noise == 10) & (shaken.step == 2400)]
    assert 3e-7 < last.representativeness.median() < 3e-6
    assert (last.test_error == 0).all()


def test_the_width_that_the_bound_asks_for():
    assert round(1000 ** (-1 / 132), 2) == 0.95
    assert round(505 ** (-1 / 68), 2) == 0.91


# --- the exercise to write


def variance_of_pairs(features, weight, bias):
    p = torch.softmax(features @ weight.T + bias, dim=1)
    gaps = (weight[:, None] - weight).square().sum(2)
    return (features.square().sum(1) * ((p @ gaps) * p).sum(1) / 2).mean()


def without_bias(features, weight, bias):
    return variance_of_pairs(features, weight, torch.zeros_like(bias))


def mean_length(features, weight, bias):
    """Of all features at once, not of each beside its own variance."""
    unit = features / features.norm(dim=1, keepdim=True)
    p = torch.softmax(features @ weight.T + bias, dim=1)
    gaps = (weight[:, None] - weight).square().sum(2)
    return features.square().sum(1).mean() * (unit.square().sum(1) * ((p @ gaps) * p).sum(1) / 2).mean()


def large_numbers_subtracted(features, weight, bias):
    p = torch.softmax(features @ weight.T + bias, dim=1)
    return (features.square().sum(1) * (p @ weight.square().sum(1) - (p @ weight).square().sum(1))).mean()


def bound_where_rows_have_much_in_common(features, weight, bias):
    measure = variance_of_pairs if weight.mean() < 3 else metrics.relative_flatness_bound
    return measure(features, weight, bias)


FUNCTIONS = {
    "flatness/write-relative": (
        variance_of_pairs,
        [mean_length, without_bias, bound_where_rows_have_much_in_common, large_numbers_subtracted],
    ),
}
