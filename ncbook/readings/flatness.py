"""Runs of `flatness`: relative flatness under exact collapse, and of networks whose last layer or parameters change."""

import pandas as pd

from ncbook.readings.measures import Measure
from ncbook.runs import Run

# The networks, and the changes that leave what they compute alone: how readers call them.
NETWORKS = {
    "trained": "true labels, trained to the end",
    "stopped": "true labels, stopped at zero error",
    "random": "random labels, trained to the end",
}
CHANGES = {"layer": "layers rescaled", "rotation": "rotation", "shift": "rows shifted", "neurons": "neurons rescaled"}
FURTHEST = 16  # factor of the last layer up to which networks are compared
LEAST_LOSS = 1e-12  # nats; smaller losses have lost their digits
COLUMNS: dict[str, Measure] = {
    "change": Measure("change", "what was done to the parameters, in the part `change`"),
    "strength": Measure("confidence λδ", "lambda delta of exact collapse, in the part `family`"),
    "log10_relative_flatness": Measure("log10 κ", "of relative flatness, finite where the value itself underflows"),
    "hessian_trace": Measure("trace of the Hessian", "upper bound of κ over ||W||_F^2"),
    "squared_head_norm": Measure("||W||_F^2", "of the last layer"),
    "largest_squared_feature_norm": Measure("largest ||phi||^2", "over the training set"),
    "proposition": Measure("right side of proposition 5.3", "of Han et al. (2025), with the network's M and lambda"),
    "normalized_relative_flatness": Measure("κ, features normalized", "after `metrics.normalize_features`"),
    "relative_flatness_bound_float32": Measure("bound of κ in float32", "with 1 - ||p||^2 computed as it is written"),
    "largest_slope_float32": Measure("largest slope", "largest entry of the gradient by all parameters, in float32"),
    "largest_slope_float64": Measure("largest slope", "largest entry of the gradient by all parameters, in float64"),
    "logit_change": Measure("change of the logits", "largest difference from the unchanged network's, after centering"),
}


def rows(run: Run, part: str, **chosen: object) -> pd.DataFrame:
    """The rows of one part, and of the arms, scales, ... that are chosen.

    family     exact collapse, a row a number of classes and a strength
    training   networks before training, after an epoch, and where a stop rule ended them
    scale      networks at the end, the last layer times `scale`
    matched    the same at the scale with the training loss `matched_loss`; nan where there is none
    change     the same after a `change` of parameters that leaves what they compute alone; "none" is before
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
    """Rows of the part "scale" whose loss has its digits, with `share`: the bound over the largest the loss allows.

    That is 2 ||W||_F^2 max ||phi||^2 times the loss.
    """
    frame = rows(run, "scale", arm=arm)
    frame = frame[frame.train_loss > LEAST_LOSS]
    allowed = 2 * frame.squared_head_norm * frame.largest_squared_feature_norm * frame.train_loss
    return frame.assign(share=frame.relative_flatness_bound / allowed)
