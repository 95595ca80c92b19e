"""What the literature says of unconstrained features, and the rules by which a run of `unconstrained` decides."""

from collections.abc import Iterator

import numpy as np

from ncbook.claims import read
from ncbook.evidence import Evidence
from ncbook.readings.unconstrained import COLLAPSE, closed_norms, ends, rows
from ncbook.runs import Run


def _minimizers(run: Run) -> Evidence:
    """Only starts that reached the smallest value can tell what it looks like; one below it refutes all."""
    last = ends(run, "descent", loss_name="cross_entropy")
    worst = last[COLLAPSE].max(axis=1)
    holds = (worst <= 0.01) & (last.excess.min() >= -1e-9)
    return Evidence.of(last.seed, holds, worst, "largest of NC1 to NC3", last.excess <= 1e-6)


def _reached(run: Run) -> Evidence:
    last = ends(run, "descent", loss_name="cross_entropy")
    return Evidence.compared(last.seed, last.excess.abs(), "<=", 1e-4, "relative distance of the loss")


def _reached_square(run: Run) -> Evidence:
    last = ends(run, "descent", loss_name="square")
    collapsed = last[COLLAPSE].max(axis=1) <= 0.01
    holds = (last.excess.abs() <= 1e-4) & collapsed
    return Evidence.of(last.seed, holds, last.excess, "relative excess of the loss")


def _bias_regularized(run: Run) -> Evidence:
    last = ends(run, "descent", loss_name="square", method="gd")
    worst = last[COLLAPSE].max(axis=1)
    return Evidence.compared(last.seed, worst, "<=", 0.01, "largest of NC1 to NC3")


def _threshold(run: Run) -> Evidence:
    last = ends(run, "threshold", loss_name="square")
    norms = closed_norms(run, "square", last.scale.to_numpy())
    off = (last.product_norm - norms).abs() / np.where(norms > 0, norms, closed_norms(run, "square", np.zeros(1))[0])
    return Evidence.compared(last.seed, off, "<=", 0.01, "relative error of the norm of W H")


def _norms_end(run: Run) -> Evidence:
    """The gaps between logits, with which the norms of W and H grow, against the closed form, which is finite."""
    last = ends(run, "descent", method="gd")
    return Evidence.compared(last.seed, last.logit_gap_deviation, "<=", 0.01, "largest error of a gap, over the gap")


def _saddles(run: Run) -> Evidence:
    lowest = run.arrays["saddle/eigenvalues"][:-1, :, 0]  # [ranks, seeds]
    flat = run.arrays["saddle/gradient"][:-1] <= 1e-8
    holds = flat & (lowest < -1e-6) & np.array(list(_escapes(run)))
    seeds = np.broadcast_to(run.config["seeds"], lowest.shape)
    return Evidence.of(seeds.ravel(), holds.ravel(), lowest.ravel(), "smallest eigenvalue of the Hessian")


def _escapes(run: Run) -> Iterator[list[bool]]:
    """For each rank below K-1 and seed: with a nudge descent ends at the minimum, and without it does not."""
    last = ends(run, "saddle")
    for rank in range(run.config["saddle_classes"] - 1):
        pairs = (last[(last.setting == rank) & (last.seed == seed)] for seed in run.config["seeds"])
        yield [bool(p[p.scale > 0].excess.max() <= 1e-4 and p[p.scale == 0].excess.min() > 1e-2) for p in pairs]


def _flow(run: Run) -> Evidence:
    last = ends(run, "flow", method="scaled")
    holds = (last.margin_ratio >= 0.999) & (last[COLLAPSE].max(axis=1) <= 0.01)
    return Evidence.of(last.seed, holds, last.margin_ratio, "of the largest normalized margin")


def _plain(run: Run) -> Evidence:
    last = ends(run, "flow", method="gd")
    return Evidence.compared(last.seed, last.margin_ratio, ">=", 0.99, "of the largest normalized margin")


def _bias(run: Run) -> Evidence:
    """From the first reading in the terminal phase: a positive margin is that of points that are all told apart."""
    frame = rows(run, "flow", method="gd")
    keys = ["setting", "seed"]
    early = frame[(frame.step >= 100) & (frame.margin_ratio > 0)].groupby(keys, sort=False).head(1).set_index(keys)
    late = frame.groupby(keys, sort=False).tail(1).set_index(keys)
    early = early.reindex(late.index)
    left = (late[COLLAPSE] / early[COLLAPSE]).max(axis=1)
    holds = (late.margin_ratio > early.margin_ratio) & (left <= 0.5)
    seeds = late.index.get_level_values("seed")
    return Evidence.of(seeds, holds, left, "is left of the slowest of NC1 to NC3", early.margin_ratio > 0)


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
        "regularization-bounds-the-norm": _norms_end,
    },
)
