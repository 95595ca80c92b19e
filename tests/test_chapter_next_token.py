"""What the chapter on a language model says in words, and its equation on numbers."""

import numpy as np
import pytest
import torch
from prose._trials import BOTH, load

from ncbook import experiments, explorables, metrics
from ncbook.experiments.next_token import Config, source, training
from ncbook.readings import next_token as reading
from ncbook.readings.next_token import DECAY, FOLLOWERS, START, WIDTH

NAME = "next_token"


@pytest.fixture(scope="module", params=BOTH)
def run(request):
    return load(NAME, request.param)


# --- equations and code


def test_the_variance_of_a_word_splits_into_that_between_and_within_kinds():
    chance = torch.Generator().manual_seed(0)
    features, kinds = torch.randn(60, 4, generator=chance, dtype=torch.float64), torch.arange(60) % 3
    features += 2.0 * kinds[:, None]
    mean = features.mean(0)
    between = within = 0.0
    for kind in range(3):
        own = features[kinds == kind]
        share = len(own) / len(features)
        between += share * (own.mean(0) - mean).square().sum()
        within += share * (own - own.mean(0)).square().sum(1).mean()
    torch.testing.assert_close((features - mean).square().sum(1).mean(), between + within)


def test_nc1_counts_a_weak_direction_as_much_as_a_strong_one_and_cdnv_does_not():
    """As the code of the chapter, with its numbers."""
    corners = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
    labels = torch.arange(4).repeat(1000)
    noise = 0.1 * torch.randn(4000, 3, generator=torch.Generator().manual_seed(0))
    weak = 0.02 * torch.tensor([1.0, -1.0, 1.0, -1.0])
    two = corners[labels] + noise[:, :2]
    three = torch.cat([two, weak[labels, None] + noise[:, 2:]], dim=1)
    assert 300 < metrics.nc1(three, labels) / metrics.nc1(two, labels) < 1000
    assert metrics.cdnv(three, labels) < 2 * metrics.cdnv(two, labels)


def test_without_open_contexts_kinds_are_words():
    language = source.draw(200, 20, 4, 0.0, 3)
    first = language.followers[:, 0]
    assert len(language.kinds.unique()) == len(first.unique()) == 200
    for kind in language.kinds.unique():
        assert len(first[language.kinds == kind].unique()) == 1
    assert language.entropies().max() == 0


def test_no_loss_on_new_sentences_is_below_the_best_possible(run):
    """On the training contexts it can be, where a text is learned by heart."""
    frame = run.to_frame()
    assert (frame.test_loss > frame.best_loss_test).all()
    small = reading.small_text(run)
    assert (small[small.step == small.step.max()].eval("train_loss < best_loss_train")).all()


# --- what came out


def test_over_the_widths_all_but_nc1_fall(run):
    for column in ("test_loss", "cdnv_train", "cdnv_test", "nc3_train", "nc4_train"):
        assert reading.by_setting(run, WIDTH, "dim", column).median().is_monotonic_decreasing, column
    assert reading.by_setting(run, WIDTH, "dim", "nc1_train").median().is_monotonic_increasing


def test_weight_decay_has_a_line_of_its_own(run):
    table = reading.beside_widths(run)
    assert (table.cdnv_train < table.same_loss).all()
    assert (table.test_loss > 2).all()
    for _, own in reading.varied(run, DECAY).groupby("seed"):
        ordered = own.sort_values("weight_decay")
        assert ordered.test_loss.is_monotonic_increasing
        assert ordered.cdnv_train.is_monotonic_increasing


def test_starts_differ_by_little(run):
    starts, widths = (reading.varied(run, arm).groupby("seed").test_loss for arm in (START, WIDTH))
    assert ((starts.max() - starts.min()) < 0.2 * (widths.max() - widths.min())).all()


def test_past_the_best_loss_words_collapse_and_kinds_spread_and_new_sentences_do_both(run):
    table = reading.past_best(run)
    assert table.tells.all()
    assert (table.cdnv_train_end < table.cdnv_train_best).all()
    for column in ("cdnv_test", "cdnv_kind_train", "cdnv_kind_test"):
        assert (table[f"{column}_end"] > table[f"{column}_best"]).all(), column


def test_kinds_are_about_as_collapsed_in_every_language(run):
    kinds = reading.by_setting(run, FOLLOWERS, "followers", "cdnv_kind_test").median()
    words = reading.by_setting(run, FOLLOWERS, "followers", "cdnv_test").median()
    assert kinds.max() < 1.5 * kinds.min()
    assert words.is_monotonic_increasing
    assert words[8] > 4 * words[1]


def test_frequency_tells_little(run):
    table = reading.varied(run, WIDTH)
    own = table[table.dim == 32]
    assert own.frequency_correlation.abs().max() < 0.2
    assert own.kinds_correlation.min() > 0.8


def test_the_most_frequent_word_is_hundreds_of_times_as_frequent_as_the_rarest():
    frequencies = load(NAME, "laptop").arrays["word_frequency"]
    assert 200 < frequencies.max() / frequencies.min() < 1000
    assert 165 <= len(frequencies) < 175  # the alt text: about 170


def test_the_energy_falls_and_stays_above_that_of_random_directions(run):
    table = reading.varied(run, WIDTH)
    for column in ("energy_means", "energy_random"):
        assert table.groupby("dim")[column].median().is_monotonic_decreasing
    assert (table.energy_means > table.energy_random).all()


def test_half_of_the_language_is_open():
    text = training.text(Config(), 4, False, 80001)
    assert ((text.language.chances > 0).sum(1) > 1).double().mean() == 0.5
    assert np.allclose(text.language.entropies().unique(), [0, text.language.entropies().max()])


def test_the_explorable_answers_from_the_run():
    data = explorables.next_token(experiments.next_token.load("laptop", live=False)).data
    asked = data["questions"]
    assert list(asked) == ["scale", "loss", "nc1", "past", "kind"]
    assert "0.46 with d = 8" in asked["scale"]["answer"]
    assert "rises in 0 of 6" in asked["past"]["answer"]
    assert "rises in 6 of 6" in asked["kind"]["answer"]
    assert len(data["arms"]) == 7
