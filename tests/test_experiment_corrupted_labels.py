"""Corrupted labels: closed forms of the coding rates, what is measured on a network, and the rules."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from ncbook import data, metrics, runs, trainers
from ncbook.evidence import FAILS, HOLDS, OPEN, UNTESTED, Evidence, correlation_chance
from ncbook.experiments import corrupted_labels
from ncbook.experiments.corrupted_labels import rates, training
from ncbook.readings import corrupted_labels as reading

TINY = replace(
    corrupted_labels.Config.preset("smoke"), seeds=(4,), noises=(0.0, 0.4), epochs=1, long_epochs=1, probes=1,
    points=(20,), dims=(16,), rate_dim=16, components=3, ranks=(1, 3),
)  # fmt: skip


@pytest.fixture(scope="module")
def laptop() -> runs.Run:
    return corrupted_labels.EXPERIMENT.recorded("laptop")


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return corrupted_labels.run(TINY, "cpu")


# --- coding rates


@pytest.mark.parametrize(("classes", "dim", "eps_sq"), [(2, 2, 0.5), (3, 8, 0.1), (10, 128, 0.5)])
def test_collapsed_arrangements_have_their_closed_forms(classes, dim, eps_sq):
    for name, rate in ((rates.SIMPLEX, rates.simplex_rate), (rates.FRAME, rates.frame_rate)):
        features, labels = rates.arranged(name, classes, 7, dim, 4)
        assert metrics.coding_rate(features, eps_sq).item() == pytest.approx(rate(classes, dim, eps_sq), rel=1e-6)
        parts = metrics.class_coding_rate(features, labels, eps_sq).item()
        assert parts == pytest.approx(rates.point_rate(dim, eps_sq), rel=1e-6)


def test_subspaces_reach_their_closed_form_with_many_points():
    features, labels = rates.arranged(rates.SUBSPACES, 4, 20_000, 12, 4)
    whole, parts = rates.subspace_rates(4, 3, 12, 0.5)
    assert metrics.coding_rate(features, 0.5).item() == pytest.approx(whole, rel=1e-3)
    assert metrics.class_coding_rate(features, labels, 0.5).item() == pytest.approx(parts, rel=1e-3)


def test_subspaces_are_orthogonal_and_all_features_have_length_one():
    for name in rates.ARRANGEMENTS:
        features, labels = rates.arranged(name, 3, 5, 7, 4)
        torch.testing.assert_close(features.norm(dim=1), torch.ones(15, dtype=torch.float64))
    features, labels = rates.arranged(rates.SUBSPACES, 3, 5, 7, 4)
    assert (features[labels == 0] @ features[labels == 1].T).abs().max() == 0
    assert torch.linalg.matrix_rank(features[labels == 2]) == 2


def test_two_opposite_classes_have_no_rate_reduction():
    features, labels = rates.arranged(rates.SIMPLEX, 2, 6, 5, 4)
    assert metrics.rate_reduction(features, labels, 0.3).item() == pytest.approx(0, abs=1e-6)


# --- networks


def test_validation_images_are_held_out_and_corrupted_alike():
    config = replace(TINY, held_out=100)
    dataset = data.digits(40, seed=4)
    points = training.labeled(config, dataset, training.Arm(reading.CE, 0.4, 4), "cpu")
    assert (len(points.train), len(points.validation)) == (300, 100)
    for split in (points.train, points.validation):
        assert 0.24 < split.wrong.double().mean() < 0.48
    rows = torch.cat([points.train.inputs, points.validation.inputs]).flatten(1)
    original = dataset.train.inputs.flatten(1)
    assert torch.equal(rows[np.lexsort(rows.T.numpy())], original[np.lexsort(original.T.numpy())])


def test_arms_differ_as_they_say():
    recipes = {arm: training.recipe_of(TINY, arm) for arm in (*reading.EVERYWHERE, *reading.AT_THE_TOP)}
    matched, reduced = recipes[reading.MATCHED], recipes[reading.MCR2]
    assert replace(matched, loss=reduced.loss) == reduced
    assert recipes[reading.LONGER].steps == TINY.longer * reduced.steps
    common = recipes[reading.CE]
    assert replace(recipes[reading.DECAYED], weight_decay=common.weight_decay) == common
    assert replace(recipes[reading.SMOOTHED], loss=common.loss) == common
    assert recipes[reading.SMOOTHED].loss.smoothing == TINY.smoothing


def test_the_long_training_differs_from_the_common_one_in_batch_rate_decay_and_length():
    common, fitted = training.recipe_of(TINY, reading.CE), training.fitting(TINY)
    assert (fitted.batch_size, fitted.learning_rate) == (TINY.fit_batch, TINY.fit_rate)
    assert fitted.weight_decay == TINY.fit_decay
    assert fitted.steps == fitted.schedule.steps > common.steps
    told = ("steps", "schedule", "batch_size", "learning_rate", "weight_decay")
    assert replace(fitted, **{name: getattr(common, name) for name in told}) == common


@pytest.mark.parametrize("preset", ["laptop", "laptop-again", "gpu", "paper"])
def test_the_six_ratios_are_those_of_the_table(preset):
    config = corrupted_labels.Config.preset(preset)
    assert sorted(config.noises + config.other_noises) == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]


def test_the_long_training_is_probed_in_its_long_end():
    config = corrupted_labels.Config.preset("laptop")
    epochs = training.probe_epochs(config, reading.FITTED, config.fit_epochs)
    assert {config.fit_epochs * tenth // 10 for tenth in range(1, 11)} <= set(epochs)
    assert epochs == sorted(set(epochs))
    assert training.probe_epochs(config, reading.TRAINING, 40) == list(trainers.log_spaced(40, config.probes)[1:])


def test_memorized_shares():
    labels, true = torch.tensor([0, 1, 2, 0]), torch.tensor([0, 0, 0, 1])
    split = data.NoisySplit(torch.zeros(4, 2), labels, true)
    found = training.memorized(torch.tensor([0, 1, 0, 2]), split)
    assert found == pytest.approx({"wrong_acc_given": 1 / 3, "wrong_acc_true": 1 / 3})
    clean = data.NoisySplit(torch.zeros(4, 2), true, true)
    assert math.isnan(training.memorized(true, clean)["wrong_acc_given"])


def test_dimensions_count_directions():
    assert training.dimensions(torch.ones(9, 4).double()) == pytest.approx(1)
    assert training.dimensions(torch.eye(4).double()[torch.arange(12) % 3]) == pytest.approx(3)


def test_spreads_tell_right_from_wrong_labels():
    chance = torch.Generator().manual_seed(4)
    true, labels = torch.arange(60) % 3, torch.arange(60) % 3
    labels = torch.where(torch.arange(60) < 12, (true + 1) % 3, true)
    shown = torch.eye(3).double()[labels] + 0.01 * torch.randn(60, 3, generator=chance).double()  # all memorized
    split = data.NoisySplit(shown, labels, true)
    points = training.Points(split, split, data.Split(shown, true))
    found = training.spreads({"train": shown, "test": shown}, points)
    train, right, test = (found[f"unit_variance_ratio_{which}"] for which in ("train", "right", "test"))
    assert train == pytest.approx(right, rel=0.5)
    assert train < 0.001 < test


# --- a run


def test_a_run_has_its_columns_and_an_accuracy_a_rank(tiny, laptop):
    assert set(tiny.history) == set(laptop.history)
    for run in (tiny, laptop):
        assert set(run.history["part"]) == {"rates", "training", "ratios", "fitted"}
        networks = reading.outcomes(run)
        assert run.arrays["training/by_rank"].shape == (len(networks), len(run.arrays["training/ranks"]))
        seeds = len(run.config["seeds"])
        assert len(networks) == seeds * (3 * len(run.config["noises"]) + 3)
        assert len(reading.outcomes(run, reading.RATIOS)) == seeds * 2 * len(run.config["other_noises"])
        assert len(reading.outcomes(run, reading.FITTED)) == seeds


def test_by_rank_agrees_with_the_history(laptop):
    column = laptop.config["ranks"].index(laptop.config["components"])
    last = reading.ends(laptop)
    np.testing.assert_allclose(laptop.arrays["training/by_rank"][:, column], last.subspace_acc_test, atol=1e-6)


def test_the_same_settings_give_the_same_run(tiny):
    again = corrupted_labels.run(TINY, "cpu")
    for name, column in tiny.history.items():
        np.testing.assert_array_equal(column, again.history[name])


def test_rate_reduction_has_no_head(tiny):
    frame = tiny.to_frame()
    trained = frame[frame.part == "training"]
    assert (trained.test_acc.isna() == trained.arm.str.startswith("rate reduction")).all()


# --- the rules, on made-up runs


def judged(claim: str, rows: list[dict], **config) -> Evidence:
    names = (
        "part",
        "arm",
        "label_noise",
        "per_class",
        "dim",
        "seed",
        "epoch",
        "train_acc",
        "test_acc",
        *reading.COLUMNS,
    )
    history = {name: np.array([row.get(name, np.nan) for row in rows]) for name in names}
    (rule,) = [each.judge for each in corrupted_labels.CLAIMS if each.id == claim]
    found = rule(runs.Run(config, history, {}, {}))
    assert all(each is None or type(each) is bool for each in found.holds)
    assert all(type(each) is float for each in found.values)
    return found


def six(rows: list[dict], first: int = 0) -> list[dict]:
    """The rows, as six seeds in turn would give them."""
    return [row | {"seed": first + seed} for seed in range(6) for row in rows]


def three(claim: str, good: list[dict], bad: list[dict], **config) -> None:
    """The word of rows that hold, that do not, and of both, from six seeds each."""
    found = [judged(claim, rows, **config) for rows in (six(good), six(bad), six(good) + six(bad, 10))]
    assert [evidence.word for evidence in found] == [HOLDS, FAILS, OPEN]
    assert set(found[-1].by_seed) == {*range(6), *range(10, 16)}


def unanswered(claim: str, rows: list[dict]) -> None:
    """Rows that cannot answer are shown and not counted."""
    found = judged(claim, six(rows))
    assert found.word == UNTESTED
    assert found.holds == (None,) * 6


def net(arm: str, noise: float, *epochs: dict, part: str = "training") -> list[dict]:
    """Rows of one network; `test` and `validation` stand for those of its own classifier."""
    own = "subspace_acc_{}" if arm.startswith("rate") else "{}_acc"
    splits = {split: own.format(split) for split in ("train", "validation", "test")}
    about = {"part": part, "arm": arm, "label_noise": noise, "seed": 0, splits["validation"]: 0.5}
    return [
        about | {"epoch": number} | {splits.get(key, key): value for key, value in epoch.items()}
        for number, epoch in enumerate(epochs)
    ]


def pairs(noises: tuple[float, ...], crossed: list[float], reduced: list[float], part: str) -> list[dict]:
    """Cross-entropy and rate reduction at some noises."""
    rows = []
    for noise, *tests in zip(noises, crossed, reduced, strict=True):
        for arm, test in zip(("cross-entropy", "rate reduction"), tests, strict=True):
            rows += net(arm, noise, {"test": test}, part=part)
    return rows


def grid(crossed: list[float], reduced: list[float], **more: float) -> list[dict]:
    """Cross-entropy and rate reduction at the noises 0, 0.2, 0.4, and other arms, by name, at 0.4."""
    rows = pairs((0.0, 0.2, 0.4), crossed, reduced, "training")
    for arm, value in more.items():
        rows += net({"matched": "same schedule", "longer": "rate reduction, longer"}[arm], 0.4, {"test": value})
    return rows


def test_rules_of_the_comparison():
    good, small = grid([0.98, 0.9, 0.7], [0.98, 0.95, 0.9]), grid([0.98, 0.9, 0.7], [0.95, 0.95, 0.74])
    three("rate-reduction-more-robust", good, small)
    dips = judged("rate-reduction-more-robust", six(grid([0.9, 0.9, 0.8], [0.9, 0.89, 0.9])))
    assert (dips.word, dips.chance) == (FAILS, 1 / 6)
    three("rate-reduction-equal-on-clean", good, small)


def test_rule_at_the_other_ratios():
    def between(crossed: list[float], reduced: list[float]) -> list[dict]:
        return pairs((0.1, 0.3, 0.5), crossed, reduced, "ratios")

    name = "rate-reduction-more-robust-other-ratios"
    good = between([0.95, 0.8, 0.6], [0.97, 0.93, 0.8])
    three(name, good, between([0.95, 0.8, 0.6], [0.96, 0.82, 0.64]))  # grows, to less than five points
    shrinks = judged(name, six(between([0.95, 0.8, 0.6], [0.97, 0.93, 0.68])))
    assert (shrinks.word, shrinks.chance) == (FAILS, 1 / 6)
    assert judged(name, six(good + grid([0.98, 0.9, 0.7], [0.98, 0.9, 0.7]))).word == HOLDS  # no other part is asked


def test_rules_of_the_controls():
    ends = [0.98, 0.9, 0.7], [0.98, 0.95, 0.9]
    three("robustness-is-in-the-loss", grid(*ends, matched=0.75), grid(*ends, matched=0.85))
    three("rate-reduction-does-not-fit-labels", grid(*ends, longer=0.85), grid(*ends, longer=0.75))
    level = [0.98, 0.9, 0.86], [0.98, 0.95, 0.9]
    unanswered("robustness-is-in-the-loss", grid(*level, matched=0.75))
    unanswered("rate-reduction-does-not-fit-labels", grid(*level, longer=0.9))


def test_the_control_gets_its_best_classifier():
    rows = grid([0.98, 0.9, 0.7], [0.98, 0.95, 0.9], matched=0.75)
    rows[-1]["unit_ncc_acc_test"] = 0.88
    assert judged("robustness-is-in-the-loss", six(rows)).word == FAILS


def test_rules_of_the_geometry():
    def pair(crossed: float, reduced: float) -> list[dict]:
        return net("cross-entropy", 0.0, {"class_rank": crossed}) + net("rate reduction", 0.0, {"class_rank": reduced})

    three("rate-reduction-keeps-dimensions", pair(1.2, 6.0), pair(1.2, 2.0))
    assert judged("rate-reduction-keeps-dimensions", six(pair(4.0, 6.0))).word == FAILS

    def arranged(simplex: float) -> list[dict]:
        found = {"simplex": simplex, "orthogonal means": 2.0, "orthogonal subspaces": 5.0, "random": 1.5}
        return [{"part": "rates", "arm": name, "seed": 0, "dim": 8, "per_class": 5, "rate_reduction": value}
                for name, value in found.items()]  # fmt: skip

    three("rate-reduction-not-simplex", arranged(1.0), arranged(1.6), rate_dim=8, points=[5])


def test_rule_of_the_indicator():
    def nets(ratios: list[float]) -> list[dict]:
        accuracies = (0.6, 0.7, 0.8, 0.9)
        return [row for number, (ratio, test) in enumerate(zip(ratios, accuracies, strict=True))
                for row in net(f"arm {number}", 0.4, {"test": test, "unit_variance_ratio_train": ratio})]  # fmt: skip

    good = nets([0.1, 1.0, 2.0, 3.0])
    three("collapse-indicates-no-robustness", good, nets([3.0, 2.0, 1.0, 0.1]))
    assert judged("collapse-indicates-no-robustness", good).chance == correlation_chance(4, 0.5)


def stopped(first: float, last: float, ratio: float = 2.0, train: float = 0.6) -> list[dict]:
    """Cross-entropy whose first epoch is best on validation."""
    return net("cross-entropy", 0.4,
               {"test": first, "validation": 0.6, "train": train, "unit_variance_ratio_train": ratio},
               {"test": last, "validation": 0.5, "train": 1.0, "unit_variance_ratio_train": 0.5})  # fmt: skip


def test_rules_of_stopping():
    three("early-stopping-against-corruption", stopped(0.9, 0.7), stopped(0.74, 0.7))
    name = "early-stopping-before-terminal-phase"
    three(name, stopped(0.9, 0.7), stopped(0.9, 0.7, train=1.0))
    unanswered(name, [row | {"train_acc": 0.9} for row in stopped(0.9, 0.7)])


def test_rule_of_stopping_before_collapse_asks_networks_that_collapse():
    def course(stop: float, *ratios: float) -> list[dict]:
        first = {"test": 0.9, "validation": 0.6, "train": 0.6, "unit_variance_ratio_train": stop}
        later = [{"test": 0.7, "validation": 0.5, "train": 1.0, "unit_variance_ratio_train": each} for each in ratios]
        return net("cross-entropy", 0.4, first, *later, part="fitted")

    name = "early-stopping-before-collapse"
    three(name, course(2.0, 1.0, 0.5, 0.09), course(0.5, 1.0, 0.5, 0.09))
    unanswered(name, course(2.0, 1.0, 0.5, 0.2))  # no collapse
    unanswered(name, course(2.0, 0.09))  # no terminal phase


def test_rules_of_dilation():
    def widths(clean: float, middle: float, top: float, stop: float = 0.3) -> list[dict]:
        rows = []
        for noise, end in ((0.0, clean), (0.2, middle), (0.4, top)):
            rows += net(
                "cross-entropy",
                noise,
                {"unit_variance_ratio_test": stop, "validation": 0.9},
                {"unit_variance_ratio_test": end},
            )
        return rows

    three("memorization-dilates", widths(0.1, 0.5, 1.0), widths(0.1, 0.5, 0.4))
    assert judged("memorization-dilates", six(widths(0.1, 0.5, 1.0, stop=1.1))).word == FAILS

    def pair(ratio: float, test: float) -> list[dict]:
        plain = net("cross-entropy", 0.4, {"unit_variance_ratio_test": 1.0, "test": 0.7})
        return plain + net("label smoothing", 0.4, {"unit_variance_ratio_test": ratio, "test": test})

    three("smoothing-dilates-less", pair(0.8, 0.8), pair(1.2, 0.8))
    assert judged("smoothing-dilates-less", six(pair(0.8, 0.6))).word == FAILS
