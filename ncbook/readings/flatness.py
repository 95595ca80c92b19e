"""Runs of `flatness`: relative flatness under exact collapse, and of networks that are scaled, rewritten or shaken."""

import numpy as np
import pandas as pd

from ncbook.readings import moments
from ncbook.readings.measures import Measure
from ncbook.runs import Run

# The networks, and the changes that leave what they compute alone: how readers call them.
NETWORKS = {
    "trained": "true labels, trained to the end",
    "stopped": "true labels, stopped at zero error",
    "random": "random labels, trained to the end",
}
CHANGES = {"layer": "layers rescaled", "rotation": "rotation", "shift": "rows shifted", "neurons": "neurons rescaled"}
ADDITION = "addition"  # networks that memorize sums first and generalize later
LITTLE, WIDE = 10, 100  # noise in features, in percent of their length; the second is about what the bound asks for
FURTHEST = 16  # factor of the last layer up to which networks are compared
UNLEARNT = 0.1  # test accuracy up to which a network that has memorized its sums has not begun to generalize
COLUMNS: dict[str, Measure] = {
    "change": Measure("change", "what was done to the parameters, in the part `change`"),
    "strength": Measure("confidence a", "logit of the true class minus any other under exact collapse, in `family`"),
    "log10_relative_flatness": Measure("log10 κ", "of relative flatness, finite where the value itself underflows"),
    "hessian_trace": Measure("trace of the Hessian", "upper bound of κ over ||W||_F^2"),
    "squared_head_norm": Measure("||W||_F^2", "of the last layer"),
    "largest_squared_feature_norm": Measure("largest ||h||^2", "over the training set"),
    "proposition": Measure(
        "right side of proposition 5.3", "of Han et al. (2025), with the network's own lengths alpha and beta"
    ),
    "normalized_relative_flatness": Measure("κ, features normalized", "after `metrics.normalize_features`"),
    "relative_flatness_bound_float32": Measure("bound of κ in float32", "with 1 - ||p||^2 computed as it is written"),
    "largest_slope_float32": Measure("largest slope", "largest entry of the gradient by all parameters, in float32"),
    "largest_slope_float64": Measure("largest slope", "largest entry of the gradient by all parameters, in float64"),
    "noise": Measure("noise", "how far features were moved, in the part `noise`", "% of their length"),
    "rise": Measure("rise of the loss", "mean over directions, with features moved by `noise`", "nats"),
    "reach": Measure("reach", "from test features to the nearest of their class, in lengths of that; median"),
    "logit_change": Measure("change of the logits", "largest difference from the unchanged network's, after centering"),
}


def rows(run: Run, part: str, **chosen: object) -> pd.DataFrame:
    """The rows of one part, and of the arms, scales, ... that are chosen.

    family     exact collapse, a row a number of classes and a strength
    training   networks before training, after an epoch, and where a stop rule ended them
    scale      networks at the end, the last layer times `scale`
    matched    the same at the scale with the training loss `matched_loss`; nan where there is none
    change     the same after a `change` of parameters that leaves what they compute alone; "none" is before
    noise      networks before training, after an epoch and at the end, and those of `ADDITION` at every probe, with
               features moved by `noise`
    """
    frame = run.to_frame()
    frame = frame[frame.part == part]
    for column, value in chosen.items():
        frame = frame[frame[column] == value]
    return frame


def scaled(run: Run, **chosen: object) -> pd.DataFrame:
    """The rows of the part "scale" up to `FURTHEST`."""
    frame = rows(run, "scale", **chosen)
    return frame[frame.scale <= FURTHEST]


def changed(run: Run, change: str) -> pd.DataFrame:
    """Relative flatness, its bound, the Hessian's trace and normalized flatness after a change over those before it.

    A row a network: arm and seed.
    """
    keys = ["arm", "seed"]
    names = ["relative_flatness", "relative_flatness_bound", "hessian_trace", "normalized_relative_flatness"]
    before, after = (rows(run, "change", change=each).set_index(keys)[names] for each in ("none", change))
    return after / before


def against_loss(run: Run, arm: str) -> pd.DataFrame:
    """The rows of `scaled` of one arm, with `share`: the bound of kappa over the largest that the loss allows.

    That is 2 ||W||_F^2 max ||h||^2 times the loss; a loss that is stored as 0 says nothing, and is left out.
    """
    frame = scaled(run, arm=arm)
    frame = frame[frame.train_loss > 0]
    allowed = 2 * frame.squared_head_norm * frame.largest_squared_feature_norm * frame.train_loss
    return frame.assign(share=frame.relative_flatness_bound / allowed)


def under_noise(run: Run, **chosen: object) -> pd.DataFrame:
    """Rows of the part "noise" with both parts of the gap between the losses of new points and of training points.

    second_order        delta^2 kappa / (2 d), what kappa says of the rise
    off                 factor between the rise and that, the larger over the smaller
    gap                 the test loss minus the training loss: `rise`, robustness, and
    representativeness  the rest, by which the test loss exceeds that of the training features under noise
    """
    frame = rows(run, "noise", **chosen)
    second = (frame.noise / 100) ** 2 * frame.relative_flatness / (2 * frame.dim)
    gap = frame.test_loss - frame.train_loss
    off = np.maximum(frame.rise / second, second / frame.rise)
    return frame.assign(second_order=second, off=off, gap=gap, representativeness=gap - frame.rise)


def over_learning(run: Run) -> pd.DataFrame:
    """A row a network of `ADDITION`: the first steps at which it had `memorized` and `generalized`, and more.

    tells                whether it memorized before it generalized at all, and generalized in the end
    NAME_then, NAME_end  columns of `under_noise` at `LITTLE` noise, when it memorized and at the last probe
    """
    return moments.by_training(under_noise(run, arm=ADDITION, noise=LITTLE), ["seed"], _learning)


def _learning(own: pd.DataFrame) -> dict[str, float | bool]:
    known = own.assign(train_acc=1 - own.train_error, test_acc=1 - own.test_error)
    memorized, generalized = moments.memorized(known), moments.generalized(known)
    then, end = moments.at(known, memorized), known.iloc[-1]
    found: dict[str, float | bool] = {"memorized": memorized, "generalized": generalized}
    fitted = moments.terminal_phase(known)["phase_start"] != moments.NEVER
    found["tells"] = bool(then.test_acc <= UNLEARNT and end.test_acc >= moments.GENERALIZED and fitted)
    for name in ("gap", "rise", "representativeness", "reach"):
        found |= {f"{name}_then": float(then[name]), f"{name}_end": float(end[name])}
    return found
