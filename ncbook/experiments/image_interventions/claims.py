"""What Han et al. (2025) say of collapse and flatness on images, and the rules by which a run here decides.

A trial is a seed of a task. Each rule counts only those trials that can tell, as its words say.
"""

import pandas as pd

from ncbook.claims import Claim, Evidence
from ncbook.experiments.image_interventions.outcomes import by_arm
from ncbook.runs import Run

LOSS = 0.05  # of validation accuracy that counts as a loss
CLOSE = 0.01  # of validation accuracy that does not
UNSURE = ("confidence", "flooding", "smoothing")


def losses(run: Run) -> pd.DataFrame:
    """Validation accuracy of the baseline minus that of each arm, both at the release; a row a task and seed."""
    accuracy = by_arm(run, "release_val_acc")
    return (-accuracy).add(accuracy.baseline, axis=0)


def _lowered(run: Run) -> pd.Series:
    """Trials in which anti-flatness costs accuracy at the release, with the training images fitted."""
    fitted = by_arm(run, "release_train_acc").anti_released >= 0.95
    return fitted & (losses(run).anti_released >= LOSS)


def _prevented_as_accurate(run: Run) -> Evidence:
    accuracy = by_arm(run, "final_val_acc")[by_arm(run, "final_variance_ratio_train").prevented >= 1]
    return Evidence.of(
        accuracy.prevented >= accuracy.baseline - CLOSE, 100 * (accuracy.prevented - accuracy.baseline),
        "points of accuracy against the baseline",
    )  # fmt: skip


def _flatter_no_better(run: Run) -> Evidence:
    kappa = by_arm(run, "final_kappa")
    accuracy = by_arm(run, "final_val_acc")[kappa.flatter < kappa.baseline]
    gain = accuracy.flatter - accuracy.baseline
    return Evidence.of(gain <= CLOSE, 100 * gain, "points of accuracy against the baseline")


def _costs_accuracy(run: Run) -> Evidence:
    lost = losses(run)[by_arm(run, "release_train_acc").anti_released >= 0.95].anti_released
    return Evidence.of(lost >= LOSS, 100 * lost, "points of accuracy below the baseline")


def _recovers(run: Run) -> Evidence:
    accuracy = by_arm(run, "final_val_acc")[_lowered(run)]
    gain = accuracy.released_schedule - accuracy.baseline
    return Evidence.of(gain >= -CLOSE, 100 * gain, "points of accuracy against the baseline, at the end")


def _needs_release(run: Run) -> Evidence:
    accuracy = by_arm(run, "final_val_acc")[_lowered(run)]
    behind = accuracy.released_schedule - accuracy.kept_schedule
    return Evidence.of(behind >= LOSS, 100 * behind, "points of accuracy between released and kept")


def _kappa_falls(run: Run) -> Evidence:
    before, after = (by_arm(run, f"{when}_kappa").released_schedule for when in ("release", "final"))
    fall = (before / after)[_lowered(run)]
    return Evidence.of(fall >= 10, fall, "fold fall")


def _specific(run: Run) -> Evidence:
    lost = losses(run)[_lowered(run)]
    largest = lost[[arm for arm in UNSURE if arm in lost]].max(axis=1)
    return Evidence.of(largest < LOSS, 100 * largest, "points of accuracy below the baseline, in the worst control")


def _sharp_is_inaccurate(run: Run) -> Evidence:
    paper = by_arm(run, "release_paper_kappa")
    as_sharp = paper.anti_pinned >= 0.9 * paper.anti_released
    lost = losses(run).anti_pinned[_lowered(run) & as_sharp]
    return Evidence.of(lost >= LOSS, 100 * lost, "points of accuracy below the baseline")


def _claim(name: str, where: str, statement: str, rule: str, control: str, judge, cell: str, theirs=None) -> Claim:
    return Claim(
        id=name, source="han2025flatness", where=where, statement=statement, rule=rule, control=control, judge=judge,
        cell=cell, theirs=theirs,
    )  # fmt: skip


_TELLS = "Per seed of a task in which anti-flatness costs at least five points at the release, with at least 95 % of "
_TELLS += "the training images right: "

CLAIMS = (
    _claim(
        "images-prevented-as-accurate",
        "sections 1 and 4, figures 2 and 3",
        "On images, a network whose features are kept from collapsing generalizes as well as one left alone.",
        "Per seed in which the within-class variance ends at least as large as the between-class one: validation "
        "accuracy at the end is at most one point below the baseline's.",
        "The baseline from the same weights and batches, which collapses further; an arm in which collapse is "
        "encouraged.",
        _prevented_as_accurate,
        "fig-accuracy",
        "collapse-prevented-accuracy",
    ),
    _claim(
        "images-flatter-no-better",
        "sections 6 and 7",
        "Pushed towards flat solutions, a network generalizes no better.",
        "Per seed in which the push leaves a smaller kappa than the baseline's: validation accuracy at the end is at "
        "most one point above the baseline's.",
        "The baseline; the same regularizer with the opposite sign.",
        _flatter_no_better,
        "fig-accuracy",
    ),
    _claim(
        "images-anti-flatness-costs-accuracy",
        "section 6, figure 4",
        "Pushed away from flat solutions, a network that fits its training images generalizes worse.",
        "Per seed of a task in which at least 95 % of the training images are right at the release: validation "
        "accuracy is then at least five points below the baseline's.",
        "The baseline from the same weights and batches.",
        _costs_accuracy,
        "fig-accuracy",
        "anti-flatness-accuracy",
    ),
    _claim(
        "images-released-recovers",
        "section 6, figure 4",
        "Released, with the paper's schedule, it generalizes as well as a network that was never pushed.",
        _TELLS + "released with that schedule, its validation accuracy at the end is at most one point below the "
        "baseline's.",
        "The baseline; a release without the schedule.",
        _recovers,
        "fig-accuracy",
        "anti-flatness-accuracy",
    ),
    _claim(
        "images-recovery-needs-release",
        "section 6",
        "It is the release that lets it recover.",
        _TELLS + "kept on with the same schedule, it ends at least five points below the one released.",
        "The regularizer kept on, with the learning rate, cosine and weight decay that the released network gets.",
        _needs_release,
        "fig-release",
    ),
    _claim(
        "images-kappa-falls",
        "section 6",
        "Released, the network moves to a flat solution.",
        _TELLS + "kappa, exact and in one convention throughout, falls at least tenfold from the release to the end.",
        "The regularizer kept on, with the same schedule.",
        _kappa_falls,
        "fig-release",
        "anti-flatness-kappa",
    ),
    _claim(
        "images-loss-specific-to-flatness",
        "sections 1 and 6",
        "It is the missing flatness that costs accuracy, and not the missing confidence that comes with it.",
        _TELLS + "no control of low confidence, with a small head, costs five points.",
        "A confidence penalty as strong, with the same cap but no push on the norm; on the digits also flooding at "
        "about the same train loss, and label smoothing.",
        _specific,
        "fig-sharpness",
    ),
    _claim(
        "images-sharp-is-inaccurate",
        "sections 1 and 6",
        "A network as sharp as one that was pushed away from flatness generalizes as badly.",
        _TELLS + "the same regularizer on a network whose head starts at the cap, where it reaches at least 90 % of "
        "the value, costs at least five points too.",
        "The starting norm is all that differs; a head that starts at the cap without the regularizer.",
        _sharp_is_inaccurate,
        "fig-sharpness",
    ),
)
