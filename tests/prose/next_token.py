"""Numbers of the chapter on a language model."""

import math

import numpy as np

from ncbook.experiments.next_token import source
from ncbook.readings import next_token as reading
from ncbook.readings.next_token import DECAY, FOLLOWERS, START, WIDTH
from prose._ledger import every_seed, seeds

NAME = "next_token"
ENDS = ("best", "end")


def _widths(run, column, side="train"):
    """Of the narrowest and the widest: medians."""
    table = reading.by_setting(run, WIDTH, "dim", f"{column}_{side}").median()
    return table.iloc[0], table.iloc[-1]


def _usual(run, column):
    table = reading.varied(run, WIDTH)
    return table[table.dim == run.config["width"]][column].median()


def _past(run, column, digits=2):
    table = reading.past_best(run)
    return [table[f"{column}_{when}"].median() for when in ENDS]


def _decayed(run):
    """The loss of the usual network, and with weight decay; what CDNV it leaves, and that at the same loss."""
    table = reading.beside_widths(run)
    strong = table[table.weight_decay == 2].median(numeric_only=True)
    losses = reading.by_setting(run, WIDTH, "dim", "test_loss").median()
    assert losses[12] < strong.test_loss < losses[8]  # the text: fewer than 12 features
    return _usual(run, "test_loss"), strong.test_loss, strong.cdnv_train, strong.same_loss


def _followers(run, column):
    return reading.by_setting(run, FOLLOWERS, "followers", column).median()


def _by_word_and_kind(run):
    word, kind = (_followers(run, column) for column in ("cdnv_test", "cdnv_kind_test"))
    return word[1], word[8], math.floor(100 * kind.min()) / 100, math.ceil(100 * kind.max() - 0.5) / 100


def _between(run):
    return [100 * _usual(run, f"between_{what}") for what in ("kinds", "shuffled")]


def _correlations(run):
    return _usual(run, "frequency_correlation"), _usual(run, "kinds_correlation")


def _starts(run):
    found = reading.rank_correlations(reading.varied(run, START), "test_loss", "cdnv_train")
    assert (found < 0).sum() == 1  # the text: in one seed below zero
    decays = reading.rank_correlations(reading.varied(run, DECAY), "test_loss", "cdnv_train")
    assert (decays == 1).all()  # the text: perfect
    return found.median()


def _energy(run):
    table = reading.varied(run, WIDTH)
    gap = (table.energy_means - table.energy_random).groupby(table["dim"]).median()
    assert (gap > 0).all()  # the text: at every width
    return gap.iloc[-1]


def _language(run):
    language = source.draw(run.config["words"], run.config["classes"], 4, run.config["open_share"], 0)
    assert language.followers.shape[1] == 4
    return run.config["words"], run.config["classes"]


def _entropy(_run):
    chances = np.array([12, 6, 4, 3]) / 25
    entropy = -(chances * np.log(chances)).sum()
    return entropy, entropy / 2


FACTS = {
    "{200} words in {20} classes": _language,
    "{199} dimensions": lambda run: run.config["words"] - 1,
    "After half of the {400} pairs of classes": lambda run: run.config["classes"] ** 2,
    "read the same {16,000} contexts": lambda run: run.config["windows"],
    "in every seed, from {0.46} to {0.25}": lambda run: _widths(run, "cdnv"),
    "It rises from {0.029} to {0.51}": lambda run: _widths(run, "nc1"),
    "times NC1 still rises from {0.7} to {1.6} for each": lambda run: [
        run.config["words"] * value / width for value, width in zip(_widths(run, "nc1"), (8, 64), strict=True)
    ],
    "the rank correlation is {0.54} in the median": _starts,
    "raises the loss from {1.74} to {2.99} nats, which among the widths is the loss of a network with fewer than 12 "
    "features, and leaves CDNV at {0.35}, where such a narrow network has {0.43}": _decayed,
    "{500} sentences, {2,000} contexts": lambda run: (
        run.config["few_windows"] / run.config["continued"],
        run.config["few_windows"],
    ),
    "CDNV falls from {0.21} to {0.18}, while the loss": lambda run: _past(run, "cdnv_train"),
    "rises from {2.77} to {3.33} nats": lambda run: _past(run, "test_loss"),
    "with the loss, from {0.60} to {0.69}": lambda run: _past(run, "cdnv_test"),
    "CDNV by word rises from {0.12} to {0.52}, while CDNV by kind stays between {0.09} and {0.12}": _by_word_and_kind,
    "{58} % of the variance within words lies between kinds, and of shuffled kinds {4} %": _between,
    "is {0.07} in the median over the seeds; that of CDNV and the entropy of the kinds is {0.87}": _correlations,
    "by {0.01} nats at width 64": _energy,
    "whose entropy is {1.24} nats": lambda run: _entropy(run)[0],
    "the mean is half of it, {0.62}": lambda run: _entropy(run)[1],
    "goes with the loss on new sentences **holds** in all {twelve} seeds": lambda _: every_seed(
        NAME, "language-collapse-with-scale"
    ),
    "it is so in {11} of the {twelve} seeds": lambda _: seeds(NAME, "language-collapse-between-starts"),
    "of the same loss **holds** in all {twelve} seeds": lambda _: every_seed(NAME, "language-collapse-not-the-loss"),
    "CDNV by kind rises, **holds** in all {twelve} seeds": lambda _: min(
        every_seed(NAME, f"language-{claim}") for claim in ("collapse-past-best", "kinds-tell-overfitting")
    ),
    "beyond what shuffled kinds explain, **holds** in all {twelve} seeds": lambda _: min(
        every_seed(NAME, f"language-{claim}")
        for claim in ("collapse-by-kind", "ambiguity", "words-and-kinds", "nc1-rises")
    ),
    "no better than random directions **holds** in all {twelve} seeds": lambda _: every_seed(
        NAME, "language-means-as-random"
    ),
    "at most {64} features, {400} steps": lambda run: (max(run.config["widths"]), run.config["steps"]),
}
GIVEN = [
    "at most at 0.9 times",
    "one of four, with probabilities",  # the usual language, as `_language` draws it
]
