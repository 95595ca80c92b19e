"""What trials say of a claim: against scipy, by simulation, and on awkward trials."""

import math
from inspect import signature
from itertools import product

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from ncbook.evidence import FAILS, HALF, HOLDS, OPEN, UNTESTED, Evidence, correlation_chance, jeffreys

ANSWERS = st.lists(st.tuples(st.integers(0, 5), st.sampled_from([True, False, None])), max_size=40)


def evidence(answers, **more) -> Evidence:
    seeds, holds = [seed for seed, _ in answers], [answer for _, answer in answers]
    return Evidence(tuple(seeds), tuple(holds), (1.0,) * len(seeds), "", **more)


def seeds_of(yes: int, count: int, **more) -> Evidence:
    return evidence([(seed, seed < yes) for seed in range(count)], **more)


# --- the interval


@pytest.mark.parametrize(("yes", "count"), [(0, 3), (3, 3), (1, 2), (23, 24), (2, 24), (1.5, 6), (0, 1)])
def test_the_interval_is_between_quantiles_of_the_posterior_under_jeffreys_prior(yes, count):
    posterior = scipy.stats.beta(yes + 0.5, count - yes + 0.5)
    low, high = jeffreys(yes, count)
    assert low == (0 if yes == 0 else pytest.approx(posterior.ppf(0.025), abs=1e-9))
    assert high == (1 if yes == count else pytest.approx(posterior.ppf(0.975), abs=1e-9))


@given(ANSWERS)
def test_trials_are_averaged_within_a_seed_and_those_that_cannot_answer_are_left_out(answers):
    found = evidence(answers)
    shares = []
    for seed in sorted({seed for seed, answer in answers if answer is not None}):
        own = [answer for each, answer in answers if each == seed and answer is not None]
        shares.append(sum(own) / len(own))
    assert found.valid == sum(answer is not None for _, answer in answers)
    assert sorted(found.by_seed.values()) == pytest.approx(sorted(shares))
    if not shares:
        assert (found.word, math.isnan(found.share), found.interval) == (UNTESTED, True, (0, 1))
    else:
        assert found.share == pytest.approx(np.mean(shares))
        assert found.interval == pytest.approx(jeffreys(sum(shares), len(shares)), abs=1e-6)


@given(ANSWERS, st.integers(2, 5))
def test_repeating_the_trials_of_a_seed_proves_nothing(answers, times):
    once, often = evidence(answers), evidence(answers * times)
    assert often.word == once.word
    assert often.by_seed == pytest.approx(once.by_seed)


# --- the word


@pytest.mark.parametrize(
    ("yes", "count", "word"),
    [
        (0, 0, UNTESTED), (1, 1, OPEN), (4, 4, OPEN), (6, 6, HOLDS), (5, 6, OPEN), (0, 6, FAILS), (1, 6, OPEN),
        (23, 24, HOLDS), (2, 24, FAILS), (12, 24, OPEN), (7, 8, HOLDS), (1, 8, FAILS), (9, 12, OPEN),
    ],
)  # fmt: skip
def test_the_word_follows_from_the_interval(yes, count, word):
    assert seeds_of(yes, count).word == word


@given(st.integers(0, 30), st.integers(0, 30))
def test_a_claim_and_its_denial_have_opposite_words(yes, no):
    opposite = {HOLDS: FAILS, FAILS: HOLDS, OPEN: OPEN, UNTESTED: UNTESTED}
    assert seeds_of(no, yes + no).word == opposite[seeds_of(yes, yes + no).word]


@given(st.integers(0, 30), st.integers(1, 30))
def test_the_word_says_no_more_than_the_interval(yes, no):
    found = seeds_of(yes, yes + no)
    low, high = found.interval
    assert low > HALF or found.word != HOLDS
    assert high < HALF or found.word != FAILS


def test_what_noise_passes_is_judged_against_noise():
    """9 of 10 are more than one half, and no more than a rule gives that noise passes in 8 of 10."""
    assert seeds_of(9, 10).word == HOLDS
    assert seeds_of(9, 10, chance=0.8).word == OPEN
    assert seeds_of(60, 60, chance=0.8).word == HOLDS


def test_under_noise_at_most_five_percent_of_rows_hold():
    """2000 ledgers of 24 rows each: 5 to 16 seeds of 1 to 4 trials, with rules that noise passes in 10 to 80 %."""
    generator, held, rows = np.random.default_rng(1), 0, 0
    table = {(yes, count, chance): seeds_of(yes, count, chance=chance).word for count in range(5, 17)
             for yes in range(count + 1) for chance in (0.1, 0.3, 0.5, 0.65, 0.8)}  # fmt: skip
    worst = 0.0
    for count, chance in product(range(5, 17), (0.1, 0.3, 0.5, 0.65, 0.8)):
        passed = generator.binomial(count, chance, size=800)
        found = sum(table[yes, count, chance] == HOLDS for yes in passed)
        held, rows, worst = held + found, rows + len(passed), max(worst, found / len(passed))
    assert rows == 48_000
    assert held / rows <= 0.05
    assert worst <= 0.08  # one kind of row, within the error of 800 draws


def test_with_several_trials_a_seed_noise_holds_no_more_often():
    generator = np.random.default_rng(2)
    answers = generator.random((2000, 8, 3)) < 0.5
    held = [evidence([(seed, bool(each)) for seed in range(8) for each in row[seed]]).word == HOLDS for row in answers]
    assert np.mean(held) <= 0.05


@pytest.mark.parametrize(("count", "power"), [(6, 0.7), (8, 0.9), (16, 0.97)])
def test_a_true_effect_is_found(count, power):
    """A rule that 95 % of seeds pass."""
    passed = np.random.default_rng(3).binomial(count, 0.95, size=2000)
    assert np.mean([seeds_of(int(yes), count).word == HOLDS for yes in passed]) >= power


# --- the effect


@pytest.mark.parametrize("count", [6, 9, 16])
def test_the_effect_s_interval_is_that_of_scipy_s_bootstrap(count):
    values = np.random.default_rng(count).normal(3, 1, count)
    median, low, high = Evidence.compared(range(count), values, ">", 0, "").effect
    drawn_by = {"rng" if "rng" in signature(scipy.stats.bootstrap).parameters else "random_state": 1}  # by version
    expected = scipy.stats.bootstrap((values,), np.median, n_resamples=9999, method="percentile", **drawn_by)
    assert median == pytest.approx(np.median(values))
    gap = np.diff(np.sort(values)).max()
    assert low == pytest.approx(expected.confidence_interval.low, abs=gap)
    assert high == pytest.approx(expected.confidence_interval.high, abs=gap)


def test_the_bootstrap_draws_seeds_and_not_trials():
    """Of one seed there is no spread, however many trials it has."""
    assert Evidence.compared([7] * 9, range(9), ">", 0, "").effect == (4, 4, 4)


def test_an_event_that_never_came_is_later_than_every_other():
    found = Evidence.compared(range(7), [10, 20, 30, math.inf, math.inf, math.inf, math.inf], ">=", 15, "steps")
    assert found.effect[0] == math.inf
    assert found.effect[1] in (10, 20, 30)
    assert found.share == pytest.approx(6 / 7)
    assert Evidence.compared(range(2), [10, math.inf], ">=", 15, "steps").effect[0] == 10  # the lower: not in between


@pytest.mark.parametrize("limit", [0.0, 0.5, 10.0, 1e-5, -3.0])
@pytest.mark.parametrize(("relation", "at_the_limit"), [(">=", True), ("<=", True), (">", False), ("<", False)])
def test_the_last_digits_of_a_number_do_not_decide(limit, relation, at_the_limit):
    """They are another processor's; a difference in the fifth digit is one."""
    last = [limit * (1 + digit) + digit / 1e8 * (limit == 0) for digit in (-2e-7, 0, 2e-7)]
    assert Evidence.compared(range(3), last, relation, limit, "").holds == (at_the_limit,) * 3
    near = 1e-5 * (abs(limit) or 1)
    assert Evidence.compared(range(2), [limit - near, limit + near], relation, limit, "").holds == (
        relation.startswith("<"), relation.startswith(">"),
    )  # fmt: skip


def test_trials_without_a_number_or_that_cannot_answer_are_not_in_the_effect():
    found = Evidence.compared([1, 2, 3, 4], [5.0, math.nan, 7.0, 100.0], ">=", 6, "", valid=[True, True, True, False])
    assert found.holds == (False, None, True, None)
    assert found.effect[0] == 6
    assert found.valid == 2


# --- the threshold at which the word turns


THOUSANDTHS = st.integers(-9000, 9000).map(lambda number: number / 1000)


@given(st.lists(THOUSANDTHS, min_size=6, max_size=12), st.sampled_from([">=", "<=", ">", "<"]), THOUSANDTHS)
def test_at_the_turn_the_word_is_another_and_nearer_by_it_is_not(values, relation, limit):
    found = Evidence.compared(range(len(values)), values, relation, limit, "")
    word = lambda at: Evidence.compared(range(len(values)), values, relation, at, "").word  # noqa: E731
    close = lambda at: (at, at - 1e-4, at + 1e-4)  # noqa: E731
    beside = [at for value in values for at in close(value)]
    if found.turns is None:
        assert {word(at) for at in beside} <= {found.word}
        return
    assert any(word(at) != found.word for at in close(found.turns))
    nearer = [value for value in values if abs(value - limit) < abs(found.turns - limit)]
    assert all(word(at) == found.word for at in nearer)


def test_a_rule_without_a_threshold_has_no_turn():
    assert Evidence.of(range(6), [True] * 6, range(6), "").turns is None
    assert Evidence().turns is None


# --- runs are pooled


def test_two_runs_are_pooled_by_seed():
    one, other = seeds_of(4, 4), evidence([(seed, True) for seed in (10, 11, 12)], chance=0.3)
    assert (one.word, other.word, (one + other).word) == (OPEN, OPEN, HOLDS)
    assert (one + other).chance == 0.3
    assert Evidence() + one == one + Evidence() == one


def test_the_trials_of_some_seeds():
    found = Evidence.compared([1, 2, 1, 3], [5, 6, 7, 8], ">", 5, "steps", chance=0.2).of_seeds([1, 3])
    assert (found.seeds, found.holds, found.values) == ((1, 1, 3), (False, True, True), (5, 7, 8))
    assert (found.unit, found.chance, found.limit) == ("steps", 0.2, 5)


def test_a_seed_that_is_in_both_runs_is_refused():
    with pytest.raises(ValueError, match=r"seeds: expected other seeds in each run, got \[3\] in both"):
        seeds_of(4, 4) + evidence([(3, True)])


def test_a_trial_needs_a_seed_an_answer_and_a_number():
    with pytest.raises(ValueError, match="expected one each for every trial, got 2, 1, 1"):
        Evidence((1, 2), (True,), (1.0,))


# --- what noise passes


@pytest.mark.parametrize(("points", "limit"), [(3, 0.5), (5, 0.9), (6, 0.5), (12, 0.5)])
def test_the_chance_of_a_correlation_is_that_of_drawn_orders(points, limit):
    generator, found = np.random.default_rng(0), []
    for _ in range(100):  # the first column against thirty others at once: a call for each pair would take seconds
        orders = [np.arange(points), *(generator.permutation(points) for _ in range(30))]
        found.extend(scipy.stats.spearmanr(np.stack(orders, axis=1)).statistic[0, 1:])
    assert correlation_chance(points, limit) == pytest.approx(np.mean(np.array(found) >= limit - 1e-9), abs=0.03)


def test_half_of_all_orders_of_three_correlate_by_one_half():
    assert correlation_chance(3, 0.5) == 0.5
    assert correlation_chance(5, 0.9) == pytest.approx(5 / 120)
