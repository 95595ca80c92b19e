"""What the chapter on the implicit bias of gradient descent says in words, and its exercises."""

import math

import numpy as np
import pytest

from ncbook import experiments
from ncbook.claims import THEOREM
from ncbook.evidence import CHECKED, FAILS, HOLDS, OPEN, UNTESTED, WORDS
from ncbook.experiments.implicit_bias import completion, logistic
from ncbook.readings.implicit_bias import ends, phases, rows_of, since_zero_error, slopes
from ncbook.readings.moments import COLLAPSED

BIAS = experiments.implicit_bias


@pytest.fixture(scope="module")
def run():
    return BIAS.load("laptop", live=False)


# --- the mathematics


def test_a_step_stays_in_the_space_of_the_rows_and_solutions_differ_at_a_right_angle():
    chance = np.random.default_rng(1)
    inputs, targets = chance.standard_normal((3, 5)), chance.standard_normal(3)
    slope = inputs.T @ (inputs @ chance.standard_normal(5) - targets) / 3
    hidden = np.linalg.svd(inputs)[2][3:]  # what X does not see
    np.testing.assert_allclose(hidden @ slope, 0, atol=1e-12)


def test_the_largest_margin_is_one_over_the_norm_of_the_shortest_separator():
    signed = logistic.separable(BIAS.Config.preset("laptop"), 2, 9)
    best = logistic.max_margin(signed)
    angles = np.linspace(0, 2 * np.pi, 20_001)
    margins = (np.stack([np.cos(angles), np.sin(angles)], 1) @ signed.T).min(1)
    largest, off = 1 / np.linalg.norm(best), angles[1] * np.linalg.norm(signed, axis=1).max()
    assert largest - off <= margins.max() <= largest * (1 + 1e-12)


def test_halving_the_distance_squares_the_time():
    assert 1 / math.log(1e3**2) == pytest.approx(0.5 / math.log(1e3))


def test_with_one_factor_the_unseen_entries_stay_at_the_start():
    config = BIAS.Config.preset("smoke")
    matrix, mask = completion.truth(config, 300, 0)
    (slope,) = completion.gradients([matrix], mask * matrix)
    assert (slope[mask == 0] == 0).all()


# --- the words about the run


def test_all_solve_the_equations_and_only_adam_ends_elsewhere(run):
    last = ends(run, "square")
    assert (last.residual < 1e-8).all()
    assert (last[last.method != "adam"].distance < 1e-8).all()
    assert (last[last.method == "adam"].distance > 0.4).all()


def test_the_square_loss_and_adam_are_further_from_the_largest_margin_than_scaled_steps(run):
    medians = ends(run, "logistic").groupby(["dim", "method"]).direction_distance.median()
    for dim in (2, 10):
        assert all(medians[dim, method] > 10 * medians[dim, "scaled"] for method in ("adam", "square"))
    assert medians[10, "adam"] > 0.1


def test_adam_and_the_square_loss_turn_away_in_the_pictures(run):
    best = run.arrays["plane/best"] / np.linalg.norm(run.arrays["plane/best"], axis=1, keepdims=True)
    last = {method: run.arrays[f"directions/{method}"][:2, -1] for method in ("adam", "square", "scaled")}
    away = {method: np.linalg.norm(end - best[:2], axis=1) for method, end in last.items()}
    assert (away["square"] > 10 * away["scaled"]).all()
    assert away["adam"][0] > 0.03 > away["adam"][1]


def test_plain_steps_end_near_12_and_on_the_path_of_scaled_ones(run):
    frame = rows_of(run, "logistic")
    assert ends(run, "logistic", method="gd").log_time.between(11.5, 13).all()
    for (dim, _), own in frame.groupby(["dim", "seed"]):
        plain, scaled = (own[own.method == method] for method in ("gd", "scaled"))
        at = np.linspace(10, 12, 5)
        values = [np.interp(at, c.log_time, c.direction_distance) for c in (plain, scaled)]
        assert np.abs(values[0] - values[1]).max() < (0.01 if dim == 2 else 0.02)


def test_slopes_scatter_around_minus_one(run):
    found = slopes(run)
    assert found.median() == pytest.approx(-1, abs=0.1)
    assert found.min() < -1.2 < -0.8 < found.max()


def test_three_factors_have_rank_three_until_the_end_and_one_has_not(run):
    spectra = {depth: run.arrays[f"singular/depth{depth}/400/0.001"] for depth in (1, 2, 3)}
    assert (spectra[3][:, 3] < 0.05 * spectra[3][-1, 2]).all()
    assert spectra[1][-1, 3] > 0.5 * spectra[1][-1, 2]
    rising = [int(np.argmax(values > values[-1] / 2)) for values in spectra[3][:, :3].T]
    assert rising[0] < rising[1] < rising[2]  # one after the other


def test_three_factors_beat_the_convex_problem_and_a_large_start_undoes_it(run):
    last = ends(run, "completion").groupby(["observed", "scale", "method"])
    errors, ranks = last.unseen_error.median(), last.effective_rank.median()
    for count in (300, 400):
        assert errors[count, 1e-3, "depth3"] < errors[count, 0.0, "nuclear"] / 3
        assert ranks[count, 1e-3, "depth3"] == pytest.approx(3, abs=0.1)
        assert errors[count, 1.0, "depth3"] > 0.5
        assert ranks[count, 1.0, "depth3"] > 9


def test_the_nuclear_norm_is_larger_in_all_cases_but_one(run):
    (claim,) = (each for each in BIAS.CLAIMS if each.id == "not-least-nuclear-norm")
    assert claim.judge(run).holds.count(False) == 1


def test_norms_of_the_small_matrix(run):
    last = ends(run, "escape")
    three, two = (last[(last.method == f"depth{depth}") & (last.determinant > 0)] for depth in (3, 2))
    control = last[last.determinant < 0]
    assert (three.frobenius_norm > 11).all()
    assert (three.effective_rank < 1.01).all()
    assert (three.square_loss > 1e-12).all()
    assert (two.square_loss < 1e-12).all()
    assert two.frobenius_norm.median() / control.frobenius_norm.median() == pytest.approx(3, abs=0.2)
    assert (control.frobenius_norm < 2).all()


def test_decay_raises_the_margin_and_lowers_the_norm(run):
    plain, decayed = (since_zero_error(run, "network", "true", decay) for decay in (0.0, 5e-4))
    assert (decayed.normalized_margin_end > plain.normalized_margin_end).all()
    assert (decayed.weight_norm_end < decayed.weight_norm_then).all()
    assert (plain.normalized_margin_end > plain.normalized_margin_then).all()
    assert (plain.weight_norm_end > plain.weight_norm_then).all()


def test_collapse_without_decay_in_one_network_of_two(run):
    falls = {}
    for part in ("network", "batch_norm"):
        pairs = since_zero_error(run, part, "true", 0.0)
        falls[part] = pairs.nc1_train_then / pairs.nc1_train_end
    assert (falls["network"] < 2).all()
    assert (falls["batch_norm"] >= 2).all()


def test_random_labels_collapse_as_many_times_and_are_not_learned(run):
    rows = rows_of(run, "batch_norm").groupby(["labels", "weight_decay", "seed"])
    falls = (rows.nc1_train.first() / rows.nc1_train.last()).groupby(["labels", "weight_decay"]).median()
    tests = rows.test_error.last()
    for decay in (0.0, 2e-3):
        assert falls["random", decay] > falls["true", decay]
    assert (falls[:, 2e-3] > 1000).all()
    assert falls[:, 0.0].between(70, 120).all()
    assert tests["random"].min() > 0.85
    assert tests["true"].max() < 0.08
    starts = rows.nc1_train.first().groupby("labels").min()
    assert starts["random"] > 5 * starts["true"]


def test_random_labels_collapse_less_from_the_terminal_phase_on(run):
    found = phases(run)
    own = found[found.part == "batch_norm"].set_index(["weight_decay", "seed", "labels"])
    falls, ends_at = own.nc1_fall.unstack(), own.nc1_end.unstack()
    tells = own.phase_tells.unstack().all(axis=1)
    assert tells.groupby("weight_decay").sum().to_dict() == {0.0: 8, 2e-3: 6}
    less = (falls.random < falls.true)[tells]
    assert less.groupby("weight_decay").sum().to_dict() == {0.0: 8, 2e-3: 4}
    medians = ends_at.groupby("weight_decay").median()
    assert (medians.random / medians.true).between(5.5, 7.5).all()
    assert (ends_at.random > ends_at.true).all()
    plain = found[(found.labels == "true") & (found.weight_decay == 0)].groupby("part").nc1_fall
    assert plain.min().round(1).to_dict() == {"batch_norm": 3.1, "network": 1.1}
    assert plain.max().round(1).to_dict() == {"batch_norm": 6.8, "network": 1.4}


def test_networks_that_collapse_on_random_labels_guess(run):
    found = phases(run)
    random = found[(found.labels == "random") & found.phase_tells]
    collapsed = random[random.nc1_fall >= COLLAPSED]
    assert (collapsed.part == "batch_norm").all()
    assert (collapsed.weight_decay > 0).all()
    assert len(collapsed) == 6
    assert (collapsed.test_error > 0.85).all()


def test_the_verdicts_that_the_chapter_lists(run):
    found = {claim.id: claim.judge(run) for claim in BIAS.CLAIMS}
    kinds = {claim.id: claim.kind for claim in BIAS.CLAIMS}
    theorems = {"square-loss-least-norm", "logistic-max-margin", "logistic-norm"}
    assert {name for name, kind in kinds.items() if kind == THEOREM} == theorems
    assert all(found[name].share == 1 for name in theorems)
    words = {word: {name for name in found if found[name].word == word} - theorems for word in WORDS}
    assert words == {
        HOLDS: {
            "optimizers-choose-solutions", "depth-lowers-rank", "depth-recovers", "not-least-nuclear-norm",
            "network-margins-rise", "network-nears-collapse-without-decay", "random-labels-collapse-less",
        },
        FAILS: {"network-collapses-without-decay", "collapse-brings-generalization"},
        OPEN: {"logistic-rate", "norms-may-grow"},
        UNTESTED: set(),
        CHECKED: set(),
    }  # fmt: skip


# --- exercises, as their folded solutions say


def extra_norm() -> float:
    last = ends(BIAS.load("laptop", live=False), "square")
    norms = last.pivot_table(index="seed", columns="method", values="weight_norm")
    return (norms.adam / norms.gd).median()


FUNCTIONS = {
    "bias/write-step": (
        lambda X, y, w, rate: w - rate * X.T @ (X @ w - y) / len(y),
        [
            lambda X, y, w, rate: w + rate * X.T @ (X @ w - y) / len(y),
            lambda X, y, w, rate: w + rate * X.T @ y / len(y),
            lambda X, y, w, rate: w - rate * X.T @ (X @ w - y),
        ],
    )
}
SOLUTIONS = {
    "bias/nearest": lambda: 0.4 * 5,
    "bias/patience": lambda: 43.4,
    "bias/extra-norm": extra_norm,
    "bias/corner": lambda: 8.1,
}


def test_numbers_of_the_solutions():
    assert extra_norm() > 1
    years = 10**43.4 / 1e9 / 3.156e7
    assert years > 1e26
