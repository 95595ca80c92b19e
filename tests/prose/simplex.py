"""Numbers in words."""

import numpy as np

FLAT = 0.1  # off in the cosine: beyond it the figure of four means still looks flat


def _still_flat(run):
    """Of four classes in three dimensions: the seeds that are flat when the learning rate first drops, and all."""
    frame = run.to_frame()
    rows = frame[(frame.num_classes == 4) & (frame.dim == 3) & (frame.weight_decay == max(run.config["weight_decays"]))]
    drop = run.config["steps"] // 3
    angles = [np.interp(drop, own.step, own.nc2_angles_train) for _, own in rows.groupby("seed")]
    return sum(angle > FLAT for angle in angles), len(angles)


FACTS = {
    "In {one} of the {three} seeds it has not grown fully when the learning rate drops": _still_flat,
}
GIVEN = ["5 % for ten classes, 22 % for three", "nine times, and the tenth is 0"]
