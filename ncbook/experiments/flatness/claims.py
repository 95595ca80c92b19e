"""What the literature says of relative flatness, and the rules by which a run of `flatness` decides."""

import numpy as np
import pandas as pd

from ncbook.claims import Claim, Evidence
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


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "collapse-bounds-flatness", "han2025flatness", "proposition 5.3",
        "Under exact collapse, relative flatness stays below lambda^2 k^3 M^4 e / (1 + (k-1) e)^2 with "
        "e = exp(-lambda delta), and so goes to zero as the classifier grows.",
        "On features and classifiers that form a simplex, at each number of classes and each strength: the exact value "
        "and its upper bound, measured on the vectors, are at most the right-hand side.",
        "The three are computed apart from each other; strengths on both sides of the peak.",
        _on_family, "fig-family",
    ),
    Claim(
        "collapse-bounds-flatness-networks", "han2025flatness", "proposition 5.3, read for trained networks",
        "The same for networks that were trained into collapse.",
        "For each seed, the network trained on true labels has no training error, and its exact kappa on the training "
        "set is at most the right-hand side with the network's own M and lambda. (The proposition assumes exact "
        "collapse, and class means no longer than M.)",
        "The same networks stopped at zero training error, before collapse.",
        _on_networks, "network-proposition",
    ),
    Claim(
        "collapse-alone-can-be-sharp", "han2025flatness", "end of appendix A",
        "Collapse by itself does not imply flatness: it does not see the scale of the classifier, and flatness does.",
        "For each seed, multiplying the last layer by 1/4 to 16 leaves training and test error as they are and NC1 to "
        "NC3 within a millionth, with no training error, while kappa spans at least two orders of magnitude.",
        "The same on networks stopped before collapse and on random labels, in the figure.",
        _collapse_alone, "fig-scaling",
    ),
    Claim(
        "flatness-below-trace-bound", "han2025flatness", "lemma A.2",
        "Relative flatness is at most the squared norm of W times the trace of the Hessian.",
        "In every measurement of simplices, scaled networks and changed networks: kappa is at most the bound.",
        "kappa comes from differences of rows of W, the bound from probabilities alone.",
        _trace_bound, "changes",
    ),
    Claim(
        "flatness-survives-layer-rescaling", "petzka2021relative", "abstract",
        "Relative flatness solves the problem of reparametrization: rescaling layers against each other leaves it.",
        "For each network and seed, with the features ten times as long and W a tenth, kappa changes by less than "
        "1e-9 of itself, and the trace of the Hessian at least 50-fold.",
        "The trace, which is the same curvature without the weights.",
        _layers, "changes",
    ),
    Claim(
        "flatness-survives-neuron-rescaling", "han2025flatness", "the text on relative flatness",
        "Relative flatness does not change when single neurons are rescaled.",
        "For each network and seed, with each neuron's output times a factor between 1/10 and 10 and its column of W "
        "divided by it, kappa changes by at most 1 %.",
        "The same after the features are normalized (next row).",
        _neurons, "changes",
    ),
    Claim(
        "normalized-flatness-survives-neuron-rescaling", "petzka2021relative", "released code",
        "With every feature divided by its standard deviation first, rescaling single neurons changes nothing.",
        "The same change as in the row above: kappa of the normalized features changes by at most a millionth.",
        "The same without normalization (row above).",
        _neurons_normalized, "changes",
    ),
    Claim(
        "flatter-networks-generalize", "petzka2021relative", "abstract",
        "Of two minima with the same training error, the one with smaller relative flatness generalizes better.",
        "For each seed, of two networks trained alike to the end, the one on true labels has a smaller kappa than the "
        "one on random labels.",
        "The same at equal training loss (next row).",
        _flatter_as_trained, "matched",
    ),
    Claim(
        "flatter-networks-generalize-at-equal-loss", "petzka2021relative", "abstract, at equal training loss",
        "The same where the two networks are equally confident.",
        "For each seed whose two networks can be brought to a training loss of 0.01 by a factor of the last layer: "
        "there, the one on true labels has a smaller kappa than the one on random labels.",
        "The comparison as trained (row above).",
        _flatter_at_equal_loss, "matched",
    ),
    Claim(
        "confident-is-flat-right-or-wrong", "walter2026flatness", "as reported in a note on the paper",
        "Confident predictions look flat, whether they are correct or not.",
        "For each seed, some factor up to 16 makes the network on random labels (no training error, test error of at "
        "least 80 %) flatter than the network on true labels as it was trained (test error of at most 10 %).",
        "Both networks at equal training loss.",
        _flat_and_wrong, "fig-scaling",
    ),
    Claim(
        "softmax-collapse", "prieto2025grokking", "on softmax collapse, read for a classifier that is scaled up",
        "In float32 a confident network's loss and gradient become exactly zero, though it has understood nothing.",
        "For each seed, the network on random labels with its last layer times 64: the gradient of all parameters and "
        "kappa are exactly 0 in float32; in float64 the gradient is not; the test error is at least 80 %.",
        "float64.",
        _exactly_flat, "softmax-collapse",
    ),
)  # fmt: skip
