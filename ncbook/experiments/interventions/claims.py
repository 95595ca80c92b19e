"""What Han et al. (2025) say of collapse and flatness, and the rules by which a run of `interventions` decides.

A trial is a training, and its seed counts once. Only seeds whose baseline generalizes within its steps can tell of a
delay. A training that does not generalize within its own is later than they are, inf as a time, if these are enough to
call it late; if they are not, it cannot tell.
"""

from functools import partial

import numpy as np
import pandas as pd

from ncbook.claims import read
from ncbook.evidence import SIGN, Evidence, correlation_chance
from ncbook.readings.interventions import (
    CONTROLS,
    against_baseline,
    at_step,
    by_arm,
    change_correlations,
    delays,
    rising,
)
from ncbook.runs import Run

DELAY = 1.25  # times the baseline's steps
EQUAL = 0.01  # of test accuracy
STRONG = 0.7  # a rank correlation
SHARP = 10.0  # times the baseline's kappa
_TIMES = "times the baseline's steps"
_KAPPA = "times the baseline's kappa"
_SAME = ("baseline_schedule", "anti_kept", "kept_schedule")  # arms that are the same as another before the release


def _times(run: Run) -> pd.DataFrame:
    """Steps to generalize over the baseline's, a row a seed whose baseline does; inf for later, nan where unknown."""
    least, reached = delays(run), np.isfinite(by_arm(run, "generalized"))
    late = least.where(least < DELAY, np.inf).where(least >= DELAY)  # of those that do not get there
    times: pd.DataFrame = least.where(reached.loc[least.index], late)
    return times


def _prevented(run: Run) -> pd.Series:
    """Seeds that can tell: the baseline generalizes, and beside it the classes spread as wide as they lie apart."""
    return (by_arm(run, "final_ratio").prevented >= 1) & np.isfinite(by_arm(run, "generalized").baseline)


def _as_accurate(run: Run) -> Evidence:
    accuracy = by_arm(run, "final_acc")
    return _points(accuracy.prevented - accuracy.baseline, _prevented(run))


def _encouraged(run: Run) -> pd.Series:
    """Seeds that can tell: the baseline generalizes, and at the other arm's last step is the less collapsed."""
    ratios = at_step(run, "variance_ratio_train", _last(run))
    return (ratios.encouraged < ratios.baseline) & np.isfinite(by_arm(run, "generalized").baseline)


def _last(run: Run) -> float:
    """The last step that both the baseline and the arm in which collapse is encouraged have."""
    return float(by_arm(run, "last")[["baseline", "encouraged"]].min(axis=None))


def _encouraged_as_accurate(run: Run) -> Evidence:
    accuracy = by_arm(run, "final_acc")
    return _points(accuracy.encouraged - accuracy.baseline, _encouraged(run))


def _points(gain: pd.Series, valid: pd.Series) -> Evidence:
    unit = "points of test accuracy against the baseline, at the end"
    return Evidence.compared(gain.index, 100 * gain, ">=", -100 * EQUAL, unit, valid)


def _as_soon(run: Run) -> Evidence:
    times = _times(run).prevented
    return Evidence.compared(times.index, times, "<=", DELAY, _TIMES, _prevented(run).loc[times.index])


def _encouraged_sooner(run: Run) -> Evidence:
    """An arm that is not there within its steps is later than the baseline only if it had as many."""
    least, reached = delays(run).encouraged, np.isfinite(by_arm(run, "generalized").encouraged)
    valid = _encouraged(run).loc[least.index] & (reached.loc[least.index] | (least >= 1))
    return Evidence.compared(least.index, least, "<", 1.0, _TIMES, valid, chance=SIGN)


def _delayed(run: Run) -> Evidence:
    times = _times(run).anti_released
    return Evidence.compared(times.index, times, ">=", DELAY, _TIMES)


def _recovers(run: Run) -> Evidence:
    """Of the seeds that are delayed. One whose accuracy still rises when its steps end cannot tell."""
    steps, times = by_arm(run, "generalized").anti_released, _times(run).anti_released
    reached = np.isfinite(steps)
    late = times.reindex(steps.index) >= DELAY
    accuracy = 100 * by_arm(run, "final_acc").anti_released
    valid = late & (reached | ~rising(run, "anti_released").reindex(steps.index))
    return Evidence.of(steps.index, reached, accuracy, "% test accuracy at the end", valid)


def _specific(run: Run) -> Evidence:
    """Only seeds with a delay to attribute can tell, and none in which a control's steps are too few to be late."""
    times = _times(run)
    controls = times[list(CONTROLS)]
    largest = controls.max(axis=1)  # without those that are unknown
    known = controls.notna().all(axis=1) | (largest >= DELAY)
    valid = (times.anti_released >= DELAY) & known
    return Evidence.compared(
        times.index, largest, "<", DELAY, "times the baseline's steps, in the slowest control", valid
    )


def _flat_when_general(column: str, run: Run) -> Evidence:
    """The worst training of a seed, since one is enough to refute what is necessary; without any it cannot tell."""
    found = against_baseline(run)
    found = found[~found.arm.isin(["baseline", "baseline_schedule"])]
    worst = found.groupby("seed")[column].max().reindex(run.config["seeds"])
    return Evidence.compared(worst.index, worst, "<=", SHARP, f"{_KAPPA}, in the sharpest")


def _collapsed_is_flat(column: str, run: Run) -> Evidence:
    """A sign, where the arm in which collapse is encouraged generalizes and is the more collapsed."""
    found = against_baseline(run)
    found = found[found.arm == "encouraged"]
    return Evidence.compared(found.seed, found[column], "<", 1.0, _KAPPA, found.tighter, chance=SIGN)


def _goes_with_accuracy(run: Run) -> Evidence:
    """Over the arms of a seed that differ, at the last step that all of them have."""
    step = float(by_arm(run, "last").min(axis=None))
    collapse, accuracy = (at_step(run, name, step).drop(columns=list(_SAME)) for name in ("cdnv_train", "test_acc"))
    found = -collapse.corrwith(accuracy, axis=1, method="spearman")
    chance = correlation_chance(collapse.shape[1], STRONG)
    unit = "rank correlation of collapse and test accuracy"
    return Evidence.compared(found.index, found, ">=", STRONG, unit, chance=chance)


def _follows_loss(run: Run) -> Evidence:
    """Of changes from probe to probe, since two curves that fall are correlated whatever they are."""
    found = change_correlations(run)
    points = int(found.points.min()) if len(found) else 2
    chance = correlation_chance(points, STRONG)
    return Evidence.compared(found.index, found.correlation, ">=", STRONG, "rank correlation", chance=chance)


CLAIMS = read(
    __file__,
    {
        "collapse-prevented-as-accurate": _as_accurate,
        "collapse-prevented-as-soon": _as_soon,
        "collapse-encouraged-as-accurate": _encouraged_as_accurate,
        "collapse-encouraged-sooner": _encouraged_sooner,
        "collapse-goes-with-accuracy": _goes_with_accuracy,
        "anti-flatness-delays": _delayed,
        "anti-flatness-released-generalizes": _recovers,
        "delay-specific-to-flatness": _specific,
        "flat-when-it-generalizes": partial(_flat_when_general, "at_step"),
        "flat-when-it-generalizes-at-equal-loss": partial(_flat_when_general, "at_loss"),
        "collapsed-is-flat": partial(_collapsed_is_flat, "at_step"),
        "collapsed-is-flat-at-equal-loss": partial(_collapsed_is_flat, "at_loss"),
        "confidence-makes-flat": _follows_loss,
    },
)
