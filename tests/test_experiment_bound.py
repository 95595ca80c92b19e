"""The bound for test collapse: terms, certificates without the population, runs, and rules that can say yes and no."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from ncbook import data, metrics, models, runs
from ncbook.evidence import FAILS, HOLDS, OPEN, UNTESTED, Evidence
from ncbook.experiments import bound
from ncbook.experiments.bound import certificates, terms
from ncbook.readings import bound as reading

TINY = replace(
    bound.Config.preset("smoke"), seeds=(4,), sizes=(6, 12, 24), fixed_size=12, width=8, population_per_class=10,
    steps=6, batch_size=30, probes=2, repeats=4, draws=10,
)  # fmt: skip


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return bound.run(TINY, "cpu")


@pytest.fixture(scope="module")
def laptop() -> runs.Run:
    return bound.EXPERIMENT.recorded("laptop")


def clouds(count: int, num_classes: int = 3, dim: int = 5, seed: int = 0) -> list[torch.Tensor]:
    """[count, dim] a class, means 3 apart from the origin along axes."""
    chance = torch.Generator().manual_seed(seed)
    return [
        torch.randn(count, dim, generator=chance, dtype=torch.float64) + 3 * torch.eye(num_classes, dim)[c]
        for c in range(num_classes)
    ]


# --- terms


def test_stand_ins_have_the_mean_and_the_variance():
    for features, two in zip(clouds(40), terms.stand_ins(clouds(40)), strict=True):
        for found, expected in zip(terms.mean_and_variance(two), terms.mean_and_variance(features), strict=True):
            torch.testing.assert_close(found, expected)


def test_terms_are_those_of_the_metric_on_all_points():
    train, population = clouds(7), clouds(300, seed=1)
    for row in terms.pair_terms(train, population):
        i, j = row["class_i"], row["class_j"]
        exact = metrics.test_collapse_bound(train[i], train[j], population[i], population[j])
        for name, term in terms.TERMS.items():
            assert row[name] == pytest.approx(getattr(exact, term), rel=1e-9), name
        assert row["shift_sum"] == pytest.approx(sum(exact.mean_shifts), rel=1e-9)
        assert row["a"] == pytest.approx(row["shift_sum"] / row["distance_test"], rel=1e-9)


def test_mean_terms_are_means_over_all_pairs():
    train, population = clouds(7), clouds(300, seed=1)
    labels = torch.arange(3).repeat_interleave(300)
    found = terms.mean_terms(train, population)
    assert found["cdnv_test"] == pytest.approx(metrics.cdnv(torch.cat(population), labels).item(), rel=1e-9)


def test_nearest_center_errors_of_points_that_one_can_count():
    line = torch.tensor([[0.0], [1.0], [2.0], [3.0]], dtype=torch.float64)
    centers = torch.tensor([[0.0], [2.0]], dtype=torch.float64)
    assert terms.nearest_center_error([line, line + 10], centers) == 0.5 * 0.5  # 2 and 3 of the first are wrong


def test_gaussian_curves_against_drawn_points():
    curves = terms.gaussian_curves((1, 10))
    place = 10
    distance, chance = curves["gaussian/distance"][place].item(), torch.Generator().manual_seed(0)
    drawn = [torch.randn(100_000, 10, generator=chance, dtype=torch.float64) for _ in range(2)]
    drawn[1][:, 0] += distance
    labels, both = torch.arange(2).repeat_interleave(100_000), torch.cat(drawn)
    centers = torch.zeros(2, 10, dtype=torch.float64)
    centers[1, 0] = distance
    error = terms.nearest_center_error(drawn, centers)
    assert error == pytest.approx(curves["gaussian/error"][place].item(), rel=0.03)
    assert metrics.cdnv(both, labels).item() == pytest.approx(curves["gaussian/cdnv"][1, place].item(), rel=0.02)
    assert metrics.ncc_error_bound(both, labels).item() == pytest.approx(
        curves["gaussian/bound"][1, place].item(), rel=0.02
    )
    assert metrics.directional_ncc_error_bound(both, labels).item() == pytest.approx(
        curves["gaussian/directional"][place].item(), rel=0.02
    )


# --- bounds without the population


def test_deviations_are_seldom_exceeded_and_fall_with_the_root_of_n():
    chance = torch.Generator().manual_seed(0)
    points = torch.randn(2000, 50, 4, generator=chance, dtype=torch.float64)
    points /= points.norm(dim=2, keepdim=True)  # on the unit sphere: R = 1, mean 0
    shift, square = certificates.deviations(1.0, 50, 0.05)
    assert (points.mean(1).norm(dim=1) > shift).double().mean() <= 0.05
    assert certificates.deviations(1.0, 200, 0.05) == pytest.approx((shift / 2, square / 2))
    assert certificates.deviations(3.0, 50, 0.05) == pytest.approx((3 * shift, 9 * square))


def test_hoeffding_says_nothing_of_few_points_and_holds_for_many():
    population = clouds(200_000)
    largest = max(f.norm(dim=1).max().item() for f in population)
    assert certificates.hoeffding([f[:10] for f in population], largest, 0.05) == [math.inf] * 3
    true = [row["cdnv_test"] for row in terms.pair_terms(population, population)]
    found = certificates.hoeffding([f[:100_000] for f in population], largest, 0.05)
    assert all(v < b < 2 * v for v, b in zip(true, found, strict=True))


def test_the_bootstrap_covers_where_points_are_independent():
    population = clouds(50_000, seed=3)
    true = terms.pair_terms(population, population)[0]["cdnv_test"]
    found = [certificates.bootstrap(clouds(30, seed=s), 100, 0.05, s)[0] for s in range(4, 44)]
    assert np.mean(np.array(found) >= true) >= 0.9
    assert np.median(found) < 3 * true


def test_norm_scale_of_a_network_by_hand():
    model = models.mlp((2,), 2, width=2, depth=1).eval()
    with torch.no_grad():
        model.blocks["hidden1"][1].weight.copy_(torch.tensor([[3.0, 0.0], [0.0, 4.0]]))
        model.blocks["hidden1"][2].running_var.fill_(4.0)
    inputs = torch.tensor([[0.0, 2.0], [1.0, 0.0]])
    assert certificates.norm_scale(model, inputs, 16) == pytest.approx(2 * 2.5 / 4, rel=1e-4)
    assert math.isnan(certificates.norm_scale(models.convnet((1, 8, 8), 2, 8), torch.zeros(3, 1, 8, 8), 16))


# --- runs


def test_rows_of_a_run(tiny):
    assert {"seed", "step"} <= set(tiny.history)
    assert {name: len(reading.rows(tiny, name)) for name in ("pair", "network", "time", "fixed")} == {
        "pair": 3 * 45, "network": 3, "time": 3 * 3, "fixed": 3,
    }  # fmt: skip
    assert reading.rows(tiny, "fixed").per_class.tolist() == [6, 12, 24]


def test_a_run_again_gives_the_same_numbers(tiny):
    again = bound.run(TINY, "cpu")
    for name, column in tiny.history.items():
        np.testing.assert_array_equal(column, again.history[name])


def test_the_last_probe_is_the_mean_over_the_pairs(tiny):
    last = reading.rows(tiny, "time").groupby("per_class").last()
    means = reading.rows(tiny, "pair").groupby("per_class").mean(numeric_only=True)
    for name in terms.TERMS:
        np.testing.assert_allclose(last[name], means[name], rtol=1e-6)


def test_terminal_phases(tiny):
    """They begin after the last training error of any seed; `terminal` reads from the first probe without one."""
    wrong = {(6, 0), (6, 2), (12, 0), (24, 0), (24, 1), (24, 2)}  # sizes, and numbers of a probe
    made = changed(
        tiny, "time", step=lambda r: 3 * r.groupby("per_class").cumcount(),
        B=lambda r: r.groupby("per_class").cumcount() + 1.0,
        train_error=lambda r: [float((size, b - 1) in wrong) for size, b in zip(r.per_class, r.B, strict=True)],
    )  # fmt: skip
    assert [reading.terminal_start(made, size) for size in (6, 12, 24)] == [math.inf, 3, math.inf]
    seen = reading.terminal(made).set_index("per_class")
    assert seen.B_then.tolist() == pytest.approx([2, 2, math.nan], nan_ok=True)
    assert seen.B_end.tolist() == [3, 3, 3]


def test_halves_and_fresh_images_are_other_images():
    """Two halves of the population and the fresh images are told apart, and by class."""
    dataset = bound._images(TINY, "cpu", 4)
    flat = dataset.test.inputs.flatten(1)
    seen = bound._Seen(TINY, 12, dataset.train.inputs.flatten(1)[:120], dataset.train.labels[:120], flat,
                       dataset.test.labels)  # fmt: skip
    assert [len(side[3]) for side in (seen.train, seen.population, seen.first, seen.second, seen.fresh)] == [
        12, 20, 10, 10, 12,
    ]  # fmt: skip
    torch.testing.assert_close(torch.cat([seen.first[3], seen.second[3]]), seen.population[3])
    assert not any((seen.fresh[3][:, None] == side[3]).all(2).any() for side in (seen.first, seen.second))


def test_training_sets_are_nested_and_balanced():
    dataset = bound._images(TINY, "cpu", 4)
    small = data.glyphs(train_per_class=6, test_per_class=1, size=16, difficulty=TINY.difficulty, seed=4)
    torch.testing.assert_close(dataset.train.inputs[:60], small.train.inputs)


# --- rules


def six(run: runs.Run) -> runs.Run:
    """The run as if six seeds had given its numbers."""
    frame = run.to_frame()
    frame = pd.concat([frame.assign(seed=frame.seed + 10 * more) for more in range(6)], ignore_index=True)
    return replace(run, history={name: frame[name].to_numpy() for name in frame})


def judged(run: runs.Run, claim: str) -> Evidence:
    return next(each for each in bound.CLAIMS if each.id == claim).judge(run)


def changed(run: runs.Run, part: str, **columns) -> runs.Run:
    """The run with columns of one part replaced by functions of its rows."""
    frame = run.to_frame()
    frame = frame.astype(dict.fromkeys(frame.select_dtypes("float32"), float))
    chosen = frame.part == part
    for name, values in columns.items():
        frame.loc[chosen, name] = values(frame[chosen])
    return replace(run, history={name: frame[name].to_numpy() for name in frame})


def power(exponent: float):
    return lambda rows: rows.per_class.astype(float) ** exponent


NONE = lambda value: lambda rows: value  # noqa: E731
FALL = {"train_error": NONE(0), "cdnv_train": lambda r: (1.0 + r.step) ** -2}  # a terminal phase with collapse
MADE_UP = [
    ("bound-holds", "pair", {"cdnv_bound": lambda r: 2 * r.cdnv_test}, HOLDS),
    ("bound-holds", "pair", {"cdnv_bound": lambda r: 0.5 * r.cdnv_test}, FAILS),
    ("bound-holds", "pair", {"cdnv_bound": lambda r: (r.per_class - 10) * r.cdnv_test}, OPEN),
    ("collapse-shrinks-training-cdnv", "time", FALL, HOLDS),
    ("collapse-shrinks-training-cdnv", "time", {**FALL, "cdnv_train": lambda r: 1 / (1 + r.step)}, FAILS),
    ("collapse-shrinks-training-cdnv", "time", {**FALL, "train_error": NONE(0.1)}, UNTESTED),
    ("collapse-shrinks-training-cdnv", "time", {**FALL, "train_error": lambda r: 1.0 * (r.step < 6)}, UNTESTED),
    ("collapse-shrinks-b", "time", {**FALL, "B": lambda r: 1 / (1 + r.step)}, HOLDS),
    ("collapse-shrinks-b", "time", {**FALL, "B": lambda r: 1 + r.step}, FAILS),
    ("collapse-shrinks-b", "time", {**FALL, "B": lambda r: (1.0 + r.step) ** np.where(r.per_class > 10, -1, 1)}, OPEN),
    ("collapse-shrinks-b", "time", {**FALL, "cdnv_train": NONE(1), "B": lambda r: 1 / (1 + r.step)}, UNTESTED),
    ("concentration-rate-fixed", "fixed", {"shift": power(-0.5), "square": power(-0.47)}, HOLDS),
    ("concentration-rate-fixed", "fixed", {"shift": power(-0.5), "square": power(-0.4)}, OPEN),
    ("concentration-rate-fixed", "fixed", {"shift": power(-0.7), "square": power(-0.4)}, FAILS),
    ("concentration-rate-trained", "network", {"shift": power(-0.5), "square": power(-0.5), "length": NONE(3)}, HOLDS),
    ("concentration-rate-trained", "network", {"shift": power(-0.7), "square": power(-0.7), "length": NONE(3)}, FAILS),
    ("concentration-no-slower-trained", "network",
     {"shift": power(-0.7), "square": power(-0.7), "length": NONE(3)}, HOLDS),
    ("concentration-no-slower-trained", "network",
     {"shift": power(-0.7), "square": power(-1), "length": power(-0.5)}, FAILS),
    ("population-means-apart", "pair", {"shift_sum": NONE(1), "distance_train": NONE(2)}, HOLDS),
    ("population-means-apart", "pair", {"shift_sum": NONE(3), "distance_train": NONE(2)}, FAILS),
    ("population-means-apart", "pair", {"shift_sum": lambda r: 20 / r.per_class, "distance_train": NONE(2)}, OPEN),
    ("test-approaches-train", "pair", {"cdnv_test": power(-1), "cdnv_train": NONE(0)}, HOLDS),
    ("test-approaches-train", "pair", {"cdnv_test": power(1), "cdnv_train": NONE(0)}, FAILS),
    ("test-collapse-follows", "time", {**FALL, "cdnv_test": lambda r: (1.0 + r.step) ** -1.2}, HOLDS),
    ("test-collapse-follows", "time", {**FALL, "cdnv_test": lambda r: (1.0 + r.step) ** -0.8}, FAILS),
    ("test-collapse-follows", "time", {**FALL, "cdnv_train": NONE(1), "cdnv_test": lambda r: 1 / (1 + r.step)},
     UNTESTED),
    ("center-error-bound", "network", {"ncc_error_test": NONE(0.1), "ncc_error_bound": NONE(1)}, HOLDS),
    ("center-error-bound", "network", {"ncc_error_test": NONE(0.1), "ncc_error_bound": NONE(0.01)}, FAILS),
    ("center-error-bound", "network", {"ncc_error_test": NONE(0.1), "ncc_error_bound": lambda r: r.per_class / 120},
     OPEN),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "part", "columns", "word"), MADE_UP)
def test_rules_on_made_up_runs(tiny, claim, part, columns, word):
    assert judged(changed(six(tiny), part, **columns), claim).word == word


def test_the_population_is_followed_at_the_largest_size_with_collapse(tiny):
    wrong = {"train_error": lambda r: 1.0 * (r.per_class > 12), "cdnv_train": FALL["cdnv_train"]}
    made = changed(tiny, "time", **wrong, cdnv_test=lambda r: (1.0 + r.step) ** -np.where(r.per_class == 12, 1.5, 0.1))
    assert judged(made, "test-collapse-follows").values == pytest.approx((0.75,))
    assert reading.phases(made).phase_tells.tolist() == [True, True, False]


def test_seeds_are_named(tiny):
    made = six(tiny)
    for claim in bound.CLAIMS:
        evidence = claim.judge(made)
        assert set(evidence.seeds) in (set(), {4, 14, 24, 34, 44, 54}), claim.id


def test_rates_find_a_power_law(tiny):
    made = reading.rows(changed(tiny, "fixed", shift=power(-0.3), square=power(-1.1)), "fixed")
    assert reading.rates(made, "shift").tolist() == pytest.approx([-0.3])
    assert reading.rates(made, "shift", "square").tolist() == pytest.approx([0.8])
    assert reading.rates(made, "shift", "square", power=2).tolist() == pytest.approx([1.9])


# --- the recorded run


def test_the_recorded_run_is_complete(laptop):
    config = laptop.config
    assert len(reading.rows(laptop, "pair")) == 45 * len(config["seeds"]) * len(config["sizes"])
    networks = reading.rows(laptop, "network")
    assert (networks.train_error == 0).all()
    columns = [
        "ncc_error_test",
        "ncc_error_bound",
        "directional_ncc_error_bound",
        "shift",
        "shift_if_fresh",
        "length",
        "norm_scale",
    ]
    assert np.isfinite(networks[columns]).all(axis=None)
    assert (networks.directional_ncc_error_bound <= networks.ncc_error_bound).all()
