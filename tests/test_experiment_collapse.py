"""The experiment `collapse`: its recorded run, what it measures, and every answer that its rules can give."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch

from ncbook import data, metrics, runs, trainers
from ncbook.evidence import FAILS, HOLDS, OPEN, UNTESTED
from ncbook.experiments import collapse
from ncbook.readings.collapse import falls
from ncbook.readings.moments import NEVER

CONFIG = {"networks": ["mlp", "convnet"], "weight_decays": [5e-3, 5e-4], "seeds": [0, 1, 2, 3, 4, 5], "held": 0.6}
QUIET = {"nc1": 20.0, "test": 3.0, "norms": 4.0, "angles": 4.0, "nc3": 4.0, "nc4": 0.0}
QUIET |= {"held": 0.015, "error": 0.01, "zero": 1}


def made_up(change: dict, seeds: tuple[int, ...], control: dict) -> runs.Run:
    """Epochs 0, 1, 4 and 9 of an arm, without errors from that of index `zero` on. `change` says how many times a
    measure falls in the last step, in these seeds at the main weight decay, `control` in all seeds at the other one.
    Epoch 4 is the last probe at the full learning rate; the test error is 0.02 before it, `held` there and `error` at
    the end."""
    rows = []
    for network, decay, seed in product(CONFIG["networks"], CONFIG["weight_decays"], CONFIG["seeds"]):
        told = QUIET | (control if decay == 5e-4 else change if seed in seeds else {})
        for index, epoch in enumerate((0, 1, 4, 9)):
            last, test_error = index == 3, (0.02, 0.02, told["held"], told["error"])[index]

            def fallen(name: str, told: dict = told, last: bool = last) -> float:
                return 0.4 / (told[name] if last else 1)

            rows.append({
                "network": network, "weight_decay": decay, "seed": seed, "epoch": epoch, "step": epoch,
                "train_error": 0.0 if index >= told["zero"] else 0.5, "test_error": test_error,
                "nc1_train": fallen("nc1"), "nc1_test": fallen("test"), "nc2_norms_train": fallen("norms"),
                "nc2_angles_train": fallen("angles"), "nc3_train": fallen("nc3"), "nc4_train": told["nc4"],
            })  # fmt: skip
    return runs.Run(CONFIG, {name: np.array([row[name] for row in rows]) for name in rows[0]}, {}, {})


# what breaks the rule of each claim
BROKEN = {
    "variability-collapses": [{"nc1": 9.9}],
    "class-means-form-a-simplex": [{"norms": 1.9}, {"angles": 1.9}],
    "classifier-meets-the-means": [{"nc3": 1.9}],
    "nearest-mean-decides": [{"nc4": 0.001}],
    "training-past-zero-error-helps": [{"held": 0.02}, {"held": 0.03}],
    "no-collapse-on-test": [{"test": 4.5}, {"nc1": 1000.0, "test": 32.0}],  # log-slopes just above one half
}
NEVER_ZERO, LATE = {"zero": 9}, {"zero": 3}  # at no probe, at the last: the phase is shorter than what came before it


def test_every_claim_is_tried():
    assert {*BROKEN} == {claim.id for claim in collapse.CLAIMS}


@pytest.mark.parametrize(("name", "change"), [(name, each) for name, changes in BROKEN.items() for each in changes])
def test_a_rule_says_what_the_made_up_runs_are(name, change):
    judge = judge_of(name)
    seen = [judge(made_up(change, seeds, {})) for seeds in ((), (1, 3, 5), (0, 1, 2, 3, 4, 5))]
    assert [evidence.word for evidence in seen] == [HOLDS, OPEN, FAILS]
    assert [evidence.valid for evidence in seen] == [12, 12, 12]


def judge_of(name: str):
    (claim,) = [claim for claim in collapse.CLAIMS if claim.id == name]
    return claim.judge


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("change", [NEVER_ZERO, LATE])
def test_trials_that_cannot_answer_are_not_counted(name, change):
    some = judge_of(name)(made_up(change, (1,), {}))
    assert some.holds.count(None) == 2
    assert some.word == HOLDS
    assert judge_of(name)(made_up(change, (0, 1, 2, 3, 4, 5), {})).word == UNTESTED


def test_without_a_collapse_on_train_nobody_can_follow():
    assert judge_of("no-collapse-on-test")(made_up({"nc1": 9.9}, (0, 1, 2, 3, 4, 5), {})).word == UNTESTED


def test_a_rate_that_falls_soon_after_the_last_error_cannot_tell_what_time_does():
    judge, soon = (
        judge_of("training-past-zero-error-helps"),
        {"zero": 2},
    )  # zero from epoch 4 on, of 5.4 at the full rate
    assert judge(made_up(soon, (1,), {})).holds.count(None) == 2
    assert judge(made_up(soon, (0, 1, 2, 3, 4, 5), {})).word == UNTESTED
    assert judge_of("variability-collapses")(made_up(soon, (0, 1, 2, 3, 4, 5), {})).valid == 12


def test_what_the_lower_rate_does_to_the_test_error_is_not_what_time_does():
    judge = judge_of("training-past-zero-error-helps")
    assert judge(made_up({"held": 0.02, "error": 0.001}, (0, 1, 2, 3, 4, 5), {})).word == FAILS


def test_the_rate_is_held_and_then_falls_to_zero_but_for_the_presets_with_the_published_schedule():
    held = collapse.recipe_of(collapse.Config.preset("laptop"), 5e-3, points=1000)
    assert [held.schedule(step) for step in (0, 1199, 1600, 2000)] == pytest.approx([1, 1, 0.5, 0])
    for preset in ("gpu", "paper"):
        config = collapse.Config.preset(preset)
        assert collapse.recipe_of(config, 5e-4, points=1280).schedule == trainers.Drops(
            (config.epochs // 3 * 10, 2 * config.epochs // 3 * 10)
        )


def test_the_last_epoch_at_the_full_rate_is_probed():
    assert 120 in collapse.probed_epochs(collapse.Config.preset("laptop"))
    paper = collapse.Config.preset("paper")
    assert collapse.probed_epochs(paper) == list(trainers.log_spaced(paper.epochs, paper.probes))


@pytest.mark.parametrize("name", BROKEN)
def test_the_control_decides_nothing(name):
    plain, changed = (judge_of(name)(made_up({}, (), control)) for control in ({}, BROKEN[name][0]))
    assert plain == changed


# --- the recorded run


@pytest.fixture(scope="module")
def laptop() -> runs.Run:
    return collapse.EXPERIMENT.recorded("laptop")


def main_arms(run: runs.Run):
    """(network, seed, rows) of the weight decay that the chapter follows."""
    frame = run.to_frame()
    frame = frame[frame.weight_decay == run.config["weight_decays"][0]]
    return [(network, seed, arm) for (network, seed), arm in frame.groupby(["network", "seed"])]


def test_every_arm_is_measured_at_every_probe(laptop):
    config = laptop.config
    arms = product(config["networks"], config["weight_decays"], config["seeds"])
    probes = sorted({*trainers.log_spaced(config["epochs"], config["probes"]), 120})
    expected = [(*arm, epoch) for arm in arms for epoch in probes]
    assert (
        list(
            zip(*(laptop.history[name].tolist() for name in ("network", "weight_decay", "seed", "epoch")), strict=True)
        )
        == expected
    )


def test_every_measure_is_finite(laptop):
    for name, column in laptop.history.items():
        if column.dtype.kind == "f":
            assert np.isfinite(column).all(), name


def test_nc1_falls_tenfold_after_the_training_error_is_zero(laptop):
    arms = main_arms(laptop)
    assert [(network, seed) for network, seed, _ in arms] == [(n, s) for n in ("convnet", "mlp") for s in range(5)]
    for network, seed, arm in arms:
        reached = arm[arm.train_error == 0]
        assert reached.nc1_train.iloc[0] / arm.nc1_train.iloc[-1] >= 10, (network, seed)
        assert arm.train_error.iloc[-1] == 0, (network, seed)


def test_the_plane_pictures_the_first_seed_of_each_network(laptop):
    probes = collapse.probed_epochs(collapse.Config.preset("laptop"))
    for network in laptop.config["networks"]:
        arrays = {name.split("/")[1]: array for name, array in laptop.arrays.items() if name.startswith(f"{network}/")}
        count = len(arrays["labels"])
        assert arrays["epoch"].tolist() == list(probes)
        assert arrays["points"].shape == (len(probes), count, 2)
        assert arrays["means"].shape == arrays["classifier"].shape == (len(probes), 3, 2)
        assert set(arrays["labels"]) == set(laptop.config["plane_classes"])
        assert arrays["test"].shape == (count,)
        assert ((arrays["seen"] > 0) & (arrays["seen"] <= 1 + 1e-6)).all()


def test_measure_takes_each_set_with_its_own_means_and_the_test_set_also_with_those_of_training():
    config = collapse.Config.preset("smoke")
    dataset = data.load(config.dataset)
    model = collapse.build(config, dataset, "mlp", 0).eval().requires_grad_(False)
    train, test = (model.features(split.inputs) for split in (dataset.train, dataset.test))
    row = collapse.measure(model.head, dataset, train, test)
    weight, bias = model.head.weight, model.head.bias
    assert row["nc1_test"] == metrics.collapse(test, dataset.test.labels, weight, bias).nc1
    assert row["cdnv_train"] == metrics.cdnv(train, dataset.train.labels).item()
    means = class_means(train, dataset.train.labels)
    assert row["nc4_train"] == metrics.nearest_mean_mismatch(train, means, weight, bias)
    assert row["nc4_test_train_means"] == metrics.nearest_mean_mismatch(test, means, weight, bias)


def class_means(features, labels):
    return torch.stack([features[labels == c].double().mean(0) for c in range(10)])


def test_falls_compares_the_first_zero_error_with_the_end():
    table = falls(made_up(NEVER_ZERO, (1,), {}))
    chosen = table[(table.network == "mlp") & (table.weight_decay == 5e-3)].set_index("seed")
    reached, missed = chosen.loc[0], chosen.loc[1]
    assert (reached.zero_error_epoch, reached.fall_train, reached.fall_test) == (1, pytest.approx(20), pytest.approx(3))
    assert (reached.test_error_then, reached.test_error_held, reached.test_error_end) == (0.02, 0.015, 0.01)
    assert (reached.phase_start, reached.phase_length, reached.phase_tells) == (1, 8, True)
    assert (reached.phase_fall_train, reached.phase_at_full_rate) == (pytest.approx(20), True)
    assert (missed.zero_error_epoch, missed.phase_start, missed.phase_tells) == (NEVER, NEVER, False)
    assert not missed.phase_at_full_rate
    assert np.isnan([missed.fall_train, missed.fall_test, missed.test_error_then]).all()


def test_falls_of_the_recorded_run_are_those_of_its_rows(laptop):
    rows = falls(laptop)
    rows = rows[rows.weight_decay == laptop.config["weight_decays"][0]].set_index(["network", "seed"])
    for network, seed, arm in main_arms(laptop):
        start = arm[arm.train_error == 0].iloc[0]
        assert rows.loc[(network, seed)].fall_train == float(start.nc1_train) / float(arm.nc1_train.iloc[-1])


def test_a_fall_is_counted_from_the_last_error_and_not_from_the_first_zero():
    run = made_up({}, (), {})
    run.history["train_error"] = np.where(run.history["epoch"] == 4, 0.1, run.history["train_error"])
    table = falls(run)
    assert (table.zero_error_epoch == 1).all()
    assert (table.phase_start == 9).all()
    assert (table.phase_fall_train == 1).all()
    assert not table.phase_tells.any()


def test_other_seeds_are_other_seeds_and_nothing_else():
    config, again = collapse.Config.preset("laptop"), collapse.Config.preset("laptop-again")
    assert replace(again, seeds=config.seeds) == config
    assert not set(again.seeds) & set(config.seeds)
