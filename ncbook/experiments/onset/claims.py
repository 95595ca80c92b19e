"""What the literature says of what moves when a network groks, and the rules by which a run of `onset` decides.

A trial is a seed. Leads are those of seeds that generalize after memorizing; the others cannot tell.
"""

from functools import partial

import numpy as np
import pandas as pd

from ncbook.claims import read
from ncbook.evidence import SIGN, Evidence, correlation_chance
from ncbook.readings import onset as reading
from ncbook.readings import rates
from ncbook.readings.coupling import INVERSE
from ncbook.readings.grokking import NOTHING
from ncbook.readings.moments import COLLAPSED, FOLLOWS
from ncbook.readings.onset import ADDITION, DIGITS, LATE, SAME_TIME, SMALL, UNDECAYED, Rule, leads
from ncbook.runs import Run

MANY = 50  # classes from which on a formula for many classes is to hold within 10 %
ORDERED = 0.7  # rank correlation from which on two orders of the measures agree
_HALF = 0.5  # of a fall in logarithms, or of a deviation
_SIGNS = SIGN**2  # how often two signs are both as a claim has them under noise


def only_flatness(run: Run, measure: str, rule: Rule | None = None) -> pd.Series:
    """For each seed, whether kappa crosses before the test accuracy is half-way and `measure` does not foretell it.

    That is: it crosses later, or fell too early, more than half of its whole fall (in logarithms) while memorizing.
    """
    found, fell = leads(run, rule=rule), reading.falls(run, measure)
    early = np.log(fell.fold) > _HALF * np.log(fell.whole)
    return (found.relative_flatness > 0) & (~(found[measure] > 0) | early.reindex(found.index, fill_value=False))


def _only_flatness(measure: str, run: Run) -> Evidence:
    found = leads(run)
    lead, unit = found.relative_flatness, "steps before generalization"
    return Evidence.of(found.index, only_flatness(run, measure), lead, unit, chance=_SIGNS)


def _any_rule(run: Run) -> Evidence:
    """By seed, the share of the rules other than the primary one."""
    others = reading.rules(run.config)[1:]
    shares = pd.DataFrame({rule.name: only_flatness(run, "cdnv_train", rule) for rule in others}).mean(axis=1)
    return Evidence.compared(shares.index, shares, ">=", 0.8, "of the other rules", chance=_SIGNS)


def _flatness_beats_loss(run: Run) -> Evidence:
    found = leads(run)
    ahead = found.relative_flatness - found.train_loss.clip(lower=0)
    return Evidence.compared(found.index, ahead, ">", 0.0, "steps before training loss and onset", chance=_SIGNS)


def _goes_along(run: Run) -> Evidence:
    """A sign: which of two measures foretells the onset of a seed better."""
    found = leads(run)
    missed = {name: reading.foretold(found, name) for name in ("variance_ratio_train", "relative_flatness")}
    more = missed["relative_flatness"] - missed["variance_ratio_train"]
    return Evidence.compared(found.index, more, ">", 0.0, "steps that kappa misses the onset by more", chance=SIGN)


def _clock(run: Run) -> Evidence:
    """A measure that goes with the onset would be at 1."""
    found = leads(run)
    crossing, onset = found.onset - found.relative_flatness, reading.deviation(found.onset)
    share = (reading.deviation(crossing) / onset).where(onset > 0)
    return Evidence.compared(found.index, share, "<=", _HALF, "of the onset's deviation", chance=SIGN)


def _near_onset(run: Run) -> Evidence:
    """The larger of two factors; inf where the network does not collapse after memorizing.

    By luck: as often as the crossings of one seed are that near to the onset of another.
    """
    found, fell = leads(run), reading.falls(run, "cdnv_train")
    crossings = np.array([found.onset - found[name] for name in ("relative_flatness", "cdnv_train")])  # [2, seeds]
    onset = found.onset.to_numpy()
    factors = np.exp(np.abs(np.log(crossings[:, :, None] / onset))).max(axis=0)  # [crossing's seed, onset's seed]
    apart = ~np.eye(len(onset), dtype=bool)
    chance = float((factors[apart] <= SAME_TIME).mean()) if apart.any() else 0.0
    collapses = (fell.whole / fell.fold).reindex(found.index) >= COLLAPSED
    own = pd.Series(factors.diagonal(), index=found.index).where(collapses, np.inf)
    return Evidence.compared(found.index, own, "<=", SAME_TIME, "times the onset, or its inverse", chance=chance)


def _still_rising(run: Run) -> Evidence:
    found = reading.peaks(run, "relative_flatness_bound")
    late = found.peak - found.rise
    return Evidence.compared(
        found.index, late, ">=", 0.0, "steps from the rise of the accuracy to the peak", chance=SIGN
    )


def _falls_in_memorizing(limit: float, run: Run) -> Evidence:
    """Only seeds that memorize can tell; one that understands the test set by then counts as no fall."""
    found = reading.falls(run, "cdnv_train")
    fold = found.fold.where(found.test_acc <= NOTHING, 1.0)
    return Evidence.compared(fold.index, fold, ">=", limit, "fold fall")


def _together(part: str, run: Run) -> Evidence:
    found = reading.rescaled_with_onset(leads(run, part))
    return Evidence.of(found.index, found.holds, found.ratio, "times the steps to generalize", chance=SIGN)


def _ratio_first(run: Run) -> Evidence:
    ahead = reading.ahead_of_nearly(run)
    return Evidence.compared(ahead.index, ahead, ">", 0.0, "steps before a test accuracy of 95 %", chance=SIGN)


def _delay(run: Run) -> Evidence:
    """A seed whose usual start does not learn the test set in its steps cannot tell, nor one that never memorizes."""
    table = reading.digits_delays(run)
    valid = table.notna().all(axis=1) & np.isfinite(table[SMALL])
    holds = (table[DIGITS] >= LATE) & (table[SMALL] <= SAME_TIME)
    return Evidence.of(table.index, holds, table[DIGITS], "times the steps to memorize", valid)


def _codes(run: Run) -> Evidence:
    """One trial a number of classes, all of the run's first seed: nothing here is drawn."""
    norms, closed = run.arrays["codes/norms"], run.arrays["codes/closed"]
    same = np.abs(norms / closed - 1).max(1) < 1e-9
    below, above = run.arrays["codes/excess"].T
    ratio = run.arrays["codes/direct"] / run.arrays["codes/formula"]
    classes = np.array(run.config["classes"])
    seeds = [run.config["seeds"][0]] * len(classes)
    return Evidence.of(seeds, same & (below > 0) & (above < 0), ratio, "times the formula's penalty", classes >= MANY)


def _generalized(run: Run, which: str) -> pd.DataFrame:
    return reading.shapes(run, ADDITION, which).loc[leads(run).index]


def _rank_two(run: Run) -> Evidence:
    found = _generalized(run, "head")
    return Evidence.compared(found.index, found["rank"], "<=", 2.0, "directions")


def _low_rank(run: Run) -> Evidence:
    """Seeds without a twin that was trained without weight decay are compared with the median of those twins."""
    found, control = _generalized(run, "head"), reading.shapes(run, UNDECAYED, "head").effective_rank
    twin = control.reindex(found.index).fillna(control.median())
    holds = (found["rank"] <= (run.config["p"] - 1) / 2) & (found.effective_rank < twin)
    return Evidence.of(found.index, holds, found.effective_rank, "directions, as effective rank")


def _no_simplex(run: Run) -> Evidence:
    found = _generalized(run, "means")
    ratio = found.to_circle / found.to_simplex
    return Evidence.compared(found.index, ratio, "<", 1.0, "times the distance to the simplex", chance=SIGN)


def _inverse(column: str, setting: str, run: Run) -> Evidence:
    """A seed in which an arm has no such step cannot tell; so in the rules below."""
    found = rates.slope_on_setting(run, column, setting)
    holds = (found + 1).abs() <= INVERSE
    return Evidence.of(found.index, holds, found, "log-slope of the step", found.notna())


def _one_clock(run: Run) -> Evidence:
    by_decay, by_rate = (rates.slope_on_setting(run, "onset", setting) for setting in (rates.DECAY, rates.RATE))
    apart = (by_decay - by_rate).abs()
    return Evidence.compared(apart.index, apart, "<=", INVERSE, "between the two log-slopes")


def _counts_steps(at_level: bool, run: Run) -> Evidence:
    found = rates.slope_on_setting(run, "relative_flatness", rates.BOTH, at_level).abs()
    return Evidence.compared(found.index, found, "<=", FOLLOWS, "log-slope of the step, without its sign")


def _follows(measure: str, run: Run) -> Evidence:
    found = rates.slope_on_onset(run, measure)
    return Evidence.compared(found.index, found, ">=", FOLLOWS, "log-slope of its crossing on the onset")


def _same_order(run: Run) -> Evidence:
    found = rates.same_order(run)
    chance = correlation_chance(len(rates.STEADY), ORDERED)
    return Evidence.compared(found.index, found, ">=", ORDERED, "rank correlation of two orders", chance=chance)


CLAIMS = read(
    __file__,
    {
        "only-flatness-predicts": partial(_only_flatness, "cdnv_train"),
        "only-flatness-predicts-nc1": partial(_only_flatness, "nc1_train"),
        "only-flatness-under-any-rule": _any_rule,
        "flatness-before-the-loss": _flatness_beats_loss,
        "spread-goes-with-the-onset": _goes_along,
        "flatness-keeps-time": _clock,
        "both-near-the-onset": _near_onset,
        "flatness-measure-rises-with-accuracy": _still_rising,
        "collapse-falls-in-memorizing": partial(_falls_in_memorizing, 2.0),
        "collapsed-when-memorized": partial(_falls_in_memorizing, COLLAPSED),
        "rescaled-variability-with-generalization": partial(_together, DIGITS),
        "rescaled-variability-in-arithmetic": partial(_together, ADDITION),
        "class-ratio-before-generalization": _ratio_first,
        "circle-beats-simplex": _codes,
        "classifier-of-rank-two": _rank_two,
        "classifier-of-low-rank": _low_rank,
        "nearer-to-a-circle": _no_simplex,
        "large-start-delays": _delay,
        "onset-inverse-to-rate-and-decay": partial(_inverse, "onset", rates.BOTH),
        "onset-the-same-by-rate-or-decay": _one_clock,
        "norm-inverse-to-the-rate": partial(_inverse, "weight_norm", rates.RATE),
        "flatness-inverse-to-rate-and-decay": partial(_inverse, "relative_flatness", rates.BOTH),
        "flatness-counts-steps": partial(_counts_steps, False),
        "flatness-counts-steps-at-one-level": partial(_counts_steps, True),
        "spread-follows-the-onset-over-rates": partial(_follows, "variance_ratio_train"),
        "flatness-follows-the-onset-over-rates": partial(_follows, "relative_flatness"),
        "same-order-over-rates-and-over-seeds": _same_order,
    },
)
