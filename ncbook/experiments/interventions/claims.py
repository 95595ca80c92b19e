"""What Han et al. (2025) say of collapse and flatness, and the rules by which a run of `interventions` decides.

A training that does not generalize within its steps enters a ratio of times with its last step, a lower bound.
"""

import numpy as np
import pandas as pd

from ncbook.claims import Evidence, read
from ncbook.readings.interventions import CONTROLS, by_arm, delays, loss_correlations, outcomes
from ncbook.runs import Run

DELAY = 1.25  # times the baseline's steps


def _prevented(run: Run) -> pd.Series:
    """Seeds that can tell: the baseline generalizes, and beside it the classes spread as wide as they lie apart."""
    return (by_arm(run, "final_ratio").prevented >= 1) & np.isfinite(by_arm(run, "generalized").baseline)


def _as_accurate(run: Run) -> Evidence:
    accuracy = by_arm(run, "final_acc")[_prevented(run)]
    return Evidence.of(
        accuracy.prevented >= accuracy.baseline - 0.01, 100 * accuracy.prevented, "% test accuracy at the end"
    )


def _as_soon(run: Run) -> Evidence:
    ratios = delays(run)
    ratios = ratios[_prevented(run).loc[ratios.index]]
    return Evidence.of(ratios.prevented <= DELAY, ratios.prevented, "times the baseline's steps, or more")


def _delayed(run: Run) -> Evidence:
    """Delayed, and then released: it does generalize in the end."""
    reached = np.isfinite(by_arm(run, "generalized").anti_released)
    ratios = delays(run).anti_released
    return Evidence.of((ratios >= DELAY) & reached.loc[ratios.index], ratios, "times the baseline's steps, or more")


def _specific(run: Run) -> Evidence:
    """Only seeds with a delay to attribute can tell."""
    ratios = delays(run)
    ratios = ratios[ratios.anti_released >= DELAY]
    largest = ratios[list(CONTROLS)].max(axis=1)
    return Evidence.of(largest < DELAY, largest, "times the baseline's steps in the slowest control, or more")


def _flat_when_general(run: Run) -> Evidence:
    table = outcomes(run)
    kappa = table[np.isfinite(table.generalized)].set_index("arm").relative_flatness
    usual = kappa[kappa.index == "baseline"]
    others = kappa[~kappa.index.isin(["baseline", "baseline_schedule"])]
    if usual.empty:
        return Evidence((), (), "times the baseline's kappa")
    return Evidence.of(others <= 10 * usual.max(), others / usual.median(), "times the baseline's kappa")


def _collapsed_is_flat(run: Run) -> Evidence:
    kappa, ratio = by_arm(run, "relative_flatness"), by_arm(run, "variance_ratio_train")
    tighter = ratio.encouraged < ratio.baseline
    kappa = kappa[tighter]
    return Evidence.of(
        kappa.encouraged <= kappa.baseline, kappa.encouraged / kappa.baseline, "times the baseline's kappa"
    )


def _follows_loss(run: Run) -> Evidence:
    values = loss_correlations(run).dropna()
    return Evidence.of(values >= 0.95, values, "correlation")


CLAIMS = read(
    __file__,
    {
        "collapse-prevented-as-accurate": _as_accurate,
        "collapse-prevented-as-soon": _as_soon,
        "anti-flatness-delays": _delayed,
        "delay-specific-to-flatness": _specific,
        "flat-when-it-generalizes": _flat_when_general,
        "collapsed-is-flat": _collapsed_is_flat,
        "confidence-makes-flat": _follows_loss,
    },
)
