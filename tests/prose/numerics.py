"""Numbers of the chapter on numerics."""

import math

import numpy as np

from ncbook.readings import numerics as reading
from prose._approximately import about
from prose._counts import every, none, same, yes
from prose._ledger import every_seed, no_seed, seeds
from prose._trials import seeds_of

_ORTHOGONAL = ("orthogonal_single", "orthogonal_double")


def _faster(run):
    steps = reading.by_arm(run, reading.SPEED, "generalized")
    return *yes(steps.rate <= steps.baseline), (steps.rate < steps.baseline / 2).sum()


def _still(run):
    """Steps in which the frozen networks do not move at all."""
    rows = reading.part_of(run, reading.FROZEN)
    rows = rows[rows.arm != "thawed"]
    return rows.step.max() if (rows.moved == 0).all() else math.nan


def _freed(run):
    rows = reading.part_of(run, reading.FROZEN)
    rows = rows[(rows.arm == "thawed") & (rows.zero_float32 == 0)]
    return same(rows.groupby("seed").step.min())


def _thawed(run):
    steps = reading.by_arm(run, reading.FROZEN, "generalized").thawed
    return *yes(np.isfinite(steps)), run.config["thaw_steps"]


def _collapsed_softmax(run):
    rows = reading.part_of(run, reading.STUCK)
    rows = rows[rows.arm == "single"]
    worst = rows.loc[rows.groupby("seed").zero_float32.idxmax()]
    return about(100 * worst.zero_float32.median(), 70), about(worst.step.median(), 1000)


def _stuck(run):
    """The last step and the test accuracy there, in float64."""
    rows = reading.part_of(run, reading.STUCK)
    last = rows[rows.arm == "double"].groupby("seed").last()
    return same(last.step), same(last.test_acc)


def _orthogonal(run, column):
    return reading.by_arm(run, reading.STUCK, column)[list(_ORTHOGONAL)].to_numpy().ravel()


def _arrived(run):
    return yes(np.isfinite(_orthogonal(run, "generalized")))


def _slingshots(run):
    found = reading.by_arm(run, reading.SLINGSHOT, "generalized")
    return none(np.isfinite(found).any())


FACTS = {
    "with {60} % of the pairs to train on": lambda run: 100 * run.config["fraction"],
    "in {five} of {six} seeds the network generalizes earlier than the baseline or at the same step, "
    "in {four} of them": _faster,
    "have been trained for {100} steps": lambda run: run.config["memorize_steps"],
    "not one weight changes in {400} steps": _still,
    "digits to work with, after {75} steps here": _freed,
    "{three} of {four} enlarged networks are at 99 % within {1500} steps": _thawed,
    "about {70} % of the training pairs lose their gradient near step {1000}": _collapsed_softmax,
    "at the end of {1500} steps the test accuracy is {0}": _stuck,
    "all end above {80} %": lambda run: math.floor(100 * _orthogonal(run, "final_acc").min()),
    "{three} of {eight} reach 99 % by step {1500}": lambda run: (*_arrived(run), run.config["stuck_steps"]),
    "each of the {three} seeds has {two} slingshots": lambda run: (
        every(reading.by_arm(run, reading.SLINGSHOT, "spikes").single > 0),
        same(reading.by_arm(run, reading.SLINGSHOT, "spikes").single),
    ),
    "In none of the {three} arms does a network generalize": _slingshots,
    "our {1,500} steps are too few": lambda run: run.config["stuck_steps"],
    "a training arrives in {2} of {8} seeds": lambda _: seeds("numerics", "orthogonal-gradients-grok"),
    "in the first run that was {1.5} of {4} seeds, in the second {0.5} of {4}": lambda _: (
        *seeds_of("numerics", "orthogonal-gradients-grok"),
        *seeds_of("numerics", "orthogonal-gradients-grok", "laptop-again"),
    ),
    "in the {six} seeds of both runs": lambda _: every_seed("numerics", "slingshots-come-in-cycles"),
    "**fails**, in all {eleven} seeds": lambda _: no_seed("numerics", "grokfast-sooner"),
    "at most {1600} steps": lambda run: run.to_frame().step.max(),
}
GIVEN = [
    "A margin of 20 is enough in float32, and one of 40 in float64",
    "to at least ten times the smallest of the ten measurements before",
    "has grown by 2 % or more",
    "the steps to 99 % test accuracy over those of the baseline",
]
