"""The experiment `image_interventions`: each arm changes what it says, and its rules give every verdict."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ncbook import data, experiments, metrics, models, runs, trainers
from ncbook.claims import OURS, not_tested
from ncbook.evidence import FAILS, HOLDS, OPEN, UNTESTED
from ncbook.experiments import image_interventions
from ncbook.experiments.image_interventions import problems, training
from ncbook.experiments.image_interventions.measure import measured, outputs
from ncbook.experiments.image_interventions.recipes import Unsure, graded, head_square, phases_of
from ncbook.readings.image_interventions import (
    ARMS,
    GRADED_ARMS,
    costs_of_controls,
    encouraged_at_equal_loss,
    graded_gains,
    held,
    losses,
    raised,
)

LAPTOP = image_interventions.Config.preset("laptop")
TINY = replace(
    image_interventions.Config.preset("smoke"), arms=("baseline", "anti_released", "anti_kept"),
    first_only=("anti_kept",),
)  # fmt: skip

# --- the design


MNIST = (
    "laptop-mnist", "laptop-mnist-again", "laptop-augmented", "laptop-augmented-again", "laptop-controls",
    "laptop-controls-again",
)  # fmt: skip


@pytest.mark.parametrize("preset", [*experiments.PRESETS, "laptop-again", "laptop-sweep", "laptop-sweep-again", *MNIST])
def test_every_task_has_its_network_and_seeds_and_the_release_is_probed(preset):
    config = image_interventions.Config.preset(preset)
    tasks = len(config.tasks)
    assert len(config.networks) == len(config.widths) == len(config.per_class) == len(config.seeds_of_task) == tasks
    assert sum(config.seeds_of_task) == len(config.seeds)
    assert config.release % config.probe_every == config.epochs % config.probe_every == 0
    assert set(config.first_only) <= set(config.arms)
    strengths = {problems.strength(task) for task in config.tasks}
    assert all(phases_of(config, arm, 4, strength=each) for arm in config.arms for each in strengths)


def test_the_book_s_seeds_are_not_those_that_strengths_were_chosen_on():
    again = image_interventions.Config.preset("laptop-again")
    assert not {0, 1, 2, 3, *again.seeds} & set(LAPTOP.seeds)
    assert (again.seeds_of(0), again.seeds_of(1)) == ((62001, 62002, 62003, 62004), (62005, 62006, 62007))
    assert len(set(LAPTOP.seeds)) == len(LAPTOP.seeds) == 7


def test_the_sweep_changes_noise_and_difficulty_and_nothing_else():
    sweep, again = (image_interventions.Config.preset(name) for name in ("laptop-sweep", "laptop-sweep-again"))
    assert sweep == replace(again, seeds=sweep.seeds)
    assert not set(sweep.seeds) & {*again.seeds, *LAPTOP.seeds}
    assert all(sweep.seeds_of(index) == sweep.seeds_of(0) for index in range(5))
    levels = {task: problems.problem(sweep, task, 5) for task in sweep.tasks}
    clean, plain = levels["digits@0"].train.inputs, data.digits(20, 5).train.inputs
    assert torch.equal(clean, plain)
    faint, strong = (levels[f"digits@{level}"].train.inputs - clean for level in ("0.15", "0.45"))
    torch.testing.assert_close(strong, 3 * faint, atol=1e-5, rtol=1e-5)  # the same noise, three times as strong
    usual = problems.problem(LAPTOP, "digits", 5).train.inputs - clean
    torch.testing.assert_close(usual, 2 * faint, atol=1e-5, rtol=1e-5)
    expected = data.glyphs(train_per_class=20, test_per_class=100, size=16, difficulty=0.6, seed=5)
    assert torch.equal(levels["glyphs@0.6"].train.inputs, expected.train.inputs)


def test_runs_on_mnist_have_seeds_of_their_own_and_the_same_at_every_strength():
    configs = [image_interventions.Config.preset(preset) for preset in MNIST]
    for first, again in (configs[:2], configs[2:4], configs[4:]):
        assert first == replace(again, seeds=first.seeds)
    others = ("laptop", "laptop-again", "laptop-sweep", "laptop-sweep-again")
    used = [set(image_interventions.Config.preset(preset).seeds) for preset in (*others, *MNIST)]
    assert len(set().union(*used)) == sum(map(len, used))
    for config in configs:
        assert all(config.seeds_of(index) == config.seeds_of(0) for index in range(len(config.tasks)))
        assert len(config.seeds_of(0)) == 4


def test_a_strength_is_the_push_at_its_start_over_the_loss_of_guessing():
    before, after = (getattr(phases_of(LAPTOP, "baseline", 4), name) for name in ("before", "after"))
    weak, strong = (graded(before, after, each) for each in (0.1, 2.5))
    starts = {
        "encouraged": 4.0,
        "prevented": 0.5,
        "sharp": 1.35,
        "sharp_decayed": 1.35,
        "long": 1906.0,
        "unsure": 0.005,
    }
    for arm, start in starts.items():
        (low,), (high,) = weak[arm].before.regularizers, strong[arm].before.regularizers
        assert high.coefficient == pytest.approx(25 * low.coefficient)
        assert (high.measure, high.shape) == (low.measure, low.shape)
        push = high.coefficient * high.shape(torch.tensor(start))
        assert float(push) == pytest.approx(2.5 * np.log(10), rel=0.01), arm
        kept = arm in ("encouraged", "prevented")
        assert strong[arm].after == (replace(after, regularizers=(high,)) if kept else after)
    base = strong["baseline"]
    assert (base.before, base.after) == (before, after)
    for arm, plain in (("baseline_decayed", "baseline"), ("sharp_decayed", "sharp")):
        assert strong[arm].before == replace(strong[plain].before, schedule=trainers.Cosine(before.steps))
        assert strong[arm].after == after
        assert strong[arm].before.schedule(before.steps) == 0


def test_a_falling_rate_is_all_that_a_decayed_arm_changes_and_the_flooded_level_is_that_of_its_rate():
    before, after = (getattr(phases_of(LAPTOP, "baseline", 4), name) for name in ("before", "after"))
    for strength, levels in ((0.1, (0.027, 0.028)), (0.5, (0.22, 0.10)), (2.5, (0.31, 0.11))):
        arms = graded(before, after, strength)
        for arm in ("baseline", "sharp", "long", "unsure"):
            falling = replace(arms[arm].before, schedule=trainers.Cosine(before.steps))
            assert (arms[f"{arm}_decayed"].before, arms[f"{arm}_decayed"].after) == (falling, after)
        for rate, level in zip(("", "_decayed"), levels, strict=True):
            flooded, base = arms[f"flooded{rate}"], arms[f"baseline{rate}"]
            assert flooded.before == replace(base.before, loss=trainers.Flooded(before.loss, level))
            assert flooded.after == after
        assert arms["unsure"].before.head_norm == 4
    assert "flooded" not in graded(before, after, 0.001)  # where no level is known


def test_mnist_is_named_with_a_strength_and_shifted_where_its_name_says_so():
    config = image_interventions.Config.preset("laptop-augmented")
    plain, shifted = (problems.problem(config, task, 5) for task in ("mnist@0.001", "mnist_augmented@0.05"))
    assert torch.equal(plain.train.inputs, shifted.train.inputs)
    assert plain.input_shape == (1, 14, 14)
    assert len(plain.train) == 1000
    assert [problems.strength(task) for task in ("mnist@0.01", "mnist_augmented@0.3", "digits@0.15")] == [
        0.01,
        0.3,
        None,
    ]
    assert problems.augmentation("mnist@0.01") is None
    assert problems.augmentation("mnist_augmented@0.3") == data.Compose((data.RandomCrop(1),))


def test_the_nearest_center_is_that_of_the_training_features():
    images = data.digits(5, 1)
    torch.manual_seed(0)
    model = models.build("mlp", images.input_shape, 10, 12).eval()
    with torch.no_grad():
        found = measured(model, images.train, images.test, 2.0, centers=True)["ncc_acc_test"]
        seen, new = (model.features(split.inputs).double().numpy() for split in (images.train, images.test))
    means = [seen[images.train.labels.numpy() == label].mean(0) for label in range(10)]
    nearest = [int(np.argmin([np.sum((each - mean) ** 2) for mean in means])) for each in new]
    assert found == pytest.approx(np.mean(nearest == images.test.labels.numpy()))


def test_the_trainings_of_a_config():
    seeds = (1, 2), (3, 4)
    expected = [("digits", arm, seed) for arm in ("baseline", "anti_released", "anti_kept") for seed in seeds[0]]
    expected += [("glyphs", arm, seed) for arm in ("baseline", "anti_released") for seed in seeds[1]]
    assert TINY.trainings == expected


def test_the_paper_s_numbers():
    paper = image_interventions.Config.preset("paper")
    flat, released = (phases_of(paper, arm, 781) for arm in ("anti_kept", "released_schedule"))
    (push,) = flat.before.regularizers
    assert push == trainers.Regularizer(trainers.FlatnessBound(2.0, unit_features=True), -0.01)
    assert flat.before.head_norm == released.after.head_norm == 50
    assert (flat.before.steps, flat.before.batch_size, flat.before.learning_rate) == (200 * 781, 64, 0.01)
    assert (flat.before.weight_decay, released.after.weight_decay, released.after.regularizers) == (0, 2e-4, ())
    rates = [released.after.learning_rate * released.after.schedule(step) for step in (0, 200 * 781)]
    assert rates == pytest.approx([0.1, 1e-4])
    (spread,) = phases_of(paper, "prevented", 781).before.regularizers
    assert spread == trainers.Regularizer(trainers.cdnv, -1e-3)


def differences(arm: str) -> tuple[set[str], set[str]]:
    """Fields in which the recipes before and after the release differ from the baseline's."""
    base, other = phases_of(LAPTOP, "baseline", 4), phases_of(LAPTOP, arm, 4)
    pairs = ((base.before, other.before), (base.after, other.after))
    return tuple({name for name in vars(a) if getattr(a, name) != getattr(b, name)} for a, b in pairs)


SCHEDULE = {"learning_rate", "schedule", "weight_decay"}
PUSHED = {"regularizers", "head_norm"}


@pytest.mark.parametrize(
    ("arm", "before", "after"),
    [
        ("baseline", set(), set()), ("baseline_schedule", set(), SCHEDULE),
        ("encouraged", {"regularizers"}, {"regularizers"}), ("prevented", {"regularizers"}, {"regularizers"}),
        ("flatter", {"regularizers"}, {"regularizers"}), ("anti_released", PUSHED, {"head_norm"}),
        ("released_schedule", PUSHED, {"head_norm"} | SCHEDULE), ("anti_kept", PUSHED, PUSHED),
        ("kept_schedule", PUSHED, PUSHED | SCHEDULE), ("anti_pinned", PUSHED, {"head_norm"}),
        ("confidence", PUSHED, {"head_norm"}), ("confidence_pinned", PUSHED, {"head_norm"}),
        ("pinned", {"head_norm"}, {"head_norm"}), ("norms", PUSHED, {"head_norm"}), ("flooding", {"loss"}, set()),
        ("smoothing", {"loss"}, set()),
    ],
)  # fmt: skip
def test_an_arm_changes_what_it_says_and_nothing_else(arm, before, after):
    assert differences(arm) == (before, after)
    pinned = arm in ("anti_pinned", "confidence_pinned", "pinned")
    assert phases_of(LAPTOP, arm, 4).start_norm == (LAPTOP.cap if pinned else None)


def test_an_unknown_arm_and_an_unknown_task_are_named():
    with pytest.raises(ValueError, match="arm: 'left_alone' is unknown; use one of baseline, baseline_schedule"):
        phases_of(LAPTOP, "left_alone", 4)
    with pytest.raises(ValueError, match="task: 'faces' is unknown"):
        problems.problem(replace(LAPTOP, tasks=("faces",)), "faces", 0)


def test_the_controls_are_the_factors_of_the_regularizer():
    """With the head at the cap, the confidence penalty is the regularizer of anti-flatness."""
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(10, 6, generator=generator)
    weight *= LAPTOP.cap / weight.norm()
    features = torch.randn(20, 6, generator=generator)
    seen = trainers.Outputs(features, features @ weight.T, torch.arange(20) % 10, weight)
    (anti,), (unsure,), (norms,) = (
        phases_of(LAPTOP, arm, 4).before.regularizers for arm in ("anti_kept", "confidence", "norms")
    )
    assert float(anti.coefficient * anti(seen)) == pytest.approx(float(unsure.coefficient * unsure(seen)), rel=1e-5)
    product = LAPTOP.anti_strength * head_square(seen) * Unsure(LAPTOP.temperature)(seen)
    assert float(anti.coefficient * anti(seen)) == pytest.approx(-float(product), rel=1e-5)
    assert float(norms(seen)) == pytest.approx(LAPTOP.cap**2, rel=1e-5)


# --- data


def test_the_noise_of_the_digits_has_its_size_in_pixels():
    clean, noisy = data.digits(20, 7), problems.problem(LAPTOP, "digits", 7)
    noise = (noisy.test.inputs - clean.test.inputs) * 0.376
    assert float(noise.std()) == pytest.approx(LAPTOP.pixel_noise, rel=0.02)
    assert (noisy.train.labels == clean.train.labels).all()
    again = problems.problem(LAPTOP, "digits", 7)
    assert torch.equal(again.train.inputs, noisy.train.inputs)


def test_the_scale_of_the_digits_pixels():
    from sklearn.datasets import load_digits

    assert (load_digits().data / 16).std() == pytest.approx(problems._GRAY, abs=1e-3)


def test_only_tasks_called_augmented_are():
    assert problems.augmentation("cifar10") is problems.augmentation("digits") is None
    images = torch.arange(2 * 3 * 8 * 8, dtype=torch.float32).reshape(2, 3, 8, 8)
    changed = problems.augmentation("cifar10_augmented")(images, torch.Generator().manual_seed(0))
    assert changed.shape == images.shape
    assert not torch.equal(changed, images)


# --- measures and training


def test_measures_are_those_of_the_metrics():
    torch.manual_seed(0)
    images = data.digits(5, 1)
    model = models.build("mlp", images.input_shape, 10, 12).eval()
    with torch.no_grad():
        columns = measured(model, images.train, images.test, 2.0)
        features = model.features(images.train.inputs).double()
        bias = model.head.bias.double()
    weight = model.head.weight.detach().double()
    norms = features.square().sum(1, keepdim=True).sqrt()
    expected = {
        "relative_flatness": metrics.relative_flatness(features, weight, bias),
        "relative_flatness_bound": metrics.relative_flatness_bound(features, weight, bias),
        "variance_ratio_train": metrics.variance_ratio(features, images.train.labels),
        "head_norm": weight.norm(), "feature_norm": norms.mean(),
    }  # fmt: skip
    for name, value in expected.items():
        assert columns[name] == pytest.approx(float(value), rel=1e-4), name
    shares = ((features @ weight.T + bias) / 2).softmax(1)
    assert columns["unit_flatness_bound"] == pytest.approx(
        float(weight.square().sum() * (1 - shares.square().sum(1)).mean()), rel=1e-4
    )
    assert 0 <= columns["test_acc"] <= 1


def test_outputs_in_chunks_are_those_of_all(monkeypatch):
    images = data.digits(5, 1)
    torch.manual_seed(0)
    model = models.build("mlp", images.input_shape, 10, 12).eval()
    with torch.no_grad():
        whole = outputs(model, images.train)
        monkeypatch.setattr("ncbook.experiments.image_interventions.measure._CHUNK", 7)
        assert torch.allclose(outputs(model, images.train).logits, whole.logits, atol=1e-5)


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return image_interventions.run(TINY, "cpu")


def test_every_training_is_measured_at_every_probe(tiny):
    rows = list(zip(*(tiny.history[name].tolist() for name in ("task", "arm", "seed", "epoch", "step")), strict=True))
    assert rows == [(*job, epoch, 2 * epoch) for job in TINY.trainings for epoch in range(5)]
    assert all(np.isfinite(column).all() for column in tiny.history.values() if column.dtype.kind == "f")


def test_the_same_config_gives_the_same_numbers(tiny):
    again = image_interventions.run(TINY, "cpu")
    assert all((again.history[name] == column).all() for name, column in tiny.history.items())


def test_arms_share_their_start_and_released_and_kept_all_until_the_release(tiny):
    frame = tiny.to_frame().set_index(["task", "seed", "epoch"])
    base, released, kept = (frame[frame.arm == arm].train_loss for arm in TINY.arms)
    digits = [rows.loc["digits"].unstack("epoch") for rows in (base, released, kept)]
    assert (digits[0][0] == digits[1][0]).all()
    until, after = [0, 1, TINY.release], [3, 4]
    assert (digits[1][until] == digits[2][until]).all(axis=None)
    assert (digits[1][after] != digits[2][after]).all(axis=None)


def test_a_pinned_head_starts_at_the_cap_and_stays_within_it():
    config = replace(TINY, arms=("pinned",), first_only=())
    rows = training.trained(config, "cpu", ("digits", "pinned", 1))
    assert rows[0]["head_norm"] == pytest.approx(config.cap, rel=1e-5)
    assert max(row["head_norm"] for row in rows) <= config.cap * (1 + 1e-5)


def test_the_paper_s_code_path_with_residual_networks_and_augmentation(monkeypatch):
    """One epoch a phase of the preset paper, on few images in place of CIFAR-10."""
    few = data.glyphs(train_per_class=2, test_per_class=2, size=16, color=True)
    monkeypatch.setattr(problems.data, "load", lambda name: few)
    config = replace(
        image_interventions.Config.preset("paper"), epochs=2, release=1, probe_every=1, batch_size=10,
        arms=("released_schedule",), seeds=(1, 1), seeds_of_task=(1, 1),
    )  # fmt: skip
    run = image_interventions.run(config, "cpu")
    assert run.history["task"].tolist() == ["cifar10"] * 3 + ["cifar10_augmented"] * 3
    losses = run.history["train_loss"].reshape(2, 3)
    assert losses[0, 0] == losses[1, 0]  # the same network and images
    assert losses[0, 1] != losses[1, 1]  # batches that are not
    assert np.isfinite(losses).all()


# --- rules, on runs whose answer is known


def made_up(release: dict | None = None, final: dict | None = None, **columns: dict) -> runs.Run:
    """Test accuracies [of odd seeds, of even ones] at the release and at the end; .8 where an arm is not named.

    `columns`: other measures, (at the release, at the end) of each named arm. Seeds are 1 to 6.
    """
    usual = {
        "relative_flatness": (1.0, 0.5),
        "unit_flatness_bound": (1.0, 1.0),
        "train_acc": (1.0, 1.0),
        "variance_ratio_train": (0.1, 0.1),
    }
    rows = []
    for arm in ARMS:
        for seed in range(1, 7):
            accuracies = [(when or {}).get(arm, (0.8, 0.8))[(seed - 1) % 2] for when in (release, final)]
            for when, epoch in enumerate((100, 160)):
                row = {"task": "digits", "arm": arm, "seed": seed, "step": epoch, "epoch": epoch}
                row |= dict.fromkeys(("train_loss", "uncertainty_train", "head_norm", "feature_norm"), 1.0)
                row |= {name: columns.get(name, {}).get(arm, value)[when] for name, value in usual.items()}
                rows.append(row | {"test_acc": accuracies[when]})
    history = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return runs.Run({"release": 100, "arms": list(ARMS)}, history, {}, {})


CLAIMS = {claim.id.removeprefix("images-"): claim for claim in image_interventions.CLAIMS}


def judged(name: str, run: runs.Run):
    evidence = CLAIMS[name].judge(run)
    assert {type(each) for each in evidence.holds} <= {bool, type(None)}
    assert {type(each) for each in evidence.values} <= {float}
    assert {type(each) for each in evidence.seeds} <= {int}
    return evidence


LOW, ONE_LOW = (0.6, 0.6), (0.6, 0.795)
DOWN = {"anti_released": LOW}
TIGHT = {"variance_ratio_train": {"encouraged": (0.05, 0.05)}}
FLATTER = {"relative_flatness": {"flatter": (0.1, 0.1)}}
SHARP = {"unit_flatness_bound": {"anti_released": (350, 1), "anti_pinned": (340, 1)}}


@pytest.mark.parametrize(
    ("name", "run", "expected"),
    [
        ("encouraged-as-accurate", made_up(**TIGHT), HOLDS),
        ("encouraged-as-accurate", made_up(final={"encouraged": ONE_LOW}, **TIGHT), OPEN),
        ("encouraged-as-accurate", made_up(final={"encouraged": LOW}, **TIGHT), FAILS),
        ("encouraged-as-accurate", made_up(), UNTESTED),
        ("flatter-no-better", made_up(**FLATTER), HOLDS),
        ("flatter-no-better", made_up(final={"flatter": (0.83, 0.805)}, **FLATTER), OPEN),
        ("flatter-no-better", made_up(final={"flatter": (0.83, 0.83)}, **FLATTER), FAILS),
        ("flatter-no-better", made_up(), UNTESTED),
        ("anti-flatness-costs-accuracy", made_up(DOWN), HOLDS),
        ("anti-flatness-costs-accuracy", made_up({"anti_released": ONE_LOW}), OPEN),
        ("anti-flatness-costs-accuracy", made_up(), FAILS),
        ("anti-flatness-costs-accuracy", made_up(DOWN, train_acc={"anti_released": (0.9, 1.0)}), UNTESTED),
        ("released-recovers", made_up(DOWN), HOLDS),
        ("released-recovers", made_up(DOWN, {"released_schedule": ONE_LOW}), OPEN),
        ("released-recovers", made_up(DOWN, {"released_schedule": LOW}), FAILS),
        ("released-recovers", made_up(), UNTESTED),
        ("recovery-needs-release", made_up(DOWN, {"kept_schedule": LOW}), HOLDS),
        ("recovery-needs-release", made_up(DOWN, {"kept_schedule": ONE_LOW}), OPEN),
        ("recovery-needs-release", made_up(DOWN), FAILS),
        ("recovery-needs-release", made_up(), UNTESTED),
        ("kappa-falls", made_up(DOWN, relative_flatness={"released_schedule": (20.0, 1.0)}), HOLDS),
        ("kappa-falls", made_up(DOWN), FAILS),
        ("kappa-falls", made_up(), UNTESTED),
        ("loss-specific-to-flatness", made_up(DOWN), HOLDS),
        ("loss-specific-to-flatness", made_up(DOWN | {"confidence": ONE_LOW}), OPEN),
        ("loss-specific-to-flatness", made_up(DOWN | {"flooding": LOW}), FAILS),
        ("loss-specific-to-flatness", made_up(DOWN | {"smoothing": LOW}), FAILS),
        ("loss-specific-to-flatness", made_up(), UNTESTED),
        ("sharp-is-inaccurate", made_up(DOWN | {"anti_pinned": LOW}, **SHARP), HOLDS),
        ("sharp-is-inaccurate", made_up(DOWN | {"anti_pinned": ONE_LOW}, **SHARP), OPEN),
        ("sharp-is-inaccurate", made_up(DOWN, **SHARP), FAILS),
        ("sharp-is-inaccurate", made_up(DOWN, unit_flatness_bound={"anti_released": (350, 1)}), UNTESTED),
    ],
)
def test_a_rule_gives_the_word_of_a_made_up_run(name, run, expected):
    assert judged(name, run).word == expected


def test_a_trial_that_cannot_answer_is_shown_and_not_judged():
    run = made_up({"anti_released": (0.6, 0.8)})  # even seeds have no loss to explain
    assert judged("released-recovers", run).holds == (True, None) * 3
    assert judged("released-recovers", run).seeds == (1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize("name", ["prevented-as-accurate"])
def test_what_was_not_tried_is_not_judged(name):
    assert CLAIMS[name].judge is not_tested
    assert CLAIMS[name].rule.startswith("Not judged")


def test_what_the_source_does_not_ask_is_called_ours():
    ours = {name for name, claim in CLAIMS.items() if claim.kind == OURS}
    assert ours == {
        "recovery-needs-release", "loss-specific-to-flatness", "sharp-is-inaccurate",
        "augmentation-weakens-at-equal-loss", "damage-goes-with-step-size", "encouraged-as-accurate-at-equal-loss",
        "low-confidence-costs-little", "low-confidence-costs-little-decayed", "norms-cost-little-decayed",
        "train-loss-costs-less-than-half", "loss-of-confidence-costs-less-than-half", "rest-for-kappa",
    }  # fmt: skip


def test_losses_are_counted_from_the_baseline_of_the_same_seed():
    run = made_up({"baseline": (0.9, 0.8), "anti_released": (0.6, 0.7)})
    assert losses(run).anti_released.tolist() == pytest.approx([0.3, 0.1] * 3)


def test_an_arm_that_a_task_has_not_is_left_out_of_its_losses():
    run = made_up(DOWN)
    rows = ~np.isin(run.history["arm"], ("flooding", "smoothing"))
    fewer = runs.Run(run.config, {name: column[rows] for name, column in run.history.items()}, {}, {})
    assert judged("loss-specific-to-flatness", fewer).word == HOLDS


# --- rules for MNIST, where a task is a strength


def at_strengths(
    release: dict | None = None, final: dict | None = None, ratio=None, kappa=None, **measured: dict
) -> runs.Run:
    """Six seeds at two strengths; test accuracies [of odd seeds, of even ones], .9 where an arm is not named.

    `ratio`: R at the end, `kappa`: at the release, and `measured`: other measures, of each named arm; 1 without.
    """
    others = ("train_loss", "train_acc", "uncertainty_train", "head_norm", "feature_norm")
    rows = []
    for task in ("mnist@0.1", "mnist@2.5"):
        for arm in ("baseline", "baseline_decayed", *GRADED_ARMS):
            for seed in range(1, 7):
                for when, epoch in ((release, 25), (final, 45)):
                    accuracy = (when or {}).get(arm, (0.9, 0.9))[(seed - 1) % 2]
                    row = {"task": task, "arm": arm, "seed": seed, "step": epoch, "epoch": epoch}
                    row |= {"test_acc": accuracy, "variance_ratio_train": (ratio or {}).get(arm, 0.3)}
                    row |= {name: measured.get(name, {}).get(arm, 1.0) for name in others}
                    rows.append(row | {"relative_flatness": (kappa or {}).get(arm, 1.0)})
    history = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return runs.Run({"release": 25}, history, {}, {})


HURT, SPARED, HALF_HURT = {"sharp": (0.8, 0.8)}, {"sharp_decayed": (0.89, 0.89)}, {"sharp_decayed": (0.81, 0.89)}
APART, EVEN_SHARPER = {"prevented": 0.9}, {"sharp": 100.0, "sharp_decayed": 60.0}
LOST, HALF_LOST = (0.88, 0.88), (0.88, 0.9)
CERTAIN, CERTAIN_DECAYED, SHORT = ({arm: 0.9} for arm in ("unsure", "unsure_decayed", "long_decayed"))
LOW_LOSS = {"train_loss": {"flooded": 0.4, "unsure": 0.4}}
LAST = {"sharp_decayed": (0.88, 0.88)}


@pytest.mark.parametrize(
    ("name", "run", "expected"),
    [
        ("encouraged-as-accurate-at-strengths", at_strengths(ratio={"encouraged": 0.1}), HOLDS),
        ("encouraged-as-accurate-at-strengths", at_strengths(), UNTESTED),
        ("prevented-as-accurate-at-strengths", at_strengths(ratio=APART), HOLDS),
        ("prevented-as-accurate-at-strengths", at_strengths(final={"prevented": (0.88, 0.9)}, ratio=APART), OPEN),
        ("prevented-as-accurate-at-strengths", at_strengths(final={"prevented": (0.88, 0.88)}, ratio=APART), FAILS),
        ("prevented-as-accurate-at-strengths", at_strengths(ratio={"prevented": 0.5}), UNTESTED),
        ("kappa-recovers-at-strengths", at_strengths(HURT), HOLDS),
        ("kappa-recovers-at-strengths", at_strengths(HURT, {"sharp": (0.88, 0.9)}), OPEN),
        ("kappa-recovers-at-strengths", at_strengths(HURT, {"sharp": (0.88, 0.88)}), FAILS),
        ("kappa-recovers-at-strengths", at_strengths(), UNTESTED),
        ("damage-goes-with-step-size", at_strengths(HURT | SPARED, kappa=EVEN_SHARPER), HOLDS),
        ("damage-goes-with-step-size", at_strengths(HURT | HALF_HURT, kappa=EVEN_SHARPER), OPEN),
        ("damage-goes-with-step-size", at_strengths(HURT | {"sharp_decayed": (0.8, 0.8)}, kappa=EVEN_SHARPER), FAILS),
        ("damage-goes-with-step-size", at_strengths(HURT | SPARED, kappa={"sharp": 100.0}), UNTESTED),
        ("damage-goes-with-step-size", at_strengths(SPARED, kappa=EVEN_SHARPER), UNTESTED),
        ("low-confidence-costs-little", at_strengths(), HOLDS),
        ("low-confidence-costs-little", at_strengths({"unsure": HALF_LOST}), OPEN),
        ("low-confidence-costs-little", at_strengths({"unsure": LOST}), FAILS),
        ("low-confidence-costs-little", at_strengths(uncertainty_train=CERTAIN), UNTESTED),
        ("low-confidence-costs-little-decayed", at_strengths({"unsure": LOST}), HOLDS),
        ("low-confidence-costs-little-decayed", at_strengths({"unsure_decayed": LOST}), FAILS),
        ("low-confidence-costs-little-decayed", at_strengths(uncertainty_train=CERTAIN_DECAYED), UNTESTED),
        ("norms-cost-little-decayed", at_strengths({"long": LOST}), HOLDS),
        ("norms-cost-little-decayed", at_strengths({"long_decayed": HALF_LOST}), OPEN),
        ("norms-cost-little-decayed", at_strengths({"long_decayed": LOST}), FAILS),
        ("norms-cost-little-decayed", at_strengths(head_norm=SHORT), UNTESTED),
        ("train-loss-costs-less-than-half", at_strengths(HURT), HOLDS),
        ("train-loss-costs-less-than-half", at_strengths(HURT | {"flooded": (0.84, 0.86)}), OPEN),
        ("train-loss-costs-less-than-half", at_strengths(HURT | {"flooded": (0.84, 0.84)}), FAILS),
        ("train-loss-costs-less-than-half", at_strengths({"flooded": LOST}), UNTESTED),
        ("train-loss-costs-less-than-half", at_strengths(HURT, **LOW_LOSS), UNTESTED),
        ("loss-of-confidence-costs-less-than-half", at_strengths(HURT), HOLDS),
        ("loss-of-confidence-costs-less-than-half", at_strengths(HURT | {"unsure": (0.84, 0.84)}), FAILS),
        ("loss-of-confidence-costs-less-than-half", at_strengths(HURT, **LOW_LOSS), UNTESTED),
        ("rest-for-kappa", at_strengths(LAST), HOLDS),
        ("rest-for-kappa", at_strengths(LAST | {"long_decayed": (0.87, 0.89)}), OPEN),
        ("rest-for-kappa", at_strengths(LAST | {"unsure_decayed": (0.87, 0.87)}), FAILS),
        ("rest-for-kappa", at_strengths(LAST | {"flooded_decayed": LOST}), FAILS),  # a tie
        ("rest-for-kappa", at_strengths(LAST, train_loss={"flooded_decayed": 0.4}), UNTESTED),
        ("encouraged-as-accurate-at-equal-loss", at_strengths(ratio={"encouraged": 0.1}), HOLDS),
        (
            "encouraged-as-accurate-at-equal-loss",
            at_strengths(final={"encouraged": LOST}, release={"encouraged": LOST}, ratio={"encouraged": 0.1}),
            FAILS,
        ),
        ("encouraged-as-accurate-at-equal-loss", at_strengths(), UNTESTED),
    ],
)
def test_a_rule_on_strengths_gives_the_word_of_a_made_up_run(name, run, expected):
    assert judged(name, run).word == expected


def test_the_decayed_arm_is_held_against_the_baseline_with_its_rate():
    run = at_strengths({"baseline_decayed": (0.85, 0.85), "sharp": (0.8, 0.8), "sharp_decayed": (0.81, 0.81)})
    gains = graded_gains(run, "release")
    assert gains.sharp.tolist() == pytest.approx([-0.1] * 12)
    assert gains.sharp_decayed.tolist() == pytest.approx([-0.04] * 12)
    assert gains.index.names == ["strength", "seed"]


def test_what_a_control_holds_is_told_against_the_sharp_network_with_its_rate():
    run = at_strengths(
        uncertainty_train={"sharp": 0.5, "unsure": 2.0}, head_norm={"long": 3.0, "sharp_decayed": 2.0},
        feature_norm={"long": 2.0}, train_loss={"flooded_decayed": 0.3, "flooded": 5.0},
    )  # fmt: skip
    expected = {
        "long": 36, "long_decayed": 0.25, "unsure": 4, "unsure_decayed": 1, "flooded": 5, "flooded_decayed": 0.3,
    }  # fmt: skip
    assert held(run).median().to_dict() == pytest.approx(expected)
    assert held(run).index.names == ["strength", "seed"]


def test_the_table_of_controls_has_points_against_the_baseline_with_the_same_rate():
    table = costs_of_controls(
        at_strengths({"long_decayed": (0.87, 0.89), "baseline_decayed": (0.91, 0.91)}, kappa={"sharp": 70.0})
    )
    assert len(table) == 2 * 4 * 2
    long = table[(table.arm == "norms pushed up") & (table.strength == 2.5)].set_index("rate")
    points = long[["points at the release", "lowest", "highest"]]
    assert points.loc["decayed to 0"].tolist() == pytest.approx([-3, -4, -2])
    assert points.loc["constant"].tolist() == [0, 0, 0]
    sharp = table[table.arm == "kappa pushed up"].set_index(["rate", "strength"])
    assert sharp["κ"].to_dict() == {
        ("constant", 0.1): 70, ("constant", 2.5): 70, ("decayed to 0", 0.1): 1, ("decayed to 0", 2.5): 1
    }  # fmt: skip


def test_encouraged_and_baseline_are_read_where_both_losses_are_equal():
    """The baseline ends at half of the loss; between its two probes it passes the other's, half-way in logarithms."""
    rows = []
    for arm, fall, rise in (("baseline", (0.04, 0.01), (0.5, 0.9)), ("encouraged", (0.08, 0.02), (0.6, 0.8))):
        for epoch, loss, accuracy in zip((25, 45), fall, rise, strict=True):
            row = {"task": "mnist@0.5", "arm": arm, "seed": 3, "epoch": epoch, "step": epoch, "train_loss": loss}
            rows.append(row | {"test_acc": accuracy, "variance_ratio_train": 0.2 if arm == "baseline" else 0.1})
    history = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    found = encouraged_at_equal_loss(runs.Run({"release": 25}, history, {}, {}))
    assert found.loc[(0.5, 3)].to_dict() == pytest.approx({"loss": 0.02, "gain": 0.8 - 0.7, "ratio": 0.5})


def shifted(exponent: float, factor: float = 10.0) -> runs.Run:
    """R rises as strength ** exponent in units of 0.001: without shifts 1, with them `exponent`."""
    rows = []
    tasks = ["mnist@0.003", "mnist@0.01", *(f"mnist_augmented@{each}" for each in (0.003, 0.01, 0.03, 0.1, 0.3))]
    for task in tasks:
        name, _, level = task.partition("@")
        for arm in ("baseline", "prevented"):
            for seed in range(1, 7):
                times = (1000 * float(level)) ** (1.0 if name == "mnist" else exponent) if arm == "prevented" else 1
                loss = 0.01 if name == "mnist" else 0.01 * factor
                row = {"task": task, "arm": arm, "seed": seed, "step": 45, "epoch": 45, "train_loss": loss}
                rows += [row | {"epoch": each, "variance_ratio_train": 0.3 * times} for each in (25, 45)]
    history = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return runs.Run({"release": 25}, history, {}, {})


def test_the_push_is_read_at_equal_loss_between_two_strengths():
    found = raised(shifted(0.5))
    assert found.index.names == ["strength", "seed"]
    assert found.loss_ratio.tolist() == pytest.approx([10.0] * 12)
    for strength in (0.003, 0.01):
        own = found.loc[strength]
        assert own.plain.tolist() == pytest.approx([1000 * strength] * 6)
        assert own.augmented.tolist() == pytest.approx([(1000 * strength) ** 0.5] * 6)
        assert own.at_equal_loss.tolist() == pytest.approx([(10000 * strength) ** 0.5] * 6)


@pytest.mark.parametrize(
    ("exponent", "factor", "same", "equal"),
    [(0.2, 10, HOLDS, HOLDS), (0.9, 10, HOLDS, FAILS), (1.1, 10, FAILS, FAILS), (0.9, 1000, HOLDS, UNTESTED)],
)
def test_augmentation_is_judged_at_the_same_coefficient_and_at_equal_loss(exponent, factor, same, equal):
    run = shifted(exponent, factor)
    assert judged("augmentation-weakens-the-push", run).word == same
    assert judged("augmentation-weakens-at-equal-loss", run).word == equal


def test_a_push_that_raises_nothing_cannot_be_weakened():
    run = shifted(0.2)
    flat = run.history | {"variance_ratio_train": np.full(len(run.history["seed"]), 0.3)}
    same = runs.Run(run.config, flat, {}, {})
    assert judged("augmentation-weakens-the-push", same).word == UNTESTED
