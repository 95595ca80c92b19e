"""What is claimed of contrastive losses and of rate reduction beside them, and the rules by which a run decides."""

import pandas as pd

from ncbook.claims import read
from ncbook.evidence import SIGN, Evidence
from ncbook.readings.contrastive import CE, LABELS, NO_LABELS, RATES, ends, outcomes
from ncbook.readings.moments import COLLAPSED
from ncbook.runs import Run

_FAR = 5.0  # percentage points of accuracy that count
_CLEARLY = 2.0  # times by which a variance ratio has to fall to count


def _ends(run: Run, column: str, top: bool = False) -> pd.DataFrame:
    """At the lowest label noise or, with `top`, at the highest: a row a seed, a column an arm."""
    noises = run.config["noises"]
    return ends(run, column, max(noises) if top else min(noises))


def _like_contrastive(run: Run) -> Evidence:
    falls = [
        _ends(run, f"{name}_end")[arm] < _ends(run, f"{name}_first")[arm]
        for name in ("alignment", "uniformity") for arm in (LABELS, RATES)
    ]  # fmt: skip
    drift = (_ends(run, "alignment_end") - _ends(run, "alignment_first"))[RATES]
    unit = "of change in alignment under rate reduction"
    return Evidence.of(drift.index, pd.concat(falls, axis=1).all(axis=1), drift, unit, chance=SIGN ** len(falls))


def _contrasts(run: Run) -> Evidence:
    name = "unit_variance_ratio_train"
    fall = (_ends(run, f"{name}_first") / _ends(run, f"{name}_end"))[RATES]
    spread = (_ends(run, "uniformity_end") < _ends(run, "uniformity_first"))[RATES]
    return Evidence.of(fall.index, (fall >= _CLEARLY) & spread, fall, "fold fall of the variance ratio")


def _collapses(run: Run) -> Evidence:
    found = outcomes(run)
    found = found[(found.arm == LABELS) & (found.label_noise == min(run.config["noises"]))]
    nearer = found.unit_nc2_angles_train_end < found.unit_nc2_angles_train_start
    fold, unit = found.ratio_fall, "fold fall of the variance ratio in the terminal phase"
    return Evidence.of(found.seed, (fold >= COLLAPSED) & nearer, fold, unit, found.phase_tells)


def _no_labels_no_collapse(run: Run) -> Evidence:
    ratios = _ends(run, "unit_variance_ratio_train_end")
    fold, unit = ratios[NO_LABELS] / ratios[LABELS], "times the variance ratio with labels"
    return Evidence.compared(fold.index, fold, ">=", COLLAPSED, unit)


def _no_labels_to_fit(run: Run) -> Evidence:
    accuracies = 100 * _ends(run, "unit_ncc_acc_test_end", top=True)
    ahead = accuracies[NO_LABELS] - accuracies[CE]
    return Evidence.compared(ahead.index, ahead, ">=", _FAR, "points more than cross-entropy")


CLAIMS = read(
    __file__,
    {
        "rate-reduction-like-contrastive": _like_contrastive,
        "rate-reduction-sharpens-the-contrast": _contrasts,
        "supervised-contrastive-collapses": _collapses,
        "no-labels-no-collapse": _no_labels_no_collapse,
        "no-labels-no-wrong-labels": _no_labels_to_fit,
    },
)
