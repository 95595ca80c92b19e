"""What the literature says of relative flatness, and the rules by which a run of `flatness` decides."""

import numpy as np
import pandas as pd

from ncbook.claims import Evidence, read
from ncbook.readings.flatness import changed, rows, scaled
from ncbook.runs import Run

_SHAPE = ["nc1_train", "nc2_norms_train", "nc2_angles_train", "nc3_train"]


def _on_family(run: Run) -> Evidence:
    found = rows(run, "family")
    kappa, bound = found.relative_flatness, found.relative_flatness_bound
    holds = (kappa <= found.proposition) & (bound <= found.proposition * (1 + 1e-9))
    return Evidence.of(holds, found.proposition / kappa, "times the exact value")


def _on_networks(run: Run) -> Evidence:
    found = rows(run, "scale", arm="trained", scale=1.0)
    share = found.relative_flatness / found.proposition
    return Evidence.of((share <= 1) & (found.train_error == 0), share, "of the right-hand side")


def _trace_bound(run: Run) -> Evidence:
    found = pd.concat([rows(run, part) for part in ("family", "scale", "change")])
    found = found[found.relative_flatness > 1e-300]  # smaller ones have lost their digits
    kappa, bound = found.relative_flatness, found.relative_flatness_bound
    return Evidence.of(kappa <= bound * (1 + 1e-9), bound / kappa, "times the exact value")


def _collapse_alone(run: Run) -> Evidence:
    found = scaled(run, arm="trained")
    holds, orders = [], []
    for _, own in found.groupby("seed"):
        still = own[["train_error", "test_error"]].nunique().eq(1).all()
        same = (own[_SHAPE].max() - own[_SHAPE].min()).max() <= 1e-6
        orders.append(float(own.log10_relative_flatness.max() - own.log10_relative_flatness.min()))
        holds.append(bool(still and same and own.train_error.max() == 0 and orders[-1] >= 2))
    return Evidence(tuple(holds), tuple(orders), "orders of magnitude of kappa")


def _layers(run: Run) -> Evidence:
    ratio = changed(run, "layer")
    fold = np.maximum(ratio.hessian_trace, 1 / ratio.hessian_trace)
    still = (ratio.relative_flatness - 1).abs() <= 1e-9
    return Evidence.of(still & fold.ge(50), fold, "fold change of the Hessian's trace")


def _neurons(run: Run) -> Evidence:
    ratio = changed(run, "neurons").relative_flatness
    return Evidence.of((ratio - 1).abs() <= 0.01, np.maximum(ratio, 1 / ratio), "fold change of kappa")


def _neurons_normalized(run: Run) -> Evidence:
    ratio = changed(run, "neurons").normalized_relative_flatness
    return Evidence.of((ratio - 1).abs() <= 1e-6, (ratio - 1).abs(), "relative change of kappa")


def _pairs(run: Run, part: str, **chosen: object) -> pd.DataFrame:
    """The rows of networks on true and on random labels side by side, in columns "..._trained" and "..._random"."""
    good, bad = (rows(run, part, arm=arm, **chosen) for arm in ("trained", "random"))
    return good.merge(bad, on="seed", suffixes=("_trained", "_random"))


def _flatter_as_trained(run: Run) -> Evidence:
    pairs = _pairs(run, "scale", scale=1.0)
    ratio = pairs.relative_flatness_random / pairs.relative_flatness_trained
    return Evidence.of(ratio > 1, ratio, "times the kappa on true labels")


def _flatter_at_equal_loss(run: Run) -> Evidence:
    pairs = _pairs(run, "matched").dropna(subset=["relative_flatness_trained", "relative_flatness_random"])
    ratio = pairs.relative_flatness_random / pairs.relative_flatness_trained
    return Evidence.of(ratio > 1, ratio, "times the kappa on true labels")


def _flat_and_wrong(run: Run) -> Evidence:
    wrong = scaled(run, arm="random")
    good = rows(run, "scale", arm="trained", scale=1.0).set_index("seed")
    lowest = wrong.loc[wrong.groupby("seed").log10_relative_flatness.idxmin()].set_index("seed")
    orders = good.log10_relative_flatness - lowest.log10_relative_flatness
    holds = (orders > 0) & (lowest.train_error == 0) & (lowest.test_error >= 0.8) & (good.test_error <= 0.1)
    return Evidence.of(holds, orders, "orders of magnitude flatter")


def _exactly_flat(run: Run) -> Evidence:
    found = rows(run, "scale", arm="random", scale=max(run.config["scales"]))
    zero = (found.largest_slope_float32 == 0) & (found.relative_flatness_float32 == 0)
    holds = zero & (found.largest_slope_float64 > 0) & (found.test_error >= 0.8)
    return Evidence.of(holds, found.log10_relative_flatness, "is log10 of kappa, which float32 gives as 0")


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
        "confident-is-flat-right-or-wrong": _flat_and_wrong,
        "softmax-collapse": _exactly_flat,
    },
)
