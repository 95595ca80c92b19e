"""Numbers of the chapter on what moves when a network groks."""

import math

import numpy as np
import pandas as pd

from ncbook.readings import onset as reading
from ncbook.readings import rates
from prose._approximately import about
from prose._counts import none, same, yes
from prose._ledger import every_seed, no_seed, seeds
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


def _before_the_loss(run):
    found = reading.leads(run)
    return none((found.relative_flatness > 0) & (found.relative_flatness > found.train_loss))


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


def _formula(run):
    return pd.Series(run.arrays["codes/formula"] / run.arrays["codes/direct"], index=run.config["classes"])


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


def _rescaled(run):
    """Seeds of digits, if RNC1 coincides with generalization in none; and how often it is later than CDNV."""
    found = reading.leads(run, reading.DIGITS)
    ratio = (found.onset - found.rnc1_train) / found.onset
    together = np.exp(np.abs(np.log(ratio))) <= 1.5
    return none(together), (found.rnc1_train < found.cdnv_train).sum()


def _measured(run):
    """How far apart the measurements of digits are, in percent, once they are more than a few steps apart."""
    frame = run.to_frame()
    steps = np.unique(frame[frame.part == reading.DIGITS].step)
    return about(100 * (np.median(steps[2:] / steps[1:-1]) - 1), 15)


def _late_seeds(run):
    return len(run.config["seeds"]), len(run.config["seeds"]) - len(reading.leads(run)), 100 * run.config["learned"]


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


def _together():
    """The rank correlation that four measures have, and the ratio of their spreads."""
    found = rates.coupled(_swept()).loc[["cdnv_train", "variance_ratio_train", "rnc1_train", "fourier_gini"]]
    return same(found["rank"].round(2)), same(found.ratio.round(1))


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
    "classes, {60} % of the pairs for training, strong weight decay, {twelve} fresh seeds": lambda run: (
        100 * run.config["fraction"],
        len(run.config["seeds"]),
    ),
    "with a train accuracy of {99} %": lambda run: 100 * run.config["learned"],
    "crosses a median of {120} steps before the test accuracy, and in {nine} of {eleven} seeds; "
    "CDNV, $ and RNC1 cross after it in {ten} of {eleven}": _by_rule,
    "leads more**, {200} steps, and so does the Gini coefficient of the embedding's frequencies, {160} steps": (
        _others_lead
    ),
    "The lead of $ goes from {80} steps after to {280} before": lambda run: _spread(run, "relative_flatness"),
    "its leads spread from {840} steps after to {660} before": lambda run: _spread(run, "nc1_train"),
    "In {eight} of {eleven} seeds $ leads and CDNV does not. With NC1 it is {nine}": lambda _: (
        *seeds_of("onset", "only-flatness-predicts"),
        seeds_of("onset", "only-flatness-predicts-nc1")[0],
    ),
    "{Eight} of {eleven} would leave the claim open; in a second run it is so in {eleven} of {twelve}": lambda _: (
        *seeds_of("onset", "only-flatness-predicts"),
        *seeds_of("onset", "only-flatness-predicts", "laptop-again"),
    ),
    "In {eight}, the onset is told better": lambda _: seeds_of("onset", "spread-goes-with-the-onset")[0],
    "over both runs it is so in {19} of {23} seeds": lambda _: seeds("onset", "spread-goes-with-the-onset"),
    "With the second run it is ahead in {14} of {23}": lambda _: seeds("onset", "class-ratio-before-generalization"),
    "generalize over a range of {520} steps": lambda run: np.ptp(reading.leads(run).onset),
    "In none of the {eleven} seeds does $ move before the train loss": _before_the_loss,
    "Against 95 % the between-to-within ratio is ahead in {six} of {eleven} seeds, "
    "by a median of {one} measurement": _ahead_of_nearly,
    "and they come {400} steps late": _late,
    "$ is ahead under {nine} of the {eleven} rules": _ahead_by_rules,
    "ahead of CDNV, by {80} steps or more": _apart,
    "true under 80 % of the {ten} other rules: it is true under at most {three} of them": _other_rules,
    "and within {4} % of it at 97": lambda run: math.ceil(100 * (_formula(run)[97] - 1)),
    "Within 10 % it is right at {53} classes and more, and not at {10} and {29}": _codes,
    "{eight} directions hold 90 % of the power of $, and {four} frequencies": _shape,
    "is known after some {400} steps, while the test accuracy is near chance; "
    "{85} % come {seven} to {ten} times later": _digits,
    "not peculiar to arithmetic, in {five} of {five} seeds": _digits_grok,
    "in any of the {five} seeds, and in {three} it is later than CDNV": _rescaled,
    "on a logarithmic axis and some {15} % apart": _measured,
    "under the rule fixed before, in {19} of {23} seeds, and in {21} of {23} with NC1": lambda _: (
        *seeds("onset", "only-flatness-predicts"),
        *seeds("onset", "only-flatness-predicts-nc1"),
    ),
    "tells the onset better **holds**, in {19} of {23}": lambda _: seeds("onset", "spread-goes-with-the-onset"),
    "alone, with {eight} of {eleven} seeds each": lambda _: same(
        seeds_of("onset", claim) for claim in ("only-flatness-predicts", "spread-goes-with-the-onset")
    ),
    "come near the onset in {21} of {23} seeds": lambda _: seeds("onset", "both-near-the-onset"),
    "in {19} of {23} seeds of two runs, and under 80 % of the other rules in none": lambda _: (
        seeds("onset", "only-flatness-predicts")
        if no_seed("onset", "only-flatness-under-any-rule")
        else (math.nan,) * 2
    ),
    "CDNV falls {fivefold} during memorization": lambda run: reading.falls(run, "cdnv_train").fold.median(),
    "leads the test accuracy by a median of {120} steps in addition; the train loss leads by {200}": lambda run: (
        _by_rule(run)[0],
        _others_lead(run)[0],
    ),
    "{Twelve} seeds in the run that is shown, of which {one} did not reach {99} % in time": _late_seeds,
    "The onset now varies {tenfold}, from {320} to {3360} steps": lambda _: (round(_times("onset")), *_steps("onset")),
    "once by changing the rate alone: {nine} arms, {six} seeds in each": lambda _: (
        len(rates.settings(_swept().config)),
        len(_swept().config["seeds"]),
    ),
    "in all arms, with a rank correlation of {0.99} and a ratio of spreads of about {1}": lambda _: _together(),
    "in all {eight} seeds of two runs that can tell": lambda _: every_seed("onset", "onset-inverse-to-rate-and-decay"),
    "no clock of weight decay, in none of the {eight} seeds": lambda _: no_seed(
        "onset", "flatness-inverse-to-rate-and-decay"
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
    "agree in {six} of {eight} seeds": lambda _: seeds("onset", "same-order-over-rates-and-over-seeds"),
    "in {four} of the {twelve} seeds of the two runs a network": lambda _: _silent(),
    "networks that generalize within {2400} steps. Steps are resolved to {20}": lambda run: (
        run.config["steps"],
        run.config["every"],
    ),
}
GIVEN = [
    "at 0.5, 0.7, 1, 1.4 and 2 times the standard value",
    "of some arm does not reach 99 % within its steps",
    "before the test accuracy gets to 95 %",
    "Its yardstick is a test accuracy of 95 %",
    "that hold 90 % of the power, which are the squared singular values",
    "a ten times smaller weight decay",
    "is collapsed by then, tenfold",
]
