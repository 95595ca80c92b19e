"""Numbers in words."""

import numpy as np

from prose._trials import load

FLAT = 0.1  # off in the cosine: beyond it the figure of four means still looks flat
RULE = 0.05  # off in the cosine: beyond it the rule of the angles is not met


def _still_flat(run):
    """Of four classes in three dimensions: the seeds that are flat when the learning rate first drops, and all."""
    frame = run.to_frame()
    rows = frame[(frame.num_classes == 4) & (frame.dim == 3) & (frame.weight_decay == max(run.config["weight_decays"]))]
    drop = run.config["steps"] // 3
    angles = [np.interp(drop, own.step, own.nc2_angles_train) for _, own in rows.groupby("seed")]
    return sum(angle > FLAT for angle in angles), len(angles)


def _off(run):
    """Of four classes in three dimensions, at the end: how far the cosines are off the simplex, a number a seed."""
    frame = run.to_frame()
    rows = frame[(frame.num_classes == 4) & (frame.dim == 3) & (frame.weight_decay == max(run.config["weight_decays"]))]
    return rows.groupby("seed").nc2_angles_train.last()


def _flat_again(_run):
    off = _off(load("simplex"))
    assert (off[off > RULE] > 3 * FLAT).all()
    return (off > RULE).sum(), len(off)


def _met(run):
    first, second = _off(run), _off(load("simplex"))
    return (first <= RULE).sum() + (second <= RULE).sum(), len(first) + len(second)


FACTS = {
    "In {one} of the {three} seeds it has not grown fully when the learning rate drops": _still_flat,
    "In the second run {three} of the {five} networks with four classes stay nearly flat": _flat_again,
    "with four classes in {four} of {eight}": _met,
}
GIVEN = ["5 % for ten classes, 22 % for three", "nine times, and the tenth is 0"]
