"""What Han et al. (2025) say of collapse and flatness on images, and the rules by which a run here decides.

A trial is a seed of a task. Each rule counts only those trials that can tell, as its words say.
"""

import pandas as pd

from ncbook.claims import Evidence, read
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
CLAIMS = read(
    __file__,
    {
        "images-prevented-as-accurate": _prevented_as_accurate,
        "images-flatter-no-better": _flatter_no_better,
        "images-anti-flatness-costs-accuracy": _costs_accuracy,
        "images-released-recovers": _recovers,
        "images-recovery-needs-release": _needs_release,
        "images-kappa-falls": _kappa_falls,
        "images-loss-specific-to-flatness": _specific,
        "images-sharp-is-inaccurate": _sharp_is_inaccurate,
    },
)
