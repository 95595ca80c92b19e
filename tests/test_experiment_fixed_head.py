"""A classifier that is not trained: heads, networks, columns, and the rules on made-up runs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from ncbook import data, experiments, metrics, models, runs
from ncbook.evidence import FAILS, HOLDS, UNTESTED, Evidence
from ncbook.experiments.fixed_head import Config, heads, training
from ncbook.readings import fixed_head as reading

TINY = replace(Config.preset("smoke"), seeds=(4,), datasets=("digits",), steps=4, probes=2, architectures=("resnet18",))
EVERY = (*reading.EVERYWHERE, *reading.FIRST_ALONE)
FIXED = tuple(arm for arm in EVERY if arm not in heads.TRAINED)


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return experiments.fixed_head.run(TINY, "cpu")


def rows_of(arm: str, seed: int = 4) -> torch.Tensor:
    return heads.rows(arm, heads.features_read(arm, 128), seed)


def cosines(rows: torch.Tensor) -> torch.Tensor:
    unit = rows / rows.norm(dim=1, keepdim=True)
    return unit @ unit.T


# --- heads


@pytest.mark.parametrize("arm", FIXED)
def test_fixed_heads_are_of_one_size(arm):
    rows = rows_of(arm)
    assert rows.shape == (10, heads.features_read(arm, 128))
    assert rows.square().sum().item() == pytest.approx(10)
    if arm not in (reading.RANDOM, reading.RANDOM_K):
        torch.testing.assert_close(rows.norm(dim=1), torch.ones(10, dtype=torch.float64))


@pytest.mark.parametrize("arm", [reading.SIMPLEX, reading.TURNED, reading.CORNERED, reading.MAPPED])
def test_what_is_called_a_simplex_is_one(arm):
    expected = torch.full((10, 10), -1 / 9, dtype=torch.float64).fill_diagonal_(1)
    torch.testing.assert_close(cosines(rows_of(arm)), expected)


def test_the_turned_simplex_reads_every_feature_and_each_seed_has_its_own():
    assert rows_of(reading.TURNED).abs().sum(0).min() > 0
    for arm in (reading.TURNED, reading.RANDOM, reading.RANDOM_K):
        assert not torch.equal(rows_of(arm, 4), rows_of(arm, 5))
        assert torch.equal(rows_of(arm, 4), rows_of(arm, 4))


@pytest.mark.parametrize(("arm", "cosine"), [(reading.ALIKE, 0.98), (reading.EQUAL, 0.9999)])
def test_two_pairs_are_alike_and_no_others(arm, cosine):
    found = cosines(rows_of(arm))
    assert [found[0, 1].item(), found[2, 3].item()] == pytest.approx([cosine] * 2)
    assert (found - 2 * torch.eye(10)).gt(0.5).sum() == 4


def test_the_circle_has_equal_steps():
    assert cosines(rows_of(reading.CIRCLE))[0, 1].item() == pytest.approx(np.cos(2 * np.pi / 10))


# --- networks


def built(arm: str, ratio: float = 1.0, config: Config = TINY) -> models.Classifier:
    return training.build(config, data.digits(20, 4), training.Arm("digits", arm, 1.0, ratio, 4))


@pytest.mark.parametrize("arm", EVERY)
def test_of_one_seed_all_networks_start_with_the_same_neurons(arm):
    plain, model = built(reading.LEARNED), built(arm)
    for name in ("hidden1", "hidden2"):
        for own, first in zip(model.blocks[name].parameters(), plain.blocks[name].parameters(), strict=True):
            assert torch.equal(own, first)
    own, first = (next(each.blocks["hidden3"].parameters()) for each in (model, plain))
    assert torch.equal(own, first[: len(own)])


@pytest.mark.parametrize("arm", EVERY)
def test_a_head_is_trained_only_if_it_is_called_learned(arm):
    named = dict(built(arm).named_parameters())
    assert ("head.weight" in named) == (arm in heads.TRAINED) == arm.startswith("learned")


@pytest.mark.parametrize("arm", EVERY)
def test_features_are_negative_only_after_a_map(arm):
    inputs = data.digits(20, 4).train.inputs
    lowest = built(arm).features(inputs).min()
    assert (lowest < 0) == (arm in heads.AFTER_A_MAP)


def test_a_fixed_simplex_after_a_map_is_a_learned_head_in_two_steps():
    """Its logits are any matrix with centered columns, times the features of the ReLU."""
    model, inputs = built(reading.MAPPED).double(), data.digits(20, 4).train.inputs.double()
    whole = model.head.weight @ model.blocks["reduced"].weight  # [K, width]
    before = list(model.layers(inputs).values())[-2]
    torch.testing.assert_close(model(inputs), before @ whole.T)
    wanted = torch.randn(10, TINY.width, dtype=torch.float64)
    wanted -= wanted.mean(0)
    rows = model.head.weight
    torch.testing.assert_close(rows @ torch.linalg.lstsq(rows, wanted).solution, wanted)


def test_an_orthogonal_frame_gives_the_softmax_of_a_simplex():
    features = torch.rand(7, 10, dtype=torch.float64)
    frame = metrics.orthogonal_frame(10, 10) * (10 / 9) ** 0.5
    given = (features @ each.T for each in (frame, metrics.simplex_on_axes(10, 10)))
    torch.testing.assert_close(*(each.softmax(1) for each in given))


def test_the_rare_classes_have_fewer_images():
    arm = training.Arm("digits", reading.SIMPLEX, 1.0, 10.0, 4)
    counts = training.images(TINY, arm).train.labels.bincount()
    assert counts.tolist() == [20] * 5 + [2] * 5


# --- columns


def test_the_cosine_of_the_rare_is_that_of_the_pairs():
    vectors = torch.randn(6, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    own = vectors[3:] - vectors.mean(0)
    pairs = [torch.nn.functional.cosine_similarity(own[i], own[j], dim=0) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert training.cosine_of_the_rare(vectors) == pytest.approx(sum(pairs).item() / 3)


def test_a_run_has_a_row_a_training_and_probe(tiny):
    frame = tiny.to_frame()
    trainings = frame.groupby(list(reading.KEYS)).size()
    assert len(trainings) == len(training.arms(TINY)) == len(EVERY) + 2 + 2
    assert (trainings == len(training.probe_steps(TINY))).all()
    fixed = frame[~frame.arm.isin(heads.TRAINED)]
    assert np.allclose(fixed.head_length, fixed.row_length)
    assert np.allclose(frame.test_error, (frame.rare_error_test + frame.frequent_error_test) / 2, atol=0.01)


def test_the_same_settings_give_the_same_run(tiny):
    again = experiments.fixed_head.run(TINY, "cpu")
    for name, column in tiny.history.items():
        np.testing.assert_array_equal(column, again.history[name])


# --- the rules, on made-up runs

LENGTH = 1.0
END = {"train_error": 0.0, "test_error": 0.02, "nc2_angles_train": 0.04, "rare_error_test": 0.03}
USUAL = {reading.CIRCLE: {"test_error": 0.04}, reading.SIMPLEX: {"nc2_angles_train": 0.01}}


def judged(claim: str, share: tuple[float, ...] = (), **ends: dict[str, float]) -> Evidence:
    """Six seeds and two data sets: every arm ends as END, or USUAL, or as what is given for `dataset/arm/ratio`."""
    arms = [*reading.EVERYWHERE, reading.LEARNED_K]
    settings = [(name, arm, 1.0) for name in ("digits", "glyphs") for arm in arms]
    settings += [("digits", arm, ratio) for arm in reading.IMBALANCED for ratio in (10.0, 50.0)]
    rows = [
        {"dataset": name, "arm": arm, "row_length": LENGTH, "ratio": ratio, "seed": seed, "step": step, "dim": 10}
        | (END | USUAL.get(arm, {}) | ends.get(arm.replace(" ", "_"), {}) | ends.get(f"{name}_{arm}", {}))
        | ({"train_error": 0.5} if step == 0 else {})
        for seed in range(6) for name, arm, ratio in settings for step in (0, 10)
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    table = table.reindex(columns=[*dict.fromkeys([*table, *reading.MEASURES])])
    names = ("resnet18", "resnet50", "densenet121", "shufflenet_v2_x0_5", "vgg16")
    config = {
        "datasets": ["digits", "glyphs"],
        "length": LENGTH,
        "architectures": list(names),
        "class_counts": [10, 1000],
    }
    head = np.array([[0, 100 * each] for each in (share or (0.1,) * 5)])
    arrays = {
        "total": np.full((5, 2), 100), "head": head, "narrowed": np.full((5, 2), -1),
        "feature_dim": np.array([512, 2048, 1024, 1024, 4096]),
    }  # fmt: skip
    (rule,) = [each.judge for each in experiments.fixed_head.CLAIMS if each.id == claim]
    return rule(runs.Run(config, {name: table[name].to_numpy() for name in table}, arrays, {}))


EQUAL_RULES = {
    "fixed-simplex-classifier": "simplex", "fixed-random-classifier": "random",
    "fixed-bad-classifier": "two_pairs_alike",
}  # fmt: skip


@pytest.mark.parametrize(("claim", "arm"), EQUAL_RULES.items())
def test_rules_of_heads_that_cost_nothing(claim, arm):
    assert judged(claim, **{arm: {"test_error": 0.03}}).word == HOLDS
    assert judged(claim, **{arm: {"test_error": 0.0301}}).word == FAILS
    assert judged(claim, learned={"train_error": 0.1}).word == UNTESTED
    blind = judged(claim, **{"circle,_d_=_2": {"test_error": 0.03}})  # a loss of a point was not there to be seen
    assert blind.word == UNTESTED
    assert len(blind.seeds) == 12


def test_rule_of_as_many_dimensions_as_classes():
    name, arm = "as-many-dimensions-as-classes", "learned,_d_=_K"
    assert judged(name, **{arm: {"test_error": 0.03}}).word == HOLDS
    assert judged(name, **{arm: {"test_error": 0.031}}).word == FAILS


def test_rule_of_the_simplex_against_a_random_head():
    name = "fixed-simplex-better-than-random"
    assert judged(name, random={"test_error": 0.021}).share == 1
    assert judged(name, random={"test_error": 0.02}).word == FAILS
    assert judged(name).chance == 0.5


def test_rule_of_the_shape_of_features():
    name = "fixed-simplex-shapes-features"
    assert judged(name, simplex={"nc2_angles_train": 0.02}).word == HOLDS
    assert judged(name, simplex={"nc2_angles_train": 0.021}).word == FAILS
    assert judged(name, simplex={"nc2_angles_train": 0.01, "train_error": 0.1}).word == UNTESTED


def test_rule_of_savings_counts_the_named_architectures_that_have_room():
    found = judged("fixed-simplex-savings", share=(0.9, 0.079, 0.08, 0.5, 0.9))
    assert found.holds == (None, False, True, True)  # no room in 512 features, below, at either end; VGG is not named
    assert judged("fixed-simplex-savings", share=(0.9, 0.6, 0.6, 0.6, 0.1)).share == 0


def test_rules_of_rare_classes():
    name = "fixed-simplex-shapes-rare-classes"
    assert judged(name, simplex={"nc2_angles_train": 0.02}).word == HOLDS
    assert judged(name, simplex={"nc2_angles_train": 0.021}).word == FAILS
    name = "fixed-simplex-helps-rare-classes"
    assert judged(name, simplex={"rare_error_test": 0.029}).share == 1
    assert judged(name).word == FAILS
    assert set(judged(name).seeds) == set(range(6))
    assert len(judged(name).seeds) == 12  # two ratios a seed
