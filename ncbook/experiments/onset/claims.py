"""What the literature says of what moves when a network groks, and the rules by which a run of `onset` decides."""

import numpy as np
import pandas as pd

from ncbook.claims import Claim, Evidence
from ncbook.experiments.grokking.milestones import first_step
from ncbook.experiments.onset.codes import power_rank
from ncbook.experiments.onset.leads import ADDITION, COLLAPSE, DIGITS, SMALL, UNDECAYED, leads, rules
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
    shares = [only_flatness(leads(run, rule=rule)).mean() for rule in rules(run.config)[1:]]
    told = [float(share) for share in shares if np.isfinite(share)]
    return Evidence(tuple(bool(share >= 0.8) for share in told), tuple(told), "of the seeds, in a rule")


def _flatness_beats_loss(run: Run) -> Evidence:
    found = leads(run)
    ahead = found.relative_flatness - found.train_loss
    return Evidence.of((found.relative_flatness > 0) & (ahead > 0), ahead, "steps before the train loss")


def _falls_in_memorising(run: Run) -> Evidence:
    """Only seeds that memorise can tell."""
    frame = run.to_frame()
    falls, holds = [], []
    for _, own in frame[frame.part == ADDITION].groupby("seed"):
        step = first_step(own.step.to_numpy(), own.train_acc.to_numpy(), run.config["learned"])
        if np.isfinite(step):
            then = own[own.step == step].iloc[0]
            falls.append(float(own.cdnv_train.iloc[0] / then.cdnv_train))
            holds.append(bool(falls[-1] >= 2 and then.test_acc <= 0.1))
    return Evidence(tuple(holds), tuple(falls), "fold fall")


def _together(run: Run, part: str) -> Evidence:
    found = leads(run, part)
    ratios = {name: (found.onset - found[name]) / found.onset for name in ("rnc1_train", "cdnv_train")}
    apart = {name: np.exp(np.abs(np.log(ratio))) for name, ratio in ratios.items()}
    holds = (apart["rnc1_train"] <= NEAR) & (apart["rnc1_train"] < apart["cdnv_train"].fillna(np.inf))
    return Evidence.of(holds, ratios["rnc1_train"].fillna(np.inf), "times the steps to generalize")


def _ratio_first(run: Run) -> Evidence:
    found, frame = leads(run), run.to_frame()
    frame = frame[(frame.part == ADDITION) & (frame.test_acc >= 0.95)]
    late = frame.groupby("seed").step.first().reindex(found.index)
    ahead = late - (found.onset - found.variance_ratio_train)
    return Evidence.of(ahead > 0, ahead, "steps before a test accuracy of 95 %")


def _delay(run: Run) -> Evidence:
    """One trial a seed whose two networks both learn the test set; a small start may do so before memorising."""
    frame, config = run.to_frame(), run.config
    ratios: dict[str, dict[int, float]] = {part: {} for part in (DIGITS, SMALL)}
    for part, own_ratios in ratios.items():
        for seed, own in frame[frame.part == part].groupby("seed"):
            steps = own.step.to_numpy()
            memorised = first_step(steps, own.train_acc.to_numpy(), config["learned"])
            own_ratios[seed] = first_step(steps, own.test_acc.to_numpy(), config["digits_learned"]) / memorised
    table = pd.DataFrame(ratios).dropna()
    return Evidence.of((table[DIGITS] >= 3) & (table[SMALL] <= NEAR), table[DIGITS], "times the steps to memorise")


def _codes(run: Run) -> Evidence:
    norms, closed = run.arrays["codes/norms"], run.arrays["codes/closed"]
    same = np.abs(norms / closed - 1).max(1) < 1e-9
    below, above = run.arrays["codes/excess"].T
    ratio = run.arrays["codes/direct"] / run.arrays["codes/formula"]
    holds = same & (below > 0) & (above < 0)
    return Evidence(tuple(map(bool, holds)), tuple(map(float, ratio)), "times the formula's penalty")


def shapes(run: Run, part: str = ADDITION, which: str = "head") -> pd.DataFrame:
    """One row a seed of `part`, of the classifier ("head") or the class means ("means") at the end of training:

    rank, directions that hold 90 % of the power; effective_rank; frequencies, that hold 90 % of the power of the rows;
    distances of the Gram matrix to the simplex, the nearest circle and the nearest sum of circles.
    """
    arrays = {name: run.arrays[f"shapes/{part}/{which}/{name}"] for name in ("effective_rank", "frequencies")}
    distances = run.arrays[f"shapes/{part}/{which}/distances"].T
    arrays |= dict(zip(("to_simplex", "to_circle", "to_circles"), distances, strict=True))
    arrays["rank"] = power_rank(run.arrays[f"shapes/{part}/{which}/singular"])
    return pd.DataFrame(arrays, index=pd.Index(run.config["seeds"][: len(arrays["rank"])], name="seed"))


def _generalized(run: Run, which: str) -> pd.DataFrame:
    return shapes(run, ADDITION, which).loc[leads(run).index]


def _rank_two(run: Run) -> Evidence:
    found = _generalized(run, "head")
    return Evidence.of(found["rank"] == 2, found["rank"], "directions")


def _low_rank(run: Run) -> Evidence:
    """Seeds without a twin that was trained without weight decay are compared with the median of those twins."""
    found, control = _generalized(run, "head"), shapes(run, UNDECAYED, "head").effective_rank
    twin = control.reindex(found.index).fillna(control.median())
    holds = (found["rank"] <= (run.config["p"] - 1) / 2) & (found.effective_rank < twin)
    return Evidence.of(holds, found.effective_rank, "directions, as effective rank")


def _no_simplex(run: Run) -> Evidence:
    found = _generalized(run, "means")
    ratio = found.to_circle / found.to_simplex
    return Evidence.of(ratio < 1, ratio, "times the distance to the simplex")


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "only-flatness-predicts", "han2025flatness", "abstract and section on grokking",
        "Of collapse and flatness, only flatness predicts generalization.",
        "For each seed that generalizes, under the rule for leads that was fixed before: kappa crosses before the "
        "test accuracy is half-way, and CDNV, variance ratio, NC1 and RNC1 of the training set do not.",
        "Four measures of collapse; the train loss under the same rule (two rows below).",
        _only_flatness, "fig-leads",
    ),
    Claim(
        "only-flatness-under-any-rule", "han2025flatness", "abstract and section on grokking, under other rules",
        "That verdict does not depend on how 'before' is defined.",
        "For each other rule (end of training, 300 steps after generalization, or generalization as the end of the "
        "way; a quarter, half or three quarters of it; without the logarithm; the steepest place): the statement "
        "above holds in at least 80 % of the seeds.",
        "The primary rule (row above).",
        _any_rule, "fig-rules",
    ),
    Claim(
        "flatness-before-the-loss", "han2025flatness", "abstract and section on grokking, against the train loss",
        "Flatness tells more than the train loss does: it moves before generalization, and before the train loss.",
        "For each seed that generalizes, kappa crosses before the test accuracy is half-way and before the train "
        "loss crosses.",
        "The train loss, of which kappa is nearly a function.",
        _flatness_beats_loss, "fig-crossings",
    ),
    Claim(
        "collapse-falls-in-memorising", "han2025flatness", "section on grokking",
        "Clustering (CDNV) falls while the network memorises, before it generalizes.",
        "For each seed, CDNV on the training set has at least halved between the untrained network and memorisation, "
        "while the test accuracy is at most 0.1.",
        "The test accuracy at the same probe.",
        _falls_in_memorising, "memorising",
    ),
    Claim(
        "rescaled-variability-with-generalization", "sakamoto2026explaining", "section on experiments",
        "RNC1, the spread within classes at unit largest norm, falls with generalization, where CDNV does not.",
        "On digits from a large start, for each seed that generalizes: RNC1 on the training set crosses within a "
        "factor 1.5 of the step at which the test accuracy is half-way, and nearer to it than CDNV.",
        "CDNV under the same rule.",
        lambda run: _together(run, DIGITS), "fig-digits-measures",
    ),
    Claim(
        "rescaled-variability-in-arithmetic", "sakamoto2026explaining", "carried over to a task that they leave out",
        "The same in modular addition.",
        "The same rule for each seed of modular addition that generalizes.",
        "CDNV under the same rule.",
        lambda run: _together(run, ADDITION), "fig-leads",
    ),
    Claim(
        "class-ratio-before-generalization", "golwala2026ildr", "as reported in a note on the paper",
        "The ratio of spread between classes to spread within them rises before the test accuracy reaches 95 %.",
        "For each seed that generalizes, the variance ratio on the training set, its inverse, crosses before the "
        "first probe with a test accuracy of 0.95.",
        "The same against half of the test accuracy's way, in the figure.",
        _ratio_first, "ratio",
    ),
    Claim(
        "circle-beats-simplex", "tan2026beyond", "the comparison of circle and simplex",
        "Above a penalty of log I_0(1/tau) / (sqrt(K (K-1)) - sqrt(2 K)) on the nuclear norm, a circle costs less "
        "than a simplex.",
        "For each number of classes: the norms of both codes by decomposition are sqrt(2 K) and sqrt(K (K-1)) within "
        "1e-9, and with cross-entropies computed from the codes the simplex costs less at 0.9 times that penalty and "
        "the circle at 1.1 times.",
        "The penalty at which both cost the same, solved for without the formula.",
        _codes, "fig-codes",
    ),
    Claim(
        "classifier-of-rank-two", "tan2026beyond", "abstract",
        "Modular addition prefers a code of rank two: the classes on one circle.",
        "For each seed that generalizes, two directions hold at least 90 % of the power of the centred classifier at "
        "the end.",
        "The same without weight decay, in the figure.",
        _rank_two, "fig-shapes",
    ),
    Claim(
        "classifier-of-low-rank", "tan2026beyond", "abstract, read as low rank",
        "Weight decay makes the classifier of modular addition low in rank.",
        "For each seed that generalizes, at most half of the K - 1 possible directions hold 90 % of the power of the "
        "centred classifier, and its effective rank is below that of its twin without weight decay, or of the "
        "median twin where a seed has none.",
        "The twins without weight decay, which have memorised just as well.",
        _low_rank, "fig-shapes",
    ),
    Claim(
        "nearer-to-a-circle", "tan2026beyond", "abstract, on the class means",
        "The geometry of a solved arithmetic task is a circle rather than a simplex.",
        "For each seed that generalizes, the Gram matrix of its class means, at unit norm, is nearer to that of the "
        "nearest single circle than to that of the simplex.",
        "The nearest sum of circles, in the table; networks without weight decay.",
        _no_simplex, "fig-shapes",
    ),
    Claim(
        "large-start-delays", "liu2023omnigrok", "section on images",
        "Grokking is not peculiar to arithmetic: a large start delays generalization on images too.",
        "For each seed, the network with the large start reaches a test accuracy of 0.85 after at least three times "
        "the steps to memorise, and the one with the usual start after at most 1.5 times.",
        "The same images and starts, not multiplied.",
        _delay, "fig-digits",
    ),
)  # fmt: skip
