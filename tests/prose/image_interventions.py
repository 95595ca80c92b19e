"""Numbers of the chapter on the interventions on images."""

import math

import pandas as pd

from ncbook.readings import image_interventions as reading
from prose._approximately import about
from prose._counts import every, yes
from prose._ledger import every_seed, seeds
from prose._trials import load, seeds_of


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


_MNIST = ("laptop-mnist", "laptop-mnist-again")


def _on_mnist(column, *presets):
    """A column a row a strength and seed, of one run or of both."""
    return pd.concat([reading.by_strength(load("image_interventions", each), column) for each in presets or _MNIST])


def _gains_on_mnist(when, *presets):
    return pd.concat(
        [100 * reading.graded_gains(load("image_interventions", each), when) for each in presets or _MNIST]
    )


def _of_strength(table, strength):
    return table[table.index.get_level_values("strength") == strength]


def _strengths(_):
    """Images, strengths, and the release and the last epoch."""
    config = load("image_interventions", _MNIST[0]).config
    return 10 * config["per_class"][0], *(reading.strength(task) for task in config["tasks"])


def _epochs_of_mnist(_):
    config = load("image_interventions", _MNIST[0]).config
    return config["release"], config["epochs"]


def _prevented(_):
    """How many times R is larger, at least, and the largest cost at the strongest push, with less than one before."""
    ratio, gain = _on_mnist("final_variance_ratio_train"), _gains_on_mnist("final").prevented
    weaker = pd.concat([_of_strength(gain, 0.1), _of_strength(gain, 0.5)])
    most = -_of_strength(gain, 2.5).min()
    return math.floor((ratio.prevented / ratio.baseline).min()), round(most, 1) if weaker.min() > -1 else math.nan


def _center_of_prevented(_):
    """What the strongest push costs the nearest center at the median; less than one and a half before it."""
    accuracy = 100 * _on_mnist("final_ncc_acc_test", _MNIST[0])
    lost = (accuracy.baseline - accuracy.prevented).groupby("strength").median()
    return round(lost[2.5]) if lost[[0.1, 0.5]].max() < 1 else math.nan


def _high_kappa(_):
    """Points at the median of the two stronger pushes, and percent of the training images that are wrong."""
    gain = _gains_on_mnist("release", _MNIST[0]).sharp.groupby("strength").median()
    wrong = 100 * (1 - _on_mnist("release_train_acc", _MNIST[0]).sharp.groupby("strength").median())
    return round(-gain[0.5]), round(-gain[2.5]), round(wrong[0.5]), round(wrong[2.5])


def _decayed(_):
    """Points that the two stronger pushes cost with a rate that has fallen to 0, at the median."""
    gain = _gains_on_mnist("release", _MNIST[0]).sharp_decayed.groupby("strength").median()
    fitted = _on_mnist("release_train_acc").sharp_decayed.min() > 0.98
    return sorted(round(-each) for each in gain[[0.5, 2.5]]) if fitted else math.nan


def _larger_loss(_):
    rise = reading.raised(load("image_interventions", "laptop-augmented"))
    stronger = (rise.at_equal_loss > rise.plain).all() and (rise.augmented < rise.plain).all()
    return round(rise.loss_ratio.median()) if stronger else math.nan


FACTS = {
    "on {1,000} images of MNIST of 14 × 14 pixels: {0.1}, {0.5} and {2.5} times the loss of guessing": _strengths,
    "epoch {25} of {45}": _epochs_of_mnist,
    "with {nine} times the baseline's $ or more, it costs less than a point at the two weaker strengths, and up to "
    "{2.2} points": _prevented,
    "until the strongest push costs it {nine} points": _center_of_prevented,
    "costs {six} to {ten} points at the median, with {six} to {ten} percent of": _high_kappa,
    "fit nearly all of them and lose {one} or {two}": _decayed,
    "the train loss that the baseline reaches {23}-fold": _larger_loss,
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
