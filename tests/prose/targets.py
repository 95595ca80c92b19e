"""Numbers of the chapter on targets beyond one label."""

from ncbook.readings import targets as reading
from ncbook.readings.targets import (
    ALL,
    DIGITS,
    FREE_LABELS,
    LABELS,
    PICK_ALL,
    PIXELS,
    REGRESSION,
    SHUFFLED,
    SIGMOID,
    SOME,
    TWO,
)
from prose._ledger import every_seed, no_seed, seeds

NAME = "targets"
DECAY = 0.005


def _numbers(run, dataset, column, decay=DECAY):
    table = reading.ends(run, REGRESSION)
    return table[(table.dataset == dataset) & (table.weight_decay == decay)][column].median()


def _shares(run, dataset, decay=DECAY):
    return [_numbers(run, dataset, f"outside_{name}_train", decay) for name in ("components", "rows")]


def _pairs(run, arm, column, decay=DECAY, dataset=ALL):
    table = reading.ends(run, LABELS)
    return table[(table.dataset == dataset) & (table.arm == arm) & (table.weight_decay == decay)][column].median()


def _left(run, arm, decay):
    return _pairs(run, arm, "average_residual_train", decay)


def _pixels(run, column):
    return reading.ends(run, PIXELS)[column].median()


def _singles(run):
    """The lowest and the highest seed with the pick-all-label loss and weight decay."""
    table = reading.ends(run, LABELS)
    own = table[(table.dataset == ALL) & (table.arm == PICK_ALL) & (table.weight_decay == DECAY)].nc2_angles_train
    return own.min(), own.max()


def _percent(run, arm, column):
    return 100 * _pairs(run, arm, column, dataset=SOME)


def _head(run):
    return [_numbers(run, TWO, f"gram_{name}") for name in ("root", "covariance", "identity")]


def _helps(run):
    without, decayed = (_numbers(run, TWO, "unexplained_test", decay) for decay in (0.0, DECAY))
    return without, decayed, _numbers(run, TWO, "linear_unexplained_test")


def _length(run):
    table = reading.ends(run, FREE_LABELS)
    own = table[(table.arm == PICK_ALL) & (table.regularization == table.regularization.max())]
    return own.average_scale_train.median()


FACTS = {
    "the shares end at {0.03} and {0.04} with it": lambda run: _shares(run, TWO),
    "at {0.26} and {0.49} without it": lambda run: _shares(run, TWO, 0.0),
    "{0.05} of their variance is outside of the components": lambda run: _shares(run, DIGITS, 0.0)[0],
    "But {0.79} of it is outside of the rows": lambda run: _shares(run, DIGITS, 0.0)[1],
    "ends {0.10} from the root with weight decay 0.005, {0.29} from the covariance and {0.26} from the identity": _head,
    "the shares are {0.04} and {0.05}, and {1.7} times": lambda run: [
        *_shares(run, SHUFFLED), _numbers(run, SHUFFLED, "unexplained_test"),
    ],
    "from {0.126} to {0.094}, below the {0.128} of linear regression": _helps,
    "averages leave {0.28} of the differences": lambda run: _pixels(run, "average_residual_train"),
    "where the pixels are, at {0.29}; with weight decay 0.005 it ends at {0.08}": lambda run: [
        _left(run, PICK_ALL, decay) for decay in (0.0, DECAY)
    ],
    "weight decay takes the share from {0.19} to {0.12}": lambda run: [
        _left(run, SIGMOID, decay) for decay in (0.0, DECAY)
    ],
    "their cosines are {0.15} from those of a simplex, and those of the pixels {0.20}": lambda run: [
        _pairs(run, PICK_ALL, "nc2_angles_train"), _pixels(run, "nc2_angles_train"),
    ],
    "Nearly all of them: {94} % with the pick-all-label loss, against {14} %": lambda run: [
        _percent(run, PICK_ALL, name) for name in ("unseen_error_test", "pair_error_test")
    ],
    "With sigmoids it is {88} %": lambda run: _percent(run, SIGMOID, "unseen_error_test"),
    "they leave {0.07}": lambda run: _pairs(run, PICK_ALL, "average_residual_train", dataset=SOME),
    "The factor $ on it is {1.68}": _length,
    "with weight decay 0.005 **holds** in {11} of {twelve} seeds": lambda _: seeds(NAME, "regression-features-fall"),
    "without it **holds** in all {twelve} seeds": lambda _: every_seed(NAME, "regression-needs-decay"),
    "they collapse in {eleven} of the {twelve} seeds": lambda _: seeds(NAME, "regression-collapse-without-learning"),
    "**holds** with {9.5} of {twelve} seeds": lambda _: seeds(NAME, "regression-head-is-the-root"),
    "**holds** in {nine} of {eleven} seeds": lambda _: seeds(NAME, "multilabel-pairs-are-averages"),
    "is **open**: {three} of {eleven} seeds": lambda _: seeds(NAME, "multilabel-singles-are-a-simplex"),
    "**fails** in all {ten} seeds": lambda _: no_seed(NAME, "multilabel-unseen-pairs"),
    "for {2,000} steps of gradient descent": lambda run: run.config["steps"],
    "After {1,200} steps single seeds lie between {0.07} and {0.24}": lambda run: [
        run.config["label_steps"], *_singles(run),
    ],
    "at most {2,000} steps": lambda run: run.config["steps"],
}  # fmt: skip
GIVEN = ["two of the ten pairs out of training", "any two of the five labels would be wrong on 90 %"]
