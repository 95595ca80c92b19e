"""Numbers of the chapter on grokking."""

import math
from itertools import pairwise

import numpy as np

from ncbook.readings import grokking as reading
from prose._approximately import about
from prose._counts import every, yes
from prose._trials import load


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


def _setting(run):
    return len(run.config["seeds"]), 100 * run.config["fraction"]


def _cells(run):
    """Networks of the phase diagram, if all memorize, and how many of them grok."""
    table = reading.phase_table(run)
    return every(np.isfinite(table.memorized)), *yes(np.isfinite(table.generalized))


def _slower(lines):
    """Name, and the steps to grok of the larger and of the smaller setting, where the larger one takes longer."""
    neighbors = ((name, after, before) for name, line in lines for before, after in pairwise(line))
    return [value for each in neighbors if np.inf > each[1] > each[2] for value in each]


def _exceptions(run):
    steps = reading.phase_cells(run).generalized.unstack()
    return [*_slower(steps.items()), *_slower(steps.iterrows())]


FACTS = {
    "at most {0.3} % of the test pairs are right, fewer than the {3.4} % of a guess": lambda run: (
        100 * reading.milestones(run).test_then.max(),
        100 / run.config["p"],
    ),
    "holds {eight} seeds, each with a start and a split of its own, with {60} % of the pairs": _setting,
    'is "not in {2400} steps"': lambda run: run.config["steps"],
    "All {36} networks memorize, and {15} of {36} grok": _cells,
    "at fraction {0.5} the strongest decay takes longer than the second strongest, {960} steps and {840}; "
    "at weight decay {0.6} the largest fraction takes longer than the one before it, {1150} steps and {1100}; "
    "so it does at weight decay {2.4}, {280} steps and {260}": _exceptions,
    'Uncolored cells say "more than {2000} steps"': lambda run: run.config["phase_steps"],
    "without weight decay even {80} % of the table was not enough, and with it {50} % was, "
    "but to show a halving, {40} % would have to be": _limits,
    "it falls by about {15} %": lambda run: about(100 * (1 - _norm_left(run)), 15),
    "gives some {seventeen} steps": lambda run: about(_by_decay_alone(run), 17),
    "In the first run {eight} of {eight} seeds memorized": _grokked,
    "generalized some {twenty}-{five} times later": _later,
    "from other seeds, {seven} of {eight} did": lambda _run: yes(
        np.isfinite(reading.followed(load("grokking")).generalized)
    ),
}
GIVEN = [
    "at least 99 % of the training set right",
    "at least 99 % of the *test* set right",
    "with half of all pairs in the training set",
    "a test accuracy of 50 % with no understanding",
]
