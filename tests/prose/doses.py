"""Numbers of the chapter on doses."""

import math

from ncbook.readings import doses as reading
from prose._trials import load


def _shared(run):
    """Percent of the pairs to train on."""
    return 100 * run.config["fraction"]


def _second_delays(_):
    """Of the second run, the median delay at the three highest doses of kappa."""
    table = reading.against_baseline(load("doses"))
    medians = table[(table.kind == "kappa") & (table.level >= 100)].groupby("level").times.median()
    return tuple(round(value, 2) for value in medians)


def _mean_at_the_strongest(run):
    """Mean test accuracy at the strongest dose, in percent, up to the next multiple of five."""
    table = reading.outcomes(run)
    mean = table[(table.kind == "kappa") & (table.level == 1e4)].accuracy.mean()
    return 5 * math.ceil(20 * mean)


FACTS = {
    "modulo 29 once more, now with {70} % of the pairs": _shared,
    "in the median {1.38} times the steps of the twin at 100, {1.69} times at 1,000 and {2.36} times at 10,000": (
        _second_delays
    ),
    "the mean test accuracy is below {80} % at step 1500": _mean_at_the_strongest,
}
GIVEN = [
    "reaches 99 % test accuracy, and its twin",
    "a test accuracy of 99 %",
    "matched in one of the two",
    "1,700 steps at the full rate and 400 more",
]
