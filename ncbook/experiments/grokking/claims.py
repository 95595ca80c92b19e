"""What the literature says of grokking, and the rules by which a run of `grokking` decides."""

import numpy as np
import pandas as pd

from ncbook.claims import Claim, Evidence
from ncbook.experiments.grokking.leak import KINDS
from ncbook.experiments.grokking.milestones import milestones, phase_table
from ncbook.runs import Run

_LEAKY, _SAFE = "leak/nanda/ordered", "leak/nanda/unordered"


def followed(run: Run, place: int = 0) -> pd.DataFrame:
    """Milestones by seed at one of the weight decays: 0 is the one that is followed, 1 its control."""
    found = milestones(run)
    return found[found.weight_decay == run.config["weight_decays"][place]].set_index("seed")


def _delay(run: Run) -> Evidence:
    found = followed(run)
    found = found[found.memorised.notna()]
    late = found.grokked >= 5 * found.memorised  # False for a seed that never groks
    ratio = (found.grokked / found.memorised).dropna()
    return Evidence.of((found.test_then <= 0.1) & late, ratio, "times the steps to memorise")


def _never_without_decay(run: Run) -> Evidence:
    """Only a seed whose twin with weight decay groks can tell."""
    without = followed(run, 1)[followed(run).grokked.notna()]
    holds = without.memorised.notna() & without.grokked.isna()
    return Evidence.of(holds, without.test_end, "test accuracy at the end")


def _fewer_samples(run: Run) -> Evidence:
    """One trial a seed of the phase diagram; where no cell without decay groks, the largest fraction is a bound."""
    table = phase_table(run)
    trials = [_needed(own) for _, own in table.groupby("seed")]
    told = [(with_decay, without) for with_decay, without, sure in trials if sure]
    holds = tuple(bool(with_decay <= without / 2 + 1e-9) for with_decay, without in told)
    return Evidence(holds, tuple(float(a / b) for a, b in told), "of the fraction that is not enough without")


def _needed(own: pd.DataFrame) -> tuple[float, float, bool]:
    """Smallest fraction that groks with any weight decay, and without; whether these can tell if it halves."""
    grokked = own[own.grokked.notna()]
    with_decay = float(grokked[grokked.weight_decay > 0].fraction.min())
    without = float(grokked[grokked.weight_decay == 0].fraction.min())
    if not np.isnan(without):
        return with_decay, without, not np.isnan(with_decay)
    largest = float(own.fraction.max())  # more than this is needed without: at least halved, or it cannot be told
    return with_decay, largest, with_decay <= largest / 2 + 1e-9


def _inverse(run: Run) -> Evidence:
    table = phase_table(run)
    table = table[(table.weight_decay > 0) & table.grokked.notna()]
    slopes = [slope(own) for _, own in table.groupby("fraction") if own.weight_decay.nunique() >= 3]
    return Evidence(tuple(bool(-1.25 <= s <= -0.75) for s in slopes), tuple(slopes), "slope of log t over log decay")


def slope(cells: pd.DataFrame) -> float:
    """Least-squares slope of log steps to grok over log weight decay."""
    return float(np.polyfit(np.log(cells.weight_decay), np.log(cells.grokked), 1)[0])


def _sparse(run: Run) -> Evidence:
    """Only seeds that grok can tell."""
    found, control = followed(run), followed(run, 1)
    grokked = found.grokked.notna()
    found, control = found[grokked], control[grokked]
    holds = (found.gini_end >= 2 * found.gini_then) & (found.gini_end >= 2 * control.gini_end)
    return Evidence.of(holds, found.gini_end, "Gini coefficient at the end")


def _progress(run: Run) -> Evidence:
    found = followed(run)
    found = found[found.grokked.notna() & found.gini_onset.notna()]
    covered = (found.gini_onset - found.gini_then) / (found.gini_end - found.gini_then)
    return Evidence.of(covered >= 0.2, covered, "of the rise done while test accuracy is at most 0.1")


def _analytic(run: Run) -> Evidence:
    accuracy = run.arrays["gromov/accuracy"].ravel()
    return Evidence(tuple(bool(a == 1) for a in accuracy), tuple(map(float, 100 * accuracy)), "%")


def _leak(run: Run) -> Evidence:
    """At the probe where mirror pairs are first known by half; a seed that never gets there cannot tell."""
    mirror, rest = (run.arrays[f"{_LEAKY}/{kind}"] for kind in KINDS[1:])
    places = [(seed, np.flatnonzero(own >= 0.5)) for seed, own in enumerate(mirror)]
    others = [float(rest[seed, reached[0]]) for seed, reached in places if len(reached)]
    return Evidence(tuple(value <= 0.1 for value in others), tuple(others), "accuracy on pairs without a known mirror")


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "generalizes-long-after-memorising", "power2022grokking", "abstract and figure 1",
        "A network can learn its training set by heart and generalise to the test set only long afterwards.",
        "Each seed has a test accuracy of at most 0.1 when its training accuracy first reaches 0.99, and reaches a "
        "test accuracy of 0.99 later, after at least five times as many steps.",
        "The same seeds without weight decay; pairs and their mirror images fall on the same side of the split.",
        _delay, "fig-learned-then-understood",
    ),
    Claim(
        "decay-halves-the-samples", "power2022grokking", "section on sample efficiency",
        "Weight decay more than halves the number of training samples that generalization needs.",
        "In each seed's phase diagram, the smallest fraction that reaches a test accuracy of 0.99 with some weight "
        "decay is at most half of the smallest that does without; where none does without, at most half of the "
        "largest fraction tried, and if it is more, the diagram cannot tell.",
        "The cells without weight decay, trained for as many steps.",
        _fewer_samples, "fig-grokking-phase-diagram", theirs="power-decay-samples",
    ),
    Claim(
        "no-grokking-without-decay", "nanda2023progress", "appendix on weight decay",
        "Without weight decay the network does not grok.",
        "Of the seeds that grok with weight decay, each memorises without it and does not reach a test accuracy of "
        "0.99 in the same number of steps.",
        "The same seeds, splits and starts with weight decay 1.",
        _never_without_decay, "milestones",
    ),
    Claim(
        "time-inverse-to-decay", "liu2023omnigrok", "section on the time to grok",
        "From large weights, the time to generalise is inversely proportional to the weight decay.",
        "At each training fraction with at least three weight decays that grok, the slope of log steps over log "
        "weight decay lies between -1.25 and -0.75.",
        "Several training fractions; cells that did not grok in time are left out and shown.",
        _inverse, "fig-time-against-decay",
    ),
    Claim(
        "sparse-in-frequencies", "nanda2023progress", "section on progress measures",
        "A network that has grokked keeps its numbers in a few frequencies: its embedding is sparse in Fourier space.",
        "For each seed that groks, the Gini coefficient of the embedding's Fourier components at the end is at least "
        "twice that when it had memorised, and at least twice that of its twin without weight decay at the end.",
        "The same seeds without weight decay, which have memorised just as well.",
        _sparse, "gini",
    ),
    Claim(
        "progress-before-the-jump", "nanda2023progress", "section on phases",
        "The jump of the test accuracy is preceded by steady progress that a Fourier measure shows.",
        "For each seed that groks, the Gini coefficient has made at least a fifth of its rise (from memorising to the "
        "end) at the last probe at which the test accuracy is still at most 0.1.",
        "The test accuracy itself, which has made at most a tenth of its rise by then.",
        _progress, "gini",
    ),
    Claim(
        "analytic-solution", "gromov2023grokking", "section on the analytic solution",
        "Weights that are cosines, written down and not trained, add modulo p without an error.",
        "For each modulus and draw of the phases, the accuracy on all pairs is 1.",
        "Several moduli, and several draws of the random phases.",
        _analytic, "gromov",
    ),
    Claim(
        "transformers-ignore-the-order", "power2022grokking", "section on operations",
        "A transformer learns easily to ignore the order of its operands, which makes symmetric operations easier.",
        "When a transformer first knows half of the test pairs whose mirror image it was trained on, it knows at most "
        "a tenth of the others.",
        "The same transformer on a split that keeps mirror images together; a perceptron that has weights of its own "
        "for each operand.",
        _leak, "fig-commutativity-leak",
    ),
)  # fmt: skip
