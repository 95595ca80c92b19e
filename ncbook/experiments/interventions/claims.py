"""What Han et al. (2025) say of collapse and flatness, and the rules by which a run of `interventions` decides.

A training that does not generalize within its steps enters a ratio of times with its last step, a lower bound.
"""

import numpy as np
import pandas as pd

from ncbook.claims import Claim, Evidence
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


CLAIMS = (
    Claim(
        id="collapse-prevented-as-accurate",
        source="han2025flatness",
        where="sections 1 and 4, figures 2 and 3",
        statement="A network whose features are kept from collapsing generalizes as well as one that is left alone.",
        rule="Per seed whose baseline generalizes and whose within-class variance ends at least as large as the "
        "between-class one: test accuracy at the end is at most one point below the baseline's.",
        control="The baseline from the same weights and split, which collapses.",
        judge=_as_accurate,
        cell="fig-times",
        theirs="collapse-prevented-accuracy",
    ),
    Claim(
        id="collapse-prevented-as-soon",
        source="han2025flatness",
        where="sections 1 and 4, figures 2 and 3",
        statement="A network whose features are kept from collapsing generalizes no later than one that is left alone.",
        rule="Per seed whose baseline generalizes and whose within-class variance ends at least as large as the "
        "between-class one: steps to 99 % test accuracy are at most 1.25 times the baseline's.",
        control="The baseline from the same weights and split; an arm in which collapse is encouraged.",
        judge=_as_soon,
        cell="fig-times",
    ),
    Claim(
        id="anti-flatness-delays",
        source="han2025flatness",
        where="sections 1 and 6, figure 4",
        statement="Pushed away from flat solutions, a network generalizes late; released, it does generalize.",
        rule="Per seed: steps to 99 % test accuracy are at least 1.25 times the baseline's, and it gets there "
        "within its steps. Learning rate and weight decay stay as they are at the release.",
        control="The baseline from the same weights and split; the same with the regularizer kept on.",
        judge=_delayed,
        cell="fig-times",
        theirs="anti-flatness-accuracy",
    ),
    Claim(
        id="delay-specific-to-flatness",
        source="han2025flatness",
        where="sections 1 and 6",
        statement="It is the missing flatness that delays, and nothing else that the regularizer does.",
        rule="Per seed that the anti-flatness arm delays: none of the controls takes 1.25 times the baseline's steps.",
        control="Large norms alone; low confidence alone, with a capped head; the same train loss, by flooding; "
        "label smoothing.",
        judge=_specific,
        cell="fig-times",
    ),
    Claim(
        id="flat-when-it-generalizes",
        source="han2025flatness",
        where="section 6",
        statement="Flatness is necessary: a network that generalizes has a small relative flatness.",
        rule="Per training of an arm that changes loss or regularizer, at its first probe with 99 % test accuracy: "
        "kappa is at most ten times the largest that the baseline has at its own.",
        control="kappa of the baseline at the same test accuracy.",
        judge=_flat_when_general,
        cell="fig-kappa-then",
    ),
    Claim(
        id="collapsed-is-flat",
        source="han2025flatness",
        where="section 5, proposition 5.3",
        statement="Neural collapse implies a small relative flatness.",
        rule="Per seed, where both arms first have 99 % test accuracy and the arm in which collapse is encouraged is "
        "the more collapsed: its kappa is no larger than the baseline's.",
        control="The baseline at the same test accuracy. The proposition is about growing confidence.",
        judge=_collapsed_is_flat,
        cell="fig-kappa-then",
    ),
    Claim(
        id="confidence-makes-flat",
        source="han2025flatness",
        where="appendix A",
        statement="What makes a trained network flat is the confidence that training on the cross-entropy brings.",
        rule="Per seed of the baseline, over the probes after memorization: the correlation of log kappa and log "
        "train loss is at least 0.95.",
        control="Arms in which the loss cannot fall: flooding and label smoothing.",
        judge=_follows_loss,
        cell="fig-kappa-loss",
    ),
)
