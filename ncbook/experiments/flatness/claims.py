"""What the literature says of relative flatness, and the rules by which a run of `flatness` decides.

A network that errs on its training set where it is read, as after a burst of a training at a constant rate, cannot
tell: it is shown and not judged.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from ncbook.claims import read
from ncbook.evidence import SIGN, Evidence
from ncbook.readings.flatness import LITTLE, WIDE, changed, over_learning, rows, scaled, under_noise
from ncbook.runs import Run

_SHAPE = ["nc1_train", "nc2_norms_train", "nc2_angles_train", "nc3_train"]
_KAPPA = "times the kappa on true labels"


def _seeds(run: Run, found: pd.DataFrame) -> pd.Series:
    """Of each row; simplices are not drawn, and count with the run's first seed."""
    seeds = run.config["seeds"]
    return found.seed.where(found.seed.isin(seeds), seeds[0])


def _on_family(run: Run) -> Evidence:
    found = rows(run, "family")
    share = np.maximum(found.relative_flatness, found.relative_flatness_bound / (1 + 1e-9)) / found.proposition
    return Evidence.compared(_seeds(run, found), share, "<=", 1.0, "of the right-hand side")


def _on_networks(run: Run) -> Evidence:
    found = rows(run, "scale", arm="trained", scale=1.0)
    share = found.relative_flatness / found.proposition
    return Evidence.compared(found.seed, share, "<=", 1.0, "of the right-hand side", found.train_error == 0)


def _trace_bound(run: Run) -> Evidence:
    found = pd.concat([rows(run, part) for part in ("family", "scale", "change")])
    found = found[found.relative_flatness > 1e-300]  # smaller ones have lost their digits
    share = found.relative_flatness / found.relative_flatness_bound
    return Evidence.compared(_seeds(run, found), share, "<=", 1 + 1e-9, "of the bound")


def _collapse_alone(run: Run) -> Evidence:
    seeds, holds, orders, valid = [], [], [], []
    for seed, own in scaled(run, arm="trained").groupby("seed"):
        still = own[["train_error", "test_error"]].nunique().eq(1).all()
        same = (own[_SHAPE].max() - own[_SHAPE].min()).max() <= 1e-6
        seeds.append(seed)
        orders.append(float(own.log10_relative_flatness.max() - own.log10_relative_flatness.min()))
        holds.append(bool(still and same and orders[-1] >= 2))
        valid.append(own.train_error.max() == 0)
    return Evidence.of(seeds, holds, orders, "orders of magnitude of kappa", valid)


def _layers(run: Run) -> Evidence:
    ratio = changed(run, "layer")
    fold = np.maximum(ratio.hessian_trace, 1 / ratio.hessian_trace)
    still = (ratio.relative_flatness - 1).abs() <= 1e-9
    seeds = ratio.index.get_level_values("seed")
    return Evidence.of(seeds, still & fold.ge(50), fold, "fold change of the Hessian's trace")


def _neurons(run: Run) -> Evidence:
    """Averaged within a seed over its networks."""
    ratio = changed(run, "neurons").relative_flatness
    fold = np.maximum(ratio, 1 / ratio)
    return Evidence.compared(ratio.index.get_level_values("seed"), fold, "<=", 1.01, "fold change of kappa")


def _neurons_normalized(run: Run) -> Evidence:
    off = (changed(run, "neurons").normalized_relative_flatness - 1).abs()
    return Evidence.compared(off.index.get_level_values("seed"), off, "<=", 1e-6, "relative change of kappa")


def _pairs(run: Run, part: str, **chosen: object) -> pd.DataFrame:
    """The rows of networks on true and on random labels side by side, in columns "..._trained" and "..._random"."""
    good, bad = (rows(run, part, arm=arm, **chosen) for arm in ("trained", "random"))
    return good.merge(bad, on="seed", suffixes=("_trained", "_random"))


def _flatter_as_trained(run: Run) -> Evidence:
    pairs = _pairs(run, "scale", scale=1.0)
    ratio = pairs.relative_flatness_random / pairs.relative_flatness_trained
    fitted = (pairs.train_error_trained == 0) & (pairs.train_error_random == 0)
    return Evidence.compared(pairs.seed, ratio, ">", 1.0, _KAPPA, fitted, chance=SIGN)


def _flatter_at_equal_loss(run: Run) -> Evidence:
    """A pair of which one cannot be brought to that loss, since it errs on its training set, has no value."""
    pairs = _pairs(run, "matched")
    ratio = pairs.relative_flatness_random / pairs.relative_flatness_trained
    return Evidence.compared(pairs.seed, ratio, ">", 1.0, _KAPPA, chance=SIGN)


def _flat_and_wrong(run: Run) -> Evidence:
    wrong = scaled(run, arm="random")
    good = rows(run, "scale", arm="trained", scale=1.0).set_index("seed")
    lowest = wrong.loc[wrong.groupby("seed").log10_relative_flatness.idxmin()].set_index("seed").reindex(good.index)
    orders = good.log10_relative_flatness - lowest.log10_relative_flatness
    valid = (lowest.train_error == 0) & (lowest.test_error >= 0.8) & (good.test_error <= 0.1)
    return Evidence.compared(good.index, orders, ">", 0.0, "orders of magnitude flatter", valid)


def _exactly_flat(run: Run) -> Evidence:
    found = rows(run, "scale", arm="random", scale=max(run.config["scales"]))
    zero = (found.largest_slope_float32 == 0) & (found.relative_flatness_float32 == 0)
    holds, valid = zero & (found.largest_slope_float64 > 0), (found.train_error == 0) & (found.test_error >= 0.8)
    unit = "is log10 of kappa, which float32 gives as 0"
    return Evidence.of(found.seed, holds, found.log10_relative_flatness, unit, valid)


def _as_kappa_says(noise: int) -> Callable[[Run], Evidence]:
    """A trial a seed: the network and probe at which kappa is furthest off decides."""

    def judge(run: Run) -> Evidence:
        furthest = under_noise(run, noise=noise).groupby("seed").off.max()
        return Evidence.compared(furthest.index, furthest, "<=", 2.0, "fold off, the furthest network")

    return judge


def _little_of_the_gap(run: Run) -> Evidence:
    """A trial a seed: the network with the largest share decides. One on sums that has not memorized cannot tell."""
    noisy = under_noise(run, noise=LITTLE)
    ends = noisy[noisy.arm.isin(("trained", "random"))].groupby(["arm", "seed"]).tail(1)
    sums = over_learning(run).set_index("seed")
    shares = pd.concat([(ends.rise / ends.gap).groupby(ends.seed).max(), sums.rise_then / sums.gap_then], axis=1)
    return Evidence.compared(shares.index, shares.max(axis=1), "<=", 0.01, "of the gap", sums.tells[shares.index])


def _over_learning(name: str, share: float, unit: str) -> Callable[[Run], Evidence]:
    def judge(run: Run) -> Evidence:
        found = over_learning(run)
        left = found[f"{name}_end"] / found[f"{name}_then"]
        return Evidence.compared(found.seed, left, "<=", share, unit, found.tells)

    return judge


CLAIMS = read(
    __file__,
    {
        "collapse-bounds-flatness": _on_family,
        "collapse-bounds-flatness-networks": _on_networks,
        "collapse-alone-can-be-sharp": _collapse_alone,
        "flatness-below-trace-bound": _trace_bound,
        "flatness-survives-layer-rescaling": _layers,
        "flatness-survives-neuron-rescaling": _neurons,
        "normalized-flatness-survives-neuron-rescaling": _neurons_normalized,
        "flatter-networks-generalize": _flatter_as_trained,
        "flatter-networks-generalize-at-equal-loss": _flatter_at_equal_loss,
        "flat-features-are-robust": _as_kappa_says(LITTLE),
        "flat-features-bear-wide-noise": _as_kappa_says(WIDE),
        "robustness-is-little-of-the-gap": _little_of_the_gap,
        "features-become-representative": _over_learning("representativeness", 0.1, "of its size when memorized"),
        "features-come-within-reach": _over_learning("reach", 0.5, "of the reach when memorized"),
        "confident-is-flat-right-or-wrong": _flat_and_wrong,
        "softmax-collapse": _exactly_flat,
    },
)
