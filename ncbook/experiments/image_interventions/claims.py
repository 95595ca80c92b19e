"""What Han et al. (2025) say of collapse and flatness on images, and the rules by which a run here decides.

A trial is a seed of a task, and no seed is in two tasks. The tasks and strengths were chosen so that the push against
flatness costs accuracy: what is judged is judged at these settings, and some of it once more in a sweep around them,
where a seed is in all tasks.
"""

from functools import partial

import pandas as pd

from ncbook.claims import not_tested, read
from ncbook.evidence import SIGN, Evidence
from ncbook.readings._rows import seeds
from ncbook.readings.image_interventions import (
    CONTROLS,
    DECAYED,
    UNSURE,
    by_arm,
    by_strength,
    encouraged_at_equal_loss,
    fitted,
    gains,
    graded_gains,
    held,
    losses,
    raised,
)
from ncbook.runs import Run

LOSS = 5.0  # points of test accuracy that count as a loss
CLOSE = 1.0  # points of test accuracy that do not
HELD = 2.0  # times the baseline's R from which on collapse is prevented
RAISED = 1.1  # times the baseline's R from which on there is a push that augmentation could weaken
FALL = 10.0  # times by which kappa falls where a network becomes flat
PART = 0.5  # of what a sharp network has, or loses: from which on another has as much, up to which it loses less
LAST_BY_LUCK = 1 / (1 + len(CONTROLS))  # how often noise has the sharp network behind all controls
_AGAINST = "points of accuracy against the baseline, at the end"
_RELEASED = "points of accuracy against the baseline, at the release"
_BELOW = "points of accuracy below the baseline"


def _lowered(run: Run) -> pd.Series:
    """Trials in which anti-flatness costs accuracy at the release, with the training images fitted."""
    return fitted(run) & (100 * losses(run).anti_released >= LOSS)


def _encouraged_as_accurate(run: Run) -> Evidence:
    ratio = by_arm(run, "final_variance_ratio_train")
    gain = 100 * gains(run, "final").encouraged
    return Evidence.compared(seeds(gain), gain, ">=", -CLOSE, _AGAINST, ratio.encouraged < ratio.baseline)


def _flatter_no_better(run: Run) -> Evidence:
    kappa = by_arm(run, "final_relative_flatness")
    gain = 100 * gains(run, "final").flatter
    return Evidence.compared(seeds(gain), gain, "<=", CLOSE, _AGAINST, kappa.flatter < kappa.baseline)


def _costs_accuracy(run: Run) -> Evidence:
    lost = 100 * losses(run).anti_released
    return Evidence.compared(seeds(lost), lost, ">=", LOSS, _BELOW, fitted(run))


def _recovers(run: Run) -> Evidence:
    gain = 100 * gains(run, "final").released_schedule
    return Evidence.compared(seeds(gain), gain, ">=", -CLOSE, _AGAINST, _lowered(run))


def _needs_release(run: Run) -> Evidence:
    accuracy = 100 * by_arm(run, "final_test_acc")
    behind = accuracy.released_schedule - accuracy.kept_schedule
    unit = "points of accuracy between released and kept"
    return Evidence.compared(seeds(behind), behind, ">=", LOSS, unit, _lowered(run))


def _kappa_falls(run: Run) -> Evidence:
    before, after = (by_arm(run, f"{when}_relative_flatness").released_schedule for when in ("release", "final"))
    fall = before / after
    return Evidence.compared(seeds(fall), fall, ">=", FALL, "fold fall", _lowered(run))


def _specific(run: Run) -> Evidence:
    lost = 100 * losses(run)
    largest = lost[[arm for arm in UNSURE if arm in lost]].max(axis=1)
    unit = "points of accuracy below the baseline, in the worst control"
    return Evidence.compared(seeds(largest), largest, "<", LOSS, unit, _lowered(run))


def _sharp_is_inaccurate(run: Run) -> Evidence:
    bound = by_arm(run, "release_unit_flatness_bound")
    as_sharp = bound.anti_pinned >= 0.9 * bound.anti_released
    lost = 100 * losses(run).anti_pinned
    return Evidence.compared(seeds(lost), lost, ">=", LOSS, _BELOW, _lowered(run) & as_sharp)


def _prevented_as_accurate(run: Run) -> Evidence:
    ratio = by_strength(run, "final_variance_ratio_train")
    gain = 100 * graded_gains(run, "final").prevented
    return Evidence.compared(seeds(gain), gain, ">=", -CLOSE, _AGAINST, ratio.prevented >= HELD * ratio.baseline)


def _damaged(run: Run) -> pd.Series:
    """Strengths and seeds at which the push on kappa costs accuracy at the release."""
    return 100 * graded_gains(run, "release").sharp <= -LOSS


def _recovers_at_strengths(run: Run) -> Evidence:
    gain = 100 * graded_gains(run, "final").sharp
    return Evidence.compared(seeds(gain), gain, ">=", -CLOSE, _AGAINST, _damaged(run))


def _goes_with_step_size(run: Run) -> Evidence:
    gain, kappa = graded_gains(run, "release"), by_strength(run, "release_relative_flatness")
    share = (gain.sharp_decayed / gain.sharp).where(_damaged(run))
    as_sharp = kappa.sharp_decayed >= PART * kappa.sharp
    unit = "of the loss of accuracy, left with the rate decayed"
    return Evidence.compared(seeds(share), share, "<=", PART, unit, _damaged(run) & as_sharp)


def _costs_at_most_a_point(run: Run, arm: str) -> Evidence:
    """Where the control has as much of what it holds up as the network with a high kappa."""
    gain = 100 * graded_gains(run, "release")[arm]
    return Evidence.compared(seeds(gain), gain, ">=", -CLOSE, _RELEASED, held(run)[arm] >= 1)


def _costs_less_than_half(run: Run, arm: str) -> Evidence:
    """Where the training loss is as high as that of the network with a high kappa, and that one loses five points."""
    gain, loss = graded_gains(run, "release"), by_strength(run, "release_train_loss")
    share = (gain[arm] / gain.sharp).where(_damaged(run))
    valid = _damaged(run) & (loss[arm] >= PART * loss.sharp)
    return Evidence.compared(seeds(share), share, "<=", PART, "of what the sharp network loses", valid)


def _rest_for_kappa(run: Run) -> Evidence:
    gain, as_high = 100 * graded_gains(run, "release").filter(like=DECAYED), held(run)
    controls = [f"{arm}{DECAYED}" for arm in CONTROLS]
    behind = gain[f"sharp{DECAYED}"] - gain[controls].min(axis=1)
    valid = (as_high[controls] >= PART).all(axis=1)
    unit = "points of accuracy against the worst control, with the rate decayed"
    return Evidence.compared(seeds(behind), behind, "<", 0.0, unit, valid, LAST_BY_LUCK)


def _as_accurate_at_equal_loss(run: Run) -> Evidence:
    found = encouraged_at_equal_loss(run)
    gain = 100 * found.gain
    unit = "points of accuracy against the baseline, at equal training loss"
    return Evidence.compared(seeds(gain), gain, ">=", -CLOSE, unit, found.ratio < 1)


def _weakened(run: Run, column: str = "augmented", at: str = "") -> Evidence:
    found = raised(run)
    ratio = found[column] / found.plain
    unit = f"times the rise of R, with shifted images{at}"
    return Evidence.compared(seeds(ratio), ratio, "<", 1.0, unit, found.plain >= RAISED, SIGN)


CLAIMS = read(
    __file__,
    {
        "images-prevented-as-accurate": not_tested,
        "images-augmentation-weakens-the-push": _weakened,
        "images-augmentation-weakens-at-equal-loss": partial(
            _weakened, column="at_equal_loss", at=", at an equal ratio to the reached loss"
        ),
        "images-prevented-as-accurate-at-strengths": _prevented_as_accurate,
        "images-kappa-recovers-at-strengths": _recovers_at_strengths,
        "images-damage-goes-with-step-size": _goes_with_step_size,
        "images-encouraged-as-accurate-at-equal-loss": _as_accurate_at_equal_loss,
        "images-low-confidence-costs-little": partial(_costs_at_most_a_point, arm="unsure"),
        "images-low-confidence-costs-little-decayed": partial(_costs_at_most_a_point, arm="unsure_decayed"),
        "images-norms-cost-little-decayed": partial(_costs_at_most_a_point, arm="long_decayed"),
        "images-train-loss-costs-less-than-half": partial(_costs_less_than_half, arm="flooded"),
        "images-loss-of-confidence-costs-less-than-half": partial(_costs_less_than_half, arm="unsure"),
        "images-rest-for-kappa": _rest_for_kappa,
        "images-encouraged-as-accurate": _encouraged_as_accurate,
        "images-flatter-no-better": _flatter_no_better,
        "images-anti-flatness-costs-accuracy": _costs_accuracy,
        "images-released-recovers": _recovers,
        "images-recovery-needs-release": _needs_release,
        "images-kappa-falls": _kappa_falls,
        "images-loss-specific-to-flatness": _specific,
        "images-sharp-is-inaccurate": _sharp_is_inaccurate,
    },
)
