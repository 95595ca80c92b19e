"""The figures of `grokking`."""

import numpy as np

from ncbook.runs import Run
from pictures import Axis, Band, Bars, Image, Line, Points, Text, median_and_range


def _at(run: Run, decay: float):
    frame = run.to_frame()
    return frame[frame.weight_decay == decay]


def _after_start(rows, column):
    """A row a seed, a column a step, without step 0, which a logarithmic axis lacks."""
    return rows[rows.step > 0].pivot(index="seed", columns="step", values=column)


def _first(rows, column, level):
    """By seed, the first step with at least that accuracy; inf for never."""
    reached = rows[rows[column] >= level].groupby("seed").step.min()
    return reached.reindex(rows.seed.unique()).fillna(np.inf)


def _learned(run: Run):
    for panel, decay in enumerate(run.config["weight_decays"]):
        rows = _at(run, decay)
        for column, label in (("train_acc", "training set"), ("test_acc", "test set")):
            table = _after_start(rows, column)
            for _, own in table.iterrows():
                yield Line(panel, None, table.columns, own)
            yield Line(panel, label, table.columns, table.median())
        memorized, generalized = (_first(rows, column, 0.99).median() for column in ("train_acc", "test_acc"))
        if np.isfinite(generalized):
            yield Text(panel, f"{generalized - memorized:.0f} steps", (memorized * generalized) ** 0.5, 0.53)
        yield Axis(panel, x="log")


def _leak(run: Run):
    steps = run.arrays["leak/steps"]
    labels = {"train": "training pairs", "mirror": "test, mirror image trained on", "rest": "other test pairs"}
    for panel, arm in enumerate(("nanda/ordered", "nanda/unordered", "pair_mlp/ordered")):
        for kind, label in labels.items():
            if arm == "nanda/unordered" and kind == "mirror":
                continue  # there are none
            values = run.arrays[f"leak/{arm}/{kind}"]
            yield Line(panel, label, steps, np.median(values, axis=0))
            yield Band(panel, steps, values.min(0), values.max(0))


def _phase_diagram(run: Run):
    steps = run.arrays["phase/generalized"][:, :, 0]
    yield Image(0, np.where(np.isinf(steps), np.nan, steps))
    for (row, column), value in np.ndenumerate(steps):
        yield Text(0, f"{value:.0f}" if np.isfinite(value) else "> 2000", column, row)
    yield Axis(1, y="log")  # the color bar


def _times(run: Run):
    decays = np.array(run.config["phase_decays"])
    for column, fraction in enumerate(run.config["phase_fractions"]):
        steps = run.arrays["phase/generalized"][:, column, 0]
        seen = np.isfinite(steps) & (decays > 0)
        if seen.any():
            yield Line(0, f"fraction {fraction:g}", decays[seen], steps[seen])
    yield Line(0, "slope −1", [0.3, 4.0], [0.12 * 2000 / 0.3, 0.12 * 2000 / 4.0])
    yield Axis(0, "log", "log")


def _frame(run: Run, step: float) -> int:
    return int(np.argmin(abs(run.arrays["frames"] - step)))


def _memorized(run: Run) -> int:
    return _frame(run, _first(_at(run, 1.0), "train_acc", 0.99)[301])


def _sparsity(run: Run):
    curves = ((1.0, "test_acc", "test accuracy"), (1.0, "fourier_gini", "Gini coefficient"),
              (0.0, "fourier_gini", "Gini, no weight decay"))  # fmt: skip
    for decay, column, label in curves:
        yield from median_and_range(0, label, _after_start(_at(run, decay), column))
    yield Axis(0, x="log")
    for frame, offset in ((_memorized(run), -0.2), (-1, 0.2)):
        power = run.arrays["spectrum"][0, frame, 1:].astype(float) ** 2
        yield Bars(1, f"step {run.arrays['frames'][frame]}", np.arange(1, 15) + offset, power / power.sum())


def _circle(run: Run):
    half = _frame(run, _first(_at(run, 1.0), "test_acc", 0.5)[301])
    turns = np.arange(29) * run.arrays["frequency"][0] % 29
    ring = [int(np.flatnonzero(turns == each % 29)[0]) for each in range(30)]
    for panel, frame in enumerate((_memorized(run), half, -1)):
        points = run.arrays["circle"][0, frame].astype(float)
        yield Line(panel, None, *points[ring].T)
        yield Points(panel, None, *points.T)
        for number in range(3):
            yield Text(panel, str(number), *points[number])


EXPECTED = {
    "learned_then_understood": _learned,
    "commutativity_leak": _leak,
    "grokking_phase_diagram": _phase_diagram,
    "time_against_decay": _times,
    "fourier_sparsity": _sparsity,
    "embedding_circle": _circle,
}
