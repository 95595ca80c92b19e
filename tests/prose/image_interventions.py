"""Numbers of the chapter on the interventions on images."""

import math

from ncbook.readings import image_interventions as reading
from prose._approximately import about
from prose._counts import every, yes
from prose._ledger import every_seed, seeds
from prose._trials import seeds_of


def _cost(run):
    lost = 100 * reading.losses(run).anti_released
    return math.floor(lost.min()), math.ceil(lost.max()), every((lost > 0) & reading.fitted(run))


def _as_sharp(run):
    """By how many percent the regularizer's value differs at the release, at most."""
    bound = reading.by_arm(run, "release_unit_flatness_bound")
    return math.ceil(100 * (bound.anti_pinned / bound.anti_released - 1).abs().max())


def _as_bad(run):
    return yes(reading.losses(run).anti_pinned >= 0.05)


def _near_the_ceiling(run):
    """The first epoch from which on the median over the seeds is near the ceiling, on digits, and how long is left."""
    rows = run.to_frame()
    rows = rows[(rows.task == "digits") & (rows.arm == "kept_schedule")]
    bound = rows.groupby("epoch").unit_flatness_bound.median()
    first = bound.index[bound > 0.9 * reading.ceiling(run)].min()
    accuracy = rows.groupby("epoch").test_acc.median()
    rises = accuracy[run.config["release"]] > accuracy[first]
    return first, run.config["release"] - first if rises else math.nan


def _images(run):
    """The training images of a task; a ceiling says of how many classes."""
    share = reading.ceiling(run) / run.config["cap"] ** 2
    return run.config["per_class"][0] * round(1 / (1 - share))


def _an_epoch(run):
    return _images(run) // run.config["batch_size"]


def _growth(run):
    """The cap, and steps and epochs from the first norm of the last layer to it, by the gradient of the bound alone."""
    rows = run.to_frame()
    start = rows[(rows.task == "digits") & (rows.arm == "anti_kept") & (rows.epoch == 0)].head_norm.median()
    share = reading.ceiling(run) / run.config["cap"] ** 2
    step = run.config["learning_rate"] * run.config["rate_factor"] * 2 * run.config["anti_strength"] * share
    steps = math.log(run.config["cap"] / start) / math.log1p(step)
    return run.config["cap"], about(steps, 260), about(steps / _an_epoch(run), 64)


FACTS = {
    "between {8} and {22} points, in all {seven} networks, although they have fitted at least 95 %": _cost,
    "at the release the same $ to {1} %": _as_sharp,
    "{five} of {seven} seeds by our rule": _as_bad,
    "and of {two} of {seven} in the second run: **open**": lambda _: seeds_of(
        "image_interventions", "images-sharp-is-inaccurate", "laptop-again"
    ),
    "**holds** in all {eight} seeds; the four": lambda _: every_seed(
        "image_interventions", "images-encouraged-as-accurate"
    ),
    "schedule of the paper, **holds**, in {12} of {14}": lambda _: seeds(
        "image_interventions", "images-released-recovers"
    ),
    "costs nothing **holds** again, in all {eight} seeds": lambda _: every_seed(
        "image_interventions", "images-encouraged-as-accurate-in-the-sweep"
    ),
    "only in {3} of {14} does no control": lambda _: seeds("image_interventions", "images-loss-specific-to-flatness"),
    "too is **open**, in {7} of {14}": lambda _: seeds("image_interventions", "images-sharp-is-inaccurate"),
    "From epoch {80} on $ stands near its ceiling, and the accuracy **rises**, {twenty} epochs before": (
        _near_the_ceiling
    ),
    "There are {200} training images, batches of {50}, and {160} epochs": lambda run: (
        _images(run),
        run.config["batch_size"],
        run.config["epochs"],
    ),
    "Solution {640} steps; the release comes after {400}": lambda run: (
        _an_epoch(run) * run.config["epochs"],
        _an_epoch(run) * run.config["release"],
    ),
    "to one of {20} takes some {260} steps, or {64} epochs": _growth,
}
GIVEN = ["it reached 98 % of its ceiling"]
