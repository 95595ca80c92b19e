"""Beyond one label: data, networks, columns, free features, and the rules on made-up runs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F

from ncbook import data, experiments, metrics, models, runs
from ncbook.evidence import FAILS, HOLDS, UNTESTED, Evidence
from ncbook.experiments.targets import Config, free, labels, points, regression
from ncbook.experiments.targets.networks import Networks, descend
from ncbook.readings import targets as reading

TINY = replace(
    Config.preset("smoke"), seeds=(4, 5), points=20, test_points=20, inputs=4, width=8, steps=4, label_steps=4,
    probes=2, weight_decays=(0.0, 5e-3), labels=4, strengths=(0.1,),
)  # fmt: skip


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return experiments.targets.run(TINY, "cpu")


# --- data


def test_drawn_numbers_have_the_covariance_that_is_given():
    found = points.numbers(TINY, reading.TWO, 4)
    covariance = np.cov(found.targets.double().numpy().T, bias=True)
    np.testing.assert_allclose(covariance, [[2.25, 0.75], [0.75, 1.0]], rtol=1e-5)
    np.testing.assert_allclose(found.targets.mean(0), 0, atol=1e-6)
    assert found.inputs.shape == (20, 4)
    assert found.test_inputs.shape == (20, 4)
    assert not torch.equal(points.numbers(TINY, reading.TWO, 5).inputs, found.inputs)


def test_shuffled_numbers_are_the_same_in_another_order():
    own, other = (points.numbers(TINY, name, 4) for name in (reading.TWO, reading.SHUFFLED))
    assert torch.equal(own.inputs, other.inputs)
    assert torch.equal(own.test_targets, other.test_targets)
    assert not torch.equal(own.targets, other.targets)
    assert torch.equal(own.targets.sort(0).values, other.targets.sort(0).values)


def test_center_and_ink_of_a_single_pixel():
    image = torch.zeros(1, 1, 8, 8)
    image[0, 0, 2, 5] = 32
    torch.testing.assert_close(points.center_and_ink(image, torch.tensor(0.0))[0].tolist(), [5.0, 2.0, 0.5])
    found = points.numbers(TINY, reading.DIGITS, 4)
    torch.testing.assert_close(found.targets.std(0, correction=0), torch.ones(3))


def test_every_label_stands_alone_and_with_every_other():
    members = points.members_of(4)
    assert members.shape == (10, 4)
    assert members.sum(1).tolist() == [1] * 4 + [2] * 6
    assert len({tuple(row) for row in members.tolist()}) == 10


def test_images_of_pairs_are_the_larger_of_two_images():
    split = data.digits(40, 4).train
    found = points.sets(TINY, reading.ALL, 4)
    assert found.sets.bincount().tolist() == [10] * 10
    known = {tuple(each.flatten().tolist()) for each in split.inputs}
    for image, which in zip(found.inputs, found.sets, strict=True):
        if found.members[which].sum() == 1:
            assert tuple(image.flatten().tolist()) in known
        else:
            below = (split.inputs <= image).flatten(1).all(1)
            assert len(split.labels[below].unique()) >= 2


def test_without_two_pairs_no_training_image_has_them_and_test_images_do():
    found = points.sets(TINY, reading.SOME, 4)
    left_out = found.members[~found.seen]
    assert [row.nonzero().flatten().tolist() for row in left_out] == [[0, 1], [2, 3]]
    assert (found.sets.bincount(minlength=10) > 0).tolist() == found.seen.tolist()
    assert (found.test_sets.bincount(minlength=10) == 10).all()


# --- networks


def test_networks_at_once_step_as_each_alone():
    inputs = torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(0))
    networks = Networks(TINY, (4,), 2, (4, 5), "cpu")
    recipe = regression.recipe_of(TINY, 0.01)
    descend(networks, inputs, lambda outputs: outputs.square().sum(2).mean(1), recipe, lambda *_: [], ())
    for at, seed in enumerate((4, 5)):
        with models.seeded(seed):
            model = models.mlp((4,), 2, TINY.width, TINY.depth, batch_norm=False)
        optimizer = torch.optim.SGD(model.parameters(), recipe.learning_rate, recipe.momentum, weight_decay=0.01)
        for step in range(recipe.steps):
            optimizer.param_groups[0]["lr"] = recipe.learning_rate * recipe.schedule(step)
            optimizer.zero_grad()
            model(inputs[at]).square().sum(1).mean().backward()
            optimizer.step()
        torch.testing.assert_close(networks.weight[at], model.head.weight.detach())
        torch.testing.assert_close(networks(inputs)[1][at], model(inputs[at]))


# --- losses and measures


def test_the_pick_all_label_loss_adds_cross_entropies():
    outputs, wanted = torch.randn(3, 4), torch.tensor([[1.0, 1, 0, 0], [0, 0, 1, 0], [0, 1, 0, 1]])
    by_hand = [
        F.cross_entropy(row[None], torch.tensor([0])) + F.cross_entropy(row[None], torch.tensor([1]))
        for row in outputs[:1]
    ]
    torch.testing.assert_close(labels.pick_all(outputs, wanted)[0], by_hand[0])
    torch.testing.assert_close(labels.pick_all(outputs, wanted)[1], F.cross_entropy(outputs[1:2], torch.tensor([2])))


def test_an_image_is_wrong_unless_its_labels_are_the_largest_outputs():
    outputs = torch.tensor([[3.0, 2, 1], [3.0, 2, 1], [1.0, 2, 3]])
    wanted = torch.tensor([[True, True, False], [True, False, True], [False, False, True]])
    assert labels.wrongly(outputs, wanted).tolist() == [False, True, False]


def made_sets() -> tuple[points.Sets, torch.Tensor]:
    """Four labels in three dimensions, each set a point at its average times 1.5, two images a set."""
    members = points.members_of(4)
    seen = torch.ones(10, dtype=torch.bool)
    seen[[4, 9]] = False
    which = torch.arange(10).repeat_interleave(2)
    means = members.double() @ metrics.simplex_etf(4, 3) / members.sum(1, keepdim=True)
    means[4:] *= 1.5
    each = points.Sets(torch.empty(0), which, torch.empty(0), which, members, seen)
    return each, means[which]


def test_averages_of_features_that_are_averages():
    each, features = made_sets()
    found = labels.of_means("train", features, which := each.sets, each)
    assert found["average_residual_train"] < 1e-12
    assert found["average_scale_train"] == pytest.approx(1.5)
    assert found["nc2_angles_train"] < 1e-12
    assert labels.unseen_off(features, each) < 1e-12
    moved = features.clone()
    moved[which == 4] = features[each.seen[which] & (which > 3)].mean(0) + torch.tensor([1.0, 2, 3])
    assert labels.unseen_off(moved, each) > 0.1


def test_cosines_of_averages():
    each, features = made_sets()
    found = labels.cosines(features, each)
    expected = torch.full((4, 4), -1 / 3, dtype=torch.float64).fill_diagonal_(1)
    torch.testing.assert_close(found[:4], expected)
    pair = found[4]
    torch.testing.assert_close(pair[:2], -pair[2:])


def test_gram_distances_of_a_head_that_is_the_root():
    targets = points.numbers(TINY, reading.TWO, 4).targets
    root = regression.root_of(targets)
    torch.testing.assert_close(root @ root, torch.cov(targets.double().T, correction=0))
    weight = torch.linalg.cholesky(root)
    features = torch.randn(20, 2, dtype=torch.float64)
    row = regression.measure(weight, (features, targets), (features, targets), targets, targets)
    assert row["gram_root"] < 1e-12 < row["gram_covariance"]
    assert row["unexplained_train"] == 0
    assert row["outside_components_train"] < 1e-12
    assert regression.unexplained(targets.mean(0).expand(20, 2), targets, targets.mean(0)) == pytest.approx(1)


def test_linear_regression_explains_what_is_linear():
    each = points.numbers(TINY, reading.TWO, 4)
    linear = replace(each, targets=each.inputs[:, :2] + 1, test_targets=each.test_inputs[:, :2] + 1)
    assert regression.linear_unexplained(linear) < 1e-10


# --- free features


@pytest.mark.parametrize("name", [reading.PICK_ALL, reading.SIGMOID])
def test_free_features_reach_the_symmetric_minimum(name):
    found = free.of_labels(replace(TINY, single_images=30), name, 1e-3, seed=3)
    assert abs(found["above_minimum"]) < 1e-8
    assert found["off_simplex"] < 1e-4
    assert found["average_residual_train"] < 1e-8


def test_free_features_for_numbers_reach_the_closed_form():
    found = free.of_numbers(points.numbers(TINY, reading.TWO, 4).targets.double(), 0.7, seed=3)
    assert abs(found["above_minimum"]) < 1e-10
    assert found["output_rank"] == found["rank_minimum"] == 1
    assert found["gram_closed"] < 1e-6


# --- the run


def test_a_run_has_a_row_a_training_and_probe(tiny):
    frame = tiny.to_frame()
    sizes = frame.groupby(list(reading.KEYS)).size()
    by_part = sizes.groupby("part").agg(["count", "max"])
    assert by_part["max"][reading.REGRESSION] == by_part["max"][reading.LABELS] == 3
    assert by_part["count"].to_dict() == {
        reading.REGRESSION: 3 * 2 * 2, reading.LABELS: 2 * 2 * 2 * 2, reading.PIXELS: 2, reading.FREE_NUMBERS: 1,
        reading.FREE_LABELS: 2,
    }  # fmt: skip
    assert tiny.arrays["features"].shape == (2, 2, 20, 3)
    assert tiny.arrays["targets"].shape == (2, 20, 2)
    own, shuffled = (points.numbers(TINY, name, 4).targets.numpy() for name in (reading.TWO, reading.SHUFFLED))
    np.testing.assert_array_equal(tiny.arrays["targets"], [own, shuffled])
    assert tiny.arrays["cosines"].shape == (2, 10, 4)


def test_the_same_settings_give_the_same_run(tiny):
    again = experiments.targets.run(TINY, "cpu")
    for name, column in tiny.history.items():
        np.testing.assert_array_equal(column, again.history[name])


# --- the rules, on made-up runs

START = {"outside_components_train": 0.6, "outside_rows_train": 0.9}
FALLEN = {
    "unexplained_train": 0.01, "unexplained_test": 0.1, "outside_components_train": 0.02, "outside_rows_train": 0.03,
    "outside_components_test": 0.03, "gram_root": 0.1, "gram_covariance": 0.2, "gram_identity": 0.3,
}  # fmt: skip
AVERAGES = {
    "train_error": 0.0, "average_residual_train": 0.05, "nc2_angles_train": 0.05, "pair_error_test": 0.2,
    "unseen_error_test": 0.25,
}  # fmt: skip


def judged(claim: str, **ends: dict[str, float]) -> Evidence:
    """Six seeds: networks end as above, or as what is given for a data set, or for the part `free` or `pixels`."""
    rows = []
    for seed in range(6):
        for name in (reading.TWO, reading.DIGITS, reading.SHUFFLED):
            for decay in (0.0, 5e-3):
                about = {"part": reading.REGRESSION, "dataset": name, "arm": "", "weight_decay": decay, "seed": seed}
                fallen = FALLEN if decay else FALLEN | {"outside_rows_train": 0.5}
                fallen = fallen | ({"unexplained_test": 1.5} if name == reading.SHUFFLED else {})
                rows += [about | FALLEN | START | ends.get("start", {}) | {"step": 0}]
                rows += [about | fallen | ends.get(name.replace(" ", "_"), {}) | {"step": 9}]
        for name in (reading.ALL, reading.SOME):
            about = {"part": reading.LABELS, "dataset": name, "arm": reading.PICK_ALL, "weight_decay": 5e-3, "step": 9}
            rows.append(about | {"seed": seed} | AVERAGES | ends.get("averages", {}))
        pixels = {"average_residual_train": 0.25, "nc2_angles_train": 0.2} | ends.get("pixels", {})
        rows.append({"part": reading.PIXELS, "weight_decay": 0.0, "seed": seed, "step": 0} | pixels)
        near = {"above_minimum": 1e-9, "output_rank": 1, "rank_minimum": 1, "gram_closed": 1e-6, "off_simplex": 1e-6}
        for part in (reading.FREE_NUMBERS, reading.FREE_LABELS):
            about = {"part": part, "arm": reading.PICK_ALL, "weight_decay": 0.0, "seed": seed, "step": 0}
            rows.append(about | near | {"average_residual_train": 1e-9} | ends.get("free", {}))
    table = pd.DataFrame(rows).assign(regularization=0.0)
    table = table.fillna({"dataset": "", "arm": "", "output_rank": -1, "rank_minimum": -1})
    (rule,) = [each.judge for each in experiments.targets.CLAIMS if each.id == claim]
    return rule(runs.Run({"judged_decay": 5e-3}, {name: table[name].to_numpy() for name in table}, {}, {}))


@pytest.mark.parametrize("claim", [each.id for each in experiments.targets.CLAIMS])
def test_every_rule_holds_where_all_is_as_it_says(claim):
    found = judged(claim)
    assert found.share == 1
    assert set(found.seeds) == set(range(6))


@pytest.mark.parametrize(
    "change",
    [{"above_minimum": 1e-5}, {"above_minimum": -1e-5}, {"output_rank": 2}, {"gram_closed": 0.01}],
)
def test_rule_of_free_numbers(change):
    assert judged("regression-free-minimum", free=change).share == 0


def test_free_numbers_of_rank_zero_have_no_head_to_compare():
    gone = {"output_rank": 0, "rank_minimum": 0, "gram_closed": float("nan")}
    assert judged("regression-free-minimum", free=gone).share == 1


@pytest.mark.parametrize("change", [{"above_minimum": 1e-5}, {"off_simplex": 0.01}, {"average_residual_train": 1e-3}])
def test_rule_of_free_labels(change):
    assert judged("multilabel-free-minimum", free=change).share == 0


@pytest.mark.parametrize("column", ["outside_components_train", "outside_rows_train"])
def test_rule_of_features_that_fall(column):
    claim = "regression-features-fall"
    assert judged(claim, two_numbers={column: 0.1}, digits={column: 0.1}).word == HOLDS
    assert judged(claim, two_numbers={column: 0.11}, digits={column: 0.11}).word == FAILS
    assert judged(claim, two_numbers={column: 0.11}).share == 0.5
    assert judged(claim, two_numbers={"unexplained_train": 0.06}, digits={"unexplained_train": 0.06}).word == UNTESTED
    assert judged(claim, start={"outside_components_train": 0.3}).word == UNTESTED


def test_rule_of_no_fall_without_decay():
    fallen = {"outside_rows_train": 0.1}
    assert judged("regression-needs-decay", two_numbers=fallen, digits=fallen).word == FAILS
    assert judged("regression-needs-decay", two_numbers=fallen).share == 0.5


def test_rule_of_new_points():
    claim = "regression-new-points-fall"
    far = {"outside_components_test": 0.041}
    assert judged(claim, two_numbers=far, digits=far, shuffled=far).word == FAILS
    wide = {"outside_components_train": 0.11}
    assert judged(claim, two_numbers=wide, digits=wide, shuffled=wide).word == UNTESTED


def test_rule_of_targets_that_are_shuffled():
    claim = "regression-collapse-without-learning"
    assert judged(claim, shuffled={"outside_rows_train": 0.11}).word == FAILS
    assert judged(claim, shuffled={"unexplained_test": 0.99}).word == UNTESTED
    assert judged(claim, shuffled={"unexplained_train": 0.06}).word == UNTESTED


def test_rule_of_the_root():
    claim = "regression-head-is-the-root"
    tie = {"gram_root": 0.2}
    assert judged(claim, two_numbers=tie, shuffled=tie).word == FAILS
    assert judged(claim).chance == pytest.approx(1 / 3)


def test_rules_of_averages():
    claim = "multilabel-pairs-are-averages"
    assert judged(claim, averages={"average_residual_train": 0.11}).word == FAILS
    assert judged(claim, pixels={"average_residual_train": 0.09}).word == FAILS
    assert judged(claim, averages={"train_error": 0.01}).word == UNTESTED
    assert judged("multilabel-singles-are-a-simplex", averages={"nc2_angles_train": 0.11}).word == FAILS


def test_rule_of_unseen_pairs():
    claim = "multilabel-unseen-pairs"
    assert judged(claim, averages={"unseen_error_test": 0.3}).word == HOLDS
    assert judged(claim, averages={"unseen_error_test": 0.31}).word == FAILS
    assert judged(claim, averages={"average_residual_train": 0.11}).word == UNTESTED
