"""What follows for flatness and collapse if each is held up in doses, and the rules by which a run of `doses` decides.

A trial is a dose and a seed whose baseline generalizes early enough for a delay to be seen. A training that does not
generalize within the steps at the full rate is later than they are: `times` is then a lower bound, which tells only
where it is large enough.
"""

from functools import partial

import numpy as np
import pandas as pd

from ncbook.claims import read
from ncbook.evidence import Evidence, correlation_chance
from ncbook.experiments.interventions.claims import DELAY, EQUAL, SHARP, STRONG
from ncbook.readings.doses import (
    BASELINE,
    COLLAPSE,
    CONFIDENCE,
    KAPPA,
    LOSS,
    NORMS,
    against_baseline,
    beside,
    explained,
    outcomes,
)
from ncbook.runs import Run

LOW, STRONGEST = 10.0, 1e4  # doses of kappa, and of what is held at the level that comes with it
CONTROLLED = 1e2  # the lowest dose that has all three controls
CONTROLS = (NORMS, LOSS, CONFIDENCE)
BACK = 0.5  # of the accuracy that was lost: what is called most of it
LOST = 5.0  # points of test accuracy that count as lost
EXPLAINED = 0.9  # of a variance: what is called nearly all of it
_TIMES = "times the baseline's steps"


def _delays(run: Run, kind: str) -> pd.DataFrame:
    """Trainings with one kind held up; `tells`: those that show a delay or none."""
    table = against_baseline(run)
    table = table[table.kind == kind]
    late = ~table.reached & (table.times >= DELAY)
    return table.assign(tells=table.reached | late, times=table.times.where(~late, np.inf))


def _costs_nothing(kind: str, highest: float, run: Run) -> Evidence:
    table = _delays(run, kind)
    table = table[table.like <= highest]
    return Evidence.compared(table.seed, table.times, "<=", DELAY, _TIMES, table.tells)


def _strongest_delays(kind: str, run: Run) -> Evidence:
    table = _delays(run, kind)
    table = table[table.like == STRONGEST]
    return Evidence.compared(table.seed, table.times, ">=", DELAY, _TIMES, table.tells)


def _as_accurate(run: Run) -> Evidence:
    """At the end, where the baseline has generalized and the classes do spread as wide as they were asked to."""
    table = against_baseline(run)
    table = table[table.kind == COLLAPSE]
    gain = 100 * (table.settled - table.baseline_settled)
    valid = np.isfinite(table.baseline) & (table.variance_ratio_train >= table.level)
    return Evidence.compared(table.seed, gain, ">=", -100 * EQUAL, "points of test accuracy at the end", valid)


def _goes_with_dose(run: Run) -> Evidence:
    """Over the doses of kappa of a seed, the baseline as the lowest of them."""
    table = outcomes(run)
    table = table[table.kind.isin([BASELINE, KAPPA])].pivot(index="seed", columns="level", values="accuracy")
    levels = pd.Series(table.columns, index=table.columns)
    found = table.apply(lambda row: row.corr(levels, method="spearman"), axis=1)
    chance = correlation_chance(table.shape[1], STRONG)
    return Evidence.compared(found.index, found, "<=", -STRONG, "rank correlation of accuracy and dose", chance=chance)


def _generalizes_flat(run: Run) -> Evidence:
    """The sharpest training of a seed that generalizes: one is enough to refute what is necessary."""
    table = outcomes(run)
    there = table[np.isfinite(table.generalized)]
    own = there[there.kind == BASELINE].set_index("seed").relative_flatness
    times = there[there.kind == KAPPA].groupby("seed").relative_flatness.max().reindex(own.index) / own
    return Evidence.compared(times.index, times, "<=", SHARP, "times the baseline's kappa, in the sharpest")


def _beyond(kinds: tuple[str, ...], run: Run) -> Evidence:
    """Steps with kappa held over those of the slowest of `kinds` at the levels that it brings.

    If both run out of steps, or kappa in fewer than would be late, nothing can be told.
    """
    times, reached = (beside(run, column).sort_index().loc[CONTROLLED:] for column in ("times", "reached"))
    slowest = times[list(kinds)].max(axis=1)
    known = reached[list(kinds)].astype(bool).all(axis=1)
    ratio = times[KAPPA] / slowest
    late = ~reached[KAPPA].astype(bool) & (ratio >= DELAY)
    valid = known & times.notna().all(axis=1) & (reached[KAPPA].astype(bool) | late)
    seeds = ratio.index.get_level_values("seed")
    unit = "times the steps of the slowest control"
    return Evidence.compared(seeds, ratio.where(~late, np.inf), ">=", DELAY, unit, valid)


def _less_accurate(run: Run) -> Evidence:
    """After equally many steps, which needs no training to get anywhere."""
    accuracy = 100 * beside(run, "accuracy").sort_index().loc[CONTROLLED:]
    behind = accuracy[KAPPA] - accuracy[list(CONTROLS)].min(axis=1)
    unit = "points of test accuracy against the worst control"
    return Evidence.compared(behind.index.get_level_values("seed"), behind, "<=", -LOST, unit)


def _is_norms_and_loss(run: Run) -> Evidence:
    shares = explained(run)
    return Evidence.compared(shares.index, shares, ">=", EXPLAINED, "of the variance of log kappa is explained")


def _settles(run: Run) -> Evidence:
    """Where at least five points are lost at the full rate: what share of them the falling rate brings back."""
    table = against_baseline(run)
    table = table[(table.kind == KAPPA) & (table.level >= CONTROLLED)]
    lost = table.baseline_accuracy - table.accuracy
    back = 1 - (table.baseline_settled - table.settled) / lost.where(lost > 0)
    valid = np.isfinite(table.baseline) & (100 * lost >= LOST)
    return Evidence.compared(table.seed, back, ">=", BACK, "of the lost accuracy comes back", valid)


CLAIMS = read(
    __file__,
    {
        "low-doses-of-sharpness-cost-nothing": partial(_costs_nothing, KAPPA, LOW),
        "strongest-dose-of-sharpness-delays": partial(_strongest_delays, KAPPA),
        "accuracy-falls-with-the-dose": _goes_with_dose,
        "only-flat-networks-generalize": _generalizes_flat,
        "norms-alone-delay": partial(_strongest_delays, NORMS),
        "sharpness-beyond-norms": partial(_beyond, (NORMS,)),
        "sharpness-beyond-norms-and-loss": partial(_beyond, CONTROLS),
        "sharp-less-accurate-than-controls": _less_accurate,
        "kappa-is-norms-and-loss": _is_norms_and_loss,
        "loss-alone-costs-nothing": partial(_costs_nothing, LOSS, np.inf),
        "sharpness-hurts-by-the-step-size": _settles,
        "spread-in-doses-as-soon": partial(_costs_nothing, COLLAPSE, np.inf),
        "spread-in-doses-as-accurate": _as_accurate,
    },
)
