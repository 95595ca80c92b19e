"""Numbers of the chapter on corrupted labels."""

import numpy as np

from ncbook.readings import corrupted_labels as reading
from ncbook.readings.corrupted_labels import CE, LONGER, MATCHED, MCR2
from prose._approximately import about
from prose._counts import same
from prose._trials import judged


def _top(run, column):
    """A column of the outcomes at the highest noise, a row a seed and a column an arm."""
    rows = reading.at_top(reading.outcomes(run))
    return rows.pivot(index="seed", columns="arm", values=column)


def _median(run, arm, column="end"):
    return 100 * _top(run, column)[arm].median()


def _schedule(run):
    epochs = run.config["long_epochs"] / run.config["epochs"]
    return epochs, _median(run, CE), _median(run, MATCHED)


def _longer(run):
    end = _top(run, "end")
    left = 100 * (end[LONGER] - end[CE]) / (end[MCR2] - end[CE])
    return about(100 * end[LONGER].median(), 76), left.min(), left.max()


def _half_memorized(run, arm):
    """Median accuracy, in percent, when half of the wrong labels are memorized."""
    rows = reading.at_top(reading.trained(run))
    networks = rows[rows.arm == arm].groupby("seed")
    found = [np.interp(0.5, np.maximum.accumulate(own.wrong_acc_given), own.own_test) for _, own in networks]
    return 100 * np.median(found)


def _at_half(run):
    rates, matched, common = (_half_memorized(run, arm) for arm in (LONGER, MATCHED, CE))
    return about(rates, 90), matched, about(common, 76)


def _stop_over_end(run):
    fold = _top(run, "unit_variance_ratio_train_stop") / _top(run, "unit_variance_ratio_train_end")
    return about(fold[CE].median(), 4)


def _turns(run):
    """The epoch at which the test classes are tightest, with wrong labels."""
    rows = reading.trained(run)
    rows = rows[(rows.arm == CE) & (rows.label_noise > 0)]
    course = rows.pivot_table(index="epoch", columns="label_noise", values="unit_variance_ratio_test", aggfunc="median")
    return same(course.idxmin())


def _dilation(run):
    rows = reading.outcomes(run)
    ratio = rows[rows.arm == CE].pivot(index="seed", columns="label_noise", values="unit_variance_ratio_test_end")
    return (ratio.iloc[:, -1] / ratio.iloc[:, 0]).median()


def _longest(run):
    rows = reading.trained(run)
    return rows[rows.arm == LONGER].epoch.max()


FACTS = {
    "batches of {500}, learning rate {0.01}, {120} epochs": lambda run: [
        run.config[name] for name in ("large_batch", "small_rate", "long_epochs")
    ],
    "{three} times as many epochs bring cross-entropy from {70} % to {82} %": _schedule,
    "We train it {three} times as long": lambda run: run.config["longer"],
    "After {360} epochs it has memorized": _longest,
    "Its accuracy is about {76} %, and {22} to {39} % of its lead": _longer,
    "rate reduction has about {90} %, cross-entropy on the same schedule {86} %, "
    "and cross-entropy in its common setting about {76} %": _at_half,
    "Stopping by a corrupted validation set brings cross-entropy from {70} % to {91} %": lambda run: (
        _median(run, CE),
        _median(run, CE, "stopped"),
    ),
    "training features is about {four} times that of the end": _stop_over_end,
    "a weight decay {twenty} times as strong": lambda run: run.config["strong_decay"] / run.config["weight_decay"],
    "they shrink for {two} epochs and then grow": _turns,
    "passes that rule with six networks in {15} % of the seeds": lambda _: (
        100 * judged("corrupted_labels", "collapse-indicates-no-robustness").chance
    ),
    "variance ratio ends at {fourteen} times that of clean labels": _dilation,
}
GIVEN = ["has 93.9 % on clean labels", "by rate reduction 94.0 %", "they have 72.4 % and 86.6 %"]
