"""What the literature says of unconstrained features, and the rules by which a run of `unconstrained` decides."""

from collections.abc import Iterator

import numpy as np

from ncbook.claims import Evidence, read
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


CLAIMS = read(
    __file__,
    {
        "cross-entropy-minimizers-collapse": _minimizers,
        "cross-entropy-any-start": _reached,
        "strict-saddles": _saddles,
        "square-loss-minimizers": _reached_square,
        "square-loss-threshold": _threshold,
        "unregularized-flow": _flow,
        "unregularized-descent-finite": _plain,
        "bias-without-regularization": _bias,
        "bias-with-regularization": _bias_regularized,
    },
)
