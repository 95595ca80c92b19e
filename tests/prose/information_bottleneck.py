"""Numbers in words."""

import math

from ncbook import readings
from prose._approximately import about
from prose._limits import less_than

BOTTLENECK = readings.information_bottleneck
CLASSES = 10  # of the digits
BIT = math.log(2)


def _relu(run):
    found = BOTTLENECK.compression(run)
    return found[found.activation == "relu"]


def _scaled_falls(run):
    """Of noise and bins that grow with the features: how many of how many see a bit of compression with ReLU."""
    scaled = _relu(run)
    falls = scaled[scaled.estimator.str.startswith("scaled")].fall
    assert falls.min() > 0.5
    return (falls >= BIT).sum(), len(falls)


def _nc1_of_decays(run):
    """NC1 at the end with the weaker weight decay over that with the stronger."""
    ends = BOTTLENECK.transitions(run).groupby("weight_decay").nc1_train_end.median()
    return ends[min(run.config["decays"])] / ends[max(run.config["decays"])]


def _information(run):
    """At the end on train, with the stronger weight decay: upper bounds at scaled and at fixed noise."""
    last = BOTTLENECK.ends(run, "digits", split="train", weight_decay=max(run.config["decays"]))
    upper = last.groupby("estimator").information.median()
    return upper[BOTTLENECK.SCALED], upper[BOTTLENECK.FIXED]


def _nobody_in_time(run):
    last = BOTTLENECK.ends(run, "digits", split="train")
    last = last[last.estimator.isin(BOTTLENECK.NOISES)]
    assert last.information.min() > 1.1 * math.log(CLASSES)
    return run.config["digits_steps"]


def _spread_of_random_means(run):
    critical = run.arrays["frames/random"] - 1
    return (critical[:, -1] / critical[:, 0]).min()


def _spreads(run):
    rows = BOTTLENECK.spreads(run)
    first = rows[rows.step == 0].groupby("weight_decay").spread.median()
    last = BOTTLENECK.transitions(run).groupby("weight_decay").spread_end.median()
    assert round(last.min(), 1) == round(last.max(), 1)
    return about(first.median(), 11), last.median()


FACTS = {
    "We train on {80} % of the 4096 words": lambda run: 100 * run.config["train_share"],
    "their test error is below {1.5} %": lambda run: less_than(100 * _relu(run).test_error.max(), 1.5),
    "{three} of the {eight} measurements reach our threshold of one bit": _scaled_falls,
    "NC1 ends about {ten} times as large": lambda run: about(_nc1_of_decays(run), 10),
    "has come down to {2.6} nats at scaled and {2.8} at fixed noise": _information,
    "no network gets there in {2000} steps": _nobody_in_time,
    "the last is at least {5.8} times as far above 1 as the first": _spread_of_random_means,
    "falls from about {eleven} before training to {2.7}": _spreads,
    "With the stronger weight decay NC1 ends {ten} times smaller": _nc1_of_decays,
}
GIVEN = [
    "the values are not to be trusted within five percent",
    "the median upper bound is within 5 % of",
    "mini-batches and ten times as many epochs",
]
