"""Numbers of the chapter on what moves when a network groks."""

import math

import numpy as np

from ncbook.readings import onset as reading
from ncbook.readings import rates
from prose._approximately import about
from prose._counts import same, yes
from prose._ledger import seeds
from prose._limits import less_than
from prose._trials import judged, load, seeds_of

_TIGHT = ["cdnv_train", "variance_ratio_train", "rnc1_train"]  # the measures of collapse but NC1


def _by_rule(run):
    """Median lead of flatness in steps, in how many seeds it is ahead, and in how many each collapse is behind."""
    found = reading.leads(run)
    behind = (found[_TIGHT] < 0).sum()
    ahead, seeds = yes(found.relative_flatness > 0)
    return found.relative_flatness.median(), ahead, seeds, same(behind), seeds


def _others_lead(run):
    found = reading.leads(run)
    return found.train_loss.median(), found.fourier_gini.median()


def _spread(run, name):
    lead = reading.leads(run)[name]
    return -lead.min(), lead.max()


def _leads_over_rules(run):
    """The latest, as a delay, and the earliest median lead over the rules, of three measures."""
    medians = reading.medians(run)[["relative_flatness", "cdnv_train", "rnc1_train"]]
    return [end for name in medians for end in (-medians[name].min(), medians[name].max())]


def _ahead_of_nearly(run):
    ahead = reading.ahead_of_nearly(run)
    return *yes(ahead > 0), ahead.median() / run.config["every"]


def _late(run):
    medians = reading.medians(run).loc["end of training, 75%", ["cdnv_train", "variance_ratio_train"]]
    return -same(medians)


def _ahead_by_rules(run):
    medians = reading.medians(run)
    ahead = medians.relative_flatness > 0
    agrees = (ahead == (medians.train_loss > 0)).all()
    return yes(ahead) if agrees else (math.nan, math.nan)


def _apart(run):
    medians = reading.medians(run)
    return (medians.relative_flatness - medians.cdnv_train).min()


def _other_rules(run):
    """How many other rules there are, and under how many of them only flatness leads, at most."""
    rules = len(reading.rules(run.config)) - 1
    return rules, rules * max(judged("onset", "only-flatness-under-any-rule").values)


def _codes(run):
    """The fewest classes from which on the prediction is on the right side of both codes."""
    below, above = run.arrays["codes/excess"].T
    holds = (below > 0) & (above < 0)
    classes = np.array(run.config["classes"])
    first = classes[holds].min()
    return (first, *classes[~holds]) if holds[classes >= first].all() else (math.nan,) * (1 + (~holds).sum())


def _shape(run):
    head = reading.shapes(run, reading.ADDITION, "head")
    return head["rank"].median(), head.frequencies.median()


def _digits(run):
    """Steps to memorize, the accuracy that counts, and how many times later it comes."""
    large = reading.leads(run, reading.DIGITS)
    ratio = large.generalized / large.memorized
    learned = 100 * run.config["digits_learned"]
    return about(large.memorized.median(), 400), learned, math.floor(ratio.min()), math.ceil(ratio.max())


def _digits_grok(run):
    """From the large start late, from the usual one with the training set."""
    delays = reading.digits_delays(run)
    held = (delays[reading.DIGITS] >= 3) & (delays[reading.SMALL] <= 1.5)
    return held.sum(), len(run.config["digits_seeds"])


def _measured(run):
    """How far apart the measurements of digits are, in percent, once they are more than a few steps apart."""
    frame = run.to_frame()
    steps = np.unique(frame[frame.part == reading.DIGITS].step)
    return about(100 * (np.median(steps[2:] / steps[1:-1]) - 1), 15)


def _late_seeds(run):
    seeds = len(run.config["seeds"])
    return seeds - len(reading.leads(run)), seeds, 100 * run.config["learned"]


RATES = "laptop-rates"


def _swept():
    return load("onset", RATES)


def _steps(column):
    """The first and the last step of a crossing, over all networks of all arms."""
    steps = rates.crossings(_swept())[column]
    return steps.min(), steps.max()


def _times(column):
    first, last = _steps(column)
    return last / first


def _before_onset(product):
    table = rates.crossings(_swept())
    own = table[np.isclose(table["product"], product)]
    return yes(own.relative_flatness < own.onset)


def _silent():
    """Seeds of both runs in which some arm does not generalize, and all seeds; nan unless theirs are late elsewhere."""
    silent, count, late = 0, 0, True
    for preset in (RATES, RATES + "-again"):
        onsets = rates.by_arm(load("onset", preset), "onset")
        lacks = onsets.isna().any(axis=1)
        late &= onsets.rank().mean(axis=1)[lacks].min() > onsets.rank().mean(axis=1)[~lacks].median()
        silent, count = silent + lacks.sum(), count + len(lacks)
    return (silent, count) if late else (math.nan, math.nan)


FACTS = {
    "classes, {60} % of the pairs for training, weight decay {1}, {twelve} fresh seeds": lambda run: (
        100 * run.config["fraction"],
        run.config["weight_decay"],
        len(run.config["seeds"]),
    ),
    "measured step with a training accuracy of {99} %": lambda run: 100 * run.config["learned"],
    "$ crosses a median of {120} steps before the test accuracy, and CDNV after it": lambda run: _by_rule(run)[0],
    "leads more**, {200} steps, and so does the Gini coefficient, {160} steps": _others_lead,
    "$ crosses a median of {120} steps before the test accuracy, and in {nine} of {eleven} seeds; "
    "CDNV, $ and RNC1 cross after it in {ten} of {eleven}": _by_rule,
    "The lead of $ goes from {80} steps after to {280} before": lambda run: _spread(run, "relative_flatness"),
    "**holds**, in {19} of {23} seeds; in {21} of {23} with NC1": lambda _: (
        *seeds("onset", "only-flatness-predicts"),
        *seeds("onset", "only-flatness-predicts-nc1"),
    ),
    "alone, in {eight} of {eleven} seeds, would have left it open; in the second it is so in {eleven} of {twelve}": (
        lambda _: (
            *seeds_of("onset", "only-flatness-predicts"),
            *seeds_of("onset", "only-flatness-predicts", "laptop-again"),
        )
    ),
    "tells the onset better than $ **holds**, in {19} of {23}": lambda _: seeds("onset", "spread-goes-with-the-onset"),
    "median lead of $ goes from −{180} to +{785} steps, that of CDNV from −{400} to +{380}, "
    "and that of RNC1 from −{500} to +{100}": _leads_over_rules,
    "generalize over a range of {520} steps": lambda run: np.ptp(reading.leads(run).onset),
    "a test accuracy of 95 % in {six} of {eleven} seeds, by a median of {one} measurement": _ahead_of_nearly,
    "they come {400} steps after it": _late,
    "$ is ahead under {nine} of the {eleven} rules": _ahead_by_rules,
    "ahead of CDNV, by {80} steps or more": _apart,
    "in each seed it is true under at most {three} of the {ten} other rules": lambda run: _other_rules(run)[::-1],
    "Within 10 % it is right at {53} classes and more, and not at {10} and {29}": _codes,
    "{eight} directions hold 90 % of the power of $, and {four} frequencies": _shape,
    "is known after some {400} steps, while the test accuracy is near chance, and {85} % come {seven} to {ten} times "
    "later, in {five} of {five} seeds": lambda run: (*_digits(run), *_digits_grok(run)),
    "on a logarithmic axis and some {15} % apart": _measured,
    "CDNV falls {fivefold} by then": lambda run: reading.falls(run, "cdnv_train").fold.median(),
    "{One} of the {twelve} seeds did not reach {99} % in time": _late_seeds,
    "The onset now varies {tenfold}, from {320} to {3360} steps": lambda _: (round(_times("onset")), *_steps("onset")),
    "once by changing the rate alone: {nine} arms, {six} seeds in each": lambda _: (
        len(rates.settings(_swept().config)),
        len(_swept().config["seeds"]),
    ),
    "while the onset varies {tenfold}, $ crosses within a factor of {two}": lambda _: (
        round(_times("onset")),
        less_than(_times("relative_flatness"), 2),
    ),
    "the crossing of $ has a rank correlation of {0.86} with the onset": lambda _: rates.coupled(_swept()).loc[
        "relative_flatness", "rank"
    ],
    "in {11} of {11} networks, and with twice the product in {1} of {10}": lambda _: (
        *_before_onset(0.5),
        *_before_onset(2.0),
    ),
    "In {four} of the {twelve} seeds of the two runs, which generalize late": lambda _: _silent(),
    "networks that generalize within {2400} steps. Steps are resolved to {20}": lambda run: (
        run.config["steps"],
        run.config["every"],
    ),
}
GIVEN = [
    "at 0.5, 0.7, 1, 1.4 and 2 times the standard value",
    "of some arm does not reach 99 % within its steps",
    "before the test accuracy gets to 95 %",
    "a test accuracy of 95 % in",
    "that hold 90 % of their power",
    "a ten times smaller weight decay",
    "collapsed when it has memorized, tenfold",
]
