"""What the literature says of what moves when a network groks, and the rules by which a run of `onset` decides."""

from functools import partial

import numpy as np
import pandas as pd

from ncbook.claims import Claim, Evidence
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


CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="only-flatness-predicts",
        source="han2025flatness",
        where="abstract and section on grokking",
        statement="Of collapse and flatness, only flatness predicts generalization.",
        rule="For each seed that generalizes, under the rule for leads that was fixed before: kappa crosses before "
        "the test accuracy is half-way, and CDNV, variance ratio, NC1 and RNC1 of the training set do not.",
        control="Four measures of collapse; the train loss under the same rule (two rows below).",
        judge=_only_flatness,
        cell="fig-leads",
    ),
    Claim(
        id="only-flatness-under-any-rule",
        source="han2025flatness",
        where="abstract and section on grokking, under other rules",
        statement="That verdict does not depend on how 'before' is defined.",
        rule="For each other rule (end of training, 300 steps after generalization, or generalization as the end "
        "of the way; a quarter, half or three quarters of it; without the logarithm; the steepest place): the "
        "statement above holds in at least 80 % of the seeds.",
        control="The primary rule (row above).",
        judge=_any_rule,
        cell="fig-rules",
    ),
    Claim(
        id="flatness-before-the-loss",
        source="han2025flatness",
        where="abstract and section on grokking, against the train loss",
        statement="Flatness tells more than the train loss does: it moves before generalization, and before the "
        "train loss.",
        rule="For each seed that generalizes, kappa crosses before the test accuracy is half-way and before the "
        "train loss crosses.",
        control="The train loss, of which kappa is nearly a function.",
        judge=_flatness_beats_loss,
        cell="fig-crossings",
    ),
    Claim(
        id="collapse-falls-in-memorizing",
        source="han2025flatness",
        where="section on grokking",
        statement="Clustering (CDNV) falls while the network memorizes, before it generalizes.",
        rule="For each seed, CDNV on the training set has at least halved between the untrained network and "
        "memorization, while the test accuracy is at most 0.1.",
        control="The test accuracy at the same probe.",
        judge=_falls_in_memorizing,
        cell="memorizing",
    ),
    Claim(
        id="rescaled-variability-with-generalization",
        source="sakamoto2026explaining",
        where="section on experiments",
        statement="RNC1, the spread within classes at unit largest norm, falls with generalization, where CDNV "
        "does not.",
        rule="On digits from a large start, for each seed that generalizes: RNC1 on the training set crosses "
        "within a factor 1.5 of the step at which the test accuracy is half-way, and nearer to it than CDNV.",
        control="CDNV under the same rule.",
        judge=partial(_together, DIGITS),
        cell="fig-digits-measures",
    ),
    Claim(
        id="rescaled-variability-in-arithmetic",
        source="sakamoto2026explaining",
        where="carried over to a task that they leave out",
        statement="The same in modular addition.",
        rule="The same rule for each seed of modular addition that generalizes.",
        control="CDNV under the same rule.",
        judge=partial(_together, ADDITION),
        cell="fig-leads",
    ),
    Claim(
        id="class-ratio-before-generalization",
        source="golwala2026ildr",
        where="as reported in a note on the paper",
        statement="The ratio of spread between classes to spread within them rises before the test accuracy "
        "reaches 95 %.",
        rule="For each seed that generalizes, the variance ratio on the training set, its inverse, crosses before "
        "the first probe with a test accuracy of 0.95.",
        control="The same against half of the test accuracy's way, in the figure.",
        judge=_ratio_first,
        cell="ratio",
    ),
    Claim(
        id="circle-beats-simplex",
        source="tan2026beyond",
        where="the comparison of circle and simplex",
        statement="Above a penalty of log I_0(1/tau) / (sqrt(K (K-1)) - sqrt(2 K)) on the nuclear norm, a circle "
        "costs less than a simplex.",
        rule="For each number of classes: the norms of both codes by decomposition are sqrt(2 K) and sqrt(K (K-1)) "
        "within 1e-9, and with cross-entropies computed from the codes the simplex costs less at 0.9 times that "
        "penalty and the circle at 1.1 times.",
        control="The penalty at which both cost the same, solved for without the formula.",
        judge=_codes,
        cell="fig-codes",
    ),
    Claim(
        id="classifier-of-rank-two",
        source="tan2026beyond",
        where="abstract",
        statement="Modular addition prefers a code of rank two: the classes on one circle.",
        rule="For each seed that generalizes, two directions hold at least 90 % of the power of the centered "
        "classifier at the end.",
        control="The same without weight decay, in the figure.",
        judge=_rank_two,
        cell="fig-shapes",
    ),
    Claim(
        id="classifier-of-low-rank",
        source="tan2026beyond",
        where="abstract, read as low rank",
        statement="Weight decay makes the classifier of modular addition low in rank.",
        rule="For each seed that generalizes, at most half of the K - 1 possible directions hold 90 % of the power "
        "of the centered classifier, and its effective rank is below that of its twin without weight decay, or of "
        "the median twin where a seed has none.",
        control="The twins without weight decay, which have memorized just as well.",
        judge=_low_rank,
        cell="fig-shapes",
    ),
    Claim(
        id="nearer-to-a-circle",
        source="tan2026beyond",
        where="abstract, on the class means",
        statement="The geometry of a solved arithmetic task is a circle rather than a simplex.",
        rule="For each seed that generalizes, the Gram matrix of its class means, at unit norm, is nearer to that "
        "of the nearest single circle than to that of the simplex.",
        control="The nearest sum of circles, in the table; networks without weight decay.",
        judge=_no_simplex,
        cell="fig-shapes",
    ),
    Claim(
        id="large-start-delays",
        source="liu2023omnigrok",
        where="section on images",
        statement="Grokking is not peculiar to arithmetic: a large start delays generalization on images too.",
        rule="For each seed, the network with the large start reaches a test accuracy of 0.85 after at least three "
        "times the steps to memorize, and the one with the usual start after at most 1.5 times.",
        control="The same images and starts, not multiplied.",
        judge=_delay,
        cell="fig-digits",
    ),
)
