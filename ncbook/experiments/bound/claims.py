"""What the literature says of the bound and of its terms, and the rules by which a run of `bound` decides."""

import pandas as pd

from ncbook.claims import Claim, Evidence
from ncbook.readings.bound import rates, rows, terminal
from ncbook.runs import Run


def _bound_holds(run: Run) -> Evidence:
    pairs = rows(run, "pair")
    ratio = (pairs.cdnv_bound / pairs.cdnv_test).groupby([pairs.seed, pairs.per_class])
    return Evidence.of(ratio.min() >= 1, ratio.median(), "times the true value")


def _first_term(run: Run) -> Evidence:
    seen = terminal(run)
    fall = seen.cdnv_train_then / seen.cdnv_train_end
    return Evidence.of(fall >= 2, fall.dropna(), "fold fall of V_S in the terminal phase")


def _second_term(run: Run) -> Evidence:
    seen = terminal(run)
    fall = seen.B_then / seen.B_end
    return Evidence.of(fall > 1, fall.dropna(), "fold fall of B in the terminal phase")


def _fixed_rates(run: Run) -> Evidence:
    fixed = rows(run, "fixed")
    found = pd.concat([rates(fixed, "shift"), rates(fixed, "square")])
    return Evidence.of((found + 0.5).abs() <= 0.05, found, "as the exponent of n")


def _trained_rates(run: Run) -> Evidence:
    found = rates(rows(run, "network"), "shift", "length")
    return Evidence.of(found <= -0.45, found, "as the exponent of n")


def _means_apart(run: Run) -> Evidence:
    pairs = rows(run, "pair")
    share = (1 - pairs.shift_sum / pairs.distance_train).groupby([pairs.seed, pairs.per_class]).min()
    return Evidence.of(share > 0, share, "of the training distance is left, in the worst pair")


def _gap_shrinks(run: Run) -> Evidence:
    networks = rows(run, "pair").groupby(["seed", "per_class"])[["cdnv_test", "cdnv_train"]].mean()
    gap = (networks.cdnv_test - networks.cdnv_train).unstack()
    return Evidence.of((gap.diff(axis=1).iloc[:, 1:] < 0).all(axis=1), gap.iloc[:, 0] / gap.iloc[:, -1],
                     "fold fall of V_P - V_S from the smallest set to the largest")  # fmt: skip


def _population_follows(run: Run) -> Evidence:
    seen = terminal(run)
    seen = seen[seen.per_class == max(run.config["sizes"])]
    fall = seen.cdnv_test_then / seen.cdnv_test_end
    return Evidence.of(fall >= 2, fall.dropna(), "fold fall of V_P in the terminal phase")


def _center_bound(run: Run) -> Evidence:
    networks = rows(run, "network")
    holds = networks.ncc_error_test <= networks.ncc_error_bound
    return Evidence.of(holds, networks.ncc_error_bound / networks.ncc_error_test, "times the error")


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "bound-holds", "agarwal2022what", "equation (9), of Galanti et al. (2022)",
        "For every two classes, the CDNV of the population is at most (1 + A) times that of the training set plus B.",
        "For each network, with A and B as the chapter derives them: it holds for all pairs of classes.",
        "A and B from one half of the population against the CDNV of the other half.",
        _bound_holds, "fig-bound-pairs",
    ),
    Claim(
        "collapse-shrinks-training-cdnv", "agarwal2022what", "section 3.1, (i)",
        "The first term of the bound, the CDNV of the training set, is small if the training set collapses.",
        "For each network, the mean over pairs at least halves from the first measurement with zero training error "
        "to the last.",
        "The other terms over the same steps.",
        _first_term, "fig-bound-over-training",
    ),
    Claim(
        "collapse-shrinks-b", "agarwal2022what", "section 3.1, (i), read for B as a whole",
        "B, which divides by the distance of the training means, is small if the training set collapses.",
        "For each network, the mean of B over pairs is smaller at the last measurement than at the first one with "
        "zero training error.",
        "Training sets of six sizes.",
        _second_term, "fig-bound-over-training",
    ),
    Claim(
        "concentration-rate-fixed", "agarwal2022what", "section 3.1, (ii)",
        "The concentration terms are of the order of one over the root of n: here for features that are fixed before "
        "the points are drawn.",
        "For each seed, the exponents fitted to both terms lie within 0.05 of -1/2.",
        "The same terms for networks trained on the points.",
        _fixed_rates, "fig-concentration-rates",
    ),
    Claim(
        "concentration-rate-trained", "agarwal2022what", "section 3.1, (ii), read for trained features",
        "The same order for features trained on the very points, if training returns a nice feature map.",
        "For each seed, the exponent fitted to the mean shift over the distance of the training means is at most "
        "-0.45.",
        "Fresh points under the same networks.",
        _trained_rates, "fig-concentration-rates",
    ),
    Claim(
        "population-means-apart", "agarwal2022what", "section 3.1, (iii)",
        "The distance of the population's means is bounded below by that of the training means up to concentration "
        "terms.",
        "For each network, the training distance less the two shifts is positive for all pairs of classes.",
        "Training sets of six sizes.",
        _means_apart, "apart",
    ),
    Claim(
        "test-approaches-train", "agarwal2022what", "section 3.1, end, and section 5",
        "The collapse of the test set approaches that of the training set as the training set grows.",
        "For each seed, the population's CDNV less the training set's, in the mean over pairs, falls with every "
        "doubling of the training set.",
        "Equal numbers of steps at every size.",
        _gap_shrinks, "fig-bound-against-size",
    ),
    Claim(
        "test-collapse-follows", "agarwal2022what", "section 3.1, end",
        "Collapse occurs on the test set as a consequence of collapse on the training set, if that is big enough.",
        "For each seed, at the largest size: from the first measurement with zero training error to the last, the "
        "mean CDNV of the population at least halves, as is asked of the training set's.",
        "The training set's own fall over the same steps; smaller sizes.",
        _population_follows, "fig-bound-over-training",
    ),
    Claim(
        "center-error-bound", "galanti2022role", "on the error of the nearest-center rule, with our constants",
        "The error of the nearest-center rule is bounded by a multiple of the average CDNV.",
        "For each network, the error on the population with its own means is at most 4 (K-1) times the average CDNV.",
        "A bound by the variance along the lines between the means; Gaussians, whose error is known.",
        _center_bound, "fig-nearest-center",
    ),
)  # fmt: skip
