"""The figures of `circuits`."""

import numpy as np

from ncbook import readings
from ncbook.runs import Run
from pictures import Axis, Band, Image, Line, Points, Span, Text

ARM = "pair_mlp-addition"


def _curves(run: Run, panel: int, labels: dict[str, str], low: float = 0.0, bare: tuple[str, ...] = ()):
    for column, label in labels.items():
        table = run.to_frame().pivot(index="seed", columns="step", values=column).clip(lower=low)
        yield Line(panel, label, table.columns, table.median())
        if column not in bare:
            yield Band(panel, table.columns, table.min(), table.max())


def _progress(run: Run):
    labels = {
        "published_acc": "key frequencies, projected from all pairs",
        "restricted_acc": "key frequencies, from test pairs alone",
        "test_acc": "test pairs, whole network",
        "control_acc": "other frequencies",
    }
    yield from _curves(run, 0, labels, bare=("published_acc",))


def _losses(run: Run):
    test = {
        "test_loss": "whole network, test",
        "restricted_loss": "key frequencies (restricted)",
        "control_loss": "other frequencies",
    }
    train = {
        "train_loss": "whole network, training",
        "excluded_loss": "without the key frequencies (excluded)",
        "control_excluded_loss": "without other frequencies",
    }
    for panel, labels in enumerate((test, train)):
        yield from _curves(run, panel, labels, 1e-8)
        yield Axis(panel, y="log")


def _phases(run: Run):
    rows = run.to_frame().query("seed == 391")
    labels = {
        "train_acc": "training pairs, whole network",
        "restricted_acc": "key frequencies, from test pairs alone",
        "test_acc": "test pairs, whole network",
    }
    for column, label in labels.items():
        yield Line(0, label, rows.step, rows[column])
    start = rows.squared_weights.iloc[0]
    yield Line(0, "squared weights, of their start", rows.step, rows.squared_weights / start)
    first = {name: rows.step[rows[name] >= level].iloc[0] for name, level in
             (("train_acc", 0.99), ("restricted_acc", 0.5), ("test_acc", 0.99))}  # fmt: skip
    cleanup = readings.circuits.phases(run).set_index("seed").cleanup[391]
    wide = rows.step.iloc[-1] / 12  # of the window in which the squared weights fall by the largest factor
    yield Span(0, cleanup - wide / 2, cleanup + wide / 2)
    yield Text(0, "memorized", first["train_acc"], 1)
    yield Text(0, "circuit", first["restricted_acc"], 1)
    yield Text(0, "cleanup", cleanup, 1)
    yield Text(0, "grokked", first["test_acc"], 1)


def _circles(run: Run):
    for panel, frequency in enumerate(run.arrays[f"{ARM}/circled"][0]):
        points = run.arrays[f"{ARM}/circles"][0, -1, panel].astype(float)
        turns = np.arange(29) * frequency % 29
        ring = [int(np.flatnonzero(turns == each % 29)[0]) for each in range(30)]
        yield Line(panel, None, *points[ring].T)
        yield Points(panel, None, *points.T)
    for position, which in enumerate(("keys", "controls")):
        for index in range(5):
            frequencies = np.flatnonzero(run.arrays[f"{ARM}/{which}"][index])
            values = run.arrays[f"{ARM}/unevenness"][index][frequencies - 1]
            yield Line(3, None, [position + 0.06 * (index - 2)] * len(values), values)


def _spectrum(run: Run):
    power = run.arrays[f"{ARM}/spectrum"][0, :, 1:].astype(float) ** 2
    yield Image(0, (100 * power / power.sum(1, keepdims=True)).T)


EXPECTED = {
    "hidden_progress": _progress,
    "restricted_and_excluded_loss": _losses,
    "three_phases": _phases,
    "key_circles": _circles,
    "embedding_spectrum": _spectrum,
}
