"""What the literature says of unconstrained features, and the rules by which a run of `unconstrained` decides."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ncbook.claims import Claim, Evidence
from ncbook.runs import Run

_NC = ["nc1", "nc2_norms", "nc2_angles", "nc3"]


def ends(run: Run, part: str, **chosen: str) -> pd.DataFrame:
    """The last row of each model of one part, of the methods, objectives, ... that are chosen."""
    frame = run.to_frame()
    frame = frame[frame.part == part]
    for column, value in chosen.items():
        frame = frame[frame[column] == value]
    return frame.groupby(["objective", "method", "setting", "seed", "scale"], sort=False).tail(1)


def _minimisers(run: Run) -> Evidence:
    """Only starts that reached the smallest value can tell what it looks like."""
    last = ends(run, "descent", objective="cross_entropy")
    reached = last[last.error <= 1e-6]
    worst = reached[_NC].max(axis=1)
    return Evidence.of((worst <= 0.01) & (last.error.min() >= -1e-9), worst, "largest of NC1 to NC3")


def _reached(run: Run) -> Evidence:
    last = ends(run, "descent", objective="cross_entropy")
    return Evidence.of(last.error.abs() <= 1e-4, last.error, "relative excess of the loss")


def _reached_square(run: Run) -> Evidence:
    last = ends(run, "descent", objective="square")
    collapsed = last[_NC].max(axis=1) <= 0.01
    return Evidence.of((last.error.abs() <= 1e-4) & collapsed, last.error, "relative excess of the loss")


def _bias_regularised(run: Run) -> Evidence:
    last = ends(run, "descent", objective="square", method="gd")
    worst = last[_NC].max(axis=1)
    return Evidence.of(worst <= 0.01, worst, "largest of NC1 to NC3")


def _threshold(run: Run) -> Evidence:
    last = ends(run, "threshold", objective="square")
    sizes = closed_sizes(run, "square", last.scale.to_numpy())
    off = (last["size"] - sizes).abs() / np.where(sizes > 0, sizes, closed_sizes(run, "square", np.zeros(1))[0])
    return Evidence.of(off <= 0.01, off, "relative error of the norm of W H")


def closed_sizes(run: Run, objective: str, strengths: np.ndarray) -> np.ndarray:
    """||W H^T||_F in closed form at strengths r = K sqrt(n lambda_W lambda_H): gap times sqrt(n (K-1))."""
    num_classes, per_class = run.config["classes"][0], run.config["per_class"][0]
    if objective == "square":
        gaps = np.clip(1 - strengths, 0, None)
    else:  # log(K/r - K + 1); the larger of it and log 1
        gaps = np.log(np.maximum(num_classes / strengths - num_classes + 1, 1))
    return gaps * np.sqrt(per_class * (num_classes - 1))


def _saddles(run: Run) -> Evidence:
    lowest = run.arrays["saddle/eigenvalues"][:-1, :, 0]
    flat = run.arrays["saddle/gradient"][:-1] <= 1e-8
    escapes = np.array(list(_escapes(run)))
    return Evidence(
        tuple((flat & (lowest < -1e-6) & escapes).ravel().tolist()), tuple(lowest.ravel().tolist()),
        "smallest eigenvalue of the Hessian",
    )  # fmt: skip


def _escapes(run: Run) -> Iterator[list[bool]]:
    """For each rank below K-1 and seed: with a nudge descent ends at the minimum, and without it does not."""
    last = ends(run, "saddle")
    for rank in range(run.config["saddle_classes"] - 1):
        pairs = (last[(last.setting == rank) & (last.seed == seed)] for seed in run.config["seeds"])
        yield [bool(p[p.scale > 0].error.max() <= 1e-4 and p[p.scale == 0].error.min() > 1e-2) for p in pairs]


def _direction(run: Run, method: str, ratio: float) -> Evidence:
    last = ends(run, "flow", method=method)
    return Evidence.of(last.ratio >= ratio, last.ratio, "of the largest normalised margin")


def _flow(run: Run) -> Evidence:
    last = ends(run, "flow", method="scaled")
    holds = (last.ratio >= 0.999) & (last[_NC].max(axis=1) <= 0.01)
    return Evidence.of(holds, last.ratio, "of the largest normalised margin")


def _plain(run: Run) -> Evidence:
    return _direction(run, "gd", 0.99)


def _bias(run: Run) -> Evidence:
    frame = run.to_frame()
    frame = frame[(frame.part == "flow") & (frame.method == "gd")]
    early = frame[frame.step >= 100].groupby(["setting", "seed"], sort=False).head(1).reset_index()
    late = frame.groupby(["setting", "seed"], sort=False).tail(1).reset_index()
    holds = (late.ratio > early.ratio) & (late[_NC] <= early[_NC] / 2).all(axis=1)
    return Evidence.of(holds, late.nc2_angles / early.nc2_angles, "of NC2's angle deviation at step 100 is left")


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "cross-entropy-minimisers-collapse", "zhu2021geometric", "abstract",
        "With free features, the cross-entropy and weight decay, the only global minimisers are simplex ETFs.",
        "Of the starts whose loss ends within a millionth of the closed-form minimum, each has NC1, both NC2 and NC3 "
        "at most 0.01, and no start ends below the closed form.",
        "Two methods, gradient descent and L-BFGS; the closed form was derived apart from them.",
        _minimisers, "ends",
    ),
    Claim(
        "cross-entropy-any-start", "zhu2021geometric", "abstract",
        "The landscape has no other local minima, so that descent reaches a global minimiser from any start.",
        "From each random start, the loss ends within a ten-thousandth of the closed-form minimum.",
        "The same descent, started exactly on a critical point of lower rank, stays there.",
        _reached, "fig-minimum-reached",
    ),
    Claim(
        "strict-saddles", "zhu2021geometric", "abstract",
        "Every critical point that is not a global minimiser is a strict saddle: some direction leads down.",
        "At each critical point of rank below K-1 the gradient is at most 1e-8, the Hessian's smallest eigenvalue is "
        "below -1e-6, and a nudge of 1e-6 lets gradient descent reach the minimum to a ten-thousandth.",
        "Without the nudge it stays; at rank K-1, the global minimum, no eigenvalue is negative.",
        _saddles, "saddles",
    ),
    Claim(
        "square-loss-minimisers", "zhou2022optimization", "abstract",
        "With the square loss, too, the global minimisers are collapsed and descent reaches one from any start.",
        "From each random start, the loss ends within a ten-thousandth of the closed-form minimum, and NC1, both NC2 "
        "and NC3 are at most 0.01.",
        "Two methods, gradient descent and L-BFGS.",
        _reached_square, "ends",
    ),
    Claim(
        "square-loss-threshold", "zhou2022optimization", "global minimisers; the formula is derived in the chapter",
        "Collapse needs regularization that is not too strong: if K sqrt(n lambda_W lambda_H) is at least 1, the "
        "only minimiser is zero.",
        "At each strength and start, the norm of W H is within 1 % of the closed form; above the threshold, within "
        "1 % of the norm without regularization, which stands for zero.",
        "Strengths on both sides of 1, down to 3 % away from it.",
        _threshold, "fig-collapse-threshold",
    ),
    Claim(
        "unregularised-flow", "ji2022unconstrained", "abstract",
        "Without regularization, gradient flow on the cross-entropy converges in direction to collapse.",
        "Along the flow, taken in steps scaled by the loss, the normalised margin ends at 0.999 or more of its largest "
        "value, and NC1, both NC2 and NC3 at 0.01 or less.",
        "Plain gradient descent and Adam from the same starts.",
        _flow, "fig-unregularised-margin",
    ),
    Claim(
        "unregularised-descent-finite", "ji2022unconstrained", "abstract, read for gradient descent that is stopped",
        "The same seen in plain gradient descent with a constant step, in as many steps as one can afford.",
        "At the last of 30,000 steps the normalised margin is 0.99 or more of its largest value. (The theorem is about "
        "the limit and promises no rate.)",
        "Steps scaled by the loss, from the same starts, follow the same flow much further.",
        _plain, "unregularised-ends",
    ),
    Claim(
        "bias-without-regularization", "agarwal2022what", "section 5",
        "Gradient descent has a bias towards neural collapse even in the absence of any regularization.",
        "From step 100 (the first measured one from there on) to the last step of plain gradient descent, the "
        "normalised margin rises and NC1, both NC2 and NC3 at least halve.",
        "Adam from the same starts.",
        _bias, "unregularised-ends",
    ),
    Claim(
        "bias-with-regularization", "agarwal2022what", "section 5, on Zhou et al. (2022)",
        "Gradient descent on the regularised square loss is biased towards neural collapse as well.",
        "From each random start, gradient descent ends with NC1, both NC2 and NC3 at most 0.01.",
        "Regularization past the threshold, where the minimiser is zero.",
        _bias_regularised, "ends",
    ),
)  # fmt: skip
