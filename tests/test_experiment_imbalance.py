"""Classes of unequal size: what is trained on, what is measured, and the rules on made-up runs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from ncbook import data, exercises, experiments, metrics, models, runs, trainers
from ncbook.evidence import FAILS, HOLDS, UNTESTED, Evidence
from ncbook.experiments.imbalance import EXPERIMENT, Config, free, geometry, networks
from ncbook.readings import imbalance as reading

TINY = replace(Config.preset("smoke"), seeds=(4,), steps=3, free_ratios=(1, 100), limits=(1e-2,), weight_decays=(5e-3,))


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return experiments.imbalance.run(TINY, "cpu")


# --- free features


@pytest.mark.parametrize("arm", [reading.PLAIN, reading.REWEIGHTED, reading.ADJUSTED])
def test_a_class_with_one_feature_has_the_objective_of_all_its_points(arm):
    counts = torch.tensor([6.0, 6.0, 2.0, 2.0], dtype=torch.float64)
    labels = torch.arange(4).repeat_interleave(counts.long())
    chance = torch.Generator().manual_seed(0)
    weight, classes = torch.randn(2, 4, 4, generator=chance, dtype=torch.float64)
    problem = free.Problem(reading.FREE, arm, 3, 0.01, 0.03, 0)
    points = classes[labels]
    whole = trainers.Outputs(points, points @ weight.T, labels, weight)
    expected = free.loss_of(arm, counts)(whole) + 0.005 * weight.square().sum() + 0.015 * points.square().sum()
    found = free.objective(problem, counts, weight, counts.sqrt()[:, None] * classes)
    assert found.item() == pytest.approx(expected.item(), rel=1e-12)


def test_equal_classes_end_at_the_closed_form():
    counts = torch.full((4,), 10.0, dtype=torch.float64)
    problem = free.Problem(reading.FREE, reading.PLAIN, 1, 5e-3, 5e-4, 0)
    weight, features, slope = free.minimum(problem, counts)
    known = metrics.unconstrained_cross_entropy(4, 4, 10, 5e-3, 5e-4)
    scaled = counts.sqrt()[:, None] * features
    assert free.objective(problem, counts, weight, scaled).item() == pytest.approx(known.loss, rel=1e-9)
    assert slope < 1e-6
    assert geometry.measure(weight, features, counts, 2)["cos_rows_rare"] == pytest.approx(-1 / 3, abs=1e-4)


def test_the_critical_ratio_of_a_run_is_that_of_the_metric():
    config = vars(Config())
    for pair in zip(config["weight_strengths"], config["feature_strengths"], strict=True):
        assert reading.critical(config, *pair) == pytest.approx(metrics.minority_collapse_ratio(10, 5, 100, *pair))


def test_what_the_other_losses_do_to_the_threshold():
    """Logit adjustment leaves it where it is, since rare classes are shifted alike; weights take it away."""
    config = Config()
    critical = metrics.minority_collapse_ratio(10, 5, 100, 5e-3, 5e-3)
    for arm, merges in ((reading.PLAIN, True), (reading.ADJUSTED, True), (reading.REWEIGHTED, False)):
        for ratio, above in ((0.9 * critical, False), (1.1 * critical, True)):
            row = free.row(config, free.Problem(reading.FREE, arm, ratio, 5e-3, 5e-3, 1))
            assert (row["apart_rare"] <= reading.ONE) == (merges and above), (arm, ratio)


# --- networks


def test_every_class_is_as_often_rare_as_frequent():
    for seeds in (Config().seeds, Config.preset("laptop-again").seeds):
        orders = [networks.rare_last(Config(), seed) for seed in seeds]
        assert all(sorted(order) == list(range(10)) for order in orders)
        rare = torch.tensor([order[5:] for order in orders]).flatten().bincount()
        assert rare.tolist() == [len(seeds) // 2] * 10
        assert all(set(one[5:]) == set(two[:5]) for one, two in zip(orders[::2], orders[1::2], strict=True))


def test_renumbered_classes_keep_their_images():
    digits, order = data.digits(3, seed=4), (3, 1, 4, 0, 5, 9, 2, 6, 8, 7)
    moved = networks.renumbered(digits, order)
    assert moved.class_names == tuple(map(str, order))
    for split, old in ((moved.train, digits.train), (moved.test, digits.test)):
        assert torch.equal(torch.tensor(order)[split.labels], old.labels)
        assert split.inputs is old.inputs


def of(arm, ratio=5.0, seed=4):
    return networks.Arm(arm, ratio, 5e-3, seed)


def images_of_class(split, label):
    return {tuple(image.flatten().tolist()) for image in split.inputs[split.labels == label]}


def test_rare_images_are_the_same_with_every_remedy():
    whole = networks.images(TINY, 4)
    plain, few, over = (
        networks.thinned(TINY, whole, of(arm)).train for arm in (reading.PLAIN, reading.FEW, reading.OVERSAMPLED)
    )
    assert plain.labels.bincount().tolist() == [20] * 5 + [4] * 5
    assert few.labels.bincount().tolist() == [4] * 10
    assert over.labels.bincount().tolist() == [20] * 10
    for label in range(5, 10):
        assert images_of_class(plain, label) == images_of_class(few, label) == images_of_class(over, label)
    assert networks.plain_counts(TINY, whole, of(reading.OVERSAMPLED)) == (20,) * 5 + (4,) * 5


def test_arms_differ_in_the_loss_the_images_or_the_head_alone():
    counts = (20,) * 5 + (4,) * 5
    recipes = {arm: networks.recipe_of(TINY, of(arm), counts, 120) for arm in (reading.PLAIN, *reading.REMEDIES)}
    assert recipes[reading.REWEIGHTED].loss == trainers.Reweighted(counts)
    assert recipes[reading.ADJUSTED].loss == trainers.LogitAdjusted(counts)
    plain = recipes[reading.PLAIN]
    assert all(replace(each, loss=plain.loss) == plain for each in recipes.values())
    assert networks.recipe_of(TINY, of(reading.FEW), counts, 40).batch_size == 40


def test_one_seed_starts_with_the_same_features():
    whole = networks.images(TINY, 4)
    plain, fixed = (networks.build(TINY, whole, of(arm)) for arm in (reading.PLAIN, reading.FIXED))
    for own, other in zip(plain.blocks.parameters(), fixed.blocks.parameters(), strict=True):
        assert torch.equal(own, other)
    assert plain.head.bias is None
    assert list(fixed.head.parameters()) == []
    simplex = metrics.seli([1] * 10).classifier_gram
    assert metrics.gram_distance(fixed.head.weight, simplex) < 1e-5


def test_features_that_are_positive_can_reach_every_corner_of_the_fixed_head():
    """Unturned, the last corner has no positive entry."""
    head = networks.build(TINY, networks.images(TINY, 4), of(reading.FIXED)).head.weight
    best = head.clamp(min=0)  # of the features of length 1, the one that a row likes most
    assert torch.equal((best @ head.T).argmax(1), torch.arange(10))


def test_accuracy_of_a_class_is_the_share_of_its_points():
    found = networks.class_accuracy(torch.tensor([0, 1, 1, 2, 0]), torch.tensor([0, 0, 1, 2, 2]))
    assert found.tolist() == [0.5, 1.0, 0.5]


def test_what_a_network_is_measured_by():
    """On inputs that are features, with a head that likes the frequent class: each rule by a loop over the points."""
    chance = torch.Generator().manual_seed(3)
    corners = 2 * torch.eye(4)

    def split(*counts):
        labels = torch.arange(4).repeat_interleave(torch.tensor(counts))
        return data.Split(corners[labels] + 0.9 * torch.randn(len(labels), 4, generator=chance), labels)

    dataset = data.Dataset("made up", split(30, 30, 3, 3), split(40, 40, 40, 40), ("a", "b", "c", "d"))
    pool, counts = split(30, 30, 30, 30), torch.tensor([30, 30, 3, 3])
    head = torch.nn.Linear(4, 4, bias=False)
    with torch.no_grad():
        head.weight.copy_(torch.eye(4) + torch.tensor([0.2, 0.2, 0, 0])[:, None])
    model = models.Classifier({"same": torch.nn.Identity()}, 4, 4)
    model.head = head
    with torch.no_grad():
        row = networks.measure(model, dataset, pool, counts, rare=2)
    rights = {rule: [[] for _ in range(4)] for rule in reading.RULES}
    means = {
        rule: [own.inputs[own.labels == c].mean(0) for c in range(4)]
        for rule, own in ((reading.NEAREST, dataset.train), (reading.POOL, pool))
    }
    for point, label in zip(dataset.test.inputs, dataset.test.labels.tolist(), strict=True):
        logits = (head.weight @ point).detach()
        decided = {reading.HEAD: logits.argmax(), reading.SHIFTED: (logits - (counts / 66).log()).argmax()}
        for rule, centers in means.items():
            decided[rule] = torch.stack([(point - center).norm() for center in centers]).argmin()
        for rule, answer in decided.items():
            rights[rule][label].append(float(int(answer) == label))
    for rule, lists in rights.items():
        classes = [np.mean(each) for each in lists]
        assert row[f"frequent_acc_{rule}"] == pytest.approx(np.mean(classes[:2]))
        assert row[f"rare_acc_{rule}"] == pytest.approx(np.mean(classes[2:]))
        assert row[f"worst_acc_{rule}"] == pytest.approx(min(classes))
    assert row["rare_acc_head"] < row["rare_acc_shifted"]


def test_geometry_is_that_of_loops():
    chance = torch.Generator().manual_seed(5)
    weight, means = torch.randn(2, 5, 7, generator=chance, dtype=torch.float64)
    counts = torch.tensor([9, 9, 9, 2, 2])
    row = geometry.measure(weight + 3, means - 2, counts, rare=2)
    rows, centers = weight - weight.mean(0), means - means.mean(0)
    size = np.sqrt(np.mean([each.dot(each).item() for each in rows]))
    distances = {(a, b): (rows[a] - rows[b]).norm().item() / size for a in range(5) for b in range(a)}
    assert row["apart_rare"] == pytest.approx(distances[4, 3])
    assert row["apart_frequent"] == pytest.approx(np.mean([distances[pair] for pair in ((1, 0), (2, 0), (2, 1))]))
    assert row["apart_across"] == pytest.approx(np.mean([distances[a, b] for a in (3, 4) for b in range(3)]))
    for name, vectors in (("cos_rows_rare", rows), ("cos_means_rare", centers)):
        first, second = vectors[3:]
        assert row[name] == pytest.approx((first.dot(second) / first.norm() / second.norm()).item())
    ideal = metrics.seli(counts)
    assert row["seli_rows"] == pytest.approx(metrics.gram_distance(rows, ideal.classifier_gram))
    assert row["seli_means"] == pytest.approx(metrics.gram_distance(centers, ideal.feature_gram))
    assert row["etf_means"] == pytest.approx(metrics.gram_distance(centers, torch.eye(5).double() - 0.2))


def test_a_cosine_with_zero_is_not_a_number():
    """Strong decay makes all weights of rare classes zero; what rounding leaves of them has a direction by chance."""
    chance = torch.Generator().manual_seed(6)
    weight, means = torch.randn(2, 5, 7, generator=chance, dtype=torch.float64)
    for table in (weight, means):
        table[:3] -= table[:3].mean(0)
        table[3:] *= 1e-8
    row = geometry.measure(weight, means, torch.tensor([9, 9, 9, 2, 2]), rare=2)
    assert np.isnan([row["cos_rows_rare"], row["cos_means_rare"], row["cos_means_raw"]]).all()
    assert np.isfinite([value for name, value in row.items() if not name.startswith("cos_")]).all()
    assert row["apart_rare"] < 1e-6


@pytest.mark.parametrize("part", [reading.FREE, reading.LIMIT])
def test_no_recorded_cosine_is_one_of_rounding_errors(part):
    """Distances of a rare row tell it: that to zero is as small as that to another rare row."""
    for preset in ("laptop", "laptop-again"):
        table = reading.ends(EXPERIMENT.recorded(preset), part)
        empty = (table.apart_across - np.sqrt(2)).abs() < 1e-5
        assert (table.cos_rows_rare.isna() == (empty & (table.apart_rare < 1e-5))).all()
        assert table[table.ratio < 10].cos_means_rare.notna().all()


# --- runs


def test_a_run_has_a_row_a_minimum_and_a_probe(tiny):
    frame = tiny.to_frame()
    assert frame.groupby("part").size().to_dict() == {
        "free": (4 + 2) * 2, "limit": 1, "network": (2 + 1 + 4) * len(trainers.log_spaced(3, 2))
    }  # fmt: skip
    assert set(frame) == {*reading.KEYS, "step", "train_error", *reading.COLUMNS}


def test_the_same_settings_give_the_same_run(tiny):
    again = experiments.imbalance.run(TINY, "cpu")
    for name, column in tiny.history.items():
        np.testing.assert_array_equal(column, again.history[name])


def test_means_over_classes_weigh_rare_and_frequent_ones_by_their_number(tiny):
    table = reading.ends(tiny, reading.NETWORK)
    expected = (table.rare_acc_head + table.frequent_acc_head) / 2
    np.testing.assert_allclose(table.mean_acc_head, expected)
    assert len(table) == len(networks.trainings(TINY))


# --- the rules, on made-up runs

SEEDS, DECAYS = range(6), (5e-4, 5e-3)
CONFIG = {
    "classes": 10, "rare": 5, "free_per_class": 100, "weight_strengths": [5e-3, 3e-3],
    "feature_strengths": [5e-3, 3e-3], "ratios": [1, 5, 20, 50], "remedy_ratio": 20,
}  # fmt: skip


def judged(claim: str, rows: list[dict]) -> Evidence:
    table = pd.DataFrame(rows).reindex(
        columns=[*dict.fromkeys((*reading.KEYS, "step", "train_error", *reading.COLUMNS))]
    )
    history = {name: table[name].to_numpy() for name in table}
    (rule,) = [each.judge for each in experiments.imbalance.CLAIMS if each.id == claim]
    return rule(runs.Run(CONFIG, history, {}, {}))


def minima(apart, arm=reading.PLAIN, pairs=((5e-3, 5e-3), (3e-3, 3e-3))) -> list[dict]:
    """Free features: `apart` is a function of the ratio over the critical one."""
    return [
        {"part": reading.FREE, "arm": arm, "ratio": ratio, "weight_decay": pair[0], "feature_decay": pair[1],
         "seed": seed, "step": 0, "apart_rare": apart(ratio / reading.critical(CONFIG, *pair))}
        for seed in SEEDS for pair in pairs for ratio in (1, 5, 13, 14, 15, 40, 45, 100)
    ]  # fmt: skip


def trained(**ends: dict[str, float]) -> list[dict]:
    """Networks without a training error: columns of the plain one at R = 1 (`many`), and of arms at R = 20 and 50."""
    names = {
        "many": (reading.PLAIN, 1), "plain": (reading.PLAIN, 20), "top": (reading.PLAIN, 50), "few": (reading.FEW, 20),
        "over": (reading.OVERSAMPLED, 20), "fixed": (reading.FIXED, 20),
    }  # fmt: skip
    start = {f"{size}_acc_{rule}": 0.9 for size in ("rare", "frequent", "worst") for rule in reading.RULES}
    about = {"part": reading.NETWORK, "feature_decay": 0.0, "step": 9, "train_error": 0.0}
    return [
        start | about | {"arm": arm, "ratio": ratio, "weight_decay": decay, "seed": seed} | ends.get(name, {})
        for seed in SEEDS for decay in DECAYS for name, (arm, ratio) in names.items()
    ]  # fmt: skip


def test_rule_of_the_threshold():
    name = "minority-collapse-threshold"
    assert judged(name, minima(lambda share: 0.5 if share < 1 else 0.001)).word == HOLDS
    assert judged(name, minima(lambda share: 0.5 if share < 0.9 else 0.001)).word == FAILS
    assert judged(name, minima(lambda share: 0.5 if share < 1.2 else 0.001)).word == FAILS


def test_rule_of_the_other_losses():
    name, pair = "weights-move-the-threshold-alone", [(5e-3, 5e-3)]

    def both(adjusted, reweighted):
        return minima(adjusted, reading.ADJUSTED, pair) + minima(reweighted, reading.REWEIGHTED, pair)

    assert judged(name, both(lambda share: 0.5 * (share < 1), lambda share: 0.5)).word == HOLDS
    assert judged(name, both(lambda share: 0.5 * (share < 1), lambda share: 0.5 * (share < 3))).word == FAILS
    assert judged(name, both(lambda share: 0.5, lambda share: 0.5)).word == FAILS


@pytest.mark.parametrize(("seli", "simplex", "word"), [(0.09, 0.31, HOLDS), (0.11, 0.31, FAILS), (0.09, 0.29, FAILS)])
def test_rule_of_the_limit(seli, simplex, word):
    near = {"seli_rows": 0.01, "seli_means": seli, "etf_rows": simplex, "etf_means": 0.9}
    far = dict.fromkeys(near, 0.5)
    about = {"part": reading.LIMIT, "arm": reading.PLAIN, "ratio": 10, "step": 0}
    rows = [
        about | {"weight_decay": decay, "feature_decay": decay, "seed": seed} | columns
        for seed in SEEDS for decay, columns in ((1e-2, far), (1e-8, near))
    ]  # fmt: skip
    assert judged("seli-in-the-limit", rows).word == word


def test_rule_of_networks_near_seli():
    name, near, far = "networks-near-seli", {"seli_rows": 0.1, "etf_rows": 0.4}, {"seli_rows": 0.5, "etf_rows": 0.4}
    assert judged(name, trained(many=far, plain=near, top=near)).word == HOLDS
    assert judged(name, trained(many=near, plain=near, top=far)).word == FAILS
    assert judged(name, trained(plain=near, top=near | {"train_error": 0.01})).word == UNTESTED


def test_rule_of_rare_rows_in_networks():
    name = "networks-rare-rows-become-one"
    assert judged(name, trained(top={"cos_rows_rare": 0.91})).word == HOLDS
    assert judged(name, trained(top={"cos_rows_rare": 0.89}, plain={"cos_rows_rare": 0.99})).word == FAILS
    assert judged(name, trained(top={"cos_rows_rare": 0.91, "train_error": 0.1})).word == UNTESTED


def rare(head, shifted=0.9):
    return {"rare_acc_head": head, "rare_acc_shifted": shifted}


def test_rule_of_few_and_unequal_images():
    name = "few-images-not-unequal-ones"
    assert judged(name, trained(many=rare(0.98), few=rare(0.87), plain=rare(0.78))).word == HOLDS
    assert judged(name, trained(many=rare(0.98), few=rare(0.89), plain=rare(0.78))).word == FAILS
    assert judged(name, trained(many=rare(0.98), few=rare(0.80), plain=rare(0.94))).word == UNTESTED
    assert judged(name, trained(many=rare(0.98) | {"train_error": 0.1}, plain=rare(0.78))).word == UNTESTED


def test_rule_of_the_features():
    name = "unequal-images-harm-the-features"
    assert judged(name, trained(few=rare(0.90, 0.0), plain=rare(0.5, 0.84))).word == HOLDS
    assert judged(name, trained(few=rare(0.90, 0.0), plain=rare(0.5, 0.86))).word == FAILS


def test_rule_of_the_fixed_head():
    def accuracy(frequent, rare):
        return {"frequent_acc_head": frequent, "rare_acc_head": rare}

    name = "fixed-simplex-helps"
    assert judged(name, trained(plain=accuracy(0.98, 0.80), fixed=accuracy(0.98, 0.85))).word == HOLDS
    assert judged(name, trained(plain=accuracy(0.98, 0.80), fixed=accuracy(0.93, 0.85))).word == FAILS


def test_rule_of_logits_and_geometry():
    name, off, near = "logits-not-geometry", {"etf_rows": 0.5}, {"etf_rows": 0.1}
    plain = off | rare(0.75, 0.86)
    assert judged(name, trained(plain=plain, over=near | rare(0.76), fixed=near | rare(0.80))).word == HOLDS
    assert judged(name, trained(plain=plain, over=near | rare(0.82), fixed=near | rare(0.80))).word == FAILS
    assert judged(name, trained(plain=plain, over=near | rare(0.76), fixed=near | rare(0.82))).word == FAILS
    assert judged(name, trained(plain=plain, over=off | rare(0.76), fixed=near | rare(0.80))).word == UNTESTED


# --- exercises, as their folded solutions say


def unequal() -> float:
    accuracies = reading.beside(experiments.imbalance.load("laptop"), "rare_acc_head").loc[5e-3]
    return float(100 * (accuracies["few of every class"] - accuracies["plain"]).median())


SOLUTIONS = {
    "imbalance/threshold": lambda: ((33.33 + np.sqrt(33.33**2 - 100)) / 10) ** 2,
    "imbalance/reweighted": lambda: 1 / (10 * 0.005) ** 2,
    "imbalance/unequal": unequal,
}


def rows_gram(counts):
    labels = torch.arange(len(counts)).repeat_interleave(counts.long())
    encoded = torch.eye(len(counts)).double()[:, labels] - 1 / len(counts)
    left, singular, _ = torch.linalg.svd(encoded, full_matrices=False)
    return left @ torch.diag(singular) @ left.T


def one_column_a_class(counts):
    return rows_gram(torch.ones(len(counts))) * counts.mean().sqrt()


def without_centering(counts):
    return torch.diag(counts.sqrt())


def square(counts):
    return rows_gram(counts) @ rows_gram(counts)


def roots_of_entries(counts):
    product = square(counts)
    return product.sign() * product.abs().sqrt()


def roots_between_projections(counts):
    center = torch.eye(len(counts)).double() - 1 / len(counts)
    return center @ torch.diag(counts.sqrt()) @ center


WRONG = [one_column_a_class, without_centering, square, roots_of_entries, roots_between_projections]
FUNCTIONS = {"imbalance/write-seli": (rows_gram, WRONG)}


@pytest.mark.parametrize(("name", "wrong"), [("threshold", 10.0), ("reweighted", 4.0), ("unequal", 0.0)])
def test_a_wrong_answer_gets_a_hint(name, wrong, capsys):
    exercises.check(f"imbalance/{name}", wrong)
    assert capsys.readouterr().out.startswith("Not yet. Hint: ")
