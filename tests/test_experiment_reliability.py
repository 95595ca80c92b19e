"""Beyond the test set: what is held out, attacked and measured, and the rules on made-up runs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F

from ncbook import data, experiments, metrics, models, runs, trainers
from ncbook.evidence import CHECKED, FAILS, HOLDS, UNTESTED, Evidence
from ncbook.experiments.reliability import Config, attacked, confidence, detection, networks
from ncbook.readings import reliability as reading

TINY = replace(Config.preset("smoke"), seeds=(4,), steps=3, weight_decays=(0.0, 5e-3), batch_size=50, probes=3)


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return experiments.reliability.run(TINY, "cpu")


@pytest.fixture(scope="module")
def network():
    """A fitted network with images of four classes, and of unseen ones."""
    found = networks.images(TINY, 4)
    with models.seeded(4):
        model = models.build("mlp", found.known.input_shape, found.known.num_classes, 16)
    trainers.fit(model, found.known.train, trainers.Recipe(40, 0.05, 50), 4, on_step=lambda step: None)
    return model.eval(), found


# --- what is trained


def test_five_seeds_in_a_row_hold_each_digit_out_once():
    for preset in ("laptop", "laptop-again"):
        seeds = Config.preset(preset).seeds
        pairs = [networks.unseen_classes(Config(), 10, seed) for seed in seeds[:5]]
        assert sorted(digit for pair in pairs for digit in pair) == list(range(10))
        assert len({networks.unseen_classes(Config(), 10, seed) for seed in seeds}) == 6


def test_unseen_images_are_all_of_the_classes_held_out_and_none_is_trained():
    found, whole = networks.images(TINY, 4), data.digits(TINY.per_class, 4)
    pair = networks.unseen_classes(TINY, 10, 4)
    assert found.known.class_names == tuple(str(digit) for digit in range(10) if digit not in pair)
    labels = torch.cat([whole.train.labels, whole.test.labels])
    assert len(found.unseen) == torch.isin(labels, torch.tensor(pair)).sum()
    assert len(found.known.train) == 8 * TINY.per_class
    trained = {tuple(image.flatten().tolist()) for image in found.known.train.inputs}
    assert not any(tuple(image.flatten().tolist()) in trained for image in found.unseen)


def test_arms_differ_in_the_decay_the_schedule_or_the_attack_alone():
    arms = {(each.arm, each.weight_decay): networks._recipe(TINY, each) for each in networks.trainings(TINY)}
    strong = max(TINY.weight_decays)
    plain, falling, robust = (arms[arm, strong] for arm in (reading.PLAIN, reading.FALLING, reading.ROBUST))
    assert replace(falling, schedule=trainers.constant) == plain
    assert replace(robust, attack=None) == falling
    assert replace(arms[reading.PLAIN, 0.0], weight_decay=strong) == plain
    assert robust.attack == trainers.Attack(TINY.robust_radius, TINY.robust_steps)


# --- what is measured


def test_auroc_is_the_share_of_pairs_in_order():
    known, unseen = torch.tensor([3.0, 1.0, 2.0]), torch.tensor([0.0, 2.0])
    pairs = [(k > u) + 0.5 * (k == u) for k in known.tolist() for u in unseen.tolist()]
    assert detection.auroc(known, unseen) == pytest.approx(np.mean(pairs))


def test_scores_are_those_of_loops(network):
    model, found = network
    with torch.no_grad():
        seen, new = model.features(found.known.train.inputs), model.features(found.known.test.inputs[:5])
        labels = found.known.train.labels
        means = metrics.class_means(seen, labels, 8)
        told = detection.scores(model, new, seen, labels, means)
        center = means.mean(0)
        for place, point in enumerate(new.double()):
            logits = model.head(new[place : place + 1]).double()[0]
            assert told["msp"][place].exp().item() == pytest.approx(logits.softmax(0).max().item())
            assert told["energy"][place].item() == pytest.approx(logits.exp().sum().log().item())
            cosines = [F.cosine_similarity(point - center, mean - center, dim=0).item() for mean in means]
            assert told["cosine"][place].item() == pytest.approx(max(cosines))
        torch.testing.assert_close(told["mahalanobis"], -metrics.mahalanobis(new, seen, labels))
        torch.testing.assert_close(told["neco"], metrics.neco(new, seen, 7))


def test_pixels_know_no_network():
    found = networks.images(TINY, 4)
    row = detection.of_pixels(found.known, found.unseen)
    nearest = [
        [min((image - other).norm().item() for other in found.known.train.inputs) for image in images[:40]]
        for images in (found.known.test.inputs, found.unseen)
    ]
    few = replace(found.known, test=data.Split(found.known.test.inputs[:40], found.known.test.labels[:40]))
    pairs = [(k < u) + 0.5 * (k == u) for k in nearest[0] for u in nearest[1]]
    assert detection.of_pixels(few, found.unseen[:40])["auroc_nearest"] == pytest.approx(np.mean(pairs), abs=1e-3)
    assert set(row) == {"auroc_mahalanobis", "auroc_nearest"}


def test_where_fooled_images_lie_is_that_of_loops():
    means = torch.tensor([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]]).double()
    points = torch.tensor([[1.0, 0.0], [3.0, 0.0], [1.0, 0.0], [0.0, 3.5]])
    labels, decided = torch.tensor([0, 0, 0, 0]), torch.tensor([0, 1, 1, 2])
    found = attacked.geometry(points, labels, decided, means)
    assert found["to_corner"] == pytest.approx(np.median([1 / 4, 3 / 4, 0.5 / 4]))
    assert found["at_nearest"] == pytest.approx(2 / 3)
    assert found["nc1_decided"] == pytest.approx(metrics.nc1(points, decided, 3))
    right = attacked.geometry(points, labels, labels, means)
    assert all(np.isnan(value) for value in right.values())


def test_attacks_and_noise_move_as_far(network):
    model, found = network
    with torch.no_grad():
        rows = attacked.rows(TINY, model, found.known, 4)
    assert [(row["perturbation"], row["radius"]) for row in rows] == [
        ("none", 0.0), ("attack", 0.2), ("noise", 0.2), ("attack", 0.4), ("noise", 0.4)
    ]  # fmt: skip
    noisy = attacked._noisy(found.known.test, 0.3, torch.Generator().manual_seed(0))
    torch.testing.assert_close((noisy.inputs - found.known.test.inputs).abs(), torch.full_like(noisy.inputs, 0.3))
    clean, hit, noise = rows[:3]
    assert clean["means_cosine"] == pytest.approx(1)
    assert hit["hit_error_test"] > noise["hit_error_test"]
    assert hit["nc1_hit"] > clean["nc1_hit"]


def test_the_plane_shows_images_on_their_way_to_the_next_corner(network):
    model, found = network
    with torch.no_grad():
        arrays = attacked.plane(TINY, model, found.known, "robust")
        means = metrics.class_means(model.features(found.known.train.inputs), found.known.train.labels)[:3]
        rows = torch.cat([(found.known.train.labels == c).nonzero()[:3, 0] for c in range(3)])
        flat = metrics.simplex_coordinates(means, model.features(found.known.train.inputs[rows]).double())[1]
    points, labels = arrays["robust/points"], arrays["robust/labels"]
    assert points.shape == (3, 9, 2)
    assert labels.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    np.testing.assert_allclose(points[0], flat, atol=1e-4)
    aims = arrays["robust/means"][(labels + 1) % 3]
    far = np.linalg.norm(points - aims, axis=2).mean(1)
    assert far[0] > far[1] > far[2]


def test_one_half_fits_the_temperature_and_the_other_is_judged(network):
    model, found = network
    splitter = confidence.Splitter(found.known.test.labels, draws=5, seed=4)
    with torch.no_grad():
        row = splitter.measure(model, found.known)
        logits, labels = model(found.known.test.inputs).double(), found.known.test.labels
    best = metrics.best_temperature(logits[::2], labels[::2])
    assert row["temperature"] == best
    assert row["ece_mended"] == metrics.calibration_error(logits[1::2] / best, labels[1::2])
    assert row["loss_half"] == pytest.approx(F.cross_entropy(logits[1::2], labels[1::2]).item())
    assert row["confidence_test"] == pytest.approx(logits.softmax(1).max(1).values.mean().item())
    assert 0 < row["ece_calibrated"] < 0.1


def test_factors_on_the_head_change_confidence_alone(network):
    model, found = network
    splitter = confidence.Splitter(found.known.test.labels, draws=5, seed=4)
    with torch.no_grad():
        rows = pd.DataFrame(splitter.scaled(model, found.known, (0.3, 1.0, 7.0)))
    for name in ("test_error", "nc1_train", "nc2_angles_train", "nc3_train"):
        assert rows[name].to_numpy() == pytest.approx([rows[name][1]] * 3, rel=1e-9)
    assert rows.confidence_test.is_monotonic_increasing


# --- runs


def test_a_run_has_the_rows_of_its_parts(tiny):
    frame = tiny.to_frame()
    arms, probes = 2 * 2 + 1, len(trainers.log_spaced(3, 3))
    assert frame.groupby("part").size().to_dict() == {
        "pixels": 1, "training": arms * probes, "attack": arms * 5, "scaling": 2 * 3
    }  # fmt: skip
    assert {"robust/points", "falling rate/points"} <= set(tiny.arrays)
    assert set(reading.COLUMNS) <= set(frame)


def test_the_same_settings_give_the_same_run(tiny):
    again = experiments.reliability.run(TINY, "cpu")
    for name, column in tiny.history.items():
        np.testing.assert_array_equal(column, again.history[name])


def test_readings_of_a_run(tiny):
    assert reading.beside(tiny, "nc5").shape == (1, 2)
    assert list(reading.detectors(tiny).score) == [*reading.SCORES.values(), *reading.BASELINES.values()]
    assert len(reading.confidences(tiny)) == 2
    assert (reading.strongest(tiny), reading.weakest(tiny)) == (5e-3, 0.0)


# --- the rules, on made-up runs

SEEDS, DECAYS = range(6), (0.0, 5e-4, 5e-3)
CONFIG = {"weight_decays": list(DECAYS)}
FINE = {"train_error": 0.0, "test_error": 0.01, "nc5": 0.4, "nc1_train": 0.05, "temperature": 1.2} | {
    f"auroc_{name}": 0.9 for name in reading.SCORES
}


def judged(claim: str, rows: list[dict]) -> Evidence:
    known = ["step", "train_error", "test_error", "nc1_train", "nc2_angles_train", "nc3_train"]
    table = pd.DataFrame(rows).reindex(columns=[*dict.fromkeys((*reading.KEYS, *known, *reading.COLUMNS))])
    (rule,) = [each.judge for each in experiments.reliability.CLAIMS if each.id == claim]
    return rule(runs.Run(CONFIG, {name: table[name].to_numpy() for name in table}, {}, {}))


def about(part, arm=reading.PLAIN, decay=0.0, seed=0, **more):
    own = {"part": part, "arm": arm, "weight_decay": decay, "seed": seed, "step": 9, "perturbation": "none"}
    return own | {"radius": 0.0, "scale": 1.0} | more


def trained(then=None, nearest=0.9, **ends) -> list[dict]:
    """Plain networks, fitted at step 5 with `then` and at the end with what is given for "none", "weak", "strong"."""
    rows = [about(reading.PIXELS, "none", seed=seed, auroc_nearest=nearest, auroc_mahalanobis=0.8) for seed in SEEDS]
    for seed in SEEDS:
        for decay, name in zip(DECAYS, ("none", "weak", "strong"), strict=True):
            rows.append(about(reading.TRAINING, decay=decay, seed=seed) | FINE | {"step": 5} | (then or {}))
            rows.append(about(reading.TRAINING, decay=decay, seed=seed) | FINE | ends.get(name, {}))
    return rows


def test_rule_of_the_orthogonal_mean():
    name, half = "unseen-mean-turns-orthogonal", {"nc5": 0.2}
    assert judged(name, trained(weak=half, strong=half)).word == HOLDS
    assert judged(name, trained(none=half, weak={"nc5": 0.21}, strong={"nc5": 0.21})).word == FAILS
    assert judged(name, trained(then={"train_error": 0.1}, none=half, weak=half, strong=half)).word != HOLDS
    lost = half | {"train_error": 0.1}
    assert judged(name, trained(weak=lost, strong=lost)).word == UNTESTED


def test_rule_of_neco():
    name, ahead = "neco-beats-confidence", {"auroc_neco": 0.911}
    assert judged(name, trained(none=ahead, weak=ahead, strong=ahead)).word == HOLDS
    assert judged(name, trained(none={"auroc_neco": 0.909})).word == FAILS


def test_rule_of_more_collapse():
    name = "more-collapse-detects-better"
    ahead = {"nc1_train": 0.02, "auroc_msp": 0.92, "auroc_energy": 0.92, "auroc_neco": 0.92}
    assert judged(name, trained(strong=ahead)).word == HOLDS
    assert judged(name, trained(strong={"nc1_train": 0.02})).word == FAILS
    assert judged(name, trained(strong=ahead | {"nc1_train": 0.03})).word == UNTESTED
    assert judged(name, trained(strong=ahead | {"test_error": 0.03})).word == UNTESTED


def test_rule_of_longer_training():
    name, later = "detection-improves-past-zero-error", {"nc1_train": 0.02, "auroc_neco": 0.92}
    assert judged(name, trained(weak=later, strong=later)).word == HOLDS
    assert judged(name, trained(none=later, weak={"nc1_train": 0.02}, strong={"nc1_train": 0.02})).word == FAILS
    slow = later | {"nc1_train": 0.04}
    assert judged(name, trained(weak=slow, strong=slow)).word == UNTESTED


def test_rule_of_the_pixels():
    name = "pixels-detect-better"
    assert judged(name, trained(nearest=0.92)).word == HOLDS
    assert judged(name, trained(nearest=0.905)).word == FAILS
    best = {"auroc_mahalanobis": 0.915}
    assert judged(name, trained(nearest=0.92, none=best, weak=best, strong=best)).word == FAILS


def hit(robust=None, plain=None, noise=None, clean=0.01) -> list[dict]:
    """Attacks and noise of both radii on networks of every arm; `clean` is NC1 without a change."""
    rows = []
    start = {"hit_error_train": 0.9, "nc1_hit": 1.0, "means_cosine": 0.9, "to_corner": 0.3}
    for seed in SEEDS:
        for arm in (reading.PLAIN, reading.FALLING, reading.ROBUST):
            for decay in DECAYS:
                own = about(reading.ATTACK, arm, decay, seed)
                rows.append(own | {"hit_error_train": 0.0, "nc1_hit": clean, "means_cosine": 1.0})
                change = (robust if arm == reading.ROBUST else plain) or {}
                for radius in (0.2, 0.4):
                    rows.append(own | start | {"perturbation": "attack", "radius": radius} | change)
                    rows.append(own | {"perturbation": "noise", "radius": radius, "nc1_hit": clean} | (noise or {}))
    return [row for row in rows if row["arm"] != reading.ROBUST or row["weight_decay"] == max(DECAYS)]


def test_rule_of_the_broken_simplex():
    name = "attacks-break-the-simplex"
    assert judged(name, hit()).word == HOLDS
    assert judged(name, hit(plain={"nc1_hit": 0.09})).word == FAILS
    assert judged(name, hit(noise={"nc1_hit": 0.11})).word == FAILS


def test_rule_of_the_leap():
    name = "attacked-images-leap-to-corners"
    assert judged(name, hit(plain={"to_corner": 0.24})).word == HOLDS
    assert judged(name, hit()).word == FAILS
    assert judged(name, hit(plain={"to_corner": 0.24, "hit_error_train": 0.4})).word == UNTESTED


def test_rule_of_robust_simplices():
    name, firm = "robust-simplices-aligned", {"means_cosine": 0.995, "nc1_hit": 0.05}
    assert judged(name, hit(robust=firm)).word == HOLDS
    assert judged(name, hit(robust=firm | {"means_cosine": 0.98})).word == FAILS
    assert judged(name, hit(robust=firm | {"nc1_hit": 0.2})).word == FAILS


def test_rule_of_scaling():
    name, fixed = "scaling-moves-confidence-alone", {"nc1_train": 0.1, "nc2_angles_train": 0.2, "nc3_train": 0.3}

    def scaled(**change):
        own = [about(reading.SCALING, decay=decay, seed=seed) for seed in SEEDS for decay in DECAYS]
        rows = [row | {"scale": scale, "test_error": 0.01} | fixed for row in own for scale in (0.5, 1.0)]
        return [row | (change if row["scale"] == 0.5 else {}) for row in rows]

    assert judged(name, scaled()).word == HOLDS or judged(name, scaled()).word == CHECKED
    assert judged(name, scaled(nc3_train=0.3001)).word == FAILS
    assert judged(name, scaled(test_error=0.02)).word == FAILS


def test_rule_of_opposite_confidence():
    name, strong = "decay-decides-confidence", {"temperature": 0.6, "nc1_train": 0.02}
    assert judged(name, trained(strong=strong)).word == HOLDS
    assert judged(name, trained(none={"temperature": 0.9}, strong=strong)).word == FAILS
    assert judged(name, trained(strong=strong | {"temperature": 1.1})).word == FAILS
    assert judged(name, trained(strong=strong | {"nc1_train": 0.03})).word == UNTESTED


# --- the exercises


def share_in_axes(features, train_features, n_components):
    center = train_features.mean(0)
    covariance = (train_features - center).T @ (train_features - center)
    axes = torch.linalg.eigh(covariance)[1][:, -n_components:]
    moved = features - center
    return (moved @ axes).norm(dim=1) / moved.norm(dim=1)


def uncentered(features, train_features, n_components):
    axes = torch.linalg.svd(train_features, full_matrices=False)[2][:n_components]
    return (features @ axes.T).norm(dim=1) / features.norm(dim=1)


def squared(features, train_features, n_components):
    return share_in_axes(features, train_features, n_components).square()


def own_center(features, train_features, n_components):
    return share_in_axes(features - features.mean(0) + train_features.mean(0), train_features, n_components)


def gaps(logits, labels, weighted=True, signed=False):
    confidence, decided = logits.softmax(1).max(1)
    places, total = (confidence * 10).ceil().clamp(1, 10), 0.0
    for place in places.unique():
        own = places == place
        gap = (decided == labels)[own].double().mean() - confidence[own].mean()
        total += (own.double().mean() if weighted else 0.1) * (gap if signed else gap.abs())
    return total


def error_of_means(logits, labels):
    confidence, decided = logits.softmax(1).max(1)
    return (confidence.mean() - (decided == labels).double().mean()).abs()


def of_the_true_class(logits, labels):
    chances = logits.softmax(1)[torch.arange(len(labels)), labels]
    return (1 - chances).mean()


def ahead():
    run = experiments.reliability.load()
    scores = [reading.beside(run, f"auroc_{name}")[5e-3] for name in reading.SCORES]
    return np.median(reading.baselines(run).nearest.to_numpy() - np.max(scores, axis=0))


SOLUTIONS = {
    "reliability/factor": lambda: np.log(0.9 / 0.1) / np.log(0.99 / 0.01),
    "reliability/by-hand": lambda: 0.5 * (0.9 - 0.8) + 0.5 * (0.66 - 0.6),
    "reliability/ahead": ahead,
}
FUNCTIONS = {
    "reliability/write-neco": (share_in_axes, [uncentered, squared, own_center]),
    "reliability/write-ece": (
        gaps,
        [
            lambda logits, labels: gaps(logits, labels, weighted=False),
            lambda logits, labels: gaps(logits, labels, signed=True),
            error_of_means,
            of_the_true_class,
        ],
    ),
}
