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
from ncbook.experiments.image_interventions.recipes import Unsure, head_square, phases_of
from ncbook.readings.image_interventions import ARMS, losses

LAPTOP = image_interventions.Config.preset("laptop")
TINY = replace(
    image_interventions.Config.preset("smoke"), arms=("baseline", "anti_released", "anti_kept"),
    first_only=("anti_kept",),
)  # fmt: skip

# --- the design


@pytest.mark.parametrize("preset", [*experiments.PRESETS, "laptop-again", "laptop-sweep", "laptop-sweep-again"])
def test_every_task_has_its_network_and_seeds_and_the_release_is_probed(preset):
    config = image_interventions.Config.preset(preset)
    tasks = len(config.tasks)
    assert len(config.networks) == len(config.widths) == len(config.per_class) == len(config.seeds_of_task) == tasks
    assert sum(config.seeds_of_task) == len(config.seeds)
    assert config.release % config.probe_every == config.epochs % config.probe_every == 0
    assert set(config.first_only) <= set(config.arms)
    assert all(phases_of(config, arm, 4) for arm in config.arms)


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


@pytest.mark.parametrize("name", ["prevented-as-accurate", "augmentation-weakens-the-push"])
def test_what_was_not_tried_is_not_judged(name):
    assert CLAIMS[name].judge is not_tested
    assert CLAIMS[name].rule.startswith("Not judged")


def test_what_the_source_does_not_ask_is_called_ours():
    ours = {name for name, claim in CLAIMS.items() if claim.kind == OURS}
    assert ours == {"recovery-needs-release", "loss-specific-to-flatness", "sharp-is-inaccurate"}


def test_losses_are_counted_from_the_baseline_of_the_same_seed():
    run = made_up({"baseline": (0.9, 0.8), "anti_released": (0.6, 0.7)})
    assert losses(run).anti_released.tolist() == pytest.approx([0.3, 0.1] * 3)


def test_an_arm_that_a_task_has_not_is_left_out_of_its_losses():
    run = made_up(DOWN)
    rows = ~np.isin(run.history["arm"], ("flooding", "smoothing"))
    fewer = runs.Run(run.config, {name: column[rows] for name, column in run.history.items()}, {}, {})
    assert judged("loss-specific-to-flatness", fewer).word == HOLDS
