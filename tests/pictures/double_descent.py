"""The figures of `double_descent`."""

import pandas as pd

from ncbook.runs import Run
from pictures import Axis, by_seed, median_and_range
from pictures.memorization import star

NOISES = (0.0, 0.2)


def _curve(run: Run, values):
    """values [seeds, factors]."""
    return pd.DataFrame(values, columns=run.config["factors"])


def _over_features(name: str, scale: float, y: str):
    def expected(run: Run):
        for panel in range(len(NOISES)):
            for n, label in enumerate(("N = 100", "N = 200", "N = 400")):
                yield from median_and_range(panel, label, _curve(run, scale * run.arrays[name][n, :, panel, 0]))
            yield Axis(panel, "log", y)

    return expected


def _ridge(run: Run):
    assert run.config["ridges"] == [0.0, 1e-5, 1e-4, 1e-3, 1e-2]
    for panel in range(len(NOISES)):
        errors = 100 * run.arrays["test_error"][2, :, panel]  # [seeds, ridges, factors]
        yield from median_and_range(panel, "no ridge", _curve(run, errors[:, 0]))
        yield from median_and_range(panel, "λ = 0.0001", _curve(run, errors[:, 2]))
        yield from median_and_range(panel, "best λ for each d", _curve(run, errors[:, 1:].min(axis=1)))
        yield Axis(panel, x="log")


def _over_time(run: Run):
    frame = run.to_frame()
    arms = [(dataset, noise) for dataset in ("digits", "glyphs") for noise in (0.2, 0.4)]
    for panel, optimizer in enumerate(("sgd", "adamw")):
        for place, (dataset, noise) in enumerate(arms):
            matches = (frame.dataset == dataset) & (frame.optimizer == optimizer) & (frame.label_noise == noise)
            values = by_seed(frame[matches], "test_error", scale=100)
            yield from median_and_range(panel, f"{dataset}, label noise {noise}", values)
            yield star(panel, frame[matches], named=place == 0)
        yield Axis(panel, x="log")


EXPECTED = {
    "model_wise_descent": _over_features("test_error", 100, "linear"),
    "solution_norm": _over_features("norm", 1, "log"),
    "ridge_removes_peak": _ridge,
    "epoch_wise_descent": _over_time,
}
