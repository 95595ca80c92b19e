"""What the literature says of what moves when a network groks, and the rules by which a run of `onset` decides."""

from functools import partial

import numpy as np
import pandas as pd

from ncbook.claims import Evidence, read
from ncbook.readings import onset as reading
from ncbook.readings.grokking import NOTHING
from ncbook.readings.onset import ADDITION, COLLAPSE, DIGITS, SMALL, UNDECAYED, leads
from ncbook.runs import Run

NEAR = 1.5  # two steps coincide if they are within this factor


def only_flatness(found: pd.DataFrame) -> pd.Series:
    """For each seed, whether kappa moves before the test accuracy and none of the collapse measures does."""
    return (found.relative_flatness > 0) & ~(found[list(COLLAPSE)] > 0).any(axis=1)


def _only_flatness(run: Run) -> Evidence:
    found = leads(run)
    return Evidence.of(only_flatness(found), found.relative_flatness, "steps before generalization")


def _any_rule(run: Run) -> Evidence:
    """One trial a rule other than the primary one; a rule without seeds cannot tell."""
    shares = [only_flatness(leads(run, rule=rule)).mean() for rule in reading.rules(run.config)[1:]]
    told = [share for share in shares if np.isfinite(share)]
    return Evidence.of((share >= 0.8 for share in told), told, "of the seeds, in a rule")


def _flatness_beats_loss(run: Run) -> Evidence:
    found = leads(run)
    ahead = found.relative_flatness - found.train_loss
    return Evidence.of((found.relative_flatness > 0) & (ahead > 0), ahead, "steps before the train loss")


def _falls_in_memorizing(run: Run) -> Evidence:
    """Only seeds that memorize can tell."""
    found = reading.falls(run, "cdnv_train")
    return Evidence.of((found.fold >= 2) & (found.test_acc <= NOTHING), found.fold, "fold fall")


def _together(part: str, run: Run) -> Evidence:
    found = leads(run, part)
    ratios = {name: (found.onset - found[name]) / found.onset for name in ("rnc1_train", "cdnv_train")}
    apart = {name: np.exp(np.abs(np.log(ratio))) for name, ratio in ratios.items()}
    holds = (apart["rnc1_train"] <= NEAR) & (apart["rnc1_train"] < apart["cdnv_train"].fillna(np.inf))
    return Evidence.of(holds, ratios["rnc1_train"].fillna(np.inf), "times the steps to generalize")


def _ratio_first(run: Run) -> Evidence:
    ahead = reading.ahead_of_nearly(run)
    return Evidence.of(ahead > 0, ahead, "steps before a test accuracy of 95 %")


def _delay(run: Run) -> Evidence:
    """One trial a seed whose two networks both learn the test set; a small start may do so before memorizing."""
    table = reading.digits_delays(run)
    return Evidence.of((table[DIGITS] >= 3) & (table[SMALL] <= NEAR), table[DIGITS], "times the steps to memorize")


def _codes(run: Run) -> Evidence:
    norms, closed = run.arrays["codes/norms"], run.arrays["codes/closed"]
    same = np.abs(norms / closed - 1).max(1) < 1e-9
    below, above = run.arrays["codes/excess"].T
    ratio = run.arrays["codes/direct"] / run.arrays["codes/formula"]
    return Evidence.of(same & (below > 0) & (above < 0), ratio, "times the formula's penalty")


def _generalized(run: Run, which: str) -> pd.DataFrame:
    return reading.shapes(run, ADDITION, which).loc[leads(run).index]


def _rank_two(run: Run) -> Evidence:
    found = _generalized(run, "head")
    return Evidence.of(found["rank"] == 2, found["rank"], "directions")


def _low_rank(run: Run) -> Evidence:
    """Seeds without a twin that was trained without weight decay are compared with the median of those twins."""
    found, control = _generalized(run, "head"), reading.shapes(run, UNDECAYED, "head").effective_rank
    twin = control.reindex(found.index).fillna(control.median())
    holds = (found["rank"] <= (run.config["p"] - 1) / 2) & (found.effective_rank < twin)
    return Evidence.of(holds, found.effective_rank, "directions, as effective rank")


def _no_simplex(run: Run) -> Evidence:
    found = _generalized(run, "means")
    ratio = found.to_circle / found.to_simplex
    return Evidence.of(ratio < 1, ratio, "times the distance to the simplex")


CLAIMS = read(
    __file__,
    {
        "only-flatness-predicts": _only_flatness,
        "only-flatness-under-any-rule": _any_rule,
        "flatness-before-the-loss": _flatness_beats_loss,
        "collapse-falls-in-memorizing": _falls_in_memorizing,
        "rescaled-variability-with-generalization": partial(_together, DIGITS),
        "rescaled-variability-in-arithmetic": partial(_together, ADDITION),
        "class-ratio-before-generalization": _ratio_first,
        "circle-beats-simplex": _codes,
        "classifier-of-rank-two": _rank_two,
        "classifier-of-low-rank": _low_rank,
        "nearer-to-a-circle": _no_simplex,
        "large-start-delays": _delay,
    },
)
