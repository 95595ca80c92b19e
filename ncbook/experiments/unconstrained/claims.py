"""What the literature says of unconstrained features, and the rules by which a run of `unconstrained` decides."""

from collections.abc import Iterator

import numpy as np

from ncbook.claims import Claim, Evidence
from ncbook.readings.unconstrained import COLLAPSE, closed_norms, ends, rows
from ncbook.runs import Run


def _minimizers(run: Run) -> Evidence:
    """Only starts that reached the smallest value can tell what it looks like."""
    last = ends(run, "descent", loss_name="cross_entropy")
    reached = last[last.excess <= 1e-6]
    worst = reached[COLLAPSE].max(axis=1)
    return Evidence.of((worst <= 0.01) & (last.excess.min() >= -1e-9), worst, "largest of NC1 to NC3")


def _reached(run: Run) -> Evidence:
    last = ends(run, "descent", loss_name="cross_entropy")
    return Evidence.of(last.excess.abs() <= 1e-4, last.excess, "relative excess of the loss")


def _reached_square(run: Run) -> Evidence:
    last = ends(run, "descent", loss_name="square")
    collapsed = last[COLLAPSE].max(axis=1) <= 0.01
    return Evidence.of((last.excess.abs() <= 1e-4) & collapsed, last.excess, "relative excess of the loss")


def _bias_regularized(run: Run) -> Evidence:
    last = ends(run, "descent", loss_name="square", method="gd")
    worst = last[COLLAPSE].max(axis=1)
    return Evidence.of(worst <= 0.01, worst, "largest of NC1 to NC3")


def _threshold(run: Run) -> Evidence:
    last = ends(run, "threshold", loss_name="square")
    norms = closed_norms(run, "square", last.scale.to_numpy())
    off = (last.product_norm - norms).abs() / np.where(norms > 0, norms, closed_norms(run, "square", np.zeros(1))[0])
    return Evidence.of(off <= 0.01, off, "relative error of the norm of W H")


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
        yield [bool(p[p.scale > 0].excess.max() <= 1e-4 and p[p.scale == 0].excess.min() > 1e-2) for p in pairs]


def _flow(run: Run) -> Evidence:
    last = ends(run, "flow", method="scaled")
    holds = (last.margin_ratio >= 0.999) & (last[COLLAPSE].max(axis=1) <= 0.01)
    return Evidence.of(holds, last.margin_ratio, "of the largest normalized margin")


def _plain(run: Run) -> Evidence:
    last = ends(run, "flow", method="gd")
    return Evidence.of(last.margin_ratio >= 0.99, last.margin_ratio, "of the largest normalized margin")


def _bias(run: Run) -> Evidence:
    frame = rows(run, "flow", method="gd")
    early = frame[frame.step >= 100].groupby(["setting", "seed"], sort=False).head(1).reset_index()
    late = frame.groupby(["setting", "seed"], sort=False).tail(1).reset_index()
    holds = (late.margin_ratio > early.margin_ratio) & (late[COLLAPSE] <= early[COLLAPSE] / 2).all(axis=1)
    return Evidence.of(
        holds, late.nc2_angles_train / early.nc2_angles_train, "of NC2's angle deviation at step 100 is left"
    )


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "cross-entropy-minimizers-collapse", "zhu2021geometric", "abstract",
        "With free features, the cross-entropy and weight decay, the only global minimizers are simplex ETFs.",
        "Of the starts whose loss ends within a millionth of the closed-form minimum, each has NC1, both NC2 and NC3 "
        "at most 0.01, and no start ends below the closed form.",
        "Two methods, gradient descent and L-BFGS; the closed form was derived apart from them.",
        _minimizers, "ends",
    ),
    Claim(
        "cross-entropy-any-start", "zhu2021geometric", "abstract",
        "The landscape has no other local minima, so that descent reaches a global minimizer from any start.",
        "From each random start, the loss ends within a ten-thousandth of the closed-form minimum.",
        "The same descent, started exactly on a critical point of lower rank, stays there.",
        _reached, "fig-minimum-reached",
    ),
    Claim(
        "strict-saddles", "zhu2021geometric", "abstract",
        "Every critical point that is not a global minimizer is a strict saddle: some direction leads down.",
        "At each critical point of rank below K-1 the gradient is at most 1e-8, the Hessian's smallest eigenvalue is "
        "below -1e-6, and a nudge of 1e-6 lets gradient descent reach the minimum to a ten-thousandth.",
        "Without the nudge it stays; at rank K-1, the global minimum, no eigenvalue is negative.",
        _saddles, "saddles",
    ),
    Claim(
        "square-loss-minimizers", "zhou2022optimization", "abstract",
        "With the square loss, too, the global minimizers are collapsed and descent reaches one from any start.",
        "From each random start, the loss ends within a ten-thousandth of the closed-form minimum, and NC1, both NC2 "
        "and NC3 are at most 0.01.",
        "Two methods, gradient descent and L-BFGS.",
        _reached_square, "ends",
    ),
    Claim(
        "square-loss-threshold", "zhou2022optimization", "global minimizers; the formula is derived in the chapter",
        "Collapse needs regularization that is not too strong: if K sqrt(n lambda_W lambda_H) is at least 1, the "
        "only minimizer is zero.",
        "At each strength and start, the norm of W H is within 1 % of the closed form; above the threshold, within "
        "1 % of the norm without regularization, which stands for zero.",
        "Strengths on both sides of 1, down to 3 % away from it.",
        _threshold, "fig-collapse-threshold",
    ),
    Claim(
        "unregularized-flow", "ji2022unconstrained", "abstract",
        "Without regularization, gradient flow on the cross-entropy converges in direction to collapse.",
        "Along the flow, taken in steps scaled by the loss, the normalized margin ends at 0.999 or more of its largest "
        "value, and NC1, both NC2 and NC3 at 0.01 or less.",
        "Plain gradient descent and Adam from the same starts.",
        _flow, "fig-unregularised-margin",
    ),
    Claim(
        "unregularized-descent-finite", "ji2022unconstrained", "abstract, read for gradient descent that is stopped",
        "The same seen in plain gradient descent with a constant step, in as many steps as one can afford.",
        "At the last of 30,000 steps the normalized margin is 0.99 or more of its largest value. (The theorem is about "
        "the limit and promises no rate.)",
        "Steps scaled by the loss, from the same starts, follow the same flow much further.",
        _plain, "unregularised-ends",
    ),
    Claim(
        "bias-without-regularization", "agarwal2022what", "section 5",
        "Gradient descent has a bias towards neural collapse even in the absence of any regularization.",
        "From step 100 (the first measured one from there on) to the last step of plain gradient descent, the "
        "normalized margin rises and NC1, both NC2 and NC3 at least halve.",
        "Adam from the same starts.",
        _bias, "unregularised-ends",
    ),
    Claim(
        "bias-with-regularization", "agarwal2022what", "section 5, on Zhou et al. (2022)",
        "Gradient descent on the regularized square loss is biased towards neural collapse as well.",
        "From each random start, gradient descent ends with NC1, both NC2 and NC3 at most 0.01.",
        "Regularization past the threshold, where the minimizer is zero.",
        _bias_regularized, "ends",
    ),
)  # fmt: skip
