"""Numbers of the chapter on grokking."""

import math

import numpy as np

from ncbook.readings import grokking as reading
from prose._approximately import about
from prose._counts import every


def _limits(run):
    """In percent: the largest share that does not do without weight decay, the smallest that does with it, and half."""
    table = reading.phase_table(run)
    grokked = np.isfinite(table.generalized)
    without = table[(table.weight_decay == 0) & ~grokked].fraction.max()
    return 100 * without, 100 * table[grokked].fraction.min(), 100 * without / 2


def _norm_left(run):
    """Norm of all weights when it generalizes over that when it has memorized, the median over the seeds."""
    norms = run.to_frame().set_index(["weight_decay", "seed", "step"]).weight_norm
    decay = run.config["weight_decays"][0]
    moments = reading.followed(run).iterrows()
    return np.median([norms[decay, seed, own.generalized] / norms[decay, seed, own.memorized] for seed, own in moments])


def _by_decay_alone(run):
    return -math.log(_norm_left(run)) / (run.config["learning_rate"] * run.config["weight_decays"][0])


def _grokked(run):
    own = reading.followed(run)
    grokked = np.isfinite(own.generalized)
    return grokked.sum(), every(grokked)


def _later(run):
    """How many times later it generalizes than it memorizes, in tens and ones."""
    own = reading.followed(run)
    tens, ones = divmod(about((own.generalized / own.memorized).median(), 25), 10)
    return 10 * tens, ones


FACTS = {
    'is "not in {2400} steps"': lambda run: run.config["steps"],
    'Blank cells say "more than {2000} steps"': lambda run: run.config["phase_steps"],
    "without weight decay even {80} % of the table was not enough, and with it {50} % was, "
    "but a half would have been {40} %": _limits,
    "the norm falls by about {15} %": lambda run: about(100 * (1 - _norm_left(run)), 15),
    "gives some {seventeen} steps": lambda run: about(_by_decay_alone(run), 17),
    "In the first run {eight} of {eight} seeds memorized": _grokked,
    "generalized some {twenty}-{five} times later": _later,
    "{Eight} of {eight} in the first run is no promise": _grokked,
}
GIVEN = [
    "at least 99 % of the training set right",
    "at least 99 % of the *test* set right",
    "with half of all pairs in the training set",
    "A test accuracy of 50 % with no understanding",
]
