"""The figures of `doses`."""

import numpy as np

from ncbook.readings.doses import KINDS
from ncbook.runs import Run
from pictures import Axis, Line

# kind, factor between the dose and its mark, and the column of the dose
_MATCHED = (("kappa", 0.75, "like"), ("norms", 0.9, "like"), ("loss", 1.1, "like"), ("uncertainty", 1.33, "like"))
_SPREAD = (("spread", 1.0, "level"),)
_PANELS = (_MATCHED, _SPREAD)


def _first_at_99(rows):
    return rows[rows.test_acc >= 0.99].groupby("seed").step.min()


def _delays(run: Run):
    frame, steps = run.to_frame(), run.config["steps"]
    full = frame[frame.step <= steps]
    base = _first_at_99(full[full.kind == "baseline"])
    for panel, kinds in enumerate(_PANELS):
        for kind, shift, column in kinds:
            x, times, there = [], [], []
            for value, rows in full[full.kind == kind].groupby(column, sort=False):
                reached = _first_at_99(rows).reindex(base.index)
                x += [value * shift] * len(base)
                times += list(reached.fillna(steps) / base)
                there += list(reached.notna())
            x, times, there = np.array(x), np.array(times), np.array(there, dtype=bool)
            for chosen in (there, ~there):
                if chosen.any():
                    yield Line(panel, None, x[chosen], times[chosen])
            if len(x):
                places = np.unique(x)
                yield Line(panel, KINDS[kind], places, [np.median(times[x == place]) for place in places])
        yield Axis(panel, "log", "log")


def _accuracies(run: Run):
    frame, steps = run.to_frame(), run.config["steps"]
    for panel, kinds in enumerate(_PANELS):
        for kind, shift, column in kinds:
            rows = frame[frame.kind == kind]
            for step, label in ((steps, KINDS[kind]), (frame.step.max(), None)):
                means = rows[rows.step == step].groupby(column).test_acc.mean()
                yield Line(panel, label, means.index * shift, means)
        yield Axis(panel, x="log")


EXPECTED = {"dose_delays": _delays, "dose_accuracies": _accuracies}
