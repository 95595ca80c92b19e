"""What the chapter on the bound for test collapse says in words, its equations, and its exercises."""

import math

import numpy as np
import pytest
import torch

from ncbook import experiments, metrics, readings
from ncbook.claims import THEOREM
from ncbook.evidence import UNTESTED
from ncbook.experiments.bound.certificates import deviations

BOUND = readings.bound


@pytest.fixture(scope="module")
def run():
    return experiments.bound.load("laptop")


@pytest.fixture(scope="module")
def pairs(run):
    return BOUND.rows(run, "pair")


@pytest.fixture(scope="module")
def networks(run):
    return BOUND.rows(run, "network")


# --- the equations


def clouds(seed: int) -> list[torch.Tensor]:
    """Two samples and two populations, each with a mean, a spread and a number of points of its own."""
    chance = torch.Generator().manual_seed(seed)
    spreads, counts = torch.rand(4, generator=chance) + 0.2, (5, 9, 300, 200)
    return [
        spread.double() * torch.randn(count, 6, generator=chance, dtype=torch.float64) + 3 * (place % 2)
        for place, (spread, count) in enumerate(zip(spreads, counts, strict=True))
    ]


def variance(points: torch.Tensor) -> float:
    return (points - points.mean(0)).square().sum(1).mean().item()


@pytest.mark.parametrize("seed", range(5))
def test_the_three_steps(seed):
    s_i, s_j, p_i, p_j = clouds(seed)
    found = metrics.test_collapse_bound(s_i, s_j, p_i, p_j)
    near, far = ((x.mean(0) - y.mean(0)).norm().item() for x, y in ((s_i, s_j), (p_i, p_j)))
    shifts = [(p.mean(0) - s.mean(0)).norm().item() for s, p in ((s_i, p_i), (s_j, p_j))]
    a = sum(shifts) / far
    assert near <= (1 + a) * far + 1e-12
    swapped = (1 + a) ** 2 * (variance(p_i) + variance(p_j)) / (2 * near**2)
    gaps = abs(variance(p_i) - variance(s_i)) + abs(variance(p_j) - variance(s_j))
    B = (1 + a) ** 2 * gaps / (2 * near**2)
    bound = (1 + 2 * a + a**2) * (variance(s_i) + variance(s_j)) / (2 * near**2) + B
    assert found.population_cdnv <= swapped + 1e-12 <= bound + 2e-12
    assert (found.A, found.B, found.bound) == pytest.approx((2 * a + a**2, B, bound), rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_a_variance_gap_follows_from_the_two_concentration_terms(seed):
    sample, _, population, _ = clouds(seed)
    found = metrics.test_collapse_bound(*clouds(seed))
    lengths = (sample.mean(0).norm() + population.mean(0).norm()).item()
    assert found.variance_gaps[0] <= found.square_gaps[0] + found.mean_shifts[0] * lengths + 1e-12
    square = abs(population.square().sum(1).mean() - sample.square().sum(1).mean()).item()
    assert found.square_gaps[0] == pytest.approx(square, rel=1e-9)


def test_the_distance_of_the_population_is_bounded_below(pairs):
    assert (pairs.distance_test >= pairs.distance_train - pairs.shift_sum - 1e-9).all()


def test_the_inequality_of_the_text():
    shift, square = deviations(7.0, 50, 0.01)
    assert shift == pytest.approx(7 / math.sqrt(50) * (1 + math.sqrt(2 * math.log(100))))
    assert square == pytest.approx(49 * math.sqrt(math.log(200) / 100))


def test_the_error_bounds_of_the_text():
    points = torch.cat(clouds(1)[2:])
    labels = torch.tensor([0] * 300 + [1] * 200)
    mean = metrics.cdnv(points, labels).item()
    assert metrics.ncc_error_bound(points, labels).item() == pytest.approx(4 * mean)
    assert metrics.ncc_error_bound(points, labels, shots=5).item() == pytest.approx(16 * (1 + 2 / 5) * mean)


def test_gaussians_of_the_text(run):
    distance = run.arrays["gaussian/distance"]
    np.testing.assert_allclose(run.arrays["gaussian/cdnv"], np.array([[1], [10], [100]]) / distance**2)
    assert run.arrays["gaussian/error"][0] == pytest.approx(0.5 * math.erfc(distance[0] / 2 / math.sqrt(2)))


def test_a_mean_squared_shift_is_the_variance_over_n():
    chance = torch.Generator().manual_seed(0)
    drawn = torch.randn(20_000, 12, 3, generator=chance, dtype=torch.float64)
    assert drawn.mean(1).square().sum(1).mean().item() == pytest.approx(3 / 12, rel=0.02)


# --- the words about the run


def by_size(frame, column):
    return frame.groupby("per_class")[column].mean()


def test_the_sizes_of_the_text(run):
    assert run.config["sizes"] == [25, 50, 100, 200, 400, 800]
    assert (run.config["network"], run.config["population_per_class"], run.config["failure"]) == ("mlp", 1000, 0.05)


def test_training_rises_and_population_falls(pairs):
    train, population = (by_size(pairs, name) for name in ("cdnv_train", "cdnv_test"))
    assert (train.diff().dropna() > 0).all()
    assert (population.diff().dropna() < 0).all()
    assert 100 < population[25] / train[25] < 1000
    assert 2 < population[800] / train[800] < 3
    assert population[25] / population[800] == pytest.approx(9, abs=0.5)


def test_how_close_the_bound_is(pairs):
    over = (pairs.cdnv_bound / pairs.cdnv_test - 1).groupby(pairs.per_class).mean()
    assert over[25] == pytest.approx(1 / 3, abs=0.02)
    assert over[800] == pytest.approx(0.03, abs=0.005)
    assert (pairs.cdnv_bound < 2 * pairs.cdnv_test).all()
    assert (pairs.cdnv_bound >= pairs.cdnv_test).all()


def test_the_bound_is_nearly_all_b_with_few_images(pairs):
    share = (pairs.B / pairs.cdnv_bound).groupby(pairs.per_class).mean()
    assert (share[[25, 50]] > 0.99).all()
    assert (share.diff().dropna() < 0).all()


def test_halves(pairs):
    kept = (pairs.half_bound >= pairs.half_cdnv).groupby(pairs.per_class).mean()
    off = (pairs.half_cdnv / pairs.cdnv_test - 1).abs().mean()
    assert kept[25] == 1
    assert kept[800] < 0.7
    assert off == pytest.approx(0.023, abs=0.005)


def test_the_terminal_phase(run):
    seen = BOUND.terminal(run)
    small = seen[seen.per_class == 25]
    assert (small.cdnv_train_then / small.cdnv_train_end > 300).all()
    assert (small.cdnv_test_then / small.cdnv_test_end).median() == pytest.approx(2.3, abs=0.2)
    few = seen[seen.per_class <= 100]
    assert (few.B_end > few.B_then).all()
    large = seen[seen.per_class == 800]
    assert (large.cdnv_test_then / large.cdnv_test_end < 2).all()
    assert not (large.cdnv_train_then / large.cdnv_train_end >= 2).all()


def test_the_two_fall_together_at_800_images(run):
    time = BOUND.rows(run, "time")
    large = time[(time.per_class == 800) & (time.step > 0)]
    assert (large.cdnv_test / large.cdnv_train < 2.5).all()


def test_rates(run, networks):
    fixed = BOUND.rows(run, "fixed")
    assert all((BOUND.rates(fixed, name) + 0.5).abs().max() < 0.02 for name in ("shift", "square"))
    for name in ("shift", "shift_if_fresh"):
        assert (BOUND.rates(networks, name, "length") + 0.71).abs().max() < 0.02
    assert BOUND.rates(networks, "shift_by_train", "length").abs().max() < 0.03


def test_shifts_are_five_to_six_times_as_large(networks):
    ratio = (networks["shift"] / networks.shift_if_fresh).groupby(networks.per_class).mean()
    assert ratio.between(4.5, 6.5).all()
    guess = (networks["shift"] / networks.shift_by_train).groupby(networks.per_class).mean()
    assert guess[[25, 50, 100, 200]].between(10, 100).all()


def test_what_needs_no_population(pairs):
    assert (pairs.bootstrap_train < pairs.cdnv_test).all()
    assert (pairs.bootstrap_fresh >= pairs.cdnv_test).mean() > 0.95
    silent = np.isinf(pairs.hoeffding).groupby(pairs.per_class).mean()
    assert (silent[[25, 50]] == 1).all()
    assert (silent[[200, 400, 800]] == 0).all()
    assert 0 < silent[100] < 1
    times = by_size(pairs, "hoeffding") / by_size(pairs, "cdnv_test")
    assert times[800] == pytest.approx(40, abs=3)
    assert times[200] == pytest.approx(195, abs=10)


def test_norms_are_over_a_thousand_times_too_large(networks):
    largest = networks[networks.per_class == 800]
    assert (largest.norm_scale / largest["shift"] > 1000).all()


def test_nearest_centers(networks):
    assert (networks.ncc_error_bound / networks.ncc_error_test >= 50).all()
    bound, along = by_size(networks, "ncc_error_bound"), by_size(networks, "directional_ncc_error_bound")
    assert (bound[[25, 50, 100, 200]] > 1).all()
    assert (bound[[400, 800]] < 1).all()
    assert (along[[100, 200, 400, 800]] < 1).all()
    assert (along[[25, 50]] > 1).all()
    assert 1 / by_size(networks, "ncc_error_test")[200] == pytest.approx(70, abs=2)
    assert by_size(networks, "shift")[25] / by_size(networks, "length")[25] == pytest.approx(0.25, abs=0.02)
    assert (networks.ncc_error_test_train_means - networks.ncc_error_test).abs().max() < 0.012


def test_verdicts_of_the_text(run):
    evidence = {claim.id: claim.judge(run) for claim in experiments.bound.CLAIMS}
    shares = {name: found.share for name, found in evidence.items()}
    assert [name for name, share in shares.items() if share == 0] == [
        "collapse-shrinks-b", "concentration-rate-trained", "test-collapse-follows",
    ]  # fmt: skip
    assert [name for name, found in evidence.items() if found.word == UNTESTED] == ["collapse-allows-inferences"]
    assert [name for name, share in shares.items() if 0 < share < 1] == []
    kinds = {claim.id: claim.kind for claim in experiments.bound.CLAIMS}
    assert [name for name, kind in kinds.items() if kind == THEOREM] == [
        "bound-holds", "concentration-rate-fixed", "center-error-bound",
    ]  # fmt: skip


def test_the_population_follows_a_third_of_the_way(run):
    (claim,) = (each for each in experiments.bound.CLAIMS if each.id == "test-collapse-follows")
    found = claim.judge(run)
    assert all(0.2 < value < 0.4 for value in found.values)
    phases = BOUND.phases(run)
    assert phases[phases.phase_tells].per_class.max() == 200
    assert phases[phases.phase_tells & (phases.per_class == 200)].seed.tolist() == [444]
    means = phases[phases.phase_tells].groupby("per_class").follows.mean()
    assert means.is_monotonic_increasing
    assert means[25] == pytest.approx(0.15, abs=0.01)


# --- exercises, as their folded solutions say


def dependence() -> float:
    networks = BOUND.rows(experiments.bound.load("laptop"), "network")
    own = networks[networks.per_class == 100]
    return (own["shift"] / own.shift_if_fresh).median()


SOLUTIONS = {
    "bound/shift": lambda: 0.25 * 3,
    "bound/silent": lambda: 1 / 396,
    "bound/dependence": dependence,
    "bound/images": lambda: 2497,
}


def _bound(S_i, S_j, P_i, P_j, gap=torch.abs, spread=lambda points: (points - points.mean(0)).square().sum(1).mean()):
    def distance(first, second):
        return (first.mean(0) - second.mean(0)).norm()

    a = (distance(P_i, S_i) + distance(P_j, S_j)) / distance(P_i, P_j)
    gaps = gap(spread(P_i) - spread(S_i)) + gap(spread(P_j) - spread(S_j))
    return (1 + a) ** 2 * (spread(S_i) + spread(S_j) + gaps) / (2 * distance(S_i, S_j) ** 2)


def one_less(S_i, S_j, P_i, P_j):
    return _bound(S_i, S_j, P_i, P_j, spread=lambda points: points.var(0).sum())


def signed(S_i, S_j, P_i, P_j):
    return _bound(S_i, S_j, P_i, P_j, gap=lambda difference: difference)


def without_a_point(S_i, S_j, P_i, P_j):
    """Gives up where a sample has no spread."""
    return _bound(S_i, S_j, P_i, P_j) if S_i.std() > 0 else torch.tensor(0.0)


FUNCTIONS = {"bound/write-bound": (_bound, [one_less, signed, without_a_point])}


def test_numbers_of_the_solutions(networks):
    assert dependence() == pytest.approx(6, abs=0.5)
    share = by_size(networks, "shift") / by_size(networks, "length")
    assert share[100] > 0.1 > share[200]
    assert networks.largest_norm.mean() == pytest.approx(7, abs=0.3)
    assert networks.length.mean() == pytest.approx(6.25, abs=0.1)
