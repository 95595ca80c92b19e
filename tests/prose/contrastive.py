"""Numbers of the chapter on contrastive learning."""

import math

import pandas as pd

from ncbook.readings import contrastive as reading
from ncbook.readings.contrastive import CE, LABELS, NO_LABELS, RATES
from prose._ledger import every_seed, seeds
from prose._trials import BOTH, load

NAME = "contrastive"
RATIO, ACCURACY, MEMORIZED = "unit_variance_ratio_train", "unit_ncc_acc_test", "wrong_acc_given"


def _median(run, arm, column, noise=0.0, place="end"):
    return reading.ends(run, f"{column}_{place}", noise)[arm].median()


def _both(column, arm):
    """A column of the outcomes with right labels, over the seeds of both runs."""
    return pd.concat([reading.ends(load(NAME, preset), column, 0.0)[arm] for preset in BOTH])


def _least_fold(run):
    ends = reading.ends(run, f"{RATIO}_end", 0.0)
    return 10 * math.floor((ends[NO_LABELS] / ends[LABELS]).min() / 10)


def _change(run, column):
    return [_median(run, RATES, column, place=place) for place in ("first", "end")]


def _ahead(run):
    ends = 100 * reading.ends(run, f"{ACCURACY}_end", 0.4)
    assert (ends[NO_LABELS] - ends[CE]).min() < 5  # the text: not in every seed
    return (ends[NO_LABELS] - ends[CE]).median()


def _in_the_terminal_phase(_run):
    falls, starts = _both("ratio_fall", LABELS), _both(f"{RATIO}_start", LABELS)
    return falls.min(), falls.max(), starts.max()


def _far_below_cross_entropy(_run):
    return _both(f"{RATIO}_end", LABELS).max(), _both(f"{RATIO}_end", CE).min()


def _as_like_as_counted(_run):
    held, count = seeds(NAME, "rate-reduction-like-contrastive")
    rises = _both("alignment_end", RATES) > _both("alignment_first", RATES)
    assert rises.sum() == count - held  # the text: in the others it rises
    return held, count


FACTS = {
    "The variance ratio is about {0.001} with the contrastive loss and {0.10} with cross-entropy, and the angles of "
    "the class means are those of the simplex up to {0.006}": lambda run: (
        _median(run, LABELS, RATIO),
        _median(run, CE, RATIO),
        _median(run, LABELS, "unit_nc2_angles_train"),
    ),
    "The variance ratio ends more than {390} times as large as with labels": _least_fold,
    "a class fills about {three} directions": lambda run: _median(run, NO_LABELS, "class_rank"),
    "$ falls from -{1.06} to -{2.63}": lambda run: [-each for each in _change(run, "uniformity")],
    "$ rises from {0.37} to {0.48}": lambda run: _change(run, "alignment"),
    "the variance ratio falls from {1.8} to {0.33}": lambda run: _change(run, RATIO),
    "memorizes {94} % of the wrong ones": lambda run: 100 * _median(run, LABELS, MEMORIZED, 0.4),
    "the accuracy is {83} %, against {86} % when": lambda run: [
        100 * _median(run, NO_LABELS, ACCURACY, noise) for noise in (0.4, 0.0)
    ],
    "a median of {seven} points more than cross-entropy": _ahead,
    "met in {one} of the {sixteen} seeds of two runs": _as_like_as_counted,
    "in all {sixteen} seeds the variance ratio falls at least to half": lambda _: every_seed(
        NAME, "rate-reduction-sharpens-the-contrast"
    ),
    "{seven} of the {sixteen} seeds have it": lambda _: seeds(NAME, "supervised-contrastive-collapses"),
    "by a factor between {3} and {40} there, when at {0.041} or less": _in_the_terminal_phase,
    "it is {0.0015} or less in every seed, and {0.08} or more": _far_below_cross_entropy,
    "at least ten times that with labels in all {sixteen} seeds": lambda _: every_seed(NAME, "no-labels-no-collapse"),
    "ahead of cross-entropy in {thirteen} of the {sixteen} seeds": lambda _: seeds(NAME, "no-labels-no-wrong-labels"),
    "and there are {400} steps": lambda run: run.config["steps"],
    "Now {40} % of the training labels": lambda run: 100 * max(run.config["noises"]),
}
GIVEN = ["a tenfold fall in the terminal phase", "at least ten times that"]
