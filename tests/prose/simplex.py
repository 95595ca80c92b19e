"""Numbers in words."""

import numpy as np

from ncbook import readings
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


def _three(run):
    """Of three classes: NC1 on train at the first step without a training error and at the end, and on test there."""
    ends = readings.simplex.fitting_ends(run)
    own = ends[ends.num_classes == 3]
    return (own.fall * own.nc1_train).median(), own.nc1_train.median(), own.nc1_test.median()


def _zero(run):
    steps = readings.simplex.fitting_ends(run).zero_error_step
    return steps.min(), steps.max()


FACTS = {
    "The training error first reaches zero after {18} to {30} steps": _zero,
    "from {0.07}, at the first step without a training error, to {0.0001}; on new images it levels off at {0.02}": (
        _three
    ),
    "In {one} of the {three} seeds it has not grown fully when the learning rate drops": _still_flat,
    "{three} of the {five} networks with four classes stay nearly flat": _flat_again,
    "with four classes in {four} of {eight}": _met,
}
GIVEN = ["one of four digits", "Two of the four are enough", "for 2000 steps", "nine times, and the tenth is 0"]
