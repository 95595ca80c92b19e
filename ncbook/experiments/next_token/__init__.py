"""A language model: next words of a grammar whose true probabilities are known, by small causal transformers.

All networks of one seed read the same language. Arms change the width, the initial weights, weight decay, how many
words may follow, and the size of the text. Collapse is measured by the next word and by kind of context, that is by
the true probabilities of the next word.
"""

from functools import partial

from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.next_token import training
from ncbook.experiments.next_token.claims import CLAIMS
from ncbook.experiments.next_token.config import Config
from ncbook.readings.next_token import KEYS

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "load", "run"]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """A row a training and probed step.

    arrays, of the usual network of the first seed: word_cdnv, word_frequency (in the text) and word_kinds (entropy of
    the kinds of contexts before it) [K'] of each word; plane [M, 2] float32, contexts of a few words on the first two
    principal axes of their features, with their plane_word and plane_kind [M].
    """
    found = sweep(partial(training.train, config, device), training.arms(config))
    arrays: Arrays = {}
    for _, drawn in found:
        arrays |= drawn
    return [row for rows, _ in found for row in rows], arrays


EXPERIMENT = Experiment("next_token", "A language model", 1, Config, train, keys=KEYS, claims=CLAIMS)
run, load = EXPERIMENT.run, EXPERIMENT.load
