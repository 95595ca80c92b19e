"""The experiment `transfer`: its probes on points with known answers, its readings, and its rules on made-up runs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from repeats import assert_the_last_seed_repeats
from sklearn.linear_model import Ridge

from ncbook import data, experiments, runs
from ncbook.evidence import FAILS, HOLDS, OPEN, UNTESTED, Evidence, correlation_chance
from ncbook.experiments import transfer
from ncbook.experiments.transfer import groups, measure, source
from ncbook.readings import transfer as reading

SMOKE = transfer.Config.preset("smoke")
TINY = replace(SMOKE, source_counts=(2, 10), source_steps=16, trials=2, group_epochs=3)


def clouds(spread: float, classes: int = 4, count: int = 30, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Points [classes count, 8] around unit vectors a class, in the order 0, 1, ..., 0, 1, ..."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(classes).repeat(count)
    noise = torch.randn(len(labels), 8, generator=generator, dtype=torch.float64)
    return torch.eye(8, dtype=torch.float64)[labels] + spread * noise, labels


# --- the probes


def test_few_shots_of_points_without_spread_are_enough():
    points, labels = clouds(0)
    assert transfer.few_shot(points, labels, 2, 5, 0.1, seed=0) == (1, 1)


def test_few_shots_of_noise_give_chance():
    points, labels = clouds(1e3, count=200)
    ridge, nearest = transfer.few_shot(points, labels, 5, 50, 0.1, seed=0)
    assert ridge == pytest.approx(0.25, abs=0.02)
    assert nearest == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize("seed", range(3))
def test_few_shots_by_ridge_are_those_of_scikit_learn(seed):
    points, labels = clouds(0.6, seed=seed)
    shots, penalty = 3, 0.1
    generator = np.random.default_rng(seed)
    rows = np.concatenate([
        generator.choice(np.flatnonzero(labels == c), shots, replace=False) for c in range(4)
    ])  # fmt: skip
    shown = points.numpy()[rows]
    alpha = penalty * ((shown - shown.mean(0)) ** 2).sum(1).mean()
    ridge = Ridge(alpha).fit(shown, np.eye(4)[labels[rows]])
    others = np.setdiff1d(np.arange(len(labels)), rows)
    expected = (ridge.predict(points.numpy()[others]).argmax(1) == labels.numpy()[others]).mean()
    assert transfer.few_shot(points, labels, shots, 1, penalty, seed)[0] == pytest.approx(expected)


def test_the_scale_of_the_features_changes_no_probe():
    points, labels = clouds(0.5)
    assert transfer.few_shot(1e3 * points, labels, 5, 5, 0.1, 0) == transfer.few_shot(points, labels, 5, 5, 0.1, 0)
    assert transfer.linear_probe(1e3 * points, labels) == transfer.linear_probe(points, labels)


def test_the_linear_probe_is_right_on_separated_classes_and_at_chance_without_any_signal():
    assert transfer.linear_probe(*clouds(0.01)) == (1, 1)
    points, labels = clouds(0.01, count=500)
    mixed = labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))]
    assert transfer.linear_probe(points, mixed)[0] == pytest.approx(0.25, abs=0.05)


def test_the_linear_probe_takes_features_that_are_all_the_same():
    assert transfer.linear_probe(torch.ones(40, 3), torch.arange(4).repeat(10))[0] == pytest.approx(0.25)


@pytest.mark.parametrize("collapse", [1.0, 1e-3, 1e-8])
def test_residuals_give_the_fine_classes_back_however_small_they_are(collapse):
    fine, labels = clouds(0.02)
    groups = labels % 2
    points = torch.where(groups == 0, 1.0, -1.0)[:, None] + collapse * fine
    assert transfer.recovered(points, groups, labels, seed=0) == 1


def test_residuals_without_fine_classes_give_little_more_than_chance():
    points, labels = clouds(1e3, count=300)
    assert transfer.recovered(points, labels % 2, labels, seed=0) == pytest.approx(0.5, abs=0.06)


# --- the design


@pytest.mark.parametrize("preset", experiments.PRESETS)
def test_equal_totals_share_one_training_with_equal_images_a_class(preset):
    config = transfer.Config.preset(preset)
    assert config.total // config.per_class in config.source_counts
    assert max(config.source_counts) + config.target_classes <= len(data.GLYPH_CLASSES)
    assert not set(config.seeds) & {0, 1} or preset == "smoke"


def test_source_and_target_classes_do_not_meet():
    known, target = source.split_classes(SMOKE, seed=1)
    assert sorted(known + target) == list(range(len(data.GLYPH_CLASSES)))
    assert len(target) == SMOKE.target_classes


@pytest.mark.parametrize("preset", experiments.PRESETS)
def test_probed_steps_grow_to_the_last_and_have_the_first_eighth(preset):
    config = transfer.Config.preset(preset)
    steps = source.probe_steps(config)
    assert list(steps) == sorted(set(steps))
    assert (steps[0], steps[-1]) == (0, config.source_steps)
    assert config.source_steps // 8 in steps


@pytest.mark.parametrize("preset", experiments.PRESETS)
def test_probed_epochs_grow_to_the_last(preset):
    config = transfer.Config.preset(preset)
    epochs = groups.probe_epochs(config)
    assert list(epochs) == sorted(set(epochs))
    assert (epochs[0], epochs[-1]) == (0, config.group_epochs)


def test_the_labels_of_each_arm():
    labels = torch.arange(10).repeat(3)
    parity, halves, weak, fine, random = (groups.trained_labels(arm, labels, seed=1) for arm in reading.ARMS)
    assert parity.tolist() == weak.tolist() == [0, 1] * 15
    assert halves[:10].tolist() == [0] * 5 + [1] * 5
    assert fine.tolist() == labels.tolist()
    assert random.sum() == 15
    assert 0 < (random != parity).sum() < 30


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return transfer.run(TINY)


def test_every_network_is_measured_and_every_number_but_the_clusters_is_finite(tiny):
    frame = tiny.to_frame()
    assert frame.drop(columns="cluster_acc_train").notna().all(axis=None)
    assert reading.ends(tiny).groupby("arm").size().to_dict() == {"per class": 4, "total": 4}
    found = reading.part(tiny, "groups")
    assert len(found) == 2 * 5 * (4 * len(groups.probe_epochs(TINY)) + 1)
    assert found[found.layer == "last"].cluster_acc_train.isna().groupby(found.arm).all().to_dict() == {
        arm: arm == "fine" for arm in reading.ARMS
    }


def test_a_seed_gives_the_same_rows_alone_and_again(tiny):
    assert_the_last_seed_repeats(transfer.EXPERIMENT, TINY, tiny)


def test_pixels_are_the_same_for_all_networks_of_a_seed(tiny):
    pixels = tiny.to_frame().query("layer == 'input'")
    assert (pixels.groupby(["part", "seed"]).probe_acc_target.nunique() == 1).all()


# --- super-classes of MNIST alone

MNIST = ("laptop-mnist", "laptop-mnist-again")


def test_the_runs_on_mnist_differ_in_their_seeds_and_have_the_settings_of_the_digits():
    first, second = (transfer.Config.preset(name) for name in MNIST)
    assert replace(first, seeds=()) == replace(second, seeds=())
    assert len({*first.seeds} | {*second.seeds}) == len(first.seeds) + len(second.seeds)
    others = {seed for name in ("laptop", "laptop-again") for seed in transfer.Config.preset(name).seeds}
    assert not {*first.seeds, *second.seeds} & {*others, *range(90, 100), *range(7000, 7100)}
    own = {name: vars(first)[name] for name in vars(transfer.Config()) if name != "seeds"}
    changed = {name for name, value in own.items() if value != vars(transfer.Config())[name]}
    assert changed == {"source_counts", "group_data", "group_per_class"}
    assert list(first.group_probes) == sorted({*first.group_probes, 0, first.group_epochs})


@pytest.fixture(scope="module")
def mnist() -> tuple[transfer.Config, runs.Run]:
    arms = (reading.PARITY, reading.HALVES, reading.WEAK, reading.WEAK_HALVES)
    config = replace(
        transfer.Config.preset(MNIST[0]), seeds=(1, 2), group_epochs=2, group_probes=(0, 1, 2), group_per_class=20,
        group_arms=arms, batch_size=50, width=32,
    )  # fmt: skip
    return config, transfer.run(config, "cpu")


def test_mnist_has_super_classes_alone_with_both_decays(mnist):
    config, run = mnist
    frame = run.to_frame()
    assert frame.part.unique().tolist() == ["groups"]
    assert len(frame) == 2 * 4 * (4 * 3 + 1)
    assert sorted(frame.epoch.unique()) == [0, 1, 2]
    last_layer = reading.part(run, "groups", "last")
    assert last_layer[["nc1_train", "ncc_acc_test"]].notna().all(axis=None)
    assert frame[frame.layer != "last"].nc1_train.isna().all()
    found = last_layer.set_index(["seed", "epoch", "arm"]).cdnv_train.unstack()
    for strong, weak in zip(reading.COARSE, reading.WEAKLY, strict=True):  # of the same weights and batches
        assert (found.loc[(slice(None), 0), strong] == found.loc[(slice(None), 0), weak]).all()
        assert (found.loc[(slice(None), 2), strong] != found.loc[(slice(None), 2), weak]).all()
    assert_the_last_seed_repeats(transfer.EXPERIMENT, config, run)


def test_the_nearest_center_of_super_classes_is_counted_on_new_images(mnist):
    config, _ = mnist
    images = groups._images(config, 1)
    posed = groups._posed(images, reading.WEAK_HALVES, 1)
    assert posed.test.labels.tolist() == (images.test.labels >= 5).long().tolist()
    model = measure.network("mlp", posed, 32, 4, 1).eval()
    with torch.no_grad():
        found = groups._centers(model, posed)
        seen, fresh = (measure.layers(model, split.inputs, True)["last"] for split in (posed.train, posed.test))
    means = torch.stack([seen[posed.train.labels == c].mean(0) for c in (0, 1)])
    right = (torch.cdist(fresh, means).argmin(1) == posed.test.labels).double().mean()
    assert found["ncc_acc_test"] == pytest.approx(right.item(), abs=1e-3)


# --- the rules, on made-up runs


SEEDS = (1, 2, 3, 4, 5, 6)


def base(part: str, arm: str, num_classes: int, seed: int, step: int, layer: str) -> dict:
    about = {"part": part, "arm": arm, "num_classes": num_classes, "seed": seed, "step": step, "epoch": step / 8}
    numbers = dict.fromkeys(("variance_ratio_train", "cdnv_train", "cdnv_test", *reading.COLUMNS), 0.5)
    return about | {"layer": layer, "train_error": float(step == 0), "test_error": 0.1} | numbers


def made_up(on_source=lambda row: {}, on_groups=lambda row: {}) -> runs.Run:
    """Four l and six seeds, steps 0, 8, 64; the functions change rows, given them."""
    rows = []
    for seed in SEEDS:
        for arm, counts in (("per class", (2, 5, 10, 20)), ("total", (2, 5, 20))):
            for count in counts:
                for step, layer in ((0, "input"), (0, "last"), (8, "last"), (64, "hidden1"), (64, "last")):
                    row = base("source", arm, count, seed, step, layer)
                    rows.append(row | on_source(row))
        for arm in (*reading.ARMS, reading.WEAK_HALVES):
            for step in (0, 8, 16, 32, 64):
                for layer in ("input", "hidden1", "last") if step == 0 else ("hidden1", "last"):
                    row = base("groups", arm, 2, seed, step, layer)
                    rows.append(row | on_groups(row))
    frame = pd.DataFrame(rows)
    config = {"seeds": list(SEEDS), "target_classes": 10, "source_steps": 64, "per_class": 30, "total": 300}
    return runs.Run(config, {name: frame[name].to_numpy() for name in frame}, {}, {})


def judged(name: str, run: runs.Run) -> Evidence:
    (claim,) = [each for each in transfer.CLAIMS if each.id == name]
    evidence = claim.judge(run)
    assert set(evidence.seeds) == set(SEEDS)
    return evidence


def last(value, name: str = "probe_acc_target"):
    """Changes `name` in the last layer at the end; `value` may be a function of the row."""

    def change(row: dict) -> dict:
        if row["layer"] != "last" or row["step"] != 64:
            return {}
        return {name: value(row) if callable(value) else value}

    return change


def odd_seeds(good, bad):
    return lambda row: (good if row["seed"] % 2 else bad)(row)


def collapsing(change):
    """As `change`, and the CDNV of the training images falls tenfold from step 8 to 64."""
    return lambda row: {"cdnv_train": 0.5 if row["step"] < 64 else 0.05} | change(row)


def target(fall: float):
    return lambda row: {"cdnv_target": 1.0 if row["step"] == 0 else 1 / fall}


SOURCE_RULES = {
    "source-collapse-on-new-images": (last(0.9, "cdnv_test"), last(1.1, "cdnv_test")),
    "unseen-cdnv-falls-with-classes": (
        last(lambda row: 1 / row["num_classes"], "cdnv_target"), last(lambda row: row["num_classes"], "cdnv_target"),
    ),
    "unseen-accuracy-rises-with-classes": (
        last(lambda row: row["num_classes"] / 40), last(lambda row: 1 / row["num_classes"]),
    ),
    "unseen-gap-falls-with-classes": (
        last(lambda row: 0.5 + 1 / row["num_classes"], "cdnv_target"),
        last(lambda row: row["num_classes"], "cdnv_target"),
    ),
    "unseen-classes-collapse": (target(11), target(9)),
    "unseen-accuracy-high": (last(0.53), last(0.51)),
    "fewer-source-classes-impossible": (collapsing(last(0.19)), collapsing(last(0.3))),
    "fewer-source-classes-lose-information": (collapsing(last(0.49)), collapsing(last(0.51))),
    "longer-training-worse-few-classes": (last(0.47), last(0.49)),
    "middle-layer-better-for-unseen": (last(0.47), last(0.49)),
}  # fmt: skip


@pytest.mark.parametrize("name", SOURCE_RULES)
def test_rules_on_source_classes_can_say_every_word(name):
    good, bad = SOURCE_RULES[name]
    assert judged(name, made_up(good)).word == HOLDS
    assert judged(name, made_up(bad)).word == FAILS
    assert judged(name, made_up(odd_seeds(good, bad))).word == OPEN


@pytest.mark.parametrize("name", [name for name in SOURCE_RULES if not name.startswith("unseen-")])
def test_nothing_is_said_of_source_networks_that_err_to_the_end(name):
    found = judged(name, made_up(lambda row: {"train_error": 0.1} | SOURCE_RULES[name][0](row)))
    assert found.word == UNTESTED
    assert set(found.holds) == {None}


@pytest.mark.parametrize("name", ["impossible", "lose-information"])
def test_nothing_is_said_of_what_collapse_loses_where_there_is_none(name):
    good, _ = SOURCE_RULES[f"fewer-source-classes-{name}"]
    run = made_up(lambda row: good(row) | {"cdnv_train": 0.5 if row["step"] < 64 else 0.06})
    assert judged(f"fewer-source-classes-{name}", run).word == UNTESTED


def test_the_chance_of_an_order_is_that_of_so_many_numbers_of_classes():
    assert judged("unseen-cdnv-falls-with-classes", made_up()).chance == correlation_chance(4, 0.9)


def falling(by: float):
    """Probe accuracy of the last layer falls by `by` in all from step 8 to 64, and the ratio a hundredfold."""

    def change(row: dict) -> dict:
        if row["layer"] != "last" or row["step"] == 0:
            return {}
        share = np.log(row["step"] / 8) / np.log(8)
        numbers = {"probe_acc_target": 0.9 - by * share, "cluster_acc_train": 0.9 - by * share}
        return numbers | {"variance_ratio_train": 100.0**-share}

    return change


def of_arms(arms, change):
    return lambda row: change(row if row["arm"] in arms else row | {"layer": "another"})


GROUP_RULES = {
    "longer-training-worse-transfer": (falling(0.03), falling(0.01)),
    "longer-training-worse-weak-decay": (falling(0.03), falling(0.01)),
    "more-collapse-worse-transfer": (falling(0.03), falling(-0.03)),
    "middle-layer-better-after-super-classes": (last(0.47), last(0.49)),
    "residual-recovers-fine-classes": (falling(0.05), falling(0.2)),
}
MNIST_RULES = {
    "mnist-end-below-best": (falling(0.03), falling(0.01)),
    "mnist-end-below-best-weak-decay": (falling(0.03), falling(0.01)),
    "mnist-strong-decay-below-weak": (of_arms(reading.COARSE, last(0.47)), of_arms(reading.COARSE, last(0.49))),
    "mnist-fall-goes-with-collapse": (falling(0.03), falling(-0.03)),
    "mnist-middle-layer-better-after-super-classes": (last(0.47), last(0.49)),
    "mnist-residual-recovers-fine-classes": (falling(0.05), falling(0.2)),
}
GROUP_RULES |= MNIST_RULES


@pytest.mark.parametrize("name", GROUP_RULES)
def test_rules_on_super_classes_can_say_every_word(name):
    good, bad = GROUP_RULES[name]
    assert judged(name, made_up(on_groups=good)).word == HOLDS
    assert judged(name, made_up(on_groups=bad)).word == FAILS
    assert judged(name, made_up(on_groups=odd_seeds(good, bad))).word == OPEN


@pytest.mark.parametrize("name", GROUP_RULES)
def test_nothing_is_said_of_networks_without_a_terminal_phase(name):
    good, _ = GROUP_RULES[name]
    for first in (64, 99):
        found = judged(name, made_up(on_groups=lambda row: good(row) | {"train_error": float(row["step"] < first)}))  # noqa: B023
        assert found.word == UNTESTED
        assert set(found.holds) == {None}


def test_each_weight_decay_is_judged_by_its_own_networks():
    strong, weak = (made_up(on_groups=of_arms(arms, falling(0.03))) for arms in (reading.COARSE, reading.WEAKLY))
    for name, own, other in (("", strong, weak), ("-weak-decay", weak, strong)):
        assert judged(f"mnist-end-below-best{name}", own).word == HOLDS
        assert judged(f"mnist-end-below-best{name}", other).word == FAILS


def test_the_best_measurement_is_one_of_the_trained_network_before_the_last():
    def rises(row):
        return {"probe_acc_target": {0: 0.99, 8: 0.7, 16: 0.8, 32: 0.75, 64: 0.9}[row["step"]]}

    found = reading.since_memorized(made_up(on_groups=lambda row: rises(row) if row["layer"] == "last" else {}))
    assert found.probe_best.tolist() == [0.8] * len(found)


def test_strong_and_weak_decay_are_compared_within_a_grouping():
    def change(row):
        low = {reading.PARITY: 0.1, reading.WEAK: 0.3, reading.HALVES: 0.4, reading.WEAK_HALVES: 0.9}
        return last(low.get(row["arm"], 0.5))(row)

    found = reading.below_weak(made_up(on_groups=change))
    assert found.groupby("arm").below.unique().map(lambda each: each.tolist()).to_dict() == {
        reading.PARITY: pytest.approx([0.2]),
        reading.HALVES: pytest.approx([0.5]),
    }
    assert found.tells.all()
    assert len(found) == 2 * len(SEEDS)


def erring(until: int = 0, share: float = 0.0, at_the_end: float = 0.0):
    """`falling`, with training errors before a step, a share of them afterwards, and at the end."""

    def change(row: dict) -> dict:
        wrong = 0.5 if row["step"] < until else at_the_end if row["step"] == 64 else share
        return falling(0.03)(row) | {"train_error": wrong}

    return change


def test_on_mnist_a_trial_has_memorized_early_and_errs_at_most_in_between():
    assert judged("mnist-end-below-best", made_up(on_groups=erring(32, 0.005))).valid == 12
    for change in (erring(64), erring(0, 0.02), erring(0, 0.005, at_the_end=0.001)):
        run = made_up(on_groups=change)
        assert {judged(name, run).word for name in MNIST_RULES} == {UNTESTED}


def test_what_a_network_was_before_it_memorized_is_not_its_best():
    def early(row):
        return {"probe_acc_target": 0.95, "train_error": 0.2} if row["step"] == 8 else falling(0.03)(row)

    found = reading.since_memorized(made_up(on_groups=lambda row: early(row) if row["layer"] == "last" else {}))
    assert found.probe_best.max() == pytest.approx(0.89)
    assert set(found.points) == {3}


@pytest.mark.parametrize("name", ["residual-recovers-fine-classes", "mnist-residual-recovers-fine-classes"])
def test_nothing_is_said_of_residuals_without_collapse(name):
    assert judged(name, made_up()).word == UNTESTED


def test_every_claim_has_a_made_up_run():
    assert {claim.id for claim in transfer.CLAIMS} == set(SOURCE_RULES) | set(GROUP_RULES)


def test_an_arm_that_both_protocols_share_stands_in_both():
    table = reading.ends(made_up())
    assert table.groupby("arm").num_classes.unique().map(list).to_dict() == {
        "per class": [2, 5, 10, 20],
        "total": [2, 5, 10, 20],
    }


def test_one_swap_of_neighbors_among_five_is_ordered_enough():
    counts = pd.Series([2, 5, 10, 20, 40])
    for values in ([5.0, 4.0, 3.0, 1.0, 2.0], [4.0, 5.0, 3.0, 2.0, 1.0]):
        assert reading.rank_correlation(counts, pd.Series(values)) == -0.9
