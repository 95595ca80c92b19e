"""The information bottleneck: estimators against closed forms, the chain of layers, critical betas, the rules."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from ncbook import metrics, runs
from ncbook.evidence import FAILS, HOLDS, OPEN, UNTESTED, Evidence
from ncbook.experiments import information_bottleneck as ib
from ncbook.experiments._experiment import history
from ncbook.experiments.information_bottleneck import digits, frames, plane, vib
from ncbook.readings import information_bottleneck as reading

TINY = replace(
    ib.Config.preset("smoke"), seeds=(4, 5), counts=(60,), noises=(0.1,), bins=(0.5,), plane_steps=4, plane_probes=3,
    sampled=64, digits_steps=6, digits_probes=3, betas=(0.0, 0.1), vib_steps=3,
)  # fmt: skip
BIT = math.log(2)


@pytest.fixture(scope="module")
def laptop() -> runs.Run:
    return ib.EXPERIMENT.recorded("laptop")


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return ib.run(TINY, "cpu")


# --- closed forms


@pytest.mark.parametrize(("dim", "noise"), [(1, 0.3), (2, 1.0)])
def test_the_kernel_bounds_approach_those_of_infinitely_many_points_and_hold_the_truth_between(dim, noise):
    upper, lower = ib.population_bounds(dim, noise)
    assert lower < ib.channel(dim, noise) < upper
    sample = torch.randn(4000, dim, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    found = metrics.mutual_information_kde(sample, torch.arange(4000) % 2, noise)
    assert float(found.input_upper) == pytest.approx(upper, abs=0.05)
    assert float(found.input_lower) == pytest.approx(lower, abs=0.05)


def test_the_bounds_are_at_most_log_4_half_a_dimension_apart():
    for noise in (1e-6, 1e-2, 1.0):
        upper, lower = ib.population_bounds(3, noise)
        assert 0 < upper - lower < 3 * math.log(2)
    upper, lower = ib.population_bounds(3, 1e-8)
    assert upper - lower == pytest.approx(3 * math.log(2), abs=1e-6)


def test_entropy_in_bins_has_its_limits():
    assert ib.binned_entropy(1, 100.0) == pytest.approx(math.log(2))  # two bins, split at 0
    small = ib.binned_entropy(2, 0.01)
    assert small == pytest.approx(math.log(2 * math.pi * math.e) - 2 * math.log(0.01), abs=1e-3)


def test_a_simplex_has_k_minus_1_equal_transitions_at_1_plus_s_squared_k_minus_1():
    for classes, noise in ((3, 0.5), (10, 0.1)):
        means = frames.class_means("simplex", classes, 16, 0)
        betas = ib.critical_betas(noise**2 * np.eye(16), means.T @ means / classes, classes - 1)
        np.testing.assert_allclose(betas, np.full(classes - 1, 1 + noise**2 * (classes - 1)), rtol=1e-12)


def test_critical_betas_do_not_change_under_linear_maps_and_random_means_spread_them():
    means, chance = frames.class_means("random", 5, 6, 4), np.random.default_rng(4)
    noise, between = 0.04 * np.eye(6), means.T @ means / 5
    betas = ib.critical_betas(noise, between, 4)
    assert betas[-1] - 1 > 2 * (betas[0] - 1)
    change = chance.normal(size=(6, 6))
    np.testing.assert_allclose(ib.critical_betas(change @ noise @ change.T, change @ between @ change.T, 4), betas)
    assert np.trace(between) == pytest.approx(1)


def test_the_sum_of_critical_betas_minus_1_is_k_nc1_for_round_noise_and_less_otherwise():
    features = frames.class_means("random", 4, 5, 4).repeat(500, axis=0)
    labels = torch.arange(4).repeat_interleave(500)
    chance = torch.Generator().manual_seed(4)
    for scales, equal in ((torch.ones(5), True), (torch.tensor([0.1, 0.5, 1.0, 2.0, 3.0]), False)):
        noisy = torch.from_numpy(features) + 0.2 * scales * torch.randn(2000, 5, generator=chance, dtype=torch.float64)
        betas = ib.critical_betas(*frames.covariances(noisy, labels), 3)
        total, nc1 = (betas - 1).sum(), 4 * metrics.nc1(noisy, labels)
        assert total <= nc1
        assert (total > 0.98 * nc1) == equal


def test_layers_of_a_noisy_gaussian_chain_lose_information_and_the_estimate_follows():
    chance = torch.Generator().manual_seed(4)
    x = torch.randn(200_000, 1, generator=chance, dtype=torch.float64)
    layer, power, before = x, 1.0, math.inf
    for _ in range(3):
        layer = 0.8 * layer + 0.6 * torch.randn(layer.shape, generator=chance, dtype=torch.float64)
        power *= 0.8
        found = float(metrics.mutual_information_gaussian(x, layer))
        assert found == pytest.approx(-0.5 * math.log(1 - power**2), abs=0.005)
        assert found < before
        before = found


# --- the network on bits


def test_the_rule_on_words_is_symmetric_and_balanced():
    everything = plane.all_inputs()
    words = {tuple(word): label for word, label in zip(everything.inputs.int().tolist(), everything.labels.tolist())}  # noqa: B905
    assert len(words) == 4096
    for word, label in list(words.items())[::37]:
        assert words[word[1:] + word[:1]] == words[word[::-1]] == words[tuple(-bit for bit in word)] == label
    assert 0.4 < everything.labels.double().mean() < 0.6


def test_a_constant_layer_carries_no_information_and_separate_points_carry_all():
    labels = torch.arange(32) % 2
    constant = plane.information(TINY, torch.ones(32, 3, dtype=torch.float64), labels)
    assert list(constant) == list(reading.ESTIMATORS)
    for values in constant.values():
        assert values["information"] == pytest.approx(0, abs=1e-12)
    spread = plane.information(TINY, 10 * torch.eye(32, dtype=torch.float64), labels)
    for name in reading.ESTIMATORS:
        assert spread[name]["information"] == pytest.approx(math.log(32), abs=1e-6)
        assert spread[name]["label_information"] == pytest.approx(BIT, abs=1e-6)


def test_scaling_a_layer_changes_only_the_estimates_of_fixed_size():
    features = torch.randn(64, 3, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    once, tenfold = (plane.information(TINY, scale * features, torch.arange(64) % 2) for scale in (0.1, 1.0))
    for name in reading.ESTIMATORS:
        same = once[name]["information"] == pytest.approx(tenfold[name]["information"], abs=1e-9)
        assert same == name.startswith("scaled")


# --- digits and the variational bottleneck


def test_a_collapsed_representation_keeps_log_k_at_small_noise():
    corners, labels = metrics.simplex_etf(10, 12).double(), torch.arange(200) % 10
    found = digits._information(corners[labels], labels, 1e-2)
    for name in ("information", "information_lower", "label_information"):
        assert found[name] == pytest.approx(math.log(10), abs=1e-6)


def test_rates_are_those_of_torch():
    chance = torch.Generator().manual_seed(4)
    means, logs = torch.randn(5, 3, generator=chance), torch.randn(5, 3, generator=chance)
    normal = torch.distributions.Normal
    right = torch.distributions.kl_divergence(normal(means, (0.5 * logs).exp()), normal(0.0, 1.0)).sum(-1)
    torch.testing.assert_close(vib.rates(means, logs), right)


def test_members_of_the_variational_stack_do_not_disturb_each_other():
    config = replace(TINY, vib_seeds=1)
    together, _ = vib.vib(config, "cpu", ib.Arm("vib"))
    alone, _ = vib.vib(replace(config, betas=(0.0,)), "cpu", ib.Arm("vib"))
    assert together[0]["seed"] == alone[0]["seed"]
    assert len(together) == 2
    assert together[0]["rate"] != together[1]["rate"]
    assert together[0]["rate"] == pytest.approx(alone[0]["rate"], rel=0.05)  # other draws of the noise


# --- a run


def test_a_run_has_its_columns_and_every_arm(tiny, laptop):
    assert set(tiny.history) == set(laptop.history)
    for run in (tiny, laptop):
        frame, config = run.to_frame(), run.config
        assert set(frame.part) == {"estimators", "plane", "digits", "vib", "frames"}
        assert run.arrays["frames/random"].shape == (len(config["seeds"]), config["frame_classes"] - 1)
        assert len(frame[frame.part == "vib"]) == config["vib_seeds"] * len(config["betas"])
        assert len(reading.compression(run)) == 2 * 4 * config["plane_seeds"]
        curve = frame[frame.estimator == "noise curve"]
        assert len(curve) == 2 * config["digits_seeds"] * len(config["decays"]) * len(digits.SHARES)


def test_information_never_exceeds_its_caps(laptop):
    frame = laptop.to_frame()
    measured = frame[frame.part == "plane"]
    assert measured.information.max() <= math.log(laptop.config["sampled"]) + 1e-9
    assert (measured.label_information <= BIT + 1e-9).all()
    kernels = frame[frame.information_lower.notna()]
    assert (kernels.information_lower <= kernels.information + 1e-9).all()


def test_the_same_config_gives_the_same_numbers_to_the_bit(tiny):
    again = ib.run(TINY, "cpu")
    for name, column in tiny.history.items():
        np.testing.assert_array_equal(again.history[name], column)


def test_the_code_still_gives_bottlenecks_like_the_recorded_ones(laptop):
    """Up to the draws of the noise, which the members of a run share."""
    config = replace(ib.Config(), seeds=laptop.config["seeds"][:1], betas=(1e-3, 0.1))
    rows, _ = vib.vib(config, "cpu", ib.Arm("vib"))
    for row in rows:
        then = reading.rows_of(laptop, "vib", beta=row["beta"], seed=row["seed"], step=row["step"]).iloc[0]
        for name in ("rate", "variance_ratio_train"):
            assert row[name] == pytest.approx(then[name], rel=0.2), name
        for name in ("train_error", "test_error"):
            assert row[name] == pytest.approx(then[name], abs=0.02), name


# --- the rules


def judged(name: str, rows: list[dict], **config) -> Evidence:
    settings = {"hidden": [9, 5], "decays": [0.1, 0.01]} | config
    rows = [ib.Arm(row["part"]).row(**{"seed": 0} | {k: v for k, v in row.items() if k != "part"}) for row in rows]
    defaults = ("nc1_train", "beta_low", "beta_high", "information", "test_error")
    columns = dict.fromkeys(defaults, np.ones(len(rows)))
    run = runs.Run(settings, columns | history(rows, ib.EXPERIMENT.exact), {}, {})
    (claim,) = [each for each in ib.CLAIMS if each.id == name]
    evidence = claim.judge(run)
    assert all(hold is None or type(hold) is bool for hold in evidence.holds)
    assert all(type(value) is float for value in evidence.values)
    return evidence


def six(rows: list[dict], first: int = 0) -> list[dict]:
    """The rows, as six seeds in turn would give them."""
    return [row | {"seed": first + seed} for seed in range(6) for row in rows]


def three(name: str, good: list[dict], bad: list[dict], **config) -> None:
    """The word of rows that hold, that do not, and of both, from six seeds each."""
    found = [judged(name, rows, **config) for rows in (six(good), six(bad), six(good) + six(bad, 10))]
    assert [evidence.word for evidence in found] == [HOLDS, FAILS, OPEN]
    assert set(found[-1].by_seed) == {*range(6), *range(10, 16)}


def unanswered(name: str, rows: list[dict], **config) -> None:
    """Rows that cannot answer are shown and not counted."""
    evidence = judged(name, six(rows), **config)
    assert evidence.word == UNTESTED
    assert evidence.holds == (None,) * 6


def course(values: tuple, name: str = "tanh", estimator: str = "fixed noise", layer: int = 2, error=0.1) -> list[dict]:
    about = {
        "part": "plane",
        "activation": name,
        "estimator": estimator,
        "layer": layer,
        "seed": 0,
        "test_error": error,
    }
    return [about | {"step": step, "information": value} for step, value in enumerate(values)]


def test_rules_of_the_two_activations():
    falls, stays = (1.0, 3.0, 2.0), (1.0, 3.0, 2.9)
    three("tanh-compresses", course(falls), course(stays))
    three("relu-does-not-compress", course(stays, "relu"), course(falls, "relu"))
    assert judged("tanh-compresses", six(course(falls, "relu"))).word == UNTESTED
    three("nonlinearity-decides", course(falls) + course(stays, "relu"), course(falls) + course(falls, "relu"))


def test_rule_of_the_two_phases_asks_for_both():
    three("two-phases", course((1.0, 3.0, 2.0)), course((3.0, 3.0, 1.0)))
    three("two-phases", course((1.0, 3.0, 2.0)), course((1.0, 2.0, 3.0)))


def test_rule_of_no_harm_looks_at_networks_that_do_not_compress():
    stays = (1.0, 3.0, 3.0)
    three("no-compression-no-harm", course(stays), course(stays, error=0.3))
    unanswered("no-compression-no-harm", course((1.0, 3.0, 0.0)))


def test_rule_of_the_layers():
    def pair(first: float, second: float) -> list[dict]:
        return course((9.0, first), layer=1) + course((9.0, second), layer=2)

    three("layers-compress-progressively", pair(3.0, 2.94), pair(3.0, 2.96))
    assert judged("layers-compress-progressively", six(pair(3.0, 2.0)), hidden=[9, 5, 3]).chance == 0.25

    def labels(first: float, second: float) -> list[dict]:
        rows = pair(3.0, 2.0)
        return [row | {"label_information": {1: first, 2: second}[row["layer"]]} for row in rows]

    three("layers-keep-label-information", labels(0.69, 0.65), labels(0.69, 0.63))


def digit_rows(values: list[dict], noise: str = "fixed noise") -> list[dict]:
    about = {"part": "digits", "split": "train", "weight_decay": 0.1, "estimator": noise, "seed": 0, "train_error": 0.0}
    return [about | {"step": step} | value for step, value in enumerate(values)]


def late(rows: list[dict]) -> list[dict]:
    """With a training error until the last step, so that no terminal phase is left."""
    final = max(row["step"] for row in rows)
    return [row | {"train_error": float(row["step"] < final)} for row in rows]


def test_rules_of_the_digits():
    def informed(*values: float) -> list[dict]:
        return digit_rows([{"information": value} for value in values])

    falls, stays = informed(1.0, 6.0, 3.0), informed(1.0, 6.0, 5.9)
    three("relu-does-not-compress-digits", stays, falls)
    three("two-phases-digits", falls, stays)
    three("two-phases-digits", falls, informed(6.0, 6.0, 3.0))
    weak = [row | {"weight_decay": 0.01} for row in six(stays)]
    assert judged("two-phases-digits", six(falls) + weak).word == HOLDS
    scaled = [row | {"estimator": "scaled noise"} for row in six(stays)]
    assert judged("two-phases-digits", six(falls) + scaled).word == HOLDS


def test_rule_of_the_corner():
    def corner(information: float, label: float, nc1: float = 0.05) -> list[dict]:
        ends = {"information": information, "label_information": label, "nc1_train": nc1}
        return digit_rows([ends | {"nc1_train": 1.0}, ends])

    name, good = "collapse-is-optimal-trade-off", corner(2.5, 2.2)
    three(name, good, corner(2.6, 2.2))
    three(name, good, corner(2.2, 2.0))
    unanswered(name, corner(2.5, 2.2, nc1=0.2))
    unanswered(name, late(good))


def test_rule_of_clusters():
    def paired(values: tuple) -> list[dict]:
        return digit_rows([{"information": each, "nc1_train": nc1} for nc1, each in enumerate(values, 1)])

    three("compression-is-clustering", paired((1.0, 2.0, 3.0, 4.0)), paired((1.0, 4.0, 3.0, 2.0)))


def test_rule_of_the_variational_bottleneck():
    def at(errors: tuple) -> list[dict]:
        return [{"part": "vib", "seed": 0, "beta": beta, "test_error": error}
                for beta, error in zip((0.0, 0.01, 0.1), errors, strict=True)]  # fmt: skip

    three("bottleneck-helps", at((0.1, 0.05, 0.5)), at((0.1, 0.1, 0.0)))


def test_rule_of_the_transitions():
    def spreads(then: float, last: float) -> list[dict]:
        return digit_rows([{"beta_low": 1.0, "beta_high": spread, "beta_mean": 1.0, "nc1_train": nc1}
                           for spread, nc1 in ((then, 1.0), (last, 0.05))])  # fmt: skip

    good = spreads(3.0, 1.9)
    unanswered("collapse-merges-transitions", late(good))
    unanswered("collapse-merges-transitions", [row | {"nc1_train": 1.0} for row in good])
    three("collapse-merges-transitions", good, spreads(3.0, 2.1))
    three("collapse-merges-transitions", good, spreads(1.5, 1.6))
