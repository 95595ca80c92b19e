"""What "Four properties" says in words about its recorded run, and the solutions of its exercises."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from ncbook import exercises, experiments, metrics, readings


@pytest.fixture(scope="module")
def run():
    return experiments.simplex.load("laptop")


@pytest.fixture(scope="module")
def arms(run):
    return readings.simplex.ends(run)


def of(frame, count, dim, decay=0.005):
    return frame[(frame.num_classes == count) & (frame.dim == dim) & (frame.weight_decay == decay)]


@pytest.fixture(scope="module")
def kept(run):
    return experiments.simplex.kept(run)


# --- curves


def test_nc1_ends_below_a_thousandth_on_train_and_at_a_few_hundredths_on_test(arms):
    for count, dim in ((3, 2), (4, 3)):
        assert (of(arms, count, dim).nc1_train < 1e-3).all()
        assert of(arms, count, dim).nc1_test.between(0.015, 0.045).all()


def test_the_angles_of_four_classes_stand_still_for_some_hundred_steps_and_then_fall(run):
    angles = of(run.to_frame(), 4, 3).groupby("step").nc2_angles_train.median()
    assert angles[(angles.index > 15) & (angles.index < 250)].between(0.34, 0.41).all()
    assert angles.iloc[-1] < 0.05


def test_the_worst_seed_still_grew_when_the_learning_rate_dropped_and_hardly_after(run):
    rows = of(run.to_frame(), 4, 3)
    worst = rows[rows.step == rows.step.max()].set_index("seed").nc2_angles_train.idxmax()
    angles = rows[rows.seed == worst].set_index("step").nc2_angles_train
    drop = run.config["steps"] / 3
    before, at = angles[angles.index < drop / 2].iloc[-1], angles[angles.index > drop].iloc[0]
    assert before - at > 3 * (at - angles.iloc[-1])


# --- what came out


def test_all_trials_but_one_hold_for_the_angles_and_the_meeting_and_all_for_the_rest(run):
    answers = {claim.id: claim.judge(run) for claim in experiments.simplex.CLAIMS}
    missed = {name: (each.holds.count(False), each.valid) for name, each in answers.items()}
    assert missed.pop("enough-dimensions-for-the-simplex") == (3, 3)
    assert missed.pop("enough-dimensions-for-the-error") == (0, 3)
    assert {name for name, (count, _) in missed.items() if count} == {"simplex-nc2-angles", "simplex-meeting"}
    assert missed["simplex-nc2-angles"] == missed["simplex-meeting"] == (1, 6)
    assert answers["simplex-nc2-angles"].holds == answers["simplex-meeting"].holds
    assert all(valid == 6 for _, valid in missed.values())


def test_with_a_tenth_of_the_weight_decay_lengths_are_equal_and_the_figure_is_flat(run, arms):
    control = of(arms, 4, 3, 0.0005)
    assert (control.nc2_norms_train < 0.05).all()
    assert (control.nc1_train < 0.05).all()
    assert (control.nc2_angles_train > 0.3).all()


def test_four_classes_in_the_plane_form_a_square_and_collapse(run, arms):
    plane, space = of(arms, 4, 2), of(arms, 4, 3)
    np.testing.assert_allclose(plane.nc2_angles_train, 4 / 9, atol=5e-4)
    assert (plane.nc4_train == 0).all()
    assert (plane.nc3_train < 0.01).all()
    assert abs(plane.test_error.median() - space.test_error.median()) < 0.005
    cosines = np.sort(run.arrays["k4-d2-wd0.005/cosines"], axis=1)
    np.testing.assert_allclose(cosines, [[-1, -1, 0, 0, 0, 0]] * 3, atol=0.06)


def test_nine_dimensions_classify_as_well_and_form_no_simplex(arms):
    nine, more, whole = of(arms, 10, 9), of(arms, 10, 64), of(arms, 10, 128)
    assert abs(nine.test_error.median() - whole.test_error.median()) < 0.005
    assert nine.nc2_angles_train.min() > 0.18 > more.nc2_angles_train.max()
    assert more.nc2_angles_train.min() > 2 * whole.nc2_angles_train.max()
    assert max(nine.nc3_train.max(), more.nc3_train.max()) < whole.nc3_train.min()


def test_every_point_of_a_collapsed_network_has_nearly_the_margin_of_the_formula(run):
    features, labels, weight, bias = experiments.simplex.final(run, 1)
    means = metrics.class_means(features, labels)
    alpha, beta = (means - means.mean(0)).norm(dim=1).mean().item(), weight.norm(dim=1).mean().item()
    margins = metrics.margins(features @ weight.T + bias, labels)
    np.testing.assert_allclose(margins, alpha * beta * 4 / 3, rtol=0.05)


def test_a_network_is_named_for_readers_with_its_decay_where_that_is_the_smaller(run, arms):
    named = readings.simplex.by_network(run)
    assert len(named) == len(arms)
    assert set(named.network[arms.weight_decay < 0.005]) == {"K = 4, d = 3, decay 0.0005"}
    assert set(named.network[arms.dim == 64]) == {"K = 10, d = 64"}
    np.testing.assert_allclose(named["test error (%)"], 100 * arms.test_error)


# --- conventions, which stand on the page of measures


def _conventions(kept):
    """The values of the page's table, row by row."""
    h, y, weight, bias = (kept[name] for name in ("train_features", "train_labels", "weight", "bias"))
    test_h, test_y = kept["test_features"], kept["test_labels"]
    ours, means = metrics.collapse(h, y, weight, bias), metrics.class_means(h, y)
    lengths, pairs = (means - means.mean(0)).norm(dim=1), metrics.cdnv_pairs(h, y)
    yield from (ours.nc1, metrics.nc1(h, y, divide_by_classes=False), ours.variance_ratio)
    yield from (ours.nc2_norms, lengths.std() / lengths.mean())
    yield from (ours.nc2_angles, metrics.collapse(h, y, means).nc2_angles_head)
    yield from (ours.nc3, metrics.collapse(h, y, weight - weight.mean(0)).nc3, ours.nc3_etf)
    yield from ((pairs[0, 1] + pairs[1, 0]) / 2, pairs[0, 1], pairs[1, 0])
    yield from (metrics.cdnv(h, y, normalization=each) for each in ("half-sum", "one-sided", "sum"))
    yield from (ours.nc4, metrics.nearest_mean_mismatch(test_h, means, weight, bias))
    yield metrics.collapse(test_h, test_y, weight, bias).nc4


def test_the_table_of_conventions_is_that_of_the_run(kept):
    page = (Path(__file__).parents[1] / "book" / "measures.md").read_text(encoding="utf-8")
    rows = page.partition("| convention | value |")[2].partition("\n\n")[0].splitlines()[2:]
    stated = [row.strip("| ").rpartition("|")[2].strip(" $") for row in rows]
    assert [f"{value:.{len(text) - 2}f}" for value, text in zip(_conventions(kept), stated, strict=True)] == stated


def test_the_table_is_about_25_points_of_each_class_and_both_splits(kept):
    for split in ("train", "test"):
        assert torch.bincount(kept[f"{split}_labels"]).tolist() == [25] * 10
    assert (kept["train_features"] >= 0).all()


def test_means_divided_by_all_points_have_the_same_cosines_and_other_lengths(kept):
    features, labels = kept["train_features"], kept["train_labels"]
    means = metrics.class_means(features, labels)
    short, right = (metrics.collapse(means * size, torch.arange(10), means * size) for size in (0.1, 1.0))
    assert short.nc2_angles == pytest.approx(right.nc2_angles)


def test_a_plain_pseudo_inverse_in_single_precision_is_far_off(kept):
    h, y = kept["train_features"], kept["train_labels"]
    means = metrics.class_means(h, y).float()
    within, between = h - means[y], means - means.mean(0)
    sigma_w, sigma_b = (within.T @ within / len(h)).numpy(), (between.T @ between / 10).numpy()
    assert abs(np.trace(sigma_w @ np.linalg.pinv(sigma_b)) / 10) > 1000 * metrics.nc1(h, y)
    kept_rank = np.trace(sigma_w @ np.linalg.pinv(sigma_b, rcond=1e-5)) / 10
    assert kept_rank == pytest.approx(metrics.nc1(h, y), rel=1e-3)


def test_uncentered_means_have_positive_cosines_and_the_rows_nearly_sum_to_zero(kept):
    means = metrics.class_means(kept["train_features"], kept["train_labels"])
    unit = torch.nn.functional.normalize(means, dim=1)
    assert (unit @ unit.T > 0).all()
    assert kept["weight"].mean(0).norm() < 0.05 * kept["weight"].norm(dim=1).mean()


def test_around_the_mean_of_all_points_an_unbalanced_set_is_further_from_a_simplex(kept):
    h, y = kept["train_features"].double(), kept["train_labels"]
    some = (y != 0) | (torch.arange(len(y)) % 5 == 0)
    assert torch.bincount(y[some]).tolist() == [5] + [25] * 9
    means = metrics.class_means(h[some], y[some])
    centers = means.mean(0), h[some].mean(0)
    by_class, by_point = (
        metrics.collapse(h[some], y[some], means - center).nc2_angles_head for center in centers
    )  # fmt: skip
    assert by_point > 1.3 * by_class


def test_the_factors_of_the_sample_standard_deviation():
    assert math.sqrt(10 / 9) == pytest.approx(1.05, abs=0.005)
    assert math.sqrt(3 / 2) == pytest.approx(1.22, abs=0.005)


# --- the proofs, on numbers


def test_angles_of_a_simplex_leave_only_equal_lengths_to_centered_means():
    gram = metrics.simplex_etf(5, 7) @ metrics.simplex_etf(5, 7).T
    values, vectors = torch.linalg.eigh(gram)
    assert (values < 1e-9).sum() == 1  # the only relation between the five directions
    torch.testing.assert_close(vectors[:, 0].abs(), torch.full((5,), 5**-0.5, dtype=torch.float64))


@pytest.mark.parametrize(("size", "dim"), [(3, 5), (5, 3), (10, 128)])
def test_no_unit_vectors_have_a_smaller_largest_cosine(size, dim):
    generator = torch.Generator().manual_seed(size)
    vectors = torch.nn.functional.normalize(torch.randn(200, size, dim, generator=generator).double(), dim=2)
    cosines = vectors @ vectors.mT - 2 * torch.eye(size)
    assert (cosines.amax((1, 2)) > -1 / (size - 1)).all()


@pytest.mark.parametrize("bias_decay", [0.01, 0.0])
def test_the_best_classifier_of_a_simplex_is_the_simplex(bias_decay):
    vertices = metrics.simplex_etf(4, 5)
    weight = torch.randn(4, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    solver = torch.optim.LBFGS(
        [weight, bias], max_iter=500, tolerance_grad=1e-12, tolerance_change=1e-15, line_search_fn="strong_wolfe"
    )

    def loss():
        solver.zero_grad()
        logits = vertices @ weight.T + bias
        value = torch.nn.functional.cross_entropy(logits, torch.arange(4))
        value = value + 0.01 * weight.square().sum() + bias_decay * bias.square().sum()
        value.backward()
        return value

    solver.step(loss)
    measured = metrics.collapse(vertices, torch.arange(4), weight.detach(), bias.detach())
    assert measured.nc3 < 1e-8
    assert (bias - bias.mean()).abs().max() < 1e-5


# --- exercises


def nc3_of_turned() -> float:
    angle = math.radians(30)
    turn = torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]).double()
    vertices = metrics.simplex_etf(3, 2)
    measured = metrics.collapse(vertices, torch.arange(3), vertices @ turn)
    assert measured.nc4 == 0
    return measured.nc3


def distance_of_collapsed() -> float:
    vertices = metrics.simplex_etf(4, 3)
    return metrics.normalized_margins(2 * vertices, torch.arange(4), 3 * vertices).min().item()


def my_angles(means):  # as in the chapter's solution
    return _angles(means - means.mean(dim=0))


def _angles(centered):
    return (_cosines(centered) + 1 / (len(centered) - 1)).abs().mean()


def _cosines(vectors):
    unit = vectors / vectors.norm(dim=1, keepdim=True)
    return (unit @ unit.T)[~torch.eye(len(vectors), dtype=torch.bool)]


def angles_that_cancel(means):
    return (_cosines(means - means.mean(dim=0)) + 1 / (len(means) - 1)).mean().abs()


def products_for_cosines(means):
    centered = means - means.mean(dim=0)
    centered = centered / centered.norm(dim=1).mean()
    return ((centered @ centered.T)[~torch.eye(len(means), dtype=torch.bool)] + 1 / (len(means) - 1)).abs().mean()


FUNCTIONS = {"simplex/write-angles": (my_angles, [angles_that_cancel, _angles, products_for_cosines])}


def test_the_square_of_the_exercise_is_that_of_the_chapter():
    (first, *_) = exercises.FUNCTIONS["simplex/write-angles"].trials
    assert my_angles(*first.arguments()) == pytest.approx(4 / 9)
    assert angles_that_cancel(*first.arguments()) == pytest.approx(0)


SOLUTIONS = {
    "simplex/gram": lambda: 10 / 9,
    "simplex/uncentered": lambda: 11 / 15,
    "simplex/rotated": nc3_of_turned,
    "simplex/parameters": lambda: sum(range(119, 128)) + 1,
    "simplex/margin": distance_of_collapsed,
}


def test_the_numbers_that_collapse_fixes_are_the_gram_matrix_up_to_scale():
    assert 9 * 128 - exercises.EXERCISES["simplex/parameters"].answer() == 9 * 10 / 2 - 1 == 44


def test_every_exercise_of_the_chapter_is_tested():
    assert {name for name in exercises.EXERCISES if name.startswith("simplex/")} == set(SOLUTIONS)
