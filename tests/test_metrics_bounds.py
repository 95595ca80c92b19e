"""Bounds from the CDNV against slow definitions, as theorems on hundreds of random sets, and where they are tight."""

import itertools
import math

import numpy as np
import pytest
import torch
from draws import around, normal
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import classes
from tables import for_each

from ncbook.metrics import _classes
from ncbook.metrics.bounds import directional_ncc_error_bound, ncc_error_bound
from ncbook.metrics.bounds import test_collapse_bound as collapse_bound  # under its own name pytest would run it
from ncbook.metrics.concentration import concentration
from ncbook.metrics.geometry import simplex_etf

# --- slow definitions: numpy in the machine's longest precision, loops over points and classes


def long(tensor):
    return np.array(tensor.double().numpy(), dtype=np.longdouble)


def mean_and_variance(features):
    mean = features.mean(0)
    return mean, sum(((h - mean) ** 2).sum() for h in features) / len(features)


def slow_collapse_bound(train_i, train_j, population_i, population_j):
    (s_i, var_s_i), (s_j, var_s_j) = mean_and_variance(train_i), mean_and_variance(train_j)
    (p_i, var_p_i), (p_j, var_p_j) = mean_and_variance(population_i), mean_and_variance(population_j)
    shifts = [np.sqrt(((p - s) ** 2).sum()) for p, s in ((p_i, s_i), (p_j, s_j))]
    gaps = [abs(var_p_i - var_s_i), abs(var_p_j - var_s_j)]
    distance_s, distance_p = np.sqrt(((s_i - s_j) ** 2).sum()), np.sqrt(((p_i - p_j) ** 2).sum())
    pairs = ((population_i, train_i), (population_j, train_j))
    squares = [abs((p**2).sum(1).mean() - (s**2).sum(1).mean()) for p, s in pairs]
    a = sum(shifts) / distance_p
    A = 2 * a + a**2
    B = (1 + A) * sum(gaps) / (2 * distance_s**2)
    train_cdnv = (var_s_i + var_s_j) / (2 * distance_s**2)
    return {
        "A": A,
        "B": B,
        "bound": (1 + A) * train_cdnv + B,
        "population_cdnv": (var_p_i + var_p_j) / (2 * distance_p**2),
        "train_cdnv": train_cdnv,
        "a": a,
        "mean_shifts": shifts,
        "variance_gaps": gaps,
        "square_gaps": squares,
    }


def moments_by_class(features, labels):
    features = features - features.mean(0)
    groups = [features[labels == c] for c in np.unique(labels)]
    return groups, [mean_and_variance(group) for group in groups]


def slow_ncc_bound(features, labels, shots=None):
    """Sum over pairs of Chebyshev's bounds, class by class."""
    _, moments = moments_by_class(features, labels)
    total = 0
    for (mean, variance), (other, other_variance) in itertools.permutations(moments, 2):
        squared = ((mean - other) ** 2).sum()
        if shots is None:
            total += variance / (squared / 4)
        else:
            total += (variance + variance / shots + other_variance / shots) / (squared / 16)
    return total / len(moments)


def slow_directional_bound(features, labels):
    groups, moments = moments_by_class(features, labels)
    total = 0
    for i, j in itertools.permutations(range(len(groups)), 2):
        difference = moments[j][0] - moments[i][0]
        distance = np.sqrt((difference**2).sum())
        along = np.array([(h - moments[i][0]) @ difference / distance for h in groups[i]])
        total += (along**2).mean() / ((along**2).mean() + distance**2 / 4)
    return total / len(groups)


def ncc_error(features, labels, centers):
    """Mean over classes of the share of points to which another center is nearest, or as near as their own."""
    distances = np.array([[np.linalg.norm(h - center) for center in centers] for h in features])
    places = np.searchsorted(np.unique(labels), labels)
    own = distances[np.arange(len(labels)), places].copy()
    distances[np.arange(len(labels)), places] = np.inf
    wrong = distances.min(1) <= own
    return np.mean([wrong[places == k].mean() for k in range(len(centers))])


def four_sets(seed=0, sizes=(7, 5, 60, 40), dim=6, dtype=torch.float64, offset=0.0, spread=0.5, separation=1.0):
    """Training sets drawn from two Gaussian classes, and larger sets of the same classes."""
    draws = normal(sum(sizes) + 2, dim, seed=seed)
    sets = draws[2:].split(list(sizes))
    means = separation * draws[:2]
    return [(offset + means[k % 2] + spread * each).to(dtype) for k, each in enumerate(sets)]


def sample(counts, dim, seed=0, dtype=torch.float64, offset=0.0, spread=0.5, separation=1.0):
    draws = normal(sum(counts) + len(counts), dim, seed=seed)
    labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    return (offset + separation * draws[labels] + spread * draws[len(counts) :]).to(dtype), labels


# --- the bound of test collapse


def assert_agrees(sets, rtol=1e-9):
    measured, expected = collapse_bound(*sets), slow_collapse_bound(*(long(each) for each in sets))
    for name, value in expected.items():
        np.testing.assert_allclose(getattr(measured, name), np.array(value, dtype=float), rtol=rtol, err_msg=name)


@settings(max_examples=50)
@given(
    st.tuples(*[st.integers(2, 12)] * 4),
    st.integers(1, 9),
    st.integers(0, 2**31),
    st.sampled_from([torch.float32, torch.float64]),
    st.sampled_from([0.0, -30.0]),
    st.sampled_from([1e-2, 0.5, 10.0]),
)
def test_terms_agree_with_the_definitions(sizes, dim, seed, dtype, offset, spread):
    assert_agrees(four_sets(seed, sizes, dim, dtype, offset, spread), rtol=1e-6)


@for_each(
    ("arguments", "rtol"),
    [
        pytest.param({"sizes": (1, 1, 30, 20)}, 1e-9, id="one training point a class"),
        pytest.param({"sizes": (500, 5, 2000, 20)}, 1e-9, id="imbalance 100:1"),
        pytest.param({"dim": 300}, 1e-9, id="d > N"),
        pytest.param({"dtype": torch.float16, "spread": 100.0, "separation": 300.0}, 1e-9, id="float16 at scale 300"),
        pytest.param({"dtype": torch.bfloat16}, 1e-9, id="bfloat16"),
        pytest.param({"spread": 1e-6, "separation": 1e-6}, 1e-9, id="float64 at scale 1e-6"),
        pytest.param({"dtype": torch.float32, "spread": 1e24, "separation": 1e25}, 1e-9, id="float32 at scale 1e25"),
        pytest.param({"dtype": torch.float32, "spread": 1e-26, "separation": 1e-25}, 1e-9, id="float32 at 1e-25"),
        pytest.param(
            {"dtype": torch.float32, "offset": 1e3, "spread": 1e-4, "separation": 1e-2}, 1e-5, id="float32 offset 1000"
        ),
        pytest.param({"offset": 1e6, "spread": 1e-4, "separation": 1e-2}, 1e-5, id="float64 offset 1e6"),
    ],
)
def test_awkward_sets(arguments, rtol):
    assert_agrees(four_sets(**arguments), rtol)


def test_it_holds_on_hundreds_of_random_mixtures():
    """Heavy tails, few points, shifted and rescaled training sets: anything that a training set may do."""
    generator, ratios = np.random.default_rng(0), []
    for _ in range(500):
        dim = generator.integers(1, 6)
        scales, shifts = 10 ** generator.uniform(-2, 1, 4), 10 ** generator.uniform(-2, 1, 4)
        sets = [
            torch.from_numpy(scale * generator.standard_t(3, (size, dim)) + shift * generator.normal(size=dim))
            for size, scale, shift in zip(generator.integers(2, 30, 4), scales, shifts, strict=True)
        ]
        result = collapse_bound(*sets)
        assert result.population_cdnv <= result.bound * (1 + 1e-12)
        ratios.append(result.bound / result.population_cdnv)
    assert min(ratios) < 1.1  # some come near


def test_it_is_informative_where_the_training_set_is_a_sample():
    ratios = []
    for seed in range(50):
        result = collapse_bound(*four_sets(seed, (200, 200, 3000, 3000), 5, spread=0.3))
        assert result.population_cdnv <= result.bound
        ratios.append(result.bound / result.population_cdnv)
    assert np.median(ratios) < 1.5


def test_it_is_an_equality_when_the_training_set_is_the_population():
    for seed in range(20):
        _, _, first, second = four_sets(seed)
        result = collapse_bound(first, second, first, second)
        assert result.A == result.B == result.a == 0
        assert result.bound == result.train_cdnv == result.population_cdnv > 0


def test_it_is_tight_when_means_move_toward_each_other_and_variances_grow():
    """The triangle inequality is an equality on a line, so every factor of A and B is needed."""
    means = torch.tensor([[1.0, 0.0], [-1.0, 0.0]], dtype=torch.float64)
    train, population = around(2 * means, 0.5)[0].split(4), around(means, 0.7)[0].split(4)
    result = collapse_bound(*train, *population)
    assert (result.A, result.a) == pytest.approx((3, 1), rel=1e-12)
    assert result.population_cdnv == pytest.approx(0.49 / 4, rel=1e-12)
    assert result.bound == pytest.approx(result.population_cdnv, rel=1e-12)


def test_square_gaps_and_mean_shifts_bound_variance_gaps_as_in_the_survey():
    for seed in range(50):
        sets = four_sets(seed, offset=0.7)
        result = collapse_bound(*sets)
        for k in range(2):
            norms = sum(each.mean(0).norm().item() for each in (sets[k], sets[k + 2]))
            assert result.variance_gaps[k] <= result.square_gaps[k] + result.mean_shifts[k] * norms + 1e-12


def test_only_square_gaps_depend_on_the_origin():
    sets = four_sets()
    before, after = collapse_bound(*sets), collapse_bound(*(each + 5 for each in sets))
    assert after.bound == pytest.approx(before.bound, rel=1e-10)
    assert after.variance_gaps == pytest.approx(before.variance_gaps, rel=1e-10)
    assert after.square_gaps != pytest.approx(before.square_gaps, rel=0.1)


def test_swapping_the_classes_swaps_the_terms():
    train_i, train_j, population_i, population_j = four_sets()
    one, other = (
        collapse_bound(train_i, train_j, population_i, population_j),
        collapse_bound(train_j, train_i, population_j, population_i),
    )
    assert other.bound == pytest.approx(one.bound, rel=1e-14)
    assert other.mean_shifts == one.mean_shifts[::-1]
    assert other.square_gaps == pytest.approx(one.square_gaps[::-1], rel=1e-14)


def test_collapsed_training_sets_leave_the_population_to_b():
    _, _, *population = four_sets()
    result = collapse_bound(*(each.mean(0, keepdim=True).repeat(5, 1) for each in population), *population)
    assert result.train_cdnv == pytest.approx(0, abs=1e-25)
    assert result.bound == pytest.approx(result.population_cdnv, rel=1e-9)


def test_equal_means_make_it_infinite():
    train_i, train_j, population_i, _ = four_sets()
    result = collapse_bound(train_i, train_j, population_i, population_i)
    assert result.population_cdnv == result.a == result.bound == math.inf
    result = collapse_bound(train_i, train_i, train_i, population_i)
    assert result.train_cdnv == result.bound == math.inf
    assert math.isfinite(result.population_cdnv)


def test_it_takes_features_that_require_a_gradient():
    sets = four_sets()
    assert collapse_bound(*(each.clone().requires_grad_() for each in sets)) == collapse_bound(*sets)


# --- the error of the nearest-class-center rule

CASES = classes(sizes=(1, 9), number=(2, 6), dims=(1, 7), offsets=(0.0, -30.0), spreads=(1e-2, 0.3, 3.0))


@given(CASES, st.integers(1, 20))
def test_error_bounds_agree_with_the_definitions(arguments, shots):
    features, labels = sample(**arguments)
    h, y = long(features), labels.numpy()
    close = {"rel": 1e-6, "abs": 1e-25}  # one point a class: no variance but for rounding
    assert ncc_error_bound(features, labels).item() == pytest.approx(float(slow_ncc_bound(h, y)), **close)
    assert ncc_error_bound(features, labels, shots).item() == pytest.approx(float(slow_ncc_bound(h, y, shots)), **close)
    assert directional_ncc_error_bound(features, labels).item() == pytest.approx(
        float(slow_directional_bound(h, y)), **close
    )


@settings(max_examples=50)
@given(CASES)
def test_the_error_stays_below_both_and_the_directional_one_is_tighter(arguments):
    """Exact: the bounds are theorems about any law, also the one that gives each of these points the same weight."""
    features, labels = sample(**arguments)
    h, y = (features - features.mean(0)).double().numpy(), labels.numpy()
    centers = [h[y == c].mean(0) for c in np.unique(y)]
    directional = directional_ncc_error_bound(features, labels).item()
    assert ncc_error(h, y, centers) <= directional + 1e-12
    assert directional <= ncc_error_bound(features, labels).item() + 1e-12


@for_each("shots", [1, 2])
@for_each("separation", [0.5, 2.0, 8.0])
def test_the_expected_error_of_a_few_shots_stays_below_its_bound(shots, separation):
    """Every draw of `shots` points a class with replacement, each with the same probability."""
    features, labels = sample([4, 4], 2, seed=3, separation=separation)
    h, y = features.numpy(), labels.numpy()
    draws = [list(itertools.product(h[y == c], repeat=shots)) for c in range(2)]
    errors = [ncc_error(h, y, [np.mean(i, 0), np.mean(j, 0)]) for i, j in itertools.product(*draws)]
    bound = ncc_error_bound(features, labels, shots).item()
    assert np.mean(errors) <= bound
    assert bound == pytest.approx(4 * (1 + 2 / shots) * ncc_error_bound(features, labels).item(), rel=1e-12)


@for_each(("dim", "spread"), [(5, 0.5), (20, 0.5), (50, 1.0)])
def test_on_isotropic_gaussians_the_directional_bound_gains_the_dimension(dim, spread):
    features, labels = sample([2000] * 4, dim, seed=1, spread=spread, separation=2.0)
    h, y = features.numpy(), labels.numpy()
    centers = np.array([h[y == c].mean(0) for c in range(4)])
    nearest = ((h[:, None] - centers) ** 2).sum(2).argmin(1)
    error, directional = np.mean(nearest != y), directional_ncc_error_bound(features, labels).item()
    assert error <= directional
    assert 0.5 * dim < ncc_error_bound(features, labels).item() / directional < 2 * dim


def test_gaussians_with_fresh_few_shot_centers():
    features, labels = sample([500] * 5, 20, seed=2, spread=1.0)
    h, y = features.numpy(), labels.numpy()
    generator, errors = np.random.default_rng(0), []
    for _ in range(100):
        centers = np.array([h[y == c][generator.integers(500, size=5)].mean(0) for c in range(5)])
        errors.append(np.mean(((h[:, None] - centers) ** 2).sum(2).argmin(1) != y))
    assert 0 < np.mean(errors) <= ncc_error_bound(features, labels, 5).item()


@for_each("classes", [2, 3, 10])
def test_closed_forms_around_the_simplex(classes):
    """Variance s^2, s^2/d on every line, squared distance D^2 = 2K/(K-1)."""
    dim, scale = 12, 0.3
    features, labels = around(simplex_etf(classes, dim), scale)
    squared, line = 2 * classes / (classes - 1), scale**2 / dim
    assert ncc_error_bound(features, labels).item() == pytest.approx(4 * (classes - 1) * scale**2 / squared, rel=1e-12)
    assert directional_ncc_error_bound(features, labels).item() == pytest.approx(
        (classes - 1) * line / (line + squared / 4), rel=1e-12
    )


@for_each(
    "arguments",
    [
        pytest.param({"counts": [6] * 20, "dim": 5}, id="K > d"),
        pytest.param({"counts": [3] * 4, "dim": 60}, id="d > N"),
        pytest.param({"counts": [300, 30, 3], "dim": 8}, id="imbalance 100:1"),
        pytest.param({"counts": [5, 0, 5, 0, 5], "dim": 4}, id="classes that do not occur"),
        pytest.param({"counts": [20] * 3, "dim": 6, "dtype": torch.bfloat16}, id="bfloat16"),
        pytest.param(
            {"counts": [20] * 3, "dim": 6, "dtype": torch.float16, "spread": 100.0, "separation": 300.0},
            id="float16 at scale 300",
        ),
        pytest.param({"counts": [20] * 3, "dim": 6, "spread": 1e-6, "separation": 1e-6}, id="float64 at scale 1e-6"),
        pytest.param(
            {"counts": [90] * 3, "dim": 6, "dtype": torch.float32, "offset": 1e3, "spread": 1e-4, "separation": 1e-2},
            id="float32 offset 1000",
        ),
        pytest.param(
            {"counts": [20] * 3, "dim": 6, "dtype": torch.float32, "spread": 1e24, "separation": 1e25},
            id="float32 at scale 1e25",
        ),
    ],
)
def test_error_bounds_on_awkward_input(arguments):
    features, labels = sample(**arguments)
    h, y = long(features), labels.numpy()
    assert ncc_error_bound(features, labels, 3).item() == pytest.approx(float(slow_ncc_bound(h, y, 3)), rel=1e-5)
    assert directional_ncc_error_bound(features, labels).item() == pytest.approx(
        float(slow_directional_bound(h, y)), rel=1e-5
    )


def test_the_directional_bound_of_nearly_equal_means_beside_a_distant_one():
    means = torch.tensor([[0.0, 0.0], [1e-6, 0.0], [0.0, 1e3]], dtype=torch.float64)
    features, labels = around(means, 1e-7)
    expected = slow_directional_bound(long(features), labels.numpy())
    assert directional_ncc_error_bound(features, labels).item() == pytest.approx(float(expected), rel=1e-6)


def test_equal_means_count_as_errors():
    means = torch.tensor([[1.0, 0.0], [1.0, 0.0], [-1e9, 0.0]], dtype=torch.float64)
    features, labels = around(means, 0.5)
    assert directional_ncc_error_bound(features, labels).item() == pytest.approx(2 / 3, rel=1e-9)
    assert ncc_error_bound(features, labels).item() == math.inf


@for_each("dtype", [torch.float16, torch.float32])
def test_collapsed_classes_make_no_error(dtype):
    means = sample([1] * 4, 6, dtype=dtype)[0]
    features, labels = means.repeat(9, 1), torch.arange(4).repeat(9)
    assert ncc_error_bound(features, labels, 1).item() == directional_ncc_error_bound(features, labels).item() == 0


@for_each("elements", [1, 7, 50])
def test_the_block_size_does_not_change_the_result(monkeypatch, elements):
    features, labels = sample([9, 4, 7], 6)
    sets, generator = four_sets(), torch.Generator().manual_seed(0)
    state = generator.get_state()
    whole = collapse_bound(*sets), directional_ncc_error_bound(features, labels).item()
    deviations = concentration(features, (2, 4, 8), generator, 3).square_deviations
    monkeypatch.setattr(_classes, "_BLOCK_ELEMENTS", elements)
    generator.set_state(state)
    assert collapse_bound(*sets).bound == pytest.approx(whole[0].bound, rel=1e-12)
    assert directional_ncc_error_bound(features, labels).item() == pytest.approx(whole[1], rel=1e-12)
    assert concentration(features, (2, 4, 8), generator, 3).square_deviations == pytest.approx(deviations, rel=1e-12)


def test_gradients_agree_with_finite_differences():
    features, labels = sample([4, 3, 5], 3)
    features.requires_grad_()
    assert torch.autograd.gradcheck(lambda h: ncc_error_bound(h, labels, 2), features)
    assert torch.autograd.gradcheck(lambda h: directional_ncc_error_bound(h, labels), features)


# --- concentration


def slow_concentration(population, sizes, seed, repeats):
    """The same draws, one by one."""
    generator, means, squares = torch.Generator().manual_seed(seed), [], []
    for size in sizes:
        rows = torch.randint(len(population), (repeats, size), generator=generator).numpy()
        drawn = [population[each] for each in rows]
        means.append(np.mean([np.sqrt(((each.mean(0) - population.mean(0)) ** 2).sum()) for each in drawn]))
        square = (population**2).sum(1).mean()
        squares.append(np.mean([abs((each**2).sum(1).mean() - square) for each in drawn]))
    return means, squares


@for_each(
    "arguments",
    [
        pytest.param({}, id="float64"),
        pytest.param({"dtype": torch.bfloat16}, id="bfloat16"),
        pytest.param({"dtype": torch.float16, "spread": 300.0}, id="float16 at scale 300"),
        pytest.param({"spread": 1e-6, "separation": 1e-6}, id="float64 at scale 1e-6"),
        pytest.param({"dtype": torch.float32, "offset": 1e3, "spread": 1e-4}, id="float32 offset 1000"),
    ],
)
def test_deviations_are_those_of_the_draws(arguments):
    population, sizes = sample([150], 5, **arguments)[0], (1, 4, 16, 500)
    result = concentration(population, sizes, torch.Generator().manual_seed(3), repeats=7)
    means, squares = slow_concentration(long(population), sizes, 3, 7)
    assert result.sizes == sizes
    assert result.mean_deviations == pytest.approx([float(each) for each in means], rel=1e-6)
    assert result.square_deviations == pytest.approx([float(each) for each in squares], rel=1e-6)


def test_rates_are_the_least_squares_line():
    sizes = (3, 10, 40, 90)
    result = concentration(normal(200, 4), sizes, torch.Generator().manual_seed(0), repeats=5)
    for deviations, rate, error in (
        (result.mean_deviations, result.mean_rate, result.mean_rate_error),
        (result.square_deviations, result.square_rate, result.square_rate_error),
    ):
        x, y = np.log(sizes) - np.log(sizes).mean(), np.log(deviations)
        slope = (x @ y) / (x @ x)
        residuals = y - y.mean() - slope * x
        assert rate == pytest.approx(slope, rel=1e-10)
        assert error == pytest.approx(np.sqrt(residuals @ residuals / (len(sizes) - 2) / (x @ x)), rel=1e-10)


def test_gaussian_features_concentrate_as_the_root_of_n():
    """95 % of rates lie within 2.57 of their errors: Student's t with 5 degrees of freedom for seven points."""
    sizes, rates, errors = [16, 32, 64, 128, 256, 512, 1024], [], []
    for seed in range(40):
        result = concentration(1 + normal(3000, 20, seed=seed), sizes, torch.Generator().manual_seed(seed))
        rates.append((result.mean_rate, result.square_rate))
        errors.append((result.mean_rate_error, result.square_rate_error))
    deviations = np.array(rates) + 0.5
    assert np.abs(deviations).max() < 0.1
    assert deviations.mean(0) == pytest.approx(0, abs=0.01)
    assert 0.88 < np.mean(np.abs(deviations) < 2.57 * np.array(errors)) < 0.995


def test_the_mean_deviation_is_the_root_of_variance_over_n():
    population = normal(2000, 200)
    result = concentration(population, [10, 100, 1000], torch.Generator().manual_seed(0))
    variance = mean_and_variance(population.numpy())[1]
    expected = [math.sqrt(variance / n) for n in result.sizes]
    assert result.mean_deviations == pytest.approx(expected, rel=0.02)


def test_a_collapsed_population_has_no_rate():
    for dtype in (torch.float32, torch.float64):
        population = normal(1, 6).to(dtype).repeat(30, 1)
        result = concentration(population, [2, 4, 8], torch.Generator().manual_seed(0))
        assert max(result.mean_deviations) < 1e-15
        assert math.isnan(result.mean_rate)
        assert math.isnan(result.mean_rate_error)
        assert math.isnan(result.square_rate)


def test_the_same_seed_gives_the_same_draws():
    population = normal(50, 3)
    first, second, third = (
        concentration(population, [2, 4, 8], torch.Generator().manual_seed(seed), 4) for seed in (0, 0, 1)
    )
    assert first == second != third


# --- errors

G = torch.Generator()
H, Y = normal(6, 3), torch.arange(3).repeat(2)
BAD = H.index_put((torch.tensor(4), torch.tensor(1)), torch.tensor(math.nan, dtype=H.dtype))


@for_each(
    ("call", "message"),
    [
        pytest.param(lambda: collapse_bound(H[:, 0], H, H, H), r"train_i: .*\[6\]", id="train_i in one dimension"),
        pytest.param(lambda: collapse_bound(H, H[:, :2], H, H), r"train_j: .*\[n, 3\].*\[6, 2\]", id="another d"),
        pytest.param(lambda: collapse_bound(H, H, H[:0], H), r"population_i: .*\[0, 3\]", id="no points"),
        pytest.param(lambda: collapse_bound(H, H, H, BAD), r"population_j: entry \[4, 1\] is nan", id="nan"),
        pytest.param(lambda: collapse_bound(H, H.long(), H, H), "train_j: .*int64", id="integers"),
        pytest.param(lambda: ncc_error_bound(H, Y, 0), "shots: .*0", id="no shots"),
        pytest.param(lambda: ncc_error_bound(H, Y, None, 2), r"labels: 2 is outside 0\.\.1", id="label too large"),
        pytest.param(lambda: ncc_error_bound(BAD, Y), r"features: entry \[4, 1\]", id="ncc, nan"),
        pytest.param(lambda: directional_ncc_error_bound(BAD, Y), r"features: entry \[4, 1\]", id="directional, nan"),
        pytest.param(lambda: directional_ncc_error_bound(H, Y * 0), "num_classes: .*1", id="one class"),
        pytest.param(lambda: directional_ncc_error_bound(H, Y - 1), "labels: -1 ", id="negative label"),
        pytest.param(lambda: directional_ncc_error_bound(H, Y[:4]), r"labels: .*\[4\]", id="too few labels"),
        pytest.param(lambda: concentration(BAD, [1, 2, 3], G), r"population: entry \[4, 1\]", id="concentration, nan"),
        pytest.param(
            lambda: concentration(H[0], [1, 2, 3], G), r"population: .*\[3\]", id="population of one dimension"
        ),
        pytest.param(lambda: concentration(H, [2, 4, 4], G), r"sizes: .*\[2, 4, 4\]", id="two sizes"),
        pytest.param(lambda: concentration(H, [0, 1, 2], G), r"sizes: .*\[0, 1, 2\]", id="size 0"),
        pytest.param(lambda: concentration(H, [1, 2, 3], G, 0), "repeats: .*0", id="no repeats"),
    ],
)
def test_errors_name_the_argument_and_its_value(call, message):
    with pytest.raises(ValueError, match=message):
        call()
