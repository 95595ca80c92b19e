"""The language of `next_token`, its trainings and measures, and the rules on made-up runs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from ncbook import data, exercises, experiments, metrics, runs
from ncbook.evidence import FAILS, HOLDS, UNTESTED, Evidence
from ncbook.experiments.next_token import Config, measuring, source, training
from ncbook.readings import next_token as reading
from ncbook.readings.next_token import DECAY, FOLLOWERS, SMALL_TEXT, START, WIDTH

TINY = replace(Config.preset("smoke"), seeds=(4,), steps=4, few_steps=4, few_probes=2, warm_up=2)


@pytest.fixture(scope="module")
def tiny() -> runs.Run:
    return experiments.next_token.run(TINY, "cpu")


def language(followers: int = 4, open_share: float = 0.5, seed: int = 0) -> source.Source:
    return source.draw(30, 6, followers, open_share, seed)


# --- the language


@pytest.mark.parametrize("followers", [1, 2, 4, 8])
def test_chances_are_those_that_are_said(followers):
    found = language(followers)
    assert found.followers.shape == found.chances.shape == (36, followers)
    ranks = 1 / torch.arange(1, followers + 1).double()
    open_pairs = (found.chances > 0).sum(1) > 1
    assert open_pairs.sum() == (18 if followers > 1 else 0)
    torch.testing.assert_close(found.chances[open_pairs], (ranks / ranks.sum()).expand(int(open_pairs.sum()), -1))
    assert (found.chances[~open_pairs, 0] == 1).all()
    torch.testing.assert_close(found.openings, (1 / torch.arange(1, 31).double()) / (1 / torch.arange(1, 31)).sum())


def test_every_word_is_the_first_follower_of_some_context():
    assert set(language().followers[:, 0].tolist()) == set(range(30))


def test_fewer_followers_are_the_first_of_more():
    most = language(8)
    for followers in (1, 2, 4):
        fewer = language(followers)
        assert torch.equal(fewer.followers, most.followers[:, :followers])
        assert torch.equal((fewer.chances > 0).sum(1) > 1, ((most.chances > 0).sum(1) > 1) & (followers > 1))


def test_kinds_are_equal_where_the_chances_of_all_words_are():
    found = language(2)
    dense = torch.zeros(36, 30, dtype=torch.float64)
    dense.scatter_add_(1, found.followers, found.chances)
    for first in range(36):
        for second in range(36):
            assert (found.kinds[first] == found.kinds[second]) == torch.equal(dense[first], dense[second])


def test_entropies_are_those_of_the_chances():
    found = language()
    by_hand = [-sum(p * np.log(p) for p in row if p > 0) for row in found.chances.tolist()]
    np.testing.assert_allclose(found.entropies(), by_hand)
    windows = torch.tensor([[0, 0, 7, 9], [1, 2, 3, 4]])
    pairs = [(7 % 6) * 6 + 9 % 6, (3 % 6) * 6 + 4 % 6]
    assert found.pair(windows).tolist() == pairs
    np.testing.assert_allclose(found.entropies_of(windows), [by_hand[pair] for pair in pairs])


def test_the_next_word_is_drawn_by_the_chances():
    found, chance = language(), torch.Generator().manual_seed(1)
    split = found.windows(40_000, 4, 4, chance)
    pairs = found.pair(split.inputs)
    pair = int(pairs[found.chances[pairs][:, 1] > 0].mode().values)
    own = split.labels[pairs == pair]
    shares = torch.stack([(own == word).double().mean() for word in found.followers[pair]])
    assert len(own) > 300
    torch.testing.assert_close(shares, found.chances[pair], atol=0.08, rtol=0)
    assert shares.sum() == 1


def test_windows_go_along_the_sentences():
    split = language().windows(8, 4, 4, torch.Generator().manual_seed(0))
    assert split.inputs.shape == (8, 4)
    for place in (0, 1, 2, 4, 5, 6):  # within a sentence the next window has the word
        assert torch.equal(split.inputs[place + 1], torch.cat([split.inputs[place, 1:], split.labels[place, None]]))


# --- trainings


def test_arms_change_one_thing_each():
    found = training.arms(Config(seeds=(1,)))
    usual = training.Arm(WIDTH, 32, 0.01, 4, 0, 1)
    assert found.count(usual) == 1
    for arm in found:
        other = {
            name for name in ("dim", "weight_decay", "followers", "initial") if vars(arm)[name] != vars(usual)[name]
        }
        allowed = {WIDTH: "dim", START: "initial", DECAY: "weight_decay", FOLLOWERS: "followers"}
        assert other <= {allowed.get(arm.arm)}, arm
    assert len(set(found)) == len(found) == 6 + 7 + 2 + 3 + 1


def test_networks_of_one_seed_read_the_same_language_and_other_starts_have_other_weights():
    first, second = training.text(TINY, 4, False, 4), training.text(TINY, 4, True, 4)
    assert torch.equal(first.language.followers, second.language.followers)
    assert len(second.train) == TINY.few_windows
    usual = training.Arm(WIDTH, 12, 0.01, 4, 0, 4)
    weights = [training.build(TINY, arm).head.weight for arm in (usual, usual, replace(usual, initial=1))]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_as_many_windows_of_each_word_and_none_of_words_that_have_fewer():
    labels = torch.tensor([0, 1, 0, 2, 1, 0, 2, 1, 2, 2])
    rows = training.as_many_of_each(labels, 3)
    assert labels[rows].bincount().tolist() == [3, 3, 3]
    assert sorted(rows.tolist()) == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert labels[training.as_many_of_each(labels, 4)].tolist() == [2] * 4


def test_a_run_has_a_row_a_training_and_probe(tiny):
    frame = tiny.to_frame()
    sizes = frame.groupby(list(reading.KEYS)).size()
    assert len(sizes) == len(training.arms(TINY))
    assert (frame.groupby(list(reading.KEYS)).step.first() == 0).all()
    ends = reading.outcomes(tiny)
    assert len(ends) == len(sizes)
    assert ends.energy_means.notna().all()
    assert frame[frame.step == 0].energy_means.isna().all()
    assert set(tiny.arrays) == {"word_cdnv", "word_frequency", "word_kinds", "plane", "plane_word", "plane_kind"}


def test_the_same_settings_give_the_same_run(tiny):
    again = experiments.next_token.run(TINY, "cpu")
    for name, column in tiny.history.items():
        np.testing.assert_array_equal(column, again.history[name])


# --- measures


def clouds(kinds_apart: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Two words of two kinds each: features [400, 3], labels and kinds, and the noise of variance 3."""
    chance = torch.Generator().manual_seed(0)
    kinds = torch.arange(4).repeat(100)
    labels = kinds // 2
    features = torch.randn(400, 3, generator=chance, dtype=torch.float64)
    features[:, 0] += 20 * labels + kinds_apart * (kinds % 2)
    return features, labels, kinds


@pytest.mark.parametrize("apart", [0.0, 2.0, 10.0])
def test_the_share_between_kinds_is_that_of_their_means(apart):
    features, labels, kinds = clouds(apart)
    found = measuring.explained(features, labels, kinds)
    between = (apart / 2) ** 2
    assert found["between_kinds"] == pytest.approx(between / (between + 3), abs=0.03)
    assert found["between_shuffled"] == pytest.approx(0, abs=0.02)


def test_the_share_does_not_grow_with_the_number_of_kinds_that_say_nothing():
    features, labels, _ = clouds(0.0)
    kinds = torch.randint(60, labels.shape, generator=torch.Generator().manual_seed(1))
    assert measuring.explained(features, labels, kinds)["between_kinds"] == pytest.approx(0, abs=0.05)


def test_words_are_measured_as_pair_by_pair_and_kinds_as_counted(tiny):
    arm = training.Arm(WIDTH, 12, 0.01, 4, 0, 4)
    text, model = training.text(TINY, 4, False, 4), training.build(TINY, arm).eval()
    with torch.no_grad():
        values, words = measuring.cdnv_of_words(model, text)
    own = model.features(text.each_word.inputs).double()
    groups = [own[text.each_word.labels == word] for word in words]
    for number, value in enumerate(values[:4]):
        variance = (groups[number] - groups[number].mean(0)).square().sum(1).mean()
        others = [variance / (groups[number].mean(0) - group.mean(0)).square().sum() for group in groups]
        assert value.item() == pytest.approx(sum(each.item() for each in others if each.isfinite()) / (len(groups) - 1))
    kinds = text.language.kinds_of(text.each_word.inputs)[text.each_word.labels == words[0]]
    shares = kinds.unique(return_counts=True)[1] / len(kinds)
    assert measuring.entropies_of_kinds(text)[0].item() == pytest.approx(-(shares * shares.log()).sum().item())


def test_random_directions_have_the_energy_of_the_sphere():
    """Far more than dimensions: the mean over pairs is that of the uniform distribution, whatever the labels."""
    arm = training.Arm(WIDTH, 12, 0.01, 4, 0, 4)
    model = training.build(TINY, arm)
    features = torch.randn(4000, 12, generator=torch.Generator().manual_seed(0))
    found = measuring.spread(model, features, torch.arange(4000))
    assert found["energy_means"] == pytest.approx(found["energy_random"], abs=0.002)
    assert found["energy_head"] == metrics.log_kernel_uniformity(model.head.weight.double())[0].item()


# --- readings


def made_up(seeds=range(6), **changes) -> runs.Run:
    """Runs in which every claim holds; `changes` are functions of a row by its arm."""
    config = {"seeds": list(seeds), "width": 32, "widths": [8, 16, 24, 32, 48, 64], "weight_decays": [1.0, 2.0],
              "follower_counts": [1, 2, 8], "few_steps": 30, "steps": 30}  # fmt: skip
    rows = []
    for seed in seeds:
        for dim in config["widths"]:
            rows.append(_row(seed, WIDTH, dim, cdnv_train=10 / dim, test_loss=40 / dim, nc1_train=dim / 100))
        rows += [
            _row(seed, START, 32, initial=number, cdnv_train=10 / 32 + 0.01 * number, test_loss=1.25 + 0.1 * number)
            for number in range(1, 8)
        ]
        rows += [_row(seed, DECAY, 32, weight_decay=decay, cdnv_train=0.4, test_loss=decay) for decay in (1.0, 2.0)]
        rows += [_row(seed, FOLLOWERS, 32, followers=m, cdnv_test=0.1 * m, cdnv_kind_test=0.1) for m in (1, 2, 8)]
        rows += [
            _row(
                seed,
                SMALL_TEXT,
                32,
                step=step,
                cdnv_train=1 / (1 + step),
                cdnv_kind_train=0.1 + step / 100,
                test_loss=loss,
            )
            for step, loss in ((0, 5.0), (10, 2.0), (20, 2.5), (30, 3.0))
        ]
    rows = [changes.get(row["arm"].replace(" ", "_"), dict)(row) for row in rows]
    frame = pd.DataFrame(rows)
    return runs.Run(config, {name: frame[name].to_numpy() for name in frame})


def _row(seed, arm, dim, **values):
    usual = {
        "arm": arm, "dim": dim, "weight_decay": 0.01, "followers": 4, "initial": 0, "seed": seed, "step": 30,
        "train_loss": 1.0, "test_loss": 2.0, "best_loss_test": 0.5, "cdnv_train": 0.3, "cdnv_test": 0.4,
        "cdnv_kind_train": 0.1, "cdnv_kind_test": 0.1, "nc1_train": 0.1, "between_kinds": 0.6, "between_shuffled": 0.02,
        "kinds_correlation": 0.8, "frequency_correlation": -0.1, "energy_means": -0.3, "energy_random": -0.34,
    }  # fmt: skip
    return usual | values


def verdicts(run: runs.Run) -> dict[str, Evidence]:
    return {claim.id: claim.judge(run) for claim in experiments.next_token.CLAIMS}


def test_every_claim_holds_where_all_is_so():
    assert {name: found.word for name, found in verdicts(made_up()).items()} == {
        claim.id: HOLDS for claim in experiments.next_token.CLAIMS
    }


TURNED = {
    "language-collapse-with-scale": {"width": lambda row: row | {"cdnv_train": row["dim"] / 100}},
    "language-collapse-between-starts": {
        "initial_weights": lambda row: row | {"cdnv_train": 0.3 - 0.01 * row["initial"]}
    },
    "language-collapse-not-the-loss": {"weight_decay": lambda row: row | {"cdnv_train": 0.9}},
    "language-collapse-past-best": {"small_text": lambda row: row | {"cdnv_train": row["step"] / 100}},
    "language-kinds-tell-overfitting": {"small_text": lambda row: row | {"cdnv_kind_train": 1 - row["step"] / 100}},
    "language-collapse-by-kind": {"width": lambda row: row | {"between_kinds": 0.51}},
    "language-ambiguity": {"followers": lambda row: row | {"cdnv_kind_test": row["cdnv_test"]}},
    "language-words-and-kinds": {"width": lambda row: row | {"frequency_correlation": -0.5}},
    "language-nc1-rises": {"width": lambda row: row | {"nc1_train": 1 / row["dim"]}},
    "language-means-as-random": {"width": lambda row: row | {"energy_means": -0.4}},
}


@pytest.mark.parametrize("claim", TURNED)
def test_a_claim_fails_where_the_opposite_is_so_and_no_other_does(claim):
    found = verdicts(made_up(**TURNED[claim]))
    assert found[claim].word == FAILS
    assert sum(each.word != HOLDS for each in found.values()) <= 2  # the ends of a curve serve two claims at most


def test_trials_that_cannot_answer():
    without_rise = {"small_text": lambda row: row | {"test_loss": min(row["test_loss"], 2.05)}}
    far_away = {"weight_decay": lambda row: row | {"test_loss": 99.0}}
    found = verdicts(made_up(**without_rise, **far_away))
    for claim in ("language-collapse-past-best", "language-kinds-tell-overfitting", "language-collapse-not-the-loss"):
        assert found[claim].word == UNTESTED


def test_the_line_between_widths_is_in_the_logarithm():
    table = reading.beside_widths(made_up(seeds=[3])).set_index("weight_decay")
    assert table.same_loss[1.0] == pytest.approx(np.exp(np.interp(1.0, [40 / 48, 1.25], np.log([10 / 48, 10 / 32]))))


def test_past_the_best_loss_stand_the_best_probe_and_the_end():
    table = reading.past_best(made_up(seeds=[3]))
    assert (table.best_step[0], table.rise[0], table.tells[0]) == (10, 1.0, True)
    assert (table.cdnv_train_best[0], table.cdnv_train_end[0]) == (1 / 11, 1 / 31)


def test_splits_are_made_of_words_alone():
    text = training.text(TINY, 8, False, 4)
    for split in (text.train, text.seen, text.new, text.each_word):
        assert isinstance(split, data.Split)
        assert split.inputs.dtype == torch.int64
        assert split.inputs.min() >= 0
        assert split.inputs.max() < TINY.words


# --- exercises


def word_cdnv(features, labels):
    counts = labels.bincount().double()
    means = torch.zeros(len(counts), features.shape[1], dtype=torch.float64).index_add(0, labels, features)
    means = means / counts[:, None]
    squares = (features - means[labels]).square().sum(1)
    variances = torch.zeros_like(counts).index_add(0, labels, squares) / counts
    distances = torch.cdist(means, means).square().fill_diagonal_(torch.inf)
    return variances * (1 / distances).sum(1) / (len(counts) - 1)


def over_all_classes(features, labels):
    classes = int(labels.max()) + 1
    return word_cdnv(features, labels) * (classes - 1) / classes


def unsquared(features, labels):
    pairs = metrics.cdnv_pairs(features, labels)
    variances = torch.stack([features[labels == label].var(0, correction=0).sum() for label in range(len(pairs))])
    return ((variances[:, None] * pairs).sqrt()).nanmean(1)


def one_variance_for_all(features, labels):
    counts = labels.bincount().double()
    return word_cdnv(features, labels) * counts / counts.mean()


def from_second_moments(features, labels):
    pairs = metrics.cdnv_pairs(features, labels)
    exact = torch.stack([features[labels == label].var(0, correction=0).sum() for label in range(len(pairs))])
    own = [features[labels == label] for label in range(len(pairs))]
    moments = torch.stack([each.square().sum(1).mean() - each.mean(0).square().sum() for each in own])
    return pairs.nanmean(1) * moments / exact


SOLUTIONS = {
    "next_token/best": lambda: -sum(p / 25 * np.log(p / 25) for p in (12, 6, 4, 3)) / 2,
    "next_token/collapsed": lambda: 1 / 2**2,
    "next_token/between": lambda: (
        100 * reading.varied(experiments.next_token.load("laptop"), "width").query("dim == 32").between_kinds.median()
    ),
}
FUNCTIONS = {
    "next_token/write-word-cdnv": (word_cdnv, [over_all_classes, unsquared, one_variance_for_all, from_second_moments])
}


@pytest.mark.parametrize(("name", "wrong"), [("best", 1.2), ("collapsed", 0.5), ("between", 10.0)])
def test_a_wrong_answer_gets_a_hint(name, wrong, capsys):
    exercises.check(f"next_token/{name}", wrong)
    assert capsys.readouterr().out.startswith("Not yet. Hint: ")
