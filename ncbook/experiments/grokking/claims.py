"""What the literature says of grokking, and the rules by which a run of `grokking` decides."""

import numpy as np
import pandas as pd

from ncbook.claims import Evidence, read
from ncbook.readings.grokking import HALF, NANDA, NOTHING, followed, phase_table
from ncbook.runs import Run


def _delay(run: Run) -> Evidence:
    found = followed(run)
    found = found[np.isfinite(found.memorized)]
    late = np.isfinite(found.generalized) & (found.generalized >= 5 * found.memorized)
    ratio = (found.generalized / found.memorized)[np.isfinite(found.generalized)]
    return Evidence.of((found.test_then <= NOTHING) & late, ratio, "times the steps to memorize")


def _never_without_decay(run: Run) -> Evidence:
    """Only a seed whose twin with weight decay groks can tell."""
    without = followed(run, 1)[np.isfinite(followed(run).generalized)]
    holds = np.isfinite(without.memorized) & np.isinf(without.generalized)
    return Evidence.of(holds, without.test_end, "test accuracy at the end")


def _fewer_samples(run: Run) -> Evidence:
    """One trial a seed of the phase diagram; where no cell without decay groks, the largest fraction is a bound."""
    trials = [_needed(own) for _, own in phase_table(run).groupby("seed")]
    told = [(with_decay, without) for with_decay, without, sure in trials if sure]
    return Evidence.of(
        (with_decay <= without / 2 + 1e-9 for with_decay, without in told),
        (with_decay / without for with_decay, without in told),
        "of the fraction that is not enough without",
    )


def _needed(own: pd.DataFrame) -> tuple[float, float, bool]:
    """Smallest fraction that groks with any weight decay, and without; whether these can tell if it halves."""
    grokked = own[np.isfinite(own.generalized)]
    with_decay = float(grokked[grokked.weight_decay > 0].fraction.min())
    without = float(grokked[grokked.weight_decay == 0].fraction.min())
    if not np.isnan(without):
        return with_decay, without, not np.isnan(with_decay)
    largest = float(own.fraction.max())  # more than this is needed without: at least halved, or it cannot be told
    return with_decay, largest, with_decay <= largest / 2 + 1e-9


def _inverse(run: Run) -> Evidence:
    table = phase_table(run)
    table = table[(table.weight_decay > 0) & np.isfinite(table.generalized)]
    slopes = [slope(own) for _, own in table.groupby("fraction") if own.weight_decay.nunique() >= 3]
    return Evidence.of((-1.25 <= each <= -0.75 for each in slopes), slopes, "slope of log t over log decay")


def slope(cells: pd.DataFrame) -> float:
    """Least-squares slope of log steps to grok over log weight decay."""
    return float(np.polyfit(np.log(cells.weight_decay), np.log(cells.generalized), 1)[0])


def _sparse(run: Run) -> Evidence:
    """Only seeds that grok can tell."""
    found, control = followed(run), followed(run, 1)
    grokked = np.isfinite(found.generalized)
    found, control = found[grokked], control[grokked]
    holds = (found.gini_end >= 2 * found.gini_then) & (found.gini_end >= 2 * control.gini_end)
    return Evidence.of(holds, found.gini_end, "Gini coefficient at the end")


def _progress(run: Run) -> Evidence:
    found = followed(run)
    found = found[found.gini_onset.notna()]
    covered = (found.gini_onset - found.gini_then) / (found.gini_end - found.gini_then)
    return Evidence.of(covered >= 0.2, covered, "of the rise done while test accuracy is at most 0.1")


def _analytic(run: Run) -> Evidence:
    accuracy = run.arrays["gromov/accuracy"].ravel()
    return Evidence.of(accuracy == 1, 100 * accuracy, "%")


def _leak(run: Run) -> Evidence:
    """At the probe where mirror pairs are first known by half; a seed that never gets there cannot tell."""
    mirror, rest = (run.arrays[f"leak/{NANDA}/ordered/{kind}"] for kind in ("mirror", "rest"))
    reached = (mirror >= HALF).any(axis=1)
    others = rest[reached, (mirror >= HALF).argmax(axis=1)[reached]]
    return Evidence.of(others <= NOTHING, others, "accuracy on pairs without a known mirror")


CLAIMS = read(
    __file__,
    {
        "generalizes-long-after-memorizing": _delay,
        "decay-halves-the-samples": _fewer_samples,
        "no-grokking-without-decay": _never_without_decay,
        "time-inverse-to-decay": _inverse,
        "sparse-in-frequencies": _sparse,
        "progress-before-the-jump": _progress,
        "analytic-solution": _analytic,
        "transformers-ignore-the-order": _leak,
    },
)
