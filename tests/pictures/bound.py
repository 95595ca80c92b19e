"""The figures of `bound`."""

import numpy as np
import pandas as pd

from ncbook.runs import Run
from pictures import Axis, Line, Span, median_and_range

SIZES = np.array([25, 50, 100, 200, 400, 800])
NAMES = {
    "cdnv_bound": "right-hand side",
    "cdnv_test": "population, $V(P_i, P_j)$",
    "B": "B",
    "cdnv_train": "training set, $V(S_i, S_j)$",
    "A": "A",
}


def _by_size(panel: int, label: str, frame: pd.DataFrame, values: pd.Series):
    """Means of each seed and size."""
    return median_and_range(panel, label, values.groupby([frame.seed, frame.per_class]).mean().unstack())


def _against_size(run: Run):
    pairs = run.to_frame().query("part == 'pair'")
    for panel, columns in enumerate((("cdnv_bound", "cdnv_test", "cdnv_train"), ("A", "B"))):
        for name in columns:
            yield from _by_size(panel, NAMES[name], pairs, pairs[name])
        yield Axis(panel, "log", "log")


def _pairs(run: Run):
    pairs = run.to_frame().query("part == 'pair'")
    for size, own in pairs.groupby("per_class"):
        yield Line(0, f"n = {size}", own.cdnv_test, own.cdnv_bound)
    ends = np.array([pairs.cdnv_test.min(), pairs.cdnv_test.max()])
    yield Line(0, "equal", ends, ends)
    yield Line(0, "twice", ends, 2 * ends)
    yield Axis(0, "log", "log")


def _over_training(run: Run):
    time = run.to_frame().query("part == 'time' and step > 0")
    for panel, size in enumerate((25, 800)):
        own = time[time.per_class == size].set_index(["seed", "step"])
        for name in ("cdnv_bound", "cdnv_test", "B", "cdnv_train"):
            yield from median_and_range(panel, NAMES[name], own[name].unstack())
        wrong = own.train_error.unstack().gt(0).any()
        start = min(wrong.index[wrong.index > wrong.index[wrong].max()])
        yield Span(panel, start, 1500, "zero training error")
        yield Axis(panel, "log", "log")


def _rates(run: Run):
    frame = run.to_frame()
    fixed, networks = frame[frame.part == "fixed"], frame[frame.part == "network"]
    for name, label in (("shift", "mean, ‖E f − Avg f‖"), ("square", "square, |E ‖f‖² − Avg ‖f‖²|")):
        first = fixed[name][fixed.per_class == 25].mean()
        yield from _by_size(0, label, fixed, fixed[name] / first)
    labels = ("mean, points it was trained on", "mean, fresh points", "mean, guess from training variance")
    for name, label in zip(("shift", "shift_if_fresh", "shift_by_train"), labels, strict=True):
        yield from _by_size(1, label, networks, networks[name] / networks.length)
    start = (networks["shift"] / networks.length)[networks.per_class == 25].median()
    for panel, height in enumerate((1.0, start)):
        yield Line(panel, "slope −1/2", SIZES, height * np.sqrt(25 / SIZES))
        yield Axis(panel, "log", "log")


def _without_population(run: Run):
    pairs = run.to_frame().query("part == 'pair'")
    names = {
        "hoeffding": "concentration inequality",
        "bootstrap_fresh": "bootstrap, fresh points",
        "cdnv_bound": "with the population's A and B",
        "cdnv_test": "population: true value",
        "bootstrap_train": "bootstrap, training points",
    }
    for name, label in names.items():
        own = pairs[pairs.per_class > 100] if name == "hoeffding" else pairs  # infinite for fewer
        yield from _by_size(0, label, own, own[name])
    yield Axis(0, "log", "log")


def _nearest_center(run: Run):
    networks = run.to_frame().query("part == 'network'")
    names = {
        "ncc_error_bound": "4 (K−1) V",
        "directional_ncc_error_bound": "along the lines between means",
        "ncc_error_test": "error",
    }
    for name, label in names.items():
        yield from _by_size(0, label, networks, networks[name])
    distance = run.arrays["gaussian/distance"]
    for dim in (1, 10, 100):
        yield Line(1, f"4 V, d = {dim}", distance, 4 * dim / distance**2)
    yield Line(1, "along the line, any d", distance, 1 / (1 + distance**2 / 4))
    yield Line(1, "error, any d", distance, run.arrays["gaussian/error"])
    yield Axis(0, "log", "log")
    yield Axis(1, y="log")


EXPECTED = {
    "bound_against_size": _against_size,
    "bound_pairs": _pairs,
    "bound_over_training": _over_training,
    "concentration_rates": _rates,
    "bounds_without_population": _without_population,
    "nearest_center": _nearest_center,
}
