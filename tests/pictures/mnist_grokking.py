"""The figures of `mnist_grokking`."""

import numpy as np

from ncbook import readings
from ncbook.readings.mnist_grokking import NAMES
from ncbook.runs import Run
from pictures import Axis, Line, median_and_range

_PANELS = (
    {"train_acc": "training accuracy", "test_acc": "test accuracy", "ncc_acc_test": "nearest center, test"},
    {"relative_flatness": "κ", "weight_norm": "norm of all weights"},
    {"nc1_train": "NC1", "cdnv_train": "CDNV", "variance_ratio_train": "R", "rnc1_train": "RNC1"},
)


def _over_steps(run: Run, arm: str, column: str):
    frame = run.to_frame()
    return frame[frame.arm == arm].pivot(index="seed", columns="step", values=column)


def _measures(run: Run):
    for panel, labels in enumerate(_PANELS):
        for column, label in labels.items():
            yield from median_and_range(panel, label, _over_steps(run, "large start", column))
        if panel:
            yield Axis(panel, y="log")
    yield from median_and_range(0, "test, usual start", _over_steps(run, "usual start", "test_acc"))


def _crossing(rows, name):
    """The first probe at which a measure has made half of its way since a training accuracy of 0.9; nan for none."""
    late = rows[rows.step >= rows.step[rows.train_acc >= 0.9].min()]
    values = late[name].astype(float)
    if "acc" not in name:
        values = np.log(values)
    if abs(values.iloc[-1] - values.iloc[0]) < (0.02 if "acc" in name else np.log(1.1)):
        return np.nan
    share = (values - values.iloc[0]) / (values.tail(3).median() - values.iloc[0])
    return late.step[share >= 0.5].min()


def _of_each(run: Run, arm: str, name: str):
    frame = run.to_frame()
    return np.array([_crossing(rows, name) for _, rows in frame[frame.arm == arm].groupby("seed")])


def _leads(run: Run):
    onset = _of_each(run, "large start", "test_acc")
    ratios = {name: _of_each(run, "large start", name) / onset for name in NAMES}
    order = sorted(ratios, key=lambda name: np.nanmedian(ratios[name]), reverse=True)
    for row, name in enumerate(order):
        own = ratios[name][np.isfinite(ratios[name])]
        yield Line(0, None, own, row + 0.12 * ((np.arange(len(own)) % 3) - 1))
        yield Line(0, None, [np.median(own)] * 2, [row - 0.36, row + 0.36])


def _clock(run: Run):
    frame, table = run.to_frame(), readings.mnist_grokking.crossings(run)
    for factor in (6, 8, 10):
        rows = table[table.factor == factor]
        own = frame.set_index(["arm", "seed", "step"]).weight_norm
        norms = [own[arm, seed, onset] for arm, seed, onset in zip(rows.arm, rows.seed, rows.onset, strict=True)]
        clocks = rows.onset * rows.rate * rows.decay
        yield Line(0, f"start times {factor}", clocks, norms)
    arms = [arm for arm in table.arm.unique() if arm in ("start times 6", "twice the decay", "start times 10")]
    onsets = np.concatenate([_of_each(run, arm, "test_acc") for arm in arms])
    for name in ("variance_ratio_train", "relative_flatness", "weight_norm"):
        crossings = np.concatenate([_of_each(run, arm, name) for arm in arms])
        yield Line(1, NAMES[name], onsets, crossings)
    yield Line(1, "at the same step", [onsets.min(), onsets.max()], [onsets.min(), onsets.max()])


EXPECTED = {"mnist_measures": _measures, "mnist_leads": _leads, "mnist_clock_and_coupling": _clock}
