"""Contrastive learning: what is trained on, what is measured, and the rules on made-up runs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from ncbook import data, exercises, experiments, metrics, runs, trainers
from ncbook.evidence import FAILS, HOLDS, UNTESTED, Evidence
from ncbook.experiments.contrastive import Config, training
from ncbook.readings import contrastive as reading

TINY = replace(Config.preset("smoke"), seeds=(4,), steps=3, probes=2)
NOISES = (0.0, 0.4)


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return experiments.contrastive.run(TINY, "cpu")


def test_both_views_of_an_image_are_one_class():
    train = data.digits(3, seed=4).train
    by_label, by_image = (training.two_views(train, by_image) for by_image in (False, True))
    assert torch.equal(by_label.inputs, torch.cat([train.inputs, train.inputs]))
    assert torch.equal(by_label.labels, torch.cat([train.labels, train.labels]))
    assert by_image.labels.bincount().tolist() == [2] * len(train)
    assert torch.equal(by_image.labels[: len(train)], by_image.labels[len(train) :])


def test_the_views_of_an_image_differ():
    train = data.digits(3, seed=4).train
    views = training.two_views(train, by_image=True)
    recipe = training.recipe_of(TINY, reading.NO_LABELS)
    assert recipe.batch_size is None  # so that both views are in each batch
    first, second = recipe.augment(views.inputs, torch.Generator().manual_seed(0)).chunk(2)
    assert (first - second).abs().amax((1, 2, 3)).min() > 0


def test_without_labels_the_loss_is_that_of_two_views():
    """Chen et al. 2020: the cross-entropy of the other view among all views but the own one."""
    features = torch.randn(8, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    images = torch.arange(4).repeat(2)
    unit = features / features.norm(dim=1, keepdim=True)
    scores = (unit @ unit.T / 0.3).fill_diagonal_(-torch.inf)
    partners = torch.arange(8).roll(4)
    loss = trainers.SupervisedContrastive(0.3)(trainers.Outputs(features, features, images, features))
    assert loss.item() == pytest.approx(torch.nn.functional.cross_entropy(scores, partners).item(), rel=1e-12)


def test_arms_differ_in_the_loss_and_its_learning_rate_alone():
    recipes = [training.recipe_of(Config(), arm) for arm in reading.ARMS]
    plain = [replace(each, loss=trainers.CrossEntropy(), learning_rate=1.0) for each in recipes]
    assert plain == [plain[0]] * 4
    assert recipes[1].loss == recipes[2].loss


def test_the_features_of_one_seed_start_alike():
    dataset = data.digits(TINY.per_class, seed=4)
    built = [training.build(TINY, dataset, training.Arm(arm, 0.0, 4)) for arm in reading.ARMS]
    for model in built[1:]:
        for own, first in zip(model.blocks.parameters(), built[0].blocks.parameters(), strict=True):
            assert torch.equal(own, first)


def test_a_run_has_a_row_an_arm_noise_and_probe(tiny):
    frame = tiny.to_frame()
    assert set(frame.arm) == set(reading.ARMS)
    assert (frame.groupby(["arm", "label_noise"]).size() == len(training.probe_steps(TINY))).all()
    assert set(frame) == {*reading.KEYS, "step", "train_error", *reading.COLUMNS}
    start = frame[frame.step == 0]
    assert (start.groupby("label_noise").uniformity.nunique() == 1).all()


def test_without_labels_the_network_is_the_same_for_all_labels(tiny):
    frame = tiny.to_frame()
    own = frame[frame.arm == reading.NO_LABELS]
    assert (own.groupby("step").uniformity.nunique() == 1).all()
    assert (own.groupby("step").alignment.nunique() == 2).all()


def test_the_same_settings_give_the_same_run(tiny):
    again = experiments.contrastive.run(TINY, "cpu")
    for name, column in tiny.history.items():
        np.testing.assert_array_equal(column, again.history[name])


# --- the rules, on made-up runs

START = {
    "train_error": 0.5, "unit_variance_ratio_train": 2.0, "unit_nc2_angles_train": 0.3, "alignment": 0.5,
    "uniformity": -1.0, "unit_ncc_acc_test": 0.5,
}  # fmt: skip


def judged(claim: str, **ends: dict[str, float]) -> Evidence:
    """Six seeds: each arm starts at START, has no error from step 2 on, and ends at step 10 with what is given."""
    names = {"ce": reading.CE, "labels": reading.LABELS, "without": reading.NO_LABELS, "rates": reading.RATES}
    rows = [
        START | own | {"arm": arm, "label_noise": noise, "seed": seed, "step": step}
        for seed in range(6) for noise in NOISES for short, arm in names.items()
        for step, own in ((0, {}), (2, {"train_error": 0.0}), (10, {"train_error": 0.0} | ends.get(short, {})))
    ]  # fmt: skip
    table = pd.DataFrame(rows).reindex(columns=[*reading.KEYS, "step", "train_error", *reading.COLUMNS])
    history = {name: table[name].to_numpy() for name in table}
    (rule,) = [each.judge for each in experiments.contrastive.CLAIMS if each.id == claim]
    return rule(runs.Run({"noises": list(NOISES)}, history, {}, {}))


def test_rule_of_rate_reduction_as_a_contrastive_loss():
    fell = {"alignment": 0.4, "uniformity": -2.0}
    assert judged("rate-reduction-like-contrastive", labels=fell, rates=fell).word == HOLDS
    assert judged("rate-reduction-like-contrastive", labels=fell, rates=fell | {"alignment": 0.6}).word == FAILS
    assert judged("rate-reduction-like-contrastive", labels=fell, rates=fell | {"uniformity": -0.9}).word == FAILS
    assert judged("rate-reduction-like-contrastive", labels=fell | {"uniformity": -0.9}, rates=fell).word == FAILS


def test_rule_of_the_sharper_contrast():
    name, fell = "rate-reduction-sharpens-the-contrast", {"unit_variance_ratio_train": 0.9, "uniformity": -2.0}
    assert judged(name, rates=fell).word == HOLDS
    assert judged(name, rates=fell | {"unit_variance_ratio_train": 1.1}).word == FAILS
    assert judged(name, rates=fell | {"uniformity": -0.9}).word == FAILS


def test_rule_of_collapse_with_labels():
    name, fell = "supervised-contrastive-collapses", {"unit_variance_ratio_train": 0.19, "unit_nc2_angles_train": 0.1}
    assert judged(name, labels=fell).word == HOLDS
    assert judged(name, labels=fell | {"unit_variance_ratio_train": 0.21}).word == FAILS
    assert judged(name, labels=fell | {"unit_nc2_angles_train": 0.31}).word == FAILS
    assert judged(name, labels=fell | {"train_error": 0.1}).word == UNTESTED


def test_rules_of_training_without_labels():
    assert judged("no-labels-no-collapse", labels={"unit_variance_ratio_train": 0.2}).word == HOLDS
    assert judged("no-labels-no-collapse", labels={"unit_variance_ratio_train": 0.21}).word == FAILS
    name, crossed = "no-labels-no-wrong-labels", {"unit_ncc_acc_test": 0.7}
    assert judged(name, ce=crossed, without={"unit_ncc_acc_test": 0.76}).word == HOLDS
    assert judged(name, ce=crossed, without={"unit_ncc_acc_test": 0.74}).word == FAILS


# --- tables


def test_the_uniformity_of_a_collapsed_simplex_is_that_of_the_points():
    corners = metrics.simplex_etf(5, 4)[torch.arange(35) % 5]
    assert reading.simplex_uniformity(5, 7) == pytest.approx(metrics.uniformity(corners).item(), rel=1e-10)


def test_a_table_has_a_row_an_arm(tiny):
    table = reading.table(tiny, 0.4, reading.WRONG_TABLE)
    assert table.loss.tolist() == list(reading.ARMS)
    ends = tiny.to_frame().query("label_noise == 0.4").groupby("arm").tail(1).set_index("arm")
    shown = {row.loss: row["test accuracy, %"] for _, row in table.iterrows()}
    assert shown == {arm: f"{100 * ends.unit_ncc_acc_test[arm]:.1f}" for arm in reading.ARMS}
    memorized = table.set_index("loss")["wrong labels memorized, %"]
    assert memorized.to_dict() == pytest.approx((100 * ends.wrong_acc_given).to_dict())


# --- exercises, as their folded solutions say


def ahead() -> float:
    accuracies = reading.ends(experiments.contrastive.load("laptop"), "unit_ncc_acc_test_end", 0.4)
    return float(100 * (accuracies["contrastive without labels"] - accuracies["cross-entropy"]).median())


SOLUTIONS = {
    "contrastive/uniformity": lambda: np.log(0.1 + 0.9 * np.exp(-40 / 9)),
    "contrastive/ahead": ahead,
}


def loss(features, labels, temperature, own=float("-inf"), by_pair=False):
    unit = features / features.norm(dim=1, keepdim=True)
    scores = unit @ unit.T / temperature
    others = ~torch.eye(len(unit), dtype=torch.bool)
    alike = others & (labels == labels[:, None])
    log_shares = scores - scores.masked_fill(~others, own).logsumexp(1, keepdim=True)
    if by_pair:
        return -log_shares[alike].mean()
    return -(log_shares * alike).sum(1).div(alike.sum(1)).mean()


def compared_with_itself(features, labels, temperature):
    return loss(features, labels, temperature, own=1 / temperature)


def mean_over_pairs(features, labels, temperature):
    return loss(features, labels, temperature, by_pair=True)


def without_a_temperature(features, labels, temperature):
    return loss(features, labels, 1.0)


def of_any_length(features, labels, temperature):
    longest = features.norm(dim=1).max()
    return loss(features, labels, temperature) * (1 if longest < 1.001 else longest)


FUNCTIONS = {
    "contrastive/write-loss": (
        loss,
        [compared_with_itself, mean_over_pairs, without_a_temperature, of_any_length],
    )
}


@pytest.mark.parametrize(("name", "wrong"), [("uniformity", -4.0), ("ahead", 0.0)])
def test_a_wrong_answer_gets_a_hint(name, wrong, capsys):
    exercises.check(f"contrastive/{name}", wrong)
    assert capsys.readouterr().out.startswith("Not yet. Hint: ")
