"""What the literature leads one to expect of grokking on images, and the rules by which a run decides.

A trial is a seed. Leads are those of trainings whose test accuracy rises after they have memorized; others cannot tell.
"""

from functools import partial

import numpy as np
import pandas as pd

from ncbook.claims import read
from ncbook.evidence import SIGN, Evidence
from ncbook.readings import mnist_grokking as reading
from ncbook.readings.coupling import INVERSE
from ncbook.readings.mnist_grokking import COLLAPSE, FEW, LARGE, MANY, RATES, STARTS, TWICE, USUAL, leads
from ncbook.readings.moments import COLLAPSED, FOLLOWS
from ncbook.readings.onset import LATE, SAME_TIME, rescaled_with_onset
from ncbook.runs import Run

LEARNABLE = 0.7  # test accuracy from which on the usual start has learned from these images
SAME = 1.25  # two onsets are the same if they are within this factor
MOST = 0.8  # of the other rules
FALLEN = 2.0  # fold fall of CDNV while memorizing
SHARPER = 10.0  # times kappa
AHEAD = 30.0  # points of test accuracy
_OF_RULES = "of the other rules"


def _delay(run: Run) -> Evidence:
    """A seed whose usual start does not learn the test set cannot tell, nor one that does not memorize."""
    table = reading.delays(run)
    valid = table[[LARGE, USUAL]].notna().all(axis=1) & (table[f"final_{USUAL}"] >= LEARNABLE)
    holds = (table[LARGE] >= LATE) & (table[USUAL] <= SAME_TIME)
    return Evidence.of(table.index, holds, table[LARGE], "times the steps to memorize", valid)


def _inverse(column: str, setting: str, arms: tuple[str, ...], run: Run) -> Evidence:
    found = reading.slope_on(run, column, setting, arms)
    holds = (found + 1).abs() <= INVERSE
    return Evidence.of(found.index, holds, found, f"log-slope of the steps on the {setting}")


def _critical_norm(run: Run) -> Evidence:
    found = reading.slope_on(run, "norm", "factor", STARTS).abs()
    return Evidence.compared(found.index, found, "<=", FOLLOWS, "log-slope of the norm at the onset, without its sign")


def _whatever_the_images(run: Run) -> Evidence:
    times = reading.by_arm(run, "onset", (FEW, MANY)).dropna()
    ratio = np.exp(np.abs(np.log(times[MANY] / times[FEW])))
    return Evidence.compared(ratio.index, ratio, "<=", SAME, "times the onset, or its inverse")


def _collapse_after(run: Run) -> Evidence:
    """The four move together: noise passes as often as one sign. The value is of the first that crosses."""
    found = leads(run)
    first = found[list(COLLAPSE)].max(axis=1, skipna=False)
    return Evidence.compared(found.index, first, "<", 0.0, "steps before the onset, the first of four", chance=SIGN)


def _under_any_rule(measure: str, sign: int, run: Run) -> Evidence:
    """By seed that generalizes, the share of the rules other than the primary one under which the lead has the sign."""
    seeds = leads(run).index
    tables = {str(rule): leads(run, rule=rule)[measure].reindex(seeds) for rule in reading.rules(run.config)[1:]}
    shares = (sign * pd.DataFrame(tables, index=seeds) > 0).mean(axis=1)
    return Evidence.compared(shares.index, shares, ">=", MOST, _OF_RULES, chance=SIGN)


def _flatness_before(run: Run) -> Evidence:
    found = leads(run)
    return Evidence.compared(found.index, found.relative_flatness, ">", 0.0, "steps before the onset", chance=SIGN)


def _flatness_before_norm(run: Run) -> Evidence:
    found = leads(run)
    ahead = found.relative_flatness - found.weight_norm
    return Evidence.compared(found.index, ahead, ">", 0.0, "steps before the norm", chance=SIGN)


def _falls_in_memorizing(run: Run) -> Evidence:
    found = reading.memorizing(run)
    return Evidence.compared(found.index, found.fold, ">=", FALLEN, "fold fall")


def _rescaled_with_onset(run: Run) -> Evidence:
    found = rescaled_with_onset(leads(run))
    return Evidence.of(found.index, found.holds, found.ratio, "times the onset", chance=SIGN)


def _follows(measure: str, run: Run) -> Evidence:
    found = reading.slopes(run, STARTS)
    return Evidence.compared(found.index, found[measure], ">=", FOLLOWS, "log-slope of its crossing on the onset")


def _goes_further(run: Run) -> Evidence:
    """Which of two slopes is nearer to 1."""
    found = reading.slopes(run, STARTS)
    nearer = (found.relative_flatness - 1).abs() - (found.variance_ratio_train - 1).abs()
    return Evidence.compared(found.index, nearer, ">", 0.0, "nearer to a slope of 1", chance=SIGN)


def _equally_accurate(run: Run) -> Evidence:
    found = reading.equally_accurate(run)
    ratio = found.large / found.usual
    return Evidence.compared(found.index, ratio, ">=", SHARPER, "times the kappa of the usual start")


def _untrained_is_flat(run: Run) -> Evidence:
    found = reading.equally_accurate(run)
    ratio = found.untrained / found.end
    return Evidence.compared(ratio.index, ratio, "<", 1.0, "times the kappa at the end", chance=SIGN)


def _before_collapse(run: Run) -> Evidence:
    found = reading.nearly_there(run)
    falls = found[["nc1_train_fall", "cdnv_train_fall", "variance_ratio_train_fall"]].max(axis=1, skipna=False)
    return Evidence.compared(found.index, falls, "<", COLLAPSED, "fold, the largest of three falls")


def _centers_know(run: Run) -> Evidence:
    found = reading.memorizing(run)
    ahead = 100 * (found.ncc_acc_test - found.test_acc)
    return Evidence.compared(found.index, ahead, ">=", AHEAD, "points above the network")


CLAIMS = read(
    __file__,
    {
        "mnist-large-start-delays": _delay,
        "mnist-time-inverse-to-decay": partial(_inverse, "onset", "decay", (LARGE, TWICE)),
        "mnist-time-inverse-to-rate-and-decay": partial(_inverse, "onset", "product", RATES),
        "mnist-generalizes-at-one-norm": _critical_norm,
        "mnist-as-late-with-more-images": _whatever_the_images,
        "mnist-flatness-before-generalization": _flatness_before,
        "mnist-flatness-before-under-any-rule": partial(_under_any_rule, "relative_flatness", 1),
        "mnist-flatness-before-the-norm": _flatness_before_norm,
        "mnist-collapse-after-generalization": _collapse_after,
        "mnist-collapse-after-under-any-rule": partial(_under_any_rule, "variance_ratio_train", -1),
        "mnist-collapse-falls-in-memorizing": _falls_in_memorizing,
        "mnist-rescaled-variability-with-generalization": _rescaled_with_onset,
        "mnist-rescaled-variability-inverse-to-decay": partial(_inverse, "rnc1_train", "decay", (LARGE, TWICE)),
        "mnist-spread-goes-with-the-onset": partial(_follows, "variance_ratio_train"),
        "mnist-flatness-goes-with-the-onset": partial(_follows, "relative_flatness"),
        "mnist-spread-goes-further-than-flatness": _goes_further,
        "mnist-equally-accurate-not-equally-flat": _equally_accurate,
        "mnist-untrained-is-flatter": _untrained_is_flat,
        "mnist-generalizes-before-collapse": _before_collapse,
        "mnist-centers-know-what-the-network-does-not": _centers_know,
    },
)
