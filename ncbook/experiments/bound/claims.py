"""What the literature says of the bound and of its terms, and the rules by which a run of `bound` decides."""

import pandas as pd

from ncbook.claims import Evidence, read
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


CLAIMS = read(
    __file__,
    {
        "bound-holds": _bound_holds,
        "collapse-shrinks-training-cdnv": _first_term,
        "collapse-shrinks-b": _second_term,
        "concentration-rate-fixed": _fixed_rates,
        "concentration-rate-trained": _trained_rates,
        "population-means-apart": _means_apart,
        "test-approaches-train": _gap_shrinks,
        "test-collapse-follows": _population_follows,
        "center-error-bound": _center_bound,
    },
)
