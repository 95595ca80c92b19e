"""Numbers of the chapter on the interventions on images."""

import math

import pandas as pd

from ncbook.readings import image_interventions as reading
from prose._approximately import about
from prose._counts import every, yes
from prose._ledger import every_seed, seeds
from prose._trials import answers, load, seeds_of


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


def _baselines(_):
    """Test accuracy in percent and R at the end, and kappa at the release: medians of one run on MNIST."""
    accuracy, ratio, kappa = (
        _on_mnist(name, _MNIST[0]).baseline.median()
        for name in ("final_test_acc", "final_variance_ratio_train", "release_relative_flatness")
    )
    return 100 * accuracy, ratio, kappa


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


_CONTROLS = ("laptop-controls", "laptop-controls-again")
_STRONGER = (0.5, 2.5)


def _controlled(name):
    """A measure at the release of both runs with controls, a row a strength and seed."""
    return _on_mnist(f"release_{name}", *_CONTROLS)


def _cost_of_controls(when="release"):
    """Points below the baseline with the same rate."""
    return -_gains_on_mnist(when, *_CONTROLS)


def _wrong():
    """Percent of the training images."""
    return (100 * (1 - _controlled("train_acc"))).round(2)


def _stronger(table):
    return table[table.index.get_level_values("strength").isin(_STRONGER)]


def _medians(table):
    """At the two stronger pushes."""
    return [table.groupby("strength").median()[each] for each in _STRONGER]


def _as_uncertain(_):
    """In how many networks low confidence costs a point at most, at the constant rate and at the falling one."""
    claim = "images-low-confidence-costs-little"
    told = [
        [answer for preset in _CONTROLS for answer in answers("image_interventions", each, preset)]
        for each in (claim, f"{claim}-decayed")
    ]
    return [number for each in told for number in yes(each)]


def _wrong_where_unsure(_):
    """At most, of 1,000, where the training loss is the larger one at each strength."""
    loss = _controlled("train_loss").groupby("strength").median()
    larger = (loss.unsure > loss.sharp).all() and (loss.unsure_decayed > loss.sharp_decayed).all()
    most = 10 * _wrong()[["unsure", "unsure_decayed"]].max(axis=None)
    return (most, _images_of_mnist()) if larger else (math.nan, math.nan)


def _images_of_mnist():
    return 10 * load("image_interventions", _CONTROLS[0]).config["per_class"][0]


def _small_share(_):
    """Percent of the cost of a high kappa that low confidence has, at most, where that is five points or more."""
    cost = _cost_of_controls()
    share = 100 * (cost.unsure / cost.sharp)[cost.sharp >= 5]
    return share.max()


def _flooded(_):
    return _medians(_cost_of_controls().flooded)


def _flooded_decayed(_):
    kappa, cost = _stronger(_controlled("relative_flatness")), _cost_of_controls()
    low = (kappa.flooded_decayed < 0.1 * kappa.sharp_decayed).all()
    return [*_medians(cost.flooded_decayed), *_medians(cost.sharp_decayed), 10] if low else [math.nan] * 5


def _times_norms(_):
    held = pd.concat([reading.held(load("image_interventions", each)) for each in _CONTROLS])
    times = held[["long", "long_decayed"]]
    return times.min(axis=None), times.max(axis=None)


def _norms_decayed(_):
    """The most that norms cost at the strongest push, if they cost less than a point before."""
    most = _cost_of_controls().long_decayed.groupby("strength").max()
    return most[2.5] if most[[0.1, 0.5]].max() < 1 else math.nan


def _norms_at_the_end(_):
    cost = _of_strength(_cost_of_controls("final"), 2.5).median()
    return cost.long, cost.long_decayed


def _rest(_):
    claim = "images-rest-for-kappa"
    told = yes(answers("image_interventions", claim, *_CONTROLS))
    return *told, *seeds("image_interventions", claim)


def _misfit(_):
    wrong = _stronger(_wrong()).sharp
    return round(wrong.min()), round(wrong.max())


def _ranks(_):
    """How the cost goes with the share of wrong images, and the accuracy with kappa, at each stronger push."""
    cost = _cost_of_controls().sharp

    def rank(other, strength):
        return _of_strength(cost, strength).corr(_of_strength(other.sharp, strength), "spearman")

    with_wrong = [rank(_wrong(), each) for each in _STRONGER]
    with_kappa = [-rank(_controlled("relative_flatness"), each) for each in _STRONGER]
    return len(_of_strength(cost, 0.5)), *with_wrong, *with_kappa


def _fitted_and_sharp(_):
    """How many networks fit all images, of how many, and the least and the most that they lose."""
    cost, fits = _cost_of_controls(), _wrong().sharp_decayed == 0
    own = cost[fits]
    more = (own.sharp_decayed > own.unsure_decayed).all()
    return (*yes(fits), own.sharp_decayed.min(), own.sharp_decayed.max()) if more else [math.nan] * 4


def _centers(_):
    """What the nearest center loses at the falling rate: at a high kappa, with long norms, and with the others."""
    accuracy = 100 * _controlled("ncc_acc_test")
    lost = accuracy.rsub(accuracy.baseline_decayed, axis=0)
    others = _stronger(lost)[["flooded_decayed", "unsure_decayed"]].max(axis=None)
    return *_medians(lost.sharp_decayed), *_medians(lost.long_decayed), others


def _reached_by_flooding(_):
    held = pd.concat([reading.held(load("image_interventions", each)) for each in _CONTROLS])
    return [told for arm in ("flooded", "flooded_decayed") for told in (held[arm].min(), held[arm].max())]


def _equal_loss(_):
    found = pd.concat([reading.encouraged_at_equal_loss(load("image_interventions", each)) for each in _CONTROLS])
    return -100 * found.gain.min(), found.ratio.max()


FACTS = {
    (
        "on {1,000} images of MNIST of 14 × 14 pixels: where its measure is that of an unpushed network, "
        "it is {0.1}, {0.5} or {2.5} times the loss of guessing"
    ): _strengths,
    "epoch {25} of {45}": _epochs_of_mnist,
    "with {nine} times the baseline's $ or more, it costs less than a point at the two weaker strengths, and up to "
    "{2.2} points": _prevented,
    "until the strongest push costs it {nine} points": _center_of_prevented,
    "costs {six} to {ten} points at the median, with {six} to {ten} percent of": _high_kappa,
    "fit nearly all of them and lose {one} or {two}": _decayed,
    "the training loss that the baseline reaches {23}-fold": _larger_loss,
    "most in {23} of {24} networks at the constant rate (**holds**), and in {23} of {24} at": _as_uncertain,
    "yet at most {one} training image in {1,000}": _wrong_where_unsure,
    "costs {four} and {five} points at the two stronger pushes and the constant rate": _flooded,
    "it is so in {two} of {six} seeds": lambda _: seeds(
        "image_interventions", "images-train-loss-costs-less-than-half"
    ),
    "flooding costs {1.8} and {1.5} points there, and a high $ costs {1.3} and {1.8}, with more than {ten} times the": (
        _flooded_decayed
    ),
    "The baselines end at a test accuracy of {91.8} %, with an $ of {0.29}; at the release their $ is {0.72}": (
        _baselines
    ),
    "The squared product of the norms is {1.4} to {6.9} times": _times_norms,
    "at the falling rate and the two weaker strengths, and up to {1.8} points at the strongest": _norms_decayed,
    "in {18} of {24} networks, or {six} of {eight} seeds": _rest,
    "get {two} to {fourteen} percent of the training images wrong": _misfit,
    "At the falling rate, {13} of {24} networks with a high $ fit every training image, and these still lose {0.4} to "
    "{1.6} points": _fitted_and_sharp,
    "the nearest class mean loses {8} and {16} points with a high $, {one} and {nine} with large norms, and at most "
    "{2.4} with": _centers,
    "they have {0.4} to {3.5} times as much at the constant rate, and {0.6} to {1.2} times": _reached_by_flooding,
    "is at most {0.2} points less accurate than its baseline (**holds**), with at most {0.35} times": _equal_loss,
    "(**holds**): in no network more than {8} percent of it": _small_share,
    "{1.25} points are still missing at the end, and {0.99} with the falling rate": _norms_at_the_end,
    "Over the {eight} networks of such a strength the test accuracy falls as that share rises (rank correlations of "
    "−{0.87} and −{0.93}), and does not as $ rises ({0.62} and {0.10})": _ranks,
    "between {8} and {22} points in all {seven} networks, although they have fitted at least 95 %": _cost,
    "at the release the same $ to {1} %": _as_sharp,
    "five points: {five} of {seven} seeds do, and": _as_bad,
    "and {two} of {seven} in the second run (**open**)": lambda _: seeds_of(
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
GIVEN = [
    "it reached 98 % of its ceiling",
]
