"""The figures of `contrastive`."""

import math

from ncbook.runs import Run
from pictures import Axis, Line, by_seed, median_and_range

ARMS = {
    "cross-entropy": "cross-entropy",
    "contrastive with labels": "contrastive, labels",
    "contrastive without labels": "contrastive, no labels",
    "rate reduction": "rate reduction",
}


def _rows(run: Run, arm: str, noise: float):
    frame = run.to_frame()
    return frame[(frame.arm == arm) & (frame.label_noise == noise)]


def _plane(run: Run):
    for arm, label in ARMS.items():
        rows = _rows(run, arm, 0.0)
        x, y = (rows.pivot(index="step", columns="seed", values=name) for name in ("alignment", "uniformity"))
        yield Line(0, label, x.median(axis=1), y.median(axis=1))
        yield Line(0, None, x.iloc[-1], y.iloc[-1])
    yield Line(0, "start", [x.iloc[0].median()], [y.iloc[0].median()])
    corner = math.log(19 / 199 + 180 / 199 * math.exp(-2 * 20 / 9))  # twenty images of each of ten digits
    yield Line(0, "collapsed simplex", [0], [corner])


def _wrong(run: Run):
    for panel, column in enumerate(("unit_ncc_acc_test", "wrong_acc_given")):
        for arm, label in ARMS.items():
            yield from median_and_range(panel, label, by_seed(_rows(run, arm, 0.4), column, "step", 100))
        yield Axis(panel, "log")


EXPECTED = {"contrast_in_the_plane": _plane, "wrong_labels_over_steps": _wrong}
