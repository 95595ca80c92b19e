"""Grokking: the shape of a run, the mirror pairs, the plane of the circle, and rules that can say every verdict."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ncbook import data, metrics, models, readings, runs, trainers
from ncbook.evidence import FAILS, HOLDS, OPEN, UNTESTED
from ncbook.experiments import grokking
from ncbook.experiments.grokking.claims import slope
from ncbook.experiments.grokking.leak import mirrored, train_leak
from ncbook.experiments.grokking.measures import measure
from ncbook.experiments.grokking.phase import train_phase
from ncbook.experiments.grokking.standard import pictures
from ncbook.experiments.grokking.training import accuracies, build, probe_steps

TINY = replace(
    grokking.Config.preset("smoke"), seeds=(4, 5), p=11, dim=8, width=12, steps=30, every=20, control_every=20,
    phase_seeds=(4,), phase_decays=(0.0, 1.0), phase_fractions=(0.5, 0.8), phase_steps=20, leak_seeds=(4, 5),
    leak_p=11, leak_dim=8, leak_width=16, leak_steps=20, leak_every=10, gromov_moduli=(11,), gromov_seeds=(0,),
)  # fmt: skip
JUDGES = {claim.id: claim.judge for claim in grokking.CLAIMS}


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return grokking.run(TINY, "cpu")


@pytest.fixture(scope="module")
def laptop() -> runs.Run:
    return grokking.EXPERIMENT.recorded("laptop")


# --- the parts


def test_probes_are_dense_at_first_and_end_at_the_end():
    assert probe_steps(250, 100) == [*range(0, 101, 10), 200, 250]
    assert probe_steps(30, 20) == [0, 10, 20, 30]


@pytest.mark.parametrize("network", ["pair_mlp", "nanda"])
def test_a_seed_decides_the_network(network):
    config = replace(TINY, network=network)
    same, again, other = (build(config, seed).embedding for seed in (1, 1, 2))
    assert torch.equal(same, again)
    assert not torch.equal(same, other)


def test_mirror_pairs_are_counted_by_hand():
    train = data.Split(torch.tensor([[0, 1], [2, 2], [1, 2]]), torch.tensor([1, 1, 0]))
    test = data.Split(torch.tensor([[1, 0], [0, 2], [2, 1], [0, 0]]), torch.tensor([1, 2, 0, 0]))
    dataset = data.Dataset("by hand", train, test, ("0", "1", "2"))
    assert mirrored(dataset, 3).tolist() == [True, False, True, False]


def test_an_unordered_split_has_no_known_mirror_image_and_an_ordered_one_has_half():
    sets = {split: data.modular(23, fraction=0.5, split=split, seed=9) for split in ("ordered", "unordered")}
    assert not mirrored(sets["unordered"], 23).any()
    assert 0.4 < mirrored(sets["ordered"], 23).double().mean() < 0.6


def test_accuracies_leave_out_the_padding():
    sets = [data.modular(11, fraction=fraction, seed=1) for fraction in (0.3, 0.8)]
    recipe = trainers.Recipe(1, 1e-2, optimizer="adamw")
    members = [trainers.Member(1), trainers.Member(2)]
    ensemble = trainers.Ensemble(lambda seed: build(TINY, seed), [each.train for each in sets], recipe, members)
    for split in ("train", "test"):
        own = [getattr(each, split) for each in sets]
        alone = [
            (ensemble.model(place)(each.inputs).argmax(1) == each.labels).double().mean().item()
            for place, each in enumerate(own)
        ]
        assert accuracies(ensemble, own).tolist() == pytest.approx(alone, abs=1e-12)


def test_measures_are_those_of_the_metrics():
    model, dataset = build(TINY, 3), data.modular(11, fraction=0.6, seed=3)
    with torch.no_grad():
        row = measure(model, {"train": dataset.train, "test": dataset.test})
        train, test = (model.features(split.inputs) for split in (dataset.train, dataset.test))
        weight = model.head.weight
    assert row["relative_flatness"] == metrics.relative_flatness(train, weight).item()
    assert row["relative_flatness_bound"] >= row["relative_flatness"] > 0
    assert row["cdnv_test"] == metrics.cdnv(test, dataset.test.labels).item()
    assert row["variance_ratio_train"] == pytest.approx(metrics.variance_ratio(train, dataset.train.labels).item())
    assert row["nc1_train"] == metrics.collapse(train, dataset.train.labels, weight).nc1
    means = metrics.class_means(train, dataset.train.labels, 11)
    assert row["ncc_acc_test"] == 1 - metrics.nearest_class_center_error(test, dataset.test.labels, means)
    p = (train @ weight.T).double().softmax(1)
    assert row["uncertainty_train"] == pytest.approx((1 - p.square().sum(1)).mean().item(), rel=1e-6)
    norm = torch.cat([parameter.flatten() for parameter in model.parameters()]).norm().item()
    assert row["weight_norm"] == pytest.approx(norm, rel=1e-5)
    assert row["fourier_gini"] == metrics.fourier_gini(model.embedding).item()


def test_the_plane_of_an_embedding_that_is_a_circle_shows_it():
    angles = 2 * torch.pi * 3 * torch.arange(11, dtype=torch.float64) / 11
    axes = torch.linalg.qr(torch.randn(7, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0)))[0]
    circle = 2 * torch.stack([angles.cos(), angles.sin()], dim=1) @ axes.T  # [11, 7]
    noise = torch.randn(11, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    drawn = pictures([0, 10, 20], [noise[None], noise[None], circle[None]])
    assert drawn["frames"].tolist() == [0, 20]
    assert drawn["frequency"].tolist() == [3]
    expected = 2 * torch.stack([angles.cos(), angles.sin()], dim=1).numpy()
    np.testing.assert_allclose(drawn["circle"][0, -1], expected, atol=2e-3)
    np.testing.assert_allclose(drawn["spectrum"][0, -1][[1, 2, 4, 5]], 0, atol=1e-5)


# --- a run


def test_shape_of_a_run(tiny):
    frame = tiny.to_frame()
    trainings = frame[["weight_decay", "seed"]].drop_duplicates().itertuples(index=False, name=None)
    assert list(trainings) == [(1.0, 4), (1.0, 5), (0.0, 4), (0.0, 5)]
    assert sorted(frame.step.unique()) == [0, 10, 20, 30]
    needed = {
        "train_acc", "test_acc", "train_loss", "test_loss", "relative_flatness", "relative_flatness_bound",
        "cdnv_train", "cdnv_test", "variance_ratio_train", "variance_ratio_test", "nc1_train", "nc2_angles_train",
        "nc3_train", "nc4_test", "rnc1_train", "weight_norm", "uncertainty_train", "fourier_gini",
    }  # fmt: skip
    assert needed <= set(frame.columns)
    assert tiny.arrays["circle"].shape == (2, len(tiny.arrays["frames"]), 11, 2)
    assert tiny.arrays["phase/generalized"].shape == (2, 2, 1)
    assert tiny.arrays["leak/nanda/ordered/mirror"].shape == (2, 3)
    assert np.isnan(tiny.arrays["leak/nanda/unordered/mirror"]).all()


def test_the_same_config_gives_the_same_run(tiny):
    again = grokking.run(TINY, "cpu")
    for name, column in tiny.history.items():
        np.testing.assert_array_equal(again.history[name], column, err_msg=name)
    for name, array in tiny.arrays.items():
        np.testing.assert_array_equal(again.arrays[name], array, err_msg=name)


def test_weight_decay_is_all_that_differs_between_twins(tiny):
    frame = tiny.to_frame()
    start = frame[frame.step == 0].drop(columns="weight_decay").set_index("seed")
    twins = [start.iloc[:2], start.iloc[2:]]
    np.testing.assert_allclose(twins[0].to_numpy(), twins[1].to_numpy(), rtol=1e-6)
    end = frame[frame.step == 30].groupby("weight_decay").weight_norm.mean()
    assert end[1.0] < end[0.0]


# --- the rules, on runs whose answer is known


SEEDS = [1, 2, 3, 4, 5, 6]


def made_up(test_acc=(0.0, 0.05, 1.0), control=(0.0, 0.05, 0.05), gini=(0.1, 0.3, 0.6), end=0.1) -> runs.Run:
    """Six seeds at steps 10, 40, 100; training accuracy is 1 from step 10 on."""
    rows = {name: [] for name in ("weight_decay", "seed", "step", "train_acc", "test_acc", "fourier_gini")}
    for decay, accuracy, sparse in ((1.0, test_acc, gini), (0.0, control, (0.1, 0.1, end))):
        for seed in SEEDS:
            for place, step in enumerate((10, 40, 100)):
                values = (decay, seed, step, 1.0, accuracy[place], sparse[place])
                for name, value in zip(rows, values, strict=True):
                    rows[name].append(value)
    config = {"weight_decays": [1.0, 0.0], "seeds": SEEDS}
    return runs.Run(config, {name: np.array(values) for name, values in rows.items()})


@pytest.mark.parametrize(
    ("claim", "changed", "word"),
    [
        ("generalizes-long-after-memorizing", {}, HOLDS),
        ("generalizes-long-after-memorizing", {"test_acc": (0.5, 0.5, 1.0)}, FAILS),
        ("generalizes-long-after-memorizing", {"test_acc": (0.0, 1.0, 1.0)}, FAILS),
        ("generalizes-long-after-memorizing", {"test_acc": (0.0, 0.0, 0.9)}, UNTESTED),
        ("no-grokking-without-decay", {}, HOLDS),
        ("no-grokking-without-decay", {"control": (0.0, 0.0, 1.0)}, FAILS),
        ("no-grokking-without-decay", {"test_acc": (0.0, 0.0, 0.9)}, UNTESTED),
        ("sparse-in-frequencies", {}, HOLDS),
        ("sparse-in-frequencies", {"gini": (0.4, 0.5, 0.6)}, FAILS),
        ("sparse-in-frequencies", {"end": 0.5}, FAILS),
        ("sparse-in-frequencies", {"test_acc": (0.0, 0.0, 0.9)}, UNTESTED),
        ("progress-before-the-jump", {}, HOLDS),
        ("progress-before-the-jump", {"gini": (0.1, 0.15, 0.6)}, FAILS),
        ("progress-before-the-jump", {"test_acc": (0.2, 0.2, 1.0)}, UNTESTED),
    ],
)
def test_rules_about_seeds(claim, changed, word):
    assert JUDGES[claim](made_up(**changed)).word == word


def test_a_seed_that_does_not_generalize_in_its_steps_is_shown_and_not_judged():
    run = made_up()
    run.history["test_acc"][2] = 0.9
    for claim in ("generalizes-long-after-memorizing", "no-grokking-without-decay", "sparse-in-frequencies"):
        evidence = JUDGES[claim](run)
        assert evidence.holds == (None, *[True] * 5)
        assert evidence.seeds == tuple(SEEDS)


def test_a_seed_that_generalizes_at_once_leaves_it_open():
    run = made_up()
    for first in range(1, 7, 3):
        run.history["test_acc"][first : first + 2] = 1.0
    evidence = JUDGES["generalizes-long-after-memorizing"](run)
    assert evidence.word == OPEN
    assert evidence.by_seed == {1: 0, 2: 0, 3: 1, 4: 1, 5: 1, 6: 1}


def phase(*seeds) -> runs.Run:
    """Weight decays 0, 1, 2, 4 and fractions 0.4, 0.8."""
    steps = np.stack([np.array(grokked, dtype=float) for grokked in seeds], axis=2)
    arrays = {"phase/memorized": np.ones_like(steps), "phase/generalized": steps, "phase/test_acc": np.ones_like(steps)}
    config = {"phase_decays": [0.0, 1.0, 2.0, 4.0], "phase_fractions": [0.4, 0.8]}
    return runs.Run(config | {"phase_seeds": list(range(len(seeds)))}, {}, arrays)


NO = readings.moments.NEVER


@pytest.mark.parametrize(
    ("grokked", "word"),
    [
        ([[NO, NO], [NO, 400], [NO, 200], [900, 100]], HOLDS),
        ([[NO, 900], [NO, 400], [NO, 200], [NO, 100]], FAILS),
        ([[NO, NO], [NO, 400], [NO, 200], [NO, 100]], UNTESTED),
        ([[NO, NO], [NO, NO], [NO, NO], [NO, NO]], UNTESTED),
    ],
)
def test_the_rule_about_samples(grokked, word):
    assert JUDGES["decay-halves-the-samples"](phase(*[grokked] * 6)).word == word


@pytest.mark.parametrize(
    ("grokked", "word"),
    [
        ([[NO, NO], [NO, 400], [NO, 200], [NO, 100]], HOLDS),
        ([[NO, NO], [NO, 400], [NO, 390], [NO, 380]], FAILS),
        ([[NO, NO], [NO, 400], [NO, 100], [NO, 25]], FAILS),
        ([[NO, NO], [800, 400], [400, 390], [200, 380]], OPEN),
        ([[NO, NO], [NO, NO], [NO, 200], [NO, 100]], UNTESTED),
    ],
)
def test_the_rule_about_time(grokked, word):
    evidence = JUDGES["time-inverse-to-decay"](phase(*[grokked] * 6))
    assert evidence.word == word
    assert len(evidence.by_seed) == (0 if word == UNTESTED else 6)  # the fractions of a seed count once


def test_the_slope_of_an_inverse_is_minus_one():
    cells = readings.grokking.phase_table(phase([[NO, NO], [NO, 400], [NO, 200], [NO, 100]]))
    assert slope(cells[np.isfinite(cells.generalized)]) == pytest.approx(-1)


@pytest.mark.parametrize(
    ("mirror", "rest", "holds", "word"),
    [
        ([0.1, 0.6], [0.0, 0.0], True, HOLDS),
        ([0.6, 0.9], [0.0, 0.5], True, HOLDS),
        ([0.1, 0.6], [0.0, 0.5], False, FAILS),
        ([0.1, 0.4], [0.0, 0.0], None, UNTESTED),
    ],
)
def test_the_rule_about_mirror_images(mirror, rest, holds, word):
    arrays = {"leak/nanda/ordered/mirror": np.array([mirror] * 6), "leak/nanda/ordered/rest": np.array([rest] * 6)}
    evidence = JUDGES["transformers-ignore-the-order"](runs.Run({"leak_seeds": SEEDS}, {}, arrays))
    assert evidence.holds == (holds,) * 6
    assert evidence.word == word


@pytest.mark.parametrize(("accuracy", "holds"), [(1.0, True), (0.99, False)])
def test_the_rule_about_the_analytic_solution(accuracy, holds):
    run = runs.Run({"gromov_seeds": [4, 5]}, {}, {"gromov/accuracy": np.array([[1.0, accuracy]])})
    evidence = JUDGES["analytic-solution"](run)
    assert evidence.holds == (True, holds)
    assert evidence.seeds == (4, 5)


def test_judges_give_plain_booleans_and_floats(laptop):
    for claim in grokking.CLAIMS:
        evidence = claim.judge(laptop)
        assert {type(each) for each in evidence.holds} <= {bool, type(None)}, claim.id
        assert {type(each) for each in evidence.seeds} <= {int}, claim.id
        assert {type(each) for each in evidence.values} <= {float}, claim.id


# --- the recorded run


def test_no_seed_of_the_recorded_run_was_used_to_choose_settings(laptop):
    used = {*range(4), *range(100, 108), *range(201, 222), 351, 352}
    config = laptop.config
    drawn = ("seeds", "phase_seeds", "leak_seeds", "gromov_seeds")
    assert not used & {seed for name in drawn[:3] for seed in config[name]}
    again = grokking.Config.preset("laptop-again")
    assert not any(set(config[name]) & set(getattr(again, name)) for name in drawn)
    assert len(config["seeds"]) >= 8


def test_every_measure_of_the_recorded_run_is_finite(laptop):
    for name, column in laptop.history.items():
        assert np.isfinite(column).all(), name


def test_the_code_still_gives_the_recorded_phase_diagram(laptop):
    """Its corners, until they have memorized; another processor may be a probe off."""
    config = grokking.Config.preset("laptop")
    corners = replace(config, phase_decays=(0.0, 4.0), phase_fractions=(0.3, 0.8), phase_steps=120)
    _, arrays = train_phase(corners, "cpu")
    recorded = laptop.arrays["phase/memorized"][[0, -1]][:, [0, -1]]
    assert abs(arrays["phase/memorized"] - recorded).max() <= config.phase_every


@pytest.mark.parametrize("name", list(readings.grokking.LEAKS))
def test_the_code_still_gives_the_recorded_leak(laptop, name):
    config = replace(grokking.Config.preset("laptop"), leak_seeds=(341,), leak_steps=40)
    _, arrays = train_leak(config, "cpu", name)
    for array, values in arrays.items():
        np.testing.assert_allclose(values, laptop.arrays[array][:1, :3], atol=0.05, err_msg=array)


def test_the_code_still_gives_the_recorded_weights_that_are_written_down(laptop):
    first = models.gromov_solution(29, 500, 0)
    spectrum = metrics.fourier_spectrum(first.input_weight[0].detach())
    np.testing.assert_allclose(spectrum, laptop.arrays["gromov/spectrum"], rtol=1e-4, atol=1e-6)


def test_the_code_still_gives_the_recorded_pictures_of_the_start(laptop):
    embedding = build(grokking.Config.preset("laptop"), 301).embedding.detach().double()
    drawn = pictures([0], [embedding[None]])
    np.testing.assert_allclose(drawn["spectrum"][0, 0], laptop.arrays["spectrum"][0, 0], rtol=1e-4)
