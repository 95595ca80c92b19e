"""What Han et al. (2025) say of collapse and flatness on images, and the rules by which a run here decides.

A trial is a seed of a task. Each rule counts only those trials that can tell, as its words say.
"""

import pandas as pd

from ncbook.claims import Claim, Evidence
from ncbook.readings.image_interventions import UNSURE, by_arm, fitted, gains, losses
from ncbook.runs import Run

LOSS = 0.05  # of test accuracy that counts as a loss
CLOSE = 0.01  # of test accuracy that does not


def _lowered(run: Run) -> pd.Series:
    """Trials in which anti-flatness costs accuracy at the release, with the training images fitted."""
    return fitted(run) & (losses(run).anti_released >= LOSS)


def _prevented_as_accurate(run: Run) -> Evidence:
    gain = gains(run, "final").prevented[by_arm(run, "final_variance_ratio_train").prevented >= 1]
    return Evidence.of(gain >= -CLOSE, 100 * gain, "points of accuracy against the baseline")


def _flatter_no_better(run: Run) -> Evidence:
    kappa = by_arm(run, "final_relative_flatness")
    gain = gains(run, "final").flatter[kappa.flatter < kappa.baseline]
    return Evidence.of(gain <= CLOSE, 100 * gain, "points of accuracy against the baseline")


def _costs_accuracy(run: Run) -> Evidence:
    lost = losses(run).anti_released[fitted(run)]
    return Evidence.of(lost >= LOSS, 100 * lost, "points of accuracy below the baseline")


def _recovers(run: Run) -> Evidence:
    gain = gains(run, "final").released_schedule[_lowered(run)]
    return Evidence.of(gain >= -CLOSE, 100 * gain, "points of accuracy against the baseline, at the end")


def _needs_release(run: Run) -> Evidence:
    accuracy = by_arm(run, "final_test_acc")[_lowered(run)]
    behind = accuracy.released_schedule - accuracy.kept_schedule
    return Evidence.of(behind >= LOSS, 100 * behind, "points of accuracy between released and kept")


def _kappa_falls(run: Run) -> Evidence:
    before, after = (by_arm(run, f"{when}_relative_flatness").released_schedule for when in ("release", "final"))
    fall = (before / after)[_lowered(run)]
    return Evidence.of(fall >= 10, fall, "fold fall")


def _specific(run: Run) -> Evidence:
    lost = losses(run)[_lowered(run)]
    largest = lost[[arm for arm in UNSURE if arm in lost]].max(axis=1)
    return Evidence.of(largest < LOSS, 100 * largest, "points of accuracy below the baseline, in the worst control")


def _sharp_is_inaccurate(run: Run) -> Evidence:
    bound = by_arm(run, "release_unit_flatness_bound")
    as_sharp = bound.anti_pinned >= 0.9 * bound.anti_released
    lost = losses(run).anti_pinned[_lowered(run) & as_sharp]
    return Evidence.of(lost >= LOSS, 100 * lost, "points of accuracy below the baseline")


_TELLS = (
    "Per seed of a task in which anti-flatness costs at least five points at the release, with at least 95 % of the "
    "training images right: "
)
CLAIMS = (
    Claim(
        id="images-prevented-as-accurate",
        source="han2025flatness",
        where="sections 1 and 4, figures 2 and 3",
        statement="On images, a network whose features are kept from collapsing generalizes as well as one left alone.",
        rule="Per seed in which the within-class variance ends at least as large as the between-class one: test "
        "accuracy at the end is at most one point below the baseline's.",
        control="The baseline from the same weights and batches, which collapses further; an arm in which collapse "
        "is encouraged.",
        judge=_prevented_as_accurate,
        cell="fig-accuracy",
        theirs="collapse-prevented-accuracy",
    ),
    Claim(
        id="images-flatter-no-better",
        source="han2025flatness",
        where="sections 6 and 7",
        statement="Pushed towards flat solutions, a network generalizes no better.",
        rule="Per seed in which the push leaves a smaller kappa than the baseline's: test accuracy at the end is at "
        "most one point above the baseline's.",
        control="The baseline; the same regularizer with the opposite sign.",
        judge=_flatter_no_better,
        cell="fig-accuracy",
    ),
    Claim(
        id="images-anti-flatness-costs-accuracy",
        source="han2025flatness",
        where="section 6, figure 4",
        statement="Pushed away from flat solutions, a network that fits its training images generalizes worse.",
        rule="Per seed of a task in which at least 95 % of the training images are right at the release: test "
        "accuracy is then at least five points below the baseline's.",
        control="The baseline from the same weights and batches.",
        judge=_costs_accuracy,
        cell="fig-accuracy",
        theirs="anti-flatness-accuracy",
    ),
    Claim(
        id="images-released-recovers",
        source="han2025flatness",
        where="section 6, figure 4",
        statement="Released, with the paper's schedule, it generalizes as well as a network that was never pushed.",
        rule=_TELLS + "released with that schedule, its test accuracy at the end is at most one point below the "
        "baseline's.",
        control="The baseline; a release without the schedule.",
        judge=_recovers,
        cell="fig-accuracy",
        theirs="anti-flatness-accuracy",
    ),
    Claim(
        id="images-recovery-needs-release",
        source="han2025flatness",
        where="section 6",
        statement="It is the release that lets it recover.",
        rule=_TELLS + "kept on with the same schedule, it ends at least five points below the one released.",
        control="The regularizer kept on, with the learning rate, cosine and weight decay that the released network "
        "gets.",
        judge=_needs_release,
        cell="fig-release",
    ),
    Claim(
        id="images-kappa-falls",
        source="han2025flatness",
        where="section 6",
        statement="Released, the network moves to a flat solution.",
        rule=_TELLS + "kappa, exact and in one convention throughout, falls at least tenfold from the release to the "
        "end.",
        control="The regularizer kept on, with the same schedule.",
        judge=_kappa_falls,
        cell="fig-release",
        theirs="anti-flatness-kappa",
    ),
    Claim(
        id="images-loss-specific-to-flatness",
        source="han2025flatness",
        where="sections 1 and 6",
        statement="It is the missing flatness that costs accuracy, and not the missing confidence that comes with it.",
        rule=_TELLS + "no control of low confidence, with a small head, costs five points.",
        control="A confidence penalty as strong, with the same cap but no push on the norm; on the digits also "
        "flooding at about the same train loss, and label smoothing.",
        judge=_specific,
        cell="fig-sharpness",
    ),
    Claim(
        id="images-sharp-is-inaccurate",
        source="han2025flatness",
        where="sections 1 and 6",
        statement="A network as sharp as one that was pushed away from flatness generalizes as badly.",
        rule=_TELLS + "the same regularizer on a network whose head starts at the cap, where it reaches at least 90 "
        "% of the value, costs at least five points too.",
        control="The starting norm is all that differs; a head that starts at the cap without the regularizer.",
        judge=_sharp_is_inaccurate,
        cell="fig-sharpness",
    ),
)
