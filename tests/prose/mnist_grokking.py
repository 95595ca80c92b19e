"""Numbers of the chapter on grokking on real images."""

import numpy as np

from ncbook.readings import mnist_grokking as reading
from ncbook.readings import onset
from ncbook.readings.mnist_grokking import FAR, FEW, LARGE, MANY, NEAR, TWICE
from prose._approximately import about
from prose._counts import every
from prose._ledger import every_seed
from prose._trials import BOTH, FIRST, load


def _memorized(run):
    """Steps to memorize, and the onset."""
    found = reading.leads(run)
    return about(found.memorized.median(), 350), about(found.onset.median(), 1700)


def _centers(run):
    then, frame = reading.memorizing(run), run.to_frame()
    start = frame[(frame.arm == LARGE) & (frame.step == 0)].ncc_acc_test.median()
    return tuple(round(100 * each) for each in (then.test_acc.median(), then.ncc_acc_test.median(), start))


def _norms(run, table):
    return tuple(round(table[arm].median()) for arm in (NEAR, TWICE, FAR))


def _fixed(run):
    table = reading.at_level(run).pivot(index="seed", columns="arm", values="norm")
    first, _, last = _norms(run, table)
    return first, last


def _images(run, column):
    """With forty images a class, over that with ten."""
    times = reading.by_arm(run, column, (FEW, MANY)).median()
    return times[MANY] / times[FEW]


def _at_fixed_level(_):
    """How many seeds say yes to two rules at a fixed accuracy, and of how many; over both runs."""
    said, factors = [], np.log([6.0, 8.0, 10.0])
    factors -= factors.mean()
    for preset in BOTH:
        table = reading.at_level(load("mnist_grokking", preset)).pivot(index="seed", columns="arm")
        norms, steps = np.log(table["norm"][[NEAR, TWICE, FAR]]), table["step"]
        slopes, ratio = (norms @ factors) / (factors @ factors), steps[FEW] / steps[MANY]
        said += list(zip(slopes.abs() <= 0.5, np.maximum(ratio, 1 / ratio) <= 1.25, strict=True))
    one, images = np.sum(said, axis=0)
    return one, len(said), images, len(said)


def _onsets(run):
    times = reading.by_arm(run, "onset", (NEAR, FAR)).median()
    return about(times[NEAR], 620), about(times[FAR], 1150)


def _slopes(run):
    found = reading.slopes(run, reading.STARTS)
    return tuple(
        round(found[name].median(), 2) for name in ("relative_flatness", "variance_ratio_train", "weight_norm")
    )


def _sharper(run):
    found = reading.equally_accurate(run)
    ratio = found.large / found.usual
    return round(ratio.min()), round(ratio.max())


def _later(run):
    times = reading.by_arm(run, "onset", (TWICE, FAR)).median()
    far, usual = (reading.settings(run.config, arm) for arm in (FAR, TWICE))
    return round(np.log(far["factor"] / usual["factor"]) / far["product"]), about(times[FAR] - times[TWICE], 230)


FACTS = {
    "grok, in all {eight} seeds": lambda run: len(reading.leads(run)),
    "is known after some {350} steps, with a test accuracy that is close to a guess; half of the test accuracy comes "
    "near step {1,700}": _memorized,
    "In arithmetic CDNV fell {fivefold} while": lambda _: onset.falls(load("onset", FIRST), "cdnv_train").fold.median(),
    "takes more than {three} times as long to memorize": lambda run: int(_images(run, "memorized")),
    "Times are resolved to {1.7} % of an arm's steps": lambda run: round(100 / run.config["probes"], 1),
    "Here it *rises*, in all {eight} seeds": lambda run: every(reading.memorizing(run).fold < 1),
    "decides {14} % of the test images rightly, and the **nearest class mean of its own features {60} %**. "
    "Before training that was {67} %": _centers,
    "It comes last of all, at {1.8} times the onset": lambda run: round(
        float((1 - reading.leads(run).rnc1_train / reading.leads(run).onset).median()), 1
    ),
    "decides {70} % of the test images rightly, about as many": lambda run: round(
        100 * reading.nearly_there(run).ncc_acc_test.median()
    ),
    "generalizing at norms of {34}, {31} and {30}": lambda run: _norms(
        run, reading.by_arm(run, "norm", (NEAR, TWICE, FAR))
    ),
    "With this onset {8} of the {16} seeds of two runs would say yes to the rule for one norm, and {6} of {16} to": (
        _at_fixed_level
    ),
    "The norms now go from {38} down to {30}": _fixed,
    "the onset moves from about {620} to {1,150} steps": _onsets,
    "moves along with a slope of {0.83}, $ with {0.71}, both in every seed by more than one half, and the norm with "
    "{0.53}": _slopes,
    "it is {37} to {224} times as sharp as the usual start": _sharper,
    "About {186} steps; the medians differ by some {230}": _later,
    "from a usual start it does not (**holds**, all {16} seeds of two runs)": lambda _: every_seed(
        "mnist_grokking", "mnist-large-start-delays"
    ),
}
GIVEN = [
    "**all weights start eight times as large as usual**",
    "when it gets 90 % of its training images right, since 99 % comes noisily",
    "(Their network has one layer more, five times the images, and a decay ten times weaker.)",
    "to 70 or 85 % of the steps, and count 25 or 75 % of the way",
    "with 75 % of the way it is after, in every seed",
    "With 90 % of the final test accuracy",
    "what does a start from weights that are eight times too large do?",
    "two thirds with 1.5 times the rate",
    "With four times as many the network",
    "does a start times 10 generalize than one times 8",
    "From weights eight times too large",
    "differ more than tenfold",
    "is another 38 steps",
]
