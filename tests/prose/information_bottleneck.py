"""Numbers in words."""

import math

from ncbook import readings
from prose._approximately import about
from prose._counts import every, none
from prose._limits import less_than
from prose._trials import FIRST, SECOND, answers, load, seeds_of

BOTTLENECK = readings.information_bottleneck
CLASSES = 10  # of the digits
BIT = math.log(2)
NAME = "information_bottleneck"


def _relu(run):
    found = BOTTLENECK.compression(run)
    return found[found.activation == "relu"]


def _scaled_falls(run):
    """Of noise and bins that grow with the features: how many of how many see a bit of compression with ReLU."""
    scaled = _relu(run)
    falls = scaled[scaled.estimator.str.startswith("scaled")].fall
    assert falls.min() > 0.5
    return (falls >= BIT).sum(), len(falls)


def _fixed(run, activation):
    found = BOTTLENECK.compression(run)
    return found[(found.activation == activation) & (found.estimator == BOTTLENECK.FIXED)]


def _tanh_at_fixed_noise(run):
    assert none(_fixed(run, "relu").fall >= BIT)
    return every(_fixed(run, "tanh").fall >= BIT)


def _again(_run):
    """Measurements with a scaled noise or bin that see a bit of compression with ReLU, all of the second run."""
    scaled, measurements = _scaled_falls(load(NAME, SECOND))
    return measurements if scaled == measurements else math.nan


def _two_phases(_run):
    return none(answers(NAME, "two-phases", FIRST))


def _seeds(run):
    """Of each question in all seeds of both runs, how many seeds a run has."""
    for claim in ("tanh-compresses", "relu-does-not-compress", "no-compression-no-harm", "two-phases-digits"):
        assert all(answers(NAME, claim, FIRST, SECOND))
    again = load(NAME, SECOND).config
    assert run.config["plane_seeds"] == run.config["digits_seeds"] == run.config["vib_seeds"] == again["plane_seeds"]
    return run.config["plane_seeds"]


def _asked(run):
    _, collapsed = seeds_of(NAME, "collapse-is-optimal-trade-off")
    return collapsed, run.config["digits_seeds"]


def _helped(_run):
    return every(answers(NAME, "bottleneck-helps", FIRST))


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
    "all {four} tanh networks compress, and no ReLU network does": _tanh_at_fixed_noise,
    "with a test error below {1.5} %": lambda run: less_than(100 * _relu(run).test_error.max(), 1.5),
    "{three} of the {eight} measurements reach one bit": _scaled_falls,
    "in our second run, from other seeds, all {eight} do": _again,
    "occur at fixed noise in none of the {eight} networks": _two_phases,
    "at most {0.03} of the $ nats that the first layer knows are lost": lambda run: BOTTLENECK.label_losses(run).max(),
    "NC1 ends about {ten} times as large": lambda run: about(_nc1_of_decays(run), 10),
    "has come down to {2.6} nats at scaled and {2.8} at fixed noise": _information,
    "no network gets there in {2000} steps": _nobody_in_time,
    "the test error is lower than at 0 in all {eight} comparisons": _helped,
    "is at least {5.8} times as far above 1 as the first": _spread_of_random_means,
    "falls from about {eleven} before training to {2.7}": _spreads,
    "With the stronger weight decay NC1 ends {ten} times smaller": _nc1_of_decays,
    "In all {four} seeds of each of the two runs": _seeds,
    "in the {three} of {four} networks of the first run that collapsed": _asked,
}
GIVEN = [
    "values are not to be trusted within five percent",
    "mini-batches and ten times as many epochs",
]
