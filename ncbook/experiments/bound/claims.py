"""What the literature says of the bound and of its terms, and the rules by which a run of `bound` decides."""

import math

import pandas as pd

from ncbook.claims import not_tested, read
from ncbook.evidence import SIGN, Evidence
from ncbook.readings._rows import seeds
from ncbook.readings.bound import KEYS, phases, rates, rows
from ncbook.readings.moments import COLLAPSED, FOLLOWS
from ncbook.runs import Run

_RATE, _NEAR = -0.5, 0.05  # the exponent of one over the root of n, and how near to it counts


def _bound_holds(run: Run) -> Evidence:
    pairs = rows(run, "pair")
    ratio = (pairs.cdnv_bound / pairs.cdnv_test).groupby([pairs.seed, pairs.per_class]).min()
    return Evidence.compared(seeds(ratio), ratio, ">=", 1, "times the true value, in the pair where it is least")


def _first_term(run: Run) -> Evidence:
    seen, unit = phases(run), "fold fall of V_S in the terminal phase"
    return Evidence.compared(seen.seed, seen.cdnv_train_fall, ">=", COLLAPSED, unit, seen.phase_tells)


def _collapsed(seen: pd.DataFrame) -> pd.Series:
    return seen.phase_tells & (seen.cdnv_train_fall >= COLLAPSED)


def _second_term(run: Run) -> Evidence:
    seen, unit = phases(run), "fold fall of B in the terminal phase"
    return Evidence.compared(seen.seed, seen.B_fall, ">", 1, unit, _collapsed(seen), chance=SIGN)


def _fixed_rates(run: Run) -> Evidence:
    fixed = rows(run, "fixed")
    found = pd.concat([rates(fixed, "shift"), rates(fixed, "square")])
    return Evidence.of(found.index, (found - _RATE).abs() <= _NEAR, found, "as the exponent of n")


def _trained(run: Run) -> pd.Series:
    networks = rows(run, "network")
    return pd.concat([rates(networks, "shift", "length"), rates(networks, "square", "length", power=2)])


def _trained_rates(run: Run) -> Evidence:
    found = _trained(run)
    return Evidence.of(found.index, (found - _RATE).abs() <= _NEAR, found, "as the exponent of n")


def _no_slower(run: Run) -> Evidence:
    found = _trained(run)
    return Evidence.compared(found.index, found, "<=", _RATE + _NEAR, "as the exponent of n")


def _means_apart(run: Run) -> Evidence:
    pairs = rows(run, "pair")
    left = (1 - pairs.shift_sum / pairs.distance_train).groupby([pairs.seed, pairs.per_class]).min()
    return Evidence.compared(seeds(left), left, ">", 0, "of the training distance is left, in the worst pair")


def _gap_shrinks(run: Run) -> Evidence:
    networks = rows(run, "pair").groupby(KEYS)[["cdnv_test", "cdnv_train"]].mean()
    gap = (networks.cdnv_test - networks.cdnv_train).unstack()
    left = (gap / gap.shift(axis=1)).iloc[:, 1:].max(axis=1)
    orders = math.factorial(gap.shape[1])  # of so many gaps, of which one falls throughout
    return Evidence.compared(
        left.index, left, "<", 1, "of V_P - V_S is left after the doubling that leaves most", chance=1 / orders
    )


def _population_follows(run: Run) -> Evidence:
    """At the largest size of each seed at which the training set collapses in a phase that tells."""
    seen = phases(run)
    seen = seen.assign(collapsed=_collapsed(seen)).sort_values(["collapsed", "per_class"])
    largest = seen.groupby("seed").tail(1)
    unit = "is log(fall of V_P) over log(fall of V_S)"
    return Evidence.compared(largest.seed, largest.follows, ">=", FOLLOWS, unit, largest.collapsed)


def _center_bound(run: Run) -> Evidence:
    networks = rows(run, "network")
    times = networks.ncc_error_bound / networks.ncc_error_test
    return Evidence.compared(networks.seed, times, ">=", 1, "times the error")


CLAIMS = read(
    __file__,
    {
        "bound-holds": _bound_holds,
        "collapse-shrinks-training-cdnv": _first_term,
        "collapse-shrinks-b": _second_term,
        "concentration-rate-fixed": _fixed_rates,
        "concentration-rate-trained": _trained_rates,
        "concentration-no-slower-trained": _no_slower,
        "population-means-apart": _means_apart,
        "test-approaches-train": _gap_shrinks,
        "test-collapse-follows": _population_follows,
        "collapse-allows-inferences": not_tested,
        "center-error-bound": _center_bound,
    },
)
