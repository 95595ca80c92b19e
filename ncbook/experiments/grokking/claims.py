"""What the literature says of grokking, and the rules by which a run of `grokking` decides."""

import numpy as np
import pandas as pd

from ncbook.claims import not_tested, read
from ncbook.evidence import Evidence
from ncbook.readings import moments
from ncbook.readings.grokking import HALF, LATE, NANDA, NOTHING, followed, phase_table
from ncbook.runs import Run


def _delay(run: Run) -> Evidence:
    """A seed that does not generalize within its steps cannot tell."""
    found = followed(run)
    ratio = (found.generalized / found.memorized).where(found.test_then <= NOTHING, 1.0)
    valid = np.isfinite(found.memorized) & np.isfinite(found.generalized)
    return Evidence.compared(found.index, ratio, ">=", LATE, "times the steps to memorize", valid)


def _never_without_decay(run: Run) -> Evidence:
    """Only a seed that groks with weight decay, and memorizes without, can tell."""
    without, frame = followed(run, 1), run.to_frame()
    own = frame[frame.weight_decay == run.config["weight_decays"][1]]
    best = own.groupby("seed").test_acc.max().reindex(without.index)
    valid = np.isfinite(followed(run).generalized.reindex(without.index)) & np.isfinite(without.memorized)
    return Evidence.compared(
        without.index, best, "<", moments.GENERALIZED, "is the highest test accuracy without weight decay", valid
    )


def _fewer_samples(run: Run) -> Evidence:
    """One trial a seed of the phase diagram; where no cell without decay groks, the largest fraction is a bound."""
    table = phase_table(run)
    found = {seed: _needed(own) for seed, own in table.groupby("seed")}
    return Evidence.compared(
        found,
        (round(with_decay / without, 9) for with_decay, without, _ in found.values()),
        "<=",
        0.5,
        "of the fraction that is not enough without",
        (sure for *_, sure in found.values()),
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
    """One trial a seed and fraction of the phase diagram."""
    table = phase_table(run)
    table = table[(table.weight_decay > 0) & np.isfinite(table.generalized)]
    found = [(seed, slope(own)) for (seed, _), own in table.groupby(["seed", "fraction"]) if len(own) >= 3]
    off = (abs(each + 1) for _, each in found)
    seeds = [seed for seed, _ in found]
    return Evidence.compared(seeds, off, "<=", 0.25, "off the slope -1 of log t over log decay")


def slope(cells: pd.DataFrame) -> float:
    """Least-squares slope of log steps to grok over log weight decay."""
    return float(np.polyfit(np.log(cells.weight_decay), np.log(cells.generalized), 1)[0])


def _sparse(run: Run) -> Evidence:
    """Only seeds that grok, and whose twin memorizes, can tell."""
    found, control = followed(run), followed(run, 1)
    fold = found.gini_end / np.maximum(found.gini_then, control.gini_end.reindex(found.index))
    valid = np.isfinite(found.generalized) & np.isfinite(control.memorized.reindex(found.index))
    return Evidence.compared(found.index, fold, ">=", 2.0, "times the larger of the two it is compared with", valid)


def _progress(run: Run) -> Evidence:
    """A seed that does not grok within its steps has no value, and cannot tell."""
    found = followed(run)
    covered = (found.gini_onset - found.gini_then) / (found.gini_end - found.gini_then)
    unit = "of the rise done while test accuracy is at most 0.1"
    return Evidence.compared(found.index, covered, ">=", 0.2, unit)


def _analytic(run: Run) -> Evidence:
    accuracy = run.arrays["gromov/accuracy"]  # [moduli, seeds]
    seeds = np.broadcast_to(run.config["gromov_seeds"], accuracy.shape)
    return Evidence.compared(seeds.ravel(), 100 * accuracy.ravel(), ">=", 100, "%")


def _leak(run: Run) -> Evidence:
    """At the probe where mirror pairs are first known by half; a seed that never gets there cannot tell."""
    mirror, rest = (run.arrays[f"leak/{NANDA}/ordered/{kind}"] for kind in ("mirror", "rest"))
    reached = mirror >= HALF
    others = rest[np.arange(len(rest)), reached.argmax(axis=1)]
    unit = "accuracy on pairs without a known mirror"
    valid = [bool(own.any()) for own in reached]
    return Evidence.compared(run.config["leak_seeds"], others, "<=", NOTHING, unit, valid)


CLAIMS = read(
    __file__,
    {
        "generalizes-long-after-memorizing": _delay,
        "decay-halves-the-samples": _fewer_samples,
        "no-grokking-without-decay": _never_without_decay,
        "time-inverse-to-decay": _inverse,
        "time-inverse-to-decay-from-large-weights": not_tested,
        "sparse-in-frequencies": _sparse,
        "progress-before-the-jump": _progress,
        "analytic-solution": _analytic,
        "transformers-ignore-the-order": _leak,
    },
)
