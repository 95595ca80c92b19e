"""Numbers of the chapter on interventions."""

import math

import numpy as np

from ncbook import experiments
from ncbook.readings import interventions as reading
from prose._approximately import about
from prose._counts import every, none, yes
from prose._ledger import seeds
from prose._trials import seeds_of

_DELAY = 1.25  # times the baseline's steps, the least that the rules call a delay


def _again():
    return experiments.get("interventions").load("laptop-again", live=False)


def _reached(run, arm):
    return np.isfinite(reading.by_arm(run, "generalized")[arm])


def _delayed(run, arm):
    return yes(reading.delays(run)[arm] >= _DELAY)


def _steps(run, arm):
    return run.config["steps"][run.config["arms"].index(arm)]


def _prevented(run):
    """Of the seeds none of which is in time: how many reach 99 %, and of how many."""
    return _reached(run, "prevented").sum(), none(reading.delays(run).prevented <= _DELAY)


def _accurate_at_the_end(run):
    """The test accuracy that all seeds are above, in twentieths, and that of guessing: in percent."""
    least = reading.by_arm(run, "final_acc").prevented.min()
    return 100 * math.floor(20 * least) / 20, 100 / run.config["p"]


def _uncollapsed(run):
    """How many networks generalize while the classes spread wider than they lie apart; by how much, in tenths."""
    ratio = reading.by_arm(run, "variance_ratio_train").prevented.dropna()
    return every(ratio > 1), math.floor(10 * ratio.min()) / 10, math.ceil(10 * ratio.max()) / 10


def _costs_accuracy(run):
    accuracy = reading.by_arm(run, "final_acc")
    lost, seeds = yes(accuracy.prevented < accuracy.baseline - 0.01)
    return _steps(run, "prevented"), lost, seeds


def _recovered(run):
    held, seeds = yes(_reached(run, "anti_released"))
    return held, seeds - held


def _delayed_by(run):
    """How many are delayed, and by which factor all of them, in tenths."""
    ratios = reading.delays(run).anti_released
    return every(ratios >= _DELAY), math.floor(10 * ratios.min()) / 10


def _smoothed(run):
    """The accuracy that none reaches, in twentieths, the steps, and how many times lower its kappa is."""
    rows = run.to_frame()
    rows = rows[(rows.arm == "smoothing") & (rows.step > 0)]
    kappa = reading.outcomes(run).groupby("arm").release_relative_flatness.median()
    never = 100 * math.ceil(20 * rows.test_acc.max()) / 20
    return never, rows.step.max(), about(kappa.anti_released / kappa.smoothing, 200)


def _flooded(run):
    accuracy = reading.by_arm(run, "release_test_acc").flooding.median()
    return run.config["release"], 100 * accuracy, (~_reached(run, "flooding")).sum()


def _largest_kappa(run):
    """The power of ten below which every network is when it generalizes."""
    return 10 ** math.ceil(np.log10(reading.outcomes(run).relative_flatness.max()))


def _late_baselines(_):
    reached = _reached(_again(), "baseline")
    return (~reached).sum(), len(reached), _steps(_again(), "baseline"), reached.sum()


def _again_anti_flatness(_):
    recovered = _reached(_again(), "anti_released") & _reached(_again(), "baseline")
    return every(reading.delays(_again()).anti_released >= _DELAY), recovered.sum()


def _collapsed_measures(run):
    """CDNV and percent of the nearest centers of the two networks that generalize uncollapsed, in their order."""
    table = reading.outcomes(run)
    there = table[(table.arm == "prevented") & np.isfinite(table.generalized)]
    first, second = there.cdnv_train, 100 * there.ncc_acc_test
    return *(round(value, 1) for value in first), *(round(value) for value in second)


def _centers(run):
    table = reading.outcomes(run)
    there = table[(table.arm == "prevented") & np.isfinite(table.generalized)]
    return tuple(round(100 * value) for value in there.ncc_acc_test)


def _least_center(run):
    """The nearest-center accuracy that all baselines are at or above when they generalize, in percent."""
    return math.floor(100 * reading.by_arm(run, "ncc_acc_test").baseline.min() + 0.5)


def _low_confidence(run):
    late = reading.delays(run).confidence
    return *yes(late >= _DELAY), _DELAY, late.max()


def _baselines_by(run):
    return math.ceil(reading.by_arm(run, "generalized").baseline.max() / 100) * 100


def _above(run):
    return math.floor(100 * reading.loss_correlations(run).min()) / 100


FACTS = {
    "{60} % of the pairs are for training": lambda run: 100 * run.config["fraction"],
    "it is above {75} % in all of them, where guessing gives {3.4} %": _accurate_at_the_end,
    "and {two} of {eight} reach 99 %. The $ of these two": _prevented,
    "is between {2.9} and {4.5}, their CDNV": lambda run: _uncollapsed(run)[1:],
    "their CDNV {2.3} and {1.5}, and the nearest class mean is right for only {25} % and {40} %": _collapsed_measures,
    "right for {95} % of the test pairs or more": _least_center,
    "gets to 99 % within {1.25} times the baseline's": lambda run: _DELAY if _prevented(run)[1] == 8 else math.nan,
    "within {4200} steps {six} of {eight} end less accurate": _costs_accuracy,
    "have generalized by step {1500}": _baselines_by,
    "All {eight} seeds are delayed, by a factor of {1.7} or more": _delayed_by,
    "{Five} of them reach 99 % within the steps that we gave them, the other {three} are": _recovered,
    "push stays on, 99 % is reached in {no} seed": lambda run: _reached(run, "anti_kept").sum(),
    "no network reaches even {5} % in {2000} steps. Its $ is about {200} times *below*": _smoothed,
    "{two} of {eight} networks take more than {1.25} times its steps, and the latest takes {1.33} times": (
        _low_confidence
    ),
    "at step {1400} the median test accuracy is {92} %, "
    "but the gradient that keeps turning around holds {five} seeds short of 99 %": _flooded,
    "with 99 % test accuracy and a $ above {100}": _largest_kappa,
    "with a correlation above {0.99} in every seed": _above,
    "mean is then right for {58} % and {39} % of their test pairs": lambda _: _centers(_again()),
    "{two} of the {eight} *baselines* do not reach 99 % within their {1800} steps, so that {six} seeds": (
        _late_baselines
    ),
    "Of these {six}, anti-flatness delays every one, and {three} recover": _again_anti_flatness,
    "Large norms delay {five} of the {six}": lambda _: _delayed(_again(), "norms_released"),
    "*flatter* one in {six} of {eight} seeds, and at the same training loss in {five} of {eight}": lambda _: (
        *seeds_of("interventions", "collapsed-is-flat"),
        *seeds_of("interventions", "collapsed-is-flat-at-equal-loss"),
    ),
    "accuracy as it is **fails**, in {3} of {14} seeds": lambda _: seeds(
        "interventions", "collapse-prevented-as-accurate"
    ),
    "also say, **holds**, in {13} of {16}": lambda _: seeds("interventions", "collapse-goes-with-accuracy"),
    "generalizes **holds**, in {eight} of the {nine} that can say": lambda _: seeds(
        "interventions", "anti-flatness-released-generalizes"
    ),
    "in both comparisons, in {13} and in {12} of {15}": lambda _: (
        seeds("interventions", "collapsed-is-flat")[0],
        *seeds("interventions", "collapsed-is-flat-at-equal-loss"),
    ),
    "confidence makes flat **holds**, in {13} of {16}": lambda _: seeds("interventions", "confidence-makes-flat"),
}
GIVEN = [
    "the spread within classes is kept at three times the spread between them",
    "when it first has 99 % test accuracy",
    "2209.94 on CIFAR-10, is 98 % of that ceiling",
    "When the arm `encouraged` first has 99 % test accuracy",
]
