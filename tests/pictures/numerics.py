"""The figures of `numerics`."""

import numpy as np

from ncbook.runs import Run
from pictures import Axis, Line

STUCK = {
    "single": "softmax, float32",
    "double": "softmax, float64",
    "stablemax": "StableMax, float64",
    "orthogonal_single": "orthogonal, float32",
    "orthogonal_double": "orthogonal, float64",
}
FROZEN = {
    "frozen": "no decay, float32",
    "frozen_double": "no decay, float64",
    "thawed": "weight decay, float32",
}
SLINGSHOT = {"single": "float32", "large_eps": "float32, large $\\epsilon$", "double": "float64"}


def _rows(run: Run, part: str, arm: str):
    frame = run.to_frame()
    return frame[(frame.part == part) & (frame.arm == arm)]


def _spread(row: int, count: int):
    return row + (np.linspace(-0.22, 0.22, count) if count > 1 else np.zeros(count))


def _times(run: Run):
    for row, arm in enumerate(("baseline", "grokfast", "rate", "rate_held", "momentum")):
        rows = _rows(run, "speed", arm)
        reached = rows[rows.test_acc >= 0.99].groupby("seed").step.min()
        late = 6 - len(reached)
        if len(reached):
            yield Line(0, None, reached, _spread(row, len(reached)))
        if late:
            yield Line(0, None, [rows.step.max()] * late, _spread(row, late))
        if len(reached) > 3:
            middle = np.median([*reached, *[np.inf] * late])
            yield Line(0, None, [middle] * 2, [row - 0.33, row + 0.33])


def _curves(part: str, arms: dict[str, str], *columns: str):
    def expected(run: Run):
        for panel, column in enumerate(columns):
            for arm, label in arms.items():
                rows = _rows(run, part, arm)
                zero = rows.zero_float64 if arm.endswith("double") else rows.zero_float32
                zero = zero * np.nan if arm == "stablemax" else zero  # it has no softmax
                values = zero if column == "zero" else rows[column]
                for index, seed in enumerate(np.unique(rows.seed)):
                    own = rows.seed == seed
                    yield Line(panel, None if index else label, rows.step[own], values[own])
            if column in ("head_norm", "train_loss"):
                yield Axis(panel, y="log")

    return expected


EXPECTED = {
    "times_by_speed_up": _times,
    "thawed_softmax": _curves("frozen", FROZEN, "test_acc", "zero", "head_norm"),
    "grokking_without_decay": _curves("stuck", STUCK, "test_acc", "zero"),
    "slingshots": _curves("slingshot", SLINGSHOT, "train_loss", "head_norm"),
}
