"""What the literature says of grokking, and the rules by which a run of `grokking` decides."""

import numpy as np
import pandas as pd

from ncbook.claims import Claim, Evidence
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


CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="generalizes-long-after-memorizing",
        source="power2022grokking",
        where="abstract and figure 1",
        statement="A network can learn its training set by heart and generalize to the test set only long afterwards.",
        rule="Each seed has a test accuracy of at most 0.1 when its training accuracy first reaches 0.99, and "
        "reaches a test accuracy of 0.99 later, after at least five times as many steps.",
        control="The same seeds without weight decay; pairs and their mirror images fall on the same side of the "
        "split.",
        judge=_delay,
        cell="fig-learned-then-understood",
    ),
    Claim(
        id="decay-halves-the-samples",
        source="power2022grokking",
        where="section on sample efficiency",
        statement="Weight decay more than halves the number of training samples that generalization needs.",
        rule="In each seed's phase diagram, the smallest fraction that reaches a test accuracy of 0.99 with some "
        "weight decay is at most half of the smallest that does without; where none does without, at most half of "
        "the largest fraction tried, and if it is more, the diagram cannot tell.",
        control="The cells without weight decay, trained for as many steps.",
        judge=_fewer_samples,
        cell="fig-grokking-phase-diagram",
        theirs="power-decay-samples",
    ),
    Claim(
        id="no-grokking-without-decay",
        source="nanda2023progress",
        where="appendix on weight decay",
        statement="Without weight decay the network does not grok.",
        rule="Of the seeds that grok with weight decay, each memorizes without it and does not reach a test "
        "accuracy of 0.99 in the same number of steps.",
        control="The same seeds, splits and starts with weight decay 1.",
        judge=_never_without_decay,
        cell="milestones",
    ),
    Claim(
        id="time-inverse-to-decay",
        source="liu2023omnigrok",
        where="section on the time to grok",
        statement="From large weights, the time to generalize is inversely proportional to the weight decay.",
        rule="At each training fraction with at least three weight decays that grok, the slope of log steps over "
        "log weight decay lies between -1.25 and -0.75.",
        control="Several training fractions; cells that did not grok in time are left out and shown.",
        judge=_inverse,
        cell="fig-time-against-decay",
    ),
    Claim(
        id="sparse-in-frequencies",
        source="nanda2023progress",
        where="section on progress measures",
        statement="A network that has grokked keeps its numbers in a few frequencies: its embedding is sparse in "
        "Fourier space.",
        rule="For each seed that groks, the Gini coefficient of the embedding's Fourier components at the end is "
        "at least twice that when it had memorized, and at least twice that of its twin without weight decay at "
        "the end.",
        control="The same seeds without weight decay, which have memorized just as well.",
        judge=_sparse,
        cell="gini",
    ),
    Claim(
        id="progress-before-the-jump",
        source="nanda2023progress",
        where="section on phases",
        statement="The jump of the test accuracy is preceded by steady progress that a Fourier measure shows.",
        rule="For each seed that groks, the Gini coefficient has made at least a fifth of its rise (from "
        "memorizing to the end) at the last probe at which the test accuracy is still at most 0.1.",
        control="The test accuracy itself, which has made at most a tenth of its rise by then.",
        judge=_progress,
        cell="gini",
    ),
    Claim(
        id="analytic-solution",
        source="gromov2023grokking",
        where="section on the analytic solution",
        statement="Weights that are cosines, written down and not trained, add modulo p without an error.",
        rule="For each modulus and draw of the phases, the accuracy on all pairs is 1.",
        control="Several moduli, and several draws of the random phases.",
        judge=_analytic,
        cell="gromov",
    ),
    Claim(
        id="transformers-ignore-the-order",
        source="power2022grokking",
        where="section on operations",
        statement="A transformer learns easily to ignore the order of its operands, which makes symmetric "
        "operations easier.",
        rule="When a transformer first knows half of the test pairs whose mirror image it was trained on, it knows "
        "at most a tenth of the others.",
        control="The same transformer on a split that keeps mirror images together; a perceptron that has weights "
        "of its own for each operand.",
        judge=_leak,
        cell="fig-commutativity-leak",
    ),
)
